"""The state of a decoder that is being written: where it stands, what it knows, what it still has to write."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from ..errors import SchemaRefused
from ..layout import (
    Captured,
    Expression,
    Field,
    Member,
    Raw,
)
from .expressions import Context, Unbound, size_of
from .known import (
    LOOPS_MAXIMUM,
    Bound,
    Scope,
    Spot,
    difference,
    literal_size,
    term,
)
from .runs import Runs
from .tables import Tables, Trail
from .text import Code


class Reader(Runs):
    """Writes one decoding function. `records`: values are records, not tuples; `exact`: nothing may follow."""

    def __init__(self, tables: Tables, *, records: bool, exact: bool, dispatch: Callable[..., Bound]) -> None:
        super().__init__(tables)
        self.records = records
        self.exact = exact
        self.read = dispatch
        self.scopes: list[Scope] = []
        self.known: Spot | None = None
        self.announced: Callable[[Bound], None] | None = None
        self.bits: Code | None = None
        self.fills = False
        self.filled: Spot | None = None
        self.immutable = False
        self.single = False
        self.seeded = False
        self.loops = 0

    def loop(self, trail: Trail) -> None:
        """Note that a loop begins; Python does not nest them without limit."""
        self.loops += 1
        if self.loops > LOOPS_MAXIMUM:
            raise SchemaRefused(trail.path, f"arrays nest more than {LOOPS_MAXIMUM} deep")

    # --- bytes -------------------------------------------------------------------------------------------------------

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
        text = size.text if self.spot == Spot("") else f"{self.spot} + {term(size)}"
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

    def check_end(self, end: Spot) -> None:
        """Refuse where the bytes (or the region) do not end at this spot."""
        if self.limit.base != end.base:
            self.check(f"{self.limit} != {end}" if self.limit.base else f"{end} != {self.limit}")
        elif self.limit != end:
            raise SchemaRefused(self.here, "the content never fills its region")

    def filled_with(self, start: Spot, end: Spot) -> str:
        """The condition that some bytes are not all zero; comparing is faster than looking at each."""
        return f"{self.bytes_text(start, end, view=True)} != bytes({difference(start, end)})"

    def freeze(self, rest: tuple[Member, ...] = ()) -> None:
        """Make `data` bytes, so that its slices are; where `rest` holds byte strings only, each is made bytes alone."""
        self.flush()
        if self.immutable or self.single:
            return
        if rest and all(isinstance(member.node, Raw) or literal_size(member.node) for member in rest):
            self.single = True
            return
        self.lines.add("if type(data) is not bytes:\n    data = bytes(data)")
        self.immutable = True

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
            left, right = (spot, end) if spot.base else (end, spot)
            self.check(f"{left} != {right}" if exact else self.filled_with(spot, end))
        self.spot = end
