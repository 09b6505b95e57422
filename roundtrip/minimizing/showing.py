"""What one kept file shows, and whether it may be removed at all.

A file shows *features* (aspects of its fields, or of its refusal), *pairs* of features of different fields where it is
accepted, and *verdicts*: its kind with the rule, the field (all elements of an array are one field) and whether the
checksums match, and what readers of other versions are stated to say.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from corpus.coverage import features_of
from corpus.entries import Entry
from corpus.features import pattern
from corpus.golden import is_ours
from corpus.plain import identical
from corpus.sidecar import Accepted, Refused
from formats.catalog import Format
from formats.errors import FormatError, path_text

#: Why a file stays whatever it shows -> the words for people.
REASONS: Final = {
    "frozen": "golden files of frozen versions",
    "sample": "made from hand-written samples",
    "annotated": "promoted findings",
    "disputed": "not what their sidecars say",
    "kept": "kept by somebody",
}
#: Last word of the writer of files that were generated to fill gaps; they can be generated again.
GENERATOR: Final = "covering"


class Shown(NamedTuple):
    """What one file shows. paired: whether its features count as pairs too."""

    features: tuple[str, ...]
    verdicts: tuple[str, ...]
    paired: bool


def shown_by(entry: Entry, entry_format: Format) -> Shown:
    """What a file shows, by its bytes and the oracle; its sidecar says only its kind, and what others say of it."""
    sidecar, seed = entry.sidecar, seed_of(entry, entry_format)
    others = [f"{name} {said.verdict} {said.rule}" for name, said in others_of(entry)]
    features = tuple(sorted(features_of(entry, entry_format)))
    try:
        entry_format.oracle.decode(entry.data, seed)
    except FormatError as error:
        checksums = next((name for name in features if name.startswith("checksums=")), "")
        words = (sidecar.kind, "refused", error.rule, pattern(error.path), checksums)
        return Shown(features, (" ".join(words), *others), paired=False)
    return Shown(features, (f"{sidecar.kind} accepted", *others), paired=True)


class Said(NamedTuple):
    """What readers of another version are stated to say."""

    verdict: str
    rule: str


def others_of(entry: Entry) -> list[tuple[str, Said]]:
    """What its sidecar states of readers of other versions."""
    return [
        (name, Said("accepted", "") if isinstance(said, Accepted) else Said("refused", said.rule))
        for name, said in sorted(entry.sidecar.readers.items())
    ]


def seed_of(entry: Entry, entry_format: Format) -> int:
    """The seed of the place that it was written to."""
    place = entry.sidecar.place
    return entry_format.seed(None if place is None else place.place) or 0


def reason_to_stay(entry: Entry, entry_format: Format) -> str:
    """Why it is no candidate, a key of `REASONS`; empty for one that is.

    Candidates are found files without a text for people, and generated ones, if they are what their sidecars say.
    """
    sidecar = entry.sidecar
    if sidecar.kind == "golden" and entry_format.status == "frozen":
        return "frozen"
    if sidecar.kind == "found":
        if entry.annotation:
            return "annotated"
    elif is_ours(sidecar):
        return "sample"
    elif not sidecar.writer.endswith(f" {GENERATOR}"):
        return "kept"
    return "" if is_as_expected(entry, entry_format) else "disputed"


def is_as_expected(entry: Entry, entry_format: Format) -> bool:
    """Whether the oracle says what the sidecar does; else the file is evidence that something has changed."""
    expected = entry.sidecar.expected
    try:
        value = entry_format.oracle.decode(entry.data, seed_of(entry, entry_format))
    except FormatError as error:
        return expected == Refused(error.rule, path_text(error.path))
    return isinstance(expected, Accepted) and identical(value, expected.plain)
