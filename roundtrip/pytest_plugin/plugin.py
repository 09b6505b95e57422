"""The plugin proper: adds our tests to those that pytest has collected, and says first what they are."""

from __future__ import annotations

from typing import Final

import pytest

from .evidence import Evidence
from .items import MARKER, CatalogGroup
from .settings import Settings, settings_of

#: How our ids begin, and how an argument of pytest names tests of ours.
ROOT: Final = "shardproof"


def register(config: pytest.Config) -> None:
    """Read the settings (`pytest.UsageError` for what is wrong with them), and take part in the run."""
    own = [one for one in config.args if is_ours(one)]
    config.args[:] = [one for one in config.args if not is_ours(one)]
    config.addinivalue_line("markers", f"{MARKER}: a law of a catalog's format, or one of its kept files")
    config.pluginmanager.register(Plugin(settings_of(config), tuple(own), is_left_out(config, own)), "shardproof-tests")


def is_ours(argument: str) -> bool:
    """Whether an argument of pytest names tests of ours."""
    return argument == ROOT or argument.startswith(f"{ROOT}::")


def is_left_out(config: pytest.Config, own: list[str]) -> bool:
    """Whether only other tests are wanted: the ini file names our catalog, the command line files or tests alone."""
    if config.getoption("--shardproof-catalog") or own or config.args_source is not pytest.Config.ArgsSource.ARGS:
        return False
    here = config.invocation_params.dir
    return all("::" in argument or (here / argument).is_file() for argument in config.args)


class Plugin:
    """Our part of one run. `wanted`: ids, or how they begin, where some of ours were named; `left_out`: add none."""

    def __init__(self, settings: Settings, wanted: tuple[str, ...], left_out: bool) -> None:
        self.settings = settings
        self.wanted = wanted
        self.left_out = left_out

    def pytest_report_header(self) -> list[str]:
        """What is tested, and what repeats it."""
        if self.left_out:
            return ["shardproof: its tests are left out, because single files or tests were named"]
        laws = f"{len(self.settings.laws)} laws" if len(self.settings.laws) > 1 else f"law {self.settings.laws[0]}"
        return [
            f"shardproof: catalog {one.name} ({counted(len(one.catalog))}), {laws}, seed {self.settings.seed}"
            for one in self.settings.catalogs
        ]

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection_modifyitems(self, session: pytest.Session, items: list[pytest.Item]) -> None:
        """Add our tests, before others select from them (`-k`, `-m`, `--lf`)."""
        if self.left_out:
            return
        found = [item for group in self.groups(session) for item in session.genitems(group)]
        for wanted in self.wanted:
            if not any(is_named(item, wanted) for item in found):
                raise pytest.UsageError(f"shardproof: there is no test {wanted}; see them with --collect-only")
        items += [item for item in found if not self.wanted or any(is_named(item, one) for one in self.wanted)]

    def groups(self, session: pytest.Session) -> list[CatalogGroup]:
        """The tests of every catalog: `shardproof::…`, of several `shardproof::<catalog>::…`."""
        several = len(self.settings.catalogs) > 1
        return [
            CatalogGroup.from_parent(
                session,
                name=f"{ROOT}::{one.name}" if several else ROOT,
                nodeid=f"{ROOT}::{one.name}" if several else ROOT,
                evidence=Evidence(one, self.settings),
            )
            for one in self.settings.catalogs
        ]


def is_named(item: pytest.Item, wanted: str) -> bool:
    """Whether an id, or the beginning of one, names this test."""
    return f"{item.nodeid}::".startswith(f"{wanted}::")


def counted(formats: int) -> str:
    """A number of formats in words."""
    return "1 format" if formats == 1 else f"{formats} formats"
