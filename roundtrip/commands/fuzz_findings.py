"""What `shardproof fuzz` does with findings: each is made smaller, written, kept in the corpus, and shown."""

from __future__ import annotations

import shlex
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from corpus.errors import CorpusError
from corpus.store import writable_folder

from ..fuzzing.failure import LAWS
from ..fuzzing.findings.files import Origin
from ..fuzzing.findings.files import write as write_finding
from ..fuzzing.findings.promotion import promote as keep
from ..fuzzing.findings.repeating import APART
from ..fuzzing.findings.shrinking import shrink
from .output import note, one_line, write

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from formats.catalog import Catalog

    from ..fuzzing.failure import Failure
    from ..fuzzing.target import Target

#: Seconds that one finding is shrunk, and that all are.
SHRINK_SECONDS: Final = 10.0
SHRINK_TOTAL_SECONDS: Final = 90.0


@dataclass(frozen=True)
class Settled:
    """A finding as it was left: the failure, small, and where it lies; `kept`: in the corpus, empty if it is not."""

    failure: Failure
    size_before: int
    path: Path
    kept: str

    def as_dict(self) -> dict[str, Any]:
        """The same with stable keys, for `--json`."""
        failure = self.failure
        return {
            "format": failure.format,
            "law": failure.law,
            "rule": failure.rule,
            "field": failure.field,
            "where": failure.where,
            "detail": failure.detail,
            "bytes": failure.data.hex(),
            "size_before": self.size_before,
            "file": str(self.path),
            "kept": self.kept,
            "command": again(self.path),
        }


def again(path: Path) -> str:
    """The command that repeats a finding."""
    return f"shardproof replay {shlex.quote(str(path))}"


def settle(
    failures: Sequence[Failure],
    target_of: Callable[[Failure], Target],
    folder: Path,
    catalog: Catalog,
    origin: Origin,
    *,
    promote: bool,
) -> list[Settled]:
    """Make findings smaller, write them to a folder, and keep them in the catalog's corpus if that is wanted."""
    settled = []
    corpus = corpus_of(catalog) if promote and failures else None
    end = time.monotonic() + SHRINK_TOTAL_SECONDS
    for failure in failures:
        target = target_of(failure)
        seconds = min(SHRINK_SECONDS, max(0.0, end - time.monotonic()))
        small = shrink(target, failure, seconds) if seconds else failure
        path = write_finding(folder, small, target.at(small.place), origin)
        # What hangs or ends a process must not be read by every later run of the corpus before it is mended.
        kept = "" if corpus is None or small.law in APART else kept_as(target.at(small.place), small, corpus, origin)
        settled.append(Settled(small, len(failure.data), path, kept))
    return settled


def kept_as(target: Target, failure: Failure, corpus: Path, origin: Origin) -> str:
    """Keep a finding; where it stands, or nothing, with a note, where the same bytes are kept for another reason."""
    try:
        return keep(target, failure, corpus, origin).identity
    except CorpusError as error:
        note(f"note: not kept: {one_line(str(error))}")
        return ""


def corpus_of(catalog: Catalog) -> Path | None:
    """The folder of kept files; None, with a note, where there is none to write in."""
    try:
        return writable_folder(catalog)
    except CorpusError as error:
        note(f"note: findings are not kept in a corpus: {one_line(str(error))}")
        return None


def show(settled: Sequence[Settled]) -> None:
    """Each finding for people."""
    for one in settled:
        failure = one.failure
        field = failure.field or "(whole)"
        write(f"broken: {failure.law}, {one_line(failure.format)}, {one_line(field)}, {one_line(failure.where)}")
        write(f"  the law   {LAWS[failure.law]}")
        write(f"  found     {one_line(failure.detail)}")
        write(f"  input     {one.size_before:,} bytes, {len(failure.data):,} shrunk, in {one_line(str(one.path))}")
        if one.kept:
            write(f"  kept      {one_line(one.kept)}")
        write(f"  again     {one_line(again(one.path))}")
