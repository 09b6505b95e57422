"""Runs a function in a forked process, with a limit in seconds: for what patches the interpreter, or may not end."""

from __future__ import annotations

import math
import multiprocessing
import pickle
import resource
import warnings
from collections.abc import Callable
from multiprocessing.connection import Connection
from typing import Any, Final

PATIENCE: Final = 20


def apart(function: Callable[[], Any], *, seconds: float) -> Any:
    """What the function gives, which must be picklable; else one line of text that says why there is nothing.

    seconds: of the processor; by the clock it may take `PATIENCE` times as long, since the machine may be busy.
    """
    context = multiprocessing.get_context("fork")
    connection, inner = context.Pipe(duplex=False)
    with warnings.catch_warnings():
        # A progress bar runs in a thread. It holds no lock that the child would wait for.
        warnings.simplefilter("ignore", DeprecationWarning)
        process = context.Process(target=answer, args=(inner, function, math.ceil(seconds)), daemon=True)
        process.start()
    inner.close()
    try:
        if not connection.poll(PATIENCE * seconds):
            return f"no answer within {PATIENCE * seconds:g} seconds"
        return pickle.loads(connection.recv_bytes())  # noqa: S301  # from our own child
    except EOFError:
        process.join()
        return f"its process ended with {process.exitcode}"
    finally:
        process.kill()
        process.join()
        connection.close()


def answer(connection: Connection, function: Callable[[], Any], seconds: int) -> None:
    """The child: call the function, and send what it gives or raises. Without a parent it ends by its limit."""
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    try:
        found = function()
    except Exception as error:  # noqa: BLE001  # told to the parent
        found = f"{type(error).__name__}: {error}"
    connection.send_bytes(pickle.dumps(found))
