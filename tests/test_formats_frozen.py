"""A frozen version never changes: who tries is told so, nothing is written, and a new version is named as the way."""

from __future__ import annotations

import hashlib
import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from construct import Int32ul

import corpus
from corpus.samples import SAMPLES
from formats import generated
from formats.catalog import CATALOG, Catalog, Format
from formats.errors import FrozenChanged
from formats.fingerprint import fingerprint
from formats.frozen import FROZEN, refuse_changed
from formats.primitives import Bounded
from roundtrip.command import run
from roundtrip.commands.exits import exit_code_of
from roundtrip.mutants.planting import with_member

#: SHA-256 of the lines of version 1, written down a second time: a line that was edited is no promise.
VERSION_1 = "73f6fe057849811e36fe36e05bef3dd2372ad8cf7c173f2a659376fa8df88cd8"

SCHEMA = "from construct import Byte, Struct\nfrom formats.catalog import Catalog, Format\n"


def planted() -> Catalog:
    """Our catalog after somebody has let a disk have more extents, in version 1."""
    schema = with_member(CATALOG["superblock"].schema, "extent_count", Bounded(Int32ul, 1, 65537))
    changed = replace(CATALOG["superblock"], schema=schema)
    entries = tuple(changed if entry.name == changed.name else entry for entry in CATALOG)
    return Catalog(CATALOG.name, entries)


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_frozen_layouts_are_what_they_were() -> None:
    refuse_changed(CATALOG)


def test_version_1_is_frozen_as_a_whole() -> None:
    lines = {name: found for (name, version), found in FROZEN.items() if version == 1}
    assert set(lines) == {entry.name for entry in CATALOG if entry.version == 1}
    text = "\n".join(f"{name} {found}" for name, found in sorted(lines.items()))
    assert hashlib.sha256(text.encode()).hexdigest() == VERSION_1


def test_changed_layout_of_a_frozen_version_is_refused_and_a_new_version_named() -> None:
    with pytest.raises(FrozenChanged, match=r"superblock version 1 is frozen.*declare it as version 2") as caught:
        refuse_changed(planted())
    assert caught.value.expected == FROZEN["superblock", 1]
    assert caught.value.found == fingerprint(planted()["superblock"].layout)


def test_new_version_beside_a_frozen_one_is_a_draft() -> None:
    second = Format("superblock", 2, planted()["superblock"].schema)
    catalog = Catalog(CATALOG.name, (*CATALOG.formats, second))
    refuse_changed(catalog)
    assert (catalog["superblock"].status, CATALOG["superblock"].status) == ("draft", "frozen")


@pytest.mark.parametrize("words", [("formats", "generate", "--check"), ("check", "--budget", "500ms")], ids=" ".join)
def test_command_is_red_when_a_frozen_layout_has_changed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], words: tuple[str, ...]
) -> None:
    monkeypatch.setattr("formats.catalog.CATALOG", planted())
    assert run(words) == 1
    assert "superblock version 1 is frozen, and its layout has changed" in capsys.readouterr().err


def test_generate_writes_nothing_when_a_frozen_layout_has_changed(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("formats.catalog.CATALOG", planted())
    assert run(["formats", "generate", "--to", str(tmp_path), "--json"]) == 1
    assert json.loads(capsys.readouterr().out)["error"]["type"] == "FrozenChanged"
    assert contents(tmp_path) == {}


def test_users_format_is_frozen_by_its_fingerprint(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    module, target = tmp_path / "frozen_of_user.py", tmp_path / "codecs"
    module.write_text(SCHEMA + "MINE = Catalog('mine', (Format('mine', 1, Struct('x' / Byte), frozen='0' * 64),))\n")
    assert run(["formats", "generate", "--catalog", f"{module}:MINE", "--to", str(target)]) == 1
    assert "mine version 1 is frozen" in capsys.readouterr().err
    assert not target.exists()


@pytest.fixture
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the kept files, in place of ours."""
    folder = tmp_path / "data"
    shutil.copytree(corpus.writable_folder(CATALOG), folder)
    monkeypatch.setattr("corpus.store.own_folder", lambda: folder)
    return folder


def test_regenerate_leaves_every_file_when_a_frozen_layout_has_changed(
    kept: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    before = contents(kept)
    monkeypatch.setattr("formats.catalog.CATALOG", planted())
    assert run(["corpus", "regenerate"]) == 1
    assert "superblock version 1 is frozen" in capsys.readouterr().err
    assert contents(kept) == before


@pytest.mark.parametrize("plant", ["changed", "dropped"])
def test_regenerate_refuses_to_rewrite_or_remove_a_frozen_golden_file(kept: Path, plant: str) -> None:
    before = contents(kept)
    samples = SAMPLES["chunk", 1]
    first, *rest = samples.golden
    other: Any = replace(first, value={**first.value, "part": 2})
    golden = (other, *rest) if plant == "changed" else tuple(rest)
    flaws = tuple(replace(flaw, base=flaw.base or first) for flaw in samples.flaws)
    changed = {**SAMPLES, ("chunk", 1): replace(samples, golden=golden, flaws=flaws)}
    with pytest.raises(corpus.CorpusError, match=r"golden/chunk/v1/.*new version") as caught:
        corpus.regenerate(CATALOG, kept, changed)
    assert (caught.value.problem, exit_code_of(caught.value)) == ("frozen", 2)
    assert contents(kept) == before


def test_list_shows_what_is_frozen_and_what_is_a_draft(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["formats", "list", "--json"]) == 0
    formats = json.loads(capsys.readouterr().out)["formats"]
    frozen = {(one["name"], one["version"]) for one in formats if one["frozen"] == one["fingerprint"]}
    assert frozen == {(one["name"], one["version"]) for one in formats if one["status"] == "frozen"} >= set(FROZEN)
    module = tmp_path / "draft_of_user.py"
    module.write_text(SCHEMA + "MINE = Catalog('mine', (Format('mine', 1, Struct('x' / Byte)),))\n")
    assert run(["formats", "list", "--catalog", f"{module}:MINE"]) == 0
    assert "draft" in capsys.readouterr().out


def test_generated_codec_of_every_frozen_version_is_committed() -> None:
    folder = Path(str(generated.__file__)).parent
    for name, version in FROZEN:
        assert (folder / f"{name.replace('.', '_')}_v{version}.py").is_file()
