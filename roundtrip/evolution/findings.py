"""Findings of one format: what changed between two revisions, how the bytes judge it, and what the numbers say."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from formats.errors import path_text

from . import schemas
from .changes import Change
from .judging import Judgement
from .places import bits_of
from .report import FieldChange, Finding
from .rules import RULES, Level
from .subjects import Subject
from .trials import Exposure
from .verdicts import PairVerdict, Refusal, Verdict, Witness


@dataclass(frozen=True)
class Transition:
    """From one revision to the next: `forward` is the old reader on new files, `backward` the new one on old files."""

    old: Subject
    new: Subject
    changes: tuple[Change, ...]
    forward: Judgement
    backward: Judgement

    @property
    def bumped(self) -> bool:
        """Whether the version number changed with the layout."""
        return self.old.revision.version != self.new.revision.version

    @property
    def versions(self) -> tuple[int, int]:
        """The two version numbers."""
        return self.old.revision.version, self.new.revision.version

    @property
    def pairs(self) -> tuple[PairVerdict, PairVerdict]:
        """Both verdicts."""
        return self.forward.pair, self.backward.pair


def findings_of(step: Transition) -> Iterator[Finding]:
    """Every finding of a transition."""
    name = step.new.revision.name
    fields = tuple(field_change(step, change) for change in step.changes)
    if not step.bumped:
        message = f"version {step.versions[1]} of {name} has two layouts: {', '.join(sorted(changed_fields(step)))}"
        yield Finding("version-reused", name, step.versions, "error", f"{message}; {harm_words(step)}",
                      fields, step.pairs)  # fmt: skip
    yield from version_findings(step)
    expected = expected_version_changes(step)
    for change, field in zip(step.changes, fields, strict=True):
        if change not in expected:
            yield change_finding(step, change, field)
    shown = {exposure.change for judged in (step.forward, step.backward) for exposure in judged.exposures}
    if not shown and any(worst_of(pair) is not Verdict.FULL for pair in step.pairs) and set(step.changes) - expected:
        message = f"files of {name} are {harm_words(step)}, and no named change explains it"
        yield Finding("unexplained", name, step.versions, "error", message, fields, step.pairs)


def worst_of(pair: PairVerdict) -> Verdict:
    """The verdict without the version check where there is one, else the verdict."""
    return pair.verdict if pair.unchecked is None else pair.unchecked


def changed_fields(step: Transition) -> set[str]:
    """The names of the fields that changed, for people."""
    return {path_text(change.new if change.new is not None else change.old or ()) for change in step.changes}


def harm_words(step: Transition) -> str:
    """Both verdicts in words."""
    forward, backward = step.pairs
    return (
        f"the old reader on new files: {verdict_words(forward)}; the new reader on old files: {verdict_words(backward)}"
    )


def verdict_words(pair: PairVerdict) -> str:
    """A verdict, with "some" where only some files cause it."""
    words = f"{pair.verdict} (some files)" if pair.some else str(pair.verdict)
    return words if pair.unchecked is None else f"{words}, without the version check {pair.unchecked}"


# --- one change ----------------------------------------------------------------------------------------------------


def change_finding(step: Transition, change: Change, field: FieldChange) -> Finding:
    """The finding of one change: shown by files, or a note that none shows it."""
    rule = RULES[change.rule]
    exposed = [
        (direction, judged, exposure)
        for direction, judged in (("old", step.forward), ("new", step.backward))
        for exposure in judged.exposures
        if exposure.change == change
    ]
    level: Level = "note"
    if exposed and not step.bumped:
        level = rule.level
    words = [f"{path_text(field.path)} {change.words}"]
    words += [exposure_words(direction, exposure) for direction, _, exposure in exposed]
    if not exposed:
        words.append("no file shows it")
        if change.size and not step.bumped and rule.level != "note":
            level = "warning"
            words[-1] = f"no file of up to {change.size} elements or bytes was tried: judge it by hand"
    pairs = tuple(shown_by(judged.pair, exposure) for _, judged, exposure in exposed)
    return Finding(change.rule, step.new.revision.name, step.versions, level, "; ".join(words), (field,), pairs,
                   shown=bool(exposed))  # fmt: skip


def exposure_words(direction: str, exposure: Exposure) -> str:
    """What a reader does with the witness."""
    witness = exposure.witness
    check = "" if witness.version_checked else "without its version check "
    whose = "new" if direction == "old" else "old"
    verb = "refuses" if isinstance(witness.outcome, Refusal) else "misreads"
    return f"{check}the {direction} reader {verb} {whose} files: {witness.outcome}"


def shown_by(pair: PairVerdict, exposure: Exposure) -> PairVerdict:
    """The pair with the witness of this very change."""
    if exposure.witness.version_checked:
        return replace(pair, witness=exposure.witness)
    return replace(pair, unchecked_witness=exposure.witness)


def field_change(step: Transition, change: Change) -> FieldChange:
    """The field of a change with its bits on both sides."""
    witness = {judged: exposure.witness for judged, exposure in witnesses(step, change)}
    old = None if change.old is None else bits_of(step.old.entry, change.old, witness.get("old"))
    new = None if change.new is None else bits_of(step.new.entry, change.new, witness.get("new"))
    return FieldChange(change.old, change.new, change.words, old, new)


def witnesses(step: Transition, change: Change) -> list[tuple[str, Exposure]]:
    """The witnesses of a change by the side that wrote them."""
    judged = (("new", step.forward), ("old", step.backward))
    return [(side, one) for side, judgement in judged for one in judgement.exposures if one.change == change]


# --- versions ------------------------------------------------------------------------------------------------------


def expected_version_changes(step: Transition) -> set[Change]:
    """The changes of version fields that a bump is expected to make, or that `version-mismatch` tells."""
    fields = {*schemas.versions(step.old.entry.layout), *schemas.versions(step.new.entry.layout)}
    constant = {"version-constant", "constant-changed"}
    return {change for change in step.changes if change.rule in constant and change.new in fields}


def version_findings(step: Transition) -> Iterator[Finding]:
    """Whether the version on disk follows the declared one."""
    name, (old_version, new_version) = step.new.revision.name, step.versions
    before, after = schemas.versions(step.old.entry.layout), schemas.versions(step.new.entry.layout)
    stamped = {names: number for names, number in after.items() if before.get(names) != number}
    followed = all(number == old_version for number in before.values())
    wrong = {names: number for names, number in stamped.items() if number != new_version}
    if wrong and followed:
        names, number = next(iter(wrong.items()))
        message = (
            f"the catalog declares version {new_version} of {name} and its bytes say {number}: "
            f"whoever reads version {new_version} refuses what this writer makes"
        )
        if not step.bumped:
            message += f", and no decoder of the files that say {before.get(names, old_version)} is left"
        yield Finding("version-mismatch", name, step.versions, "error", message, pairs=step.pairs)
    if step.bumped and not stamped:
        forward = step.forward.pair
        level: Level = "error" if before or forward.verdict is Verdict.MISREAD else "warning"
        if not before and forward.verdict is Verdict.FULL:
            level = "note"
        where = "its version field still holds the old number" if before else "its layout has no version field"
        message = f"{name} was bumped to version {new_version} and {where}; {harm_words(step)}"
        yield Finding("version-not-on-disk", name, step.versions, level, message, pairs=step.pairs)


def numbering(name: str, old: Sequence[int], new: Sequence[int]) -> Iterator[Finding]:
    """Numbers left out, going back, gone; `old` and `new`: the versions of each side in order."""
    newest = max(old, default=0)
    for version in sorted(set(old) - set(new)):
        message = f"version {version} of {name} is gone: nothing reads its files any more"
        yield Finding("version-removed", name, (version, None), "error", message)
    known = {*old, *new}
    for version in sorted(set(new) - set(old)):
        if version < newest:
            message = f"version {version} of {name} is new and lies below {newest}, which was there before"
            yield Finding("version-backwards", name, (newest, version), "error", message)
        elif known and version - 1 not in known and version > min(known):
            before = max(other for other in known if other < version)
            message = f"{name} goes from version {before} to {version}"
            yield Finding("version-skipped", name, (before, version), "warning", message)


def added_version(step: Transition) -> Finding:
    """The note that a version is new."""
    name = step.new.revision.name
    message = f"version {step.versions[1]} of {name} is new; {harm_words(step)}"
    return Finding("version-added", name, step.versions, "note", message, pairs=step.pairs)


def as_evidence(witnesses_found: Iterable[Witness]) -> tuple[PairVerdict, ...]:
    """Witnesses as pairs, for findings about single files."""
    found = []
    for witness in witnesses_found:
        verdict = Verdict.REFUSE if isinstance(witness.outcome, Refusal) else Verdict.MISREAD
        found.append(PairVerdict(witness.writer, witness.reader, verdict, None, witness, frames=1))
    return tuple(found)
