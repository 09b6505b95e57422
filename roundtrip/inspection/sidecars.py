"""What the JSON file beside an inspected file says: its format, and the place where its bytes were written.

Sidecars of a corpus say both; a file of anybody's may say less. What cannot be used is left out and named in a note.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any, Final

from formats.place import CONTEXT_FIELDS

from .frames import Context
from .sources import sidecar_path

SIDECAR_SIZE_MAXIMUM: Final = 2**26
#: Sidecar texts are not nested deeper than any that we write.
NESTING_ERRORS = (ValueError, RecursionError, OSError)


@dataclass(frozen=True)
class Beside:
    """What a sidecar says. `origin`: the sidecar's name; empty where there is none. `notes`: what could not be used."""

    context: Context = field(default_factory=dict)
    format_name: str | None = None
    origin: str = ""
    notes: tuple[str, ...] = ()


def beside(name: str) -> Beside:
    """What the sidecar of a file says; nothing where there is none."""
    path = sidecar_path(name)
    if path is None:
        return Beside()
    try:
        with path.open("rb") as file:
            text = file.read(SIDECAR_SIZE_MAXIMUM + 1)
        if len(text) > SIDECAR_SIZE_MAXIMUM:
            return Beside(notes=(f"{path} is not used: it is too long for a sidecar",))
        content = json.loads(text)
    except NESTING_ERRORS as error:
        return Beside(notes=(f"{path} is not used: {error}",))
    if not isinstance(content, dict) or "place" not in content:
        return Beside()
    context, notes = context_of_json(content["place"])
    return Beside(
        context,
        named_format(content),
        str(path),
        tuple(f"{path}: {one}" for one in notes),
    )


def named_format(content: dict[str, Any]) -> str | None:
    """The format that a sidecar names, with the version (`chunk@1`) if it says one."""
    name, version = content.get("format"), content.get("version")
    if not isinstance(name, str):
        return None
    return f"{name}@{version}" if type(version) is int else name


def context_of_json(place: Any) -> tuple[Context, list[str]]:
    """The context fields of a `place` object, and what is wrong with it."""
    context: Context = {}
    if place is None:
        return context, []
    if not isinstance(place, dict):
        return context, ["place is no object"]
    notes = []
    for name, value in place.items():
        if name == "disk" and isinstance(value, str) and is_uuid(value):
            context[name] = bytes.fromhex(value.replace("-", ""))
        elif name != "disk" and name in CONTEXT_FIELDS and type(value) is int and 0 <= value < 2**32:
            context[name] = value
        else:
            notes.append(f"place.{name} is not used: {value!r:.60}")
    return context, notes


def is_uuid(text: str) -> bool:
    """Whether this is 32 hexadecimal digits, dashes aside."""
    digits = text.replace("-", "")
    return len(digits) == 32 and all(digit in "0123456789abcdefABCDEF" for digit in digits)
