"""The repository keeps its own rules: sizes, seams, no dead modules, no machine names, docs that run."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from importlib.util import resolve_name
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("formats", "engine", "corpus", "roundtrip")
LINES_MAXIMUM = 400

# The only files of the engine where nondeterminism may enter.
SEAMS = {"engine/seams.py"}
BANNED = ("random.random(", "time.time(", "import threading", "from threading")

# Started by name and not by import: the console script, pytest's plugin, `python -m`, and what the catalog loads.
ENTRY_MODULES = {
    "roundtrip.command",
    "roundtrip.compiled.extension",
    "roundtrip.guard",
    "roundtrip.pytest_entry",
    "roundtrip.__main__",
}
GENERATED = "formats/generated/"

# In brackets, so that this file does not contain what it forbids.
MACHINE_NAMES = re.compile(r"[/]root/|[/]home/[a-z]|[/]work/|pypi[.]org|npmjs[.]")
TEXT_SUFFIXES = {".py", ".md", ".toml", ".json", ".ksy", ".txt", ".svg", ""}


def modules(*folders: str) -> list[Path]:
    return sorted(path for folder in folders for path in (ROOT / folder).rglob("*.py"))


def relative(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def dotted(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def documents() -> list[Path]:
    return [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]


def text_files() -> list[Path]:
    """The project's own text: top-level files and the six folders, and nothing that tools have left there."""
    folders = (*PACKAGES, "tests", "docs", ".ci")
    inside = (path for folder in folders for path in (ROOT / folder).rglob("*"))
    return [
        path
        for path in (*ROOT.iterdir(), *inside)
        if path.is_file() and path.suffix in TEXT_SUFFIXES and "__pycache__" not in path.parts
    ]


def package_of(path: Path) -> str:
    return dotted(path) if path.name == "__init__.py" else dotted(path).rpartition(".")[0]


def imported_names(path: Path) -> Iterator[str]:
    """Every module name in an import statement of this file, at the top or inside a function."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            source = resolve_name("." * node.level + (node.module or ""), package_of(path))
            yield source
            yield from (f"{source}.{alias.name}" for alias in node.names)


def lazily_imported_names(path: Path) -> Iterator[str]:
    """Every text in this file that could be the name of a module, as `importlib` takes it."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            text = node.value.partition(":")[0]
            if re.fullmatch(r"\.?\w+(\.\w+)+|\.\w+", text):
                yield resolve_name(text, package_of(path)) if package_of(path) else text


@pytest.mark.parametrize("path", modules(*PACKAGES, "tests"), ids=relative)
def test_module_fits_in_one_sitting(path: Path) -> None:
    if not relative(path).startswith(GENERATED):
        assert len(path.read_text(encoding="utf-8").splitlines()) <= LINES_MAXIMUM


def test_nondeterminism_enters_by_the_seams_only() -> None:
    sources = [path for path in modules("formats", "engine") if relative(path) not in SEAMS]
    found = [(relative(path), word) for path in sources for word in BANNED if word in path.read_text(encoding="utf-8")]
    assert found == []


def test_engine_and_corpus_pack_no_bytes() -> None:
    packing = re.compile(r"^(import|from) struct\b|int\.from_bytes|\.to_bytes\(", re.MULTILINE)
    found = [relative(path) for path in modules("engine", "corpus") if packing.search(path.read_text(encoding="utf-8"))]
    assert found == []


def test_every_module_is_used() -> None:
    used = {
        name
        for path in modules(*PACKAGES, "tests")
        for name in (*imported_names(path), *lazily_imported_names(path))
        if name != dotted(path)
    }
    expected = {
        dotted(path)
        for path in modules(*PACKAGES)
        if path.name != "__init__.py" and not relative(path).startswith(GENERATED)
    }
    assert expected - used - ENTRY_MODULES == set()


def test_proofs_need_runtime_packages_only() -> None:
    """Peers are for benchmarks alone; else `make check` would die on a machine that has only the runtime."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    runtime = {re.split(r"[=<>]", requirement)[0] for requirement in project["dependencies"]}
    allowed = {*sys.stdlib_module_names, *PACKAGES, *runtime}
    found = [
        (relative(path), name)
        for path in modules(*PACKAGES)
        # These run inside pytest, or in a process that is started only where they can.
        if not relative(path).startswith(("roundtrip/bench", "roundtrip/pytest_", "roundtrip/compiled/extension.py"))
        for name in imported_names(path)
        if name.partition(".")[0] not in allowed
    ]
    assert found == []


def test_no_file_names_a_machine_or_a_registry() -> None:
    found = [relative(path) for path in text_files() if MACHINE_NAMES.search(path.read_text(encoding="utf-8"))]
    assert found == []


def test_links_between_documents_lead_somewhere() -> None:
    broken = [
        (relative(path), target)
        for path in documents()
        for target in re.findall(r"\]\(([^)#:\s]+)(?:#[^)]*)?\)", path.read_text(encoding="utf-8"))
        if not (path.parent / target).exists()
    ]
    assert broken == []


def test_commands_in_documents_exist() -> None:
    texts = [path.read_text(encoding="utf-8") for path in documents()]
    blocks = [block for text in texts for block in re.findall(r"^```\w*\n(.*?)^```", text, re.DOTALL | re.MULTILINE)]
    commands = {
        words for block in blocks for words in re.findall(r"^(?:\$ )?shardproof((?: [a-z_]+\b)+)", block, re.MULTILINE)
    }
    script = Path(sys.executable).with_name("shardproof")
    missing = [
        words
        for words in sorted(commands)
        if subprocess.run([script, *words.split(), "--help"], capture_output=True, check=False).returncode != 0
    ]
    assert commands
    assert missing == []
