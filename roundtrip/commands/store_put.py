"""`shardproof store put`: a file, standard input, or a tree of files into a store."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

import click

from ..storing.keys import bytes_text, counted, key_of, key_text, path_facts
from .exits import PROVED, REFUTED, CommandError
from .options import json_option, together
from .output import note, one_line, progress_bar, write, write_json
from .store_options import not_empty, path_argument, prefix_option, versions_options
from .store_output import begun, note_problems, tell_persistent

if TYPE_CHECKING:
    from ..storing.putting import PutReport

MIB: Final = 2**20


@click.command("put", short_help="Store a file, standard input, or a tree of files.")
@path_argument
@click.argument("words", nargs=-1, metavar="[KEY] FILE|-|DIRECTORY")
@click.option(
    "--tree",
    "tree",
    callback=not_empty,
    metavar="DIRECTORY",
    help="Store the files below DIRECTORY; the same as naming it alone.",
)
@together(prefix_option("With DIRECTORY: what its keys begin with."), json_option)
@click.option("--durable", "durable", is_flag=True, help="Make each file persistent before the next one is read.")
@click.option(
    "--report-persistent",
    "report_persistent",
    is_flag=True,
    help="Print `persistent KEY` as soon as a key is persistent, at once and line by line.",
)
@versions_options
def put(
    path: str,
    words: tuple[str, ...],
    tree: str | None,
    prefix: bytes | None,
    as_json: bool,
    durable: bool,
    report_persistent: bool,
    chunk_version: int,
    page_version: int,
) -> int:
    """Put KEY FILE (`-`: standard input), or all files below DIRECTORY, into the store in PATH.

    The keys of a tree are the paths below DIRECTORY, with --prefix before them. What is no regular file, or cannot be
    read, is named and left out. When the command ends, everything that it stored is persistent.

    Exit codes: 0 all is stored, 1 something was left out.
    """
    if as_json and report_persistent:
        raise CommandError("--json is one object, --report-persistent a line for each key: use one of them")
    if words and not words[-1]:
        raise CommandError("FILE: expected a path, found an empty text")
    if tree is None and len(words) == 1:
        if words[0] != "-" and not os.path.isdir(words[0]):  # noqa: PTH112  # a name may hold any bytes
            state = "a file" if os.path.exists(words[0]) else "not there"  # noqa: PTH110  # likewise
            raise CommandError(f"{one_line(words[0])} is {state}: expected a directory, or KEY and FILE")
        tree, words = words[0], ()
    if len(words) not in ({0} if tree is not None else {2}) or tree == "-":
        raise CommandError("say what to store: put PATH KEY FILE, put PATH KEY -, or put PATH DIRECTORY")
    tell, versions = tell_persistent if report_persistent else None, (chunk_version, page_version)
    if tree is not None:
        return put_tree(path, os.fsencode(tree), prefix or b"", versions, as_json=as_json, durable=durable, tell=tell)
    if prefix is not None:
        raise CommandError("--prefix goes with a DIRECTORY: say the whole KEY")
    return put_one(path, key_of(words[0]), words[1], versions, as_json=as_json, tell=tell)


def put_one(  # what goes where, and how
    path: str,
    key: bytes,
    name: str,
    versions: tuple[int, int],
    *,
    as_json: bool,
    tell: Callable[[bytes], None] | None,
) -> int:
    """Store one file, or standard input."""
    from ..storing import putting  # noqa: PLC0415  # imports the engine
    from ..storing.sessions import writing  # noqa: PLC0415  # likewise

    with (
        putting.source_file(name, path) as file,
        writing(path, versions) as (store, interrupts),
        progress_bar(quiet=as_json) as progress,
    ):
        begun(path, tell)
        total = 0 if name == "-" else -(-os.fstat(file.fileno()).st_size // MIB)
        watched = None if progress is None else lambda done: progress(done // MIB, total, "MiB")
        source = putting.FileSource(file, interrupts, watched)
        try:
            dependency = putting.put_source(store, key, source)
        except putting.SourceUnreadable as error:
            raise CommandError(f"{one_line(name)}: {error}") from error
        if tell is not None:
            dependency.wait()
            tell(key)
    if as_json:
        show_json(path, putting.PutReport(1, source.size_bytes))
    else:
        write(f"stored {key_text(key)}: {bytes_text(source.size_bytes)}, persistent")
    return PROVED


def put_tree(
    path: str,
    root: bytes,
    prefix: bytes,
    versions: tuple[int, int],
    *,
    as_json: bool,
    durable: bool,
    tell: Callable[[bytes], None] | None,
) -> int:
    """Store the files of a tree."""
    from ..storing.persistence import Persistence  # noqa: PLC0415  # imports the engine
    from ..storing.putting import TreePut  # noqa: PLC0415  # likewise
    from ..storing.sessions import writing  # noqa: PLC0415  # likewise
    from ..storing.trees import listed, reason_of  # noqa: PLC0415  # likewise

    shown = one_line(os.fsdecode(root))
    try:
        listed(root)
    except OSError as error:
        raise CommandError(f"{shown}: {reason_of(error)}") from error
    if os.path.exists(path) and os.path.samefile(root, path):  # noqa: PTH110, PTH121  # a name may hold any bytes
        raise CommandError(f"{shown} is the store itself")
    with writing(path, versions) as (store, interrupts), progress_bar(quiet=as_json) as progress:
        begun(path, tell)
        persistence = Persistence(tell, is_eager=durable)
        own = os.stat(path)  # noqa: PTH116  # a name may hold any bytes
        report = TreePut(store, persistence, interrupts, progress).run(root, prefix, own)
    return show_put(path, report, as_json=as_json)


def show_put(path: str, report: PutReport, *, as_json: bool) -> int:
    """What became of a tree."""
    code = REFUTED if report.problems else PROVED
    if as_json:
        show_json(path, report)
        return code
    note_problems(report.problems)
    if report.empty_directories:
        plural = "y is" if report.empty_directories == 1 else "ies are"
        note(f"note: {report.empty_directories:,} empty director{plural} not kept: a store keeps files")
    problems = f"; {counted(len(report.problems), 'problem')}" if report.problems else ""
    write(f"stored {counted(report.stored, 'file')}, {bytes_text(report.stored_bytes)}, all persistent{problems}")
    return code


def show_json(path: str, report: PutReport) -> None:
    """What was stored, as an object."""
    write_json(
        {
            "ok": not report.problems,
            **path_facts("store", path),
            "stored": report.stored,
            "stored_bytes": report.stored_bytes,
            "persistent": True,
            "empty_directories": report.empty_directories,
            "problems": [problem.as_dict() for problem in report.problems],
        }
    )
