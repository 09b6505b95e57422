"""Nested mappings and lists as YAML: a subset that every parser reads alike.

Mappings and lists of mappings in block style; text in double quotes unless it is a plain lower-case word; numbers,
truth values and lists of numbers as in JSON.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

#: Text that needs no quotes; words that some parser takes for a truth value or nothing do.
PLAIN: Final = re.compile(r"[a-z][a-z0-9_-]*")
AMBIGUOUS: Final = frozenset({"y", "n", "yes", "no", "on", "off", "true", "false", "null", "nan", "inf"})


def yaml_text(tree: Mapping[str, Any]) -> str:
    """The text of a mapping, ending in a newline."""
    return "\n".join(mapping_lines(tree, 0)) + "\n"


def mapping_lines(tree: Mapping[Any, Any], depth: int) -> Iterator[str]:
    """The lines of a mapping; empty mappings are left out."""
    for key, value in tree.items():
        name = "  " * depth + f"{scalar(key)}:"
        if isinstance(value, Mapping):
            if value:
                yield name
                yield from mapping_lines(value, depth + 1)
        elif isinstance(value, list) and value and isinstance(value[0], Mapping):
            yield name
            for item in value:
                first, *rest = mapping_lines(item, depth + 2)
                yield "  " * (depth + 1) + "- " + first.lstrip(" ")
                yield from rest
        else:
            yield f"{name} {scalar(value)}"


def scalar(value: Any) -> str:
    """A scalar or a list of scalars."""
    if isinstance(value, str) and PLAIN.fullmatch(value) and value not in AMBIGUOUS:
        return value
    return json.dumps(value, ensure_ascii=False)
