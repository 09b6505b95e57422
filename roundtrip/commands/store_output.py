"""What several `store` commands print."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

from ..storing.keys import key_text
from .output import note, one_line, write


def begun(path: str, tell: Callable[[bytes], None] | None) -> None:
    """Say that the store is open, to whoever reads what becomes persistent."""
    if tell is not None:
        write(f"open {one_line(path)}")
        sys.stdout.flush()


def tell_persistent(key: bytes) -> None:
    """One line at once: whoever reads it may rely on the key from now on."""
    write(f"persistent {key_text(key)}")
    sys.stdout.flush()


def note_problems(problems: list[Any]) -> None:
    """What was left out, a line each, on standard error."""
    for problem in problems:
        note(f"error: {key_text(problem.key)}: {one_line(problem.reason)}")
