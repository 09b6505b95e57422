"""The recount: is anything lost if some files go? Counted again from the bytes, by other code than the plan's.

It knows nothing of bit sets, of what the survey found or of why a file was chosen. It looks into the folder itself,
reads every file anew, has the oracle judge it, and keeps what the files show as plain sets of words. Beside what the
files show now, nothing that the sidecar of a file that goes has claimed may be lost.

A recount that cannot see a loss proves nothing. So it is *challenged* each time: it is asked about the removal of one
file more, which is needed, and must object.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import Final

from corpus.features import broken, exercised, refused_for
from corpus.sidecar import Sidecar, parse
from formats.catalog import Format
from formats.errors import FormatError, ShardproofError
from formats.reseal import reseal

from ..keeping.processes import spread

#: What a file shows, e.g. ("feature", "part=zero") or ("pair", "owner=shard", "part=zero").
Word = tuple[str, ...]
#: Files that a process takes at a time, and losses that an error names.
PORTION: Final = 100
NAMED_MAXIMUM: Final = 5


class WouldLose(ShardproofError):
    """The removal would lose something. `lost`: what, each with a file that shows it."""

    def __init__(self, format_label: str, lost: Sequence[tuple[Word, str]]) -> None:
        named = "; ".join(f"{' '.join(word)} (in {identity})" for word, identity in lost[:NAMED_MAXIMUM])
        more = f" and {len(lost) - NAMED_MAXIMUM} more" if len(lost) > NAMED_MAXIMUM else ""
        super().__init__(f"{format_label}: the removal would lose {named}{more}; nothing was removed")
        self.lost = tuple(lost)


class BlindRecount(ShardproofError):
    """The recount did not object to a removal that loses something, so its word is worth nothing."""

    def __init__(self, format_label: str, why: str) -> None:
        super().__init__(f"{format_label}: the recount is blind: {why}; nothing was removed")


@dataclass(frozen=True)
class Recount:
    """What was counted again for one format version. lost: what would be lost, each with a file that shows it."""

    files: int
    features: int
    pairs: int
    verdicts: int
    lost: tuple[tuple[Word, str], ...]


def recount(folder: Path, entry_format: Format, goes: Collection[str], *, pairs: bool, workers: int) -> Recount:
    """Count again what the files of one format version show, and what would be lost if some went."""
    leaving = frozenset(goes)
    present = identities_in(folder, entry_format)
    unknown = leaving - set(present)
    if unknown:
        raise BlindRecount(entry_format.label, f"{min(unknown)} is to go and is not there")
    held: set[Word] = set()

    def words_in(portion: Sequence[str]) -> set[Word]:
        return {word for identity in portion for word in words_of(folder / identity, entry_format, pairs=pairs)}

    def lost_with(portion: Sequence[str]) -> list[tuple[Word, str]]:
        lost: dict[Word, str] = {}
        for identity in portion:
            shown = words_of(folder / identity, entry_format, pairs=pairs) | claims_of(folder / identity)
            lost.update((word, identity) for word in shown - held if word not in lost)
        return list(lost.items())

    for words in spread(words_in, portions([one for one in present if one not in leaving]), workers, together=1):
        held |= words
    lost: dict[Word, str] = {}
    for found in spread(lost_with, portions([one for one in present if one in leaving]), workers, together=1):
        for word, identity in found:
            lost.setdefault(word, identity)
    every = held | lost.keys()
    sorts = Counter(word[0] for word in every)
    return Recount(len(present), sorts["feature"], sorts["pair"], sorts["verdict"], tuple(sorted(lost.items())))


def prove(
    folder: Path, entry_format: Format, goes: Collection[str], *, needed: str | None, pairs: bool, workers: int
) -> Recount:
    """The recount of a removal that loses nothing; raises `WouldLose`, or `BlindRecount` where a challenge is missed.

    needed: a file that is said to be needed by those who chose it; None where every file that stays stays anyway.
    """
    counted = recount(folder, entry_format, goes, pairs=pairs, workers=workers)
    if counted.lost:
        raise WouldLose(entry_format.label, counted.lost)
    more = {*goes, needed} if needed is not None else set(identities_in(folder, entry_format))
    challenged = recount(folder, entry_format, more, pairs=pairs, workers=workers)
    if not challenged.lost:
        raise BlindRecount(entry_format.label, f"it would let {needed or 'every file'} go too")
    if not (counted.features and counted.verdicts):
        raise BlindRecount(entry_format.label, f"it saw {counted.features} features, {counted.verdicts} verdicts")
    return counted


def identities_in(folder: Path, entry_format: Format) -> list[str]:
    """Every file of a format version that is in the folder now."""
    found = folder.glob(f"*/{entry_format.name}/v{entry_format.version}/*.bin")
    return sorted(path.relative_to(folder).as_posix().removesuffix(".bin") for path in found)


def portions(identities: Sequence[str]) -> list[Sequence[str]]:
    """The files in portions for processes."""
    return [identities[start : start + PORTION] for start in range(0, len(identities), PORTION)]


def words_of(stem: Path, entry_format: Format, *, pairs: bool) -> set[Word]:
    """What one file shows. `stem`: its path without suffix."""
    sidecar = sidecar_at(stem)
    data = stem.with_name(f"{stem.name}.bin").read_bytes()
    seed = entry_format.seed(None if sidecar.place is None else sidecar.place.place) or 0
    words: set[Word] = {
        ("verdict", f"readers of {version} say", type(said).__name__, getattr(said, "rule", ""))
        for version, said in sidecar.readers.items()
    }
    try:
        entry_format.oracle.decode(data, seed)
    except FormatError as error:
        sealed = "match" if reseal(entry_format.oracle, data, seed) == data else "stale"
        field = ".".join("*" if isinstance(part, int) else part for part in error.path)
        own = (*refused_for(entry_format, data, seed), *broken(entry_format, data, seed))
        words |= {("feature", feature) for feature in own}
        return words | {("verdict", sidecar.kind, error.rule, field, sealed)}
    features = sorted(exercised(entry_format, data, seed))
    words |= {("verdict", sidecar.kind, "accepted"), *(("feature", feature) for feature in features)}
    if pairs:
        fields = {feature: feature.split("=")[0] for feature in features}
        words |= {("pair", one, two) for one, two in combinations(features, 2) if fields[one] != fields[two]}
    return words


def claims_of(stem: Path) -> set[Word]:
    """What the sidecar of a file claims that it shows."""
    return {("feature", feature) for feature in sidecar_at(stem).features}


def sidecar_at(stem: Path) -> Sidecar:
    """The sidecar of a file."""
    return parse(stem.with_name(f"{stem.name}.json").read_bytes())
