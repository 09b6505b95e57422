"""Fuzzing formats with checksum functions of their own: what raises, what changes between runs, what lies inside."""

from __future__ import annotations

import importlib
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

import pytest

from formats import Format
from roundtrip.catalogs import load_catalog
from roundtrip.command import run
from roundtrip.fuzzing.canary import canary_of
from roundtrip.fuzzing.failure import TYPED

ROOT: Final = str(Path(__file__).resolve().parents[1])
SCHEMA: Final = """
import construct as c
from formats import Catalog, Format

def total(data):
    {line}
    return sum(data) & 0xFFFF

BODY = c.Struct("kind" / c.OneOf(c.Int16ub, [1, 2]), "amount" / c.Int32ub)
FRAME = c.Struct("body" / c.RawCopy(BODY), "total" / c.Checksum(c.Int16ub, total, c.this.body.data))
CATALOG = Catalog("bills", (Format("bill", 1, FRAME, "a bill"),))
"""
RAISES: Final = 'if data[5] == 7: raise ValueError("boom")'
FUZZ: Final = ("fuzz", "--inputs", "20000", "--seed", "1", "--workers", "1", "--no-promote", "--json")


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def fuzzed(line: str) -> tuple[int, dict[str, Any], str]:
    """What a process says that fuzzes the catalog, in the one folder of all runs; its checksum begins with a line."""
    Path("bills.py").write_text(SCHEMA.format(line=line), encoding="utf-8")
    command = [
        sys.executable,
        "-c",
        "from roundtrip.command import main; main()",
        *FUZZ,
        "--catalog",
        "bills.py:CATALOG",
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env={**os.environ, "PYTHONPATH": ROOT})
    return done.returncode, json.loads(done.stdout), done.stderr


def bill(name: str, line: str) -> Format:
    Path(f"{name}.py").write_text(SCHEMA.format(line=line), encoding="utf-8")
    importlib.invalidate_caches()
    return load_catalog(f"{name}.py:CATALOG")["bill"]


def test_checksum_that_raises_is_a_finding_of_the_lane_that_raised() -> None:
    code, found, _ = fuzzed(RAISES)
    assert code == 1
    assert {one["law"] for one in found["findings"]} == {TYPED}
    texts = sorted(Path(".shardproof/fuzz/findings").glob("*.finding"))
    assert len(texts) == len(found["findings"])
    assert run(["replay", str(texts[0])]) == 1


def test_a_changed_checksum_function_makes_finished_blocks_useless() -> None:
    code, found, _ = fuzzed("pass")
    assert (code, found["inputs_now"] > 0) == (0, True)
    code, found, told = fuzzed(RAISES)
    assert (code, found["inputs_now"] > 0) == (1, True)
    assert "blocks in .shardproof/fuzz/ledger.jsonl were not used" in told


def test_canaries_lie_inside_structs_too() -> None:
    names = {canary_of(bill("inside", "pass"), seed).name for seed in range(20)}
    assert names == {"canary-value-body.kind", "canary-order-body.amount"} | (names & {"canary-order-total"})
