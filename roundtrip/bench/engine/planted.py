"""A store that was made slow on purpose: the promises must then be missed (`bench engine --plant`)."""

from __future__ import annotations

from collections.abc import Callable
from time import sleep
from typing import Any, Final

from .peer import Engine

#: What can be planted: the calls that become slower.
PLANTS: Final = {"slow-put": ("put", "put_durable"), "slow-get": ("get",)}
DELAY_SECONDS: Final = 0.02


def slowed(engine: Engine, plant: str) -> Engine:
    """The same store, its calls slower by a fixed time."""
    for name in PLANTS[plant]:
        setattr(engine, name, delayed(getattr(engine, name)))
    return engine


def delayed(call: Callable[..., Any]) -> Callable[..., Any]:
    """The call, after a pause."""

    def wait_first(*arguments: Any) -> Any:
        sleep(DELAY_SECONDS)
        return call(*arguments)

    return wait_first
