"""What is to be measured: groups of lanes that do the same work on the same value, and what is left out and why."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

from formats.catalog import CATALOG, Catalog, Format
from formats.errors import ShardproofError

from ..catalogs import load_catalog
from ..generate import RandomSource, generate_at
from .flips import flips_call
from .lanes import FAST, OWN, own_contenders
from .peers import PEERS, Call, Contender, NotComparable
from .proof import problem
from .records import Sample, samples

#: About so many elements or bytes are in the variable parts of a generated value.
GENERATED_SCALE: Final = 64
INSTALL: Final = "pip install 'shardproof[bench]'"


@dataclass(frozen=True)
class Lane:
    """One lane of a group; calls_per_run: how often one run does the operation (bits, for flips)."""

    name: str
    call: Call
    checks: str
    same_bytes: bool
    note: str = ""
    per_run: int = 1


@dataclass(frozen=True)
class Group:
    """Lanes that do one operation on one value of one format; `format` is its label, `chunk@2` for version 2."""

    format: str
    version: int
    operation: str
    size_bytes: int
    lanes: tuple[Lane, ...]

    @property
    def key(self) -> str:
        """The name of the benchmark."""
        return f"{self.format} {self.operation}"


@dataclass
class Plan:
    """Groups, what is not run (what, reason, install), and lanes of ours that disagree."""

    groups: list[Group] = field(default_factory=list)
    not_run: list[dict[str, str]] = field(default_factory=list)
    findings: list[str] = field(default_factory=list)

    def leave_out(self, what: str, reason: str, install: str = "") -> None:
        """Name what is not run."""
        self.not_run.append({"what": what, "reason": reason, **({"install": install} if install else {})})


def make_plan(catalog_name: str | None, seed: int, report: Callable[[str], None]) -> Plan:
    """The plan over a catalog; `report` hears which format is being prepared."""
    plan = Plan()
    catalog = load_catalog(catalog_name)
    is_ours = catalog is CATALOG
    peers = installed_peers(plan) if is_ours else []
    for sample in samples(catalog, seed) if is_ours else generated_samples(catalog, seed, plan):
        report(sample.format.label)
        prepare(plan, sample, peers)
    return plan


def installed_peers(plan: Plan) -> list[Any]:
    """The peers that can be imported; the others are named as not run."""
    loaded = []
    for peer in PEERS:
        lanes = ", ".join(peer.lanes)
        if not peer.installed():
            plan.leave_out(lanes, f"{peer.distribution} is not installed", INSTALL)
            continue
        try:
            module = peer.load()
            if hasattr(module, "get_ready"):
                module.get_ready()
        except Exception as error:  # noqa: BLE001  # foreign code raises what it likes
            known = isinstance(error, ShardproofError)
            plan.leave_out(lanes, str(error) if known else f"{type(error).__name__}: {error}"[:300])
        else:
            loaded.append((peer, module))
    return loaded


def generated_samples(catalog: Catalog, seed: int, plan: Plan) -> list[Sample]:
    """A generated value of each format of a user's catalog."""
    chosen = []
    for entry in catalog:
        try:
            chosen.append(generated_sample(entry, seed))
        except ShardproofError as error:
            plan.leave_out(entry.label, f"no value could be generated: {error}")
    return chosen


def generated_sample(entry: Format, seed: int) -> Sample:
    """A value whose variable parts are filled; the context's seed is drawn like the value."""
    draw = random.Random(f"{seed} {entry.name} {entry.version}")
    context = draw.getrandbits(32) if entry.layout.seed else 0
    sample = Sample(entry, generate_at(entry.layout, RandomSource(draw), GENERATED_SCALE), context)
    assert sample.data is not None  # encoded here, so that a value without an encoding is said to be one
    return sample


def prepare(plan: Plan, sample: Sample, peers: list[Any]) -> None:
    """Add the groups of one format, with every contender that is proved to do the same work."""
    name = sample.format.label
    proved: list[Contender] = []
    for contender in own_contenders(sample):
        reason = problem(contender, sample)
        if reason is None:
            proved.append(contender)
        else:
            plan.findings.append(f"{name}: the lane {contender.lane} is wrong: {reason}")
    for peer, module in peers:
        try:
            offered = module.contenders(sample)
        except Exception as error:  # noqa: BLE001  # likewise
            known = isinstance(error, NotComparable)
            reason = str(error) if known else f"{type(error).__name__}: {error}"[:300]
            plan.leave_out(f"{name} {', '.join(peer.lanes)}", reason)
            continue
        for contender in offered:
            reason = problem(contender, sample)
            if reason is None:
                proved.append(contender)
            else:
                plan.leave_out(f"{name} {contender.lane}", f"not comparable: {reason}")
    for operation in ("decode", "encode", "lookup"):
        lanes = [lane_of(contender, operation) for contender in proved if operation in contender.operations()]
        if lanes:
            plan.groups.append(group_of(sample, operation, lanes))
    if any(contender.lane == FAST for contender in proved) and (flips := flips_call(sample)):
        call, bits = flips
        plan.groups.append(group_of(sample, "flips", [Lane(FAST, call, "all", same_bytes=True, per_run=bits)]))


def lane_of(contender: Contender, operation: str) -> Lane:
    """One operation of a contender."""
    call = contender.operations()[operation]
    return Lane(contender.lane, call, contender.checks, contender.same_bytes, contender.note)


def group_of(sample: Sample, operation: str, lanes: list[Lane]) -> Group:
    """A group in the order in which its lanes take turns: the yardstick beside the lane that is held against it."""
    order = {name: number for number, name in enumerate((FAST, "handwritten", *OWN[1:]))}
    lanes = sorted(lanes, key=lambda lane: order.get(lane.name, len(order)))
    entry = sample.format
    return Group(entry.label, entry.version, operation, len(sample.data), tuple(lanes))
