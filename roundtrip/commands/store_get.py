"""`shardproof store get`: a value, or a tree of files, out of a store."""

from __future__ import annotations

import os
import sys
from typing import Final

import click

from ..storing.keys import bytes_text, counted, key_facts, key_of, path_facts
from .exits import PROVED, REFUTED, CommandError
from .options import json_option, together
from .output import one_line, progress_bar, write, write_json
from .store_options import not_empty, path_argument, prefix_option
from .store_output import note_problems

MIB: Final = 2**20
#: Names of standard output: what is written there is the value and nothing else.
STANDARD_OUTPUT: Final = frozenset({"-", "/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"})


@click.command("get", short_help="Fetch a value, or a whole tree of files.")
@path_argument
@click.argument("key", required=False)
@click.option(
    "-o",
    "--output",
    "output",
    callback=not_empty,
    metavar="FILE",
    help="Write to FILE, which appears when it is whole; - is standard output.",
)
@click.option(
    "--tree", "tree", callback=not_empty, metavar="DIRECTORY", help="Restore every key as a file below DIRECTORY."
)
@together(prefix_option("With --tree: only keys that begin so, without this part."), json_option)
def get(path: str, key: str | None, output: str | None, tree: str | None, prefix: bytes | None, as_json: bool) -> int:
    """Fetch the value of KEY from the store in PATH: to standard output, or to FILE.

    With --tree every key (that begins with --prefix) becomes a file below DIRECTORY, under the rest of its name. Files
    that are there are replaced; a key that leads out of DIRECTORY is refused.

    Exit codes: 0 all is fetched, 1 no such key, a damaged value, or a key that cannot be restored.
    """
    if (key is None) == (tree is None) or (tree is not None and output is not None):
        raise CommandError("say what to fetch: get PATH KEY [-o FILE], or get PATH --tree DIRECTORY [--prefix TEXT]")
    if key is not None and prefix is not None:
        raise CommandError("--prefix goes with --tree: say the whole KEY")
    if tree is not None:
        return get_tree(path, os.fsencode(tree), prefix or b"", as_json=as_json)
    if output is None or output in STANDARD_OUTPUT:
        output = "-"
    if as_json and output == "-":
        raise CommandError("--json needs -o FILE: standard output cannot hold the value and the object")
    assert key is not None
    return get_one(path, key_of(key), output, as_json=as_json)


def get_one(path: str, key: bytes, output: str, *, as_json: bool) -> int:
    """Fetch one value."""
    from ..storing.getting import copy, reader_of, write_file  # noqa: PLC0415  # imports the engine
    from ..storing.own_files import refuse_own_file  # noqa: PLC0415  # needed here only
    from ..storing.sessions import reading  # noqa: PLC0415  # likewise
    from ..storing.trees import reason_of  # noqa: PLC0415  # likewise

    with reading(path) as store:
        reader = reader_of(store, key)
        if output == "-":
            sys.stdout.flush()
            copy(reader, sys.stdout.buffer)
            return PROVED
        refuse_own_file(os.fsencode(output), path)
        total = -(-reader.size_bytes // MIB)
        with progress_bar(quiet=as_json) as progress:
            watched = (lambda _done: None) if progress is None else (lambda done: progress(done // MIB, total, "MiB"))
            try:
                size = write_file(reader, os.fsencode(output), watched)
            except OSError as error:
                raise CommandError(f"{one_line(output)}: {reason_of(error)}") from error
    if as_json:
        write_json(
            {
                "ok": True,
                **path_facts("store", path),
                **path_facts("file", output),
                **key_facts(key),
                "size_bytes": size,
            }
        )
    else:
        write(f"{one_line(output)}: {bytes_text(size)}")
    return PROVED


def get_tree(path: str, root: bytes, prefix: bytes, *, as_json: bool) -> int:
    """Restore a tree."""
    from ..storing.getting import TreeGet, make_root  # noqa: PLC0415  # imports the engine
    from ..storing.own_files import OwnFiles  # noqa: PLC0415  # needed here only
    from ..storing.sessions import reading  # noqa: PLC0415  # likewise

    with reading(path) as store, progress_bar(quiet=as_json) as progress:
        own = OwnFiles(path)
        make_root(root, own)
        report = TreeGet(store, root, own, progress).run(prefix)
    code = REFUTED if report.problems else PROVED
    if as_json:
        write_json(
            {
                "ok": not report.problems,
                **path_facts("store", path),
                **path_facts("directory", os.fsdecode(root)),
                "restored": report.restored,
                "restored_bytes": report.restored_bytes,
                "problems": [problem.as_dict() for problem in report.problems],
            }
        )
        return code
    note_problems(report.problems)
    problems = f"; {counted(len(report.problems), 'problem')}" if report.problems else ""
    write(f"restored {counted(report.restored, 'file')}, {bytes_text(report.restored_bytes)}{problems}")
    return code
