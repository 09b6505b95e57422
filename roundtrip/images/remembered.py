"""Makes the reference store fast enough to read an image ten thousand times: its pure functions remember answers.

The functions below depend on their arguments alone: a checksum of bytes, a frame decoded from bytes and a seed, the
entries of a page, whether a filter holds a key. What they said of the undamaged image is remembered by these very
arguments, compared in full. Whatever is asked beyond that is computed anew, and held until a few others have been:
within one reading a checksum of the same damaged bytes is asked for up to four times.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any, Final
from unittest.mock import patch

from ..reference import (
    body,
    chunk,
    context,
    extent_header,
    header,
    lsm_page,
    named_chunk,
    runs,
    superblock,
    tree_metadata,
)

#: Module, name, and how its arguments are told apart: by value where they are bytes and numbers, by identity where they
#: are what a remembered function gave.
FUNCTIONS: Final = (
    (body, "crc32c", "bytes"),
    (context, "crc32c", "bytes"),
    (header, "crc32c", "bytes"),
    (lsm_page, "crc32c", "bytes"),
    (named_chunk, "crc32c", "bytes"),
    (named_chunk, "crc64nvme", "bytes"),
    (chunk, "decode_any_prefix", "bytes"),
    (lsm_page, "decode_any_data_prefix", "bytes"),
    (lsm_page, "decode_index_prefix", "bytes"),
    (lsm_page, "decode_filter_prefix", "bytes"),
    (superblock, "decode_prefix", "bytes"),
    (tree_metadata, "decode_prefix", "bytes"),
    (extent_header, "decode_prefix", "bytes"),
    (runs, "_entries", "identity"),
    (lsm_page, "filter_may_hold", "identity"),
)


#: Answers beyond the undamaged image that are held at a time.
RECENT_MAXIMUM: Final = 4


class Remembered:
    """One function with its answers. `is_learning`: whether new ones are kept for good."""

    def __init__(self, function: Callable[..., Any], kind: str) -> None:
        self.function = function
        self.is_identity = kind == "identity"
        self.is_learning = True
        #: By arguments: the answer, and the first argument.
        self._answers: dict[Any, tuple[Any, Any]] = {}
        self._recent: dict[Any, tuple[Any, Any]] = {}

    def __call__(self, first: Any, *rest: Any) -> Any:
        key = (id(first), *rest) if self.is_identity else (bytes(first), *rest)
        known = self._answers.get(key) or self._recent.get(key)
        # An identity means something only as long as the object lives, so it is held with the answer.
        if known is not None and (not self.is_identity or known[1] is first):
            return known[0]
        found = self.function(first, *rest)
        kept = self._answers if self.is_learning else self._recent
        if kept is self._recent and len(kept) >= RECENT_MAXIMUM:
            del kept[next(iter(kept))]
        kept[key] = found, first
        return found


@contextmanager
def remembering() -> Iterator[Callable[[], None]]:
    """While this lasts the functions remember; they learn until what this gives is called."""
    made: dict[Any, Remembered] = {}
    wrapped = []
    for module, name, kind in FUNCTIONS:
        function = getattr(module, name)
        # One function under several names has its answers in common.
        wrapped.append((module, name, made.setdefault(function, Remembered(function, kind))))

    def stop_learning() -> None:
        for one in made.values():
            one.is_learning = False

    with ExitStack() as stack:
        for module, name, one in wrapped:
            stack.enter_context(patch.object(module, name, one))
        yield stop_learning
