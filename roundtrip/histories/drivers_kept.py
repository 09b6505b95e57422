"""Kept findings: every history that ever failed, run again. Each must pass now, unless its bug was planted."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Final

from .finding import BadFinding

if TYPE_CHECKING:
    from collections.abc import Iterator
    from importlib.resources.abc import Traversable

#: Findings are kept in files with this suffix.
SUFFIX: Final = ".txt"


def own_folder() -> Traversable:
    """The kept findings that come with the package."""
    return files("corpus") / "histories"


def kept_files(folder: Traversable | Path | None = None) -> Iterator[tuple[str, str]]:
    """Name and text of every kept finding of a folder, ours if none is named. Raises `BadFinding` where it is none."""
    place = own_folder() if folder is None else folder
    if not place.is_dir():
        raise BadFinding(f"{place}: expected a folder of findings, found none")
    for each in sorted(place.iterdir(), key=lambda each: each.name):
        if each.name.endswith(SUFFIX):
            if not each.is_file():
                raise BadFinding(f"{each}: expected the text of a finding, found no regular file")
            try:
                text = each.read_text(encoding="utf-8")
            except (OSError, UnicodeDecodeError) as error:
                raise BadFinding(f"{each}: expected the text of a finding, found {error}") from None
            yield each.name, text
