"""D1 total: whatever the bytes, a decoder answers with a value or a `FormatError`, and with nothing else."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from random import Random

from formats.errors import FormatError
from formats.layout import CountOf, LengthOf

from ..corrupt import reseal
from ..lanes import Accepted, Broken, Refused, broken, describe
from ..spots import leaves
from ..subjects import Sample
from .base import Law, Trial

#: Bytes that decoders trip over.
EDGES = (0x00, 0x01, 0x7F, 0x80, 0xFF)


def examine(trial: Trial) -> None:
    """All short inputs, random bytes, edited frames, lengths of all ones, other buffers, prefixes with a remainder."""
    seed = trial.samples[0].seed
    sweep(trial, short_inputs(), seed)
    sweep(trial, random_inputs(trial), seed)
    for sample in trial.samples:
        share = max(1, trial.budget.mutations // len(trial.samples))
        sweep(trial, edited(sample.data, share, trial.random), sample.seed)
        hostile_lengths(trial, sample)
        buffers(trial, sample)
        decode_raises(trial, sample)


def short_inputs() -> Iterator[bytes]:
    """Every input of at most two bytes: 65,793 of them."""
    yield b""
    for first in range(256):
        yield bytes([first])
    for number in range(65536):
        yield number.to_bytes(2, "big")


def random_inputs(trial: Trial) -> Iterator[bytes]:
    """Random bytes, bare and behind the beginning of a valid frame."""
    random, samples = trial.random, trial.samples
    for _ in range(trial.budget.random_inputs):
        sample = random.choice(samples).data
        kept = random.randint(0, len(sample)) if random.getrandbits(1) else 0
        yield sample[:kept] + random.randbytes(random.randint(0, max(96, len(sample) - kept)))


def edited(frame: bytes, count: int, random: Random) -> Iterator[bytes]:
    """The frame with one to four bytes replaced, removed or added."""
    for _ in range(count):
        data = bytearray(frame)
        for _ in range(random.randint(1, 4)):
            edit(data, random)
        yield bytes(data)


def edit(data: bytearray, random: Random) -> None:
    """Replace, remove or add one byte."""
    index, act = random.randint(0, max(0, len(data) - 1)), random.random()
    byte = random.choice(EDGES) if random.getrandbits(1) else random.getrandbits(8)
    if act < 0.7 and data:
        data[index] = byte
    elif act < 0.85 and data:
        del data[index]
    else:
        data.insert(index, byte)


def sweep(trial: Trial, inputs: Iterable[bytes], seed: int) -> None:
    """Show inputs to the fast lanes, and those that one of them accepts, with a few others, to all lanes."""
    probe, probe_tuple, watch = trial.subject.codec.probe, trial.subject.codec.probe_tuple, trial.watch
    refusal, acceptance = Refused(), Accepted(None)
    for data in inputs:
        trial.count += 1
        try:
            refused = probe(data, seed) is None and probe_tuple(data, seed) is None
        except Exception as error:  # noqa: BLE001  # the fast lane answers None, it never raises
            trial.find((), None, f"the fast lane {describe(broken(error))}", data, seed)
            continue
        if watch.wanted(refusal if refused else acceptance):
            watch.compare(data, seed)


def hostile_lengths(trial: Trial, sample: Sample) -> None:
    """Every length and count at all ones, raw and resealed, for all lanes."""
    for spot in leaves(trial.subject.format, sample.data, sample.seed):
        if isinstance(spot.node, LengthOf | CountOf):
            raw = spot.write(sample.data, -1)
            for data in (raw, reseal(trial.subject.format, raw, sample.seed)):
                trial.count += 1
                trial.watch.compare(data, sample.seed, spot.path)


def buffers(trial: Trial, sample: Sample) -> None:
    """The verdict does not depend on the type of buffer."""
    for data in (bytearray(sample.data), memoryview(sample.data), memoryview(bytearray(sample.data))):
        for lane in (trial.subject.fast, trial.subject.oracle):
            trial.count += 1
            verdict = lane.read(data, sample.seed)  # type: ignore[arg-type]  # any buffer will do
            if verdict != lane.read(sample.data, sample.seed):
                detail = f"the {lane.name} lane {describe(verdict)} a {type(data).__name__}"
                trial.find((), None, detail, sample.data, sample.seed)


def decode_raises(trial: Trial, sample: Sample) -> None:
    """`decode` and the prefix decoders raise nothing but `FormatError` on damaged frames."""
    codec = trial.subject.codec
    for data in edited(sample.data, 8, trial.random):
        trial.count += 1
        try:
            codec.decode(data, sample.seed)
        except FormatError:
            pass
        except Exception as error:  # noqa: BLE001  # what the law forbids
            trial.find((), None, f"decode {describe(broken(error))}", data, sample.seed)
        for lane in trial.subject.lanes:
            if lane.read_prefix is not None:
                verdict, _ = lane.read_prefix(data, sample.seed)
                if isinstance(verdict, Broken):
                    detail = f"the {lane.name} lane, asked for a prefix, {describe(verdict)}"
                    trial.find((), None, detail, data, sample.seed)


LAW = Law("D1", "total", "any bytes: a value or a FormatError, nothing else", examine)
