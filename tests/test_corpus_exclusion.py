"""Proofs that no file shows something are sound: they follow from the layout, and no file contradicts them."""

from __future__ import annotations

from itertools import combinations
from random import Random

import construct as c
import pytest

import corpus
from corpus import conclusions
from corpus.exclusion import Prover
from corpus.features import Feature, exercised, features_in
from corpus.quantities import Bond
from formats import primitives as p
from formats.catalog import CATALOG, Format
from formats.errors import ShardproofError
from formats.place import Place
from roundtrip.generate import NoValue, RandomSource, generate
from roundtrip.schemas import random_schema

WITHOUT_LIMIT = 1 << 62


def named(entry_format: Format, *names: str) -> tuple[Feature, ...]:
    known = {feature.text: feature for feature in features_in(entry_format.layout)}
    return tuple(known[name] for name in names)


@pytest.mark.parametrize(
    ("label", "names", "kind"),
    [
        ("chunk", ("key=empty",), "construction"),
        ("chunk", ("payload_length=maximum",), "size"),
        ("chunk", ("key_length=minimum", "key=two"), "construction"),
        ("superblock", ("entries_length=minimum+1",), "construction"),
        ("superblock", ("entry_count=minimum", "entries.owners[]=data"), "construction"),
        ("superblock", ("entries.extents=one", "entries.owners=two"), "construction"),
        ("tree_metadata", ("added_count=minimum+1", "changes.chunk_ends=two"), "construction"),
        ("tree_metadata", ("changes.chunk_ends=two", "chunk_count=minimum"), "construction"),
        ("lsm_page.data", ("locator_count=minimum", "entries.locator_ends[]=inside"), "construction"),
        ("lsm_page.data", ("entry_count=maximum",), "size"),
        ("lsm_page.data@2", ("prefix_length=maximum", "entries.keys=two"), "construction"),
        ("lsm_page.data@2", ("prefix_length=minimum", "entries.keys=one"), "construction"),
        ("lsm_page.data@2", ("prefix_length=maximum", "entries.keys[]=shortest"), "construction"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_proved(label: str, names: tuple[str, ...], kind: str) -> None:
    entry_format = CATALOG.labelled(label)
    proof = Prover(entry_format.layout).proof(*named(entry_format, *names))
    assert proof is not None
    assert proof.kind == kind
    assert proof.text


@pytest.mark.parametrize(
    ("label", "names"),
    [
        ("chunk", ("key_length=maximum", "payload=empty")),
        ("superblock", ("entry_count=minimum", "sequence=maximum")),
        ("lsm_page.data@2", ("prefix_length=maximum", "entries.keys=one")),
        ("lsm_page.data", ("locator_count=minimum+1", "entries.locator_ends[]=minimum")),
    ],
)
def test_what_can_be_is_not_excluded(label: str, names: tuple[str, ...]) -> None:
    entry_format = CATALOG.labelled(label)
    assert Prover(entry_format.layout).proof(*named(entry_format, *names)) is None


@pytest.mark.parametrize("entry_format", CATALOG.formats, ids=lambda one: one.label)
def test_no_kept_file_shows_what_a_proof_excludes(entry_format: Format) -> None:
    prover = Prover(entry_format.layout)
    known = {feature.text: feature for feature in features_in(entry_format.layout)}
    for entry in golden(entry_format):
        shown = [known[text] for text in entry.sidecar.features if text in known]
        assert prover.proof(*shown[:12], size_maximum=WITHOUT_LIMIT) is None, entry.identity


def golden(entry_format: Format) -> list[corpus.Entry]:
    wanted = ("golden", entry_format.name, entry_format.version)
    every = corpus.load(corpus.own_folder(), CATALOG)
    return [one for one in every if (one.sidecar.kind, one.sidecar.format, one.sidecar.version) == wanted]


@pytest.mark.parametrize("number", range(20))
def test_no_value_of_a_random_schema_shows_what_a_proof_excludes(number: int) -> None:
    random = Random(number)
    try:
        entry_format = Format("any", 1, random_schema(RandomSource(random)))
        prover, known = Prover(entry_format.layout), {one.text: one for one in features_in(entry_format.layout)}
        seed = entry_format.seed(Place()) or 0
        files = [
            entry_format.oracle.encode(generate(entry_format.layout, RandomSource(random), size=6), seed)
            for _ in range(4)
        ]
    except (ShardproofError, NoValue):
        pytest.skip("the schema, or a value of it, is refused")
    for data in files:
        shown = [known[text] for text in exercised(entry_format, data, seed)]
        for pair in list(combinations(shown, 2))[:150]:
            proof = prover.proof(*pair, size_maximum=WITHOUT_LIMIT)
            assert proof is None or proof.kind == "size", (proof, pair[0].text, pair[1].text)


def test_branches_exclude_each_other_and_what_they_decide_on() -> None:
    schema = c.Struct(
        "kind" / p.ClosedEnum(c.Int8ul, small=1, large=2),
        "count" / c.Int8ul,
        "body" / c.IfThenElse(c.this.count > 3, "wide" / c.Int32ul, "narrow" / c.Int8ul),
    )
    entry_format = Format("branching", 1, schema)
    prover = Prover(entry_format.layout)
    assert prover.proof(*named(entry_format, "body=then", "count=minimum")) is not None
    assert prover.proof(*named(entry_format, "body=otherwise", "count=maximum")) is not None
    assert prover.proof(*named(entry_format, "body=then", "count=maximum")) is None


def test_an_unsound_proof_would_be_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    """A count that is taken for one less than it is contradicts what files show."""
    honest = conclusions.Narrowing.sum_up

    def off_by_one(self: conclusions.Narrowing, bond: Bond) -> None:
        honest(self, Bond(bond.terms, bond.constant + (len(bond.terms) == 2), bond.at_most))

    monkeypatch.setattr(conclusions.Narrowing, "sum_up", off_by_one)
    with pytest.raises(AssertionError):
        test_no_kept_file_shows_what_a_proof_excludes(CATALOG["superblock"])
