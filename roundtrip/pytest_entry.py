"""Where pytest comes in: the options, and nothing else until one of them names a catalog.

Our import names are generic (docs/decisions/0001), and a plugin is loaded in every run of pytest in its environment.
So this file is installed as the top-level module `shardproof_pytest`: it can be loaded where `roundtrip` is somebody
else's package, and it imports nothing of ours for people who do not ask for it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pytest

#: Option, and name in the ini file -> type there, placeholder, help.
OPTIONS = {
    "catalog": (
        "linelist",
        "MODULE:NAME",
        "Test this catalog: its formats by every law, its kept files. May be repeated.",
    ),
    "seed": ("string", "NUMBER", "Seed of the laws: a number, or `random`; 0 by default, so that a run repeats."),
    "laws": ("string", "D1,D2", "Only these laws, by number or name; all by default."),
    "budget": ("string", "TIME", "About how long the laws may take on two cores; 10s by default."),
}


def pytest_addoption(parser: pytest.Parser) -> None:
    """Our options, for the command line and for the ini file."""
    group = parser.getgroup("shardproof", "on-disk formats (shardproof)")
    for name, (kind, placeholder, words) in OPTIONS.items():
        action = "append" if kind == "linelist" else "store"
        group.addoption(f"--shardproof-{name}", action=action, default=None, metavar=placeholder, help=words)
        parser.addini(f"shardproof_{name}", words, type=kind, default=None)  # type: ignore[arg-type]  # two of the names


def pytest_configure(config: pytest.Config) -> None:
    """Load the plugin proper where a catalog is named; one line of usage error where that cannot be done."""
    if not (config.getoption("--shardproof-catalog") or config.getini("shardproof_catalog")):
        return
    from importlib import import_module  # noqa: PLC0415  # only where it is asked for

    import pytest  # noqa: PLC0415  # likewise

    problem = import_module("shardproof_guard").check_import_names()
    if problem is not None:
        raise pytest.UsageError(problem)
    from roundtrip.pytest_plugin import plugin  # noqa: PLC0415  # only safe to import after the check

    plugin.register(config)
