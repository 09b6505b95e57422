"""`shardproof replay FILE` and `shardproof shrink FILE` for a finding of `fuzz`, also of one that the corpus keeps."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..fuzzing.findings.annotated import text as annotated_text
from ..fuzzing.findings.files import SUFFIX, Finding, is_finding, read_finding, text_path, write_as
from ..fuzzing.findings.repeating import APART, Repeated, repeat, target_for
from ..fuzzing.findings.shrinking import shrink
from ..storing.keys import counted
from .check import planted
from .exits import PROVED, REFUTED, CommandError
from .options import load
from .output import one_line, write, write_json

if TYPE_CHECKING:
    from ..fuzzing.failure import Failure
    from ..fuzzing.target import Target


def is_fuzz_file(file: str) -> bool:
    """Whether a file is a finding of the fuzzer: its text, or the bytes or the sidecar beside one."""
    return is_finding(text_path(Path(file)))


def replay_fuzz_file(file: str, catalog_name: str | None, plant: str | None, seconds: float, *, as_json: bool) -> int:
    """Judge the bytes of a finding again. `catalog_name`: as in the finding where it is None."""
    finding, target = opened(file, catalog_name, plant)
    repeated = repeat(target, finding.failure, seconds)
    if as_json:
        write_json({"ok": repeated.failure is None, "file": file, **facts(finding, repeated)})
    else:
        show(finding, repeated, target)
    return PROVED if repeated.failure is None else REFUTED


def shrink_fuzz_file(file: str, output: str | None, plant: str | None, seconds: float, *, as_json: bool) -> int:
    """Make the bytes of a finding fewer and simpler; write the smaller one."""
    finding, target = opened(file, None, plant)
    failure = finding.failure
    if failure.law in APART:
        raise CommandError(
            f"a finding of law {failure.law!r} is not made smaller: edit its bytes by hand, and replay it"
        )
    repeated = repeat(target, failure)
    if repeated.failure is None:
        report(
            as_json, {"ok": True, "file": None, "before": len(failure.data), "after": None}, finding, repeated, target
        )
        return PROVED
    small = shrink(target, repeated.failure, seconds)
    path = text_path(Path(file))
    wanted = path.with_name(f"{path.stem}-small{SUFFIX}") if output is None else Path(output)
    written = write_as(wanted, small, target, finding.origin)
    shown = Finding(small, finding.origin)
    numbers = {"ok": False, "file": str(written), "before": len(failure.data), "after": len(small.data)}
    report(as_json, numbers, shown, Repeated(small), target)
    if not as_json:
        options = f" --plant {shlex.quote(plant)}" if plant else ""
        write(f"{counted(len(failure.data), 'byte')} before, {len(small.data):,} after, in {one_line(str(written))}")
        write(f"  again     shardproof replay {one_line(shlex.quote(str(written)))}{options}")
    return REFUTED


def opened(file: str, catalog_name: str | None, plant: str | None) -> tuple[Finding, Target]:
    """The finding, and the target that it is shown to."""
    finding = read_finding(text_path(Path(file)))
    catalog = load(catalog_name or finding.origin.catalog)
    return finding, target_for(catalog, finding.failure.format, planted(plant, catalog))


def report(as_json: bool, numbers: dict[str, Any], finding: Finding, repeated: Repeated, target: Target) -> None:
    """One object, or what people read."""
    if as_json:
        write_json({**numbers, **facts(finding, repeated)})
    else:
        show(finding, repeated, target)


def facts(finding: Finding, repeated: Repeated) -> dict[str, Any]:
    """Finding and failure with stable keys."""
    failure = repeated.failure
    return {
        "format": finding.failure.format,
        "law": finding.failure.law,
        "planted": finding.origin.planted,
        "by": finding.origin.by,
        "as_before": repeated.as_before,
        "failure": None if failure is None else failure_facts(failure),
    }


def failure_facts(failure: Failure) -> dict[str, Any]:
    """A failure with stable keys."""
    return {
        "format": failure.format,
        "law": failure.law,
        "rule": failure.rule,
        "field": failure.field,
        "where": failure.where,
        "detail": failure.detail,
        "bytes": failure.data,
        "size": len(failure.data),
    }


def show(finding: Finding, repeated: Repeated, target: Target) -> None:
    """What came of it, for people."""
    failure, bug = repeated.failure, finding.origin.planted
    if failure is None:
        without = f" without the planted bug {bug}" if bug else ""
        write(f"{one_line(finding.failure.format)}: {one_line(finding.failure.law)}: holds now{one_line(without)}")
        return
    before = "" if repeated.as_before else f" (it was: {finding.failure.law}, {finding.failure.where})"
    write(f"{one_line(failure.format)}: {one_line(failure.law)}: broken{one_line(before)}")
    write()
    # Every line of it is made of parts that were escaped one by one.
    write(annotated_text(target, failure).rstrip("\n"))
