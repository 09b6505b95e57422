"""Puts the compiled engine in the place of its sources, in this process and in those that it starts."""

from __future__ import annotations

import os
import sys
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from importlib.util import spec_from_file_location
from typing import TYPE_CHECKING, Final

from formats.errors import ShardproofError

from .modules import build_folder, read_build

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path
    from types import ModuleType

#: Set to 1 it asks for the compiled engine, as the option `--compiled` does; child processes inherit it.
VARIABLE: Final = "SHARDPROOF_COMPILED"


class NotCompiled(ShardproofError):
    """There is no compiled engine of these sources, or it cannot be used for this."""


class CompiledFinder(MetaPathFinder):
    """Finds the modules of one build before the sources are found."""

    def __init__(self, folder: Path, modules: dict[str, str]) -> None:
        self.folder = folder
        self.modules = modules

    def find_spec(
        self, fullname: str, _path: Sequence[str] | None = None, _target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Where a compiled module is; None for all others."""
        file = self.modules.get(fullname)
        return None if file is None else spec_from_file_location(fullname, self.folder / file)


def is_compiled() -> bool:
    """Whether this process uses the compiled engine."""
    return any(isinstance(finder, CompiledFinder) for finder in sys.meta_path)


def use_compiled() -> None:
    """Let every later import of the engine find the compiled modules. Raises `NotCompiled`."""
    if is_compiled():
        return
    folder = build_folder()
    build = read_build(folder)
    if build is None:
        raise NotCompiled(
            f"no compiled engine of these sources in {folder.parent}: `shardproof compile` makes one, "
            "after each change of engine or formats"
        )
    loaded = sorted(name for name in build.modules if name in sys.modules)
    if loaded:
        raise NotCompiled(f"{loaded[0]} is loaded from its source already: begin a new process")
    sys.meta_path.insert(0, CompiledFinder(folder, build.modules))
    os.environ[VARIABLE] = "1"


def use_if_asked() -> None:
    """The same where the environment asks for it: for processes that a command starts. Raises `NotCompiled`."""
    if os.environ.get(VARIABLE) == "1":
        use_compiled()


def refuse_compiled(what: str) -> None:
    """Raise `NotCompiled` if this process uses the compiled engine; `what` says what for."""
    if is_compiled():
        raise NotCompiled(f"{what} needs the sources of the engine: run it without --compiled")
