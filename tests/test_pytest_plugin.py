"""The pytest plugin: a user's catalog and kept files as tests in their own run, which fail in words that help."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

import corpus
import roundtrip.pytest_plugin.plugin  # noqa: F401  # loaded here once, and not anew in every run inside this process

pytest_plugins = ["pytester"]

CATALOG = """
from construct import Bytes, Int8ub, Int32ub, this
from formats import Catalog, Format
from formats.primitives import ClosedEnum, Crc32c, Frame, Length, Magic

NOTE = Frame(
    "magic" / Magic(b"NOTE"),
    "kind" / ClosedEnum(Int8ub, plain=1, urgent=2),
    "size" / Length(Int8ub, of="text", maximum=255),
    "text" / Bytes(this.size),
    "checksum" / Crc32c(covers=("kind", "size", "text")),
)
CATALOG = Catalog("notes", (Format("note", 1, NOTE, "a note"),), corpus="kept")
BARE = Catalog("bare", (Format("note", 1, NOTE, "a note"),))
EMPTY = {}
"""
#: The generated decoder forgets the checksum.
WRONG = """
from formats.codec import Codec
from formats import compiler
note = CATALOG["note"]
source = note.source.replace("if checksum != ", "if False and checksum != ")
assert source != note.source
note.__dict__["codec"] = Codec(note.oracle, compiler.load(source, "wrong_note"), source)
"""
QUICK = ("--shardproof-budget", "100ms", "-p", "no:benchmark", "-p", "no:cacheprovider", "-W", "error")
LAW_COUNT = 10


@pytest.fixture
def user(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    """A user's folder: a catalog, its kept files, and a test of their own."""
    monkeypatch.delenv("SHARDPROOF_SEED", raising=False)
    monkeypatch.delenv("PYTEST_ADDOPTS", raising=False)
    pytester.makepyfile(notes=CATALOG, test_own="def test_of_the_user(): pass")
    keep(pytester.path)
    return pytester


def keep(folder: Path) -> list[str]:
    """Keep an accepted and two refused notes; the answer is where they stand."""
    scope: dict[str, Any] = {}
    exec(CATALOG, scope)  # noqa: S102  # the user's module, without a trace of it in this process
    note = scope["CATALOG"]["note"]
    data = note.oracle.encode({"kind": "urgent", "text": b"hello"})
    resealed = note.oracle.encode({"kind": "plain", "text": b""}).replace(b"NOTE", b"NOPE")
    words = {"why": "Kept for a test of the plugin.", "writer": "a test"}
    entries = [corpus.entry_of(note, one, **words) for one in (data, data[:-1] + b"?", resealed)]  # type: ignore[arg-type]
    for entry in entries:
        corpus.add(folder / "kept", entry)
    return [entry.identity for entry in entries]


def run(user: pytest.Pytester, *arguments: str, catalog: str = "notes.py:CATALOG") -> pytest.RunResult:
    return user.runpytest_inprocess(*QUICK, "--shardproof-catalog", catalog, *arguments)


def test_every_law_and_every_kept_file_is_a_test_beside_the_users_own(user: pytest.Pytester) -> None:
    result = run(user, "-v")
    result.assert_outcomes(passed=1 + LAW_COUNT + 1 + 3)
    identities = [path.relative_to(user.path / "kept").with_suffix("") for path in user.path.rglob("*.bin")]
    expected = ["shardproof::note::round_trip", *(f"shardproof::kept::{one.as_posix()}" for one in identities)]
    result.stdout.fnmatch_lines_random([f"{one} PASSED*" for one in (*expected, "test_own.py::test_of_the_user")])
    result.stdout.fnmatch_lines(["shardproof: catalog notes.py:CATALOG (1 format), 10 laws, seed 0"])


def test_broken_law_fails_with_what_where_expected_found_and_the_command(user: pytest.Pytester) -> None:
    user.makepyfile(notes=CATALOG + WRONG)
    result = run(user, "--shardproof-laws", "every_bit_owned,D4", "-k", "D6 or D4")
    result.assert_outcomes(failed=1, passed=1)
    result.stdout.fnmatch_lines(
        [
            "note breaks law D6, every bit owned",
            "  where    *",
            "  expected *",
            "  found    *flipped: the fast lane accepted*",
            "  bytes    *",
            "  again    shardproof replay --catalog notes.py:CATALOG --format note --law D6*",
            "FAILED shardproof::note::every_bit_owned - *note breaks law D6*",
        ]
    )
    result.stdout.no_fnmatch_line("*Traceback*")
    result.stdout.no_fnmatch_line("*roundtrip/*.py*")


def test_command_of_a_failure_shows_it_again(user: pytest.Pytester) -> None:
    user.makepyfile(notes=CATALOG + WRONG)
    lines = run(user, "--shardproof-laws", "D6", "-k", "D6").outlines
    command = next(line for line in lines if line.startswith("  again")).split()[2:]
    done = subprocess.run(
        [sys.executable, "-m", "roundtrip", *command[1:]], cwd=user.path, capture_output=True, check=False
    )
    assert done.returncode == 1


def test_kept_file_that_is_read_otherwise_fails_and_names_reader_and_command(user: pytest.Pytester) -> None:
    user.makepyfile(notes=CATALOG + WRONG)
    result = run(user, "-k", "kept")
    result.assert_outcomes(failed=1, passed=3)
    result.stdout.fnmatch_lines(
        [
            "kept file rejected/note/v1/* is not as expected: verdict",
            "  reader   fast",
            "  expected refused (checksum at checksum)",
            "  found    accepted",
            "  again    shardproof corpus run --catalog notes.py:CATALOG --only rejected/note/v1/*",
        ]
    )


def test_damaged_kept_file_fails_alone(user: pytest.Pytester) -> None:
    path = min((user.path / "kept" / "golden").rglob("*.bin"))
    path.write_bytes(b"?" + path.read_bytes()[1:])
    result = run(user, "-k", "kept")
    result.assert_outcomes(failed=1, passed=3)
    result.stdout.fnmatch_lines([f"FAILED shardproof::kept::golden/note/v1/{path.stem} - *"])


def test_stray_and_missing_files_fail_the_folder(user: pytest.Pytester) -> None:
    (user.path / "kept" / "notes.txt").write_text("?")
    for path in (user.path / "kept" / "golden").rglob("*.*"):
        path.unlink()
    result = run(user, "-k", "folder")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        ["the folder of kept files is not as expected: corpus", "  where    notes.txt", "  where    golden/note/v1"]
    )


def test_corpus_without_files_is_no_success(user: pytest.Pytester) -> None:
    for path in (user.path / "kept").rglob("*.*"):
        path.unlink()
    run(user, "-k", "kept").assert_outcomes(failed=1)
    user.path.joinpath("kept").rename(user.path / "elsewhere")
    run(user, "-k", "kept").assert_outcomes(failed=1)


def test_catalog_without_a_corpus_is_reported(user: pytest.Pytester) -> None:
    result = run(user, "-rs", "-k", "kept", catalog="notes.py:BARE")
    result.assert_outcomes(skipped=1)
    result.stdout.fnmatch_lines(["SKIPPED*no kept file was read: catalog bare names no folder*"])


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--shardproof-catalog", "notes.py:NOTHING"], "has no NOTHING; it has BARE, CATALOG"),
        (["--shardproof-catalog", "nowhere.py:CATALOG"], "there is no file"),
        (["--shardproof-catalog", "nowhere:CATALOG"], "there is no module 'nowhere'"),
        (["--shardproof-catalog", "notes"], "expected package.module:NAME"),
        (["--shardproof-catalog", "notes.py:EMPTY"], "holds no format"),
        (["--shardproof-catalog", "notes.py:BARE", "--shardproof-catalog", "notes.py:BARE"], "named twice"),
        (["--shardproof-catalog", "notes.py:BARE", "--shardproof-laws", "D11"], "there is no law 'd11'"),
        (["--shardproof-catalog", "notes.py:BARE", "--shardproof-seed", "x"], "no whole number"),
        (["--shardproof-catalog", "notes.py:BARE", "--shardproof-budget", "0s"], "no duration"),
        (["--shardproof-catalog", "notes.py:BARE", "shardproof::none"], "there is no test shardproof::none"),
    ],
)
def test_wrong_settings_are_one_clear_line(user: pytest.Pytester, arguments: list[str], words: str) -> None:
    result = user.runpytest_inprocess("-p", "no:benchmark", *arguments)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    (line,) = [line for line in (*result.errlines, *result.outlines) if line.startswith("ERROR: ")]
    assert line.startswith("ERROR: shardproof: ")
    assert words in line


def test_test_of_ours_is_run_by_its_id(user: pytest.Pytester) -> None:
    run(user, "shardproof::note::exact").assert_outcomes(passed=1)
    run(user, "shardproof::note", "test_own.py").assert_outcomes(passed=1 + LAW_COUNT)


def test_tests_are_chosen_by_law_number_and_by_marker(user: pytest.Pytester) -> None:
    run(user, "-k", "D4").assert_outcomes(passed=1, deselected=1 + LAW_COUNT - 1 + 4)
    run(user, "-m", "not shardproof", "--strict-markers").assert_outcomes(passed=1, deselected=LAW_COUNT + 4)


def test_collecting_tries_nothing(user: pytest.Pytester) -> None:
    user.makepyfile(notes=CATALOG + WRONG)
    result = run(user, "--collect-only", "-q")
    assert result.ret == 0
    result.stdout.fnmatch_lines_random(["shardproof::note::lanes_agree", "shardproof::kept::folder"])


def test_junit_report_holds_the_words_of_a_failure(user: pytest.Pytester) -> None:
    user.makepyfile(notes=CATALOG + WRONG)
    run(user, "--junitxml=report.xml", "--shardproof-laws=D6", "-k", "D6")
    (case,) = ET.parse(user.path / "report.xml").iter("testcase")  # noqa: S314  # our own file
    assert (case.get("classname"), case.get("name")) == ("shardproof.note", "every_bit_owned")
    (failure,) = case.iter("failure")
    assert "shardproof replay" in (failure.text or "")


def test_several_catalogs_are_told_apart(user: pytest.Pytester) -> None:
    result = run(user, "--shardproof-catalog", "notes.py:BARE", "--collect-only", "-q")
    result.stdout.fnmatch_lines_random(
        ["shardproof::notes.py:CATALOG::note::exact", "shardproof::notes.py:BARE::note::exact"]
    )


def test_seed_of_the_run_decides_what_is_tried(user: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    run(user, "--shardproof-seed", "7", "--co").stdout.fnmatch_lines(["shardproof: *seed 7"])
    monkeypatch.setenv("SHARDPROOF_SEED", "8")
    run(user, "--co").stdout.fnmatch_lines(["shardproof: *seed 8"])
    (line,) = [
        line for line in run(user, "--shardproof-seed", "random", "--co").outlines if line.startswith("shardproof:")
    ]
    assert line.rsplit(maxsplit=1)[1] not in {"0", "7", "8"}


def test_ini_file_names_the_catalog_also_from_a_folder_below(user: pytest.Pytester) -> None:
    user.makeini(
        "[pytest]\nshardproof_catalog = notes.py:CATALOG\nshardproof_laws = exact\nshardproof_budget = 100ms\n"
    )
    user.runpytest_inprocess("-p", "no:benchmark").assert_outcomes(passed=1 + 1 + 4)
    user.mkdir("below")
    user.chdir()
    done = user.runpytest_inprocess("-p", "no:benchmark", "--rootdir", str(user.path), "below", "-c", "tox.ini")
    done.assert_outcomes(passed=1 + 4)


def test_single_file_of_the_user_is_run_alone_and_that_is_said(user: pytest.Pytester) -> None:
    user.makeini("[pytest]\nshardproof_catalog = notes.py:CATALOG\n")
    result = user.runpytest_inprocess("-p", "no:benchmark", "test_own.py::test_of_the_user")
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["shardproof: its tests are left out, because single files or tests were named"])


def test_catalog_in_src_works_in_importlib_mode(user: pytest.Pytester) -> None:
    (user.mkdir("src") / "mine").mkdir()
    (user.path / "notes.py").rename(user.path / "src" / "mine" / "notes.py")
    user.makeini(
        "[pytest]\npythonpath = src\naddopts = --import-mode=importlib\nshardproof_catalog = mine.notes:BARE\n"
    )
    user.makepyfile(test_own="from mine.notes import BARE\ndef test_of_the_user(): assert len(BARE) == 1")
    result = user.runpytest_subprocess(*QUICK, "--shardproof-laws", "D4,D7")
    result.assert_outcomes(passed=1 + 2, skipped=1)


@pytest.mark.slow
def test_workers_of_xdist_agree_and_report_the_words(user: pytest.Pytester) -> None:
    user.makepyfile(notes=CATALOG + WRONG)
    result = user.runpytest_subprocess(
        *QUICK,
        "--shardproof-catalog",
        "notes.py:CATALOG",
        "--shardproof-laws",
        "D4,D6",
        "--shardproof-seed=random",
        "-n2",
    )
    result.assert_outcomes(passed=1 + 1 + 3, failed=2)
    result.stdout.fnmatch_lines(["note breaks law D6, every bit owned"])


def test_plugin_loads_nothing_of_ours_until_a_catalog_is_named(user: pytest.Pytester) -> None:
    user.makepyfile(
        test_own="import sys\ndef test_of_the_user():\n"
        "    ours = ('formats', 'engine', 'corpus', 'roundtrip', 'construct', 'shardproof_guard')\n"
        "    assert 'shardproof_pytest' in sys.modules\n"
        "    assert not [name for name in sys.modules if name.partition('.')[0] in ours]\n"
    )
    user.runpytest_subprocess().assert_outcomes(passed=1)


def test_shadowed_import_name_breaks_nobodys_tests_and_is_named_where_it_matters(user: pytest.Pytester) -> None:
    (user.mkdir("roundtrip") / "__init__.py").write_text("raise RuntimeError('the foreign package was imported')\n")
    command = [sys.executable, "-m", "pytest", "test_own.py"]  # `-m` puts the folder first on the path
    plain = subprocess.run(command, cwd=user.path, capture_output=True, text=True, check=False)
    assert plain.returncode == 0, plain.stdout
    command += ["--shardproof-catalog", "notes.py:CATALOG"]
    named = subprocess.run(command, cwd=user.path, capture_output=True, text=True, check=False)
    assert named.returncode == pytest.ExitCode.USAGE_ERROR
    assert f"the import name 'roundtrip' is taken by {user.path / 'roundtrip'}" in named.stderr


def test_installed_plugin_is_the_one_of_this_checkout() -> None:
    import shardproof_pytest  # type: ignore[import-untyped]  # noqa: PLC0415  # a copy, made at installation

    source = Path(__file__).parent.parent / "roundtrip" / "pytest_entry.py"
    assert Path(shardproof_pytest.__file__).read_bytes() == source.read_bytes(), "install shardproof again (make test)"
