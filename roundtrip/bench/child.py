"""The measuring process: prepares the lanes, runs the suite through pytest, writes what it found as JSON.

A process of its own, so that no progress bar, no collected garbage and no other plug-in of pytest disturbs the
measurement. It is told what to do by a JSON file and reports progress as lines on standard output.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, TextIO

from . import suite
from .allocation import lookup_growth
from .machine import machine
from .plan import Group, make_plan
from .turns import FULL, QUICK, turns


def main(order_path: str) -> int:
    """Carry out the order in a file; the answer is pytest's exit code (0, or 5 where there was nothing to run)."""
    order = json.loads(Path(order_path).read_text(encoding="utf-8"))
    folder = Path(order["folder"])
    channel = os.fdopen(os.dup(1), "w", encoding="utf-8", buffering=1)
    with (folder / "pytest.log").open("w", encoding="utf-8") as log:
        os.dup2(log.fileno(), 1)  # whatever pytest and plug-ins print is kept for diagnosis
        os.dup2(log.fileno(), 2)
        return carry_out(order, folder, channel)


def carry_out(order: dict[str, Any], folder: Path, channel: TextIO) -> int:
    """Prepare, measure, write `plan.json` and (by pytest-benchmark) `benchmarks.json`."""

    def tell(text: str, done: int = 0, total: int = 0) -> None:
        channel.write(json.dumps([text, done, total]) + "\n")

    plan = make_plan(order["catalog"], order["seed"], lambda name: tell(f"prove {name}"))
    wanted = order["groups"]
    groups = [group for group in plan.groups if wanted is None or group.key in wanted]
    pace = QUICK if order["quick"] else FULL
    pace = replace(pace, rounds=order["rounds"] or pace.rounds)
    facts = {
        "not_run": plan.not_run,
        "findings": plan.findings,
        "lanes": [lane_facts(group) for group in groups],
        "growth": [growth for group in groups if (growth := lookup_growth(group, order["seed"]))],
        "machine": machine(),
    }
    (folder / "plan.json").write_text(json.dumps(facts), encoding="utf-8")
    return run_pytest(list(turns(groups, pace)), folder, tell) if groups else 5


def lane_facts(group: Group) -> dict[str, Any]:
    """What the report says of the lanes of a group."""
    lanes = {
        lane.name: {"checks": lane.checks, "same_bytes": lane.same_bytes, "note": lane.note} for lane in group.lanes
    }
    return {
        "format": group.format,
        "version": group.version,
        "operation": group.operation,
        "size_bytes": group.size_bytes,
        "lanes": lanes,
    }


def run_pytest(prepared: list[Any], folder: Path, tell: Callable[[str, int, int], None]) -> int:
    """Run the suite over the turns."""
    import pytest  # noqa: PLC0415  # an extra: `runner` has looked whether it is there

    class Turns:
        """Hands the turns to the suite, counts them, and keeps pytest-benchmark from looking around."""

        done = 0

        def pytest_generate_tests(self, metafunc: Any) -> None:
            metafunc.parametrize("turn", prepared, ids=str)

        def pytest_runtest_logfinish(self) -> None:
            turn = prepared[min(self.done, len(prepared) - 1)]
            self.done += 1
            tell(f"measure {turn.group.key}", self.done, len(prepared))

        def pytest_benchmark_generate_machine_info(self) -> dict[str, Any]:
            return machine()

        def pytest_benchmark_generate_commit_info(self) -> dict[str, Any]:
            return {}

    (folder / "pytest.ini").write_text("[pytest]\n", encoding="utf-8")
    arguments = [
        str(suite.__file__),
        f"-c={folder / 'pytest.ini'}",
        f"--rootdir={folder}",
        "--noconftest",
        "--import-mode=importlib",
        "-q",
        "-p",
        "no:cacheprovider",
        "-p",
        "pytest_benchmark.plugin",
        "--benchmark-only",
        "--benchmark-disable-gc",
        "--benchmark-quiet",
        f"--benchmark-storage=file://{folder}",
        f"--benchmark-json={folder / 'benchmarks.json'}",
    ]
    return int(pytest.main(arguments, plugins=[Turns()]))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
