"""What the parts of a store are called: a frame's label and sort, and what the reference store's own rules mean."""

from __future__ import annotations

from typing import Any, Final

from ..inspection.rendering import short
from ..inspection.report import Frame
from .model import Sort

#: Rules that a named frame can break though its own bytes are whole (roundtrip/reference/image.py): what was expected,
#: what was found, what the rule means.
MEANINGS: Final[dict[str, tuple[str, str, str]]] = {
    "life": ("the extent in the life that the name states", "another life", "the extent was reset since it was named"),
    "owner": ("an extent for such chunks", "one with another owner", "the extent is not for what is named in it"),
    "pointer": ("a frame below the write pointer", "one that goes beyond it", "what is named was never written"),
    "identity": (
        "the frame that is named",
        "another whole frame",
        "owner, key, part, length or checksum are another's",
    ),
    "contradiction": ("what another whole frame says", "something else", "two whole frames are at odds"),
    "missing": ("a record that the superblock knows of", "none", "the end of the chain is gone"),
    "undeclared": ("a version that the store's features announce", "one that they do not", "older readers would fail"),
    "value_checksum": ("the checksum of the whole value", "another", "the parts together are not the value meant"),
}

ROOT_SORTS: Final[dict[str, Sort]] = {
    "extent_header": "header",
    "superblock": "superblock",
    "tree_metadata": "metadata",
}


def sort_of(structure: str, owner: str) -> Sort:
    """The sort of a frame: that of its structure; of a chunk, whose extent it lies in."""
    if not structure:
        return "debris"
    return ROOT_SORTS.get(structure) or ("index" if owner == "index" else "data")


def label_of(frame: Frame) -> str:
    """What tells a frame from others of its format: whose chunk it is, the number of a record."""
    values = {entry.path: entry.value for entry in frame.fields if entry.leaf and len(entry.path) == 1}

    def value(name: str) -> Any:
        return values.get((name,))

    match frame.format_name:
        case "chunk" if value("owner") is not None:
            key = value("key")
            if str(value("owner")) == "run" and isinstance(key, bytes):
                return f"run {int.from_bytes(key, 'little')}, part {value('part')}"
            name = "(no key)" if key is None else short(key).rpartition(" (")[0] or "(empty key)"
            return f"{name}, part {value('part')}"
        case "superblock" | "tree_metadata" if value("sequence") is not None:
            return f"record {value('sequence')}, {value('record')}"
        case "extent_header" if value("generation") is not None:
            return f"{value('owner')}, generation {value('generation')}"
    return ""
