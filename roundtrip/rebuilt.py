"""The proof that a lock is enough: every locked version is rebuilt from its block alone, and reads every kept file.

Codec and oracle are made from the lock, without the schema that the version was declared with. Of every kept file of
the version they must say what the sidecar says and what the catalog's own lanes say: the same verdict, the same
value, for a refusal the same rule, path and offset; and what they accept they must write again byte for byte.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Literal

from corpus import Accepted, Entry
from corpus.plain import identical
from corpus.store import find
from formats.catalog import Catalog, Format
from formats.errors import FormatError, RebuildRefused, SchemaRefused, ShardproofError, path_text
from formats.locking import Lock
from formats.locking.lock import Locked

What = Literal["nothing", "catalog", "rebuild", "place", "sidecar", "live", "bytes"]
LANES = ("oracle", "fast")


@dataclass(frozen=True)
class Answer:
    """What a lane says of some bytes: `accepted` with a value, or `refused` or `raised` with a detail."""

    verdict: Literal["accepted", "refused", "raised"]
    value: Any = None
    detail: str = ""

    def __str__(self) -> str:
        return f"{self.verdict} ({self.detail})" if self.detail else self.verdict


@dataclass(frozen=True)
class Difference:
    """One thing that a rebuilt format does otherwise.

    what: `nothing` (no version or no file was there to be tried), `catalog` (the catalog lacks the version), `rebuild`
    (no format can be made of the block), `place` (its checksums need a place, and the file has none), `sidecar` or
    `live` (it says otherwise than the sidecar, or than the catalog's own lane), `bytes` (it writes other bytes).
    file: the identity of a kept file; lane: the oracle or the fast codec.
    """

    what: What
    format: str
    version: int | None
    expected: str
    found: str
    file: str = ""
    lane: str = ""

    def __str__(self) -> str:
        version = "" if self.version is None else f" {self.version}"
        where = ": ".join(part for part in (self.format + version, self.file, self.lane) if part)
        return f"{where}: {self.what}: expected {self.expected}, found {self.found}"

    def as_dict(self) -> dict[str, object]:
        """The same facts with stable keys."""
        return {
            "what": self.what,
            "format": self.format,
            "version": self.version,
            "file": self.file,
            "lane": self.lane,
            "expected": self.expected,
            "found": self.found,
        }


@dataclass(frozen=True)
class RebuiltReport:
    """How many locked versions, kept files and answers were tried, and what differed."""

    versions: int
    files: int
    comparisons: int
    differences: tuple[Difference, ...]

    @property
    def is_proved(self) -> bool:
        """Whether something was tried and nothing differed."""
        return bool(self.comparisons) and not self.differences


def prove_rebuilt(lock: Lock, catalog: Catalog, entries: Iterable[Entry]) -> RebuiltReport:
    """Try every version of a lock on the kept files of that version. `catalog`: the formats as they are declared."""
    kept = tuple(entries)
    tally = Tally()
    for locked in lock:
        tally.versions += 1
        own = [
            entry for entry in kept if (entry.sidecar.format, entry.sidecar.version) == (locked.name, locked.version)
        ]
        prove_version(locked, catalog, own, tally)
    if not tally.versions:
        tally.differences.append(Difference("nothing", catalog.name, None, "at least one locked version", "none"))
    return RebuiltReport(tally.versions, tally.files, tally.comparisons, tuple(tally.differences))


class Tally:
    """What has been tried so far."""

    def __init__(self) -> None:
        self.versions = 0
        self.files = 0
        self.comparisons = 0
        self.differences: list[Difference] = []


def prove_version(locked: Locked, catalog: Catalog, entries: list[Entry], tally: Tally) -> None:
    """Try one version on its kept files."""

    def differ(what: What, expected: str, found: str, **place: str) -> None:
        tally.differences.append(Difference(what, locked.name, locked.version, expected, found, **place))

    live = find(catalog, locked.name, locked.version)
    if live is None:
        differ("catalog", "the version in the catalog", "none")
        return
    try:
        rebuilt = locked.format
        rebuilt.codec  # noqa: B018  # compiled once, and kept
    except (RebuildRefused, SchemaRefused) as error:
        differ("rebuild", "a format", str(error))
        return
    if not entries:
        differ("nothing", "at least one kept file", "none")
    for entry in entries:
        tally.files += 1
        for what, lane, expected, found in differences_of(rebuilt, live, entry, tally):
            differ(what, expected, found, file=entry.identity, lane=lane)


def differences_of(rebuilt: Format, live: Format, entry: Entry, tally: Tally) -> Iterator[tuple[What, str, str, str]]:
    """What a rebuilt format does otherwise with one kept file: what, lane, expected, found."""
    place = None if entry.sidecar.place is None else entry.sidecar.place.place
    seed, live_seed = rebuilt.seed(place), live.seed(place)
    if seed is None or live_seed is None:
        yield "place", "", f"the place ({', '.join(rebuilt.layout.seed or live.layout.seed)})", "none"
        return
    for lane in LANES:
        answer = answer_of(decoder(rebuilt, lane), entry.data, seed)
        own = answer_of(decoder(live, lane), entry.data, live_seed)
        tally.comparisons += 2
        if not same_as_kept(entry, answer):
            yield "sidecar", lane, wording(entry), shown(answer)
        if (answer.verdict, answer.detail) != (own.verdict, own.detail) or not identical(answer.value, own.value):
            yield "live", lane, shown(own), shown(answer)
        if answer.verdict == "accepted":
            tally.comparisons += 1
            written = answer_of(encoder(rebuilt, lane), answer.value, seed)
            if written.value != entry.data:
                found = written.value.hex()[:120] if isinstance(written.value, bytes) else str(written)
                yield "bytes", lane, f"{entry.data.hex()[:120]}", found


def decoder(entry: Format, lane: str) -> Callable[[bytes, int], Any]:
    """The reader of plain values of a lane."""
    codec = entry.codec
    return entry.oracle.decode if lane == "oracle" else lambda data, seed: codec.plain(codec.decode(data, seed))


def encoder(entry: Format, lane: str) -> Callable[[Any, int], bytes]:
    """The writer of plain values of a lane."""
    codec = entry.codec
    return entry.oracle.encode if lane == "oracle" else lambda plain, seed: codec.encode(codec.record(plain), seed)


def answer_of(function: Callable[[Any, int], Any], argument: Any, seed: int) -> Answer:
    """What a lane says; whatever it raises is an answer."""
    try:
        return Answer("accepted", function(argument, seed))
    except FormatError as error:
        return Answer("refused", detail=f"{error.rule} at {path_text(error.path)}, byte {error.offset}")
    except ShardproofError as error:
        return Answer("raised", detail=str(error)[:300])
    except Exception as error:  # noqa: BLE001  # a lane of a wrong layout may raise anything; that is a finding
        return Answer("raised", detail=f"{type(error).__name__}: {error}"[:300])


def same_as_kept(entry: Entry, answer: Answer) -> bool:
    """Whether an answer is the one in the sidecar."""
    expected = entry.sidecar.expected
    if isinstance(expected, Accepted):
        return answer.verdict == "accepted" and identical(answer.value, expected.plain)
    return answer.verdict == "refused" and answer.detail.startswith(f"{expected.rule} at {expected.path},")


def wording(entry: Entry) -> str:
    """What the sidecar says, in a few words."""
    expected = entry.sidecar.expected
    return (
        "accepted with its value" if isinstance(expected, Accepted) else f"refused ({expected.rule} at {expected.path})"
    )


def shown(answer: Answer) -> str:
    """An answer in a few words, with the value where there is one."""
    return f"accepted as {answer.value!r:.160}" if answer.verdict == "accepted" else str(answer)
