"""Goes through a file frame by frame: what is one, what is none, and where the next one begins."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

from formats.catalog import Format
from formats.layout import Repeated

from ..commands.exits import NOTHING_TESTED, CommandError
from .frames import Context, read_frame, seed_at
from .recognition import WINDOW_SIZE, leading_bytes, recognise
from .report import Frame, Stretch
from .roles import is_sealed, walk
from .sources import PIECE_SIZE, release

#: Places where the leading bytes of a frame were found and that are tried, per gap.
ATTEMPTS_MAXIMUM: Final = 256
#: What damage behind a sound header breaks, and what a damaged length does.
BODY_RULES: Final = frozenset({"checksum", "closing_tag", "length", "order"})
LENGTH_RULES: Final = frozenset({"truncated", "closing_tag"})


def scan(
    entries: Sequence[Format], data: memoryview, *, start: int, context: Context, forced: Format | None = None
) -> Iterator[Frame | Stretch]:
    """The frames of a file from byte `start` on, and the stretches between and behind them.

    forced: the format of the first frame where none is recognised. Raises `CommandError` where there is none either.
    """
    position, first = start, True
    while position < len(data):
        found = recognise_at(entries, data, position, context)
        if first and forced is not None and len(found) != 1:
            found = [forced]
        if len(found) != 1:
            following = next_frame(entries, data, position + 1, len(data), context)
            if first and following is None:
                raise CommandError(nothing_recognised(found, data[position:], position), NOTHING_TESTED)
            end = len(data) if following is None else following
            yield stretch(data, position, end)
            position, first = end, False
            continue
        frame = read_frame(found[0], data[position:], start=position, context=context)
        limit = frame.end
        if end_is_doubtful(frame, found[0]):
            limit = next_frame(entries, data, position + 1, frame.end, context) or frame.end
        yield frame if limit == frame.end else clipped(frame, limit)
        position, first = max(limit, position + 1), False


def recognise_at(entries: Sequence[Format], data: memoryview, position: int, context: Context) -> list[Format]:
    """The formats that fit best at a byte of the file."""
    return recognise(entries, data[position:], start=position, context=context)


def end_is_doubtful(frame: Frame, entry: Format) -> bool:
    """Whether a damaged frame may be as long as it is only because its length is damaged."""
    broken = {error.rule for error in frame.violations}
    if not frame.missing and "header_checksum" not in broken and is_sealed(entry.layout.root):
        return False
    has_tag = any(isinstance(node, Repeated) for node in walk(entry.layout.root))
    return bool(broken & (LENGTH_RULES if has_tag else LENGTH_RULES | BODY_RULES))


def next_frame(entries: Sequence[Format], data: memoryview, begin: int, end: int, context: Context) -> int | None:
    """Where before `end` the next frame with a sound header begins, found by its leading bytes; None for none."""
    leads = {lead: entry for entry in entries if len(lead := leading_bytes(entry)) > 1}
    if not leads:
        return None
    for attempt, at in enumerate(places(data, list(leads), begin, end)):
        entry = next((entry for lead, entry in leads.items() if data[at : at + len(lead)] == lead), None)
        if entry is not None and has_sound_header(entry, data, at, context):
            return at
        if attempt >= ATTEMPTS_MAXIMUM:
            break
    return None


def has_sound_header(entry: Format, data: memoryview, at: int, context: Context) -> bool:
    """Whether a frame begins here whose header is as it should be; looks at no more than a window."""
    seed, _ = seed_at(entry, context, at)
    error = entry.oracle.trace(data[at : at + WINDOW_SIZE], seed).error  # type: ignore[arg-type]  # any buffer will do
    is_cut = len(data) - at > WINDOW_SIZE
    return error is None or error.rule in BODY_RULES or (is_cut and error.rule == "truncated")


def places(data: memoryview, wanted: Sequence[bytes], begin: int, end: int) -> Iterator[int]:
    """Where before `end` one of some byte strings begins; long files are searched in pieces."""
    pattern = re.compile(b"|".join(re.escape(one) for one in wanted))
    longest = max(len(one) for one in wanted)
    for start in range(begin, end, PIECE_SIZE):
        stop = min(start + PIECE_SIZE, end)
        for match in pattern.finditer(data[start : min(stop + longest - 1, len(data))]):
            yield start + match.start()
        release(data, start, stop)


def clipped(frame: Frame, end: int) -> Frame:
    """A damaged frame whose length is not believed, because another frame begins before its end."""
    fields = tuple(entry for entry in frame.fields if entry.end <= end)
    note = f"its length is not believed: a sound frame begins at byte {end}"
    return Frame(
        frame.format_name, frame.version, frame.start, end, "damaged", fields, frame.violations, frame.missing, note
    )


def stretch(data: memoryview, start: int, end: int) -> Stretch:
    """Bytes that are no frame."""
    return Stretch(start, end, is_blank(data, start, end), bytes(data[start : min(end, start + 16)]))


def is_blank(data: memoryview, begin: int, end: int) -> bool:
    """Whether all of bytes begin..end are zero."""
    zeros = memoryview(bytes(min(PIECE_SIZE, end - begin)))
    for start in range(begin, end, PIECE_SIZE):
        stop = min(start + PIECE_SIZE, end)
        if data[start:stop] != zeros[: stop - start]:
            return False
        release(data, start, stop)
    return True


def nothing_recognised(found: Sequence[Format], data: memoryview, position: int) -> str:
    """Why the first bytes have no format, in one line."""
    begin = bytes(data[:16])
    where = f"at byte {position}: " if position else ""
    if found:
        names = ", ".join(entry.name for entry in found)
        return f"{where}the bytes {begin.hex(' ')} fit several formats equally well ({names}); choose with --format"
    head = bytes(data[:512])
    if not any(head):
        hint = "only zeros, which are no frame of any format"
    elif all(32 <= byte < 127 or byte in b"\t\n\r" for byte in head):
        hint = "this looks like text"
    else:
        hint = f"it begins with {begin.hex(' ')}"
    return f"{where}no format of the catalog is recognised: {hint} (--format NAME reads it all the same)"
