"""One version's bytes are not taken for another's, unless that is stated, or right."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import construct as c
import msgspec
import pytest

import corpus
from corpus.sidecar import parse
from formats.catalog import CATALOG, Catalog, Format
from formats.primitives import Frame, Magic, Version

ONE = c.Struct("magic" / c.Const(b"BOX"), "length" / c.Byte)
#: Reads what the first wrote, with the same value; and one that calls the same byte something else.
SAME = c.Struct("magic" / c.Const(b"BOX"), "length" / c.Byte)
OTHER = c.Struct("magic" / c.Const(b"BOX"), "size" / c.Byte)
STRICT = c.Struct("magic" / c.Const(b"BOX2"), "length" / c.Byte)


def boxes(second: c.Construct[Any, Any]) -> Catalog:
    return Catalog("boxes", (Format("box", 1, ONE), Format("box", 2, second)))


def box(**changes: Any) -> corpus.Entry:
    entry = corpus.entry_of(Format("box", 1, ONE), b"BOX\7", why="A box for a test.", writer="a test")
    return replace(entry, sidecar=msgspec.structs.replace(entry.sidecar, **changes))


def problems(entry: corpus.Entry, catalog: Catalog) -> list[tuple[str, str]]:
    return [(finding.problem, finding.reader) for finding in corpus.run([entry], catalog).findings]


def test_a_version_that_refuses_the_others_files_is_right() -> None:
    report = corpus.run([box()], boxes(STRICT))
    assert report.findings == ()
    assert report.readers == {"fast": 1, "fast of v2": 1, "oracle": 1, "oracle of v2": 1}


def test_a_compatible_version_may_give_the_very_same_value() -> None:
    assert problems(box(), boxes(SAME)) == []


def test_another_value_of_the_same_bytes_is_a_misread() -> None:
    assert problems(box(), boxes(OTHER)) == [("misread", "oracle of v2"), ("misread", "fast of v2")]


def test_a_misread_that_is_stated_is_none() -> None:
    assert problems(box(readers={"v2": corpus.Accepted({"size": 7})}), boxes(OTHER)) == []


def test_a_finding_says_what_to_write_into_the_sidecar() -> None:
    finding = corpus.run([box()], boxes(OTHER)).findings[0]
    assert '"readers": {"v2": {"verdict": "accepted"' in finding.expected


@pytest.mark.parametrize(
    ("stated", "second", "expected"),
    [
        (corpus.Accepted({"size": 8}), OTHER, "value"),
        (corpus.Accepted({"length": 7}), STRICT, "misread"),
        (corpus.RefusedBy("constant"), SAME, "misread"),
        (corpus.RefusedBy("choice"), STRICT, "rule"),
    ],
)
def test_a_wrong_statement_is_red(stated: Any, second: c.Construct[Any, Any], expected: str) -> None:
    found = problems(box(readers={"v2": stated}), boxes(second))
    assert (expected, "oracle of v2") in found
    assert {problem for problem, _ in found} == {expected}


def test_a_statement_of_a_version_that_is_not_there_is_red() -> None:
    assert problems(box(readers={"v9": corpus.RefusedBy("constant")}), boxes(STRICT)) == [("readers", "v9")]


def test_what_readers_of_the_own_version_say_is_not_stated_twice() -> None:
    with pytest.raises(ValueError, match="is `expected`"):
        box(readers={"v1": corpus.RefusedBy("constant")})


def test_statements_survive_the_text_of_a_sidecar() -> None:
    readers = {"v2": corpus.RefusedBy("version"), "v3": corpus.Accepted({"size": 7})}
    sidecar = box(readers=readers).sidecar
    assert parse(sidecar.text().encode()) == sidecar
    assert '"readers"' in sidecar.text()


@pytest.mark.parametrize(("old", "new"), [('"v2"', '"2"'), ('"rule": "version"', '"rule": "whim"')])
def test_statements_that_mean_nothing_are_refused(old: str, new: str) -> None:
    text = box(readers={"v2": corpus.RefusedBy("version")}).sidecar.text()
    with pytest.raises(ValueError, match=r"."):
        parse(text.replace(old, new).encode())


def sealed(version: int, *, number: int) -> Format:
    """A version with a version field that holds this number."""
    return Format("seal", version, Frame("magic" / Magic(b"SE"), "version" / Version(number), "byte" / c.Byte))


def test_a_reader_that_forgets_the_version_check_is_caught_even_with_the_same_value() -> None:
    """The planted bug: version 2 was copied from version 1, and still says that it is version 1."""
    one = sealed(1, number=1)
    entry = corpus.entry_of(one, one.oracle.encode({"byte": 7}, 0), why="A seal for a test.", writer="a test")
    assert corpus.run([entry], Catalog("seals", (one, sealed(2, number=2)))).findings == ()
    found = corpus.run([entry], Catalog("seals", (one, sealed(2, number=1)))).findings
    assert {finding.problem for finding in found} == {"misread"}


@pytest.mark.parametrize("name", ["chunk", "lsm_page.data"])
def test_every_accepted_file_of_ours_is_refused_by_the_other_version(name: str) -> None:
    entries = [one for one in corpus.load(corpus.own_folder(), CATALOG) if one.sidecar.format == name]
    report = corpus.run(entries, CATALOG)
    assert report.findings == ()
    accepted = dict.fromkeys((1, 2), 0)
    for one in entries:
        accepted[one.sidecar.version] += one.sidecar.verdict == "accepted"
    assert (report.readers["oracle of v1"], report.readers["oracle of v2"]) == (accepted[2], accepted[1])
    assert min(accepted.values()) > 0
