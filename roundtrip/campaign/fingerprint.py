"""The fingerprint of what a block's result depends on beside the block: the sources of engine, formats and proofs.

A ledger keeps it. Results of other code are no evidence about this code.
"""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[2]
#: Folders whose Python files count, for histories; those that are not there are left out.
SOURCES: Final = (
    "engine",
    "formats",
    "roundtrip/campaign",
    "roundtrip/component_conformance",
    "roundtrip/crash",
    "roundtrip/faults",
    "roundtrip/histories",
    "roundtrip/models",
    "roundtrip/reference",
)
DIGITS: Final = 16


@cache
def fingerprint(sources: tuple[str, ...] = SOURCES) -> str:
    """16 hexadecimal digits; the same on every machine that has the same sources: folders, or single files.

    Those that were there when this process asked first.
    """
    return fingerprint_in(ROOT, sources)


def fingerprint_in(root: Path, sources: tuple[str, ...]) -> str:
    """The same of the sources below another folder, now."""
    digest = hashlib.blake2b(digest_size=DIGITS // 2)
    for source in sources:
        for path in [root / source] if source.endswith(".py") else sorted((root / source).rglob("*.py")):
            content = path.read_bytes()
            digest.update(f"{path.relative_to(root).as_posix()} {len(content)}\n".encode() + content)
    return digest.hexdigest()
