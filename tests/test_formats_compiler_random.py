"""The schema compiler against interpreted Construct, over random schemas, values and damage.

SHARDPROOF_SCHEMAS=n tries n schemas (the default suits CI). A failure names the number of its schema.
"""

from __future__ import annotations

import os
import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from formats import compiler
from formats.catalog import CATALOG, Format
from formats.codec import Codec
from formats.errors import LaneDisagreement, SchemaRefused
from roundtrip.generate import Source
from roundtrip.schemas import random_schema, schemas
from roundtrip.schemas.agreement import Agreement, Effort, Tally, seeded
from roundtrip.strategies import HypothesisSource

SCHEMAS = int(os.environ.get("SHARDPROOF_SCHEMAS", "700"))
#: Random schemas that the compiler may refuse, of a hundred.
REFUSED_PERCENT_MAXIMUM = 10


def compare(schema: Any, source: Source, tally: Tally, effort: Effort) -> None:
    """Compile a schema and compare the lanes; what the compiler refuses is counted."""
    subject = Format("random", 1, schema)
    try:
        codec = subject.codec
    except SchemaRefused as refused:
        tally.refused[refused.reason] = tally.refused.get(refused.reason, 0) + 1
        return
    tally.schemas += 1
    Agreement(subject, codec, tally).check(source, effort)


@pytest.mark.slow
def test_compiled_codecs_of_random_schemas_agree_with_the_oracle(seed: int) -> None:
    tally = Tally()
    for number in range(SCHEMAS):
        source = seeded(seed, number)
        try:
            compare(random_schema(source), source, tally, Effort())
        except Exception as error:
            raise AssertionError(f"schema {number} of seed {seed}: {error}") from error
    assert tally.schemas > SCHEMAS * (100 - REFUSED_PERCENT_MAXIMUM) // 100, tally.refused
    assert tally.survived * 50 > tally.damaged, "almost no damaged frame is valid: the damage is too coarse"
    assert tally.encoded * 50 > tally.spoilt, "almost no spoilt record can be written: the damage is too coarse"
    assert tally.unsatisfied * 10 < tally.schemas, tally


@pytest.mark.slow
@settings(max_examples=min(SCHEMAS // 6, 2000))
@given(data=st.data())
def test_hypothesis_finds_no_schema_whose_lanes_disagree(data: st.DataObject) -> None:
    effort = Effort(values=2, damages=4, spoilings=2, size=4)
    compare(data.draw(schemas()), HypothesisSource(data.draw), Tally(), effort)


@pytest.mark.parametrize("subject", [*CATALOG], ids=lambda subject: subject.module_name)
def test_catalog_codecs_agree_with_the_oracle(subject: Format, seed: int) -> None:
    effort = Effort(values=20, damages=20, spoilings=10, size=24)
    Agreement(subject, subject.codec, Tally()).check(seeded(seed, subject.name), effort)


#: Bugs planted in the generated text: what to look for, and what stands there instead.
PLANTED: dict[str, tuple[str, str]] = {
    "numbers of the wrong byte order": (r'Struct\("<', 'Struct(">'),
    "bytes behind the frame accepted": (r"if (\w+) != (\w+_end):", r"if \1 < \2:"),
    "text that is not text accepted": (r'\.decode\("(utf-8|ascii)"\)', r'.decode("\1", "replace")'),
    "an unknown flag accepted": (r"& -?~?0x[0-9a-f]+\b", "& 0"),
    "a checksum over one byte too few": (r"(crc32|adler32)\(data\[(.*?):(\w+_end)\]\)", r"\1(data[\2:\3 - 1])"),
    "a bound that is off by one": (r"<= (\w+) <= (\d+)\b", r"<= \1 <= \2 + 1"),
    "an element of an array left out when it is written": (r"for (\w+) in (\w+):", r"for \1 in \2[1:]:"),
}


@pytest.mark.slow
@pytest.mark.parametrize("bug", PLANTED)
def test_planted_compiler_bug_is_seen(bug: str, seed: int) -> None:
    pattern, replacement = PLANTED[bug]
    tally = Tally()
    for number in range(300):
        source = seeded(seed, number)
        try:
            subject = Format("random", 1, random_schema(source))
            text = re.sub(pattern, replacement, subject.source)
        except SchemaRefused:
            continue
        if text == subject.source:
            continue
        tally.schemas += 1
        codec = Codec(subject.oracle, compiler.load(text, "random_v1"), text)
        try:
            Agreement(subject, codec, tally).check(source, Effort(values=4, damages=20, spoilings=20))
        except LaneDisagreement:
            return
    pytest.fail(f"nobody saw it: {tally}")
