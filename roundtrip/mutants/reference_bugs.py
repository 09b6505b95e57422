"""Bugs in the reference decoders: the other lanes must notice these as well."""

from __future__ import annotations

from typing import Any

from ..reference import Refusal
from .planting import (
    Decoder,
    Mutant,
    from_reference,
)


def unseeded(decode: Decoder) -> Decoder:
    """A decoder that has forgotten the place."""
    return lambda data, _seed: decode(data, 0)


def lenient_about(rule: str, named: str) -> Any:
    """A decoder that names one rule by another."""

    def wrap(decode: Decoder) -> Decoder:
        def wrong(data: bytes, seed: int) -> Any:
            try:
                return decode(data, seed)
            except Refusal as error:
                raise (Refusal(named, error.detail, error.offset) if error.rule == rule else error) from None

        return wrong

    return wrap


def missing_field(decode: Decoder) -> Decoder:
    """A decoder that answers with one value changed."""

    def wrong(data: bytes, seed: int) -> Any:
        value = dict(decode(data, seed))
        name = next(reversed(value))
        value[name] = None
        return value

    return wrong


def reference_mutants() -> list[Mutant]:
    """Bugs in the reference decoders: the other lanes must notice these as well."""

    def mutant(name: str, entry: str, what: str, law: str, wrap: Any) -> Mutant:
        return Mutant(name, entry, what, "reference", law, from_reference(wrap))

    return [
        mutant("reference-forgets-place", "lsm_page.index", "the reference does not seed its seal", "D10", unseeded),
        mutant("reference-truncated-as-corrupt", "chunk", "the reference calls a cut body a checksum failure", "D8",
               lenient_about("truncated", "checksum")),
        mutant("reference-loses-a-field", "tree_metadata", "the reference loses its last field", "D10", missing_field),
    ]  # fmt: skip
