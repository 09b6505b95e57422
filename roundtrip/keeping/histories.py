"""The kept histories as a part of `corpus run`: each once broke a law, and must hold now."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from corpus.report import Finding, Outcome
from roundtrip.campaign.apart import DANGEROUS, replay_apart
from roundtrip.campaign.reading import parse_finding
from roundtrip.campaign.workers import Limits
from roundtrip.histories.drivers_kept import kept_files
from roundtrip.histories.finding import BadFinding

#: How an identity begins that is a history's.
KIND: Final = "history"
#: Where they stand in a checkout, for the command that replays one.
FOLDER: Final = "corpus/histories"


def run_histories(progress: Callable[[int, int], None] | None = None, only: str = "") -> Outcome:
    """Replay every kept history, or those whose identity (`history/<name>`) begins with `only`."""
    try:
        every = list(kept_files())
    except BadFinding as error:
        return Outcome(0, 0, (nothing(f"{KIND}/", str(error)),))
    chosen = [(name, text) for name, text in every if identity_of(name).startswith(only)]
    if not chosen:
        return Outcome(0, 0, (nothing(only or f"{KIND}/", f"{len(every)} histories, none of them"),))
    findings: list[Finding] = []
    for done, (name, text) in enumerate(chosen):
        if progress is not None:
            progress(done, len(chosen))
        found = replayed(text)
        if found is not None:
            command = f"shardproof replay {FOLDER}/{name}"
            findings.append(Finding("history", identity_of(name), "engine", *found, command))
    return Outcome(len(chosen), len(chosen), tuple(findings))


def nothing(entry: str, found: str) -> Finding:
    """The finding that there is no history to replay."""
    return Finding("nothing", entry, "", "at least one kept history", found, f"shardproof corpus run --kind {KIND}")


def replayed(text: str) -> tuple[str, str] | None:
    """What was expected and what was found where a history breaks a law now, or is none; None where it holds."""
    try:
        finding = parse_finding(text)
        failure = replay_apart(finding, Limits()) if finding.law in DANGEROUS else finding.replay()
    except BadFinding as error:
        return "a readable history", str(error)
    if failure is None:
        return None
    return f"{finding.law}: {failure.expected}", failure.found


def identity_of(name: str) -> str:
    """The identity of a kept history, by the name of its file."""
    return f"{KIND}/{name.rpartition('.')[0]}"
