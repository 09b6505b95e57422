"""Which modules are compiled, and where a build of them lies."""

from __future__ import annotations

import ast
import sys
from pathlib import Path
from typing import Final

import msgspec

from roundtrip.campaign.fingerprint import ROOT, fingerprint

#: What a build depends on: constants of the formats are part of the compiled code, and how it is made.
SOURCES: Final = ("engine", "formats", "roundtrip/compiled")
#: Not compiled: the operating system's side, whose time is spent in its calls.
OUTSIDE: Final = frozenset(("disk", "file_disk", "lock_file", "system_calls"))
#: Not compiled: proofs replace functions of it while they run (roundtrip/crash/examination.py), which a compiled module
#: would not notice.
REPLACED: Final = frozenset(("recovery",))
#: Of the formats only what the engine computes with for each record. The generated codecs gain nothing.
OF_FORMATS: Final = ("formats/seeds.py",)
MANIFEST: Final = "build.json"


class Build(msgspec.Struct, frozen=True, kw_only=True):
    """What a build says of itself. `modules`: import name -> file beside the manifest; `compiler`: who made it."""

    sources: str
    interpreter: str
    compiler: str
    seconds: float
    modules: dict[str, str]


def compiled_sources() -> list[str]:
    """The files to compile, as paths from the root of the project."""
    left_out = OUTSIDE | REPLACED | {"__init__"}
    files = [path for path in sorted((ROOT / "engine").glob("*.py")) if path.stem not in left_out]
    return [*(f"engine/{path.name}" for path in files if not has_class_options(path)), *OF_FORMATS]


def has_class_options(file: Path) -> bool:
    """Whether a class has options, such as `frozen=True` of a msgspec struct, which mypyc 2.4 drops without a word."""
    tree = ast.parse(file.read_bytes(), str(file))
    return any(isinstance(node, ast.ClassDef) and node.keywords for node in ast.walk(tree))


def interpreter() -> str:
    """The interpreter that a build is for, such as `cpython-311`."""
    return str(sys.implementation.cache_tag)


def builds_folder() -> Path:
    """Where builds lie: in the Python environment that they are for."""
    return Path(sys.prefix) / "share" / "shardproof" / "compiled"


def build_folder() -> Path:
    """Where the build of these sources for this interpreter lies, if there is one."""
    return builds_folder() / f"{interpreter()}-{fingerprint(SOURCES)}"


def read_build(folder: Path) -> Build | None:
    """The build in a folder; None where there is none, or not a whole one."""
    try:
        build = msgspec.json.decode((folder / MANIFEST).read_bytes(), type=Build)
    except (OSError, msgspec.DecodeError):
        return None
    return build if all((folder / file).is_file() for file in build.modules.values()) else None
