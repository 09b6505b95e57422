"""D6 every bit owned: no single-bit flip of a protected byte passes, nor a small flip or burst in a sealed header.

Single flips are exhaustive: every bit of every sample, in place, through the bare fast decoder. CRC32C also vouches
for up to 5 flipped bits in a header (distance 6 up to 655 bytes) and for every burst of at most 32 bits; of those a
seeded sample is tried. Flips of unprotected bits are counted, and judged by D5 and D10 where they are accepted.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from random import Random
from typing import Any, Final

from formats.errors import Path

from ..lanes import broken, describe
from ..protection import Protection
from ..subjects import Sample
from ..watch import FINDINGS_ENOUGH
from .base import Law, Trial

MASKS: Final = tuple(1 << bit for bit in range(8))
#: CRC32C tells all changes of up to 5 bits apart in at most this many bytes, checksum included.
DISTANCE_SIX_BYTES_MAXIMUM: Final = 655
#: One flip in so many is also shown to oracle and reference.
LOTTERY: Final = 256

Probe = Callable[[Any, int], Any]


def examine(trial: Trial) -> None:
    """Flip every bit of every sample; then bursts and small flips in headers."""
    spent, flips = 0.0, 0
    for sample in affordable(trial):
        protection = trial.subject.protection(sample)
        started = time.process_time()
        accepted = flipped(trial, sample)
        spent += time.process_time() - started
        flips += 8 * len(sample.data)
        judge(trial, sample, protection, accepted)
        show_some(trial, sample)
        if 0 < trial.subject.header_size <= DISTANCE_SIX_BYTES_MAXIMUM:
            header(trial, sample)
    trial.count += flips
    trial.facts["bit_flips"] = flips
    trial.facts["flip_seconds"] = spent
    unprotected = trial.facts.get("unprotected_bits", 0)
    if unprotected:
        passed = trial.facts.get("unprotected_accepted", 0)
        trial.note(
            f"{unprotected:.0f} bits lie under no checksum; {passed:.0f} of their flips gave another valid value"
        )
    if not trial.subject.header_size:
        trial.note("no header sealed by CRC32C: bursts and small flips not tried")


def affordable(trial: Trial) -> list[Sample]:
    """The samples whose every bit is flipped: all of them, but of a slow decoder only the smaller ones."""
    chosen: list[Sample] = []
    spent = 0
    for sample in trial.samples:
        spent += 8 * len(sample.data) * trial.subject.probe_steps(sample)
        if chosen and spent > trial.budget.flip_steps:
            trial.note(f"a slow decoder: bits were flipped in {len(chosen)} of {len(trial.samples)} samples")
            break
        chosen.append(sample)
    return chosen


def flipped(trial: Trial, sample: Sample) -> list[tuple[int, int]]:
    """The (byte index, mask) of every single-bit flip that the fast decoder accepts."""
    accepted: list[tuple[int, int]] = []
    start = 0
    while start < len(sample.data):
        try:
            start = flip_from(trial.subject.probe, bytearray(sample.data), start, sample.seed, accepted)
        except Flaw as flaw:
            data = changed(sample.data, flaw.index, flaw.mask)
            trial.log.add("D1", (), None, f"the fast lane {describe(broken(flaw.error))}", data, sample.seed)
            start = flaw.index + 1
    return accepted


class Flaw(Exception):
    """The decoder raised while bit `mask` of byte `index` was flipped."""

    def __init__(self, index: int, mask: int, error: Exception) -> None:
        super().__init__(index, mask, error)
        self.index = index
        self.mask = mask
        self.error = error


def flip_from(
    probe: Probe, frame: bytearray, start: int, seed: int, accepted: list[tuple[int, int]], stop: int | None = None
) -> int:
    """Flip each bit from byte `start` to `stop` (the frame's end), in place; returns that. The suite's hot loop."""
    index, mask = start, 0
    stop = len(frame) if stop is None else stop
    try:
        for index in range(start, stop):
            original = frame[index]
            for mask in MASKS:
                frame[index] = original ^ mask
                if probe(frame, seed) is not None:
                    accepted.append((index, mask))
            frame[index] = original
    except Exception as error:  # noqa: BLE001  # judged by the caller
        raise Flaw(index, mask, error) from None
    return stop


def changed(frame: bytes, index: int, mask: int) -> bytes:
    """The frame with one byte changed."""
    return frame[:index] + bytes([frame[index] ^ mask]) + frame[index + 1 :]


def judge(trial: Trial, sample: Sample, protection: Protection, accepted: list[tuple[int, int]]) -> None:
    """Hold the accepted flips against what is protected; all lanes see each of them."""
    trial.tally("unprotected_bits", 8 * protection.marks.count(0))
    fields = fields_at(trial, sample)
    for index, mask in accepted:
        if protection.marks[index] and trial.facts.get("silent", 0) >= FINDINGS_ENOUGH:
            trial.tally("silent")
            continue
        data = changed(sample.data, index, mask)
        verdict = trial.watch.see(data, sample.seed, fields[index])
        if protection.marks[index]:
            trial.tally("silent")
            detail = f"bit {mask.bit_length() - 1} of byte {index} flipped: the fast lane {describe(verdict)}"
            trial.find(fields[index], None, detail, data, sample.seed)
        else:
            trial.tally("unprotected_accepted")


def fields_at(trial: Trial, sample: Sample) -> list[Path]:
    """The innermost field of a valid frame around each of its bytes."""
    fields: list[Path] = [()] * len(sample.data)
    spans = trial.subject.format.oracle.trace(sample.data, sample.seed).spans
    for span in sorted(spans, key=lambda span: (span.start - span.end, len(span.path))):
        fields[span.start : span.end] = [span.path] * (span.end - span.start)
    return fields


def show_some(trial: Trial, sample: Sample) -> None:
    """A seeded 1 in 256 of the flips, for all lanes."""
    bits = 8 * len(sample.data)
    fields = fields_at(trial, sample)
    for bit in sorted(trial.random.sample(range(bits), max(1, bits // LOTTERY))):
        trial.watch.compare(changed(sample.data, bit // 8, MASKS[bit % 8]), sample.seed, fields[bit // 8])


def header(trial: Trial, sample: Sample) -> None:
    """Bursts of up to 32 bits and flips of 2 to 5 bits inside the fixed header."""
    size = trial.subject.header_size
    bits = 8 * size
    patterns = [*bursts(bits, trial.budget.bursts, trial.budget.burst_lengths, trial.random)]
    trial.tally("bursts", len(patterns))
    flips = [*small_flips(bits, trial.budget.header_flips, trial.random)]
    trial.tally("header_flips", len(flips))
    probe, seed = trial.subject.probe, sample.seed
    frame, number = bytearray(sample.data), int.from_bytes(sample.data[:size], "little")
    for pattern in (*patterns, *flips):
        if trial.facts.get("silent", 0) >= FINDINGS_ENOUGH:
            break
        frame[:size] = (number ^ pattern).to_bytes(size, "little")
        if probe(frame, seed) is not None:
            trial.tally("silent")
            detail = f"{pattern.bit_count()} bits of the header flipped, and the fast lane accepts it"
            trial.find((), None, detail, frame, seed)
            trial.watch.compare(bytes(frame), seed)
    trial.count += len(patterns) + len(flips)


def bursts(bits: int, each: int, lengths: tuple[int, ...], random: Random) -> Iterator[int]:
    """For every first bit and every length, `each` patterns of that length whose first and last bit are set.

    Bit 0 is the lowest of byte 0: the order in which CRC32C takes them.
    """
    for length in lengths:
        for first in range(bits - length + 1):
            for _ in range(each):
                yield (1 | 1 << length - 1 | random.getrandbits(length)) << first


def small_flips(bits: int, count: int, random: Random) -> Iterator[int]:
    """Patterns of 2 to 5 different bits."""
    for _ in range(count):
        pattern = 0
        for bit in random.sample(range(bits), random.randint(2, 5)):
            pattern |= 1 << bit
        yield pattern


LAW = Law(
    "D6", "every bit owned", "a flip of any single protected bit, and any small burst in a header, is refused", examine
)
