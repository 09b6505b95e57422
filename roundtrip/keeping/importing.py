"""Imports the inputs of another fuzzer: judged by every reader, each content once, kept as `found` with its origin."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from corpus.coverage import features_of
from corpus.entries import Entry, find
from corpus.errors import CorpusError
from corpus.regression import COMMAND, Looking
from corpus.store import add, scan
from formats.catalog import Catalog
from formats.place import Place

from ..commands.exits import CommandError
from .adding import Origin, entry_for, kept_as
from .fuzz_folders import TOOLS, Found, Input
from .processes import spread
from .readers import lanes_of
from .sources import bytes_of

#: What becomes of an input -> what that means.
FATES: Final[dict[str, str]] = {
    "added": "kept now",
    "twice": "the same bytes as another input",
    "kept": "kept already",
    "nothing new": "shows no feature that is not shown",
    "conflict": "kept already for another place",
    "unread": "could not be read",
}


@dataclass(frozen=True)
class Judged:
    """One input after every reader has seen it. problem: why there is no entry; features: what it shows."""

    input: Input
    entry: Entry | None
    problem: str = ""
    disagree: bool = False
    features: frozenset[str] = frozenset()


@dataclass
class Imported:
    """What an import did. fates: inputs by what became of them; problems: by name, why one could not be had.

    disagree: identities of added files on which readers disagree; left: what was no input, with the reason.
    """

    inputs: int
    fates: Counter[str] = field(default_factory=Counter)
    verdicts: Counter[str] = field(default_factory=Counter)
    added: list[str] = field(default_factory=list)
    disagree: list[str] = field(default_factory=list)
    problems: list[tuple[str, str]] = field(default_factory=list)
    left: tuple[tuple[str, str], ...] = ()

    def as_dict(self) -> dict[str, object]:
        """The same with stable keys."""
        return {
            "ok": not self.problems,
            "inputs": self.inputs,
            "fates": {fate: self.fates[fate] for fate in FATES},
            "verdicts": dict(sorted(self.verdicts.items())),
            "added": self.added,
            "disagree": self.disagree,
            "problems": [{"file": name, "problem": problem} for name, problem in self.problems],
            "left": [{"file": name, "reason": reason} for name, reason in self.left],
        }


@dataclass(frozen=True)
class Wish:
    """What to import into. format_name: with or without a version; place: where the bytes are said to be written."""

    catalog: Catalog
    format_name: str
    folder: Path
    place: Place | None = None
    only_new_features: bool = False
    dry_run: bool = False


def import_inputs(
    found: Found, wish: Wish, *, workers: int = 1, progress: Callable[[int, int], None] | None = None
) -> Imported:
    """Judge every input, in so many processes, and keep what is to be kept."""
    refuse_unknown_place(wish)
    imported = Imported(len(found.inputs), left=found.left)
    judged: list[Judged] = []
    looking = Looking(wish.catalog, lanes_of, COMMAND)
    for one in spread(lambda each: judge(each, wish, looking), found.inputs, workers):
        judged.append(one)
        if progress is not None:
            progress(len(judged), len(found.inputs))
    shown = shown_features(wish) if wish.only_new_features else {}
    seen: set[tuple[str, int, str]] = set()
    for one in sorted(judged, key=smallest_first):
        fate = decide(one, wish, seen, shown)
        imported.fates[fate] += 1
        if one.entry is None or fate == "conflict":
            imported.problems.append((one.input.name, one.problem or FATES[fate]))
        elif fate == "added":
            imported.added.append(one.entry.identity)
            imported.verdicts[one.entry.sidecar.verdict] += 1
            if one.disagree:
                imported.disagree.append(one.entry.identity)
            if not wish.dry_run:
                add(wish.folder, one.entry)
    return imported


def refuse_unknown_place(wish: Wish) -> None:
    """`CommandError` where the format is seeded with a place and none is given."""
    wish.catalog[wish.format_name]
    for one in wish.catalog.versions(wish.format_name):
        if one.seed(wish.place) is None:
            fields = ", ".join(one.layout.seed)
            raise CommandError(f"{one.label} is seeded with a place; say where the inputs are read: --place ({fields})")


def judge(one: Input, wish: Wish, looking: Looking) -> Judged:
    """What every reader says of one input."""
    try:
        data = bytes_of(str(one.path))
        origin = Origin(f"{one.origin}.", TOOLS[one.layout], wish.place, found=True)
        entry = entry_for(data, wish.catalog, wish.format_name, origin)
    except (CommandError, CorpusError) as error:
        return Judged(one, None, str(error))
    entry_format = find(wish.catalog, entry.sidecar.format, entry.sidecar.version)
    assert entry_format is not None, "it was made with a format of the catalog"
    features = features_of(entry, entry_format) if wish.only_new_features else frozenset()
    return Judged(one, entry, disagree=bool(looking(entry).findings), features=features)


def smallest_first(one: Judged) -> tuple[int, str]:
    """Small inputs first: of several that show a feature, the smallest is kept."""
    return (-1 if one.entry is None else len(one.entry.data), one.input.name)


def decide(
    one: Judged,
    wish: Wish,
    seen: set[tuple[str, int, str]],
    shown: dict[tuple[str, int], set[str]],
) -> str:
    """What becomes of an input. `seen`: contents so far; `shown`: features so far, by format version."""
    if one.entry is None:
        return "unread"
    sidecar = one.entry.sidecar
    version = find(wish.catalog, sidecar.format, sidecar.version)
    assert version is not None, "it was made with a format of the catalog"
    key = (sidecar.format, sidecar.version, sidecar.sha256)
    if key in seen:
        return "twice"
    seen.add(key)
    try:
        if kept_as(wish.folder, one.entry, version):
            return "kept"
    except CorpusError:
        return "conflict"
    if wish.only_new_features:
        known = shown.setdefault((sidecar.format, sidecar.version), set())
        if one.features <= known:
            return "nothing new"
        known |= one.features
    return "added"


def shown_features(wish: Wish) -> dict[tuple[str, int], set[str]]:
    """The features that kept files of the format show, by version; `CorpusError` where the folder is not sound."""
    shown: dict[tuple[str, int], set[str]] = {}
    for entry in present(wish):
        version = find(wish.catalog, entry.sidecar.format, entry.sidecar.version)
        if version is not None and version in wish.catalog.versions(wish.format_name):
            key = (version.name, version.version)
            shown.setdefault(key, set()).update(features_of(entry, version))
    return shown


def present(wish: Wish) -> Sequence[Entry]:
    """What is kept; nothing where the folder is still to be made."""
    if not wish.folder.exists():
        return ()
    found = scan(wish.folder, wish.catalog)
    if found.problems:
        raise found.problems[0]
    return found.entries
