"""formats.lock: every frozen version with its complete layout, so that an old decoder can be rebuilt from it alone.

Pure: text in, objects out. `roundtrip.locks` reads and writes the files. The public names are fetched when they are
first used: the catalog needs to know what is frozen, and not how to rebuild it.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .blocks import LOCK_NAME
    from .layouts import layout_of
    from .lock import Lock, Locked, lock_of, locked_of, read_lock, write_lock
    from .rebuild import schema_of

__all__ = [
    "LOCK_NAME",
    "Lock",
    "Locked",
    "layout_of",
    "lock_of",
    "locked_of",
    "read_lock",
    "schema_of",
    "write_lock",
]

_MODULES = {"LOCK_NAME": ".blocks", "layout_of": ".layouts", "schema_of": ".rebuild"}


def __getattr__(name: str) -> Any:
    """The public name, from its module, imported now."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(_MODULES.get(name, ".lock"), __name__), name)
    globals()[name] = value
    return value
