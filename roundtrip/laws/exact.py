"""D7 exact: bytes behind a frame are refused, unless a remainder is asked for, and then they are left alone."""

from __future__ import annotations

from ..lanes import Accepted, Refused, describe
from ..subjects import Sample
from .base import Law, Trial


def examine(trial: Trial) -> None:
    """Each sample with one byte, a copy of itself, zeros behind it; whole and as a prefix."""
    for sample in trial.samples:
        for tail in tails(trial, sample):
            if trial.subject.open_ended:
                extended(trial, sample, tail)
            else:
                trailing(trial, sample, tail)
                prefix(trial, sample, tail)
        for byte in range(256):
            if not trial.subject.open_ended:
                trial.must_refuse(sample.data + bytes([byte]), sample.seed, "one byte behind the frame")
    if trial.subject.open_ended:
        trial.note("frames are open-ended: what follows is part of them, and must be canonical")


def tails(trial: Trial, sample: Sample) -> tuple[bytes, ...]:
    """What to put behind a frame."""
    other = trial.random.choice(trial.samples).data
    return (
        b"\0",
        b"\xff",
        trial.random.randbytes(1),
        trial.random.randbytes(33),
        bytes(8),
        bytes(4096),
        sample.data,
        other,
    )


def trailing(trial: Trial, sample: Sample, tail: bytes) -> None:
    """Every lane refuses the frame with something behind it, and those that name rules name `trailing`."""
    data = sample.data + tail
    trial.count += 1
    for name, verdict in trial.watch.compare(data, sample.seed).items():
        if isinstance(verdict, Refused) and verdict.rule in (None, "trailing"):
            continue
        detail = f"{len(tail)} bytes behind the frame: the {name} lane {describe(verdict)}"
        trial.find((), "trailing", detail, data, sample.seed)


def prefix(trial: Trial, sample: Sample, tail: bytes) -> None:
    """Asked for a prefix, every lane reads the frame and leaves the tail."""
    data = sample.data + tail
    for lane in trial.subject.lanes:
        if lane.read_prefix is None:
            continue
        trial.count += 1
        verdict, consumed = lane.read_prefix(data, sample.seed)
        if not isinstance(verdict, Accepted) or consumed != len(sample.data):
            detail = (
                f"as a prefix: the {lane.name} lane {describe(verdict)} and used {consumed} of {len(sample.data)} bytes"
            )
            trial.find((), "trailing", detail, data, sample.seed)


def extended(trial: Trial, sample: Sample, tail: bytes) -> None:
    """An open-ended frame with more bytes: all lanes agree, and what is accepted is canonical (D5, D10)."""
    trial.count += 1
    trial.watch.compare(sample.data + tail, sample.seed)


LAW = Law("D7", "exact", "trailing bytes are refused unless a remainder is asked for", examine)
