"""Decoders on every buffer up to a size, as formulas: bounded symbolic execution with CrossHair, where it is installed.

CrossHair runs a decoder on a buffer whose length and bytes are unknowns, asks a solver at each branch which ways
are possible, and takes them one by one. If it comes to an end, the contract (`contracts.py`) holds for every buffer
up to the bound. If time is up before, it does not say so: the paths that were explored are counted, and so are the
branches left.

What is explored is the text of the generated codec, over stand-ins for C code (`stand_ins.py`); a counterexample is
tried on the real decoder with real checksums before it counts.
"""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any, Final

from formats.codec import Codec
from formats.description.framesize import smallest_size
from formats.errors import FormatError
from formats.reseal import reseal

from ..findings import Finding
from ..lanes import broken, describe
from ..report import NotRun
from ..subjects import Subject
from .apart import apart
from .checksums import digests, function_of
from .contracts import a_prefix, a_record, a_tuple
from .outcome import SYMBOLIC, Outcome, Row
from .wording import grouped

EXPLORER: Final = "crosshair"
MISSING: Final = "CrossHair is not installed: pip install 'shardproof[symbolic]'"
#: The decoders of a generated module that are explored, as far as it has them.
DECODERS: Final = ("probe_header", "probe", "probe_tuple", "probe_prefix")
#: The smallest frame of a stream has no byte at all; decoders are explored up to this many at least.
BYTES_MINIMUM: Final = 8
#: What CrossHair may take beyond the seconds of a search: to be loaded, and to end its last path.
OVERHEAD_SECONDS: Final = 30.0


@dataclass(frozen=True)
class Search:
    """What came out of the search in one decoder. state: `confirmed`, `stopped`, `refuted` or `not modelled`.

    paths: explored to their end; given_up: of them, those that the solver or the time for one path was not enough for;
    open: branches that were met and not taken; arguments: of the counterexample, as Python text.
    """

    state: str
    paths: int = 0
    given_up: int = 0
    open: int = 0
    message: str = ""
    seconds: float = 0.0


@dataclass(frozen=True)
class Goal:
    """One decoder of one format, and the bound in bytes. seconds: of the processor, for its search."""

    subject: Subject
    decoder: str
    size: int
    seconds: float


def is_available() -> bool:
    """Whether CrossHair is installed."""
    return find_spec(EXPLORER) is not None


def goals_of(subject: Subject, *, beyond: int, seconds: float) -> list[Goal]:
    """The searches in one format: the decoder of headers up to one byte behind the header, and each decoder of frames
    up to `beyond` bytes behind the smallest frame."""
    module = subject.codec.module
    smallest = max(smallest_size(subject.format.layout), subject.header_size)
    found = []
    for name in DECODERS:
        if getattr(module, name, None) is not None:
            size = subject.header_size + 1 if name == "probe_header" else max(smallest + beyond, BYTES_MINIMUM)
            found.append(Goal(subject, name, size, seconds))
    return found


def examine(goal: Goal) -> Outcome:
    """Search one decoder, in a process of its own."""
    subject = goal.subject
    if not is_available():
        return Outcome(SYMBOLIC, subject.name, not_run=(NotRun("symbolic execution", MISSING),))
    from .explorer import explore  # noqa: PLC0415  # leads to CrossHair

    answer = apart(lambda: explore(goal), seconds=2 * goal.seconds + OVERHEAD_SECONDS)
    search = answer if isinstance(answer, Search) else Search("stopped", message=answer)
    findings, remark = judged(goal, search)
    not_run = () if search.state == "confirmed" or findings else (left_out(goal, search, remark),)
    return Outcome(
        SYMBOLIC,
        subject.name,
        search.paths,
        findings,
        {"paths": search.paths, "decoders": 1, "confirmed": int(search.state == "confirmed")},
        (row(goal, search, findings),),
        not_run,
        search.seconds,
    )


def left_out(goal: Goal, search: Search, remark: str) -> NotRun:
    """What a search does not say, for the report."""
    name = f"{goal.subject.name} {goal.decoder} on all buffers up to {goal.size} bytes"
    if search.state == "stopped":
        left = f"{search.open} branches left, {search.given_up} paths given up"
        return NotRun(name, search.message or f"time was up: {search.paths} paths explored, {left}")
    return NotRun(name, remark or search.message)


def row(goal: Goal, search: Search, findings: tuple[Finding, ...]) -> Row:
    """The search as a line of the table."""
    verdict = {"confirmed": "holds for all", "stopped": "not confirmed", "not modelled": "not explored"}
    state = "REFUTED" if findings else verdict.get(search.state, "not confirmed")
    columns = {
        "structure": goal.subject.name,
        "decoder": goal.decoder,
        "buffers up to": f"{goal.size} bytes",
        "paths": grouped(search.paths),
        "given up": str(search.given_up),
        "branches left": str(search.open),
        "verdict": state,
        "seconds": f"{search.seconds:.1f}",
    }
    facts: dict[str, object] = {
        "format": goal.subject.name,
        "decoder": goal.decoder,
        "bytes": goal.size,
        "paths": search.paths,
        "given_up": search.given_up,
        "branches_left": search.open,
        "state": "refuted" if findings else search.state,
        "message": search.message,
        "seconds": round(search.seconds, 3),
    }
    return Row(columns, facts)


def judged(goal: Goal, search: Search) -> tuple[tuple[Finding, ...], str]:
    """The finding of a counterexample that the real decoder confirms; else why there is none."""
    if search.state != "refuted":
        return (), ""
    data = buffer_of(search.message)
    if data is None:
        return (), f"CrossHair names no buffer that can be read: {search.message}"
    subject = goal.subject
    for candidate in (data, reseal(subject.format.oracle, data, 0), sealed_header(subject, data)):
        wrong = real_answer(goal, candidate)
        if wrong:
            detail = f"{goal.decoder} on {len(candidate)} bytes: {wrong} (found by symbolic execution)"
            law = "D5" if wrong.startswith("it gives") else "D1"
            return (Finding(subject.name, law, goal.decoder, "", detail, candidate, 0),), ""
    return (), f"only with checksums that no buffer found has: {search.message}"


def buffer_of(message: str) -> bytes | None:
    """The buffer in CrossHair's words for a counterexample, `… when calling total(b'…', 0, …)`."""
    match = re.search(r"when calling total\((?:data ?= ?)?(b'(?:[^'\\]|\\.)*'|b\"(?:[^\"\\]|\\.)*\")", message)
    return None if match is None else bytes(ast.literal_eval(match[1]))


def sealed_header(subject: Subject, data: bytes) -> bytes:
    """The bytes with the seal of a header that is whole recomputed by the real function, whatever is behind it."""
    size = subject.header_size
    seal = next((digest for digest in digests(subject.format.layout.root) if digest.sealing), None)
    if seal is None or not 4 < size <= len(data):
        return data
    number = function_of(subject.codec, seal.algorithm)(data[: size - 4], 0)
    return data[: size - 4] + int(number).to_bytes(4, "little") + data[size:]


def real_answer(goal: Goal, data: bytes) -> str:
    """What is wrong with the real decoder's answer; empty where it is as it may be."""
    codec: Codec = goal.subject.codec
    decode = getattr(codec.module, goal.decoder)
    try:
        found = decode(data, 0)
    except FormatError:
        return ""
    except Exception as error:  # noqa: BLE001  # what the contract forbids is what is looked for
        return describe(broken(error))
    if found is None:
        return ""
    try:
        allowed = judge_real(goal, codec)(data, found)
    except Exception as error:  # noqa: BLE001  # fields that cannot be written
        return f"it gives what cannot be written: {describe(broken(error))}"
    return "" if allowed else f"it gives {found!r:.120}"


def judge_real(goal: Goal, codec: Codec) -> Any:
    """The judgement of a decoder's answers, on real bytes."""
    if goal.decoder == "probe_header":
        encode, size = codec.module.encode_header, goal.subject.header_size
        return lambda data, found: isinstance(found, tuple) and encode(*found) == data[:size]
    if goal.decoder == "probe_prefix":
        return a_prefix(object)
    return a_tuple if goal.decoder == "probe_tuple" else a_record(object)
