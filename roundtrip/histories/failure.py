"""What goes wrong in a history: which law, at which operation; found by running it step by step."""

from __future__ import annotations

import re
import traceback
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec

from .mismatch import Mismatch
from .presets import preset_named
from .session import Session

if TYPE_CHECKING:
    from .history import History

#: The law that an exception breaks which no operation may end with.
NO_UNEXPECTED_ERROR: Final = "no unexpected error"
#: The law that a history breaks which fails in one run and not in the next.
REPEATABLE: Final = "the same history does the same"
#: Longer texts are cut.
TEXT_MAXIMUM: Final = 600
ADDRESS: Final = re.compile(r"0x[0-9a-f]{6,}")
ROOT: Final = Path(__file__).resolve().parents[2]
OURS: Final = ("engine", "formats", "roundtrip")


class Failure(msgspec.Struct, frozen=True):
    """A law that was broken. `number`: of the operation, from 1 on; 0 before the first, one more than there are at the
    end; -1 where nobody knows. `operation`: its text.
    """

    law: str
    expected: str
    found: str
    number: int = -1
    operation: str = ""

    @classmethod
    def of(cls, error: BaseException, number: int = -1, operation: str = "") -> Failure:
        """What an exception tells."""
        if isinstance(error, Mismatch):
            return cls(error.law, single_line(error.expected), single_line(error.found), number, operation)
        found = f"{type(error).__name__}: {error} ({last_frame(error)})"
        return cls(NO_UNEXPECTED_ERROR, "an answer", single_line(found), number, operation)


def single_line(text: str) -> str:
    """The text on one line, without what changes from run to run, and not too long."""
    text = ADDRESS.sub("0x…", text)
    text = "".join(sign if sign.isprintable() else sign.encode("unicode_escape").decode("ascii") for sign in text)
    return text if len(text) <= TEXT_MAXIMUM else f"{text[:TEXT_MAXIMUM]}…"


def last_frame(error: BaseException) -> str:
    """Where an exception was raised: the innermost place in our own code."""
    frames = traceback.extract_tb(error.__traceback__)
    for frame in reversed(frames):
        path = Path(frame.filename)
        if path.is_relative_to(ROOT) and path.relative_to(ROOT).parts[0] in OURS:
            return f"{path.relative_to(ROOT).as_posix()}:{frame.lineno} in {frame.name}"
    return f"{Path(frames[-1].filename).name} in {frames[-1].name}" if frames else "no frame"


def examine(history: History, *, always: bool = False) -> Failure | None:
    """Run a history operation by operation: what it breaks, or None. `always`: the whole mapping after each one."""
    return examine_in(Session, history, always=always)


def examine_in(kind: type[Session], history: History, *, always: bool = False) -> Failure | None:
    """The same in a session of this kind."""
    number, text = 0, "opening"
    try:
        session = kind(preset_named(history.preset), history.placement)
        for number, operation in enumerate(history.operations, 1):  # noqa: B007  # the handler needs the last one
            text = str(operation)
            session.apply(operation)
            if always:
                session.compare_all()
        number, text = len(history.operations) + 1, "the whole mapping at the end"
        session.compare_all()
    except Exception as error:  # noqa: BLE001  # whatever the engine raises is what is looked for
        return Failure.of(error, number, text)
    return None
