"""`shardproof exhaust`: what it prints, and what it exits with."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner, Result

import corpus
from formats.catalog import CATALOG
from roundtrip.commands.exhaust import PART_NAMES, command
from roundtrip.commands.exits import NOTHING_TESTED, PROVED, REFUTED
from roundtrip.exhaustive import PARTS

SMALL = ("damage", "--format", "lsm_page.footer", "--seed", "7", "--workers", "1")

#: Bytes of all golden footers.
SIZE = sum(
    entry.sidecar.size_bytes
    for entry in corpus.load(corpus.own_folder(), CATALOG)
    if (entry.sidecar.kind, entry.sidecar.format) == ("golden", "lsm_page.footer")
)


def exhaust(*arguments: str) -> tuple[object, Result]:
    result = CliRunner().invoke(command, [*arguments], standalone_mode=False)
    return result.return_value, result


def test_command_knows_every_part() -> None:
    assert tuple(PARTS) == PART_NAMES


def test_a_proof_prints_seed_table_and_verdict() -> None:
    code, result = exhaust(*SMALL)
    assert code == PROVED
    assert result.stdout.startswith("seed 7\ndamage: every flip of one bit")
    assert f"{8 * SIZE:,}" in result.stdout
    assert result.stdout.splitlines()[-1].startswith(f"proved: {9 * SIZE:,} damaged files")


def test_json_has_stable_keys() -> None:
    code, result = exhaust(*SMALL, "--json")
    report = json.loads(result.stdout)
    assert code == PROVED
    assert list(report) == ["ok", "catalog", "seed", "parts", "findings", "not_run", "seconds"]
    assert list(report["parts"]["damage"]) == ["count", "complete", "totals", "formats", "rows", "seconds"]
    assert report["parts"]["damage"]["formats"]["lsm_page.footer"]["bit_flips"] == 8 * SIZE


def test_a_planted_bug_is_a_finding_with_its_command() -> None:
    arguments = ("damage", "--format", "chunk", "--only", "a28154616174e2cb", "--seed", "7", "--workers", "1")
    code, result = exhaust(*arguments, "--plant", "repaired-bit", "--json")
    assert code == REFUTED
    commands = {finding["command"] for finding in json.loads(result.stdout)["findings"]}
    again = "shardproof exhaust damage --format chunk --seed 7 --plant repaired-bit --only a28154616174e2cb"
    assert commands == {again}


def test_no_time_is_not_green() -> None:
    code, result = exhaust(*SMALL, "--only", "nothing has this name")
    assert code == NOTHING_TESTED
    assert "nothing was tested: damage" in result.stdout


@pytest.mark.parametrize("arguments", [("everything",), ("--plant", "no-such-bug"), ("--format", "no-such-format")])
def test_what_there_is_not_is_refused(arguments: tuple[str, ...]) -> None:
    _, result = exhaust(*arguments)
    assert result.exception is not None
    assert "there" in str(result.exception) or "has no format" in str(result.exception)
