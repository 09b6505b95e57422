"""Proofs that no file can show a feature, or two at once: from counts, lengths, branches and the size of kept files."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any, Final, Literal

from formats.expressions import Unknown
from formats.layout import Choice, Conditional, Expression, Field, Layout, Operation
from formats.layout import Literal as Constant
from formats.layout import Size as SizeOf
from formats.values import branch as selected

from .conclusions import concluded
from .features import Feature, Guard, levels_in
from .needs import Exact, Flagged, ItemSize, Need, Number, Size, Within
from .quantities import INFINITE, Bond, Contradiction, Quantities

#: A file kept for one feature has at most so many bytes, one kept for a pair at most so many.
SINGLE_SIZE_MAXIMUM: Final = 65_536
PAIR_SIZE_MAXIMUM: Final = 8_192
#: Elements of one array that a kept file has at most: nobody would read a longer sidecar.
ELEMENT_COUNT_MAXIMUM: Final = 512

Kind = Literal["construction", "size"]
Comparison = Literal["==", "!=", "<", "<=", ">", ">="]
OPPOSITE: Final = {"==": "!=", "!=": "==", "<": ">=", ">=": "<", ">": "<=", "<=": ">"}


@dataclass(frozen=True)
class Proof:
    """Why no kept file shows something: by construction, or because it would be too large."""

    kind: Kind
    text: str


@dataclass
class Assumed:
    """What must hold in one file: ranges of quantities, values of fields, branches taken, sums."""

    ranges: dict[str, tuple[int, int]] = field(default_factory=dict)
    values: dict[str, Any] = field(default_factory=dict)
    branches: dict[str, int] = field(default_factory=dict)
    bonds: list[Bond] = field(default_factory=list)

    def within(self, name: str, low: int, high: int) -> None:
        """A quantity is in low..high."""
        before = self.ranges.get(name, (-INFINITE, INFINITE))
        low, high = max(low, before[0]), min(high, before[1])
        if low > high:
            raise Contradiction(name, low, high)
        self.ranges[name] = low, high

    def value(self, path: str, value: Any) -> None:
        """A field has a value."""
        known = self.values.setdefault(path, value)
        if type(known) is type(value) and known != value:
            raise Excluded(f"{path} would be {known!r} and {value!r}")


class Excluded(Exception):
    """Two things exclude each other, in words."""


class Prover:
    """Proves things of one layout."""

    def __init__(self, layout: Layout) -> None:
        self.quantities = Quantities(layout.root)
        #: The quantities of one element, by the path of the elements: of two elements each may show another feature.
        self.elements = {path: Quantities(node) for path, node in levels_in(layout).items()}

    def proof(self, *features: Feature, size_maximum: int = SINGLE_SIZE_MAXIMUM) -> Proof | None:
        """Why no kept file shows all these features at once; None where nothing speaks against it."""
        if len(features) == 1 and (found := self.proof_in_element(features[0], size_maximum)) is not None:
            return found
        return self.proof_with(self.quantities, features, size_maximum)

    def proof_in_element(self, feature: Feature, size_maximum: int) -> Proof | None:
        """Why no single element shows a feature of its own."""
        level, path = split(feature.path)
        if level not in self.elements:
            return None
        guards = tuple(relative(guard, level) for guard in feature.guards if guard.path.startswith(level))
        return self.proof_with(self.elements[level], (replace(feature, path=path, guards=guards),), size_maximum)

    def proof_with(self, quantities: Quantities, features: tuple[Feature, ...], size_maximum: int) -> Proof | None:
        """The proof that some quantities give."""
        try:
            assumed = assume(quantities, features)
            ranges = concluded(quantities, assumed.ranges, tuple(assumed.bonds))
        except Contradiction as contradiction:
            return Proof("construction", contradiction.text)
        except Excluded as excluded:
            return Proof("construction", str(excluded))
        return too_large(ranges, size_maximum) or self.proof_of_size(quantities, assumed, size_maximum)

    def proof_of_size(self, quantities: Quantities, assumed: Assumed, size_maximum: int) -> Proof | None:
        """Why a file that shows it would be too large, where only all bonds together tell."""
        limits = {f"#{path}": (0, ELEMENT_COUNT_MAXIMUM) for path in quantities.arrays}
        try:
            for name, (low, high) in {"||": (0, size_maximum), **limits}.items():
                assumed.within(name, low, high)
            concluded(quantities, assumed.ranges, tuple(assumed.bonds))
        except Contradiction as contradiction:
            bytes_and_elements = f"{size_maximum:,} bytes and {ELEMENT_COUNT_MAXIMUM} elements of an array"
            return Proof("size", f"a kept file has at most {bytes_and_elements}: then {contradiction.text}")
        return None


def assume(quantities: Quantities, features: tuple[Feature, ...]) -> Assumed:
    """All that a file needs that shows these features; `Contradiction`, `Excluded` where that cannot be."""
    assumed = Assumed()
    for feature in features:
        for guard in feature.guards:
            take(quantities, guard, assumed)
        exist(feature.path, assumed)
        if feature.aspect.need is not None:
            meet(quantities, feature.path, feature.aspect.need, assumed)
    for guard in (guard for feature in features for guard in feature.guards):
        decide(guard, assumed)
    return assumed


def decide(guard: Guard, assumed: Assumed) -> None:
    """Evaluate a decision all of whose fields are settled; `Excluded` where it takes another branch."""
    node = guard.node
    expression = node.condition if isinstance(node, Conditional) else node.selector
    environment: list[dict[str, Any]] = [{} for _ in guard.scopes]
    for name in fields_in(expression):
        path = located(name, guard.scopes)
        low, high = assumed.ranges.get(path or "", (0, 1))
        value = assumed.values.get(path or "", low if low == high else None)
        if path is None or value is None or "[]" in guard.path:
            return
        inner = environment[-1 - name.up]
        for part in name.names[:-1]:
            inner = inner.setdefault(part, {})
        inner[name.names[-1]] = value
    try:
        taken = selected(node, environment)
    except (Unknown, TypeError):
        return
    if taken is not guard.branch:
        raise Excluded(f"{guard.path or 'the whole'} takes another branch then")


def fields_in(expression: Expression) -> Iterator[Field]:
    """Every field whose value an expression reads; of a size, one that nothing settles."""
    match expression:
        case Field():
            yield expression
        case SizeOf(of=name):
            yield replace(name, names=(*name.names, "its size"))
        case Operation(operands=operands):
            for operand in operands:
                yield from fields_in(operand)


def exist(path: str, assumed: Assumed) -> None:
    """There are elements in every array on the way."""
    at = path.find("[]")
    if at >= 0:
        assumed.within(f"#{path[:at]}", 1, INFINITE)


def meet(quantities: Quantities, path: str, need: Need, assumed: Assumed) -> None:
    """What one field needs."""
    match need:
        case Within(name=name, need=inner):
            meet(quantities, f"{path}.{name}", inner, assumed)
        case Number(low=low, high=high) if "[]" not in path:
            assumed.within(path, low, high)
        case Number(low=low, high=high) if path.count("[]") == 1 and path.endswith("[]"):
            element(quantities, path.removesuffix("[]"), low, high, assumed)
        case Exact(value=value) if "[]" not in path:
            assumed.value(path, value)
        case Flagged(flags=flags) if "[]" not in path:
            for name, expected in flags:
                assumed.value(f"{path}.{name}", expected)
        case Size(low=low, high=high) if "[]" not in path:
            assumed.within(f"#{path}", low, INFINITE if high is None else high)
        case ItemSize(size=size) if path in quantities.slices:
            item(quantities, path, size, assumed)


def element(quantities: Quantities, path: str, low: int, high: int, assumed: Assumed) -> None:
    """One element of a column is in low..high: what that says of the number that the last one equals."""
    for column in quantities.columns:
        if column.path == path and column.order:
            assumed.within(column.last, low, INFINITE)
            if assumed.ranges.get(f"#{path}") == (1, 1):
                assumed.within(column.last, low, high)


def item(quantities: Quantities, path: str, size: int, assumed: Assumed) -> None:
    """One item has so many bytes, and all others at least the least."""
    items, count = quantities.slices[path], f"#{path}"
    shared = next((prefix for prefix in quantities.prefixes if prefix.path == path), None)
    whole = f"|{path}|" if shared is None else shared.whole
    assumed.within(count, 1, INFINITE)
    # whole >= size + minimum * (count - 1), and whole <= size + maximum * (count - 1)
    assumed.bonds.append(Bond(((count, items.minimum), (whole, -1)), size - items.minimum, at_most=True))
    assumed.bonds.append(Bond(((whole, 1), (count, -items.maximum)), items.maximum - size, at_most=True))
    if shared is not None:
        assumed.within(shared.size, 0, size)


def take(quantities: Quantities, guard: Guard, assumed: Assumed) -> None:
    """A branch is taken; what its decision reads must say so, as far as that can be followed."""
    if "[]" in guard.path:
        return
    node, branch = guard.node, guard.branch
    before = assumed.branches.setdefault(f"{guard.path} {id(node)}", id(branch))
    if before != id(branch):
        raise Excluded(f"{guard.path or 'the whole'} takes one branch, not two")
    expression = node.condition if isinstance(node, Conditional) else node.selector
    if not any(True for _ in fields_in(expression)) and selected(node, []) is not branch:
        raise Excluded(f"{guard.path or 'the whole'} always takes another branch")
    if isinstance(node, Choice) and branch is node.otherwise and isinstance(node.selector, Field):
        names = quantities.members.get(located(node.selector, guard.scopes) or "")
        if names is not None and names <= {value for value, _ in node.cases}:
            raise Excluded(f"every member of {'.'.join(node.selector.names)} has a case of its own")
    for name, low, high, value in decided(node, branch):
        field_path = located(name, guard.scopes)
        if field_path is not None and value is not None:
            assumed.value(field_path, value)
        elif field_path is not None and field_path in quantities.ranges:
            assumed.within(field_path, low, high)


def split(path: str) -> tuple[str, str]:
    """The path of the innermost elements that a path leads into, and the rest of it."""
    at = path.rfind("[]")
    return ("", path) if at < 0 else (path[: at + 2], path[at + 2 :].removeprefix("."))


def relative(guard: Guard, level: str) -> Guard:
    """A branch inside an element, as the element sees it."""
    scopes = tuple(scope[len(level) :].removeprefix(".") for scope in guard.scopes if scope.startswith(level))
    return replace(guard, path=guard.path[len(level) :].removeprefix("."), scopes=scopes)


def located(name: Field, scopes: tuple[str, ...]) -> str | None:
    """The path of a field that an expression reads; None where it leads out of what is known."""
    if name.up >= len(scopes) or "[]" in scopes[-1 - name.up]:
        return None
    *outer, last = (*(part for part in (scopes[-1 - name.up],) if part), *name.names)
    return f"#{'.'.join(outer)}" if last == "#" else ".".join((*outer, last))


def decided(node: Conditional | Choice, branch: Any) -> Iterator[tuple[Field, int, int, Any]]:
    """What a field must be for a branch to be taken: in a range, or (where that is not None) this value."""
    if isinstance(node, Choice):
        selectors = [value for value, case in node.cases if case is branch]
        if isinstance(node.selector, Field) and len(selectors) == 1 and branch is not node.otherwise:
            yield from equal(node.selector, selectors[0])
        return
    holds = branch is node.then
    if node.then is not node.otherwise:
        yield from compared(node.condition, holds=holds)


def compared(condition: Expression, *, holds: bool) -> Iterator[tuple[Field, int, int, Any]]:
    """What a condition that holds, or does not, says of the field that it reads."""
    if isinstance(condition, Operation) and condition.operator == "not":
        yield from compared(condition.operands[0], holds=not holds)
    if not isinstance(condition, Operation) or condition.operator not in OPPOSITE:
        return
    name, literal = condition.operands
    if isinstance(name, SizeOf):
        name = replace(name.of, names=(*name.of.names, "#"))
    if not isinstance(name, Field) or not isinstance(literal, Constant):
        return
    operator, value = condition.operator if holds else OPPOSITE[condition.operator], literal.value
    if operator == "==":
        yield from equal(name, value)
    elif type(value) is int and operator in RANGES:
        low, high = RANGES[operator]
        yield name, value + low if low is not None else -INFINITE, value + high if high is not None else INFINITE, None


#: Comparison -> what is added to the literal for the least and the most; None: no bound.
RANGES: Final[dict[str, tuple[int | None, int | None]]] = {
    "<": (None, -1),
    "<=": (None, 0),
    ">": (1, None),
    ">=": (0, None),
}


def equal(name: Field, value: Any) -> Iterator[tuple[Field, int, int, Any]]:
    """The field equals a value."""
    if type(value) is int:
        yield name, value, value, None
    else:
        yield name, 0, 0, value


def too_large(ranges: dict[str, tuple[int, int]], size_maximum: int) -> Proof | None:
    """The proof that a file would have too many bytes."""
    least = ranges.get("||", (0, 0))[0]
    if least > size_maximum:
        return Proof("size", f"the file would have at least {least:,} bytes; a kept one has at most {size_maximum:,}")
    return None
