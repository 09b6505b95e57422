"""Our own lanes, as contenders: the fast codec by record and by tuple, and the oracle."""

from __future__ import annotations

from typing import Any, Final

from formats.layout import BitGroup, Struct

from ..tuples import plain_of_tuple
from .peers import Call, Contender
from .records import Sample

FAST: Final = "fast"
FAST_TUPLE: Final = "fast_tuple"
ORACLE: Final = "oracle"
OWN: Final = (FAST, FAST_TUPLE, ORACLE)


def own_contenders(sample: Sample) -> list[Contender]:
    """The lanes of the format itself."""
    codec, oracle = sample.format.codec, sample.format.oracle
    module = codec.module
    place = (sample.data, sample.seed)
    return [
        Contender(
            FAST,
            "all",
            Call(codec.probe, place),
            codec.plain,
            Call(module.encode, (sample.record, sample.seed)),
            lookup_call(sample, module),
        ),
        Contender(
            FAST_TUPLE,
            "all",
            Call(codec.probe_tuple, place),
            lambda values: plain_of_tuple(values, sample.record),
            tuple_call(sample, module),
        ),
        Contender(
            ORACLE,
            "all",
            Call(oracle.decode, place),
            lambda plain: plain,
            Call(oracle.encode, (sample.plain, sample.seed)),
            note="the interpreted schema; decoding also encodes again, encoding also decodes again",
        ),
    ]


def lookup_call(sample: Sample, module: Any) -> Call | None:
    """The search for a key in a page, where the codec has one: in an index, for the page that may hold it."""
    search = getattr(module, "lower_bound" if sample.format.name == "lsm_page.index" else "lookup", None)
    if search is None or not sample.keys:
        return None
    return Call(search, (sample.data, sample.wanted_key))


def tuple_call(sample: Sample, module: Any) -> Call | None:
    """Encoding from the nested tuple, where the codec has it."""
    encode = getattr(module, "encode_tuple", None)
    if encode is None:
        return None
    is_spread = isinstance(sample.format.layout.root, Struct | BitGroup)
    values = sample.values if is_spread else (sample.values,)
    return Call(encode, (*values, sample.seed))
