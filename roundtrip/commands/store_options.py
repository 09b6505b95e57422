"""What the `store` commands take: the path, prefixes, sizes in bytes."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from typing import Any, Final

import click

UNITS: Final = {"": 1, "B": 1, "KIB": 2**10, "MIB": 2**20, "GIB": 2**30, "TIB": 2**40}


def not_empty(_context: click.Context, _option: click.Parameter, text: str | None) -> str | None:
    """A path, or None; no text at all would be the working folder, or nothing that can be there."""
    if text == "":
        raise click.BadParameter("expected a path, found an empty text")
    return text


path_argument = click.argument("path", metavar="PATH", callback=not_empty)


def size_bytes(_context: click.Context, _option: click.Parameter, text: str) -> int:
    """A size such as `4096`, `64KiB`, `4MiB` or `1GiB`, in bytes."""
    match = re.fullmatch(r"(\d{1,20})\s*([A-Za-z]*)", text.strip())
    if match is None or match[2].upper() not in UNITS:
        raise click.BadParameter(f"{text!r} is no size; write 4096, 64KiB, 4MiB, 1GiB or 1TiB")
    return int(match[1]) * UNITS[match[2].upper()]


def as_key(_context: click.Context, _option: click.Parameter, text: str | None) -> bytes | None:
    """Text of the command line as the bytes of a key."""
    return None if text is None else os.fsencode(text)


def or_as_declared(_context: click.Context, _option: click.Parameter, version: int | None) -> int:
    """The version, or 0, which the engine takes for the newest that the store declares."""
    return version or 0


def versions_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """`--chunk-version` and `--page-version`: in which format versions this command writes."""
    for name, what in (("page", "data pages of sorted runs"), ("chunk", "chunks")):
        command = click.option(
            f"--{name}-version",
            f"{name}_version",
            type=click.IntRange(1, 2),
            default=None,
            callback=or_as_declared,
            show_default="the newest that the store declares",
            metavar="VERSION",
            help=f"Write {what} in this version; from 2 on, older releases refuse the store for ever.",
        )(command)
    return command


def prefix_option(help_text: str) -> Callable[[Any], Any]:
    """`--prefix`, which means something else to each command."""
    return click.option("--prefix", callback=as_key, metavar="TEXT", help=help_text)
