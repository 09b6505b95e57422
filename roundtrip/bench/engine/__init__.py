"""What the engine costs, beside LevelDB, RocksDB, LMDB and SQLite: `shardproof bench engine`."""

from .report import EngineReport
from .runner import run

__all__ = ["EngineReport", "run"]
