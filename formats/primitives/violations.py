"""How the strict vocabulary refuses bytes: at once, or, for a question of meaning, after the frame's checksums.

Inside a frame the checks follow one order (see `formats.errors.RULES`): identity, seal, bounds, lengths, checksums,
closing tag and only then meaning. So `violate` collects violations of meaning while a frame defers them.
"""

from __future__ import annotations

from typing import Any

from construct import ConstructError, Container


class Violation(ConstructError):
    """A rule of the strict vocabulary is broken."""

    def __init__(self, rule: str, expected: str, found: str) -> None:
        super().__init__(f"{rule}: expected {expected}, found {found}")
        self.rule = rule
        self.expected = expected
        self.found = found
        #: The field of a frame that is to blame, where the frame itself found the violation.
        self.member: str | None = None
        #: Where it was found: set by a trace, used when the error is reported.
        self.traced: object | None = None


class Deferral:
    """What a frame puts off: violations of meaning, and the content of its own regions. `context`: the frame's."""

    def __init__(self, context: Any) -> None:
        self.context = context
        self.violations: list[Violation] = []


def parameters(context: Container[Any]) -> Container[Any]:
    """The parameters of the whole parse or build: seed, deferral, trace."""
    return context._params  # type: ignore[no-any-return]  # Construct's own context has no types


def violate(
    context: Container[Any],
    rule: str,
    *,
    expected: str,
    found: str,
    member: str | None = None,
    offset: int | None = None,
) -> None:
    """Refuse: now, or, where the enclosing frame defers meaning, when its checksums have been verified.

    `member`: the field of the frame to blame, where it is the frame that checks, and its byte `offset`. A lenient
    parse (of damaged bytes, for people to look at) notes the violation and goes on.
    """
    violation = Violation(rule, expected, found)
    violation.member = member
    state = parameters(context)
    trace, damage = state.get("trace"), state.get("damage")
    if trace is not None:
        violation.traced = trace.here(member, offset)
    if damage is not None:
        damage.append(violation)
        return
    deferral: Deferral | None = state.get("deferral")
    if deferral is None or rule not in MEANING_IN_HEADER:
        raise violation
    deferral.violations.append(violation)


#: The rules that wait for the checksums when they are broken by a field of a frame.
MEANING_IN_HEADER = frozenset({"reserved", "enum", "flags", "constant"})


def directly_in_frame(context: Any) -> bool:
    """Whether the field being parsed is a member of a frame itself, and not of something inside it."""
    deferral: Deferral | None = parameters(context).get("deferral")
    return deferral is not None and deferral.context is context
