"""The compiled engine: it does what its sources do, byte for byte, and nobody gets it unasked or stale."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import msgspec
import pytest
from click.testing import CliRunner

import engine.recovery
from roundtrip.campaign.fingerprint import ROOT
from roundtrip.command import command
from roundtrip.compiled import build as building
from roundtrip.compiled import loading, modules
from roundtrip.compiled.build import BuildFailed, build, remove_old, run_compiler
from roundtrip.compiled.loading import CompiledFinder, NotCompiled, refuse_compiled, use_compiled, use_if_asked
from roundtrip.compiled.modules import MANIFEST, Build, compiled_sources, has_class_options, read_build
from roundtrip.crash.examination import Examiner
from roundtrip.histories.presets import preset_named

COMMAND = (sys.executable, "-c", "from roundtrip.command import main; main()")
#: What may differ between two runs that found the same.
CLOCKS = frozenset(("seconds", "elapsed_seconds"))


@pytest.fixture(scope="session")
def compiled() -> Build:
    """A build of these sources, made now if there is none."""
    try:
        return build()[1]
    except BuildFailed as error:
        if "not installed" in str(error) or "is installed" in str(error):
            pytest.skip(str(error))
        raise


@pytest.fixture
def own_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A folder of builds that is empty."""
    for module in (modules, building):
        monkeypatch.setattr(module, "builds_folder", lambda: tmp_path / "builds")
    return tmp_path / "builds"


def shardproof(*words: str) -> tuple[int, str, str]:
    done = subprocess.run([*COMMAND, *words], capture_output=True, text=True, check=False, timeout=300)
    return done.returncode, done.stdout, done.stderr


def report(*words: str) -> Any:
    code, out, error = shardproof(*words, "--json")
    assert code == 0, error
    return without_clocks(json.loads(out))


def without_clocks(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: without_clocks(each) for key, each in value.items() if key not in CLOCKS}
    return [without_clocks(each) for each in value] if isinstance(value, list) else value


# --- the same


@pytest.mark.slow
@pytest.mark.parametrize(
    "words",
    [
        pytest.param(("conform", "--preset", "tiny", "--seed", "3", "--histories", "100"), id="histories"),
        pytest.param(("conform", "--preset", "mixed", "--crashes", "--seed", "4", "--histories", "60"), id="crashes"),
        pytest.param(("conform", "--preset", "zoned", "--crashes", "--seed", "5", "--histories", "60"), id="zoned"),
        pytest.param(("conform", "--preset", "crowded", "--seed", "6", "--histories", "60"), id="little-room"),
        pytest.param(("crash", "--exhaustive", "--depth", "1", "--prepared", "reset-pending"), id="exhaustive"),
        pytest.param(("crash", "--seed", "7", "--histories", "2"), id="crash-states"),
        pytest.param(("faults", "--seed", "8"), id="faults"),
    ],
)
@pytest.mark.usefixtures("compiled")
def test_compiled_engine_leaves_the_same_bytes_and_answers(words: tuple[str, ...]) -> None:
    seeded = words if "--seed" in words else (*words, "--seed", "1")
    assert report("--compiled", *seeded) == report(*seeded)


@pytest.mark.usefixtures("compiled")
def test_modules_of_the_engine_come_from_the_build() -> None:
    program = (
        "from roundtrip.compiled.loading import use_compiled; use_compiled(); use_compiled()\n"
        "import engine.index, engine.recovery, engine.store, formats.seeds\n"
        "print(engine.index.__file__, formats.seeds.__file__, engine.store.__file__, sep='\\n')\n"
        "print(engine.recovery.__file__, engine.__file__, sep='\\n')\n"
    )
    lines = subprocess.check_output([sys.executable, "-c", program], text=True).split()
    folder = str(modules.build_folder())
    assert [line.startswith(folder) for line in lines] == [True, True, True, False, False]


def test_processes_that_a_command_starts_use_it_too(compiled: Build) -> None:
    program = (
        "import os; from roundtrip.compiled.loading import use_compiled; use_compiled()\n"
        "import subprocess, sys\n"
        "child = 'from roundtrip.compiled.loading import use_if_asked; use_if_asked(); import engine.index as i;'\n"
        "print(subprocess.check_output([sys.executable, '-c', child + 'print(i.__file__)'], text=True))\n"
    )
    file = subprocess.check_output([sys.executable, "-c", program], text=True).strip()
    assert file == str(modules.build_folder() / compiled.modules["engine.index"])


# --- what needs the sources


@pytest.mark.parametrize(
    ("words", "what"),
    [
        (("plant", "1", "--seed", "1"), "planting a bug"),
        (("exhaust", "images", "--plant", "page-rot-is-empty"), "planting a bug"),
        (("conform", "--coverage", "--histories", "1"), "tracing lines"),
        (("conform", "--component", "chunks", "--histories", "1", "--workers", "0"), "a component beside its model"),
        (("conform", "--component", "chunks", "--histories", "1", "--workers", "1"), "a component beside its model"),
    ],
)
@pytest.mark.usefixtures("compiled")
def test_what_needs_the_sources_says_so(words: tuple[str, ...], what: str) -> None:
    code, _out, error = shardproof("--compiled", *words)
    assert (code, error) == (2, f"error: {what} needs the sources of the engine: run it without --compiled\n")


def test_nothing_is_refused_where_the_sources_run() -> None:
    refuse_compiled("everything")


def test_crash_states_are_not_recorded_of_a_compiled_recovery(monkeypatch: pytest.MonkeyPatch) -> None:
    """A compiled recovery would call its own functions, and looks at the disk would be missing from the record."""
    monkeypatch.setattr(engine.recovery, "__file__", "recovery.so")
    examiner = Examiner(preset_named("tiny"))
    with pytest.raises(AssertionError, match="go on with its own functions"), examiner.recording():
        pass
    assert not {"engine/recovery.py", "engine/config.py"} & set(compiled_sources())


# --- which modules


def test_each_module_of_the_engine_is_compiled_or_has_a_reason() -> None:
    left_out = {path.stem for path in (ROOT / "engine").glob("*.py")} - {Path(file).stem for file in compiled_sources()}
    with_options = {path.stem for path in (ROOT / "engine").glob("*.py") if has_class_options(path)}
    assert left_out == modules.OUTSIDE | modules.REPLACED | with_options | {"__init__"}
    assert {"config", "crash_choice", "victims"} <= with_options
    assert len(compiled_sources()) > len(left_out)


@pytest.mark.parametrize(
    ("text", "has"),
    [
        ("class A(Struct, frozen=True):\n    a: int\n", True),
        ("def f():\n    class A(B, metaclass=C): ...\n", True),
        ("class A(Struct):\n    a: int = dict(frozen=True)\n", False),
    ],
)
def test_options_of_classes_are_seen(tmp_path: Path, text: str, has: bool) -> None:
    (tmp_path / "a.py").write_text(text, encoding="utf-8")
    assert has_class_options(tmp_path / "a.py") is has


# --- builds that are not there, or not whole


def test_without_a_build_one_is_told_how_to_get_it(own_folder: Path) -> None:
    with pytest.raises(NotCompiled, match=r"no compiled engine of these sources in .*: `shardproof compile` makes one"):
        use_compiled()
    assert not own_folder.exists()


def test_help_and_compile_itself_need_no_build(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("roundtrip.compiled.loading.use_compiled", lambda: pytest.fail("nobody needs the engine"))
    for words in (["--compiled", "--help"], ["--compiled", "--version"], ["--compiled", "compile", "--help"]):
        assert CliRunner().invoke(command, words, standalone_mode=True).exit_code == 0
    monkeypatch.setenv(loading.VARIABLE, "1")
    assert CliRunner().invoke(command, ["compile", "--help"]).exit_code == 0
    assert not list(tmp_path.iterdir())


def make_build(folder: Path, names: dict[str, str]) -> None:
    folder.mkdir(parents=True)
    made = Build(sources="0", interpreter="cpython-311", compiler="none", seconds=1.0, modules=names)
    (folder / MANIFEST).write_bytes(msgspec.json.encode(made))
    for file in names.values():
        (folder / file).touch()


def test_build_of_other_sources_is_not_used(own_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make_build(modules.build_folder(), {"none_of_ours": "none_of_ours.so"})
    assert modules.build_folder().parent == own_folder
    assert read_build(modules.build_folder()) is not None
    monkeypatch.setattr(modules, "fingerprint", lambda _sources: "changed")
    with pytest.raises(NotCompiled, match="after each change of engine or formats"):
        use_compiled()


def test_build_that_is_not_whole_is_none(tmp_path: Path) -> None:
    make_build(tmp_path / "whole", {"a": "a.so", "b": "b.so"})
    assert read_build(tmp_path / "whole") is not None
    (tmp_path / "whole" / "b.so").unlink()
    assert read_build(tmp_path / "whole") is None
    for text in ("", "{}", "[1]", "\0"):
        (tmp_path / "whole" / MANIFEST).write_text(text, encoding="utf-8")
        assert read_build(tmp_path / "whole") is None


def test_engine_that_is_loaded_from_its_sources_stays(own_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make_build(modules.build_folder(), {"engine.index": "index.so"})
    assert own_folder.exists()
    monkeypatch.setenv(loading.VARIABLE, "1")
    with pytest.raises(NotCompiled, match=r"engine\.index is loaded from its source already"):
        use_if_asked()
    assert not any(isinstance(finder, CompiledFinder) for finder in sys.meta_path)
    monkeypatch.setenv(loading.VARIABLE, "0")
    use_if_asked()


# --- builds that cannot be made


@pytest.mark.parametrize("setting", ["mycc -O2", "", " "])
def test_missing_c_compiler_is_named(
    own_folder: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, setting: str
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("CC", setting)
    with pytest.raises(BuildFailed, match=r"^no C compiler \((my)?cc, gcc\) is installed"):
        build()
    assert own_folder.exists()


@pytest.mark.parametrize("tool", ["mypyc", "setuptools"])
def test_missing_tool_is_named(own_folder: Path, monkeypatch: pytest.MonkeyPatch, tool: str) -> None:
    monkeypatch.setattr(building, "find_spec", lambda name: None if name == tool else object())
    with pytest.raises(BuildFailed, match=rf"^{tool} is not installed: pip install 'shardproof\[compiled\]'$"):
        build()
    assert [path.name for path in own_folder.iterdir()] == ["lock"]


def test_other_interpreters_are_refused(own_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(building, "interpreter_name", lambda: "pypy")
    with pytest.raises(BuildFailed, match=r"^mypyc compiles for CPython, this is pypy$"):
        build()
    assert own_folder.exists()


def test_folder_that_cannot_be_written_to_is_named(own_folder: Path) -> None:
    own_folder.parent.mkdir(exist_ok=True)
    own_folder.touch()
    with pytest.raises(BuildFailed, match=rf"^{own_folder}: .*use one that you may write to"):
        build()


def test_failing_compiler_says_what_it_said_and_leaves_no_build(own_folder: Path, tmp_path: Path) -> None:
    own_folder.mkdir()
    (tmp_path / "wrong.py").write_text("def f(a: int) -> str:\n    return a\n", encoding="utf-8")
    with pytest.raises(BuildFailed, match=r"mypyc ended with code 1: wrong\.py:2: error: Incompatible return"):
        run_compiler(tmp_path, ["wrong.py"], None)
    assert [path.name for path in own_folder.iterdir()] == [building.LOG]


def test_sources_that_change_meanwhile_make_no_build(own_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(building, "fingerprint", lambda _sources: "before")
    with pytest.raises(BuildFailed, match="the sources changed while the build began"):
        build()
    assert [path.name for path in own_folder.iterdir()] == ["lock"]


def test_old_builds_go_but_for_the_newest(own_folder: Path) -> None:
    for age in range(6):
        make_build(own_folder / f"build-{age}", {})
        os.utime(own_folder / f"build-{age}", (1_000_000 - age, 1_000_000 - age))
    (own_folder / "lock").touch()
    remove_old(own_folder / "build-5")
    assert sorted(path.name for path in own_folder.iterdir()) == ["build-0", "build-1", "build-2", "build-5", "lock"]


def test_compile_command_tells_what_there_is(compiled: Build) -> None:
    facts = report("compile")
    assert facts == {
        "ok": True,
        "folder": str(modules.build_folder()),
        "new": False,
        "modules": len(compiled_sources()),
        "sources": compiled.sources,
        "interpreter": compiled.interpreter,
        "compiler": compiled.compiler,
    }
    code, out, error = shardproof("compile")
    assert (code, error) == (0, "")
    assert out.startswith(f"{len(compiled_sources())} modules, compiled already by mypyc ")
