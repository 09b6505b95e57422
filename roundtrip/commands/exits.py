"""Exit codes, and which error ends in which.

| code | meaning |
|---|---|
| 0 | proved |
| 1 | refuted: findings, damage, lanes that disagree, a frozen layout that changed |
| 2 | usage or bad input |
| 3 | nothing was tested, nothing was recognised |
| 4 | an unexpected exception: a bug of ours |
| 130 | interrupted (Ctrl-C) |
| 141 | the reader of our output went away |
"""

from __future__ import annotations

import sys
from typing import Final

from formats.errors import FormatError, FrozenChanged, LaneDisagreement, ShardproofError

PROVED: Final = 0
REFUTED: Final = 1
USAGE: Final = 2
NOTHING_TESTED: Final = 3
UNEXPECTED: Final = 4
INTERRUPTED: Final = 130
OUTPUT_CLOSED: Final = 141


class CommandError(ShardproofError):
    """A command cannot do what was asked: one line for people, and the code to exit with."""

    def __init__(self, message: str, exit_code: int = USAGE) -> None:
        super().__init__(message)
        self.exit_code = exit_code


def exit_code_of(error: ShardproofError) -> int:
    """The exit code that an error of ours ends in."""
    if isinstance(error, CommandError):
        return error.exit_code
    return REFUTED if isinstance(error, FormatError | FrozenChanged | LaneDisagreement) or is_rotten(error) else USAGE


def is_rotten(error: ShardproofError) -> bool:
    """Whether the error tells of damage in a store; only a command that has loaded the engine can meet that."""
    engine_errors = sys.modules.get("engine.errors")
    return engine_errors is not None and isinstance(error, engine_errors.ChunkRotten)


def facts_of(error: ShardproofError) -> dict[str, object]:
    """An error as the `error` object of `--json`, with stable keys."""
    facts: dict[str, object] = {"type": type(error).__name__, "message": str(error), "exit_code": exit_code_of(error)}
    return {**error.as_dict(), **facts} if isinstance(error, FormatError) else facts
