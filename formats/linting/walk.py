"""The walk through a schema: it parses abstractly, and reports where some bytes would do harm.

Every node is visited once in its place. Its handler reports what it breaks and returns its `Shape`, from which the
nodes around it are judged. Handlers are in `scalars`, `structures` and `vocabulary`, by class.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

import construct as c
from construct.core import TimestampAdapter
from construct.lib import bytes2bits

from .decisions import BY_CLASS, Decision
from .domains import ANY, POSITION, Domain, Shape
from .expressions import Judge, text_of
from .findings import Finding
from .graph import parts_of
from .rules import RULES
from .scopes import Place, Scope

#: An object of Construct that carries one of these itself does not do what its class says.
METHODS: Final = frozenset({"_parse", "_parsereport", "_build", "_sizeof", "_decode", "_encode", "_validate", "parse"})
#: These classes of Construct are made that way.
CARRIERS: Final = (c.ExprAdapter, c.ExprSymmetricAdapter, c.ExprValidator)
CARRIED: Final = frozenset({"_decode", "_encode", "_validate"})
#: What is assumed of a node that is refused anyway: nothing that would make another finding.
REFUSED: Final = Shape(ANY, minimum=1, fills=True, carries=False)
#: How much of an expression a finding shows.
DETAIL_LIMIT: Final = 100
#: How many derived fields may ask for each other's types.
QUIET_LIMIT: Final = 2

Handler = Callable[["Walk", Any, Place], Shape]


class Walk:
    """One walk through one schema; `findings` is in the order of the walk, without repetitions."""

    def __init__(self, handlers: Mapping[type[Any], Handler]) -> None:
        self.handlers = handlers
        self.quiet = 0
        self.seen: dict[Finding, None] = {}

    @property
    def findings(self) -> list[Finding]:
        """What has been found."""
        return list(self.seen)

    def report(self, rule: str, place: Place, node: Any, detail: str = "") -> None:
        """Note a finding at a place; `detail`: the parameter of the node that is to blame."""
        if not self.quiet:
            facts = RULES[rule]
            text = name_of(node) + (f"({detail:.{DETAIL_LIMIT}})" if detail else "")
            self.seen[Finding(facts.level, rule, place.path, text, facts.reason, facts.instead)] = None

    # --- nodes -------------------------------------------------------------------------------------------------------

    def visit(self, node: Any, place: Place) -> Shape:
        """Lint a node and what is in it."""
        kind = type(node)
        hook = node.parsed
        if hook is not None and (kind is not c.Renamed or hook is not node.subcon.parsed):
            self.report("hook", place, node, getattr(hook, "__qualname__", ""))
        if METHODS & vars(node).keys() - (CARRIED if isinstance(node, CARRIERS) else set()):
            return self.refuse("foreign_class", node, place)
        handler = self.handlers.get(kind)
        if handler is not None:
            return handler(self, node, place)
        return self.refuse(self.decision(kind).always or "foreign_class", node, place)

    def decision(self, kind: type[Any]) -> Decision:
        """The decision about a class of Construct; a Timestamp is of a class that is made for it."""
        if issubclass(kind, TimestampAdapter) and kind.__module__ == TimestampAdapter.__module__:
            kind = TimestampAdapter
        return BY_CLASS.get(kind) or BY_CLASS[c.Construct]

    def refuse(self, rule: str, node: Any, place: Place) -> Shape:
        """Report a node, and lint its parts all the same: they will stay when it goes."""
        self.report(rule, place, node)
        inner = place.inside()
        if isinstance(node, c.Union | c.LazyStruct):
            inner = inner.inside(scope=Scope(place.scope, place.repetition))
        elif isinstance(node, c.GreedyRange | c.RepeatUntil | c.LazyArray):
            inner = inner.inside(repetition=place.repetition + 1)
        elif isinstance(node, c.Restreamed):
            inner = inner.inside(is_bits=node.decoder is bytes2bits)
        for part in parts_of(node):
            shape = self.visit(part, inner)
            if inner.scope is not place.scope and inner.scope is not None and part.name:
                inner.scope.known[part.name] = shape.value
        return REFUSED

    def glance(self, node: Any, place: Place) -> Domain:
        """The domain of a node that will be visited later, without findings."""
        if self.quiet >= QUIET_LIMIT:
            return ANY
        self.quiet += 1
        try:
            return self.visit(node, place).value
        finally:
            self.quiet -= 1

    # --- parameters --------------------------------------------------------------------------------------------------

    def expression(self, node: Any, place: Place, value: Any, *, building: bool = False) -> Domain:
        """The domain of a parameter; whatever it can do wrong is reported."""

        def report(rule: str, text: str) -> None:
            self.report(rule, place, node, text)

        return Judge(place, report, building=building).domain(value)

    def integer(self, node: Any, place: Place, value: Any) -> Domain:
        """The domain of a parameter that must be an integer; its low end is 1 where nothing is known."""
        domain = self.expression(node, place, value)
        if not domain.only("integer"):
            self.report("wrong_type", place, node, text_of(value))
            domain = ANY
        return domain if domain.is_known else Domain(ANY.kinds, 1, POSITION.high)


def name_of(node: Any) -> str:
    """How a node is called by those who write schemas."""
    inner = getattr(node, "subcons", [])[1:] if isinstance(node, c.Select) else [vars(node).get("subcon")]
    if len(inner) == 1 and inner[0] is c.Pass:
        return {"Select": "Optional", "Padded": "Padding"}.get(type(node).__name__, type(node).__name__)
    return type(node).__name__


def bare(node: Any) -> Any:
    """The construct below its name."""
    while type(node) is c.Renamed:
        node = node.subcon
    return node
