"""Work counted in opcodes that Python runs: the same number on every machine, however fast or busy it is.

What C code does inside one opcode (a checksum, an unpacking) is not seen.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import FrameType
from typing import Any


def steps(call: Callable[[], Any]) -> int:
    """The number of opcodes that Python runs for a call, whatever comes of it."""
    count = 0

    def tracer(frame: FrameType, event: str, _argument: Any) -> Any:
        nonlocal count
        frame.f_trace_opcodes = True
        frame.f_trace_lines = False
        if event == "opcode":
            count += 1
        return tracer

    before = sys.gettrace()
    sys.settrace(tracer)
    try:
        call()
    except Exception:  # noqa: BLE001, S110  # D1 judges what a decoder raises
        pass
    finally:
        sys.settrace(before)
    return count
