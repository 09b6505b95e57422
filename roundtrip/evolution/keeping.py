"""What kept files say of a change: real files that are not read any more, and new ones that show nothing new."""

from __future__ import annotations

from collections.abc import Iterator

from formats.errors import LaneDisagreement

from . import schemas
from .changes import SHIFTING
from .findings import Transition, as_evidence, expected_version_changes
from .judging import Judge
from .report import Finding
from .rules import RULES
from .subjects import outcome
from .trials import shows
from .verdicts import Agreement, Misreading, Witness


def broken(judge: Judge, step: Transition) -> Iterator[Finding]:
    """Kept files of the old layout that the new reader of the same version refuses or misreads."""
    for frame in judge.kept_files(step.old):
        try:
            found = outcome(step.old.entry, step.new.entry, frame.data, frame.place, frame.value)
        except LaneDisagreement as error:
            yield Finding("lanes-disagree", step.new.revision.name, step.versions, "error", f"{frame.kept}: {error}")
            continue
        if isinstance(found, Agreement):
            continue
        rule = "kept-file-misread" if isinstance(found, Misreading) else "kept-file-refused"
        message = f"{frame.kept}, which the old reader reads, is {found}"
        witness = Witness(
            frame.data, frame.place, step.old.revision, step.new.revision, frame.value, found, kept=frame.kept
        )
        yield Finding(rule, step.new.revision.name, step.versions, "error", message, pairs=as_evidence([witness]))


def blind(judge: Judge, step: Transition) -> Iterator[Finding]:
    """Changes of a new version that generated files show to the reader before it, and no kept file does."""
    files = judge.kept_files(step.new)
    if not files or step.forward.disagreements:
        return
    reader = schemas.unchecked(step.old.entry, step.new.entry) or step.old.entry
    found = [outcome(step.new.entry, reader, frame.data, frame.place, frame.value) for frame in files]
    harmful = [one for one in found if not isinstance(one, Agreement)]
    expected = expected_version_changes(step)
    for exposure in step.forward.exposures:
        change = exposure.change
        if change in expected or RULES[change.rule].level == "note":
            continue
        if (harmful and change.rule in SHIFTING) or any(shows(change, "new", one) for one in harmful):
            continue
        name = ".".join(change.new or change.old or ())
        message = (
            f"version {step.versions[1]} of {step.new.revision.name} has {len(files)} kept "
            f"file{'' if len(files) == 1 else 's'}, and none uses what is new in {name or 'it'}: {change.words}"
        )
        yield Finding("kept-files-blind", step.new.revision.name, step.versions, "warning", message,
                      pairs=as_evidence([exposure.witness]))  # fmt: skip
