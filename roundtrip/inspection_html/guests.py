"""The pages of sorted runs, found in the payloads of the chunks that hold the runs.

A page is sealed with its place in the run, so a run's payloads are joined before its pages are looked for.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from copy import copy
from dataclasses import dataclass, replace
from itertools import accumulate

from formats.catalog import CATALOG
from formats.errors import FormatError

from ..commands.exits import CommandError
from ..inspection import Context, Field, Frame, scan
from ..reference.store import Run, StoreImage

#: Extent and offset of a frame.
Place = tuple[int, int]


@dataclass(frozen=True)
class Guest:
    """A page, or what of it lies in one chunk: as a frame whose offsets count from the start of the file.

    words: which bytes of the page these are, empty for all of them.
    """

    frame: Frame
    words: str = ""


def pages_of_runs(image: StoreImage, frames: Mapping[Place, Frame], data: memoryview) -> dict[Place, list[Guest]]:
    """The pages of every run whose chunks are all among the frames, by the chunk that they begin in."""
    guests: dict[Place, list[Guest]] = {}
    for run in image.runs:
        with suppress(CommandError, KeyError):  # nothing that looks like a page, or a chunk that is not shown
            for place, guest in pages_of_run(image, run, frames, data):
                guests.setdefault(place, []).append(guest)
    return guests


def pages_of_run(
    image: StoreImage, run: Run, frames: Mapping[Place, Frame], data: memoryview
) -> Iterator[tuple[Place, Guest]]:
    """The pages of one run."""
    places = [(locator.extent, locator.offset) for locator in run.chunks]
    payloads = [payload_of(frames[place]) for place in places]
    joined = b"".join(bytes(data[payload.start : payload.end]) for payload in payloads)
    ends = list(accumulate(payload.end - payload.start for payload in payloads))
    entries = [entry for entry in CATALOG if entry.family == "lsm_page"]
    context: Context = {"disk": image.disk, "run": run.number, "offset": 0}
    for found in scan(entries, memoryview(joined), start=0, context=context):
        if isinstance(found, Frame):
            for place, payload, end in zip(places, payloads, ends, strict=True):
                begin = end - (payload.end - payload.start)
                if begin < found.end and found.start < end:
                    yield place, Guest(piece_of(found, begin, end, payload.end - end), words_of(found, begin, end))


def words_of(frame: Frame, begin: int, end: int) -> str:
    """Which bytes of a page lie in bytes begin..end of its run."""
    if begin <= frame.start and frame.end <= end:
        return ""
    first, last = max(begin, frame.start) - frame.start, min(end, frame.end) - frame.start
    return f"its bytes {first} to {last}; the rest lies in another part"


def payload_of(frame: Frame) -> Field:
    """The field that holds a chunk's payload; `KeyError` where damage hides it."""
    for entry in frame.fields:
        if entry.path == ("payload",) and entry.role != "missing":
            return entry
    raise KeyError("payload")


def piece_of(frame: Frame, begin: int, end: int, shift: int) -> Frame:
    """What of a frame lies in bytes begin..end, moved so many bytes further on; fields on the border are cut."""
    fields = tuple(
        replace(entry, start=max(entry.start, begin) + shift, end=min(entry.end, end) + shift)
        for entry in frame.fields
        if max(entry.start, begin) < min(entry.end, end) or begin <= entry.start == entry.end < end
    )
    start, stop = max(frame.start, begin), min(frame.end, end)
    inside = (error for error in frame.violations if start <= frame.start + error.offset < stop)
    violations = tuple(moved(error, frame.start - start) for error in inside)
    return replace(frame, start=start + shift, end=stop + shift, fields=fields, violations=violations)


def moved(error: FormatError, distance: int) -> FormatError:
    """The same error, so many bytes further on."""
    found = copy(error)
    found.offset += distance
    return found
