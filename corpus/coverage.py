"""Coverage: which features of every format version the kept files show, alone and in pairs, and which are missing, why.

A feature is a boundary value, a size, a member, a flag, a branch of an accepted file, or a refusal: rule, field,
checksums. A pair is two features of different fields that one accepted file shows. Every feature that no file shows is
named with its reason:

- `construction`, `size`: a proof that no file of the layout, or none that is small enough to keep, can show it;
- `written`: a sentence by a person (`corpus/samples`), which is *stale* once a file shows the feature, or none can;
- `tried`: every attempt to make such a file failed; the reason shows one (who computes coverage says how);
- without a reason: a gap. Somebody should keep such a file, or `shardproof corpus add --missing` make one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from typing import Final

from formats.catalog import CATALOG, Catalog, Format

from .entries import Entry, find
from .exclusion import PAIR_SIZE_MAXIMUM, SINGLE_SIZE_MAXIMUM, Prover
from .features import Feature, broken, exercised, features_in, refused_for
from .refusals import excluded, outsides_in, refusals_in
from .samples import SAMPLES
from .sidecar import Accepted

#: What joins the two features of a pair in texts.
AND: Final = " + "

#: Format and the names of what is missing without a reason -> the reasons of those that have one after all.
Explain = Callable[[Format, Sequence[str]], Mapping[str, str]]


@dataclass(frozen=True)
class Missing:
    """What no kept file shows: a feature, or two joined by ` + `. kind: of its reason, empty where there is none."""

    what: str
    kind: str
    reason: str

    def as_dict(self) -> dict[str, str]:
        """The same with stable keys."""
        return {"what": self.what, "kind": self.kind, "reason": self.reason}


@dataclass(frozen=True)
class Part:
    """One sort of features of one format version: how many there are, how many are shown, which are not."""

    total: int
    hit: int
    missing: tuple[Missing, ...]

    @property
    def unexplained(self) -> tuple[Missing, ...]:
        """Those that are missing without a reason."""
        return tuple(one for one in self.missing if not one.kind)

    @property
    def kinds(self) -> dict[str, int]:
        """How many are missing for which kind of reason."""
        found: dict[str, int] = {}
        for one in self.missing:
            found[one.kind or "none"] = found.get(one.kind or "none", 0) + 1
        return dict(sorted(found.items()))

    def as_dict(self) -> dict[str, object]:
        """The same with stable keys."""
        missing = [one.as_dict() for one in self.missing]
        return {"total": self.total, "hit": self.hit, "by_reason": self.kinds, "missing": missing}


@dataclass(frozen=True)
class FormatCoverage:
    """What the kept files of one format version show.

    pairs: None where nobody asked for them; a pair of a feature that is itself missing is not listed again. orders:
    how many times two laws are broken at once, each a different two. stale: reasons that somebody wrote and that are
    none any more.
    """

    label: str
    files: int
    singles: Part
    refusals: Part
    pairs: Part | None
    orders: int
    stale: tuple[str, ...] = ()

    @property
    def parts(self) -> tuple[tuple[str, Part], ...]:
        """Singles, refusals and, where they were asked for, pairs, by name."""
        pairs = () if self.pairs is None else (("pairs", self.pairs),)
        return (("singles", self.singles), ("refusals", self.refusals), *pairs)

    @property
    def unexplained(self) -> tuple[Missing, ...]:
        """All that is missing without a reason."""
        return tuple(one for _, part in self.parts for one in part.unexplained)

    @property
    def ok(self) -> bool:
        """Whether everything is shown or its absence explained, and every written reason is one."""
        return not self.unexplained and not self.stale

    def as_dict(self) -> dict[str, object]:
        """The same with stable keys."""
        parts = {name: part.as_dict() for name, part in self.parts}
        return {
            "format": self.label,
            "ok": self.ok,
            "files": self.files,
            **parts,
            "orders": self.orders,
            "stale": list(self.stale),
        }


@dataclass(frozen=True)
class Coverage:
    """What the kept files of a catalog show."""

    catalog: str
    formats: tuple[FormatCoverage, ...]

    @property
    def files(self) -> int:
        """How many files there are."""
        return sum(one.files for one in self.formats)

    @property
    def ok(self) -> bool:
        """Whether there are files, and nothing is missing without a reason."""
        return self.files > 0 and all(one.ok for one in self.formats)

    def as_dict(self) -> dict[str, object]:
        """The same with stable keys, for `--json`."""
        formats = [one.as_dict() for one in self.formats]
        return {"ok": self.ok, "catalog": self.catalog, "files": self.files, "formats": formats}


def features_of(entry: Entry, entry_format: Format) -> frozenset[str]:
    """Every feature of one kept file, accepted or refused, as `coverage` counts them.

    Raises `CorpusError` for nothing, `ShardproofError` where the bytes are not what the sidecar says.
    """
    place = entry.sidecar.place
    seed = entry_format.seed(None if place is None else place.place) or 0
    if isinstance(entry.sidecar.expected, Accepted):
        return frozenset(exercised(entry_format, entry.data, seed))
    claims = refused_for(entry_format, entry.data, seed)
    return frozenset((*claims, *broken(entry_format, entry.data, seed)))


def coverage(
    entries: Iterable[Entry],
    catalog: Catalog,
    *,
    pairs: bool = True,
    formats: Sequence[Format] | None = None,
    written: Mapping[tuple[str, int], Mapping[str, str]] | None = None,
    explain: Explain | None = None,
) -> Coverage:
    """The coverage of a catalog's formats, or of these ones.

    written: reasons by persons, by name and version of the format; ours, for our catalog, where it is None. explain:
    finds reasons for what has none by proof or by hand.
    """
    shown: dict[tuple[str, int], Shown] = {}
    for entry in entries:
        entry_format = find(catalog, entry.sidecar.format, entry.sidecar.version)
        if entry_format is not None and (formats is None or entry_format in formats):
            own = shown.setdefault((entry_format.name, entry_format.version), Shown())
            own.note(features_of(entry, entry_format), accepted=isinstance(entry.sidecar.expected, Accepted))
    found = []
    for entry_format in catalog if formats is None else formats:
        key = (entry_format.name, entry_format.version)
        reasons = written_reasons(entry_format) if written is None else written.get(key, {})
        found.append(of_format(entry_format, shown.get(key, Shown()), reasons, pairs=pairs, explain=explain))
    return Coverage(catalog.name, tuple(found))


def written_reasons(entry_format: Format) -> Mapping[str, str]:
    """What people wrote of a format of ours; nothing for a user's, which may have a name of ours."""
    ours = find(CATALOG, entry_format.name, entry_format.version)
    key = (entry_format.name, entry_format.version)
    if ours is None or ours.schema is not entry_format.schema or key not in SAMPLES:
        return {}
    return SAMPLES[key].absent


@dataclass
class Shown:
    """What the files of one format version show: the features of each accepted file, and those of refused ones."""

    files: int = 0
    accepted: set[frozenset[str]] = field(default_factory=set)
    refused: set[str] = field(default_factory=set)

    def note(self, features: frozenset[str], *, accepted: bool) -> None:
        """One more file."""
        self.files += 1
        if accepted:
            self.accepted.add(features)
        else:
            self.refused |= features

    @property
    def singles(self) -> frozenset[str]:
        """What accepted files show."""
        return frozenset().union(*self.accepted)


def of_format(
    entry_format: Format, shown: Shown, written: Mapping[str, str], *, pairs: bool, explain: Explain | None
) -> FormatCoverage:
    """The coverage of one format version."""
    layout = entry_format.layout
    features = features_in(layout)
    reasons = Reasons(entry_format, written, explain)
    single_names = {one.text: (one,) for one in features}
    singles = reasons.part(single_names, shown.singles)
    refusals = refusal_part(entry_format, shown.refused, reasons)
    pair_part = None
    if pairs:
        absent = {one.what for one in singles.missing}
        there = [one for one in features if one.text not in absent]
        pair_part = reasons.part(pair_names(there), shown_pairs(there, shown.accepted))
    return FormatCoverage(
        entry_format.label,
        shown.files,
        singles,
        refusals,
        pair_part,
        sum("=before: " in one for one in shown.refused),
        reasons.stale(shown.accepted),
    )


def pair_names(features: Sequence[Feature]) -> dict[str, tuple[Feature, ...]]:
    """Every pair of features of different fields, by its name."""
    pairs = combinations(features, 2)
    return {one.text + AND + other.text: (one, other) for one, other in pairs if one.field != other.field}


def shown_pairs(features: Sequence[Feature], files: Iterable[frozenset[str]]) -> set[str]:
    """The names of the pairs that files show."""
    order = {one.text: (number, one.field) for number, one in enumerate(features)}
    found: set[str] = set()
    for shown in files:
        known = sorted((*order[text], text) for text in shown if text in order)
        found.update(one[2] + AND + other[2] for one, other in combinations(known, 2) if one[1] != other[1])
    return found


def refusal_part(entry_format: Format, shown: set[str], reasons: Reasons) -> Part:
    """The refusals of a format, and the numbers just outside its ranges."""
    proofs: dict[str, str | None] = dict.fromkeys(outsides_in(entry_format.layout))
    proofs |= {one.text: excluded(entry_format.layout, one) for one in refusals_in(entry_format.layout)}
    beyond = {text for text in shown if "=refused: " in text} - set(proofs)
    names = {*proofs, *beyond}
    missing = [Missing(text, "construction", proof) for text, proof in proofs.items() if proof and text not in shown]
    left = [text for text, proof in proofs.items() if not proof and text not in shown]
    return Part(len(names), len(names & shown), (*missing, *reasons.of_others(left)))


class Reasons:
    """Finds the reasons for what is missing in one format version."""

    def __init__(self, entry_format: Format, written: Mapping[str, str], explain: Explain | None) -> None:
        self.format = entry_format
        self.written = written
        self.explain = explain
        self.prover = Prover(entry_format.layout)

    def part(self, names: Mapping[str, tuple[Feature, ...]], shown: Iterable[str]) -> Part:
        """How much of some features is shown, and why the others are not."""
        hit = set(shown) & set(names)
        missing: list[Missing] = []
        left: list[str] = []
        for name, features in names.items():
            if name in hit:
                continue
            limit = SINGLE_SIZE_MAXIMUM if len(features) == 1 else PAIR_SIZE_MAXIMUM
            proof = None if name in self.written else self.prover.proof(*features, size_maximum=limit)
            if proof is None:
                left.append(name)
            else:
                missing.append(Missing(name, proof.kind, proof.text))
        return Part(len(names), len(hit), (*missing, *self.of_others(left)))

    def of_others(self, names: Sequence[str]) -> Iterator[Missing]:
        """What nothing proves: a person's reason, or one that is found by trying, or none."""
        left = [name for name in names if name not in self.written]
        found = self.explain(self.format, left) if self.explain is not None and left else {}
        for name in names:
            if name in self.written:
                yield Missing(name, "written", self.written[name])
            else:
                yield Missing(name, "tried" if name in found else "", found.get(name, "no reason known"))

    def stale(self, files: Iterable[frozenset[str]]) -> tuple[str, ...]:
        """Written reasons that are none: of what a file does show, or of what does not exist."""
        known = {one.text for one in features_in(self.format.layout)}
        told: list[str] = []
        every = tuple(files)
        for name in self.written:
            parts = frozenset(name.split(AND))
            if not parts <= known:
                told.append(f"{name}: there is no such feature")
            elif any(parts <= shown for shown in every):
                told.append(f"{name}: a file shows it")
        return tuple(told)
