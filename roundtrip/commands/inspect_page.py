"""`shardproof inspect FILE --html FILE`: writes the page, and says what is in it."""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ..inspection import Context, open_source, scan
from ..inspection_html import LARGEST, USUAL, Content, extent_size_of, file_content, page_of, store_content
from ..reference.store import NoStore
from ..storing.own_files import identity_of, refuse_own_file
from .exits import PROVED, REFUTED, CommandError
from .generated import write_file
from .output import note, one_line, write, write_json

if TYPE_CHECKING:
    from .inspect import Inspection

#: The file of a store's directory that holds its extents.
DISK_FILE = "disk"
STANDARD_OUTPUT = "-"


@dataclass(frozen=True)
class Wish:
    """What was asked for: the file, where the page goes, and the options that decide what is read."""

    file: str
    page: str
    format_name: str | None
    catalog_name: str | None
    context: Context | None
    as_json: bool


@contextmanager
def open_for_page(wish: Wish) -> Iterator[memoryview]:
    """The bytes of a file, or of the disk file of a store's directory, which stays locked for reading meanwhile."""
    if wish.page == STANDARD_OUTPUT and wish.as_json:
        raise CommandError("--html - and --json would both write to standard output; name a file for the page")
    disk = Path(wish.file) / DISK_FILE
    if "\0" in wish.page:
        raise CommandError(f"{wish.page!r} is no name of a file")
    if wish.file == "-" or not os.path.isfile(disk):  # noqa: PTH113  # pathlib fails on names that cannot be
        refuse_same_file(wish)
        with open_source(wish.file) as data:
            yield data
        return
    from engine.store_directory import lock_of  # noqa: PLC0415  # the engine, for directories alone

    if wish.page != STANDARD_OUTPUT:
        refuse_own_file(os.fsencode(wish.page), wish.file)
    try:
        lock = lock_of(Path(wish.file), read_only=True)
    except OSError as error:
        raise CommandError(f"{one_line(wish.file)}: {error.strerror or error}") from error
    with lock, open_source(str(disk)) as data:
        yield data


def refuse_same_file(wish: Wish) -> None:
    """`CommandError` where the page would take the place of what it shows."""
    if "-" in {wish.file, wish.page}:
        return
    identity = identity_of(os.fsencode(wish.page))
    if identity is not None and identity == identity_of(os.fsencode(wish.file)):
        raise CommandError(f"{one_line(wish.page)} is the file to inspect; write the page elsewhere")


def show_page(wish: Wish, inspection: Inspection, data: memoryview) -> int:
    """Write the page of bytes that are open; the exit code."""
    content = content_of(wish, inspection, data)
    known = inspection.known
    place = context_text(known.context) + (f" ({known.origin})" if known.origin != "--context" else "")
    text = page_of(
        content,
        data,
        name=inspection.name,
        catalog=inspection.catalog,
        again=command_again(wish, inspection),
        known=place if known.context else "",
        everything=inspection.everything,
    )
    for line in content.notes:
        note(f"note: {one_line(line)}")
    if wish.page == STANDARD_OUTPUT:
        sys.stdout.write(text)
    else:
        write_file(Path(wish.page), text)
    report(wish, inspection, content, size=len(text.encode()), file_size=len(data))
    return REFUTED if content.verdict == "damaged" else PROVED


def content_of(wish: Wish, inspection: Inspection, data: memoryview) -> Content:
    """What the page shows: a store where our catalog was asked and the bytes begin one, else frame after frame."""
    limits = LARGEST if inspection.everything else USUAL
    notes: tuple[str, ...] = inspection.known.notes
    is_open_question = wish.catalog_name is None and wish.format_name is None and not inspection.known.context
    extent_size = extent_size_of(data) if is_open_question else None
    if extent_size is not None:
        try:
            return store_content(data, extent_size, start=inspection.start, limits=limits, notes=notes)
        except NoStore as error:
            notes = (*notes, f"this looks like a store, and cannot be read as one: {error}")
    context = inspection.known.context
    parts = scan(inspection.entries, data, start=inspection.start, context=context, forced=inspection.forced)
    return file_content(parts, data, start=inspection.start, limits=limits, remainder=inspection.remainder, notes=notes)


def context_text(context: Context) -> str:
    """A place as `--context` takes it."""
    texts = {name: value.hex() if isinstance(value, bytes) else str(value) for name, value in context.items()}
    return ",".join(f"{name}={text}" for name, text in texts.items())


def command_again(wish: Wish, inspection: Inspection) -> str:
    """The command that makes this page, but for `--at` and `--all`."""
    words = ["shardproof", "inspect", wish.file, "--html", wish.page]
    words += ["--format", wish.format_name] if wish.format_name else []
    words += ["--catalog", wish.catalog_name] if wish.catalog_name else []
    words += ["--context", context_text(wish.context)] if wish.context else []
    words += ["--remainder"] if inspection.remainder else []
    return shlex.join(words)


def report(wish: Wish, inspection: Inspection, content: Content, *, size: int, file_size: int) -> None:
    """Say what was written, and what it does not hold."""
    if wish.as_json:
        write_json(
            {
                "ok": content.verdict != "damaged",
                "verdict": content.verdict,
                "file": inspection.name,
                "size": file_size,
                "start": inspection.start,
                "catalog": inspection.catalog.name,
                "html": wish.page,
                "html_size": size,
                "parts": len(content.parts),
                "extents": content.extent_count,
                "bytes_shown": sum(one.end - one.start for one in content.segments),
                "left_out": [{"what": one.words, "at": one.start} for one in content.left_out],
                "notes": list(content.notes),
            }
        )
        return
    say = note if wish.page == STANDARD_OUTPUT else write
    for left in content.left_out:
        option = left.option(everything=inspection.everything)
        say(f"left out: {left.words} ({f'{option} shows more' if option else 'no page holds more'})")
    if wish.page != STANDARD_OUTPUT:
        say(f"written: {one_line(wish.page)}, {size:,} bytes")
    say(f"{one_line(inspection.name)}: {content.words}: {content.verdict}")
