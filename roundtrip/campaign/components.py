"""Blocks of component histories, and their findings: one part of the engine beside its small model.

The preset of such a block is the component's name, and its findings have the text form of `histories.finding` with
`kind: component`, a line `component: NAME`, and operations of the component's own alphabet.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from typing import TYPE_CHECKING, Final

import msgspec

from formats.errors import ShardproofError
from roundtrip.component_conformance import COMPONENTS, history_of_component, replay_component, run_component
from roundtrip.histories.drivers import NUMBER_BITS
from roundtrip.histories.failure import Failure, single_line
from roundtrip.histories.finding import FIRST_LINE, BadFinding, whole
from roundtrip.histories.history import OPERATIONS_LINE

from .block import BlockResult
from .volume import KEPT_MAXIMUM, collecting_seldom

if TYPE_CHECKING:
    from roundtrip.component_conformance import ComponentReport

    from .block import Block
    from .kinds import Tick

KIND: Final = "component"
LAW: Final = "answer"


class UnknownComponent(ShardproofError):
    """No component has this name."""


class ComponentFinding(msgspec.Struct, frozen=True, kw_only=True):
    """A component that differs from its model. `seed`: of the component's own history, not of the block."""

    component: str
    failure: Failure
    seed: int
    driver: str
    lines: tuple[str, ...]
    planted: str = ""

    @classmethod
    def of(cls, report: ComponentReport, driver: str) -> ComponentFinding:
        """The finding of a report that has one."""
        found = report.finding
        assert found is not None, "there is something to tell"
        failure = Failure(LAW, single_line(found.expected), single_line(found.found), found.number, found.operation)
        return cls(component=report.component, failure=failure, seed=report.seed, driver=driver, lines=report.history)

    @property
    def law(self) -> str:
        """What was broken."""
        return self.failure.law

    def text(self) -> str:
        """The text form."""
        failure = self.failure
        lines = [
            FIRST_LINE,
            f"law: {failure.law}",
            f"expected: {failure.expected}",
            f"found: {failure.found}",
            f"operation: {failure.number} {failure.operation}",
            f"seed: {self.seed}",
            f"driver: {self.driver}",
            f"kind: {KIND}",
            *([f"planted: {self.planted}"] if self.planted else []),
            f"component: {self.component}",
            OPERATIONS_LINE,
            *self.lines,
        ]
        return "\n".join(lines) + "\n"

    @classmethod
    def from_parts(cls, fields: dict[str, str], lines: list[tuple[int, str]]) -> ComponentFinding:
        """The finding of a text form that was taken apart. Raises `BadFinding`."""
        component = fields.get("component", "")
        if component not in COMPONENTS:
            raise BadFinding(f"component: expected one of {', '.join(COMPONENTS)}, found {component[:40]!r}")
        number, _, operation = fields.get("operation", "-1").partition(" ")
        return cls(
            component=component,
            failure=Failure(
                fields.get("law", LAW),
                fields.get("expected", ""),
                fields.get("found", ""),
                whole(number, "operation", minimum=-1),
                operation,
            ),
            seed=whole(fields.get("seed", "0"), "seed"),
            driver=fields.get("driver", ""),
            lines=tuple(line for _, line in lines),
            planted=fields.get("planted", ""),
        )

    def replay(self) -> Failure | None:
        """Run it again: what it breaks now, or None. Raises `ShardproofError` for a line that is no operation."""
        report = replay_component(self.component, self.seed, self.lines)
        return None if report.finding is None else ComponentFinding.of(report, self.driver).failure


def run_block(block: Block, tick: Tick) -> BlockResult:
    """Run the histories of a block one after the other. Raises `UnknownComponent`."""
    if block.preset not in COMPONENTS:
        raise UnknownComponent(f"component: expected one of {', '.join(COMPONENTS)}, found {block.preset[:40]!r}")
    counts: Counter[str] = Counter()
    digest = hashlib.blake2b(digest_size=16)
    findings: dict[str, str] = {}
    operations = found = 0
    with collecting_seldom() as collect:
        for number in range(block.first, block.first + block.count):
            tick(number)
            report = run_component(block.preset, seed_of(block, number), block.longest)
            operations += report.operations
            counts.update(line.partition(" ")[0] for line in report.history)
            digest.update(repr(report).encode())
            if report.finding is not None:
                found += 1
                if len(findings) < KEPT_MAXIMUM:
                    text = ComponentFinding.of(report, f"{block.kind}, history {number}").text()
                    findings.setdefault(report.finding.operation.partition(" ")[0], text)
        collect()
    return BlockResult(
        block=block,
        histories=block.count,
        operations=operations,
        counts=dict(counts),
        findings=tuple(findings.values()),
        found=found,
        digest=digest.hexdigest(),
    )


def lost_finding(block: Block, number: int, failure: Failure) -> str:
    """See `kinds`: the whole history, of which perhaps only the beginning was run."""
    seed = seed_of(block, number)
    lines = tuple(map(str, history_of_component(block.preset, seed, block.longest)))
    driver = f"{block.kind}, history {number}"
    return ComponentFinding(component=block.preset, failure=failure, seed=seed, driver=driver, lines=lines).text()


def seed_of(block: Block, number: int) -> int:
    """The seed of a component's history."""
    return block.seed << NUMBER_BITS | number
