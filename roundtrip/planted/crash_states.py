"""A short history from a prepared store, of which every crash state of the last operation is judged."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Self

import msgspec

from ..crash.exhaustive import ALPHABET, Enumeration
from ..crash.prepared import PREPARED, prepared_named
from ..histories.mismatch import Mismatch
from ..histories.operations import Operation

if TYPE_CHECKING:
    from collections.abc import Sequence
    from random import Random

    from ..histories.finding import Finding
    from ..histories.history import History

#: Operations behind those that prepare the store.
LONGEST: Final = 3


class CrashStates(msgspec.Struct, frozen=True):
    """Operations on a prepared store of a preset, and all crash states of the last one."""

    preset: str
    prepared: str
    operations: tuple[Operation, ...]

    @classmethod
    def drawn(cls, random: Random, preset: str) -> Self:
        """A prepared store and a few operations of the alphabet."""
        operations = random.choices(ALPHABET, k=random.randint(1, LONGEST))
        return cls(preset, random.choice(list(PREPARED)), tuple(operations))

    def with_operations(self, operations: Sequence[Operation]) -> Self:
        """The same with other operations."""
        return msgspec.structs.replace(self, operations=tuple(operations))

    def run(self) -> None:
        """Judge them all. Raises `Mismatch` with the first that is illegal."""
        found = self.found()
        if found is not None:
            raise Mismatch(found.failure.law, found.failure.expected, found.failure.found)

    def found(self) -> Finding | None:
        """The first illegal crash state."""
        if not self.operations:
            return None
        enumeration = Enumeration(prepared_named(self.prepared), self.preset)
        with enumeration.judge.recording():
            enumeration.history(self.operations)
        return enumeration.findings[0] if enumeration.findings else None

    def history(self) -> History | None:
        """The same as a history that ends in one illegal crash state; None where there is none."""
        found = self.found()
        return None if found is None else found.history

    def text(self) -> str:
        """For people."""
        return "\n".join([f"prepared: {self.prepared}", f"preset: {self.preset}", *map(str, self.operations)]) + "\n"
