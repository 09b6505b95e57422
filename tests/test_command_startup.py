"""The command starts fast: what is heavy is loaded by the commands that need it."""

from __future__ import annotations

import subprocess
import sys

import pytest

#: Each takes from 30 to 300 ms to load.
HEAVY = (
    "construct",
    "crc32c",
    "hypothesis",
    "jinja2",
    "msgspec",
    "pytest",
    "rich",
    "formats.catalog",
    "roundtrip.lanes",
)
SUBCOMMANDS = ("check", "formats", "inspect", "diff", "corpus", "replay", "mutants", "exhaust", "bench")


def modules_after(*arguments: str) -> set[str]:
    """The modules that a run of the command has loaded."""
    code = (
        "import sys; from roundtrip.command import run\n"
        f"code = run({list(arguments)!r})\n"
        "sys.stderr.write('\\n'.join(sys.modules)); sys.exit(code)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    return set(done.stderr.split())


@pytest.mark.parametrize("arguments", [["--help"], ["--version"], *([name, "--help"] for name in SUBCOMMANDS)])
def test_help_loads_nothing_heavy(arguments: list[str]) -> None:
    assert modules_after(*arguments).isdisjoint(HEAVY)


def test_top_level_help_loads_no_subcommand() -> None:
    loaded = {name for name in modules_after("--help") if name.startswith("roundtrip.commands.")}
    assert loaded == {"roundtrip.commands.exits", "roundtrip.commands.output"}
