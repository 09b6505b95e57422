"""Bugs around right code: leaks, caches, short reads, memory and time."""

from __future__ import annotations

from typing import Any

from formats.codec import Codec

from .planting import (
    Mutant,
    from_behaviour,
)


def prefix_probe(codec: Codec) -> Any:
    """A probe that does not mind what follows the frame."""
    assert codec.probe_prefix is not None
    inner = codec.probe_prefix

    def probe(data: Any, seed: int = 0) -> Any:
        found = inner(data, seed)
        return None if found is None else found[0]

    return probe


def padding_probe(codec: Codec) -> Any:
    """A probe that reads zeros beyond the end."""

    def probe(data: Any, seed: int = 0) -> Any:
        found = codec.probe(data, seed)
        for missing in range(1, 9):
            found = found or codec.probe(bytes(data) + bytes(missing), seed)
        return found

    return probe


def leaking_probe(codec: Codec) -> Any:
    """A probe that reads a byte before it knows that there is one."""

    def probe(data: Any, seed: int = 0) -> Any:
        return None if data[3] != codec.oracle.version else codec.probe(data, seed)

    return probe


def greedy_probe(codec: Codec) -> Any:
    """A probe that makes room for the payload before it has checked the length."""

    def probe(data: Any, seed: int = 0) -> Any:
        if len(data) >= 29:
            bytearray(min(int.from_bytes(data[25:29], "little"), 2**26))
        return codec.probe(data, seed)

    return probe


def slow_probe(codec: Codec) -> Any:
    """A probe that looks at every pair of entries."""

    def probe(data: Any, seed: int = 0) -> Any:
        total = 0
        for _ in range(len(data) // 16):
            for _ in range(len(data) // 16):
                total += 1
        return codec.probe(data, seed)

    return probe


def zero_probe(codec: Codec) -> Any:
    """A probe that takes a zeroed sector for an empty record."""
    cached: list[Any] = []

    def probe(data: Any, seed: int = 0) -> Any:
        found = codec.probe(data, seed)
        if found is not None and not cached:
            cached.append(found)
        return cached[0] if found is None and cached and len(data) and not any(data) else found

    return probe


def caching_probe(codec: Codec) -> Any:
    """A probe that remembers frames by their seal alone."""
    cache: dict[bytes, Any] = {}

    def probe(data: Any, seed: int = 0) -> Any:
        found = codec.probe(data, seed)
        if found is not None:
            cache[bytes(data[44:48])] = found
        return found or cache.get(bytes(data[44:48]))

    return probe


def swapped_tuple(codec: Codec) -> Any:
    """A tuple path whose first two values are in each other's place."""

    def probe(data: Any, seed: int = 0) -> Any:
        found = codec.probe_tuple(data, seed)
        return None if found is None else (found[1], found[0], *found[2:])

    return probe


def behaviour_mutants() -> list[Mutant]:
    """Bugs around right code."""

    def mutant(name: str, entry: str, what: str, law: str, function: str, make: Any) -> Mutant:
        return Mutant(name, entry, what, "behaviour", law, from_behaviour(lambda codec: {function: make(codec)}))

    return [
        mutant("trailing-bytes-accepted", "chunk", "bytes behind the frame pass", "D7", "probe", prefix_probe),
        mutant("short-read-padded", "chunk", "bytes that are missing at the end are taken for zeros", "D8", "probe",
               padding_probe),
        mutant("leaks-index-error", "chunk", "an IndexError leaves the decoder", "D1", "probe", leaking_probe),
        mutant("allocates-unverified-length", "chunk", "memory is taken for a length nobody vouches for", "D2",
               "probe", greedy_probe),
        mutant("quadratic-time", "lsm_page.data", "every pair of entries is looked at", "D3", "probe", slow_probe),
        mutant("zero-frame-accepted", "extent_header", "zeroed bytes pass for a frame", "D10", "probe", zero_probe),
        mutant("cached-by-seal", "lsm_page.footer", "a frame is remembered by its seal alone", "D6", "probe",
               caching_probe),
        mutant("tuple-path-swapped", "chunk", "the tuple path swaps its first two values", "D10", "probe_tuple",
               swapped_tuple),
    ]  # fmt: skip
