"""A history with what it runs on, and its text form: what a person reads, edits and replays.

    preset: tiny
    placement: counter
    history:
    put 3 517
    flush
    crash 0

Empty lines and lines that begin with `#` mean nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Self

import msgspec

from .generation import operations_of, placement_of
from .operations import BadHistory, Operation, parse_operation
from .placement import PLACEMENTS, UnknownPlacement
from .presets import preset_named
from .session import Session

if TYPE_CHECKING:
    from collections.abc import Sequence

#: The line after which the operations stand.
OPERATIONS_LINE: Final = "history:"


class History(msgspec.Struct, frozen=True, kw_only=True):
    """What is done, and on what: a preset's name, where random bytes come from, and the operations."""

    preset: str
    placement: str
    operations: tuple[Operation, ...]

    @classmethod
    def from_bytes(cls, data: bytes, preset: str, *, crashes: bool = False, longest: int | None = None) -> Self:
        """The history that the bytes stand for, up to so many operations."""
        operations = operations_of(data, preset_named(preset), crashes=crashes, longest=longest)
        return cls(preset=preset, placement=placement_of(data), operations=tuple(operations))

    def with_operations(self, operations: Sequence[Operation]) -> Self:
        """The same with other operations."""
        return msgspec.structs.replace(self, operations=tuple(operations))

    def run(self) -> Session:
        """Run it. Raises `Mismatch`; anything else that is raised is a finding too."""
        session = Session(preset_named(self.preset), self.placement)
        session.run(self.operations)
        return session

    def text(self) -> str:
        """The text form."""
        lines = [f"preset: {self.preset}", f"placement: {self.placement}", OPERATIONS_LINE]
        return "\n".join([*lines, *map(str, self.operations)]) + "\n"


def parse_history(fields: dict[str, str], lines: Sequence[tuple[int, str]]) -> History:
    """A history from its named fields and its numbered lines of operations.

    Raises `BadHistory` with the line's number, `UnknownPreset`, `UnknownPlacement`.
    """
    missing = [name for name in ("preset", "placement") if name not in fields]
    if missing:
        raise BadHistory(f"expected a line `{missing[0]}: …`, found none")
    preset = preset_named(fields["preset"])
    if fields["placement"] not in PLACEMENTS:
        raise UnknownPlacement(
            f"placement: expected one of {', '.join(PLACEMENTS)}, found {fields['placement'][:40]!r}"
        )
    operations = []
    for number, line in lines:
        try:
            operation = parse_operation(line)
        except BadHistory as error:
            raise BadHistory(f"line {number}: {error}") from None
        key = getattr(operation, "key", 0)
        if key >= len(preset.keys):
            raise BadHistory(f"line {number}: preset {preset.name} has keys 0 to {len(preset.keys) - 1}, found {key}")
        operations.append(operation)
    return History(preset=fields["preset"], placement=fields["placement"], operations=tuple(operations))
