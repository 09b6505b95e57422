"""Work spread over forked processes: the answers come in the order of the work, however many processes there are.

Schemas cannot be sent between processes, so what is to be done is handed down by the fork itself; an answer is sent
back. A worker whose parent is gone ends within a second, whatever it is doing.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from typing import Any, Final, TypeVar

Work = TypeVar("Work")
Answer = TypeVar("Answer")

#: Seconds between two looks of a worker whether its parent is still there.
LOOK_SECONDS: Final = 0.5
#: Pieces of work that are handed out at once, so that answers come often and asking costs little.
TOGETHER: Final = 16

#: The work of this process and, by fork, of its workers.
_WORK: list[tuple[Callable[[Any], Any], Sequence[Any]]] = []


def spread(
    look: Callable[[Work], Answer], pieces: Sequence[Work], workers: int, *, together: int = TOGETHER
) -> Iterator[Answer]:
    """The answers to all pieces, in their order, from so many processes; from this one where that is enough.

    What `look` raises is raised here. An end before the last answer (an error, Ctrl-C) ends the workers.
    """
    count = min(workers, -(-len(pieces) // together))
    if count < 2 or "fork" not in multiprocessing.get_all_start_methods():
        yield from map(look, pieces)
        return
    _WORK.append((look, pieces))
    pool = ProcessPoolExecutor(
        count, mp_context=multiprocessing.get_context("fork"), initializer=end_with, initargs=(os.getpid(),)
    )
    try:
        with warnings.catch_warnings(), uninterrupted():
            # A progress bar runs in a thread. It holds no lock that a worker would wait for.
            warnings.simplefilter("ignore", DeprecationWarning)
            answers = pool.map(_look, range(len(pieces)), chunksize=together)
        yield from answers
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
        _WORK.pop()


@contextmanager
def uninterrupted() -> Iterator[None]:
    """Let Ctrl-C wait: what Python does around a fork swallows the exception that it raises."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _look(index: int) -> Any:
    look, pieces = _WORK[-1]
    return look(pieces[index])


def end_with(parent: int) -> None:
    """Let this process end soon after its parent has, and at Ctrl-C, which did not reach it while it was forked."""
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(LOOK_SECONDS)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def cores() -> int:
    """How many processes can run at once on this machine."""
    return os.cpu_count() or 1
