"""The Kaitai compiler, which none of us wrote: from exported `.ksy` texts to Python classes.

It is a JavaScript package that `make test` installs; SHARDPROOF_KAITAI names another folder. Neither it nor Node is
needed for anything else, and where one is missing `KaitaiMissing` says which.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any, Final

from formats.errors import ShardproofError
from formats.kaitai import class_name

PACKAGE: Final = "kaitai-struct-compiler"
TIMEOUT_SECONDS: Final = 120


class KaitaiMissing(ShardproofError):
    """The compiler, or the Node that runs it, is not installed."""


class KaitaiRefused(ShardproofError):
    """The compiler does not take a `.ksy` text."""


def compiler_folder() -> Path:
    """The folder of the compiler's package."""
    named = os.environ.get("SHARDPROOF_KAITAI")
    folder = Path(named) if named else Path(sys.prefix) / "kaitai" / "node_modules" / PACKAGE
    if not (folder / "package.json").is_file():
        raise KaitaiMissing(f"the Kaitai compiler is not installed: there is no {PACKAGE} in {folder.parent}")
    return folder.resolve()


def node_command() -> str:
    """The path of Node: on PATH, or beside this Python, where its wheel puts it."""
    beside = str(Path(sys.executable).parent)
    found = shutil.which("node") or shutil.which("node", path=beside)
    if found is None:
        raise KaitaiMissing("Node is not installed: there is no `node` on PATH or beside this Python")
    return found


def compile_ksy(texts: Mapping[str, str]) -> dict[str, str]:
    """The Python source that the compiler makes of every `.ksy` text, by the same names.

    Raises `KaitaiRefused` with what the compiler says, `KaitaiMissing` where it is not installed.
    """
    request = json.dumps({"compiler": str(compiler_folder()), "texts": dict(texts)})
    node = node_command()
    with as_file(files(__package__) / "kaitai_compile.mjs") as script:
        finished = subprocess.run(  # noqa: S603  # our own script, and the Node that was found
            [node, str(script)], input=request, capture_output=True, text=True, timeout=TIMEOUT_SECONDS, check=False
        )
    if finished.returncode:
        raise KaitaiRefused(f"the Kaitai compiler failed: {finished.stderr.strip()[-2000:]}")
    answer = json.loads(finished.stdout)
    if answer["errors"]:
        name, message = next(iter(answer["errors"].items()))
        raise KaitaiRefused(f"{name}: {message}")
    return dict(answer["files"])


def load_class(source: str, identifier: str) -> Any:
    """The class that compiled source defines for a format with this Kaitai name; it needs the package kaitaistruct."""
    namespace: dict[str, Any] = {"__name__": f"kaitai_{identifier}"}
    exec(compile(source, f"<kaitai {identifier}>", "exec"), namespace)  # noqa: S102  # what the compiler made of our text
    return namespace[class_name(identifier)]
