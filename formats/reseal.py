"""Resealing: makes the checksums of damaged bytes match again, so that damage reaches the checks behind them.

A checksum that lies inside what another one covers is made first, so a header's seal comes last.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import Final

from .layout import Digest, Integer, Node, children, fixed_size
from .oracle import Oracle
from .primitives.checksums import masked
from .walking import Step, Walk

#: A plain Construct Checksum stops the trace at the first mismatch, so each such one costs a pass.
PASS_COUNT_MAXIMUM: Final = 1000


@dataclass(frozen=True)
class Checksum:
    """One checksum in the bytes: it lies at start..end and covers cover_start..cover_end, ends not included."""

    digest: Digest
    start: int
    end: int
    cover_start: int
    cover_end: int

    def covers(self, other: Checksum) -> bool:
        """Whether the other one lies inside what this one covers."""
        return self.cover_start < other.end and other.start < self.cover_end


def reseal(oracle: Oracle, data: bytes, seed: int = 0) -> bytes:
    """The same bytes with every checksum recomputed, as far as the damaged bytes can be followed.

    `seed`: the CRC32C of the place, as in `Oracle.decode`. Never raises; bytes that hold no checksum come back as
    they are.
    """
    for _ in range(PASS_COUNT_MAXIMUM):
        sealed = seal_once(oracle, data, seed)
        if sealed == data:
            break
        data = sealed
    return data


def seal_once(oracle: Oracle, data: bytes, seed: int) -> bytes:
    """The bytes with every checksum that a trace of them reaches recomputed, innermost first."""
    sealed = bytearray(data)
    pending = checksums(oracle, data)
    while pending:
        inner = (one for one in pending if not any(one.covers(other) for other in pending if other is not one))
        chosen = next(inner, pending[0])
        pending.remove(chosen)
        covered = bytes(sealed[chosen.cover_start : chosen.cover_end])
        sealed[chosen.start : chosen.end] = computed(chosen, covered, seed)
    return bytes(sealed)


def computed(checksum: Checksum, covered: bytes, seed: int) -> bytes:
    """The encoded checksum of the covered bytes; zeros where a user's function raises: what reads them shows that."""
    digest = checksum.digest
    function = getattr(import_module(digest.algorithm.module), digest.algorithm.name)
    try:
        value = function(covered, seed) if digest.sealing else function(covered)
    except Exception:  # noqa: BLE001  # damage can give a user's function bytes that it never expected
        return bytes(checksum.end - checksum.start)
    if digest.masked:
        value = masked(value)
    size = checksum.end - checksum.start
    if isinstance(value, int):
        little = digest.node.little if isinstance(digest.node, Integer) else True
        return (value % (1 << 8 * size)).to_bytes(size, "little" if little else "big")
    return bytes(value[:size]).ljust(size, b"\0")


def checksums(oracle: Oracle, data: bytes) -> list[Checksum]:
    """Every checksum that is there with all that it covers."""
    walk = Walk(oracle, data)
    found = [located(walk, step, len(data)) for step in walk.steps(holds_checksum) if isinstance(step.node, Digest)]
    return [checksum for checksum in found if checksum is not None]


def located(walk: Walk, step: Step, size: int) -> Checksum | None:
    """One checksum and what it covers; None where one of them is not all there. `size`: of the data, in bytes."""
    digest = step.node
    assert isinstance(digest, Digest)
    end = step.start + (fixed_size(digest.node) or 0)
    if end == step.start or end > size or not step.scopes:
        return None
    if digest.sealing:
        return Checksum(digest, step.start, end, step.scopes[-1].start, step.start)
    spans = [walk.spans.get((*step.scopes[-1 - field.up].path, *field.names)) for field in digest.covers]
    whole = [span for span in spans if span is not None]
    if not whole or len(whole) < len(spans):
        return None
    return Checksum(digest, step.start, end, whole[0][0], whole[-1][1])


def holds_checksum(node: Node) -> bool:
    """Whether a checksum stands anywhere inside a node."""
    return isinstance(node, Digest) or any(holds_checksum(child) for _, child in children(node))
