"""The short form of what is kept beside files: store images and histories."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from corpus.errors import CorpusError
from corpus.images import ImageSidecar, scan_images
from roundtrip.histories.drivers_kept import kept_files

from ..commands.exits import CommandError
from ..commands.output import one_line
from ..images.regression import run_images
from . import histories
from .running import HISTORY, IMAGE


@dataclass(frozen=True)
class ShownOther:
    """An image or a history: what it is, and what is said of it now. problem: empty where all is as expected."""

    identity: str
    facts: dict[str, Any]
    lines: tuple[str, ...]
    problem: str

    @property
    def ok(self) -> bool:
        """Whether it is as expected."""
        return not self.problem

    def as_dict(self) -> dict[str, Any]:
        """The same with stable keys."""
        return {"ok": self.ok, "id": self.identity, **self.facts, "problem": self.problem or None}

    def text(self) -> str:
        """The same for people."""
        state = "as expected" if self.ok else one_line(self.problem)
        return "\n".join([self.identity, *(f"  {one_line(line)}" for line in self.lines), state])


def listed(kinds: tuple[str, ...]) -> tuple[list[dict[str, Any]], tuple[CorpusError, ...]]:
    """Images and histories of the given kinds as a listing has them, and what is wrong with the images."""
    lines: list[dict[str, Any]] = []
    problems: tuple[CorpusError, ...] = ()
    if IMAGE in kinds:
        found = scan_images()
        problems = found.problems
        sidecars = [image.sidecar for image in found.images]
        lines += [entry_of(one.identity, IMAGE, one.size_bytes, one.why) for one in sidecars]
    if HISTORY in kinds:
        texts = {histories.identity_of(name): text for name, text in kept_files()}
        lines += [entry_of(name, HISTORY, len(text.encode()), reason_of(text)) for name, text in texts.items()]
    return lines, problems


def entry_of(identity: str, kind: str, size_bytes: int, why: str) -> dict[str, Any]:
    """One line of a listing, with the keys that a file's has."""
    facts = {"id": identity, "kind": kind, "format": None, "version": None}
    return {**facts, "size_bytes": size_bytes, "why": why, "features": []}


def reason_of(text: str) -> str:
    """Why a history is kept: its first comment, else the law that it broke."""
    lines = text.splitlines()
    comment = next((line.lstrip("# ") for line in lines if line.startswith("#")), "")
    return comment or next((line for line in lines if line.startswith("law:")), "")


def shown_other(identity: str) -> ShownOther:
    """An image or a history by its identity, or how one begins."""
    return shown_history(identity.removesuffix(".txt")) if identity.startswith(HISTORY) else shown_image(identity)


def the_one(identity: str, names: list[str], what: str) -> str:
    """The one name that is meant; `CommandError` where it is none or several."""
    found = [name for name in names if name == identity] or [name for name in names if name.startswith(identity)]
    if len(found) != 1:
        raise CommandError(f"{identity!r} names {len(found)} kept {what} of {len(names)}: {', '.join(found) or 'none'}")
    return found[0]


def shown_history(identity: str) -> ShownOther:
    """One kept history: its text, and whether it holds now."""
    texts = {histories.identity_of(name): text for name, text in kept_files()}
    name = the_one(identity, list(texts), "histories")
    wrong = histories.replayed(texts[name])
    problem = "" if wrong is None else f"expected {wrong[0]}, found {wrong[1]}"
    lines = tuple(line for line in texts[name].splitlines() if line.strip())
    return ShownOther(name, {"kind": HISTORY, "text": texts[name]}, lines, problem)


def shown_image(identity: str) -> ShownOther:
    """One store image: what its sidecar says, and whether every reader says it now."""
    found = scan_images()
    images = {image.sidecar.identity: image.sidecar for image in found.images}
    meant = [one for one in found.problems if not images or f"{IMAGE}/{one.path}".startswith(identity)]
    if meant:
        raise meant[0]
    name = the_one(identity, list(images), "images")
    outcome = run_images(only=name)
    problem = "; ".join(f"{one.reader}: expected {one.expected}, found {one.found}" for one in outcome.findings)
    facts = {"kind": IMAGE, "sidecar": json.loads(images[name].text()), "checks": outcome.checks}
    return ShownOther(name, facts, tuple(image_lines(images[name], outcome.checks)), problem)


def image_lines(sidecar: ImageSidecar, checks: int) -> Iterator[str]:
    """An image in a few lines."""
    yield f"{sidecar.name}: {sidecar.why}"
    extents = sidecar.size_bytes // sidecar.extent_size_bytes
    yield f"{sidecar.size_bytes:,} bytes in {extents} extents, {sidecar.used_bytes:,} below the write pointers"
    if sidecar.engine.refused is not None:
        yield f"refused: {sidecar.engine.refused.structure} at extent {sidecar.engine.refused.extent}"
    keys = f"{len(sidecar.engine.mapping)} keys are read, {len(sidecar.engine.unreadable)} are not"
    yield f"{keys}; verify reports {len(sidecar.engine.verify)} damages"
    yield f"answers compared now: {checks}"
