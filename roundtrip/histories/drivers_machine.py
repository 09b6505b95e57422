"""The same alphabet as a Hypothesis state machine: what histories from plain bytes are measured against.

Nothing is proved with it. It is written as such machines are: a rule for each kind of operation, and Hypothesis chooses
among the rules. So rare operations are as frequent as the others, and the same operations must be run without
Hypothesis, too, if one wants to know what the harness alone costs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hypothesis import HealthCheck, Phase, Verbosity, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule, run_state_machine_as_test

from .drivers import LONGEST
from .generation import MANY_MAXIMUM, SEQUENTIAL, biased, sizes_by_byte
from .history import History
from .placement import PLACEMENTS
from .presets import preset_named
from .session import Session

if TYPE_CHECKING:
    from .operations import Operation


def machine_of(preset: str, record: list[list[Operation]]) -> type[RuleBasedStateMachine]:
    """The machine of a preset; it writes down the operations of every history."""
    chosen = preset_named(preset)
    domains: dict[str, st.SearchStrategy[int]] = {
        "key": st.sampled_from(biased(len(chosen.keys))),
        "size": st.sampled_from(sizes_by_byte(chosen.sizes)),
        "count": st.integers(2, 1 + MANY_MAXIMUM),
        "extents": st.sampled_from((1, 2, 0)),
    }

    def begin(self: Any) -> None:
        RuleBasedStateMachine.__init__(self)
        self.session = Session(chosen)
        record.append([])

    def rule_of(kind: type[Operation]) -> Any:
        def apply(self: Any, **arguments: int) -> None:
            operation = kind(**arguments)
            record[-1].append(operation)
            self.session.apply(operation)

        apply.__name__ = kind.verb.replace("-", "_")
        arguments: dict[str, Any] = {name: domains[name] for name in kind.__struct_fields__}
        decorate: Any = rule
        return decorate(**arguments)(apply)

    def teardown(self: Any) -> None:
        self.session.compare_all()

    rules = {kind.verb.replace("-", "_"): rule_of(kind) for kind, _ in SEQUENTIAL}
    return type("Machine", (RuleBasedStateMachine,), {"__init__": begin, "teardown": teardown, **rules})


def run_machine(preset: str, histories: int, longest: int = LONGEST) -> list[History]:
    """Run so many histories of the state machine; the answer is what it did. Raises `Mismatch`."""
    record: list[list[Operation]] = []
    machine = machine_of(preset, record)
    run: Any = run_state_machine_as_test
    run(
        machine,
        settings=settings(
            max_examples=histories,
            stateful_step_count=longest,
            database=None,
            deadline=None,
            derandomize=True,
            verbosity=Verbosity.quiet,
            phases=(Phase.generate,),
            suppress_health_check=list(HealthCheck),
        ),
    )
    return [History(preset=preset, placement=PLACEMENTS[0], operations=tuple(each)) for each in record]
