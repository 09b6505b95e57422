"""What an expression can do for some bytes: the types and ranges that its operators meet.

Construct's `this` expressions are functions, run on whatever the bytes hold. One that fails raises a KeyError,
TypeError, ZeroDivisionError or the like, which is no error of Construct and so escapes a decoder.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from enum import Enum as PythonEnum
from itertools import product
from typing import Any, Final

from construct.expr import BinExpr, ExprMixin, FuncPath, Path, UniExpr

from .domains import ANY, BOOLEAN, NUMBER, POSITION, Domain, integer, join, literal
from .scopes import Place

MAGNITUDE_BITS: Final = 128
MAGNITUDE_LIMIT: Final = 2**MAGNITUDE_BITS
SHIFT_LIMIT: Final = 63
#: An expression is evaluated by recursion, for every element anew.
DEPTH_LIMIT: Final = 64
OPERATIONS_LIMIT: Final = 500

ARITHMETIC: Final[dict[Callable[..., Any], str]] = {
    operator.add: "+",
    operator.sub: "-",
    operator.mul: "*",
    operator.floordiv: "//",
    operator.mod: "%",
    operator.lshift: "<<",
    operator.rshift: ">>",
    operator.and_: "&",
    operator.or_: "|",
    operator.xor: "^",
}
EQUALITY: Final[dict[Callable[..., Any], str]] = {operator.eq: "==", operator.ne: "!="}
ORDER: Final[dict[Callable[..., Any], str]] = {
    operator.lt: "<",
    operator.le: "<=",
    operator.gt: ">",
    operator.ge: ">=",
}
UNARY: Final[dict[Callable[..., Any], str]] = {operator.neg: "-", operator.pos: "+", operator.not_: "not "}
#: The other operators that Construct offers; they are refused.
REFUSED: Final[dict[Callable[..., Any], str]] = {
    operator.truediv: "/",
    operator.pow: "**",
    operator.contains: "in",
}
SYMBOLS: Final = {**ARITHMETIC, **EQUALITY, **ORDER, **UNARY, **REFUSED}
FUNCTIONS: Final[tuple[Callable[..., Any], ...]] = (len, sum, min, max, abs)


class Judge:
    """Judges the expressions of one node; `report(rule, text)` is called for every complaint."""

    def __init__(self, place: Place, report: Callable[[str, str], None], *, building: bool = False) -> None:
        self.place = place
        self.report = report
        self.building = building

    def domain(self, value: Any) -> Domain:
        """The values of a parameter: an expression, or a literal."""
        if is_long_winded(value):
            return self.complain("long_expression", type(value))
        return self.judge(value)

    def judge(self, value: Any) -> Domain:
        """The values of an expression, or of an operand of one."""
        kind = type(value)  # exactly: a class derived from Path would be code
        if kind is Path:
            return self.path(value)[0]
        if kind is BinExpr:
            return self.binary(value)
        if kind is UniExpr:
            return self.unary(value)
        if kind is FuncPath:
            return self.function(value)
        if callable(value):
            return self.complain("foreign_code", value)
        return literal(value) if is_plain(value) else self.complain("foreign_value", value)

    def complain(self, rule: str, value: Any) -> Domain:
        """Report, and know nothing from here on, so that one mistake is one finding."""
        self.report(rule, text_of(value))
        return ANY

    # --- fields ------------------------------------------------------------------------------------------------------

    def path(self, value: Any) -> tuple[Domain, int]:
        """The domain of the field that a path names, and how many arrays are around its scope."""
        name, parts = path_parts(value)
        scope = self.place.scope
        if name != "this" or scope is None:
            return self.complain("unknown_name", value), 0
        first, rest = step(parts)
        if first == "_root":
            scope, (first, rest) = scope.root(), step(rest)
        while first == "_":
            if scope.parent is None:
                return self.complain("unknown_name", value), 0
            scope, (first, rest) = scope.parent, step(rest)
        if first == "_index" and not rest and self.place.repetition:
            return POSITION, self.place.repetition
        found = scope.lookup(first, building=self.building)
        if found is None:
            return self.complain("unknown_name", value), 0
        found = found.under(self.place.assumed)
        for part in rest:
            found = self.descend(found, part, value).under(self.place.assumed)
        return found, scope.repetition

    def descend(self, domain: Domain, part: Any, whole: Any) -> Domain:
        """The value inside a value: a field of a struct, an element of a list, a byte."""
        if not domain.is_known:
            return ANY
        if domain.only("struct") and isinstance(part, str):
            return domain.fields[part] if part in domain.fields else self.complain("unknown_name", whole)
        if domain.only("list", "bytes") and isinstance(part, int) and -domain.low <= part < domain.low:
            return (domain.element or ANY) if domain.only("list") else integer(0, 255)
        return self.complain("wrong_type", whole)

    # --- operators ---------------------------------------------------------------------------------------------------

    def unary(self, value: Any) -> Domain:
        domain = self.judge(value.operand)
        if value.op is operator.not_:
            return BOOLEAN
        if not is_among(value.op, UNARY):
            return self.complain("operator", value)
        if not domain.only("integer", "number"):
            return self.complain("wrong_type", value)
        if domain.only("number") or not domain.is_known:
            return domain
        return integer(-domain.high, -domain.low) if value.op is operator.neg else domain

    def binary(self, value: Any) -> Domain:
        left, right = self.judge(value.lhs), self.judge(value.rhs)
        if is_among(value.op, {**EQUALITY, **ORDER}):
            return self.comparison(value, left, right)
        if not is_among(value.op, ARITHMETIC):
            return self.complain("operator", value)
        if not left.is_known or not right.is_known:
            return ANY
        if left.only("integer") and right.only("integer"):
            return self.arithmetic(value, left, right)
        kinds = left.kinds | right.kinds
        if value.op in (operator.add, operator.mul) and kinds <= {"bytes", "text", "list", "integer"}:
            return self.complain("growth", value)
        if value.op in (operator.add, operator.sub, operator.mul) and kinds <= {"integer", "number"}:
            return NUMBER
        return self.complain("wrong_type", value)

    def comparison(self, value: Any, left: Domain, right: Domain) -> Domain:
        if left.is_known and right.is_known and value.op in ORDER:
            numeric = left.only("integer", "number") and right.only("integer", "number")
            alike = any(left.only(kind) and right.only(kind) for kind in ("bytes", "text"))
            if not numeric and not alike:
                return self.complain("wrong_type", value)
        if is_long(left) and is_long(right) and (self.is_from_outside(value.lhs) or self.is_from_outside(value.rhs)):
            return self.complain("repeated_work", value)
        return BOOLEAN

    def arithmetic(self, value: Any, left: Domain, right: Domain) -> Domain:
        """The range of the result of integer arithmetic, or the complaint that it has none."""
        if value.op in (operator.floordiv, operator.mod) and right.low <= 0 <= right.high:
            return self.complain("zero_division", value)
        if value.op is operator.lshift and right.high > SHIFT_LIMIT:
            return self.complain("shift", value)
        if value.op in (operator.lshift, operator.rshift) and right.low < 0:
            return self.complain("shift", value)
        low, high = reach(value.op, left, right)
        if max(-low, high) > MAGNITUDE_LIMIT:
            return self.complain("growth", value)
        return integer(low, high)

    # --- functions ---------------------------------------------------------------------------------------------------

    def function(self, value: Any) -> Domain:
        called, operand = vars(value).get("_FuncPath__func"), vars(value).get("_FuncPath__operand")
        if not any(called is known for known in FUNCTIONS) or operand is None:
            return self.complain("foreign_code", value)
        domain = self.judge(operand)
        if not domain.is_known:
            return ANY
        if called is len and domain.only("bytes", "text", "list"):
            return integer(domain.low, domain.high)
        if called is abs and domain.only("integer"):
            return integer(0, max(abs(domain.low), abs(domain.high)))
        element = domain.element or ANY
        if called not in (sum, min, max) or not domain.only("list") or not element.only("integer"):
            return self.complain("wrong_type", value)
        if called is not sum and domain.low < 1:
            return self.complain("wrong_type", value)
        if self.is_from_outside(operand):
            return self.complain("repeated_work", value)
        if not element.is_known or called is not sum:
            return element
        low, high = min(0, element.low * domain.high), max(0, element.high * domain.high)
        return integer(low, high)

    def is_from_outside(self, value: Any) -> bool:
        """Whether an expression is evaluated for each element of an array over a field from outside of it."""
        if type(value) is not Path:
            return False
        quiet = Judge(self.place, lambda _rule, _text: None, building=self.building)
        return quiet.path(value)[1] < self.place.repetition


def reach(op: Callable[..., Any], left: Domain, right: Domain) -> tuple[int, int]:
    """The least and the greatest result of an operator over two ranges of integers."""
    if op is operator.mod:
        return (0, right.high - 1) if right.low > 0 else (right.low + 1, 0)
    if op in (operator.and_, operator.or_, operator.xor):
        bits = max(number.bit_length() for number in (left.low, left.high, right.low, right.high))
        if left.low < 0 or right.low < 0:
            return -(1 << bits), (1 << bits) - 1
        return 0, (min(left.high, right.high) if op is operator.and_ else (1 << bits) - 1)
    if op is operator.rshift:  # by more bits than there are, the result stays 0 or -1
        right = integer(min(right.low, MAGNITUDE_BITS), min(right.high, MAGNITUDE_BITS))
    results = [op(first, second) for first, second in product((left.low, left.high), (right.low, right.high))]
    return min(results), max(results)


def is_long(domain: Domain) -> bool:
    """Whether looking at a value takes time that grows with the bytes."""
    return domain.values is None and bool(domain.kinds & {"bytes", "text", "list", "struct"})


def is_plain(value: Any) -> bool:
    """Whether a value is data: a number, text, bytes, None, a member of a Python enum, or a list of these."""
    if isinstance(value, list | tuple | set | frozenset):
        return all(is_plain(item) for item in value)
    if isinstance(value, dict):
        return all(is_plain(item) for pair in value.items() for item in pair)
    if isinstance(value, PythonEnum):
        return is_plain(value.value)
    kind = type(value)
    own = kind.__module__ in ("builtins", "construct.core")
    return (own and isinstance(value, int | float | str | bytes | None)) or isinstance(value, range)


def operands_of(value: Any) -> list[Any]:
    """The expressions directly inside an expression."""
    names = ("lhs", "rhs", "operand", "_FuncPath__operand", "_Path__parent")
    return [vars(value)[name] for name in names if name in vars(value)] if isinstance(value, ExprMixin) else []


def is_long_winded(value: Any) -> bool:
    """Whether an expression nests too deep, or is too long when written out (shared parts multiply)."""
    measured: dict[int, int] = {}

    def size(part: Any, depth: int) -> int:
        if depth > DEPTH_LIMIT:
            return OPERATIONS_LIMIT + 1
        if id(part) not in measured:
            measured[id(part)] = 1 + sum(size(operand, depth + 1) for operand in operands_of(part))
        return measured[id(part)]

    return size(value, 1) > OPERATIONS_LIMIT


def path_parts(value: Any) -> tuple[str, list[Any]]:
    """The root of a path expression, and the names along it: `this._.a` gives ("this", ["_", "a"])."""
    parts: list[Any] = []
    while vars(value)["_Path__parent"] is not None:
        parts.append(vars(value)["_Path__field"])
        value = vars(value)["_Path__parent"]
    return vars(value)["_Path__name"], parts[::-1]


def step(parts: list[Any]) -> tuple[str, list[Any]]:
    """The first name of a path and what follows; "" where there is none, or it is no name (`this[0]`)."""
    return (parts[0] if parts and isinstance(parts[0], str) else ""), parts[1:]


def is_among(op: Any, operators: Mapping[Callable[..., Any], str]) -> bool:
    """Whether an operator is one of these; an operator of a schema's own need not even have a hash."""
    return any(op is known for known in operators)


def symbol_of(op: Any) -> str:
    """How an operator is written."""
    return next((symbol for known, symbol in SYMBOLS.items() if op is known), text_of(op))


def text_of(value: Any) -> str:
    """An expression, or any other parameter, in one line, as people write it."""
    match value:
        case Path():
            name, parts = path_parts(value)
            return name + "".join(f".{part}" if isinstance(part, str) else f"[{part!r}]" for part in parts)
        case BinExpr():
            facts = vars(value)
            return f"({text_of(facts['lhs'])} {symbol_of(facts['op'])} {text_of(facts['rhs'])})"
        case UniExpr():
            return symbol_of(vars(value)["op"]) + text_of(vars(value)["operand"])
        case FuncPath():
            called, operand = vars(value).get("_FuncPath__func"), vars(value).get("_FuncPath__operand")
            return f"{getattr(called, '__name__', called)}_({'' if operand is None else text_of(operand)})"
        case ExprMixin():
            return type(value).__name__
        case _ if callable(value):
            return str(getattr(value, "__qualname__", None) or type(value).__qualname__)
    if isinstance(value, int):
        return str(value) if value.bit_length() <= MAGNITUDE_BITS else hex(value)
    return repr(value) if is_plain(value) else type(value).__qualname__


def of_values(values: Any) -> Domain:
    """The domain of listed values."""
    return join(*map(literal, values))
