"""Runs: fixed-width fields that follow each other, also across nested structs, are unpacked by one call.

Statements about the fields of a run wait behind it and are written when the run ends.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from ..errors import Path, SchemaRefused
from ..layout import Enumeration, Integer
from .known import IDENTITY, LINE_MAXIMUM, OTHER, REFUSE, SIZE_MAXIMUM, Check, Item, Run, Spot
from .naming import constant_name, identifier
from .tables import Tables, Trail
from .text import Lines, quoted, refuse_when


def joins(number: Item, zeros: Item) -> bool:
    """Whether zero bytes that no number holds make one little-endian number with a listed number before them.

    Where they are not zero, that number is in no table of smaller ones: one lookup checks both.
    """
    is_odd = zeros.size not in (1, 2, 4, 8)
    return zeros.constant == bytes(zeros.size) and is_odd and number.size + zeros.size in (4, 8)


class Runs:
    """Gathers runs and statements.

    spot: the next byte to read; limit: where the bytes or the region end; proven: how far behind a local bytes are
    known to be there; body: what waits behind the run; label: what to call the shape of the next run; here: the path
    of the node that is being read; input_size: the size in bytes of every input, where that has been checked; columns:
    the locals that hold shapes of columns in this block and those around it.
    """

    def __init__(self, tables: Tables) -> None:
        self.tables = tables
        self.lines = Lines()
        self.names = tables.locals()
        self.spot = Spot("", 0)
        self.run: Run | None = None
        self.body: list[Check | str] = []
        self.limit = Spot("end")
        self.proven: dict[str, int] = {}
        self.label: tuple[str, ...] = ()
        self.here: Path = ()
        self.input_size: int | None = None
        self.columns: dict[str, str] = {}

    # --- statements --------------------------------------------------------------------------------------------------

    def check(self, condition: str, comment: str = "", stage: int = OTHER) -> None:
        """Refuse under a condition."""
        self.body.append(Check(condition, comment, stage))

    def line(self, text: str) -> None:
        """Write a statement behind the run."""
        self.body.append(text)

    def section(self, comment: str = "") -> None:
        """A blank line, and a comment where there is something to say."""
        self.flush()
        self.lines.gap()
        if comment:
            self.lines.add(f"# {comment}")

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
        """Statements under a header line; they may not run, so what they put into locals is not known behind them."""
        self.flush()
        columns = dict(self.columns)
        with self.lines.block(header):
            yield
            self.flush()
        self.columns = columns

    def require(self, end: Spot) -> None:
        """Refuse where the bytes (or the region) end before this spot; skipped where that is proven."""
        if end.base in self.proven and end.offset <= self.proven[end.base]:
            return
        if self.limit.base == end.base:
            if end.offset > self.limit.offset:
                raise SchemaRefused(self.here, "the content never fits its region")
            return
        condition = f"{self.limit} < {end}" if self.limit.base else f"{end} > {self.limit}"
        self.lines.add(f"if {condition}:\n    {REFUSE}")
        self.proven[end.base] = end.offset

    # --- runs --------------------------------------------------------------------------------------------------------

    def take(
        self,
        code: str,
        size: int,
        trail: Trail,
        *,
        order: str = "",
        suffix: str = "",
        constant: bytes | None = None,
        comment: str = "",
        compared: bool = False,
    ) -> str:
        """Take fixed-width bytes into the run; the local that will hold them."""
        if self.run is None and self.body:
            self.flush()
        if self.run is not None and order and self.run.order not in ("", order):
            self.flush()
        if self.run is None:
            self.run = Run(self.spot, self.label or trail.hint)
            self.label = ()
        local = "" if constant is not None else self.names.local(trail.hint, suffix)
        if size > SIZE_MAXIMUM:
            raise SchemaRefused(trail.path, f"a field of {size} bytes")
        shown = identifier(comment) if comment else ""
        self.run.items.append(Item(code, size, local, order, constant, shown, compared))
        self.spot = self.spot.plus(size)
        return local

    def shape_of(self, run: Run) -> tuple[str, list[str]]:
        """The shape that unpacks a run, and the locals that take its values."""
        items = self.merged(run)
        text = (run.order or "<") + "".join(item.code for item in items)
        comment = ", ".join(item.comment or item.local for item in items)
        wanted = constant_name(("_".join(run.hint),)) if run.hint else "FRAME"
        return self.tables.shape(text, wanted, comment), [item.local for item in items]

    def list_number(self, node: Enumeration) -> None:
        """Note that the number just taken into the run will be looked up in a table."""
        inner = node.node
        if self.run and isinstance(inner, Integer) and inner.size in (1, 2, 4) and not inner.signed:
            self.run.items[-1].listed = all(0 <= number < 1 << 8 * inner.size for _, number in node.members)

    def write_run(self, run: Run) -> None:
        """The call that unpacks a run, and the checks of its constants."""
        if not run.size:
            return
        if len(run.items) == 1 and run.items[0].compared:
            self.lines.add(f"{run.items[0].local} = data[{run.start}:{run.start.plus(run.size)}]")
            return
        shape, targets = self.shape_of(run)
        spot = "" if run.start == Spot("") else f", {run.start}"
        is_all = not spot and run.size == self.input_size
        call = f"{shape}.unpack(data)" if is_all else f"{shape}.unpack_from(data{spot})"
        if len(targets) == 1:
            self.lines.add(f"({targets[0]},) = {call}")
        elif sum(map(len, targets)) + 2 * len(targets) + len(call) + self.lines.depth * 4 < LINE_MAXIMUM:
            self.lines.add(f"{', '.join(targets)} = {call}")
        else:
            self.lines.statement("(", targets, f") = {call}")

    def merged(self, run: Run) -> list[Item]:
        """The items, adjacent constants made one, each constant with its check."""
        items: list[Item] = []
        for item in run.items:
            before = items[-1] if items else None
            if item.size == 0:
                continue
            if before and before.listed and run.order != ">" and joins(before, item):
                items[-1] = replace(
                    before,
                    code={4: "I", 8: "Q"}[before.size + item.size],
                    size=before.size + item.size,
                    comment=f"{before.local}, {item.comment}",
                    listed=False,
                )
            elif before and before.constant is not None and item.constant is not None:
                items[-1] = Item(
                    "",
                    before.size + item.size,
                    "",
                    "",
                    before.constant + item.constant,
                    f"{before.comment}, {item.comment}",
                )
            else:
                items.append(item)
        begins = run.start == Spot("")
        self.body[:0] = [
            self.constant_check(item, first=begins and item is items[0]) for item in items if item.constant is not None
        ]
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
