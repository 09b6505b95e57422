"""What commands write: text or one JSON object on standard output, notes, errors and progress on standard error."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final, Protocol, TextIO

import click

if TYPE_CHECKING:
    from rich.console import Console

#: Columns of a table that nobody watches.
PIPE_WIDTH: Final = 160


class Progress(Protocol):
    """Takes how much is done, how much there is, and what was done last."""

    def __call__(self, done: int, total: int, what: str = "") -> None: ...


def write(text: str = "") -> None:
    """One piece of text and a line end on standard output."""
    sys.stdout.write(text + "\n")


def write_json(value: dict[str, Any]) -> None:
    """One JSON object, the only thing on standard output; bytes become hexadecimal text, sets sorted lists."""
    sys.stdout.write(json.dumps(value, indent=2, default=plain_json) + "\n")


def write_table(rows: Sequence[tuple[str, ...]]) -> None:
    """Rows with aligned columns, the first one a heading."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    for row in rows:
        write("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


def note(text: str) -> None:
    """One line on standard error."""
    sys.stderr.write(text + "\n")


def plain_json(value: Any) -> Any:
    """The JSON form of what the json module does not know."""
    if isinstance(value, bytes | bytearray | memoryview):
        return bytes(value).hex()
    if isinstance(value, set | frozenset):
        return sorted(value)
    if hasattr(value, "as_dict"):
        return value.as_dict()
    return str(value)


def one_line(text: str) -> str:
    """Text with line ends and every other control character escaped, so that it cannot drive a terminal."""
    return "".join(character if character.isprintable() else escaped(character) for character in text)


def escaped(character: str) -> str:
    """One character as Python escapes it."""
    return character.encode("unicode_escape").decode("ascii")


def on_terminal(stream: TextIO) -> bool:
    """Whether a person watches this stream."""
    return stream.isatty() and os.environ.get("TERM") != "dumb"


def coloured(stream: TextIO) -> bool:
    """Whether colours may be written: on a terminal, unless NO_COLOR is set to anything."""
    return on_terminal(stream) and not os.environ.get("NO_COLOR")


def paint(text: str, *, enabled: bool, **style: Any) -> str:
    """The text in a colour, where colours are enabled."""
    return click.style(text, **style) if enabled else text


def rich_console() -> Console:
    """A console on standard output: colours and its width on a terminal only, wide lines elsewhere."""
    from rich.console import Console  # noqa: PLC0415  # heavy

    class PipeConsole(Console):
        """Lets the command line end as every command does whose reader has gone."""

        def on_broken_pipe(self) -> None:
            raise BrokenPipeError

    watched = on_terminal(sys.stdout)
    return PipeConsole(no_color=not coloured(sys.stdout), force_terminal=watched, width=None if watched else PIPE_WIDTH)


@contextmanager
def progress_bar(*, quiet: bool = False) -> Iterator[Progress | None]:
    """A progress bar on standard error; None where nobody watches, or `quiet`."""
    if quiet or not on_terminal(sys.stderr):
        yield None
        return
    from rich.console import Console  # noqa: PLC0415  # heavy, and needed on a terminal only
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn  # noqa: PLC0415
    from rich.progress import Progress as Bar  # noqa: PLC0415

    console = Console(stderr=True, no_color=not coloured(sys.stderr))
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Bar(*columns, console=console, transient=True) as bar:
        task = bar.add_task("", total=None)

        def report(done: int, total: int, what: str = "") -> None:
            bar.update(task, description=one_line(what), completed=done, total=total or None)

        yield report
