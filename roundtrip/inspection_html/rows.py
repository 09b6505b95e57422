"""A frame as rows: its fields in the order of a tree, with the bytes that no field reads, and its violations."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from formats.errors import RULES, FormatError, Path, path_text

from ..commands.output import one_line
from ..inspection.rendering import style_of, value_text
from ..inspection.report import Field, Frame
from .model import Budget, Row, Style, Violation

UNNAMED: Final = "(unnamed)"
LEFT_OUT: Final = "(left out)"


@dataclass
class Branch:
    """A field and what lies inside it."""

    path: Path
    start: int
    end: int
    style: Style
    value: str
    children: list[Branch] = field(default_factory=list)

    def holds(self, start: int, end: int) -> bool:
        """Whether these bytes lie inside."""
        return bool(self.children) and self.start <= start and end <= self.end

    def rows(self, parent: Path, depth: int, entry: str) -> Iterator[tuple[Row, Path]]:
        """The row of this field and those inside it, each with its path."""
        label = one_line(path_text(self.path[len(parent) :] or self.path))
        pattern = "" if self.style == "unnamed" else pattern_of(self.path)
        yield Row(depth, label, self.start, self.end, self.style, self.value, pattern, entry), self.path
        for child in self.children:
            yield from child.rows(self.path, depth + 1, entry)


def pattern_of(path: Path) -> str:
    """A path as the byte map writes it: `entries.keys[i]`."""
    return "".join("[i]" if isinstance(part, int) else f".{part}" for part in path).removeprefix(".")


def rows_of(frame: Frame, budget: Budget) -> tuple[tuple[Row, ...], tuple[Violation, ...]]:
    """The rows of a frame and its violations; what the budget has no room for is counted there."""
    fields = fitting(frame.fields, budget)
    root = tree_of(frame, fields)
    for start, end in gaps(fields, frame):
        name = UNNAMED if len(fields) == len(frame.fields) else LEFT_OUT
        add_gap(root, start, end, name)
    entry = f"{frame.format_name}@{frame.version}"
    found = [pair for child in root.children for pair in child.rows((), 0, entry)]
    numbers = {path: number for number, (_, path) in reversed(list(enumerate(found)))}
    shown = frame.violations[: budget.limits.violations]
    violations = tuple(violation_of(error, frame, numbers.get(error.path, -1)) for error in shown)
    return tuple(row for row, _ in found), violations


def fitting(fields: Sequence[Field], budget: Budget) -> Sequence[Field]:
    """As many fields as there is room for; damaged ones are never left out."""
    room = max(0, min(budget.fields, budget.fields_each))
    shown = fields
    if len(fields) > room:
        shown = [entry for number, entry in enumerate(fields) if number < room or entry.broken]
        budget.fields_over += len(fields) - len(shown)
    budget.fields -= len(shown)
    return shown


def tree_of(frame: Frame, fields: Sequence[Field]) -> Branch:
    """The fields, each inside the nearest one whose path its own begins with."""
    root = Branch((), frame.start, frame.end, "group", "")
    places: dict[Path, Branch] = {}
    violated = {violation.path for violation in frame.violations}
    for entry in fields:
        above = (places.get(entry.path[:length]) for length in range(len(entry.path) - 1, -1, -1))
        parent = next((branch for branch in above if branch is not None), root)
        # What damaged lengths and ends say may lie behind the frame.
        start, end = min(entry.start, frame.end), min(entry.end, frame.end)
        branch = Branch(entry.path, start, end, style_in(entry, violated), one_line(value_text(entry)))
        parent.children.append(branch)
        places[entry.path] = branch
    return root


def style_in(entry: Field, violated: set[Path]) -> Style:
    """How a field is shown."""
    if entry.role == "missing":
        return "missing"
    if entry.broken:
        return "broken" if entry.path in violated else "suspect"
    if not entry.leaf:
        return "group"
    style: Style = style_of(entry)  # type: ignore[assignment]  # its keys are styles of ours
    return style


def gaps(fields: Sequence[Field], frame: Frame) -> Iterator[tuple[int, int]]:
    """The bytes of a frame that no field reads; of a frame shown in part, only those before its last field."""
    position = frame.start
    for entry in sorted((entry for entry in fields if entry.leaf), key=lambda entry: entry.start):
        if entry.start > position:
            yield position, entry.start
        position = max(position, entry.end)
    if position < frame.end and not frame.partial:
        yield position, frame.end


def add_gap(branch: Branch, start: int, end: int, name: str) -> None:
    """Put bytes that no field reads into the innermost field around them, in the order of the bytes."""
    while (inner := next((child for child in branch.children if child.holds(start, end)), None)) is not None:
        branch = inner
    at = next((number for number, child in enumerate(branch.children) if child.start >= end), len(branch.children))
    gap = Branch((*branch.path, name), start, end, "unnamed", f"({end - start} bytes)")
    branch.children.insert(at, gap)


def violation_of(error: FormatError, frame: Frame, row: int) -> Violation:
    """A violation as the page shows it."""
    return Violation(
        row,
        one_line(path_text(error.path)),
        frame.start + error.offset,
        error.rule,
        one_line(error.expected or "something else"),
        one_line(error.found or "nothing"),
        RULES.get(error.rule, error.rule),
    )


def inside(
    rows: tuple[Row, ...],
    violations: tuple[Violation, ...],
    host: int,
    guest: tuple[tuple[Row, ...], tuple[Violation, ...]],
    title: Row,
) -> tuple[tuple[Row, ...], tuple[Violation, ...]]:
    """The rows of a frame with another frame put last inside row `host`, under a row of its own."""
    depth = rows[host].depth + 1
    end = next((n for n in range(host + 1, len(rows)) if rows[n].depth < depth), len(rows))
    more = [replace(title, depth=depth), *(replace(row, depth=row.depth + depth + 1) for row in guest[0])]
    moved = [replace(one, row=one.row + len(more)) if one.row >= end else one for one in violations]
    # The row of the title stands for the whole guest, whose number is -1.
    moved += [replace(one, row=one.row + end + 1) for one in guest[1]]
    return (*rows[:end], *more, *rows[end:]), tuple(moved)
