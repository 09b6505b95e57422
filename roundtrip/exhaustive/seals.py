"""That frames use their checksums so that the guarantees apply: on real frames, through the real functions.

For every checksum in a frame: the number that is stored is the function of what is said to be covered, and each
covered bit has the effect that its place gives it in the generator's algebra. So data and checksum are one code
word, and `distance` says how many wrong bits are noticed. And, tried through the decoder: every burst of a few bits
and every pair of wrong bits in a sealed header.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Final

from formats.description.framesize import bounds_in, most
from formats.layout import Digest, Struct, fixed_size
from formats.reseal import Checksum, checksums

from ..laws import STANDARD, Trial
from ..subjects import Sample
from .checksums import function_of
from .distance import weights
from .frames import Framed, is_accepted
from .linearity import Code, NoCode, identified
from .outcome import CHECKSUMS, Outcome, Row
from .polynomials import times_x
from .wording import grouped

#: Covered bytes up to which each bit's effect is compared; of longer stretches, that many at the end.
EFFECT_BYTES: Final = 1024
#: Bursts up to this many bits are tried at every place of a header.
BURST_BITS: Final = 9
#: A shorter seal than this has a distance of 6: up to 5 wrong bits are noticed.
PAIRS_BITS_MAXIMUM: Final = 8 * 655
#: Bits of a place: where the seal goes on from one, its fields are part of the code word.
FIELD_BITS: Final = {"disk": 128}


def examine(framed: Framed, seed: int) -> Outcome:
    """Every checksum of every frame, and every small burst and pair of bits in each different sealed header."""
    started = time.process_time()
    trial = framed.trial("D6", (), seed, "seals", STANDARD)
    longest: dict[Digest, int] = {}
    for frame in framed.frames:
        for site in checksums(framed.subject.format.oracle, frame.sample.data):
            longest[site.digest] = max(longest.get(site.digest, 0), site.cover_end - site.cover_start)
            compare_effects(trial, frame.sample, site)
    rows = [use_row(framed, digest, size) for digest, size in longest.items()]
    if framed.frames and 0 < 8 * framed.subject.header_size <= PAIRS_BITS_MAXIMUM:
        header = min((frame.sample for frame in framed.frames), key=lambda one: len(one.data))
        patterns_in_header(trial, header)
    facts = {name: trial.facts.get(name, 0) for name in ("effects", "header_bursts", "header_pairs")}
    return Outcome(
        CHECKSUMS,
        framed.subject.name,
        trial.count,
        trial.log.findings(),
        facts,
        tuple(rows),
        seconds=time.process_time() - started,
    )


def compare_effects(trial: Trial, sample: Sample, site: Checksum) -> None:
    """Whether a stored checksum is the function of what it covers, and each covered bit has its effect on it."""
    digest, data = site.digest, sample.data
    function = function_of(trial.subject.codec, digest.algorithm)
    try:
        code = identified(function, 8 * (site.end - site.start))
    except NoCode:
        return  # the unit of the function says so
    cover = data[site.cover_start : site.cover_end]
    arguments = (sample.seed,) if digest.sealing else ()
    base = function(cover, *arguments)
    stored = int.from_bytes(data[site.start : site.end], "little" if code.reflected else "big")
    if not digest.masked and stored != base:
        detail = f"the checksum at byte {site.start} holds {stored:#x}, the function gives {base:#x}"
        trial.find((), None, detail, data, sample.seed)
        return
    changed = bytearray(cover)
    expected = code.generator ^ 1 << code.width
    for place in range(8 * min(len(cover), EFFECT_BYTES)):
        index, bit = len(cover) - 1 - place // 8, place % 8
        mask = 1 << (7 - bit if code.reflected else bit)
        changed[index] ^= mask
        effect = function(bytes(changed), *arguments) ^ base
        changed[index] ^= mask
        if effect != as_stored(expected, code):
            detail = f"bit {mask.bit_length() - 1} of byte {site.cover_start + index} has not the effect of its place"
            trial.find((), None, detail, data, sample.seed)
            return
        expected = times_x(expected, code.generator)
        trial.tally("effects")
        trial.count += 1


def as_stored(syndrome: int, code: Code) -> int:
    """A syndrome in the order of bits in which the function gives it."""
    return int(f"{syndrome:0{code.width}b}"[::-1], 2) if code.reflected else syndrome


def use_row(framed: Framed, digest: Digest, met: int) -> Row:
    """How long the longest code word of one checksum may be, and how many wrong bits are always noticed in it.

    met: the most bytes that it covers in any frame tried, where the layout states no maximum.
    """
    stated = covered_maximum(framed, digest)
    size = met if stated is None else stated
    place = sum(FIELD_BITS.get(field, 32) for field in digest.seed)
    bits = 8 * size + place + 8 * (fixed_size(digest.node) or 0)
    noticed = noticed_in(framed, digest, bits)
    name = "seal" if digest.sealing else " to ".join(dict.fromkeys(".".join(field.names) for field in digest.covers))
    parts = f"{grouped(size)} bytes" + (f" and {place // 8} of place" if place else "")
    columns = {
        "structure": framed.subject.name,
        "over": name,
        "checksum": digest.algorithm.name,
        "code word": f"{'at most' if stated is not None else 'met:'} {grouped(bits)} bits ({parts})",
        "always noticed": f"up to {noticed} wrong bits",
    }
    facts: dict[str, object] = {
        "kind": "use",
        "format": framed.subject.name,
        "over": name,
        "checksum": digest.algorithm.name,
        "bits": bits,
        "place_bits": place,
        "is_maximum": stated is not None,
        "noticed": noticed,
    }
    return Row(columns, facts)


def covered_maximum(framed: Framed, digest: Digest) -> int | None:
    """The most bytes that a checksum of the outermost struct can cover; None where nothing states it."""
    root = framed.subject.format.layout.root
    if digest.sealing:
        header = framed.subject.header_size
        return header - (fixed_size(digest.node) or 0) if header else None
    if not isinstance(root, Struct) or not all(field.up == 0 and len(field.names) == 1 for field in digest.covers):
        return None
    names = [member.name for member in root.members]
    places = [names.index(field.names[0]) for field in digest.covers if field.names[0] in names]
    if not places:
        return None
    scopes = (bounds_in(root),)
    sizes = [most(member.node, scopes) for member in root.members[min(places) : max(places) + 1]]
    known = [size for size in sizes if size is not None]
    return sum(known) if len(known) == len(sizes) else None


def noticed_in(framed: Framed, digest: Digest, bits: int) -> int:
    """The greatest number of wrong bits that is always noticed, as all smaller ones are, in so many bits."""
    try:
        code = identified(function_of(framed.subject.codec, digest.algorithm), 8 * (fixed_size(digest.node) or 0))
    except NoCode:
        return 0
    noticed = 0
    for weight in weights(code.generator):
        if weight.bits is not None and weight.bits < bits:
            break
        noticed = weight.weight
    return noticed


def patterns_in_header(trial: Trial, sample: Sample) -> None:
    """Every burst up to `BURST_BITS` and every pair of wrong bits in a sealed header, through the fast decoder."""
    size = trial.subject.header_size
    probe, seed = trial.subject.probe, sample.seed
    frame, number = bytearray(sample.data), int.from_bytes(sample.data[:size], "little")
    is_accepted(trial, sample)
    for name, patterns in (("header_bursts", bursts(8 * size)), ("header_pairs", pairs(8 * size))):
        for pattern in patterns:
            frame[:size] = (number ^ pattern).to_bytes(size, "little")
            trial.tally(name)
            trial.count += 1
            if probe(frame, seed) is not None:
                detail = f"{pattern.bit_count()} bits of the header flipped, and the fast lane accepts it"
                trial.find((), None, detail, frame, seed)
                trial.watch.compare(bytes(frame), seed)


def bursts(bits: int) -> Iterator[int]:
    """Every pattern whose first and last wrong bit are less than `BURST_BITS` apart."""
    for first in range(bits):
        for inner in range(1 << BURST_BITS - 1):
            pattern = (1 | inner << 1) << first
            if pattern >> bits:
                break
            yield pattern


def pairs(bits: int) -> Iterator[int]:
    """Every pattern of two wrong bits further apart than a burst."""
    for first in range(bits):
        for second in range(first + BURST_BITS, bits):
            yield 1 << first | 1 << second
