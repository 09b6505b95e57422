"""The newcomer's path is walked from an empty folder: the files of the page are saved, its five commands are run."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PAGE = (ROOT / "docs" / "first-format.md").read_text(encoding="utf-8")
FILE = re.compile(r"^<!-- file: (\S+) -->\n```python\n(.*?)^```$", re.DOTALL | re.MULTILINE)
COMMAND = re.compile(r"^```console\n\$ (.*?)\n```$", re.DOTALL | re.MULTILINE)
FILES, COMMANDS = dict(FILE.findall(PAGE)), COMMAND.findall(PAGE)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder in which nothing is but what a reader is told to save there."""
    for name, text in FILES.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    return tmp_path


def walk(folder: Path, command: str) -> str:
    """Run one command as a reader does; the answer is what it prints."""
    environment = {**os.environ, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
    for name in ("PYTHONPATH", "PYTEST_ADDOPTS", "SHARDPROOF_SEED"):
        environment.pop(name, None)
    done = subprocess.run(
        ["sh", "-c", command], cwd=folder, env=environment, capture_output=True, text=True, check=False, timeout=300
    )
    assert done.returncode == 0, f"{command}\n{done.stdout[-3000:]}{done.stderr[-3000:]}"
    return done.stdout


def test_there_are_five_commands_and_each_is_another_tool() -> None:
    words = [" ".join(command.split()[:2]) for command in COMMANDS]
    assert words == [
        "pytest test_png_head.py",
        "shardproof corpus",
        "shardproof fuzz",
        "pytest --shardproof-catalog",
        "shardproof inspect",
    ]


def test_example_is_what_the_page_tells_to_save() -> None:
    assert FILES["png_head.py"] == (ROOT / "docs" / "examples" / "png_head.py").read_text(encoding="utf-8")


@pytest.mark.slow
def test_five_commands_lead_from_an_empty_folder_to_all_that_is_promised(folder: Path) -> None:
    strategies, corpus, fuzz, regression, page = COMMANDS
    assert "2 passed" in walk(folder, strategies)
    walk(folder, corpus)
    kept = sorted((folder / "kept").rglob("*.bin"))
    assert {path.relative_to(folder / "kept").parts[0] for path in kept} >= {"golden", "rejected", "resealed"}
    walk(folder, fuzz.replace("--budget 5s", "--budget 1s --workers 1"))
    tests = walk(folder, f"{regression} -v")
    assert tests.count("shardproof::kept::") == 1 + len(list((folder / "kept").rglob("*.bin")))
    assert tests.count("shardproof::head::") == 10
    walk(folder, page)
    html = (folder / "head.html").read_text(encoding="utf-8")
    assert "interlaced" in html
    assert "http://" not in html.replace("http://www.w3.org", "")
    walk(folder, "shardproof corpus run --catalog png_head.py:CATALOG")
    change_the_meaning_of_a_colour(folder)
    with pytest.raises(AssertionError, match=r"\d+ failed"):
        walk(folder, regression)


def change_the_meaning_of_a_colour(folder: Path) -> None:
    """What the kept files are for: a schema that reads them otherwise."""
    schema = folder / "png_head.py"
    schema.write_text(schema.read_text(encoding="utf-8").replace("grey_alpha=4", "grey_alpha=5"), encoding="utf-8")
