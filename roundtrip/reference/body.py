"""What follows a header: body fields, and the columns inside one of them.

`Body` takes the fields one after the other: first a field must be there in full, then its checksum must
hold, then comes the next. `Columns` reads the content of a field whose checksum holds: arrays of
fixed-width unsigned little-endian integers, and at the end perhaps a heap of keys. Columns must fill the
field exactly.
"""

from __future__ import annotations

from collections.abc import Mapping

from .crc import crc32c
from .header import Buffer
from .refusal import Refusal

KEY_SIZE_MAXIMUM_BYTES = 4096


class Body:
    """Takes body fields in their order; `position` is the first byte of the input not yet taken."""

    def __init__(self, data: Buffer, position: int) -> None:
        self._data = data
        self.position = position

    def take(self, name: str, size: int) -> bytes:
        """The next `size` bytes, copied only when all of them are there; else `truncated`."""
        available = len(self._data) - self.position
        if available < size:
            raise Refusal("truncated", f"{name} needs {size} bytes, {available} are left", len(self._data))
        start = self.position
        self.position = start + size
        return bytes(self._data[start : start + size])

    def take_summed(self, name: str, size: int, checksum: int) -> bytes:
        """The next `size` bytes, whose plain CRC32C must be `checksum`; else `checksum`."""
        start = self.position
        content = self.take(name, size)
        computed = crc32c(content)
        if computed != checksum:
            raise Refusal("checksum", f"{name} sums to {computed:#010x}, not {checksum:#010x}", start)
        return content


class Columns:
    """Reads the columns of one region in their order; `start` is where the region begins in the input."""

    def __init__(self, region: bytes, start: int) -> None:
        self._region = region
        self._start = start
        self._position = 0

    def integers(self, name: str, count: int, size: int) -> tuple[int, ...]:
        """`count` integers of `size` bytes each; `length` when the rest of the region is too short."""
        first = self._position
        end = first + count * size
        if end > len(self._region):
            detail = f"{name} needs {count * size} bytes, {len(self._region) - first} are left"
            raise Refusal("length", detail, self._start + first)
        self._position = end
        region = self._region
        return tuple([int.from_bytes(region[at : at + size], "little") for at in range(first, end, size)])

    def strictly_ascending(self, name: str, count: int, size: int) -> tuple[int, ...]:
        """Integers each above the one before; else `order`."""
        first = self._start + self._position
        values = self.integers(name, count, size)
        for index in range(1, count):
            if values[index] <= values[index - 1]:
                detail = f"{name}[{index}] is {values[index]} after {values[index - 1]}"
                raise Refusal("order", detail, first + index * size)
        return values

    def ascending(self, name: str, count: int, size: int) -> tuple[int, ...]:
        """Integers none of which is below the one before; else `order`."""
        first = self._start + self._position
        values = self.integers(name, count, size)
        for index in range(1, count):
            if values[index] < values[index - 1]:
                detail = f"{name}[{index}] is {values[index]} after {values[index - 1]}"
                raise Refusal("order", detail, first + index * size)
        return values

    def last_must_be(self, name: str, values: tuple[int, ...], size: int, expected: int) -> None:
        """The column just read must end in `expected`, which is 0 for an empty one; else `order`."""
        last = values[-1] if values else 0
        if last != expected:
            at = self._start + self._position - (size if values else 0)
            raise Refusal("order", f"{name} ends in {last}, not in {expected}", at)

    def members(self, name: str, count: int, names: Mapping[int, str]) -> tuple[str, ...]:
        """The names of members, one byte each; else `enum`."""
        first = self._start + self._position
        values = self.integers(name, count, 1)
        for index in range(count):
            if values[index] not in names:
                detail = f"{name}[{index}] is {values[index]}, none of {dict(names)}"
                raise Refusal("enum", detail, first + index)
        return tuple([names[value] for value in values])

    def raw(self, name: str, size: int) -> bytes:
        """The next `size` bytes; `length` when the rest of the region is too short."""
        first = self._position
        if first + size > len(self._region):
            detail = f"{name} needs {size} bytes, {len(self._region) - first} are left"
            raise Refusal("length", detail, self._start + first)
        self._position = first + size
        return self._region[first : first + size]

    def keys_behind(self, prefix: bytes, key_ends: tuple[int, ...], total: int) -> tuple[bytes, ...]:
        """The rest of the region, cut at `key_ends`, each piece behind `prefix`.

        Else `length`; `bounds`, also where all keys have more than `total` bytes; `canonical`, where the pieces
        have a first byte in common, or one key is not all prefix; `order`.
        """
        first = self._start + self._position
        heap = self._region[self._position :]
        self._position = len(self._region)
        if key_ends[-1] != len(heap):
            raise Refusal("length", f"keys end at {key_ends[-1]}, their heap at {len(heap)}", first)
        if len(prefix) * len(key_ends) + len(heap) > total:
            raise Refusal("bounds", f"all keys have more than {total} bytes", first)
        pieces = []
        begin = 0
        for index, end in enumerate(key_ends):
            if end < begin or not 1 <= len(prefix) + end - begin <= KEY_SIZE_MAXIMUM_BYTES:
                detail = f"keys[{index}] has {len(prefix)} and {end - begin} bytes, not 1..{KEY_SIZE_MAXIMUM_BYTES}"
                raise Refusal("bounds", detail, first + min(begin, len(heap)))
            pieces.append(heap[begin:end])
            begin = end
        if len({piece[:1] for piece in pieces}) == 1 and pieces[0]:
            raise Refusal("canonical", f"all keys go on with {pieces[0][:1]!r} behind their prefix", first)
        for index in range(1, len(pieces)):
            if pieces[index] <= pieces[index - 1]:
                raise Refusal("order", f"keys[{index}] is not above the key before", first + key_ends[index - 1])
        return tuple([prefix + piece for piece in pieces])

    def keys(self, key_ends: tuple[int, ...]) -> tuple[bytes, ...]:
        """The rest of the region, cut at `key_ends`; else `length`, then `bounds`, then `order`."""
        first = self._start + self._position
        heap = self._region[self._position :]
        self._position = len(self._region)
        last = key_ends[-1] if key_ends else 0
        if last != len(heap):
            raise Refusal("length", f"keys end at {last}, their heap at {len(heap)}", first)
        begins = (0, *key_ends[:-1])
        for index, (begin, end) in enumerate(zip(begins, key_ends, strict=True)):
            if not 1 <= end - begin <= KEY_SIZE_MAXIMUM_BYTES:
                detail = f"keys[{index}] has {end - begin} bytes, not 1..{KEY_SIZE_MAXIMUM_BYTES}"
                raise Refusal("bounds", detail, first + min(begin, len(heap)))
        keys = tuple([heap[begin:end] for begin, end in zip(begins, key_ends, strict=True)])
        for index in range(1, len(keys)):
            if keys[index] <= keys[index - 1]:
                raise Refusal("order", f"keys[{index}] is not above the key before", first + begins[index])
        return keys

    def finish(self) -> None:
        """Nothing may be left of the region; else `length`."""
        left = len(self._region) - self._position
        if left:
            raise Refusal("length", f"{left} bytes are left over", self._start + self._position)
