"""`--catalog`: catalogs of one's own, and what can be wrong with them."""

from __future__ import annotations

import hashlib
import json
import sys
from pathlib import Path
from typing import Any

import pytest

from formats.catalog import CATALOG, Catalog
from formats.fingerprint import fingerprint
from roundtrip.catalogs import CatalogRefused, load_catalog
from roundtrip.command import run

SCHEMA = "from construct import Byte, Const, Struct\nSCHEMA = Struct('magic' / Const(b'MINE'), 'byte' / Byte)\n"


@pytest.fixture
def written(tmp_path: Path) -> Any:
    """Writes a module; the answer is its name for `--catalog`."""

    def writing(text: str, attribute: str = "NAMES", file: str = "mine.py") -> str:
        (tmp_path / file).write_text(text, encoding="utf-8")
        return f"{tmp_path / file}:{attribute}"

    return writing


def refusal(name: str) -> str:
    """Why a catalog is refused."""
    with pytest.raises(CatalogRefused) as caught:
        load_catalog(name)
    assert str(caught.value).startswith(f"catalog {name}: ")
    return caught.value.reason


def test_no_name_is_our_catalog() -> None:
    assert load_catalog() is CATALOG
    assert load_catalog("formats.catalog:CATALOG") is CATALOG


def test_a_file_is_loaded_once_under_its_own_name(written: Any) -> None:
    """A lock names checksum functions by module: the name must not hold the folder of one machine."""
    name = written(SCHEMA + "NAMES = {'mine': SCHEMA}\n", file="of_one_name.py")
    first = load_catalog(name)
    assert [entry.name for entry in first] == ["mine"]
    assert first.formats[0].schema is sys.modules["of_one_name"].SCHEMA
    assert load_catalog(name).formats[0].schema is first.formats[0].schema


def test_a_file_whose_name_is_taken_has_a_module_name_with_a_digest(written: Any) -> None:
    """`json` is a module of Python's own, which must stay what it is."""
    catalog = load_catalog(written(SCHEMA + "NAMES = {'mine': SCHEMA}\n", file="json.py"))
    module = next(module for module in sys.modules if module.startswith("shardproof_catalog_json_"))
    assert catalog.formats[0].schema is sys.modules[module].SCHEMA
    assert not hasattr(sys.modules["json"], "SCHEMA")


def test_a_file_may_import_its_neighbours(written: Any) -> None:
    written(SCHEMA, file="neighbour_of_mine.py")
    assert len(load_catalog(written("from neighbour_of_mine import SCHEMA\nNAMES = {'mine': SCHEMA}\n"))) == 1


def test_a_module_is_found_in_the_working_folder(written: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written(SCHEMA + "NAMES = {'mine': SCHEMA}\n", file="module_in_folder.py")
    monkeypatch.chdir(tmp_path)
    assert isinstance(load_catalog("module_in_folder:NAMES"), Catalog)


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("nonsense", "expected package.module:NAME"),
        ("a.b:", "expected package.module:NAME"),
        (":NAME", "expected package.module:NAME"),
        ("no.such:NAME", "there is no module 'no'"),
        ("formats.absent:NAME", "there is no module 'formats.absent'"),
        ("absent.py:NAME", "there is no file"),
        ("./absent:NAME", "there is no file"),
        ("a-b:NAME", "no module name"),
        ("formats.catalog:NOPE", "formats.catalog has no NOPE; it has CATALOG"),
        ("formats.errors:RULES", "RULES maps a str to str"),
        ("formats.errors:Path", "Path is a GenericAlias, not a Catalog"),
    ],
)
def test_a_name_that_leads_nowhere_says_where_it_ended(name: str, reason: str) -> None:
    assert reason in refusal(name)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("x = 1\nNAMES = {\n", "line 2: SyntaxError"),
        ("x = 1\n1 / 0\n", "mine.py, line 2: ZeroDivisionError: division by zero"),
        ("import no_such_package\n", "mine.py, line 1: ModuleNotFoundError: No module named 'no_such_package'"),
        ("import sys\nsys.exit(0)\n", "mine.py, line 2: SystemExit: 0"),
        ("def f():\n    raise ValueError('why')\nf()\n", "mine.py, line 2: ValueError: why"),
        ("NAMES = 3\n", "NAMES is a int, not a Catalog"),
        ("NAMES = {'x': 3}\n", "not a name to a Construct schema"),
        ("NAME = {}\n", "has no NAMES"),
    ],
)
def test_an_error_in_a_users_file_names_file_and_line(written: Any, text: str, reason: str) -> None:
    assert reason in refusal(written(text))


def test_a_broken_file_may_be_mended_and_loaded(written: Any) -> None:
    refusal(written("1 / 0\n"))
    assert len(load_catalog(written(SCHEMA + "NAMES = {'mine': SCHEMA}\n"))) == 1


def test_an_unsafe_schema_is_refused_with_path_reason_and_replacement(written: Any) -> None:
    text = "from construct import Byte, GreedyRange, Struct\nNAMES = {'mine': Struct('all' / GreedyRange(Byte))}\n"
    reason = refusal(written(text))
    assert "mine: unsafe" in reason
    assert "all: GreedyRange" in reason
    assert "write" in reason


MALLEABLE = "from construct import Byte, Padding, Struct\nNAMES = {'mine': Struct('byte' / Byte, Padding(3))}\n"


def test_a_malleable_schema_is_reported_and_works(written: Any, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["formats", "list", "--catalog", written(MALLEABLE), "--json"]) == 0
    captured = capsys.readouterr()
    assert captured.err.startswith("note: mine: malleable")
    assert json.loads(captured.out)["formats"][0]["name"] == "mine"


def test_lint_reports_and_refutes(written: Any, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["formats", "lint", "--catalog", written(MALLEABLE), "--json"]) == 0
    (finding,) = json.loads(capsys.readouterr().out)["findings"]
    assert (finding["format"], finding["level"]) == ("mine", "malleable")
    unsafe = "from construct import Byte, GreedyRange\nNAMES = {'mine': GreedyRange(Byte)}\n"
    assert run(["formats", "lint", "--catalog", written(unsafe, file="unsafe.py"), "--json"]) == 1
    assert not json.loads(capsys.readouterr().out)["ok"]


def test_a_schema_that_is_not_understood_is_refused_by_path(written: Any) -> None:
    text = "from construct import Byte, Struct, this\nNAMES = {'mine': Struct('a' / Byte, 'b' / Byte[this.nowhere])}\n"
    assert "mine: " in refusal(written(text))


def test_what_a_users_file_prints_stays_off_standard_output(written: Any, capsys: pytest.CaptureFixture[str]) -> None:
    name = written("print('hello')\n" + SCHEMA + "NAMES = {'mine': SCHEMA}\n")
    assert run(["formats", "list", "--catalog", name, "--json"]) == 0
    captured = capsys.readouterr()
    assert json.loads(captured.out)["ok"]
    assert "hello" in captured.err


def test_a_users_catalog_without_kept_files_says_so(written: Any, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["corpus", "run", "--catalog", written(SCHEMA + "NAMES = {'mine': SCHEMA}\n")]) == 3
    assert "has no kept files" in capsys.readouterr().err


def test_a_users_kept_files_stand_beside_the_catalog(
    written: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    text = (
        SCHEMA + "from formats import Catalog, Format\nNAMES = Catalog('mine', (Format('mine', 1, SCHEMA),), 'kept')\n"
    )
    catalog = load_catalog(name := written(text))
    assert catalog.corpus == str(tmp_path / "kept")
    place, value = {"disk": "00" * 16}, {"byte": 7}
    for kind, data, expected in (
        ("golden", b"MINE\7", {"verdict": "accepted", "value": value}),
        ("rejected", b"YOURS", {"verdict": "refused", "rule": "constant", "path": "magic"}),
    ):
        facts: dict[str, Any] = {
            "kind": kind,
            "format": "mine",
            "version": 1,
            "writer": "a test",
            "why": "so that there is one",
        }
        facts |= {"fingerprint": fingerprint(catalog["mine"].layout), "place": place, "expected": expected}
        facts |= {"sha256": hashlib.sha256(data).hexdigest(), "size_bytes": len(data)}
        facts["features"] = ["byte=inside"] if kind == "golden" else ["rule=constant"]
        file = tmp_path / "kept" / kind / "mine" / "v1" / facts["sha256"][:16]
        file.parent.mkdir(parents=True)
        file.with_suffix(".bin").write_bytes(data)
        file.with_suffix(".json").write_text(json.dumps(facts), encoding="utf-8")
    monkeypatch.chdir("/")
    assert run(["corpus", "run", "--catalog", name, "--json"]) == 0, capsys.readouterr().out
    assert json.loads(capsys.readouterr().out)["files"] == 2
    assert run(["check", "--catalog", name, "--json", "--budget", "500ms", "--law", "D7"]) == 0
    assert json.loads(capsys.readouterr().out)["counts"]["corpus_files"] == 2


def test_a_users_codec_is_generated_where_it_is_told(written: Any, tmp_path: Path) -> None:
    name, folder = written(SCHEMA + "NAMES = {'mine': SCHEMA}\n"), tmp_path / "out"
    arguments = ["formats", "generate", "--catalog", name, "--to", str(folder)]
    assert run([*arguments, "--check"]) == 1
    assert not folder.exists()
    assert run(arguments) == 0
    assert [path.name for path in folder.iterdir()] == ["mine_v1.py"]
    assert run([*arguments, "--check"]) == 0


def test_our_generated_codecs_are_what_the_schemas_give() -> None:
    assert run(["formats", "generate", "--check"]) == 0


@pytest.mark.parametrize("what", ["--source", "--ksy", "--svg"])
def test_show_prints_what_follows_from_a_schema(written: Any, capsys: pytest.CaptureFixture[str], what: str) -> None:
    for arguments in (["chunk"], ["mine", "--catalog", written(SCHEMA + "NAMES = {'mine': SCHEMA}\n")]):
        assert run(["formats", "show", *arguments, what]) == 0
        text = capsys.readouterr().out
        assert run(["formats", "show", *arguments, what, "--json"]) == 0
        report = json.loads(capsys.readouterr().out)
        assert report["text"].rstrip("\n") == text.rstrip("\n") != ""


def test_show_json_is_the_byte_map(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["formats", "show", "chunk@1", "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["context"] == ["disk", "extent", "generation", "offset"]
    first, *_, last = report["fields"]
    assert (first["path"], first["offset"], first["size"], first["derived"]) == ("magic", 0, 2, True)
    assert (last["path"], last["offset"], last["size"]) == ("tag", "41 + key_length + payload_length", 8)
