"""How a bug is planted in the engine or in a model: one method is replaced by an edited one, and put back afterwards.

The edit is made on the method's source text, as an editing hand would, and compiled in the module's own namespace. So a
bug says only what is wrong, everything else stays as it is, and a plant whose text is gone fails loudly.
"""

from __future__ import annotations

import inspect
import textwrap
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from formats.errors import ShardproofError
from roundtrip.compiled.loading import refuse_compiled

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import ModuleType


class PlantFailed(ShardproofError):
    """The text to change is not there exactly once: the planted bug has outlived the code that it was written for."""


@dataclass(frozen=True)
class Edit:
    """One method of a class, or one function of a module, with some of its text changed.

    `changes`: what is there exactly once, and what takes its place, with the method's own indentation taken away.
    """

    owner: type | ModuleType
    name: str
    changes: tuple[tuple[str, str], ...]

    def made(self) -> Any:
        """The edited method. Raises `PlantFailed`."""
        function = inspect.unwrap(getattr(self.owner, self.name))
        try:
            text = textwrap.dedent(inspect.getsource(function))
        except OSError as error:
            raise PlantFailed(f"{self}: its source cannot be read: {error}") from error
        for old, new in self.changes:
            if text.count(old) != 1:
                raise PlantFailed(f"{self}: expected `{old}` once, found it {text.count(old)} times")
            text = text.replace(old, new)
        # The outer function holds the class for `super()`.
        lines = ["from __future__ import annotations", "def made(__class__):", textwrap.indent(text, "    ")]
        try:
            code = compile("\n".join([*lines, f"    return {self.name}"]), f"<planted {self}>", "exec")
        except SyntaxError as error:
            raise PlantFailed(f"{self}: it is no Python after the change: {error}") from error
        names: dict[str, Any] = {}
        exec(code, inspect.unwrap(function).__globals__, names)  # noqa: S102  # our own text, edited above
        return names["made"](self.owner)

    def __str__(self) -> str:
        return f"{self.owner.__name__}.{self.name}"


def edit(owner: type | ModuleType, name: str, *changes: tuple[str, str]) -> Edit:
    """An edit of one method: pairs of what is there, and what takes its place."""
    return Edit(owner, name, changes)


def lines(*each: str) -> str:
    """Several lines of an edit."""
    return "\n".join(each)


@dataclass(frozen=True)
class Bug:
    """A planted bug.

    `what`: one sentence; `component`: whose bug it is; `checkers`: those that are expected to find it, by name;
    `issue`: its number in the table of the ShardStore paper.
    """

    name: str
    what: str
    component: str
    checkers: tuple[str, ...]
    edits: tuple[Edit, ...]
    issue: int | None = None


@contextmanager
def planted(bug: Bug | None) -> Iterator[None]:
    """While this lasts the bug is there; None plants nothing. Stores that were made before keep what they have bound.

    Raises `PlantFailed`.
    """
    if bug is not None:
        refuse_compiled("planting a bug")
    former: list[tuple[type | ModuleType, str, Any]] = []
    try:
        for one in bug.edits if bug is not None else ():
            made = one.made()
            former.append((one.owner, one.name, vars(one.owner)[one.name]))
            setattr(one.owner, one.name, made)
        yield
    finally:
        for owner, name, method in reversed(former):
            setattr(owner, name, method)
