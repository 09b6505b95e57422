"""How things are called in the report."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def size_name(size: int) -> str:
    """A size in bytes: 100 B, 4 KiB, 1 MiB."""
    for unit, name in ((2**20, "MiB"), (2**10, "KiB")):
        if size >= unit and size % unit == 0:
            return f"{size // unit} {name}"
    return f"{size} B"


def task_name(task: Mapping[str, Any]) -> str:
    """An operation with its value size, or its number of keys where the store grows."""
    keys = task.get("keys")
    place = size_name(task["value_size"]) if keys is None else f"{keys:,} keys"
    return f"{task['operation'].replace('_', ' ')} {place}"


def megabytes(size: float) -> str:
    """A size in MB."""
    return f"{size / 1e6:,.0f} MB" if size >= 1e7 else f"{size / 1e6:.1f} MB"
