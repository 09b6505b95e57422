"""Breaks long expressions over lines, one argument or term a line."""

from __future__ import annotations

from collections.abc import Iterator


def broken(before: str, text: str, after: str, room: int) -> list[str]:
    """The lines of `before`, an expression and `after`: one where they fit into `room` characters."""
    whole = before + text + after
    if len(whole) <= room:
        return [whole]
    terms = split(text, " + ")
    if len(terms) > 1:
        lines = [f"{before}("]
        for index, term in enumerate(terms):
            lines += indented(broken("+ " if index else "", term, "", room - 4))
        return [*lines, f"){after}"]
    head, arguments = call_parts(text)
    if not arguments:
        return [whole]
    lines = [f"{before}{head}("]
    for argument in arguments:
        lines += indented(broken("", argument, ",", room - 4))
    return [*lines, f"){after}"]


def indented(lines: list[str]) -> list[str]:
    """Lines one level deeper."""
    return ["    " + line for line in lines]


def call_parts(text: str) -> tuple[str, list[str]]:
    """The function and the arguments of a call (no function: a tuple); no arguments where the text is no call."""
    if not text.endswith(")"):
        return text, []
    openings, before = [], 0
    for index, depth in depths(text):
        if depth == 1 and before == 0:
            openings.append(index)
        before = depth
    if not openings or before != 0 or text[openings[-1]] != "(":
        return text, []
    opening = openings[-1]
    if len(openings) > 1 and " " in outside(text[:opening]):  # operators, not a call of what a call gives
        return text, []
    return text[:opening], split(text[opening + 1 : -1], ",")


def outside(text: str) -> str:
    """What stands outside brackets and string literals."""
    return "".join(text[index] for index, depth in depths(text) if depth == 0)


def split(text: str, separator: str) -> list[str]:
    """The parts between separators that stand outside brackets and string literals."""
    flat = [index for index, depth in depths(text) if depth == 0]
    parts, start = [], 0
    for index in flat:
        if index >= start and text.startswith(separator, index):
            parts.append(text[start:index].strip())
            start = index + len(separator)
    return [part for part in [*parts, text[start:].strip()] if part]


def depths(text: str) -> Iterator[tuple[int, int]]:
    """Every position outside string literals with the number of brackets open behind it."""
    depth, quote, escaped = 0, "", False
    for index, character in enumerate(text):
        if quote:
            quote = "" if character == quote and not escaped else quote
            escaped = character == "\\" and not escaped
            continue
        if character in "\"'":
            quote = character
        depth += (character in "([{") - (character in ")]}")
        yield index, depth
