"""What the options and the ini file ask for, checked before anything is collected: one line says what is wrong."""

from __future__ import annotations

import os
import secrets
import sys
from dataclasses import dataclass
from typing import Any, Final

import pytest

from formats.catalog import Catalog
from formats.errors import ShardproofError

from ..catalogs import load_catalog
from ..commands.options import DURATION, SECONDS, SEED_DIGITS, SEED_MAXIMUM, SEED_VARIABLE
from ..laws import LAWS

BUDGET: Final = "10s"


@dataclass(frozen=True)
class Named:
    """A catalog, and how a command names it from the folder that pytest was started in."""

    name: str
    catalog: Catalog


@dataclass(frozen=True)
class Settings:
    """What is to be tested. budget_seconds: for all laws of one catalog, on two cores."""

    catalogs: tuple[Named, ...]
    seed: int
    laws: tuple[str, ...]
    budget_seconds: float


def settings_of(config: pytest.Config) -> Settings:
    """The settings of a run; `pytest.UsageError` for what makes no sense."""
    try:
        catalogs = tuple(named(name, config) for name in chosen(config, "catalog"))
    except ShardproofError as error:
        raise pytest.UsageError(f"shardproof: {error}") from None
    repeated = {one.name for one in catalogs if [two.name for two in catalogs].count(one.name) > 1}
    if repeated:
        raise pytest.UsageError(f"shardproof: catalog {min(repeated)} is named twice")
    return Settings(
        catalogs,
        seed_of(chosen(config, "seed") or os.environ.get(SEED_VARIABLE, "")),
        laws_of(chosen(config, "laws") or ""),
        seconds_of(chosen(config, "budget") or BUDGET),
    )


def chosen(config: pytest.Config, name: str) -> Any:
    """What the command line says, else the ini file."""
    return config.getoption(f"--shardproof-{name}") or config.getini(f"shardproof_{name}")


def named(name: str, config: pytest.Config) -> Named:
    """One catalog. A file is looked for where pytest was started, then in its root folder; so are modules."""
    target, separator, attribute = name.rpartition(":")
    here, root = config.invocation_params.dir, config.rootpath
    if target.endswith(".py") or os.sep in target:
        path = next((folder / target for folder in (here, root) if (folder / target).is_file()), here / target)
        inside = path.is_relative_to(here)
        name = f"{path.relative_to(here) if inside else path}{separator}{attribute}"
        return Named(name, load_catalog(f"{path}{separator}{attribute}"))
    if str(root) not in sys.path:
        sys.path.append(str(root))
    return Named(name, load_catalog(name))


def seed_of(text: str) -> int:
    """The seed of a run. `random` draws one, and leaves it where worker processes find it."""
    if text == "random":
        text = os.environ[SEED_VARIABLE] = str(secrets.randbits(32))
    if not text:
        return 0
    if not text.isdecimal() or len(text) > SEED_DIGITS or int(text) > SEED_MAXIMUM:
        raise pytest.UsageError(f"shardproof: the seed {text[:40]!r} is no whole number from 0 to {SEED_MAXIMUM}")
    return int(text)


def laws_of(text: str) -> tuple[str, ...]:
    """The laws to try, all for none; each by its number or by its name."""
    known = {key: number for number, law in LAWS.items() for key in (number.lower(), slug(law.title))}
    words = [slug(word) for word in text.split(",") if word.strip()]
    for word in words:
        if word not in known:
            names = ", ".join(f"{number} {slug(law.title)}" for number, law in LAWS.items())
            raise pytest.UsageError(f"shardproof: there is no law {word!r}; there are {names}")
    wanted = {known[word] for word in words}
    return tuple(number for number in LAWS if number in wanted or not wanted)


def seconds_of(text: str) -> float:
    """A duration such as `25s`, `500ms` or `2m`, in seconds."""
    match = DURATION.fullmatch(text.strip())
    if match is None or float(match[1]) == 0:
        raise pytest.UsageError(f"shardproof: the budget {text!r} is no duration; write 25s, 500ms or 2m")
    return float(match[1]) * SECONDS[match[2]]


def slug(title: str) -> str:
    """A title as the name of a test."""
    return title.strip().lower().replace(" ", "_")
