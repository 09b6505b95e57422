"""Makes the golden and rejected files of a catalog from its samples.

While a version is a draft, `regenerate` makes its files anew and removes those that it made before. Files of a frozen
version never change and never vanish; new ones may join them. Files that somebody else kept are not touched.

The oracle writes the bytes; what each file must show was written by hand, and a sample that does not show it is an
error here, before any file is written.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.metadata import version as installed_version
from pathlib import Path

import msgspec

from formats.catalog import Catalog, Format
from formats.frozen import refuse_changed

from .damage import damaged
from .errors import CorpusError
from .keeping import entry_of
from .samples import SAMPLES, Flaw, Sample, Samples
from .sidecar import Refused, Sidecar
from .store import Entry, add, remove, scan, writable_folder


@dataclass(frozen=True)
class Regenerated:
    """What regenerating did, as identities in order."""

    added: tuple[str, ...]
    removed: tuple[str, ...]
    kept: tuple[str, ...]

    def as_dict(self) -> dict[str, object]:
        """The same with stable keys, for `--json`."""
        return {"added": list(self.added), "removed": list(self.removed), "kept": len(self.kept)}


def writer() -> str:
    """Who writes the files of samples: program, version and lane."""
    return f"shardproof {installed_version('shardproof')} oracle"


def is_ours(sidecar: Sidecar) -> bool:
    """Whether a file was made from samples, by this or another version of the program."""
    return sidecar.writer.startswith("shardproof ") and sidecar.writer.endswith(" oracle")


def generate(
    catalog: Catalog, samples: Mapping[tuple[str, int], Samples] = SAMPLES
) -> dict[tuple[str, int], tuple[Entry, ...]]:
    """The entries of every format version of a catalog, from its samples; `CorpusError` where one claims too much."""
    made = {}
    for entry_format in catalog:
        key = (entry_format.name, entry_format.version)
        if key not in samples:
            raise CorpusError(
                "missing",
                f"golden/{entry_format.name}/v{entry_format.version}",
                expected="samples of the format",
                found="none",
                instead="write samples of it, or keep real files (corpus/README.md)",
            )
        made[key] = entries_of(entry_format, samples[key])
    return made


def entries_of(entry_format: Format, samples: Samples) -> tuple[Entry, ...]:
    """Every entry of one format version, in the order of identities."""
    entries = [golden(entry_format, sample) for sample in samples.golden]
    entries += [rejected(entry_format, flaw, samples.golden[0]) for flaw in samples.flaws]
    by_identity: dict[str, Entry] = {}
    for entry in entries:
        other = by_identity.setdefault(entry.identity, entry)
        if other is not entry:
            found = f"{other.sidecar.why!r} and {entry.sidecar.why!r}"
            instead = "make the bytes differ, or drop one"
            raise CorpusError("conflict", entry.identity, expected="one sample", found=found, instead=instead)
    return tuple(by_identity[identity] for identity in sorted(by_identity))


def golden(entry_format: Format, sample: Sample) -> Entry:
    """The entry of a value that must be accepted."""
    data = entry_format.oracle.encode(dict(sample.value), entry_format.seed(sample.place) or 0)
    entry = entry_of(entry_format, data, why=sample.why, writer=writer(), place=sample.place)
    absent = sorted(set(sample.claims) - set(entry.sidecar.features))
    if entry.sidecar.kind != "golden" or absent:
        raise lying(entry, ", ".join(absent) or "accepted")
    return entry


def rejected(entry_format: Format, flaw: Flaw, base: Sample) -> Entry:
    """The entry of damage that must be refused."""
    oracle, sample = entry_format.oracle, flaw.base or base
    seed = entry_format.seed(flaw.written_at or sample.place) or 0
    data = damaged(oracle, oracle.encode(dict(sample.value), seed), flaw, seed)
    entry = entry_of(entry_format, data, why=flaw.why, writer=writer(), place=sample.place)
    if entry.sidecar.expected != Refused(flaw.rule, flaw.field):
        raise lying(entry, f"{flaw.rule} at {flaw.field}")
    return entry


def lying(entry: Entry, expected: str) -> CorpusError:
    """The error for a sample that does not show what it was written for."""
    path = f"{entry.identity} ({entry.sidecar.why})"
    instead = "correct the sample, or what is claimed of it"
    return CorpusError("claim", path, expected=expected, found=", ".join(entry.sidecar.features), instead=instead)


def regenerate(
    catalog: Catalog, folder: Path | None = None, samples: Mapping[tuple[str, int], Samples] = SAMPLES
) -> Regenerated:
    """Make the files of draft versions anew, in the catalog's own folder for None.

    Raises `CorpusError`, and `FrozenChanged` for a frozen version of another layout, before it touches anything. Two
    runs give the same bytes.
    """
    refuse_changed(catalog)
    folder = folder or writable_folder(catalog)
    wanted = generate(catalog, samples)
    present = present_entries(catalog, folder)
    outdated: list[Entry] = []
    for entry_format in catalog:
        key = (entry_format.name, entry_format.version)
        old = [entry for entry in present if (entry.sidecar.format, entry.sidecar.version) == key]
        changed = list(differing(old, wanted[key]))
        if changed and entry_format.status == "frozen":
            raise frozen(changed[0])
        outdated += changed
    for entry in outdated:
        remove(folder, entry.identity)
    every = [entry for entries in wanted.values() for entry in entries]
    existing = {entry.identity for entry in present} - {entry.identity for entry in outdated}
    added = {entry.identity for entry in every if entry.identity not in existing and add(folder, entry)}
    gone = {entry.identity for entry in outdated} - added
    return Regenerated(tuple(sorted(added)), tuple(sorted(gone)), tuple(sorted(existing)))


def present_entries(catalog: Catalog, folder: Path) -> tuple[Entry, ...]:
    """The entries of a folder, which may not be there yet; raises the first problem that there is with it."""
    if not folder.exists():
        return ()
    found = scan(folder, catalog)
    if found.problems:
        raise found.problems[0]
    return found.entries


def differing(old: list[Entry], new: tuple[Entry, ...]) -> Iterator[Entry]:
    """Entries of ours that would not be made again as they are.

    Who wrote them first does not matter. Nor does it that a newer program knows more features than a file claims: its
    claims stay as they were kept, and must still be true.
    """
    made = {entry.identity: entry.sidecar for entry in new}
    for entry in old:
        if is_ours(entry.sidecar):
            again = made.get(entry.identity)
            if again is None or not is_same(entry.sidecar, again):
                yield entry


def is_same(kept: Sidecar, again: Sidecar) -> bool:
    """Whether a sidecar that would be made now says what the kept one says, and at least what it claims."""
    claims_hold = set(kept.features) <= set(again.features)
    return claims_hold and anonymous(kept) == anonymous(again)


def anonymous(sidecar: Sidecar) -> Sidecar:
    """The sidecar without its writer and its claims."""
    return msgspec.structs.replace(sidecar, writer="", features=())


def frozen(entry: Entry) -> CorpusError:
    """The refusal to change a file of a frozen version."""
    return CorpusError(
        "frozen",
        entry.identity,
        expected="the file as it was kept",
        found="samples, schema or codec that would change or remove it",
        instead="give the changed format a new version",
    )
