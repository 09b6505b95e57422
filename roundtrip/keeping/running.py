"""`corpus run`: every kept file with every reader, over processes; and for our catalog store images and histories."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterable, Sequence
from typing import Final, Protocol, get_args

from corpus.checks import Tally
from corpus.entries import Entry
from corpus.kinds import Kind
from corpus.regression import COMMAND, EVERYTHING, Selection, run_catalog
from corpus.report import CorpusReport
from formats.catalog import Catalog

from ..commands.exits import CommandError
from .processes import cores, spread
from .readers import lanes_of

#: Kinds of files, and of what else is kept.
FILE_KINDS: Final[tuple[Kind, ...]] = get_args(Kind)
IMAGE, HISTORY = "image", "history"
OTHER_KINDS: Final = (IMAGE, HISTORY)

NOT_RUN: Final = CorpusReport(0, 0, 0, {}, {}, {}, ())


class Progress(Protocol):
    """Takes how much is done, how much there is, and what was done last."""

    def __call__(self, done: int, total: int, what: str = "") -> None: ...


def run_files(
    catalog: Catalog,
    catalog_name: str | None,
    *,
    selection: Selection = EVERYTHING,
    workers: int | None = None,
    progress: Progress | None = None,
) -> CorpusReport:
    """Every kept file of a catalog with every reader. workers: processes, None for one on each core."""
    command = COMMAND if catalog_name is None else f"{COMMAND} --catalog {shlex.quote(catalog_name)}"

    def over_processes(look: Callable[[Entry], Tally], entries: Sequence[Entry]) -> Iterable[Tally]:
        return spread(look, entries, cores() if workers is None else workers)

    return run_catalog(
        catalog,
        lanes_of,
        selection=selection,
        command=command,
        progress=watch(progress, "files"),
        spread=over_processes,
    )


def run_all(
    catalog: Catalog,
    catalog_name: str | None,
    *,
    selection: Selection = EVERYTHING,
    workers: int | None = None,
    progress: Progress | None = None,
) -> CorpusReport:
    """Everything that is kept, or what is selected of it. Images and histories belong to our own catalog alone."""
    wanted = set(chosen_kinds(selection))
    if catalog_name is not None and not wanted & set(FILE_KINDS):
        raise CommandError(f"kept {' and '.join(sorted(wanted))} are of our own engine; leave --catalog away")
    report = NOT_RUN
    if wanted & set(FILE_KINDS):
        files = selection.of_files()
        report = run_files(catalog, catalog_name, selection=files, workers=workers, progress=progress)
    images = histories = None
    if catalog_name is None and IMAGE in wanted:
        from ..images.regression import run_images  # noqa: PLC0415  # imports the engine

        images = run_images(watch(progress, "images"), only=selection.only)
    if catalog_name is None and HISTORY in wanted:
        from .histories import run_histories  # noqa: PLC0415  # likewise

        histories = run_histories(watch(progress, "histories"), only=selection.only)
    return report.with_others(images=images, histories=histories)


def chosen_kinds(selection: Selection) -> tuple[str, ...]:
    """The kinds that a selection is about: those named; else that of `only`; with a format, files alone."""
    if selection.kinds:
        return selection.kinds
    begin = selection.only.partition("/")[0]
    if begin in OTHER_KINDS:
        return (begin,)
    return FILE_KINDS if selection else (*FILE_KINDS, *OTHER_KINDS)


def watch(progress: Progress | None, what: str) -> Callable[[int, int], None]:
    """A progress that says what it is about."""

    def report(done: int, total: int) -> None:
        if progress is not None:
            progress(done, total, what)

    return report
