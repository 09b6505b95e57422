"""The measuring process: one engine and a few tasks, as a JSON file orders them; what it found goes to another.

Each engine and operation has a process of its own, so that peak memory and bytes dirtied are its own, and no engine
inherits another's threads, caches or garbage. Only a quick run does all tasks of an engine in one.
"""

from __future__ import annotations

import json
import shutil
import sys
import traceback
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from .durable import measure_put_durable
from .growth import measure_growth
from .operations import Measured, Task, measure_overwrite, measure_put, measure_put_batch, measure_read
from .peer import Engine, Room
from .planted import slowed
from .registry import OURS, entry_of
from .workload import FULL, QUICK

OPERATIONS: Final[dict[str, Callable[[Task], list[Measured]]]] = {
    "put": measure_put,
    "put_batch": measure_put_batch,
    "put_durable": measure_put_durable,
    "read": measure_read,
    "overwrite": measure_overwrite,
}
GROWTH: Final = "growth"


def main(order_path: str) -> int:
    """Carry out the order in a file."""
    order = json.loads(Path(order_path).read_text(encoding="utf-8"))
    results: list[dict[str, Any]] = []
    failures: list[dict[str, Any]] = []
    for task in order["tasks"]:
        folder = Path(order["folder"]) / "stores"
        folder.mkdir()
        try:
            results += [asdict(one) for one in carry_out(order, task, folder)]
        except Exception as error:  # noqa: BLE001  # foreign code raises what it likes
            where = traceback.extract_tb(error.__traceback__)[-1]
            text = f"{type(error).__name__}: {error} ({Path(where.filename).name}:{where.lineno})"
            failures.append({**task, "reason": text[:500]})
        finally:
            shutil.rmtree(folder, ignore_errors=True)
    answer = {"results": results, "failures": failures}
    Path(order["answer"]).write_text(json.dumps(answer), encoding="utf-8")
    return 0


def carry_out(order: dict[str, Any], wanted: dict[str, Any], folder: Path) -> list[Measured]:
    """One task."""
    kind = entry_of(order["engine"]).load()
    plant = order["plant"] if order["engine"] == OURS else None

    def start(path: Path, room: Room) -> Engine:
        store = kind(path, room)
        return slowed(store, plant) if plant else store

    task = Task(start, folder, wanted["value_size"], QUICK if order["quick"] else FULL, order["seed"])
    if wanted["operation"] == GROWTH:
        return measure_growth(task, wanted["keys"])
    return OPERATIONS[wanted["operation"]](task)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
