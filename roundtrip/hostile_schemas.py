"""The corpus of hostile schemas: each with the bytes that do the harm and the one finding it must get.

It holds every row of the measured table of what plain Construct does with hostile bytes, and more. Every rule of the
linter has an entry here: a rule that no schema breaks would be a rule that nobody needs.
"""

from __future__ import annotations

from typing import Final

from .hostile.code import CODE
from .hostile.evidence import HostileSchema
from .hostile.exploding import EXPLODING
from .hostile.leaking import LEAKING
from .hostile.lenient import LENIENT
from .hostile.swallowing import SWALLOWING

__all__ = ["HOSTILE_SCHEMAS", "HostileSchema"]

EVERY: Final = (*SWALLOWING, *LEAKING, *EXPLODING, *CODE, *LENIENT)
#: Name -> hostile schema.
HOSTILE_SCHEMAS: Final[dict[str, HostileSchema]] = {entry.name: entry for entry in EVERY}
assert len(HOSTILE_SCHEMAS) == len(EVERY), "two of one name"
