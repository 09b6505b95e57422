"""Waivers: strict to read, and red when nobody needs them any more."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from roundtrip.evolution.report import FieldChange, Finding, Report
from roundtrip.validation.judging import Judgement, Spot, Word, judge
from roundtrip.validation.waivers import BadWaivers, Waiver, load_waivers, parse_waivers

TODAY = date(2026, 5, 4)
TEXT = """\
# why we live with it
[[waiver]]
rule = "constraint-tightened"
format = "chunk"
versions = [1]
reason = "no writer ever wrote more than 1 MiB: fleet scan of May"
owner = "storage-formats"
expiry = 2026-12-31
"""


def finding(rule: str = "constraint-tightened", level: str = "error", *, field: str = "payload_length") -> Finding:
    changes = (FieldChange((field,), (field,), "has a lower maximum", (128, 160), (128, 160)),)
    return Finding(rule, "chunk", (1, 1), level, "The maximum has shrunk.", changes)  # type: ignore[arg-type]


def judged(*findings: Finding, waivers: tuple[Waiver, ...] = (), only: str | None = None) -> Judgement:
    report = Report((), (), findings, (), 0, 10)
    return judge(
        report,
        catalog="mine",
        against="formats.lock",
        waivers=waivers,
        today=TODAY,
        spot_of=lambda _: Spot("mine.py", 7),
        only=only,
    )


def changed(line: str, instead: str) -> str:
    """The text with another line, or without it."""
    assert line in TEXT
    return TEXT.replace(line + "\n", instead + "\n" if instead else "")


def test_waiver_is_read_with_file_and_line() -> None:
    (waiver,) = parse_waivers(TEXT, "waivers.toml")
    assert (waiver.rule, waiver.format, waiver.versions) == ("constraint-tightened", "chunk", (1,))
    assert (waiver.expiry, waiver.owner) == (date(2026, 12, 31), "storage-formats")
    assert (waiver.file, waiver.line) == ("waivers.toml", 2)


def test_waived_finding_is_listed_and_does_not_count() -> None:
    judgement = judged(finding(), waivers=parse_waivers(TEXT, "waivers.toml"))
    assert (judgement.ok, judgement.word, len(judgement.waived)) == (True, Word.SAFE, 1)
    assert "fleet scan" in judgement.waived[0].waiver.reason  # type: ignore[union-attr]


def test_finding_without_waiver_counts() -> None:
    judgement = judged(finding())
    assert (judgement.ok, judgement.word) == (False, Word.LOOK)


@pytest.mark.parametrize(
    ("line", "instead"),
    [
        ('rule = "constraint-tightened"', 'rule = "field-added"'),
        ('format = "chunk"', 'format = "superblock"'),
        ("versions = [1]", "versions = [1, 2]"),
        ('owner = "storage-formats"', 'owner = "storage-formats"\nfield = "part"'),
    ],
)
def test_waiver_for_something_else_is_unused_and_waives_nothing(line: str, instead: str) -> None:
    judgement = judged(finding(), waivers=parse_waivers(changed(line, instead), "waivers.toml"))
    assert [one.finding.rule for one in judgement.counting] == ["constraint-tightened", "waiver-unused"]
    assert judgement.counting[1].spot == Spot("waivers.toml", 2)


def test_waiver_of_one_field_covers_that_field() -> None:
    text = changed('owner = "storage-formats"', 'owner = "storage-formats"\nfield = "payload_length"')
    assert judged(finding(), waivers=parse_waivers(text, "waivers.toml")).ok


def test_unused_waiver_alone_is_red() -> None:
    judgement = judged(waivers=parse_waivers(TEXT, "waivers.toml"))
    assert [one.finding.rule for one in judgement.counting] == ["waiver-unused"]
    assert "storage-formats" in judgement.counting[0].finding.message


@pytest.mark.parametrize(
    ("expiry", "rules"), [("2026-05-04", []), ("2026-05-03", ["constraint-tightened", "waiver-expired"])]
)
def test_waiver_holds_on_its_last_day_and_not_on_the_next(expiry: str, rules: list[str]) -> None:
    text = changed("expiry = 2026-12-31", f"expiry = {expiry}")
    judgement = judged(finding(), waivers=parse_waivers(text, "waivers.toml"))
    assert [one.finding.rule for one in judgement.counting] == rules


def test_expired_waiver_that_nothing_needs_says_both_once() -> None:
    text = changed("expiry = 2026-12-31", "expiry = 2026-01-01")
    (one,) = judged(waivers=parse_waivers(text, "waivers.toml")).counting
    assert one.finding.rule == "waiver-expired"
    assert one.finding.message.endswith("Nothing needs it any more.")


def test_a_note_needs_no_waiver() -> None:
    judgement = judged(finding(level="note"), waivers=parse_waivers(TEXT, "waivers.toml"))
    assert [one.finding.rule for one in judgement.counting] == ["waiver-unused"]


def test_waivers_of_other_formats_are_left_alone_when_one_format_is_compared() -> None:
    waivers = parse_waivers(changed('format = "chunk"', 'format = "superblock"'), "waivers.toml")
    assert judged(waivers=waivers, only="chunk").ok
    assert not judged(waivers=waivers, only="superblock").ok


@pytest.mark.parametrize("name", ["rule", "format", "versions", "reason", "owner", "expiry"])
def test_every_line_is_required(name: str) -> None:
    text = "\n".join(line for line in TEXT.splitlines() if not line.startswith(f"{name} ="))
    with pytest.raises(BadWaivers, match=rf"waivers.toml, line 2: expected a waiver with a {name} "):
        parse_waivers(text, "waivers.toml")


@pytest.mark.parametrize(
    ("line", "instead", "message"),
    [
        ('rule = "constraint-tightened"', 'rule = "no-such-rule"', "a rule of `shardproof validate --rules`"),
        ('rule = "constraint-tightened"', 'rule = "waiver-unused"', "a rule of `shardproof validate --rules`"),
        ("versions = [1]", "versions = 1", "versions as one or two"),
        ("versions = [1]", "versions = [1, 1]", "versions as one or two"),
        ("versions = [1]", "versions = [true]", "versions as one or two"),
        ("versions = [1]", "versions = []", "versions as one or two"),
        ("expiry = 2026-12-31", 'expiry = "2026-12-31"', "a date as expiry"),
        ("expiry = 2026-12-31", "expiry = 2026-12-31T00:00:00", "a date as expiry"),
        ("expiry = 2026-12-31", "expiry = 2026-02-31", "expected TOML"),
        ('owner = "storage-formats"', 'owner = "  "', "a text as owner"),
        ('owner = "storage-formats"', "owner = 3", "a text as owner"),
        ('reason = "no writer ever wrote more than 1 MiB: fleet scan of May"', 'reason = "ok"', "a reason that"),
        ('owner = "storage-formats"', 'owner = "x"\nscope = "all"', "found 'scope'"),
        ("# why we live with it", "everything = true", "found 'everything' at the top"),
        ("# why we live with it", "<<<<<<< HEAD", r"waivers.toml, line 1: expected TOML"),
    ],
)  # fmt: skip
def test_what_is_no_waiver_is_refused_with_its_line(line: str, instead: str, message: str) -> None:
    with pytest.raises(BadWaivers, match=message) as caught:
        parse_waivers(changed(line, instead), "waivers.toml")
    assert str(caught.value).startswith("waivers.toml, line ")


def test_second_waiver_is_found_by_its_own_line_even_behind_a_text_of_several() -> None:
    tricky = TEXT.replace('"no writer ever wrote more than 1 MiB: fleet scan of May"', '"""two\n[[waiver]]\nlines"""')
    waivers = parse_waivers(tricky + "\n" + changed('format = "chunk"', 'format = "superblock"'), "waivers.toml")
    assert [waiver.line for waiver in waivers] == [2, 13]


def test_two_waivers_for_one_thing_are_refused() -> None:
    with pytest.raises(BadWaivers, match=r"line 9: expected one waiver for one thing.*\(line 2\)"):
        parse_waivers(TEXT + TEXT.partition("\n")[2], "waivers.toml")


def test_waivers_written_as_a_list_in_one_line_are_refused() -> None:
    with pytest.raises(BadWaivers, match="each waiver below a line"):
        parse_waivers('waiver = [{rule = "x"}]', "waivers.toml")


def test_a_missing_file_is_no_waiver_unless_it_was_named(tmp_path: Path) -> None:
    assert load_waivers(tmp_path / "waivers.toml") == ()
    with pytest.raises(BadWaivers, match="no such file"):
        load_waivers(tmp_path / "waivers.toml", must_exist=True)
    with pytest.raises(BadWaivers, match="directory"):
        load_waivers(tmp_path)


def test_bytes_that_are_no_text_are_refused(tmp_path: Path) -> None:
    (tmp_path / "waivers.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(BadWaivers, match="expected UTF-8 text, found byte 0"):
        load_waivers(tmp_path / "waivers.toml")
