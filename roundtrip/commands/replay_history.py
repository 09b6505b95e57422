"""`shardproof replay FILE`: the history of a finding again."""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..campaign.apart import DANGEROUS, replay_apart
from ..campaign.reading import AnyFinding, read_finding
from ..campaign.workers import Limits
from ..histories.finding import Finding
from .exits import PROVED, REFUTED, CommandError
from .output import one_line, write, write_json

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from ..histories.failure import Failure


def replay_file(file: str, graph: str | None, plant: str | None, seconds: float, *, as_json: bool) -> int:
    """Replay a finding, and draw it if a file for the picture is named."""
    finding = read_finding(Path(file))
    with planted(plant):
        failure = replay(finding, seconds)
        if graph is not None:
            draw_to(finding, Path(graph))
    if as_json:
        write_json({"ok": failure is None, "file": file, "graph": graph, **facts(finding, failure)})
    else:
        show(finding, failure)
        if graph is not None:
            write(f"drawn to {one_line(graph)}")
    return PROVED if failure is None else REFUTED


def replay(finding: AnyFinding, seconds: float) -> Failure | None:
    """What it breaks now; one that hangs or ends the process is run in another."""
    return replay_apart(finding, Limits(seconds=seconds)) if finding.law in DANGEROUS else finding.replay()


def planted(name: str | None) -> AbstractContextManager[Any]:
    """The bug to plant in the engine, if any."""
    if name is None:
        return nullcontext()
    from ..planted import bug_named  # noqa: PLC0415  # imports all of them
    from ..planted import planted as plant  # noqa: PLC0415  # likewise

    return plant(bug_named(name))


def draw_to(finding: AnyFinding, path: Path) -> None:
    """The dependency graph where it goes wrong, as SVG."""
    from ..histories.drawing import draw  # noqa: PLC0415  # imports the pictures
    from .generated import write_file  # noqa: PLC0415  # imports construct

    if not isinstance(finding, Finding) or finding.law in DANGEROUS:
        raise CommandError("--graph: only a history of a whole store that comes to its end has a graph to draw")
    failure = finding.failure
    where = f" at operation {failure.number}: {failure.operation}" if failure.number >= 0 else ""
    text, _ = draw(finding.history, title=f"{failure.law}{where}", always=finding.always)
    write_file(path, text)


def facts(finding: AnyFinding, failure: Failure | None) -> dict[str, Any]:
    """Finding and failure with stable keys."""
    return {
        "law": finding.law,
        "seed": finding.seed,
        "driver": finding.driver,
        "planted": finding.planted,
        "failure": None
        if failure is None
        else {
            "law": failure.law,
            "expected": failure.expected,
            "found": failure.found,
            "operation": failure.number,
            "text": failure.operation,
        },
    }


def show(finding: AnyFinding, failure: Failure | None) -> None:
    """What came of it, for people."""
    if failure is None:
        without = f" without the planted bug {finding.planted}" if finding.planted else ""
        write(f"{one_line(finding.law)}: holds now{one_line(without)}")
        return
    write(
        f"{one_line(failure.law)}: broken{'' if failure.law == finding.law else one_line(f' (it was: {finding.law})')}"
    )
    write(f"  expected  {one_line(failure.expected)}")
    write(f"  found     {one_line(failure.found)}")
    if failure.number >= 0:
        write(f"  at        operation {failure.number}: {one_line(failure.operation)}")
