"""On-disk formats: schemas, compiled codecs, layouts. Pure: no files, threads, time or randomness.

The public names are fetched when they are first used, so that a program that imports a generated codec (the engine)
does not load Construct.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .catalog import CATALOG, Catalog, Format
    from .codec import Codec
    from .errors import (
        Corrupt,
        FormatError,
        FrozenChanged,
        LaneDisagreement,
        SchemaRefused,
        ShardproofError,
        Truncated,
        Unverifiable,
        ValueRefused,
    )
    from .oracle import Oracle
    from .place import Place

__all__ = [
    "CATALOG",
    "Catalog",
    "Codec",
    "Corrupt",
    "Format",
    "FormatError",
    "FrozenChanged",
    "LaneDisagreement",
    "Oracle",
    "Place",
    "SchemaRefused",
    "ShardproofError",
    "Truncated",
    "Unverifiable",
    "ValueRefused",
]

_MODULES = {
    "CATALOG": "catalog",
    "Catalog": "catalog",
    "Codec": "codec",
    "Format": "catalog",
    "Oracle": "oracle",
    "Place": "place",
}


def __getattr__(name: str) -> Any:
    """The public name, from its module, imported now."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f".{_MODULES.get(name, 'errors')}", __name__), name)
    globals()[name] = value
    return value
