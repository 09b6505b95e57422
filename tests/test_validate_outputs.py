"""What `validate` prints and writes: text, JSON, SARIF, annotations, from judgements made by hand."""

from __future__ import annotations

import io
import json
import re
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from formats.place import Place
from roundtrip.evolution.report import Advice, FieldChange, Finding, Report, VersionLine
from roundtrip.evolution.rules import RULES
from roundtrip.evolution.verdicts import Misreading, PairVerdict, Revision, Verdict, Witness
from roundtrip.validation.annotations import annotation_lines
from roundtrip.validation.judging import ALL_RULES, Judgement, Spot, Word, judge
from roundtrip.validation.plain import as_dict
from roundtrip.validation.readings import Row, excerpt
from roundtrip.validation.sarif import SCHEMA, sarif
from roundtrip.validation.text import write_judgement
from roundtrip.validation.waivers import Waiver
from roundtrip.validation.wording import bits_text

OLD, NEW = Revision("box", 1, "old", "aa"), Revision("box", 1, "new", "bb")
WITNESS = Witness(
    b"\1\0", Place(), NEW, OLD, {"size": 1}, Misreading(("size",), ("size",), written=1, read=256), kept="golden/box"
)
FORWARD = PairVerdict(NEW, OLD, Verdict.MISREAD, None, WITNESS, frames=9, misread=4)
BACKWARD = PairVerdict(OLD, NEW, Verdict.FULL, frames=9)
CHANGE = FieldChange(("size",), ("size",), "has its bytes in the other order", (0, 16), (0, 16))
SPOT = Spot("my box.py", 7)
ENDIAN = Finding("field-endianness", "box", (1, 1), "error", "size is read as another number.", (CHANGE,), (FORWARD,))
NOTE = Finding("field-renamed", "box", (1, 1), "note", "size is called length now.")
ADVICE = Advice("box", (1, 1), "nobody", False, "unsafe", Verdict.FULL, Verdict.MISREAD, ("Do not ship this.",))
LINE = VersionLine("box", 1, "changed", OLD, NEW)
REPORT = Report((LINE,), (FORWARD, BACKWARD), (ENDIAN, NOTE), (ADVICE,), 3, 18)
ROWS = (Row(0, 1, b"\1", "size: 1", "size: 256"), Row(1, 2, b"\0", "… size", "… size"))
WAIVER = Waiver(
    "field-endianness", "box", (1,), "nobody has such files", "box-team", date(2026, 12, 31), "", "waivers.toml", 4
)


def judged(report: Report = REPORT, *, waivers: tuple[Waiver, ...] = (), spot: Spot | None = SPOT) -> Judgement:
    return judge(
        report, catalog="boxes", against="formats.lock", waivers=waivers, today=date(2026, 5, 4), spot_of=lambda _: spot
    )


def text_of(judgement: Judgement) -> str:
    console = Console(file=io.StringIO(), width=160)
    write_judgement(console, judgement, lambda _: ROWS)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


# --- text ------------------------------------------------------------------------------------------------------------


def test_text_says_the_verdict_first() -> None:
    first, second, *_ = text_of(judged()).splitlines()
    assert first == "breaks files: 1 error"
    assert second == "compared with formats.lock: 1 format version, 18 files run, seed 3"


def test_text_shows_rule_fields_ranges_pairs_witness_and_advice() -> None:
    text = text_of(judged())
    assert "error field-endianness  box v1  my box.py:7" in text
    assert "size: bytes 0..2" in text
    assert re.search(r"box v1 \(new\) +│ box v1 \(old\) │ misread \(some\)", text)
    assert "2 bytes, kept as golden/box: size was written as 1 and is read as 256" in text
    assert re.search(r"0\.\.1 │ 01 +│ size: 1 +│ size: 256", text)
    assert "upgrade first: nobody; rolling upgrade: no; rollback: unsafe" in text
    assert "- Do not ship this." in text
    assert f"do: {RULES['field-endianness'].action}" in text


def test_text_shows_what_is_waived_with_its_reason() -> None:
    text = text_of(judged(waivers=(WAIVER,)))
    assert text.startswith("safe: 1 waived, nothing breaks a file\n")
    assert "waived until 2026-12-31 by box-team: nobody has such files" in text
    assert "do: " not in text


def test_text_is_one_line_where_nothing_has_changed() -> None:
    report = Report((replace(LINE, state="unchanged"),) * 10, (), (), (), 0, 0)
    assert text_of(judged(report)) == "safe: 10 format versions, all as in formats.lock\n"


def test_text_holds_no_colours_in_a_pipe_and_no_blanks_at_line_ends() -> None:
    wordy = replace(ENDIAN, message="many words " * 40)
    lines = text_of(judged(replace(REPORT, findings=(wordy,)))).splitlines()
    assert max(map(len, lines)) <= 160
    assert "\x1b" not in "".join(lines)
    assert [line for line in lines if line != line.rstrip()] == []


def test_text_shows_the_first_of_many_findings_of_one_rule() -> None:
    many = tuple(replace(ENDIAN, rule="kept-file-misread", message=f"file {number}") for number in range(30))
    text = text_of(judged(replace(REPORT, findings=(ENDIAN, *many))))
    assert text.count("error kept-file-misread") == 4
    assert "... and 26 more kept-file-misread (--json has all)" in text
    assert text.startswith("breaks files: 31 errors\n")


def test_excerpt_begins_before_the_first_difference_and_counts_the_rest() -> None:
    rows = tuple(Row(number, number + 1, b"x", "a", "b" if number == 20 else "a") for number in range(40))
    shown, hidden = excerpt(rows)
    assert (shown[0].start, len(shown), hidden) == (19, 8, 32)


@pytest.mark.parametrize(
    ("bits", "text"), [((0, 16), "0..2"), ((128, 160), "16..20"), ((3, 8), "0.3..1.0"), (None, "-")]
)
def test_ranges_are_bytes_and_bits_where_they_must_be(bits: tuple[int, int] | None, text: str) -> None:
    assert bits_text(bits) == text


# --- the word --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("finding", "word"),
    [
        (replace(ENDIAN, pairs=(BACKWARD,)), Word.VERSION),
        (replace(ENDIAN, pairs=(replace(FORWARD, verdict=Verdict.REFUSE),)), Word.VERSION),
        (replace(ENDIAN, pairs=(replace(BACKWARD, verdict=Verdict.REFUSE),)), Word.BREAKS),
        (ENDIAN, Word.BREAKS),
        (replace(ENDIAN, level="note"), Word.SAFE),
        (Finding("version-removed", "box", (1, None), "error", "gone"), Word.BREAKS),
        (Finding("version-skipped", "box", (2, 4), "warning", "no 3"), Word.LOOK),
    ],
)
def test_the_word_follows_from_the_verdicts(finding: Finding, word: Word) -> None:
    assert judged(replace(REPORT, findings=(finding,))).word is word


def test_of_many_findings_the_worst_gives_the_word() -> None:
    skipped = Finding("version-skipped", "box", (2, 4), "warning", "no 3")
    assert judged(replace(REPORT, findings=(skipped, ENDIAN))).word is Word.BREAKS


# --- JSON ------------------------------------------------------------------------------------------------------------


def test_json_keys_are_stable() -> None:
    facts = as_dict(judged(waivers=(WAIVER,)))
    assert list(facts) == [
        "ok", "verdict", "catalog", "against", "seed", "frames", "versions", "findings", "pairs", "advice", "waivers",
    ]  # fmt: skip
    assert list(facts["findings"][0]) == [
        "rule", "level", "counts", "format", "old_version", "new_version", "message", "action", "shown", "file", "line",
        "fields", "pairs", "waiver",
    ]  # fmt: skip
    assert json.loads(json.dumps(facts)) == facts


def test_json_tells_what_counts_and_holds_the_witness() -> None:
    facts = as_dict(judged())
    assert (facts["ok"], facts["verdict"]) == (False, "breaks files")
    assert [finding["counts"] for finding in facts["findings"]] == [True, False]
    witness = facts["pairs"][0]["witness"]
    assert (witness["bytes"], witness["outcome"]["verdict"], witness["outcome"]["read"]) == ("0100", "misread", 256)


def test_every_key_of_the_json_is_documented() -> None:
    text = (Path(__file__).parent.parent / "docs/cli.md").read_text(encoding="utf-8")
    section = text.partition("\n## `validate`\n")[2].partition("\n## ")[0]
    keys: set[str] = set()

    def collect(value: Any) -> None:
        if isinstance(value, dict):
            keys.update(value)
        for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
            collect(inner)

    facts = as_dict(judged(waivers=(WAIVER,)))
    for pair in (*facts["pairs"], *(pair for finding in facts["findings"] for pair in finding["pairs"])):
        if pair["witness"]:
            pair["witness"] |= {"written": None, "place": None}
    collect(facts)
    assert {key for key in keys if f"`{key}`" not in section} == set()


# --- SARIF -----------------------------------------------------------------------------------------------------------


def log(judgement: Judgement) -> Any:
    """The log as it is read again."""
    return json.loads(json.dumps(sarif(judgement, tool_version="1.2.3", folder=Path("/checkout"))))


def test_sarif_has_what_the_standard_requires() -> None:
    found = log(judged())
    assert (found["version"], found["$schema"]) == ("2.1.0", SCHEMA)
    (run,) = found["runs"]
    driver = run["tool"]["driver"]
    assert driver["name"]
    for rule in driver["rules"]:
        assert rule["id"] in ALL_RULES
        assert all(rule[name]["text"] for name in ("shortDescription", "fullDescription", "help"))
        assert rule["defaultConfiguration"]["level"] in {"error", "warning", "note"}
    for result in run["results"]:
        assert result["message"]["text"]
        assert driver["rules"][result["ruleIndex"]]["id"] == result["ruleId"]
        assert result["level"] in {"none", "note", "warning", "error"}
        place = result["locations"][0]["physicalLocation"]
        assert place["region"]["startLine"] >= 1
        assert place["artifactLocation"]["uriBaseId"] in run["originalUriBaseIds"]
        assert re.fullmatch(r"[\w./%-]+", place["artifactLocation"]["uri"])
    assert run["originalUriBaseIds"]["%SRCROOT%"]["uri"] == "file:///checkout/"


def test_sarif_names_rule_level_line_and_both_ranges() -> None:
    first = log(judged())["runs"][0]["results"][0]
    assert (first["ruleId"], first["level"]) == ("field-endianness", "error")
    assert first["locations"][0]["physicalLocation"] == {
        "artifactLocation": {"uri": "my%20box.py", "uriBaseId": "%SRCROOT%"},
        "region": {"startLine": 7},
    }
    assert "(bytes 0..2 -> 0..2)" in first["message"]["text"]
    assert "box v1 (old) reads box v1 (new): misread" in first["message"]["text"]


def test_sarif_suppresses_what_is_waived() -> None:
    (result, *_) = (one for one in log(judged(waivers=(WAIVER,)))["runs"][0]["results"] if "suppressions" in one)
    (suppression,) = result["suppressions"]
    assert (suppression["kind"], suppression["status"]) == ("external", "accepted")
    assert suppression["justification"].startswith("nobody has such files (box-team, until 2026-12-31")


def test_sarif_works_without_a_place_and_with_one_elsewhere() -> None:
    assert "locations" not in log(judged(spot=None))["runs"][0]["results"][0]
    elsewhere = log(judged(spot=Spot("/else where/box.py", 1)))["runs"][0]["results"][0]
    assert elsewhere["locations"][0]["physicalLocation"]["artifactLocation"] == {"uri": "file:///else%20where/box.py"}
    inside = log(judged(spot=Spot("/checkout/a/box.py", 1)))["runs"][0]["results"][0]
    assert inside["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "a/box.py"


def test_same_finding_has_the_same_identity_in_the_next_run() -> None:
    again = judged(replace(REPORT, seed=99))
    identities = [[one["partialFingerprints"] for one in log(run)["runs"][0]["results"]] for run in (judged(), again)]
    assert identities[0] == identities[1]
    assert len({json.dumps(one) for one in identities[0]}) == len(identities[0])


# --- annotations -----------------------------------------------------------------------------------------------------


def lines_of(judgement: Judgement) -> list[str]:
    return list(annotation_lines(judgement, Path("/checkout")))


def test_annotation_names_file_line_title_and_message() -> None:
    error, notice = lines_of(judged())
    head, _, message = error.removeprefix("::error ").partition("::")
    assert head == "file=my box.py,line=7,title=field-endianness%3A box v1"
    assert message.startswith("box v1: size is read as another number.%0Asize has its bytes in the other order")
    assert notice.startswith("::notice ")


def test_annotation_escapes_what_the_runner_would_take_for_its_own() -> None:
    nasty = replace(ENDIAN, format="a:b,c%d", message="100% :: of\r\nlines, all")
    (line,) = lines_of(judged(replace(REPORT, findings=(nasty,)), spot=Spot("a,b:c%.py", 3)))
    assert line.startswith("::error file=a%2Cb%3Ac%25.py,line=3,title=field-endianness%3A a%3Ab%2Cc%25d v1::")
    assert "100%25 :: of%0D%0Alines, all" in line
    assert "\n" not in line


def test_annotation_of_a_waived_finding_is_a_notice_with_its_reason() -> None:
    waived = [line for line in lines_of(judged(waivers=(WAIVER,))) if "Waived until" in line]
    assert len(waived) == 1
    assert waived[0].startswith("::notice ")
    assert "by box-team: nobody has such files" in waived[0]


def test_annotation_without_a_place_has_none() -> None:
    assert lines_of(judged(spot=None))[0].startswith("::error title=")
