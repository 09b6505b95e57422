"""Kaitai Struct: Python code made by the Kaitai compiler from our export. It reads only.

It checks constants, bounds, enumerations and flags; Kaitai knows no checksums. The compiler runs in Node: where either
is missing this peer is named as not run.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from formats.catalog import CATALOG
from formats.kaitai import identifier, ksy

from ...kaitai import compile_ksy, load_class
from ...kaitai_values import plain_of_kaitai
from ..records import Sample
from .contender import Call, Contender


@lru_cache(maxsize=1)
def compiled() -> dict[str, Any]:
    """The classes of our formats, by label; all are compiled in one go, because Node is slow to start."""
    sources = compile_ksy({entry.module_name: ksy(entry) for entry in CATALOG})
    return {
        entry.label: load_class(sources[entry.module_name], identifier(f"{entry.name}_v{entry.version}"))
        for entry in CATALOG
    }


def get_ready() -> None:
    """Compile; raises `ShardproofError` where the compiler is not there."""
    compiled()


def contenders(sample: Sample) -> list[Contender]:
    """The lane `kaitai`."""
    decode = compiled()[sample.format.label].from_bytes
    return [
        Contender(
            "kaitai",
            "shape",
            Call(decode, (sample.data,)),
            lambda read: plain_of_kaitai(sample.format.layout, read),
            note="reads only; no checksums, no order",
        )
    ]
