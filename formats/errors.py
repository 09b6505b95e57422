"""What can go wrong with bytes, values and schemas, as one tree.

    ShardproofError
    ├── FormatError          these bytes are not a valid frame (the only error a decoder raises)
    │   ├── Truncated        they end too early: more bytes might make them valid
    │   └── Corrupt          no further byte can make them valid
    ├── Unverifiable         they need the place they were written to, and nobody gave it
    ├── ValueRefused         this value has no encoding in the format
    ├── SchemaRefused        this schema cannot be used (unsafe, or not understood), with the path of the node
    ├── FrozenChanged        this schema is not what it was when its version was frozen
    ├── LockRefused          a formats.lock cannot be read as what it should be, with the line
    ├── RebuildRefused       no schema can be made again from a layout, with the path of the node
    │   └── FunctionMissing  because a checksum function that it names cannot be imported
    └── LaneDisagreement     two decoders of one format disagree about the same bytes: a bug of ours

A rule is the identifier of the law of the format that was broken. `RULES` lists them in the order in which every
decoder checks them, so that all lanes name the same one.
"""

from __future__ import annotations

from typing import Final

Path = tuple[str | int, ...]

#: Rule identifier -> what it means. The order is the order of checks in a sealed frame.
RULES: Final[dict[str, str]] = {
    "truncated": "the bytes end before the structure does",
    "magic": "the leading magic bytes are those of another format",
    "kind": "the kind byte names another structure",
    "version": "the version byte names another version",
    "header_checksum": "the header's CRC32C, continued from the place it was written to, does not match",
    "bounds": "a number lies outside its stated minimum and maximum",
    "checksum": "a checksum does not match the bytes it covers",
    "closing_tag": "the closing tag does not repeat the bytes it should",
    "reserved": "reserved or padding bytes are not zero",
    "constant": "a constant field holds something else",
    "enum": "a tag is not a member of its enumeration",
    "flags": "an unknown flag is set",
    "choice": "no branch of a choice matches its selector",
    "text": "bytes are not valid text in their encoding",
    "order": "values that must ascend do not, or do not end where they must",
    "length": "a region's content does not fill the region exactly",
    "canonical": "the value has another, canonical encoding",
    "trailing": "bytes follow the end of the structure",
    "invalid": "the schema's own check refused it",
}


class ShardproofError(Exception):
    """Root of every error of this project."""


def path_text(path: Path) -> str:
    """The path as people write it: `entries.keys[3]`; `(whole)` for the empty path."""
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else (f".{part}" if text else part)
    return text or "(whole)"


class FormatError(ShardproofError):
    """These bytes are no valid frame of the format.

    `offset` counts bytes from the start of the frame; `expected` and `found` are short texts for people;
    `rule` is a key of `RULES`.
    """

    def __init__(
        self,
        rule: str,
        *,
        format_name: str = "",
        version: int | None = None,
        path: Path = (),
        offset: int = 0,
        expected: str = "",
        found: str = "",
    ) -> None:
        super().__init__(rule)
        self.rule = rule
        self.format_name = format_name
        self.version = version
        self.path = path
        self.offset = offset
        self.expected = expected
        self.found = found

    def __str__(self) -> str:
        name = self.format_name + ("" if self.version is None else f" v{self.version}")
        text = f"{name or 'frame'}: {path_text(self.path)} at byte {self.offset}: {self.rule}"
        if self.expected or self.found:
            text += f": expected {self.expected or 'something else'}, found {self.found or 'nothing'}"
        return text

    def as_dict(self) -> dict[str, object]:
        """The same facts with stable keys, for `--json`."""
        return {
            "format": self.format_name,
            "version": self.version,
            "path": path_text(self.path),
            "offset": self.offset,
            "rule": self.rule,
            "expected": self.expected,
            "found": self.found,
        }


class Truncated(FormatError):
    """The bytes end before the structure does."""


class Corrupt(FormatError):
    """No further byte can make these bytes a valid frame."""


class Unverifiable(ShardproofError):
    """The format's checksums are seeded with a place, and no place was given."""


class ValueRefused(ShardproofError):
    """The value has no encoding: a field is missing, of another type, or outside its constraint."""

    def __init__(self, format_name: str, detail: str, path: Path = ()) -> None:
        super().__init__(f"{format_name}: {path_text(path)}: {detail}")
        self.format_name = format_name
        self.path = path
        self.detail = detail


class SchemaRefused(ShardproofError):
    """A schema cannot be used: `path` names the node, `reason` says why, `instead` what to write."""

    def __init__(self, path: Path, reason: str, instead: str = "") -> None:
        super().__init__(f"{path_text(path)}: {reason}" + (f"; write {instead} instead" if instead else ""))
        self.path = path
        self.reason = reason
        self.instead = instead


class FrozenChanged(ShardproofError):
    """A frozen format version has another layout now: `expected` and `found` are fingerprints."""

    def __init__(self, format_name: str, version: int, *, expected: str, found: str) -> None:
        super().__init__(
            f"{format_name} version {version} is frozen, and its layout has changed: expected fingerprint "
            f"{expected or '(none)'}, found {found}; undo the change and declare it as version {version + 1}, "
            "beside this one"
        )
        self.format_name = format_name
        self.version = version
        self.expected = expected
        self.found = found


class LockRefused(ShardproofError):
    """The text of a lock is wrong at `line` (from 1; 0: as a whole): what was expected and found, what to do."""

    def __init__(self, lock: str, line: int, *, expected: str, found: str, instead: str) -> None:
        place = f"{lock}, line {line}" if line else lock
        super().__init__(f"{place}: expected {expected}, found {found}; {instead}")
        self.lock = lock
        self.line = line
        self.expected = expected
        self.found = found
        self.instead = instead


class RebuildRefused(ShardproofError):
    """No schema can be made from a layout: `path` names the node, `reason` says why, `instead` what to do."""

    def __init__(self, path: Path, reason: str, instead: str = "") -> None:
        super().__init__(f"{path_text(path)}: {reason}" + (f"; {instead}" if instead else ""))
        self.path = path
        self.reason = reason
        self.instead = instead


class FunctionMissing(RebuildRefused):
    """A layout names a checksum function that cannot be imported: `module` and `function` are its import path."""

    def __init__(self, path: Path, module: str, function: str, reason: str) -> None:
        instead = f"make {module} importable (install it, or run where it can be found)"
        super().__init__(path, f"its checksum function {module}.{function} cannot be imported: {reason}", instead)
        self.module = module
        self.function = function


class LaneDisagreement(ShardproofError):
    """Two decoders of one format disagree about the same bytes."""

    def __init__(self, format_name: str, first: str, second: str, detail: str) -> None:
        super().__init__(f"{format_name}: the {first} and the {second} disagree: {detail}")
        self.format_name = format_name
        self.first = first
        self.second = second
        self.detail = detail


def refusal(rule: str, **facts: object) -> FormatError:
    """The `FormatError` of the right class for a rule."""
    kind = Truncated if rule == "truncated" else Corrupt
    return kind(rule, **facts)  # type: ignore[arg-type]  # the keywords are FormatError's own
