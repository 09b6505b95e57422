"""What an input shows that none before it showed: then it becomes a seed, and the search goes deeper from there.

Of a refused input it is the rule and the field that the oracle names. Of an accepted one it is its features (see
`corpus.features`) and its shape: for every field how many bits its number has, how long it is, which member it names.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from corpus.features import exercised

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .judging import Examination
    from .target import Target

#: Of a long column so many elements are looked at.
ELEMENTS_MAXIMUM = 16


def refusal_key(examination: Examination) -> str:
    """The name of a refusal: `bounds@payload_length`."""
    rule, field = examination.blame
    return f"{rule}@{field}"


def accepted_keys(target: Target, data: bytes, plain: Any, known: set[str]) -> set[str]:
    """What an accepted input shows that is not known: its shape, and where that is new its features too."""
    new = {key for key in shape(plain, "") if key not in known}
    if new:
        new.update(key for key in exercised(target.format, data, target.seed) if key not in known)
    return new


def shape(plain: Any, path: str) -> Iterator[str]:
    """The shape of a plain value, field by field, `[]` for every index."""
    match plain:
        case dict():
            for name, value in plain.items():
                yield from shape(value, f"{path}.{name}" if path else str(name))
        case tuple():
            yield f"{path}~{len(plain).bit_length()} elements"
            for item in plain[:ELEMENTS_MAXIMUM]:
                yield from shape(item, f"{path}[]")
        case bytes():
            yield f"{path}~{len(plain).bit_length()} bytes"
        case bool() | None | str() | frozenset() | float():
            yield f"{path}~{sorted(plain) if isinstance(plain, frozenset) else repr(plain)[:24]}"
        case int():
            full = plain > 0 and plain & plain + 1 == 0
            yield f"{path}~{'-' if plain < 0 else ''}{plain.bit_length()} bits{' all set' if full else ''}"
