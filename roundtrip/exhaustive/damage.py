"""Every flip of one bit and every truncation of a golden file (D6 and D8), none left out.

The fast lane sees all of them. Oracle, reference and tuples see whatever is accepted and a seeded 1 in 256 of the
refused flips; the reference sees every truncation, since a prefix must be refused as *truncated*, and only a lane
that diagnoses can say so. What a flip may do follows from the declared protection (`roundtrip/protection.py`).
"""

from __future__ import annotations

import time
from collections.abc import Iterator

from ..lanes import broken, describe
from ..laws import STANDARD, Trial
from ..laws.flips import LOTTERY, MASKS, Flaw, changed, fields_at, flip_from, judge
from ..laws.prefixes import cut, legal_ends
from ..subjects import Sample
from .frames import Framed, Kept, is_accepted
from .outcome import DAMAGE, Outcome

#: Bytes of a file in one unit of work: units end often enough for a deadline and for several processes.
UNIT_BYTES = 8192


def slices(size: int) -> Iterator[tuple[int, int]]:
    """The stretches first..last (not included) that a file of `size` bytes is worked on in."""
    for first in range(0, size, UNIT_BYTES):
        yield first, min(first + UNIT_BYTES, size)


def examine(framed: Framed, kept: Kept, first: int, last: int, seed: int) -> Outcome:
    """Flip every bit of the bytes first..last of a frame, and cut it at each of them."""
    started = time.process_time()
    name = f"{kept.name} {first}"
    flips = framed.trial("D6", (), seed, name, STANDARD)
    cuts = framed.trial("D8", (), seed, name, STANDARD)
    is_accepted(flips, kept.sample)
    flip_all(flips, kept.sample, first, last)
    cut_all(cuts, kept.sample, first, last)
    facts = {
        "files": int(first == 0),
        "bytes": last - first,
        "bit_flips": 8 * (last - first),
        "truncations": last - first,
        "lane_comparisons": flips.watch.comparisons + cuts.watch.comparisons,
        "unprotected_bits": flips.facts.get("unprotected_bits", 0),
        "unprotected_accepted": flips.facts.get("unprotected_accepted", 0),
        "silent": flips.facts.get("silent", 0),
        "fast_lane_only": flips.watch.left_out + cuts.watch.left_out,
    }
    return Outcome(
        DAMAGE,
        framed.subject.name,
        flips.count + cuts.count,
        (*flips.log.findings(), *cuts.log.findings()),
        facts,
        not_run=framed.not_run,
        seconds=time.process_time() - started,
    )


def flip_all(trial: Trial, sample: Sample, first: int, last: int) -> None:
    """Every bit of first..last, through the bare fast decoder; what it accepts and a few others, through all lanes."""
    protection = trial.subject.protection(sample)
    accepted = accepted_flips(trial, sample, first, last)
    if accepted:
        judge(trial, sample, protection, accepted)
    trial.facts["unprotected_bits"] = 8 * protection.marks[first:last].count(0)
    bits = range(8 * first, 8 * last)
    fields = fields_at(trial, sample)
    for bit in sorted(trial.random.sample(bits, max(1, len(bits) // LOTTERY))):
        trial.watch.compare(changed(sample.data, bit // 8, MASKS[bit % 8]), sample.seed, fields[bit // 8])
    trial.count += len(bits)


def accepted_flips(trial: Trial, sample: Sample, first: int, last: int) -> list[tuple[int, int]]:
    """The (byte index, mask) of every flip in first..last that the fast decoder accepts."""
    accepted: list[tuple[int, int]] = []
    start = first
    while start < last:
        try:
            start = flip_from(trial.subject.probe, bytearray(sample.data), start, sample.seed, accepted, last)
        except Flaw as flaw:
            data = changed(sample.data, flaw.index, flaw.mask)
            trial.log.add("D1", (), None, f"the fast lane {describe(broken(flaw.error))}", data, sample.seed)
            start = flaw.index + 1
    return accepted


def cut_all(trial: Trial, sample: Sample, first: int, last: int) -> None:
    """Every prefix of first..last - 1 bytes."""
    legal = legal_ends(trial.subject, sample)
    for size in range(first, last):
        cut(trial, sample, size, legal, slow=not trial.random.randrange(LOTTERY))
