"""The state of a decoder that is being written: where it stands, what it knows, what it still has to write.

Fixed-width fields that follow each other, also across nested structs, are gathered into one *run*, which is unpacked
by one call. Statements about its fields wait behind it and are written when the run ends.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final

from ..errors import Path, SchemaRefused
from ..layout import Captured, Expression, Field, Node
from .expressions import Context, Unbound, size_of
from .naming import GLOBALS, Names, constant_name, identifier
from .tables import Tables, Trail
from .text import Code, Lines, quoted, refuse_when

#: Stages of checks within one run, in the order of the rules: identity, seal, all others.
IDENTITY, SEAL, OTHER = 0, 1, 2
#: Loops may nest this deep; Python's own limit is 20.
LOOPS_MAXIMUM: Final = 16
REFUSE: Final = "return None"
#: Longer lists of locals are written one a line.
LINE_MAXIMUM: Final = 100


@dataclass(frozen=True)
class Spot:
    """A place in the bytes: a local variable (or none: the start of the data) and a number of bytes behind it."""

    base: str
    offset: int = 0

    def __str__(self) -> str:
        if not self.base:
            return str(self.offset)
        return f"{self.base} + {self.offset}" if self.offset else self.base

    def plus(self, size: int) -> Spot:
        """So many bytes further."""
        return Spot(self.base, self.offset + size)


@dataclass
class Bound:
    """What the decoder knows of a node: its value, where it lies, what is below it.

    code: None while it is not read; raw: a local that holds exactly its bytes; source: the field that gave its size or
    count; fields: values by name, for structs and flags; captured: expressions find the value under `value`.
    """

    node: Node
    code: Code | None = None
    start: Spot | None = None
    end: Spot | None = None
    raw: str = ""
    source: Bound | None = None
    fields: dict[str, Bound] = field(default_factory=dict)
    captured: bool = False


@dataclass
class Scope:
    """A struct that is being read: its members so far, and checks that wait for later ones."""

    start: Spot
    depth: int = 1
    fields: dict[str, Bound] = field(default_factory=dict)
    waiting: list[tuple[Trail, Callable[[], None]]] = field(default_factory=list)


@dataclass
class Item:
    """A part of a run. code: struct code without order; constant: the bytes that it must be."""

    code: str
    size: int
    local: str
    order: str = ""
    constant: bytes | None = None
    comment: str = ""


@dataclass
class Run:
    """Fixed-width fields back to back."""

    start: Spot
    hint: tuple[str, ...]
    items: list[Item] = field(default_factory=list)

    @property
    def size(self) -> int:
        return sum(item.size for item in self.items)

    @property
    def order(self) -> str:
        return next((item.order for item in self.items if item.order), "")


@dataclass(frozen=True)
class Check:
    """Bytes are refused where the condition holds."""

    condition: str
    comment: str
    stage: int


class Reader:
    """Writes one decoding function. `records`: values are records, not tuples; `exact`: nothing may follow."""

    def __init__(self, tables: Tables, *, records: bool, exact: bool, dispatch: Callable[..., Bound]) -> None:
        self.tables = tables
        self.records = records
        self.exact = exact
        self.whole = False
        self.read = dispatch
        self.lines = Lines()
        self.names = Names(GLOBALS)
        self.scopes: list[Scope] = []
        self.spot = Spot("", 0)
        self.run: Run | None = None
        self.body: list[Check | str] = []
        self.limit = Spot("end")
        self.known: Spot | None = None
        self.announced: Callable[[Bound], None] | None = None
        self.bits: Code | None = None
        self.proven: dict[str, int] = {}
        self.fills = False
        self.filled: Spot | None = None
        self.immutable = False
        self.seeded = False
        self.loops = 0
        self.label: tuple[str, ...] = ()
        self.here: Path = ()

    # --- statements --------------------------------------------------------------------------------------------------

    def check(self, condition: str, comment: str = "", stage: int = OTHER) -> None:
        """Refuse under a condition."""
        self.body.append(Check(condition, comment, stage))

    def line(self, text: str) -> None:
        """Write a statement behind the run."""
        self.body.append(text)

    def flush(self) -> None:
        """End the run and write what waits."""
        run, self.run = self.run, None
        if run:
            self.require(run.start.plus(run.size))
            self.write_run(run)
        checks: list[Check] = []
        body, self.body = self.body, []
        for statement in [*body, ""]:
            if isinstance(statement, Check):
                checks.append(statement)
                continue
            checks.sort(key=lambda check: check.stage)
            refuse_when(self.lines, [(check.condition, check.comment) for check in checks], REFUSE)
            checks = []
            if statement:
                self.lines.add(statement)

    @contextmanager
    def block(self, header: str) -> Iterator[None]:
        """Statements under a header line."""
        self.flush()
        with self.lines.block(header):
            yield
            self.flush()

    def loop(self, trail: Trail) -> None:
        """Note that a loop begins; Python does not nest them without limit."""
        self.loops += 1
        if self.loops > LOOPS_MAXIMUM:
            raise SchemaRefused(trail.path, f"arrays nest more than {LOOPS_MAXIMUM} deep")

    # --- bytes -------------------------------------------------------------------------------------------------------

    def require(self, end: Spot) -> None:
        """Refuse where the bytes (or the region) end before this spot; skipped where that is proven."""
        if end.base in self.proven and end.offset <= self.proven[end.base]:
            return
        if self.limit.base == end.base:
            if end.offset > self.limit.offset:
                raise SchemaRefused(self.here, "the content never fits its region")
            return
        self.lines.add(f"if {self.limit} < {end}:\n    {REFUSE}")
        self.proven[end.base] = end.offset

    def source(self, expression: Expression) -> Bound | None:
        """The field that an expression is, where it is one field."""
        return self.bound(expression) if isinstance(expression, Field) else None

    def size(self, expression: Expression, trail: Trail) -> Code:
        """The code of a size or count."""
        return size_of(expression, self.context(trail))

    def advance(self, size: Code, hint: tuple[str, ...], *, check: bool = True) -> Spot:
        """A local for the spot `size` bytes further, of which it is checked that it is there."""
        self.flush()
        if size.low is not None and size.low == size.high:
            if size.low < 0:
                self.check("True", "a negative size")
            end = self.spot.plus(size.low)
            if check:
                self.flush()
                self.require(end)
            return end
        text = size.text if self.spot == Spot("") else f"{self.spot} + {size.atom}"
        if size.low is None or size.low < 0:
            number = self.names.local(hint, "_size")
            self.line(f"{number} = {size.text}")
            self.check(f"{number} < 0")
            text = f"{self.spot} + {number}"
        name = self.names.local(hint, "_end")
        self.line(f"{name} = {text}")
        self.flush()
        end = Spot(name)
        if check:
            self.require(end)
        return end

    def bytes_text(self, start: Spot, end: Spot, *, view: bool = False) -> str:
        """The bytes between two spots; `view`: for a reader that takes any buffer."""
        first = "" if start == Spot("") else str(start)
        text = f"data[{first}:{end}]"
        return text if self.immutable or view else f"bytes({text})"

    def end_of(self, size: Code, hint: tuple[str, ...]) -> Spot:
        """Where a node of this size ends: as planned by its struct, or worked out and checked now."""
        known, self.known = self.known, None
        self.flush()
        return known or self.advance(size, hint)

    def freeze(self) -> None:
        """Make `data` bytes, so that its slices are."""
        self.flush()
        if not self.immutable:
            self.lines.add("if type(data) is not bytes:\n    data = bytes(data)")
        self.immutable = True

    # --- runs --------------------------------------------------------------------------------------------------------

    def take(
        self, code: str, size: int, trail: Trail, *, order: str = "", suffix: str = "", constant: bytes | None = None, comment: str = ""
    ) -> str:
        """Take fixed-width bytes into the run; the local that will hold them."""
        if self.run is None and self.body:
            self.flush()
        if self.run is not None and order and self.run.order not in ("", order):
            self.flush()
        if self.run is None:
            self.run = Run(self.spot, self.label or trail.hint[:-1] or trail.hint)
        local = "" if constant is not None else self.names.local(trail.hint, suffix)
        self.run.items.append(Item(code, size, local, order, constant, identifier(comment) if comment else ""))
        self.spot = self.spot.plus(size)
        return local

    def shape_of(self, run: Run) -> tuple[str, list[str]]:
        """The shape that unpacks a run, and the locals that take its values."""
        items = self.merged(run)
        text = (run.order or "<") + "".join(item.code for item in items)
        comment = ", ".join(item.comment or item.local for item in items)
        wanted = constant_name(("_".join(run.hint),)) if run.hint else "FRAME"
        return self.tables.shape(text, wanted, comment), [item.local for item in items]

    def write_run(self, run: Run) -> None:
        """The call that unpacks a run, and the checks of its constants."""
        if not run.size:
            return
        shape, targets = self.shape_of(run)
        spot = "" if run.start == Spot("") else f", {run.start}"
        call = f"{shape}.unpack_from(data{spot})"
        if len(targets) == 1:
            self.lines.add(f"({targets[0]},) = {call}")
        elif sum(map(len, targets)) + 2 * len(targets) + len(call) + self.lines.depth * 4 < LINE_MAXIMUM:
            self.lines.add(f"{', '.join(targets)} = {call}")
        else:
            self.lines.statement("(", targets, f") = {call}")

    def merged(self, run: Run) -> list[Item]:
        """The items, adjacent constants made one, each constant with its check."""
        items: list[Item] = []
        checks: list[Check] = []
        for item in run.items:
            before = items[-1] if items else None
            if item.size == 0:
                continue
            if before and before.constant is not None and item.constant is not None:
                items[-1] = Item(
                    "", before.size + item.size, "", "", before.constant + item.constant, f"{before.comment}, {item.comment}"
                )
            else:
                items.append(item)
        for item in items:
            if item.constant is not None:
                checks.append(self.constant_check(item, first=item is items[0] and not run.start.offset and not run.start.base))
        self.body[:0] = checks
        return items

    def constant_check(self, item: Item, *, first: bool) -> Check:
        """Give a constant its code and local, and say when it is refused."""
        assert item.constant is not None
        words = item.comment.split(", ")
        several = len(words) > 1
        item.local = self.names.local(("lead",) if first and several else (words[0],))
        item.code = f"{item.size}s"
        if not any(item.constant):
            if item.size in (1, 2, 4, 8):
                item.code = {1: "B", 2: "H", 4: "I", 8: "Q"}[item.size]
                return Check(item.local, "", OTHER)
            return Check(f"{item.local} != {quoted(item.constant)}", "", OTHER)
        text = quoted(item.constant)
        if first:
            text = self.tables.constant("LEAD", text, comment=item.comment)
        elif item.size == 1:
            item.code, text = "B", str(item.constant[0])
        stage = IDENTITY if first else OTHER
        return Check(f"{item.local} != {text}", "" if first or not several else item.comment, stage)

    # --- expressions -------------------------------------------------------------------------------------------------

    def context(self, trail: Trail) -> Context:
        """Where an expression stands."""
        return Context(trail.path, self.lookup, self.check)

    def bound(self, name: Field) -> Bound:
        """What is known of a field; raises `Unbound`."""
        if name.up >= len(self.scopes):
            raise Unbound(f"{'.'.join(name.names)} lies outside the schema's structs")
        fields, found = self.scopes[-1 - name.up].fields, None
        unwrapped = False
        for part in name.names:
            if found is not None and found.captured and part == "value" and not unwrapped:
                unwrapped = True
                continue
            found, unwrapped = fields.get(part), False
            if found is None:
                raise Unbound(f"there is no field {'.'.join(name.names)} before it")
            fields = found.fields
        assert found is not None
        return found

    def lookup(self, name: Field) -> Code:
        """The code of a field's value; raises `Unbound`."""
        bound = self.bound(name)
        if isinstance(bound.node, Captured) and name.names[-1] != "value":
            raise SchemaRefused(self.here, f"{'.'.join(name.names)} is bytes and value", "its .value")
        code = bound.code
        if code is None:
            raise Unbound(f"{'.'.join(name.names)} is not read before it")
        return code

    def wait(self, trail: Trail, check: Callable[[], None]) -> None:
        """Write a check now, or as soon as the fields that it needs have been read."""
        scope = self.scopes[-1] if self.scopes else Scope(self.spot)
        if self.attempt(check):
            return
        if not self.scopes or scope.depth != self.lines.depth:
            raise SchemaRefused(trail.path, "it depends on a field that is not before it")
        scope.waiting.append((trail, check))

    def attempt(self, check: Callable[[], None]) -> bool:
        """Whether a check could be written."""
        count = len(self.body)
        try:
            check()
        except Unbound:
            del self.body[count:]
            return False
        return True

    def settle(self, *, final: bool = False) -> None:
        """Write the checks that waited for what is known now."""
        scope = self.scopes[-1]
        scope.waiting = [(trail, check) for trail, check in scope.waiting if not self.attempt(check)]
        if final and scope.waiting:
            raise SchemaRefused(scope.waiting[0][0].path, "it depends on a field that is not there")

    @contextmanager
    def region(self, end: Spot, *, exact: bool) -> Iterator[None]:
        """Inside bytes that end at `end`, which are there; afterwards the rest is checked."""
        before = self.limit, self.proven, self.fills, self.filled
        self.limit, self.proven, self.fills, self.filled = end, {}, exact, None
        yield
        self.flush()
        spot, filled = self.spot, self.filled
        self.limit, self.proven, self.fills, self.filled = before
        if spot.base == end.base and (spot.offset > end.offset or (exact and spot != end)):
            raise SchemaRefused(self.here, "the content never fills its region")
        if spot not in (end, filled):
            self.check(f"{spot} != {end}" if exact else f"any({self.bytes_text(spot, end, view=True)})")
        self.spot = end
