"""Makes a compiled engine: sources into a folder of their own, mypyc and the C compiler there, and the result in place.

Nothing is seen of a build before it is whole; two at once are made one after the other.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from importlib.machinery import EXTENSION_SUFFIXES
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec

from formats.errors import ShardproofError
from roundtrip.campaign.fingerprint import ROOT, fingerprint, fingerprint_in

from .modules import (
    MANIFEST,
    SOURCES,
    Build,
    build_folder,
    builds_folder,
    compiled_sources,
    interpreter,
    read_build,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

SCRIPT: Final = Path(__file__).with_name("extension.py")
INSTALL: Final = "pip install 'shardproof[compiled]'"
LOG: Final = "last-build.log"
#: Builds of other sources that are kept, the newest ones.
OTHERS_KEPT: Final = 3
#: Calls of the C compiler for each module: its code, its entry, and the linking of this.
CALLS_PER_MODULE: Final = 3


class BuildFailed(ShardproofError):
    """No compiled engine could be made."""


def build(*, again: bool = False, watch: Callable[[int, int, str], None] | None = None) -> tuple[Path, Build, bool]:
    """The folder of the build of these sources, what it says, and whether it was made now. Raises `BuildFailed`.

    again: make it anew also where there is one.
    """
    folder = build_folder()
    try:
        with lock(builds_folder()):
            found = None if again else read_build(folder)
            if found is not None:
                return folder, found, False
            refuse_without_tools()
            with tempfile.TemporaryDirectory(prefix="building-", dir=builds_folder()) as stage:
                made = compile_in(Path(stage), watch)
                shutil.rmtree(folder, ignore_errors=True)
                (Path(stage) / "done").rename(folder)
            remove_old(folder)
            return folder, made, True
    except OSError as error:
        raise BuildFailed(
            f"{error.filename or builds_folder()}: {error.strerror}; a compiled engine lies in the "
            "Python environment: use one that you may write to"
        ) from error


@contextmanager
def lock(folder: Path) -> Iterator[None]:
    """One build at a time."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def refuse_without_tools() -> None:
    """Raise `BuildFailed` where something is missing that building needs."""
    if interpreter_name() != "cpython":
        raise BuildFailed(f"mypyc compiles for CPython, this is {interpreter_name()}")
    for tool in ("mypyc", "setuptools"):
        if find_spec(tool) is None:
            raise BuildFailed(f"{tool} is not installed: {INSTALL}")
    compiler = (os.environ.get("CC", "").split() or ["cc"])[0]
    if shutil.which(compiler) is None and shutil.which("gcc") is None:
        raise BuildFailed(f"no C compiler ({compiler}, gcc) is installed: on Debian and Ubuntu apt install gcc")


def interpreter_name() -> str:
    """Which Python this is."""
    return sys.implementation.name


def compile_in(stage: Path, watch: Callable[[int, int, str], None] | None) -> Build:
    """Copy the sources, compile them, and put what belongs to the build into `done`."""
    started = time.monotonic()
    sources, done = stage / "sources", stage / "done"
    made_from = fingerprint(SOURCES)
    for name in SOURCES:
        shutil.copytree(ROOT / name, sources / name, ignore=shutil.ignore_patterns("__pycache__"))
    if fingerprint_in(sources, SOURCES) != made_from:
        raise BuildFailed("the sources changed while the build began: begin again")
    files = compiled_sources()
    run_compiler(sources, files, watch)
    modules: dict[str, str] = {}
    for file in sorted(path for path in sources.rglob("*") if path.name.endswith(tuple(EXTENSION_SUFFIXES))):
        place = file.relative_to(sources)
        if place.parts[0] == "build":
            continue
        (done / place).parent.mkdir(parents=True, exist_ok=True)
        file.rename(done / place)
        modules[".".join((*place.parts[:-1], place.name.split(".")[0]))] = place.as_posix()
    missing = sorted({file[:-3].replace("/", ".") for file in files} - modules.keys())
    if missing:
        raise BuildFailed(f"mypyc made no module {missing[0]}; {builds_folder() / LOG} has what it printed")
    made = Build(
        sources=made_from,
        interpreter=interpreter(),
        compiler=f"mypyc {version_of('mypy')}",
        seconds=round(time.monotonic() - started, 1),
        modules=modules,
    )
    (done / MANIFEST).write_bytes(msgspec.json.format(msgspec.json.encode(made)))
    return made


def run_compiler(sources: Path, files: list[str], watch: Callable[[int, int, str], None] | None) -> None:
    """Compile files in a process of its own; what it prints goes into a log. Raises `BuildFailed`."""
    log = builds_folder() / LOG
    calls, total = 0, CALLS_PER_MODULE * len(files)
    command = [sys.executable, str(SCRIPT), *files]
    with (
        log.open("w", encoding="utf-8") as record,
        subprocess.Popen(  # noqa: S603  # our own script
            command, cwd=sources, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        ) as process,
    ):
        assert process.stdout is not None
        try:
            for line in process.stdout:
                record.write(line)
                calls += " -shared " in line or " -c " in line
                if watch is not None:
                    watch(min(calls, total), total, "types are read" if not calls else "C is compiled")
        except BaseException:
            process.kill()
            raise
    if process.returncode:
        said = [line for line in log.read_text(encoding="utf-8").splitlines() if "error" in line.lower()]
        first = f": {said[0].strip()}" if said else ""
        raise BuildFailed(f"mypyc ended with code {process.returncode}{first}; {log} has all that it printed")


def version_of(distribution: str) -> str:
    """The version of an installed distribution."""
    try:
        return version(distribution)
    except PackageNotFoundError:
        return "of unknown version"


def remove_old(current: Path) -> None:
    """Remove builds of other sources but for the newest ones."""
    others = [path for path in builds_folder().iterdir() if path.is_dir() and path != current]
    others.sort(key=lambda path: path.stat().st_mtime, reverse=True)
    for path in others[OTHERS_KEPT:]:
        shutil.rmtree(path, ignore_errors=True)
