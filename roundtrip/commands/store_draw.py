"""`shardproof store draw` and `shardproof store figures`: pictures of stores."""

from __future__ import annotations

import os
import re
from pathlib import Path

import click

from ..storing.keys import path_facts
from .exits import PROVED, REFUTED, CommandError
from .options import json_option, together
from .output import note, one_line, write, write_json
from .store_options import not_empty, path_argument


@click.command("draw", short_help="Draw the extents of a store as an SVG picture.")
@path_argument
@click.option(
    "-o",
    "--output",
    "file",
    callback=not_empty,
    metavar="FILE",
    help="Write here; without it, and with -, to standard output.",
)
@click.option("--extents", "span", metavar="A-B", help="Only these extents, both included; 64 or fewer become bars.")
@click.option("--quick", is_flag=True, help="Do not count live bytes, which reads the whole index.")
@together(json_option)
def draw(path: str, file: str | None, span: str | None, quick: bool, as_json: bool) -> int:
    """Draw the extents of the store at PATH: owner, generation, write pointer, live and dead bytes.

    The store is opened for reading only. Up to 64 extents become a bar each, more a map.
    """
    from engine.store import Store  # noqa: PLC0415  # heavy

    from ..pictures.extents import extents_picture  # noqa: PLC0415  # likewise
    from ..pictures.live import snapshot_of  # noqa: PLC0415  # likewise
    from ..storing.own_files import refuse_own_file  # noqa: PLC0415  # needed here only

    file = None if file == "-" else file
    store = Store.open(path, read_only=True)
    try:
        if file is not None:
            refuse_own_file(os.fsencode(file), path)
        if not quick:
            store.index.count_live()
        snapshot = snapshot_of(store)
    finally:
        store.close()
    first, last = limits_of(span, len(snapshot.extents))
    text = extents_picture(snapshot, title=f"The extents of {one_line(path)}", first=first, last=last)
    deliver(text, file, as_json=as_json, facts={**path_facts("store", path), "first": first, "last": last})
    return PROVED


@click.command("figures", short_help="Write the pictures of the documentation.")
@click.option(
    "--output", "folder", callback=not_empty, required=True, metavar="FOLDER", help="Write here: docs/pictures."
)
@click.option("--check", "only_check", is_flag=True, help="Write nothing; exit 1 where a picture would change.")
@together(json_option)
def figures(folder: str, only_check: bool, as_json: bool) -> int:
    """Draw the pictures of the documentation from a live engine: the same ones on every machine."""
    from ..pictures.documentation import draw_documentation  # noqa: PLC0415  # heavy
    from .generated import write_file  # noqa: PLC0415  # imports construct

    if os.path.lexists(folder) and not Path(folder).is_dir():
        raise CommandError(f"{one_line(folder)} is no directory")
    results = []
    for name, text in draw_documentation().items():
        path = Path(folder) / name
        is_same = holds(path, text)
        if not is_same and not only_check:
            write_file(path, text)
        results.append({"file": str(path), "state": "unchanged" if is_same else "stale" if only_check else "written"})
    stale = [result for result in results if result["state"] == "stale"]
    if as_json:
        write_json({"ok": not stale, "files": results})
    for result in results if not as_json else ():
        write(f"{result['state']:>9}  {one_line(result['file'])}")
    if stale:
        note("error: pictures are not what the engine draws; run `shardproof store figures --output docs/pictures`")
    return REFUTED if stale else PROVED


def holds(path: Path, text: str) -> bool:
    """Whether a file is this text; whatever bytes it holds instead."""
    try:
        return path.is_file() and path.read_bytes() == text.encode()
    except OSError as error:
        raise CommandError(f"{one_line(str(path))}: {error.strerror}") from error


def limits_of(span: str | None, count: int) -> tuple[int, int]:
    """The first and last extent of `A-B` or `A`; all without it."""
    if span is None:
        return 0, count - 1
    match = re.fullmatch(r"\s*([0-9]{1,9})\s*(?:-\s*([0-9]{1,9})\s*)?", span)
    if match is None:
        raise CommandError(f"--extents {span!r} is no range of extents; write 8-15 or 8")
    first = int(match[1])
    last = first if match[2] is None else int(match[2])
    if last < first:
        raise CommandError(f"--extents {span!r}: {first} is behind {last}")
    if last >= count:
        raise CommandError(f"--extents {span!r}: the store has extents 0 to {count - 1}")
    return first, last


def deliver(text: str, file: str | None, *, as_json: bool, facts: dict[str, object]) -> None:
    """A picture to a file or to standard output."""
    from .generated import write_file  # noqa: PLC0415  # imports construct

    if file is not None:
        write_file(Path(file), text)
    if as_json:
        named = {"file": None} if file is None else path_facts("file", file)
        write_json({"ok": True, **facts, **named, "text": text if file is None else None})
    elif file is None:
        write(text.rstrip("\n"))
