"""A lock is enough: what is rebuilt from it reads every kept file, and a lock that was altered is found out."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

import corpus
from formats.catalog import CATALOG, Catalog
from formats.errors import LockRefused
from formats.frozen import own_lock, own_lock_text
from formats.locking import Lock, layout_of, read_lock
from formats.locking.lock import Locked
from roundtrip.rebuilt import RebuiltReport, prove_rebuilt

ENTRIES = corpus.scan(corpus.own_folder(), CATALOG).entries
INTEGER = re.compile(r"^( *(?:[a-z_0-9]+: )?integer size=)(\d)\b(.*)$")
NAMES = [entry.name for entry in own_lock()]


def proved(*entries: Locked) -> RebuiltReport:
    return prove_rebuilt(Lock(entries), CATALOG, ENTRIES)


def locked(name: str) -> Locked:
    found = own_lock().get(name, 1)
    assert found is not None
    return found


def one_width_altered(entry: Locked) -> list[tuple[str, Locked]]:
    """The entry once for each of its integers, with that integer twice or half as wide, and a right fingerprint."""
    lines, altered = entry.layout_text.splitlines(), []
    for index, line in enumerate(lines):
        if (found := INTEGER.match(line)) is not None:
            width = 4 if found[2] == "8" else 2 * int(found[2])
            text = "\n".join([*lines[:index], f"{found[1]}{width}{found[3]}", *lines[index + 1 :]]) + "\n"
            name = next(one.strip().split(":")[0] for one in lines[index::-1] if ":" in one)
            altered.append((name, replace(entry, layout=layout_of(text))))
    return altered


def test_every_locked_version_reads_and_writes_every_kept_file() -> None:
    report = prove_rebuilt(own_lock(), CATALOG, ENTRIES)
    assert [str(difference) for difference in report.differences] == []
    own = [entry for entry in ENTRIES if own_lock().get(entry.sidecar.format, entry.sidecar.version) is not None]
    assert (report.versions, report.files, report.is_proved) == (len(own_lock()), len(own), True)
    # Each file is compared in two lanes with its sidecar and with the catalog's lanes; accepted ones are written too.
    accepted = sum(isinstance(entry.sidecar.expected, corpus.Accepted) for entry in own)
    assert report.comparisons == 2 * (2 * len(own) + accepted)


@pytest.mark.parametrize("name", NAMES)
def test_any_width_that_is_altered_in_a_block_is_found_out(name: str) -> None:
    """The fingerprint is made right again, so nothing but the bytes can tell."""
    altered = one_width_altered(locked(name))
    assert len(altered) > 4
    blind = [field for field, entry in altered if proved(entry).is_proved]
    assert blind == []


def test_block_whose_width_was_altered_without_its_fingerprint_is_refused_at_once() -> None:
    text = own_lock_text()
    assert "part: integer size=2" in text
    with pytest.raises(LockRefused, match="the fingerprint of the layout below"):
        read_lock(text.replace("part: integer size=2", "part: integer size=4"))


def test_altered_member_of_an_enumeration_is_found_out_by_value() -> None:
    entry = locked("chunk")
    renamed = replace(entry, layout=layout_of(entry.layout_text.replace("shard:1,run:2", "run:1,shard:2")))
    report = proved(renamed)
    assert {difference.what for difference in report.differences} >= {"sidecar", "live"}
    first = report.differences[0]
    assert (first.format, first.version, first.lane) == ("chunk", 1, "oracle")
    assert first.file.startswith("golden/chunk/v1/")
    assert first.as_dict()["what"] == first.what


def test_looser_bound_is_found_out_by_verdict() -> None:
    entry = locked("chunk")
    looser = replace(
        entry, layout=layout_of(entry.layout_text.replace("minimum=1 maximum=4096", "minimum=0 maximum=4096"))
    )
    found = [difference for difference in proved(looser).differences if difference.what == "live"]
    assert any("refused" in difference.expected for difference in found)


def test_layout_that_cannot_be_rebuilt_is_a_difference() -> None:
    entry = locked("extent_header")
    broken = replace(
        entry,
        layout=layout_of(entry.layout_text.replace("  reserved_1: zeros size=3\n", "  reserved_1: zeros size=disk\n")),
    )
    (difference,) = proved(broken).differences
    assert (difference.what, "no constant" in difference.found) == ("rebuild", True)


def test_nothing_tested_is_never_proved() -> None:
    assert not proved().is_proved
    report = prove_rebuilt(Lock((locked("chunk"),)), CATALOG, ())
    assert [difference.what for difference in report.differences] == ["nothing"]
    assert not report.is_proved


def test_locked_version_that_left_the_catalog_is_a_difference() -> None:
    rest = Catalog("rest", tuple(entry for entry in CATALOG if entry.name != "chunk"))
    report = prove_rebuilt(Lock((locked("chunk"),)), rest, ENTRIES)
    assert [(difference.what, difference.found) for difference in report.differences] == [("catalog", "none")]
