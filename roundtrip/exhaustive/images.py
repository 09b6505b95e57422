"""Damage in a store image: every bit below its write pointers, and every sector in five kinds of decay.

The image is made ready once, in the process that hands out the work (`roundtrip/images/prepared.py`); the workers are
forked from it.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

import msgspec

from corpus.images import KeptImage, scan_images
from formats.errors import ShardproofError

from ..findings import Finding
from ..images.flips import Flipper, Wrong
from ..images.prepared import PreparedImage, prepared
from ..images.sectors import KINDS, SectorDamager
from .outcome import IMAGES, Outcome, Row
from .wording import grouped

#: The image of which everything is tried, and the small one that is sampled where nobody asked for the part by name.
LARGE: Final = "large"
SMALL: Final = "mixed"
#: Of the flips and of the sectors of the small one, one in so many.
SAMPLED: Final = 64
#: Bytes of an extent, and sectors of the image, in one unit of work.
BLOCK_BYTES: Final = 4096
BLOCK_SECTORS: Final = 32
#: Of one kind of damage to all sectors, the share that is tried is so many times that of the flips.
SECTORS_OVER_FLIPS: Final = 16


class NoSuchImage(ShardproofError):
    """No kept image has this name, or it is not whole."""


def image_named(name: str) -> KeptImage:
    """The kept image of this name. Raises `NoSuchImage`."""
    found = scan_images()
    for image in found.images:
        if image.sidecar.name == name:
            return image
    known = ", ".join(image.sidecar.name for image in found.images)
    damaged = f"; {found.problems[0]}" if found.problems else ""
    raise NoSuchImage(f"image: expected one of {known or 'none'}, found {name[:40]!r}{damaged}")


@contextmanager
def ready(name: str) -> Iterator[PreparedImage]:
    """The image of this name, made ready for damage."""
    kept = image_named(name)
    if kept.sidecar.reference.torn:
        raise NoSuchImage(f"image {name}: a copy of a root record is torn, so damage in the other is a second fault")
    if kept.sidecar.engine.refused is not None or kept.sidecar.engine.verify:
        raise NoSuchImage(
            f"image {name}: it is damaged already, so nothing is proved by damaging it; choose a whole one"
        )
    with prepared(kept) as image:
        yield image


def flip_blocks(image: PreparedImage) -> Iterator[tuple[int, int, int]]:
    """Extent, first and last byte (not included) of every block below the write pointers."""
    for extent, used in image.used.items():
        for first in range(0, used, BLOCK_BYTES):
            yield extent, first, min(first + BLOCK_BYTES, used)


def sector_blocks(image: PreparedImage) -> Iterator[tuple[int, int]]:
    """First and last sector (not included) of every block of the whole image."""
    total = SectorDamager(image, seed=0).total
    for first in range(0, total, BLOCK_SECTORS):
        yield first, min(first + BLOCK_SECTORS, total)


def flip(image: PreparedImage, extent: int, first: int, last: int, one_in: int, seed: int) -> Outcome:
    """The bits of one block."""
    started = time.process_time()
    flipper = Flipper(image, seed=seed)
    flipper.block(extent, first, last, one_in)
    counts = flipper.counts
    return Outcome(
        IMAGES,
        f"{image.name}: bits",
        counts.flips,
        tuple(finding(image, wrong) for wrong in flipper.wrong),
        {
            "damaged": counts.flips,
            "unread": counts.unread,
            "asked": counts.asked,
            "questions": counts.questions,
            "noticed": counts.refused,
            "read_in_full": counts.examined + counts.audited,
            "audited": counts.audited,
            "wrong": counts.wrong,
        },
        seconds=time.process_time() - started,
    )


def damage(image: PreparedImage, first: int, last: int, one_in: int, seed: int) -> Outcome:
    """The sectors of one block, each in every kind of decay."""
    started = time.process_time()
    damager = SectorDamager(image, seed=seed)
    step = max(1, one_in // SECTORS_OVER_FLIPS)
    for number in range(first, last):
        for kind in KINDS:
            if not (number + KINDS.index(kind)) % step:
                damager.damage(number, kind)
    total: dict[str, int] = {}
    for counts in damager.counts.values():
        for name, count in msgspec.to_builtins(counts).items():
            total[name] = total.get(name, 0) + count
    return Outcome(
        IMAGES,
        f"{image.name}: sectors",
        total["sectors"],
        tuple(finding(image, wrong) for wrong in damager.wrong),
        {
            "damaged": total["sectors"],
            "same": total["same"],
            "noticed": total["hit"],
            "read_in_full": total["examined"],
            "wrong": total["wrong"],
        },
        seconds=time.process_time() - started,
    )


def bounds(image: PreparedImage, one_in: int) -> Outcome:
    """What the part is about, as a row of its own: the image, and how much of it is tried."""
    sidecar = image.kept.sidecar
    used = sum(image.used.values())
    share = "every bit and every sector" if one_in == 1 else f"a seeded one in {one_in} of the bits"
    facts: dict[str, Any] = {
        "image": image.name,
        "sha256": sidecar.sha256,
        "size_bytes": sidecar.size_bytes,
        "used_bytes": used,
        "keys": len(image.values),
        "one_in": one_in,
    }
    columns = {
        "image": image.name,
        "bytes": grouped(sidecar.size_bytes),
        "below the pointers": grouped(used),
        "values": grouped(len(image.values)),
        "tried": share,
    }
    return Outcome(IMAGES, f"{image.name}: bits", rows=(Row(columns, facts),))


def finding(image: PreparedImage, wrong: Wrong) -> Finding:
    """One finding of this part. The law is what stands before the first colon of what is wrong."""
    law, _, rest = wrong.problem.partition(": ")
    detail = f"extent {wrong.extent}, offset {wrong.offset}, {wrong.what}: {rest or law}"
    return Finding(f"image {image.name}", law, wrong.where, "", detail)
