"""The engines, and how to import them."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from typing import Final

from .peer import Engine

OURS: Final = "shardproof"


@dataclass(frozen=True)
class Entry:
    """An engine: its module here, its class, and the package that it needs, by import name and as it is installed."""

    name: str
    module: str
    kind: str
    package: str
    distribution: str

    def installed(self) -> bool:
        """Whether its package can be imported."""
        return find_spec(self.package) is not None

    def load(self) -> type[Engine]:
        """The class, imported now."""
        kind: type[Engine] = getattr(import_module(self.module, __package__), self.kind)
        return kind


#: In the order in which they take turns.
ENGINES: Final = (
    Entry(OURS, ".ours", "Ours", "engine", "shardproof"),
    Entry("leveldb", ".leveldb", "LevelDB", "plyvel", "plyvel"),
    Entry("rocksdb", ".rocksdb", "RocksDB", "rocksdict", "rocksdict"),
    Entry("lmdb", ".lmdb", "LMDB", "lmdb", "lmdb"),
    Entry("sqlite", ".sqlite", "SQLite", "sqlite3", ""),
)


def entry_of(name: str) -> Entry:
    """The engine of that name."""
    return next(entry for entry in ENGINES if entry.name == name)
