"""Damage of a store, for people and for `--json`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .keys import key_facts, key_text

if TYPE_CHECKING:
    from engine.errors import ChunkRotten


def damage_facts(damage: ChunkRotten) -> dict[str, Any]:
    """One damage with stable keys."""

    return {
        "structure": damage.structure,
        "extent": damage.extent,
        "generation": damage.generation,
        "offset": damage.offset,
        "rule": damage.rule,
        **({"key": None} if damage.key is None else key_facts(damage.key)),
    }


def damage_text(damage: ChunkRotten) -> str:
    """One damage as a line."""

    place = f"extent {damage.extent}, generation {damage.generation}, offset {damage.offset}"
    rule = f": {damage.rule}" if damage.rule else ""
    whose = "" if damage.key is None else f"; key {key_text(damage.key)}"
    return f"damaged {damage.structure} at {place}{rule}{whose}"
