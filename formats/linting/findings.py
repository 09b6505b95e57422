"""What the linter finds, and the form of a rule."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from ..errors import Path, SchemaRefused, path_text

#: *unsafe*: can hang, explode, swallow an error or leak a foreign one, or is code that no lock can keep.
#: *malleable*: accepts two encodings of one value, or values that nobody has named.
Level = Literal["unsafe", "malleable"]


@dataclass(frozen=True)
class Rule:
    """Why a kind of node is refused, and what to write instead; both are phrases that end a sentence."""

    level: Level
    reason: str
    instead: str


@dataclass(frozen=True)
class Finding:
    """A node of a schema that breaks a rule.

    `path` names fields, without array indices; `node` is the construct, or the parameter of it, in one line.
    """

    level: Level
    rule: str
    path: Path
    node: str
    reason: str
    instead: str

    def __str__(self) -> str:
        where = f"{path_text(self.path)}: {self.node}"
        return f"{self.level} {self.rule}: {where} {self.reason}; write {self.instead} instead"

    def refusal(self) -> SchemaRefused:
        """The same facts as the error that refuses the schema."""
        return SchemaRefused(self.path, f"{self.node} {self.reason} ({self.rule})", self.instead)
