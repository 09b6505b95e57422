"""Validate: old formats against new ones, every writer against every reader, by running bytes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations

from formats.catalog import Format

from . import schemas
from .advice import advise
from .differences import differences
from .findings import Transition, added_version, findings_of, numbering
from .identities import reused
from .judging import Judge, Judgement
from .keeping import blind, broken
from .report import Finding, Report, VersionLine
from .rules import RULES
from .subjects import Kept, Subject, subjects_of
from .verdicts import PairVerdict, Revision

LEVELS = ("error", "warning", "note")
Judgements = dict[tuple[Revision, Revision], Judgement]


def validate(old: Sequence[Format], new: Sequence[Format], *, kept: Sequence[Kept] = (), seed: int = 0) -> Report:
    """Judge the change from the old formats to the new ones.

    Every (writer, reader) pair of versions of one format is run, in both directions; findings are about what differs
    between the sides only. The same arguments give the same report.
    """
    by_name = subjects_of(old, new)
    judge = Judge(seed, kept)
    lines: list[VersionLine] = []
    findings: list[Finding] = []
    pairs: list[PairVerdict] = []
    advice = []
    for name, subjects in by_name.items():
        lines += version_lines(name, subjects)
        judgements = judged_pairs(judge, subjects)
        pairs += [judgement.pair for judgement in judgements.values()]
        findings += format_findings(judge, name, subjects, judgements)
        findings += changed_defaults(name, old, new)
        if any(one.revision.side != "both" for one in subjects):
            verdicts = {key: judgement.pair for key, judgement in judgements.items()}
            found = advise(name, subjects, verdicts)
            advice += [] if found is None else [found]
    findings += reused(judge, by_name)
    for name, (revision, words) in judge.disagreements.items():
        versions = revision.version, revision.version
        findings.append(Finding("lanes-disagree", revision.name, versions, "error", f"{name}: {words}"))
    return Report(tuple(lines), tuple(pairs), ordered(findings), tuple(advice), seed, judge.count.frames)


def ordered(findings: Sequence[Finding]) -> tuple[Finding, ...]:
    """Errors first, then by format, version and rule."""
    ranks = {rule: index for index, rule in enumerate(RULES)}
    return tuple(
        sorted(findings, key=lambda one: (LEVELS.index(one.level), one.format, one.versions[1] or 0, ranks[one.rule]))
    )


def version_lines(name: str, subjects: Sequence[Subject]) -> Iterator[VersionLine]:
    """What became of every version."""
    for version in sorted({one.revision.version for one in subjects}):
        sides = {one.revision.side: one.revision for one in subjects if one.revision.version == version}
        before, after = sides.get("old") or sides.get("both"), sides.get("new") or sides.get("both")
        if "both" in sides:
            yield VersionLine(name, version, "unchanged", before, after)
        elif before is None:
            yield VersionLine(name, version, "added", before, after)
        else:
            yield VersionLine(name, version, "removed" if after is None else "changed", before, after)


def judged_pairs(judge: Judge, subjects: Sequence[Subject]) -> Judgements:
    """Every pair of two revisions, in both directions; (writer, reader) -> judgement."""
    found: Judgements = {}
    for earlier, later in combinations(subjects, 2):
        changes = differences(earlier.entry.layout, later.entry.layout)
        found[later.revision, earlier.revision] = judge.judge(later, earlier, changes, "new")
        found[earlier.revision, later.revision] = judge.judge(earlier, later, changes, "old")
    return found


def format_findings(judge: Judge, name: str, subjects: Sequence[Subject], judgements: Judgements) -> Iterator[Finding]:
    """The findings of one format."""
    old = [one for one in subjects if one.revision.side in ("old", "both")]
    new = [one for one in subjects if one.revision.side in ("new", "both")]
    if not new:
        versions = ", ".join(str(one.revision.version) for one in old)
        message = f"{name} (version {versions}) is gone: nothing reads its files any more"
        yield Finding("format-removed", name, (old[-1].revision.version, None), "error", message)
        return
    if not old:
        message = f"{name} is new, in version {', '.join(str(one.revision.version) for one in new)}"
        yield Finding("format-added", name, (None, new[-1].revision.version), "note", message)
    yield from untried(judge, name, subjects)
    yield from disagreements(name, judgements)
    versions_old, versions_new = ([one.revision.version for one in side] for side in (old, new))
    yield from numbering(name, versions_old, versions_new)
    for step in transitions(subjects, judgements):
        if step.bumped:
            yield added_version(step)
            yield from blind(judge, step)
        else:
            yield from broken(judge, step)
        yield from findings_of(step)


def transitions(subjects: Sequence[Subject], judgements: Judgements) -> Iterator[Transition]:
    """From every changed version to what it is now, and from the version before it to every new one."""
    for subject in subjects:
        if subject.revision.side != "new":
            continue
        before = predecessor(subject, subjects)
        if before is not None:
            changes = differences(before.entry.layout, subject.entry.layout)
            forward = judgements[subject.revision, before.revision]
            backward = judgements[before.revision, subject.revision]
            yield Transition(before, subject, changes, forward, backward)


def predecessor(subject: Subject, subjects: Sequence[Subject]) -> Subject | None:
    """The old layout of the same version, or else the newest version below it, as the new side has it if it does."""
    version = subject.revision.version
    same = [one for one in subjects if one.revision.version == version and one.revision.side == "old"]
    if same:
        return same[0]
    below = [one for one in subjects if one.revision.version < version]
    if not any(one.revision.side in ("old", "both") for one in subjects):
        return None
    return max(below, key=lambda one: (one.revision.version, one.revision.side == "both"), default=None)


def untried(judge: Judge, name: str, subjects: Sequence[Subject]) -> Iterator[Finding]:
    """Changed revisions of which no file could be made."""
    if len(subjects) < 2:
        return
    for subject in subjects:
        if not judge.files(subject):
            message = f"no file of {subject.revision} could be made, so nothing was tried"
            version = subject.revision.version
            yield Finding("not-tried", name, (version, version), "error", message)


def disagreements(name: str, judgements: Judgements) -> Iterator[Finding]:
    """Pairs that were not judged, because two decoders of one layout disagree about a file."""
    for (writer, reader), judgement in judgements.items():
        for words in judgement.disagreements:
            versions = writer.version, reader.version
            yield Finding("lanes-disagree", name, versions, "error", words, pairs=(judgement.pair,))


def changed_defaults(name: str, old: Sequence[Format], new: Sequence[Format]) -> Iterator[Finding]:
    """Defaults that differ. They are not on disk, so no lock keeps them: this is seen between two catalogs only."""
    for before in (entry for entry in old if entry.name == name):
        for after in (entry for entry in new if (entry.name, entry.version) == (name, before.version)):
            stated = schemas.defaults(after.schema)
            for names, value in schemas.defaults(before.schema).items():
                if names in stated and stated[names] != value:
                    message = f"{'.'.join(names)} defaults to {stated[names]!r} and no longer to {value!r}"
                    versions = before.version, after.version
                    yield Finding("default-changed", name, versions, "note", message, shown=False)
