"""Every command that the documentation shows is run, and ends as it says.

In `console` blocks, lines that begin with `$` are commands. `$ echo $?` and the number below it state the exit code of
the command before, else it is 0. Behind `<!-- exact -->` the output shown is compared; a line `...` stands for any.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
BLOCK = re.compile(r"(<!-- exact -->\n)?^```console\n(.*?)^```$", re.DOTALL | re.MULTILINE)
#: Pages that tell readers to save files of their own; each is walked by a test of its own.
WITH_FILES = ("first-format.md",)
#: What sets a machine up, which a test does not repeat.
SETTING_UP = ("make", "source", "cd", "git", "pip")
#: Commands that take minutes get less to do.
SHORTER = {"check": "--budget 2s", "mutants": "--only unchecked-seal", "bench codecs": "--quick"}


@dataclass(frozen=True)
class Step:
    """One command, the exit code it must end with, and what it must print (None: anything)."""

    text: str
    exit_code: int
    output: str | None


@dataclass(frozen=True)
class Page:
    """The commands of one page, which run one after the other in one folder."""

    name: str
    steps: tuple[Step, ...]


def steps_of(text: str, *, exact: bool) -> Iterator[Step]:
    """The commands of one block."""
    pieces = [piece for piece in re.split(r"^\$ ", text, flags=re.MULTILINE) if piece]
    for index, piece in enumerate(pieces):
        words, _, output = piece.partition("\n")
        if words.strip() == "echo $?" or words.split()[0] in SETTING_UP:
            continue
        following = pieces[index + 1].split("\n") if index + 1 < len(pieces) else [""]
        code = int(following[1]) if following[0].strip() == "echo $?" else 0
        yield Step(words.strip(), code, output if exact else None)


def pages() -> Iterator[Page]:
    """Every page that shows a command of ours."""
    for path in (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))):
        if path.name in WITH_FILES:
            continue
        found = BLOCK.finditer(path.read_text(encoding="utf-8"))
        steps = tuple(step for match in found for step in steps_of(match[2], exact=match[1] is not None))
        if any(step.text.startswith("shardproof") for step in steps):
            yield Page(path.relative_to(ROOT).as_posix(), steps)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """What a reader has at hand: the documentation, the kept files, some FILE, and the command."""
    root = tmp_path / "reader"
    root.mkdir()
    for name in ("docs", "corpus"):
        shutil.copytree(ROOT / name, root / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(min((ROOT / "corpus/data/golden/chunk").rglob("*.bin")), root / "FILE")
    command = root / "bin" / "shardproof"
    command.parent.mkdir()
    # Isolated: the copies must not be imported in place of the packages.
    command.write_text(
        f'#!/bin/sh\nexec "{sys.executable}" -P -c "from roundtrip.command import main; main()" "$@"\n',
        encoding="utf-8",
    )
    command.chmod(0o755)
    return root


def shortened(text: str) -> str:
    """The command with less to do, where it would take minutes."""
    command, comment, rest = text.partition("  #")
    for words, option in SHORTER.items():
        if (
            re.match(rf"shardproof {words}\b", command)
            and "--budget" not in command
            and option.split()[0] not in command
        ):
            command += "" if "--list" in command else f" {option}"
    return command + comment + rest


def matches(expected: str, found: str) -> bool:
    """Whether an output is as shown; `...` on a line of its own stands for any lines."""
    lines = (r"(?s:.*)" if line == "..." else re.escape(line) for line in expected.rstrip().splitlines())
    return re.fullmatch("\n".join(lines), found.rstrip()) is not None


@pytest.mark.slow
@pytest.mark.parametrize("page", list(pages()), ids=lambda page: page.name)
def test_commands_of_the_documentation_do_what_it_says(page: Page, folder: Path) -> None:
    environment = {**os.environ, "PATH": f"{folder / 'bin'}{os.pathsep}{os.environ['PATH']}"}
    environment.pop("PYTHONPATH", None)
    for step in page.steps:
        done = subprocess.run(
            ["sh", "-c", shortened(step.text)],
            cwd=folder,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )
        output = done.stdout + done.stderr
        assert done.returncode == step.exit_code, f"{step.text}\n{output[-2000:]}"
        assert "unexpected" not in done.stderr
        if step.output is not None:
            assert matches(step.output, output), f"{step.text} prints\n{output}"


def test_the_command_line_has_its_page() -> None:
    assert {"README.md", "docs/cli.md"} <= {page.name for page in pages()}


def test_every_option_of_every_command_is_documented() -> None:
    import click  # noqa: PLC0415  # only here

    from roundtrip.command import command  # noqa: PLC0415

    text = (ROOT / "docs/cli.md").read_text(encoding="utf-8")

    def check(group: click.Group, *path: str) -> None:
        context = click.Context(group)
        for name in group.list_commands(context):
            inner = group.get_command(context, name)
            assert inner is not None
            if isinstance(inner, click.Group):
                check(inner, *path, name)
                continue
            assert name in text
            for option in inner.params:
                if isinstance(option, click.Option):
                    assert option.opts[0] in text, f"{' '.join((*path, name))} {option.opts[0]}"

    assert isinstance(command, click.Group)
    check(command)
