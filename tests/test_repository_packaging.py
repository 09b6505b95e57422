"""The four import names are ours, the wheel holds what it should, and a taken name is one clear line."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
IMPORT_NAMES = ("formats", "engine", "corpus", "roundtrip")


def build(kind: str, folder: Path) -> Path:
    """Build the wheel or the editable wheel of this checkout; answer its path."""
    code = f"import sys; from hatchling import build; print(build.build_{kind}(sys.argv[1]))"
    run = subprocess.run(
        [sys.executable, "-c", code, str(folder)], cwd=ROOT, check=True, capture_output=True, text=True
    )
    return folder / run.stdout.split()[-1]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build("wheel", tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="module", params=["wheel", "editable"])
def environment(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment that holds shardproof and nothing else; answers its folder."""
    folder = tmp_path_factory.mktemp(request.param)
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(folder)], check=True)
    pip = [sys.executable, "-m", "pip", "--python", str(folder / "bin" / "python"), "install", "--quiet"]
    package = build(request.param, folder)
    subprocess.run([*pip, "--no-deps", "--no-index", "--disable-pip-version-check", str(package)], check=True)
    return folder


def ask_guard(environment: Path) -> str:
    code = "import shardproof_guard; print(shardproof_guard.check_import_names())"
    command = [str(environment / "bin" / "python"), "-I", "-c", code]
    return subprocess.run(command, cwd="/", check=True, capture_output=True, text=True).stdout.strip()


@pytest.mark.parametrize("name", IMPORT_NAMES)
def test_import_name_comes_from_this_project(name: str) -> None:
    code = f"import {name}; print({name}.__file__)"
    run = subprocess.run([sys.executable, "-I", "-c", code], cwd="/", capture_output=True, text=True, check=True)
    assert Path(run.stdout.strip()) == ROOT / name / "__init__.py"


def test_wheel_holds_the_four_packages_the_guard_and_the_plugin(wheel: Path) -> None:
    top_level = {name.split("/")[0] for name in zipfile.ZipFile(wheel).namelist()}
    assert {name for name in top_level if not name.endswith(".dist-info")} == {
        *IMPORT_NAMES,
        "shardproof_guard.py",
        "shardproof_pytest.py",
    }


def test_wheel_holds_every_file_of_the_packages(wheel: Path) -> None:
    files = [path for name in IMPORT_NAMES for path in (ROOT / name).rglob("*") if path.is_file()]
    present = {str(path.relative_to(ROOT)) for path in files if "__pycache__" not in path.parts}
    present -= {"roundtrip/guard.py", "roundtrip/pytest_entry.py"}  # installed under names of their own instead
    assert present <= set(zipfile.ZipFile(wheel).namelist())


def test_wheel_holds_the_lock_that_the_catalog_reads(wheel: Path) -> None:
    assert zipfile.ZipFile(wheel).read("formats/formats.lock") == (ROOT / "formats/formats.lock").read_bytes()


def test_guard_is_silent_when_the_names_are_ours(environment: Path) -> None:
    assert ask_guard(environment) == "None"


@pytest.mark.parametrize("name", IMPORT_NAMES)
def test_taken_name_is_one_clear_line_and_exit_2(environment: Path, tmp_path: Path, name: str) -> None:
    foreign = tmp_path / name
    foreign.mkdir()
    (foreign / "__init__.py").write_text("raise RuntimeError('the foreign package was imported')\n")
    run = subprocess.run(
        [str(environment / "bin" / "shardproof"), "--help"],
        env={"PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (run.returncode, run.stdout, run.stderr.count("\n")) == (2, "", 1)
    assert f"'{name}' is taken by {foreign}" in run.stderr


def test_melted_or_shadowing_distribution_in_site_packages_is_named(environment: Path) -> None:
    site_packages = next((environment / "lib").glob("python3*")) / "site-packages"
    module = site_packages / "engine" / "__init__.py"
    ours = module.read_bytes() if module.exists() else None
    module.parent.mkdir(exist_ok=True)
    module.write_text("")
    try:
        answer = ask_guard(environment)
    finally:
        if ours is None:
            module.unlink()
            module.parent.rmdir()
        else:
            module.write_bytes(ours)
    assert str(module.parent) in answer
    assert "environment of its own" in answer
