"""Makes a witness as small and simple as can be while it shows the same."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Final

from formats.catalog import Format

from .frames import PLACES, Frame, Script, again, work

#: Files tried for one witness.
TRIES: Final = 160
#: And so much work on them, as `work` counts it: large files get fewer tries.
WORK_MAXIMUM: Final = 40_000


def shrunk(entry: Format, frame: Frame, shows: Callable[[Frame], bool], tries: int = TRIES) -> Frame:
    """The smallest file found that still shows it. A kept file stays as it is."""
    if frame.kept:
        return frame
    left, work_left = tries, WORK_MAXIMUM
    is_better = True
    while is_better and left > 0 and work_left > 0:
        is_better = False
        for script, size, place in simpler(frame):
            left -= 1
            work_left -= work(frame)
            if left < 0 or work_left < 0:
                break
            candidate = again(entry, frame, script, size, place)
            if candidate is not None and measure(candidate) < measure(frame) and shows(candidate):
                frame, is_better = candidate, True
                break
    return frame


def measure(frame: Frame) -> tuple[Any, ...]:
    """The order in which files get simpler: by bytes, then by choices, then by place."""
    return (len(frame.data), weight(frame.script), frame.place != PLACES[0], frame.size)


def weight(script: Script) -> int:
    """How much choices ask for."""
    return sum(heft(value) for value in script)


def heft(value: Any) -> int:
    """How much one choice asks for."""
    match value:
        case bool():
            return int(value)
        case int():
            return abs(value).bit_length() * 64 + abs(value) % 64
        case bytes():
            return 8 * len(value) + len(value) - value.count(0)
        case float():
            return 0 if value == 0.0 else 1 if value == 1.0 else 8
    return 0


def simpler(frame: Frame) -> Iterator[tuple[Script, int, Any]]:
    """Choices that ask for less, the boldest first."""
    script, size, place = frame.script, frame.size, frame.place
    if place != PLACES[0]:
        yield script, size, PLACES[0]
    for smaller in sorted({0, 1, 2, size // 4, size // 2, size - 1}):
        if 0 <= smaller < size:
            yield script, smaller, place
    width = len(script)
    for step in (width, width // 2, width // 4, 4, 1):
        if step < 1:
            continue
        for start in range(0, width, step):
            end = min(start + step, width)
            blank = tuple(simplest_of(value) for value in script[start:end])
            if blank != script[start:end]:
                yield (*script[:start], *blank, *script[end:]), size, place
    for index, value in enumerate(script):
        for other in lesser(value):
            yield (*script[:index], other, *script[index + 1 :]), size, place


def simplest_of(value: Any) -> Any:
    """The simplest choice of the same kind."""
    return type(value)()


def lesser(value: Any) -> Iterator[Any]:
    """Simpler choices in the place of one."""
    match value:
        case bool():
            return
        case int() if value:
            sign = -1 if value < 0 else 1
            size = abs(value)
            smaller = (1, 2, size // 256, size // 16, size // 2, size - 1)
            yield from (sign * number for number in smaller if 0 < number < size)
            high = 1 << size.bit_length() - 1
            if high != size:
                yield sign * high
        case bytes() if value:
            yield value[: len(value) // 2]
            yield value[:-1]
            yield bytes(len(value))
            yield b"\x01".ljust(len(value), b"\0")
        case float() if value not in (0.0, 1.0):
            yield 1.0
