"""From a layout back to a Construct schema: the inverse of `formats.translate`.

Several schemas may have one layout; then one spelling is chosen, always the same: the strict vocabulary where it has
a word. All of them read the same values from the same bytes and refuse the same bytes. The rule that they name may
differ in one case: bytes that break several rules at once, in a frame that has neither seal nor lengths, counts or
checksums of its own, which is made again as a plain struct.

What comes out is translated again and compared, so no schema leaves here that is not this layout.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

import construct as c

from ..errors import Path, RebuildRefused, SchemaRefused
from ..expressions import Scope
from ..fingerprint import layout_text
from ..layout import BitGroup, Expression, Layout, Node, Struct
from ..translate import translate
from . import composites, scalars
from .paths import term_of

#: What a class of Construct or of the vocabulary raises for parameters that no schema may have.
CONSTRUCTION_ERRORS: Final = (c.ConstructError, ValueError, TypeError, KeyError, AttributeError, IndexError)
DEPTH_MAXIMUM: Final = 64


def schema_of(layout: Layout) -> c.Construct[Any, Any]:
    """A schema with this layout; `RebuildRefused` names the node that none can have, and why."""
    schema = Rebuilder((), ()).schema(layout.root)
    try:
        found = layout_text(translate(schema))
    except SchemaRefused as refused:
        raise RebuildRefused(refused.path, f"no schema has this layout: {refused.reason}") from None
    expected = layout_text(layout)
    if found != expected:
        pairs = zip(expected.splitlines(), found.splitlines(), strict=False)
        wanted, made = next(((one, other) for one, other in pairs if one != other), (expected, found))
        raise RebuildRefused((), f"no schema has this layout: `{wanted.strip()}` is made again as `{made.strip()}`")
    made_again: c.Construct[Any, Any] = schema
    return made_again


class Rebuilder:
    """Makes the schema of what stands at one path, inside the given scopes."""

    def __init__(self, path: Path, scopes: tuple[Scope, ...], struct: Struct | BitGroup | None = None) -> None:
        self.path = path
        self.scopes = scopes
        #: The struct whose member is being made.
        self.struct = struct
        if len(path) + len(scopes) > 2 * DEPTH_MAXIMUM:
            raise RebuildRefused(path, f"it nests more than {DEPTH_MAXIMUM} deep")

    def schema(self, node: Node) -> Any:
        """The construct of a node."""
        maker = MAKERS.get(type(node))
        if maker is None:
            raise self.refused(f"a {type(node).__name__} cannot be made again")
        try:
            return maker(self, node)
        except CONSTRUCTION_ERRORS as error:
            raise self.refused(f"{type(node).__name__}: {error}") from None

    def member(self, struct: Struct | BitGroup, name: str | None, node: Node) -> Any:
        """The construct of one member of a struct, which opens a scope."""
        path = self.path if name is None else (*self.path, name)
        construct = Rebuilder(path, (*self.scopes, Scope()), struct).schema(node)
        return construct if name is None else name / construct

    def hidden(self) -> Rebuilder:
        """A rebuilder of what stands in a context that no schema sees."""
        return Rebuilder(self.path, (*self.scopes, Scope(hidden=True)))

    def term(self, expression: Expression) -> Any:
        """What stands for an expression in a schema."""
        return term_of(expression, self.path, self.scopes)

    def refused(self, reason: str) -> RebuildRefused:
        """The refusal of what stands here."""
        return RebuildRefused(self.path, reason)


Maker = Callable[[Rebuilder, Any], Any]

#: Node -> how its construct is made.
MAKERS: Final[Mapping[type, Maker]] = {**scalars.MAKERS, **composites.MAKERS}
