"""The guarantees of the checksums that formats use, proved anew of the very functions that run.

Three steps, each on the function that the fast codec calls: it is a CRC, and this is its generator (`linearity`);
so many wrong bits it always notices (`distance`), and every burst up to its width, as any so many neighbouring bits
have independent effects; and the formats use it so that this applies to their frames (`seals`).
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import import_module
from typing import Any, Final, Literal

from formats.codec import Codec
from formats.layout import Algorithm, Digest, Node, children, fixed_size

from ..findings import Finding
from ..report import NotRun
from ..subjects import Subject
from .distance import Weight, weights
from .linearity import Checksum, Code, NoCode, flipped, identified
from .outcome import CHECKSUMS, Outcome, Row
from .polynomials import rank
from .wording import grouped

#: What is claimed of a checksum: generator, and bits (data and checksum) up to which every pattern of a weight is
#: noticed. Koopman's tables of the best CRCs, and `docs/verification.md`, "What is assumed".
CLAIMED: Final[dict[str, tuple[int, dict[int, int | None]]]] = {
    "crc32c": (0x11EDC6F41, {1: None, 2: (1 << 31) - 1, 3: None, 4: 5275, 5: None}),
}
#: Every burst up to this many bits is also given to the function itself, at every place of a short message.
BURST_BITS: Final = 16
BURST_MESSAGE_BYTES: Final = 8


@dataclass(frozen=True)
class Used:
    """A checksum function in use: its name, its width in bits, and the function that the codec calls."""

    name: str
    width: int
    function: Checksum


def digests(node: Node) -> Iterator[Digest]:
    """Every checksum inside a node."""
    if isinstance(node, Digest):
        yield node
    for _, child in children(node):
        yield from digests(child)


def used_by(subject: Subject) -> list[Used]:
    """The checksum functions of a format, each once."""
    found: dict[tuple[str, int], Used] = {}
    for digest in digests(subject.format.layout.root):
        width = 8 * (fixed_size(digest.node) or 0)
        function = function_of(subject.codec, digest.algorithm)
        found.setdefault((digest.algorithm.name, width), Used(digest.algorithm.name, width, function))
    return list(found.values())


def function_of(codec: Codec, algorithm: Algorithm) -> Checksum:
    """The function behind the algorithm's name in the codec's module; else the one of its own module."""
    alias = f"{algorithm.module.replace('.', '_')}_{algorithm.name}"
    for name in (alias, algorithm.name):
        if hasattr(codec.module, name):
            function: Checksum = getattr(codec.module, name)
            return function
    own: Checksum = getattr(import_module(algorithm.module), algorithm.name)
    return own


def guarantees(used: Used, subject: str) -> Outcome:
    """What one function notices: a row for each weight and for bursts, findings where a claim does not hold."""
    started = time.process_time()
    try:
        code = identified(used.function, used.width)
    except NoCode as reason:
        refuted = used.name in CLAIMED
        detail = f"it is no CRC that can be searched: {reason}"
        found = (Finding(subject, "D6", used.name, "", detail),) if refuted else ()
        count = int(refuted)
        missing = () if refuted else (NotRun(f"distance of {used.name} ({subject})", str(reason)),)
        return Outcome(CHECKSUMS, used.name, count, found, not_run=missing, seconds=time.process_time() - started)
    identity = time.process_time() - started
    rows = [code_row(used.name, code, identity)]
    findings = list(wrong_generator(used.name, code, subject))
    count = code.evaluations
    for weight in weights(code.generator):
        rows.append(weight_row(used.name, code, weight))
        findings += wrong_weight(used, code, weight, subject)
    bursts, burst_count = burst_row(used, code)
    rows.append(bursts)
    if not bursts.facts["ok"]:
        findings.append(Finding(subject, "D6", used.name, "", f"a burst of up to {code.width} bits passes"))
    facts: dict[str, int | float] = {"functions": 1, "function_calls": code.evaluations + burst_count}
    seconds = time.process_time() - started
    return Outcome(CHECKSUMS, used.name, count + burst_count, tuple(findings), facts, tuple(rows), seconds=seconds)


def code_row(name: str, code: Code, seconds: float) -> Row:
    """The row that says which CRC a function is."""
    seeded = "in message and seed" if code.seeded else "in the message"
    columns = {
        "checksum": name,
        "wrong bits": "any",
        "noticed": f"affine {seeded}",
        "patterns": f"{grouped(code.evaluations)} calls",
        "passes first": "",
        "because": f"generator {code.generator:#x}, {'lowest' if code.reflected else 'highest'} bit first",
        "seconds": f"{seconds:.2f}",
    }
    facts: dict[str, object] = {
        "checksum": name,
        "kind": "function",
        "generator": f"{code.generator:#x}",
        "polynomial": code.text,
        "reflected": code.reflected,
        "affine_in_seed": code.seeded,
        "calls": code.evaluations,
        "seconds": round(seconds, 3),
    }
    return Row(columns, facts)


def weight_row(name: str, code: Code, weight: Weight) -> Row:
    """The row of one number of wrong bits."""
    if weight.bits is None:
        noticed, patterns = "at any length", "all"
    else:
        data = max(0, weight.bits - code.width)
        noticed = f"up to {grouped(data)} + {code.width} bits" + ("" if weight.exact else " (searched so far)")
        patterns = grouped(weight.patterns or 0)
    columns = {
        "checksum": name,
        "wrong bits": str(weight.weight),
        "noticed": noticed,
        "patterns": patterns,
        "passes first": "" if weight.first is None else ", ".join(map(grouped, weight.first)),
        "because": weight.argument,
        "seconds": f"{weight.seconds:.2f}",
    }
    return Row(columns, {"checksum": name, "kind": "weight", **weight.as_dict()})


def wrong_generator(name: str, code: Code, subject: str) -> Iterator[Finding]:
    """A finding where the function has another generator than its name promises, or drops its seed."""
    if name in CLAIMED and code.generator != CLAIMED[name][0]:
        detail = f"expected the generator {CLAIMED[name][0]:#x}, found {code.generator:#x}: another checksum runs here"
        yield Finding(subject, "D6", name, "", detail)
    if name in CLAIMED and not code.seeded:
        yield Finding(subject, "D9", name, "", "it is not affine in its seed, so places are not told apart by algebra")


def wrong_weight(used: Used, code: Code, weight: Weight, subject: str) -> Iterator[Finding]:
    """Findings of one weight: a bound that is not the claimed one, a pattern that should pass and is noticed."""
    if used.name in CLAIMED:
        claimed = CLAIMED[used.name][1][weight.weight]
        if weight.bits != claimed or not weight.exact:
            expected = "at any length" if claimed is None else f"up to {grouped(claimed)} bits, and no further"
            found = "at any length" if weight.bits is None else f"up to {grouped(weight.bits)} bits"
            detail = f"{weight.weight} wrong bits: expected to be noticed {expected}, found {found}"
            yield Finding(subject, "D6", used.name, f"weight {weight.weight}", detail)
    if weight.first is not None and weight.first[-1] < 1 << 20 and not really_passes(used.function, code, weight.first):
        detail = f"the search says that wrong bits at {weight.first} pass, and the function notices them"
        yield Finding(subject, "D6", used.name, f"weight {weight.weight}", detail)


def really_passes(function: Checksum, code: Code, places: tuple[int, ...]) -> bool:
    """Whether the function itself does not notice wrong bits at these places of data and checksum."""
    size = max(1, (places[-1] - code.width) // 8 + 1)
    message = bytes(index & 0xFF for index in range(size))
    wrong, difference = message, 0
    for place in places:
        if place >= code.width:
            wrong = flipped(wrong, place - code.width, reflected=code.reflected)
        else:
            difference ^= 1 << (code.width - 1 - place if code.reflected else place)
    changed: Any = function(wrong) ^ function(message)
    return bool(changed == difference)


def burst_row(used: Used, code: Code) -> tuple[Row, int]:
    """Bursts: every one up to the width by independence, and up to `BURST_BITS` by trying them all."""
    started = time.process_time()
    size, function = BURST_MESSAGE_BYTES, used.function
    zeros = bytes(size)
    base = function(zeros)
    effects = [function(flipped(zeros, place, reflected=code.reflected)) ^ base for place in range(8 * size)]
    places = range(8 * size - code.width + 1)
    independent = all(rank(effects[place : place + code.width]) == code.width for place in places)
    count, passed = 0, 0
    order: Literal["little", "big"] = "little" if code.reflected else "big"
    for first in range(8 * size):
        for inner in range(1 << BURST_BITS - 1):
            # The burst begins with a one; what is behind it is every pattern, and with it every shorter burst.
            pattern = 1 << first | inner << (first + 1)
            if pattern >> 8 * size:
                break
            count += 1
            passed += function(pattern.to_bytes(size, order)) == base
    seconds = time.process_time() - started
    columns = {
        "checksum": used.name,
        "wrong bits": f"burst ≤ {code.width}",
        "noticed": "at any length" if independent and not passed else "NOT ALL",
        "patterns": f"all; {grouped(count)} tried",
        "passes first": "",
        "because": f"{code.width} neighbours have independent effects; every burst ≤ {BURST_BITS} bits tried",
        "seconds": f"{seconds:.2f}",
    }
    facts: dict[str, object] = {
        "checksum": used.name,
        "kind": "burst",
        "bits": code.width,
        "independent": independent,
        "tried_bits": BURST_BITS,
        "tried": count,
        "passed": passed,
        "ok": independent and not passed,
        "seconds": round(seconds, 3),
    }
    return Row(columns, facts), count + len(effects)
