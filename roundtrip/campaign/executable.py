"""What of a module can be executed at all: its functions, their lines, and where they branch; read from the bytecode.

Module and class bodies are left out, as importing runs them. So are functions that say nothing (protocols), and the
branches of assertions, whose other side is never taken.
"""

from __future__ import annotations

import dis
from pathlib import Path
from types import CodeType
from typing import TYPE_CHECKING, Final

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterator

#: Of `CodeType.co_flags`: functions have it, bodies of classes and modules do not.
OPTIMIZED: Final = 0x1
ASSERTION: Final = "LOAD_ASSERTION_ERROR"


class Function(msgspec.Struct, frozen=True):
    """One function. `lines`: those that it can execute; `branches`: pairs of lines, from and to."""

    name: str
    first_line: int
    lines: frozenset[int]
    branches: frozenset[tuple[int, int]]


def functions_of(path: Path) -> list[Function]:
    """The functions of a Python file, by line."""
    code = compile(path.read_text(encoding="utf-8"), str(path), "exec", dont_inherit=True)
    found = [function_of(each) for each in codes(code) if each.co_flags & OPTIMIZED]
    return sorted((each for each in found if each.lines), key=lambda each: each.first_line)


def codes(code: CodeType) -> Iterator[CodeType]:
    """A code object and all inside it."""
    yield code
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from codes(constant)


def function_of(code: CodeType) -> Function:
    """What one function can execute; no lines where it says nothing."""
    instructions = [each for each in dis.get_instructions(code) if each.opname not in {"CACHE", "NOP"}]
    lines = {
        line
        for _, _, line in code.co_lines()
        if line is not None and (line != code.co_firstlineno or code.co_name.startswith("<"))
    }
    says_nothing = all(each.opname in {"RESUME", "LOAD_CONST", "RETURN_VALUE", "RETURN_CONST"} for each in instructions)
    if says_nothing:
        lines = set()
    branches = frozenset(branches_of(code, instructions)) if lines else frozenset()
    return Function(getattr(code, "co_qualname", code.co_name), code.co_firstlineno, frozenset(lines), branches)


def branches_of(code: CodeType, instructions: list[dis.Instruction]) -> Iterator[tuple[int, int]]:
    """From which line to which others a condition or a loop may lead."""
    line_at: dict[int, int] = {}
    for start, end, line in code.co_lines():
        if line is not None:
            line_at.update(dict.fromkeys(range(start, end, 2), line))
    places = {each.offset: at for at, each in enumerate(instructions)}
    for at, each in enumerate(instructions[:-1]):
        if each.opcode not in dis.hasjrel or not ("IF" in each.opname or each.opname == "FOR_ITER"):
            continue
        source = line_at.get(each.offset)
        target = instructions[places[each.argval]] if each.argval in places else None
        if source is None or target is None:
            continue
        ways = (instructions[at + 1], target)
        if any(way.opname == ASSERTION for way in ways):
            continue
        goals = {line_at.get(way.offset) for way in ways}
        if len(goals) == 2:  # one line alone does not show which way was taken
            yield from ((source, goal) for goal in goals if goal is not None and goal != source)
