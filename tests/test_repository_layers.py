"""The import contracts hold, and each is seen to fail when the import that it forbids is planted."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("formats", "engine", "corpus", "roundtrip")
LINT_IMPORTS = Path(sys.executable).with_name("lint-imports")

PLANTS = {
    "formats below engine": ("formats/planted.py", "import engine", "packages point one way"),
    "engine and corpus apart": ("corpus/planted.py", "import engine", "packages point one way"),
    "formats without files": ("formats/planted.py", "import pathlib", "formats is pure"),
    "reference without our checksum": (
        "roundtrip/reference/planted.py",
        "import crc32c",
        "the reference decoders stand alone",
    ),
    "reference without formats": (
        "roundtrip/reference/planted.py",
        "import formats",
        "the reference decoders stand alone",
    ),
    "engine without Construct": (
        "engine/planted.py",
        "import construct",
        "the engine never imports Construct",
    ),
}


def lint_imports(folder: Path) -> subprocess.CompletedProcess[str]:
    command = [str(LINT_IMPORTS), "--no-cache"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


@pytest.fixture
def copied_tree(tmp_path: Path) -> Path:
    for package in PACKAGES:
        ignored = shutil.ignore_patterns("__pycache__", "data")
        shutil.copytree(ROOT / package, tmp_path / package, ignore=ignored)
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def test_import_contracts_hold() -> None:
    run = lint_imports(ROOT)
    assert run.returncode == 0, run.stdout


@pytest.mark.parametrize("plant", PLANTS)
def test_planted_import_breaks_its_contract(copied_tree: Path, plant: str) -> None:
    path, line, contract = PLANTS[plant]
    (copied_tree / path).write_text(f"{line}\n")
    run = lint_imports(copied_tree)
    assert run.returncode == 1, run.stdout
    assert f"{contract} BROKEN" in " ".join(run.stdout.split())


def test_construct_by_a_detour_breaks_the_contract(copied_tree: Path) -> None:
    (copied_tree / "formats/planted.py").write_text("import construct\n")
    (copied_tree / "engine/planted.py").write_text("import formats.planted\n")
    run = lint_imports(copied_tree)
    assert "the engine never imports Construct BROKEN" in " ".join(run.stdout.split())


def test_generated_codecs_load_without_construct() -> None:
    code = (
        "import importlib, pkgutil, sys, engine, formats.generated as generated;"
        "names = [module.name for module in pkgutil.iter_modules(generated.__path__)];"
        "[importlib.import_module('formats.generated.' + name) for name in names];"
        "print(len(names), 'construct' in sys.modules)"
    )
    run = subprocess.run([sys.executable, "-I", "-c", code], capture_output=True, text=True, check=True)
    count, construct_loaded = run.stdout.split()
    assert int(count) >= 5
    assert construct_loaded == "False"
