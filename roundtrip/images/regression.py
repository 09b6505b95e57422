"""The regression run over the kept store images: every reader, against what the sidecar says, and one against another.

1. The engine opens an image for reading, and says what the sidecar says: what is rotten and where, every value.
2. The reference store says what the sidecar says, and agrees with the engine.
3. The engine opens it really, with the same mapping; closed and opened again it has the same, and whole roots.

No image at all, a missing, damaged or extra file: each is a finding.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Final

import msgspec

from corpus.errors import PROBLEMS, CorpusError
from corpus.images import ImageScan, KeptImage, scan_images
from corpus.report import Finding, Outcome
from engine import Limits, Store
from engine.errors import ChunkRotten, EngineError, StoreFull
from engine.memory_disk import MemoryDisk

from ..reference.image import NoStore
from ..reference.store import read_image
from .reading import Look, disagreement, engine_verdict, look, look_at, reference_reading, seams

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

COMMAND: Final = "shardproof corpus run"
#: How an identity begins that is an image's.
IMAGE: Final = "image/"
#: What is said in place of an answer: reader, expected, found.
Wrong = tuple[str, str, str]
#: Called with images done, and images in all.
Progress = Callable[[int, int], None]


class Checks:
    """Compares answers of one image, and counts them."""

    def __init__(self) -> None:
        self.count = 0
        self.wrong: list[Wrong] = []

    def equal(self, reader: str, what: str, expected: object, found: object) -> None:
        """One answer."""
        self.count += 1
        if expected != found:
            self.wrong.append((reader, f"{what} {told(expected, found)}", told(found, expected)))


def told(one: object, other: object) -> str:
    """An answer, or of a large one what differs from another."""
    if isinstance(one, msgspec.Struct) and type(one) is type(other):
        names = [name for name in one.__struct_fields__ if getattr(one, name) != getattr(other, name)]
        return ", ".join(f"{name} {told(getattr(one, name), getattr(other, name))}" for name in names)
    if isinstance(one, dict) and isinstance(other, dict):
        missing = object()
        differing = [key for key in sorted({*one, *other}, key=str) if one.get(key, missing) != other.get(key, missing)]
        return ", ".join(f"{key!r}: {str(one.get(key, 'none'))[:80]}" for key in differing[:3])
    return str(one)[:200]


def run_images(progress: Progress | None = None, folder: Traversable | None = None, only: str = "") -> Outcome:
    """Read every kept image, of the package's own folder for None, or those whose identity begins with `only`.

    progress: called with images done and in all.
    """
    found = chosen(scan_images(folder), only)
    findings = [
        Finding(
            "nothing" if one.problem == "folder" else "image",
            f"images/{one.path}",
            "",
            one.expected,
            f"{one.found} ({PROBLEMS[one.problem]})",
            COMMAND,
        )
        for one in found.problems
    ]
    checks = 0
    for number, image in enumerate(found.images):
        if progress is not None:
            progress(number, len(found.images))
        made = Checks()
        try:
            examine(image, made)
        except Exception as error:  # noqa: BLE001  # whatever a reader raises is what we are looking for
            made.equal("engine or reference", "", "an answer", f"{type(error).__name__}: {error}")
        checks += made.count
        identity = f"{image.sidecar.identity} ({image.sidecar.name})"
        findings += [Finding("image", identity, reader, expected, was, COMMAND) for reader, expected, was in made.wrong]
    if progress is not None:
        progress(len(found.images), len(found.images))
    return Outcome(len(found.images), checks, tuple(findings))


def chosen(found: ImageScan, only: str) -> ImageScan:
    """The images that are asked for, also damaged ones; where that is none of them, the problem that says so."""
    if not only:
        return found
    images = tuple(image for image in found.images if image.sidecar.identity.startswith(only))
    problems = tuple(one for one in found.problems if f"{IMAGE}{one.path}".startswith(only))
    if images or problems:
        return ImageScan(images, problems)
    count = f"{len(found.images)} images, none of them"
    instead = "see `shardproof corpus list --kind image`"
    return ImageScan(
        (), (CorpusError("folder", only.removeprefix(IMAGE), expected="a kept image", found=count, instead=instead),)
    )


def examine(image: KeptImage, checks: Checks) -> None:
    """Every answer of one image."""
    sidecar = image.sidecar
    limits = msgspec.convert(sidecar.limits, Limits)
    disk = MemoryDisk.from_image(image.data, sidecar.extent_size_bytes)
    keys = [bytes.fromhex(key) for key in (*sidecar.engine.mapping, *sidecar.engine.unreadable)]
    try:
        found = look(disk.fork(), limits, keys)
    except EngineError as error:
        checks.equal("engine", "an opening", "a store", f"{type(error).__name__}: {error}")
        return
    checks.equal("engine", "", sidecar.engine, engine_verdict(found))
    try:
        reference = read_image(image.data, sidecar.extent_size_bytes)
    except NoStore as refusal:
        checks.equal("reference", "", "a store", str(refusal))
        return
    checks.equal("reference", "", sidecar.reference, reference_reading(reference))
    checks.equal("engine and reference", "", "the same", disagreement(found, reference) or "the same")
    for reader, later in reopened(disk.fork(), limits, keys):
        checks.equal(reader, "values", found.values, later.values)
        checks.equal(reader, "unreadable keys", set(found.refused), set(later.refused))
        checks.equal(reader, "refusal", str(found.not_opened), str(later.not_opened))
        if reader == SECOND:
            roots = [str(one) for one in later.damage if one.structure in {"superblock", "tree_metadata"}]
            checks.equal(reader, "damage of roots", [], roots)


FIRST: Final = "engine, opened for writing"
SECOND: Final = "engine, opened again"


def reopened(disk: MemoryDisk, limits: Limits, keys: list[bytes]) -> Iterator[tuple[str, Look]]:
    """What the engine says when it opens the disk for writing, and once more after that."""
    for reader in (FIRST, SECOND):
        try:
            store = Store.open_on(disk, limits, seams())
        except ChunkRotten as error:
            yield reader, Look(not_opened=error)
            return
        yield reader, look_at(store, keys)
        try:
            store.close()
        except StoreFull:
            # No room to close cleanly: what is persistent is there all the same.
            store.abandon()
        disk = disk.crash()
