"""Python text: indented lines, and expressions with what is known of their values."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

from .breaking import broken

#: Widest line that the compiler writes where it can break one.
WIDTH: Final = 110
ATOM: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_.]*(\([^()]*\))?|\d+")


@dataclass(frozen=True)
class Code:
    """An expression of the generated code.

    kind: int, bool, float, str, bytes, tuple, set, none, record, or mixed where it may be one of several;
    low, high: bounds of an int, None where unknown.
    """

    text: str
    kind: str
    low: int | None = None
    high: int | None = None

    @property
    def atom(self) -> str:
        """The text in parentheses, unless it is a name, a call or a number."""
        return self.text if ATOM.fullmatch(self.text) else f"({self.text})"


def literal(value: int | str | bytes | bool) -> Code:
    """The code of a constant."""
    kind = type(value).__name__
    bound = int(value) if isinstance(value, int) else None
    return Code(quoted(value), kind, bound, bound)


def quoted(value: int | str | bytes | bool) -> str:
    """A literal as the formatter writes it: with double quotes."""
    if isinstance(value, bytes):
        if value and value == bytes(len(value)) and len(value) > 4:
            return f'b"\\x00" * {len(value)}'
        return "b" + double_quoted(repr(value)[1:])
    return double_quoted(repr(value)) if isinstance(value, str) else repr(value)


def double_quoted(text: str) -> str:
    """The text of a string literal in double quotes, unless it holds some."""
    body = text[1:-1]
    return text if text[0] == '"' or '"' in body else '"' + body.replace("\\'", "'") + '"'


class Lines:
    """Lines of a block of code at a depth of indentation."""

    def __init__(self, depth: int = 1) -> None:
        self.depth = depth
        self.lines: list[str] = []

    def add(self, text: str = "") -> None:
        """One or several lines, indented."""
        for line in text.split("\n"):
            self.lines.append("    " * self.depth + line if line else "")

    def gap(self) -> None:
        """A blank line, unless there is one or the block begins here."""
        if self.lines and self.lines[-1] and not self.lines[-1].endswith(":"):
            self.lines.append("")

    @contextmanager
    def block(self, header: str) -> Iterator[None]:
        """A header line, and a body one level deeper."""
        self.add(header)
        self.depth += 1
        yield
        self.depth -= 1

    def statement(self, before: str, items: list[str], after: str, *, one: str = "") -> None:
        """`before`, the items separated by commas, `after`: on one line, or one item a line where that is too long.

        `one`: what follows the item where there is a single one (the comma of a tuple).
        """
        joined = ", ".join(items) + (one if len(items) == 1 else "")
        if len(before) + len(joined) + len(after) + 4 * self.depth <= WIDTH:
            self.add(before + joined + after)
            return
        self.add(before)
        for item in items:
            self.add(f"    {item},")
        self.add(after)

    def expression(self, before: str, text: str, after: str = "") -> None:
        """A statement that ends in an expression, broken over lines where it is long."""
        for line in broken(before, text, after, WIDTH - 4 * self.depth):
            self.add(line)


def call(function: str, items: list[str]) -> str:
    """A call; a tuple where the function is empty."""
    return f"{function}({', '.join(items)}{',' if not function and len(items) == 1 else ''})"


def refuse_when(lines: Lines, conditions: list[tuple[str, str]], refusal: str) -> None:
    """Write `if ...: refusal` for conditions (text, comment) of which any one refuses."""
    if not conditions:
        return
    if len(conditions) == 1 and not conditions[0][1]:
        lines.add(f"if {conditions[0][0]}:\n    {refusal}")
        return
    if len(conditions) == 1:
        lines.add(f"if {conditions[0][0]}:  # {conditions[0][1]}\n    {refusal}")
        return
    lines.add("if (")
    for index, (condition, comment) in enumerate(conditions):
        text = f"({condition})" if " and " in condition and condition[0] != "(" else condition
        lines.add(f"    {'or ' if index else ''}{text}{'  # ' + comment if comment else ''}")
    lines.add(f"):\n    {refusal}")
