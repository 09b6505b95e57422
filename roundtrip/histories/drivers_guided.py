"""Histories from a coverage-guided fuzzer: Atheris, where it is installed (`pip install shardproof[fuzz]`).

The fuzzer sees which lines of the engine a history runs, and keeps the bytes that run new ones. It does not come back:
it ends the process, after the time or the number of runs that its own options name, or at the first finding.

    python -m roundtrip.histories.drivers_guided tiny finding.txt -max_total_time=60 CORPUS_FOLDER
"""

from __future__ import annotations

import sys
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from formats.errors import ShardproofError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

FUZZER: Final = "atheris"
DRIVER: Final = "Atheris"
#: Bytes of a history at most: what 50 operations take.
LENGTH_MAXIMUM: Final = 201


class NoFuzzer(ShardproofError):
    """The fuzzer is not installed."""


class Found(Exception):
    """Ends the fuzzer: a history broke a law, and its finding is written."""


def is_available() -> bool:
    """Whether the fuzzer is installed."""
    return find_spec(FUZZER) is not None


def judge_of(preset: str, file: Path) -> Callable[[bytes], None]:
    """What the fuzzer calls with bytes: runs their history; raises `Found` and writes the finding where it fails."""
    from .drivers import LONGEST  # noqa: PLC0415  # imports the engine, which is instrumented first
    from .failure import examine  # noqa: PLC0415  # likewise
    from .finding import Finding  # noqa: PLC0415  # likewise
    from .history import History  # noqa: PLC0415  # likewise

    def judge(data: bytes) -> None:
        history = History.from_bytes(bytes(data), preset, crashes=True, longest=LONGEST)
        try:
            history.run()
        except Exception as error:  # whatever the engine raises is what is looked for
            failure = examine(history)
            finding = Finding.of(history, failure if failure is not None else error, driver=DRIVER)
            finding.write(file)
            raise Found(finding.law) from error

    return judge


def fuzz(preset: str, file: Path, arguments: Sequence[str]) -> None:
    """Fuzz histories of a preset, with these arguments for the fuzzer. Raises `NoFuzzer`; else it does not return."""
    if not is_available():
        raise NoFuzzer(f"{FUZZER} is not installed; pip install 'shardproof[fuzz]'")
    fuzzer: Any = import_module(FUZZER)
    with fuzzer.instrument_imports(include=["engine"], enable_loader_override=False):
        judge = judge_of(preset, file)
    # Long from the start: what is rare needs a few dozen operations.
    options = [f"-max_len={LENGTH_MAXIMUM}", "-len_control=0"]
    fuzzer.Setup([sys.argv[0], *options, *arguments], judge)
    fuzzer.Fuzz()


if __name__ == "__main__":
    fuzz(sys.argv[1], Path(sys.argv[2]), sys.argv[3:])
