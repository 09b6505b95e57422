"""Around `validate`: where findings stand, the log of a format, acceptance of ours, the hook and the workflow."""

from __future__ import annotations

import json
import re
import shlex
import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from construct import Int8ul

import corpus
from corpus.golden import generate
from corpus.samples.model import PLACE
from formats.catalog import CATALOG, Catalog
from formats.extent_header import OWNERS
from formats.fingerprint import fingerprint
from formats.frozen import own_lock
from formats.locking import Lock, lock_of, write_lock
from formats.primitives import ClosedEnum
from roundtrip.catalogs import load_catalog
from roundtrip.command import run
from roundtrip.commands.validate import command
from roundtrip.evolution.report import FieldChange, Finding
from roundtrip.evolution.schemas import rewritten
from roundtrip.validation.comparing import compare, home_of
from roundtrip.validation.history import history_of, markdown
from roundtrip.validation.judging import ALL_RULES
from roundtrip.validation.source_lines import spots

ROOT = Path(__file__).parent.parent
LEDGER, LEDGER_NEXT = ROOT / "docs/examples/ledger.py", ROOT / "docs/examples/ledger_next.py"


@pytest.fixture(autouse=True)
def modules_are_forgotten() -> Iterator[None]:
    before = set(sys.modules)
    yield
    for name in set(sys.modules) - before:
        del sys.modules[name]


def line_of(path: Path, text: str) -> int:
    """The number of the first line that holds a text."""
    return next(number for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1) if text in line)


# --- where a finding stands ------------------------------------------------------------------------------------------


def found(name: str, *, old: int | None = 1, new: int | None = 1, field: str = "") -> Finding:
    changes = (FieldChange((field,), (field,), "changed"),) if field else ()
    return Finding("field-resized", name, (old, new), "error", "something", changes)


@pytest.mark.parametrize(
    ("finding", "text"),
    [
        (found("entry", field="amount"), '"amount" / Int64ul'),
        (found("entry"), "ENTRY = Frame("),
        (found("entry", field="nowhere"), "ENTRY = Frame("),
        (found("entry", new=2, field="currency"), '"currency" / Bytes(3)'),
        (found("entry", new=2), "ENTRY_2 = Frame("),
    ],
)
def test_finding_stands_at_the_field_or_the_schema(finding: Finding, text: str) -> None:
    spot = spots(load_catalog(f"{LEDGER_NEXT}:CATALOG"), None)(finding)
    assert spot is not None
    assert Path(spot.file).resolve().name == LEDGER_NEXT.name
    assert spot.line == line_of(LEDGER_NEXT, text)


def test_finding_stands_in_the_part_that_holds_the_field() -> None:
    path = ROOT / "docs/examples/leveldb_log.py"
    spot = spots(load_catalog(f"{path}:CATALOG"), None)(found("log", field="type"))
    assert spot is not None
    assert spot.line == line_of(path, '"type" /')


def test_finding_about_one_of_ours_stands_in_its_module() -> None:
    spot = spots(CATALOG, None)(found("superblock", field="sequence"))
    assert spot is not None
    assert spot.file.endswith("formats/superblock.py")


def test_schema_without_a_name_stands_at_its_entry_in_the_catalog(tmp_path: Path) -> None:
    path = tmp_path / "nameless.py"
    text = "from construct import Byte\nNAMES = {\n    'other': Byte,\n    'mine': ('x' / Byte),\n}\n"
    path.write_text(text, encoding="utf-8")
    spot = spots(load_catalog(f"{path}:NAMES"), None)(found("mine"))
    assert spot is not None
    assert (Path(spot.file), spot.line) == (path, 4)


def test_what_is_gone_stands_at_its_block_in_the_lock(tmp_path: Path) -> None:
    lock = tmp_path / "formats.lock"
    lock.write_text(write_lock(own_lock()), encoding="utf-8")
    spot = spots(load_catalog(f"{LEDGER}:CATALOG"), lock)(found("superblock", new=None))
    assert spot is not None
    assert (Path(spot.file), spot.line) == (lock, line_of(lock, "format superblock 1"))


# --- the log of a format ---------------------------------------------------------------------------------------------


def test_log_says_what_changed_since_when_and_who_reads_it() -> None:
    catalog = load_catalog(f"{LEDGER_NEXT}:CATALOG")
    first, second = (
        replace(entry, since=since) for entry, since in zip(lock_of(catalog, since="x"), ("1.0", "2.0"), strict=True)
    )
    text = markdown([history_of([second, first])])
    assert "**Version 1**, since release 1.0: the first." in text
    assert "**Version 2**, since release 2.0:" in text
    assert "- `field-added`: `currency` is new (bytes 20..23)." in text
    assert "Upgrade every reader first" in text
    assert "| version 1 | full | refuse |\n| version 2 | refuse | full |" in text


def test_log_is_made_of_the_lock_alone_and_is_always_the_same() -> None:
    entries = list(lock_of(load_catalog(f"{LEDGER_NEXT}:CATALOG"), since="1"))
    assert markdown([history_of(entries)]) == markdown([history_of(list(reversed(entries)))])
    assert markdown([]) == ""


def test_every_page_of_ours_has_the_log_of_every_locked_version() -> None:
    for entry in own_lock():
        page = (ROOT / f"docs/formats/{entry.name.split('.')[0]}.md").read_text(encoding="utf-8")
        section = page.partition("\n## History\n")[2]
        assert f"**Version {entry.version}**, since release {entry.since}" in section
        assert entry.name in section or f"# `{entry.name}`" in page


def test_every_rule_is_documented() -> None:
    text = (ROOT / "docs/rules.md").read_text(encoding="utf-8")
    assert set(re.findall(r"^\| `([a-z-]+)`", text, re.MULTILINE)) == set(ALL_RULES)


# --- changes of ours -------------------------------------------------------------------------------------------------


def test_changed_schema_of_ours_is_judged_by_a_codec_of_its_own() -> None:
    """The committed codec is that of the old schema: beside the new oracle it would look like a bug of ours."""

    def change(names: tuple[str, ...], _schema: Any) -> Any:
        fewer = {name: number for name, number in OWNERS.items() if name != "index"}
        return ClosedEnum(Int8ul, **fewer) if names == ("owner",) else None

    before = CATALOG["extent_header"]
    after = replace(before, schema=rewritten(before.schema, change))
    home = home_of(Catalog("planted", (after,)), None, lock=ROOT / "formats/formats.lock")
    comparison = compare(home, None, only="extent_header")
    assert before.generated
    rules = {finding.rule for finding in comparison.run(seed=0).findings}
    assert rules == {"version-reused", "enum-member-removed"}


# --- acceptance of ours ----------------------------------------------------------------------------------------------


@pytest.fixture
def ours(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Path, Path]:
    """A lock of ours and a folder of kept files, both without the extent header."""
    folder, lock = tmp_path / "data", tmp_path / "formats.lock"
    shutil.copytree(corpus.writable_folder(CATALOG), folder)
    for kind in ("golden", "rejected", "resealed"):
        shutil.rmtree(folder / kind / "extent_header")
    monkeypatch.setattr("corpus.store.own_folder", lambda: folder)
    every = lock_of(CATALOG, since="0.0.9")
    lock.write_text(write_lock(Lock(tuple(one for one in every if one.name != "extent_header"))), encoding="utf-8")
    return lock, folder


def files_of(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_accepting_one_of_ours_keeps_the_files_of_its_samples(
    ours: tuple[Path, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    lock, folder = ours
    assert run(["validate", "--accept", "--against", str(lock), "--format", "extent_header", "--json"]) == 0
    accepted = json.loads(capsys.readouterr().out)["accepted"]
    assert accepted["added"] == [{"format": "extent_header", "version": 1}]
    assert files_of(folder) == files_of(corpus.writable_folder(CATALOG)) | files_of(folder)
    samples = generate(CATALOG)["extent_header", 1]
    made = {f"{entry.identity}{suffix}" for entry in samples for suffix in (".bin", ".json")}
    assert {path for path in files_of(folder) if "/extent_header/" in path} == made
    block = lock.read_text(encoding="utf-8").partition("format extent_header 1\n")[2]
    assert f"  fingerprint {fingerprint(CATALOG['extent_header'].layout)}\n" in block
    assert re.match(r"  since \d+\.\d+\.\d+\n", block)


def test_accepting_one_of_ours_refuses_files_of_other_samples(
    ours: tuple[Path, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    lock, folder = ours
    text = lock.read_text(encoding="utf-8")
    entry = corpus.entry_of(
        CATALOG["extent_header"], b"no frame", why="no sample makes this", writer="shardproof 0 oracle", place=PLACE
    )
    corpus.add(folder, entry)
    assert run(["validate", "--accept", "--against", str(lock), "--format", "extent_header"]) == 2
    assert "run `shardproof corpus regenerate` first" in capsys.readouterr().err
    assert lock.read_text(encoding="utf-8") == text


# --- hook and workflow -----------------------------------------------------------------------------------------------


def commands_in(path: Path, pattern: str) -> list[list[str]]:
    """The options of every `shardproof validate` in a file."""
    lines = re.findall(pattern, path.read_text(encoding="utf-8"), re.MULTILINE)
    return [shlex.split(line.partition("shardproof validate")[2]) for line in lines]


def parsed(options: list[str]) -> Callable[..., object]:
    """Options that the command understands; click refuses others."""
    command.make_context("validate", list(options))
    return command.make_context


def test_hook_runs_a_command_that_there_is() -> None:
    path = ROOT / ".pre-commit-hooks.yaml"
    (options,) = commands_in(path, r"^  entry: (.*)$")
    parsed([*options, "--catalog", "yours/formats.py:CATALOG"])
    text = path.read_text(encoding="utf-8")
    assert "- id: shardproof-validate\n" in text
    assert "  pass_filenames: false\n" in text
    (files,) = re.findall(r"^  files: (.*)$", text, re.MULTILINE)
    assert all(re.search(files, name) for name in ("a/b.py", "formats/formats.lock", "waivers.toml"))


def test_workflow_runs_commands_that_there_are_and_quotes_what_others_name() -> None:
    path = ROOT / "docs/examples/validate.yml"
    found_commands = commands_in(path, r"run: (shardproof .*)$")
    assert len(found_commands) == 2
    for options in found_commands:
        parsed(options)
    assert all("${{" not in word for options in found_commands for word in options), "a branch's name is no shell"
