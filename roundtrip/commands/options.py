"""Options that several commands share, and how their text becomes a value."""

from __future__ import annotations

import os
import re
import secrets
import stat
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from .exits import CommandError
from .output import note

if TYPE_CHECKING:
    from formats.catalog import Catalog

#: Findings are texts of some kilobytes, and so are the inputs beside them.
FINDING_SIZE_MAXIMUM: Final = 64 << 20
SEED_VARIABLE: Final = "SHARDPROOF_SEED"
SEED_MAXIMUM: Final = 2**64 - 1
#: Leading zeros and all; Python refuses to read numbers of thousands of digits.
SEED_DIGITS: Final = 1000

catalog_option = click.option(
    "--catalog",
    "catalog_name",
    metavar="MODULE:NAME",
    help="A catalog of your own: package.module:NAME or FILE.py:NAME.",
)
json_option = click.option("--json", "as_json", is_flag=True, help="One JSON object on standard output, nothing else.")
format_option = click.option("--format", "format_name", metavar="NAME", help="Only this format.")
seed_option = click.option(
    "--seed",
    type=click.IntRange(0, SEED_MAXIMUM),
    metavar="NUMBER",
    help="Repeat a run; without it SHARDPROOF_SEED is used, or a new one is drawn.",
)

DURATION: Final = re.compile(r"(\d+(?:\.\d+)?)\s*(ms|s|m|min)?")
SECONDS: Final = {"ms": 0.001, "s": 1.0, "m": 60.0, "min": 60.0, None: 1.0}


def load(catalog_name: str | None) -> Catalog:
    """The catalog to work on; what is malleable in a user's is reported on standard error."""
    from ..catalogs import lint_catalog, load_catalog  # noqa: PLC0415  # imports construct

    catalog: Catalog = load_catalog(catalog_name)
    if catalog_name is not None:
        for finding, entry in lint_catalog(catalog):
            note(f"note: {entry.name}: {finding}")
    return catalog


def chosen_seed(seed: int | None) -> int:
    """The seed of this run: the option's, the environment's, or a new one."""
    if seed is not None:
        return seed
    text = os.environ.get(SEED_VARIABLE, "")
    if text in {"", "random"}:
        return secrets.randbits(32)
    if not text.isdecimal() or len(text) > SEED_DIGITS or int(text) > SEED_MAXIMUM:
        raise CommandError(f"{SEED_VARIABLE}={text[:40]!r} is no whole number from 0 to {SEED_MAXIMUM}")
    return int(text)


def duration(_context: click.Context, _option: click.Parameter, text: str | None) -> float | None:
    """A duration such as `25s`, `500ms` or `2m`, in seconds."""
    if text is None:
        return None
    match = DURATION.fullmatch(text.strip())
    if match is None or float(match[1]) == 0:
        raise click.BadParameter(f"{text!r} is no duration; write 25s, 500ms or 2m")
    return float(match[1]) * SECONDS[match[2]]


def whole_number(_context: click.Context, _option: click.Parameter, text: str) -> int:
    """A number of bytes, decimal or `0x` hexadecimal."""
    number = number_of(text)
    if number is None:
        raise click.BadParameter(f"{text!r} is no whole number; write 4096 or 0x1000")
    return number


def number_of(text: str) -> int | None:
    """The number that a text stands for, or None."""
    if not re.fullmatch(r"0[xX][0-9a-fA-F]{1,32}|[0-9]{1,32}", text.strip()):
        return None
    return int(text.strip(), 16 if text.strip()[:2].lower() == "0x" else 10)


def place_fields(_context: click.Context, _option: click.Parameter, text: str | None) -> dict[str, Any] | None:
    """Context fields, `disk=HEX,extent=N,generation=N,offset=N,run=N`, any of them."""
    if text is None:
        return None
    from formats.place import CONTEXT_FIELDS  # noqa: PLC0415  # imports crc32c

    found: dict[str, Any] = {}
    for item in text.split(","):
        name, equals, value = (part.strip() for part in item.partition("="))
        if not equals or name not in CONTEXT_FIELDS:
            known = ", ".join(f"{one}=…" for one in CONTEXT_FIELDS)
            raise click.BadParameter(f"{item!r} is no context; write any of {known}")
        if name in found:
            raise click.BadParameter(f"{name} is given twice")
        found[name] = disk_uuid(value) if name == "disk" else place_number(name, value)
    return found


def disk_uuid(text: str) -> bytes:
    """A UUID: 32 hexadecimal digits, with or without dashes."""
    digits = text.replace("-", "")
    if not re.fullmatch(r"[0-9a-fA-F]{32}", digits):
        raise click.BadParameter(f"disk={text!r} is no UUID; write its 32 hexadecimal digits")
    return bytes.fromhex(digits)


def place_number(name: str, text: str) -> int:
    """A number of 32 bits."""
    number = number_of(text)
    if number is None or number >= 2**32:
        raise click.BadParameter(f"{name}={text!r} is no number below 2^32")
    return number


def finding_file(_context: click.Context, _option: click.Parameter, text: str | None) -> str | None:
    """The path of a finding, or None. What is no file, or far too large for one, is refused before it is read."""
    if text is None:
        return None
    if not text:
        raise click.BadParameter("expected a path, found an empty text")
    try:
        facts = Path(text).stat()
    except OSError:
        return text  # who reads it says why it cannot be read
    told = f"{text}: expected the file of a finding"
    if not stat.S_ISREG(facts.st_mode) and not stat.S_ISDIR(facts.st_mode):
        raise CommandError(f"{told}, found a device, a FIFO or a socket; name a file")
    if stat.S_ISREG(facts.st_mode) and facts.st_size > FINDING_SIZE_MAXIMUM:
        largest = f"at most {FINDING_SIZE_MAXIMUM >> 20} MiB"
        raise CommandError(f"{told}, {largest}, found {facts.st_size:,} bytes; name another file")
    return text


def together(*options: Callable[..., Any]) -> Callable[[Any], Any]:
    """Several options as one decorator, in the order in which `--help` should list them."""

    def decorate(function: Any) -> Any:
        for option in reversed(options):
            function = option(function)
        return function

    return decorate
