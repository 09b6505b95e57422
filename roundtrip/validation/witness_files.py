"""Witnesses as files: the bytes, and beside them a text that says what they show and holds both layouts.

    shardproof witness 1
    verdict: misread
    outcome: payload_length was written as 1 and is read as 256
    writer: chunk v1 (old)
    reader: chunk v1 (new)
    version check: on
    bytes: 0123456789abcdef.bin
    sha256: …
    place: disk=0000…,extent=0,generation=0,offset=0,run=0
    against: formats/formats.lock
    seed: 0
    replay: shardproof replay 0123456789abcdef.witness

    writer's lock:
    formats lock 1
    …
    reader's lock:
    formats lock 1
    …

Each lock holds one version, so whoever has the two files needs neither the catalog nor its history. A layout may name
functions, which are imported: replay witnesses of people whose code you would run.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

from corpus.sidecar import Location, hashed
from formats.catalog import Format
from formats.errors import ShardproofError
from formats.locking import Lock, locked_of, read_lock, write_lock
from formats.place import CONTEXT_FIELDS, Place

from ..commands.exits import CommandError
from ..commands.output import one_line
from ..evolution.verdicts import Misreading, Outcome, Refusal, Side, Verdict, Witness
from ..storing.whole_files import write_all, write_whole
from .comparing import Comparison, side_of
from .judging import Judgement

FIRST_LINE: Final = "shardproof witness 1"
SUFFIX: Final = ".witness"
DATA: Final = ".bin"
WRITER: Final = "writer's lock:"
READER: Final = "reader's lock:"
ON, OFF = "on", "off"
NAMES: Final = ("verdict", "outcome", "writer", "reader", "version check", "bytes", "sha256", "place")
SIDES: Final[tuple[Side, ...]] = ("old", "new")
#: A layout that came from a witness was locked by nobody.
SINCE: Final = "unlocked"
#: As long as a name of a kept file.
NAME_SIZE: Final = 16


class BadWitness(ShardproofError):
    """A file is no witness that can be replayed; says the file and what was expected."""


@dataclass(frozen=True)
class Claim:
    """A witness, read from its files: `verdict` and `outcome` are what it claims; writer, reader: the two formats.

    version_checked: False where the reader's version check is to be disabled.
    """

    verdict: Verdict
    outcome: str
    data: bytes
    place: Place
    writer: Format
    reader: Format
    writer_side: Side
    reader_side: Side
    version_checked: bool


def verdict_of(outcome: Outcome) -> Verdict:
    """What one outcome comes to."""
    match outcome:
        case Misreading():
            return Verdict.MISREAD
        case Refusal():
            return Verdict.REFUSE
        case _:
            return Verdict.FULL


def witnesses(judgement: Judgement) -> Iterator[Witness]:
    """Every witness of a judgement, each once: of findings first, then of pairs."""
    pairs = [*(pair for judged in judgement.findings for pair in judged.finding.pairs), *judgement.report.pairs]
    seen = set()
    for pair in pairs:
        for witness in (pair.witness, pair.unchecked_witness):
            if witness is None:
                continue
            key = (witness.data, witness.place, witness.writer, witness.reader, witness.version_checked)
            if key not in seen:
                seen.add(key)
                yield witness


def write_witnesses(comparison: Comparison, judgement: Judgement, folder: Path) -> tuple[Path, ...]:
    """Write every witness into a folder, which is made; the answer is the paths of the texts.

    Raises `CommandError` where that is refused.
    """
    written = []
    for witness in witnesses(judgement):
        name = f"{stem(witness)}-{hashed(witness.data)[:NAME_SIZE]}"
        path = folder / (name + SUFFIX)
        text = text_of(witness, comparison, judgement, path)
        try:
            folder.mkdir(parents=True, exist_ok=True)
            for target, data in ((folder / (name + DATA), witness.data), (path, text.encode())):
                write_whole(os.fsencode(target), partial(write_all, data=data))
        except OSError as error:
            raise CommandError(f"{folder}: {error.strerror or error}") from error
        written.append(path)
    return tuple(written)


def stem(witness: Witness) -> str:
    """What a witness shows, as the beginning of a file name."""
    writer, reader = (f"v{revision.version}-{revision.side}" for revision in (witness.writer, witness.reader))
    unchecked = "" if witness.version_checked else "-unchecked"
    return f"{witness.writer.name}-{writer}-as-{reader}{unchecked}-{verdict_of(witness.outcome)}"


def text_of(witness: Witness, comparison: Comparison, judgement: Judgement, path: Path) -> str:
    """The text of a witness that is to lie at a path."""
    location = Location.of(witness.place)
    values = {
        "verdict": str(verdict_of(witness.outcome)),
        "outcome": one_line(str(witness.outcome)),
        "writer": str(witness.writer),
        "reader": str(witness.reader),
        "version check": ON if witness.version_checked else OFF,
        "bytes": path.with_suffix(DATA).name,
        "sha256": hashed(witness.data),
        "place": ",".join(f"{name}={getattr(location, name)}" for name in location.__struct_fields__),
        "against": judgement.against,
        "seed": str(judgement.report.seed),
        "replay": f"shardproof replay {path.name}{comparison.home.words}",
    }
    lines = [FIRST_LINE, *(f"{name}: {value}" for name, value in values.items()), ""]
    for title, revision in ((WRITER, witness.writer), (READER, witness.reader)):
        entry = side_of(comparison, revision.side, revision.name, revision.version)
        assert entry is not None, f"{revision} is on neither side"
        lines += [title, write_lock(Lock((locked_of(entry, since=SINCE),)))]
    return "\n".join(lines)


def is_witness(path: Path) -> bool:
    """Whether a file is the text of a witness."""
    try:
        with path.open("rb") as file:
            return file.read(len(FIRST_LINE)) == FIRST_LINE.encode()
    except OSError:
        return False


def text_path(path: Path) -> Path:
    """The text of a witness, also for the name of its bytes."""
    beside = path.with_suffix(SUFFIX)
    return beside if path.suffix == DATA and beside.is_file() else path


def read_witness(path: Path) -> Claim:
    """The witness whose text lies at a path; raises `BadWitness`, and what refuses a lock."""
    try:
        text = path.read_bytes().decode()
    except (OSError, UnicodeDecodeError) as error:
        raise BadWitness(f"{path}: {error}") from None
    head, found_writer, rest = text.partition(f"\n{WRITER}\n")
    writer_text, found_reader, reader_text = rest.partition(f"\n{READER}\n")
    lines = head.split("\n")
    if lines[0] != FIRST_LINE or not found_writer or not found_reader:
        raise BadWitness(f"{path}: expected {FIRST_LINE!r}, lines, {WRITER!r} and {READER!r}")
    values = dict(line.split(": ", 1) for line in lines[1:] if ": " in line)
    for name in NAMES:
        if name not in values:
            raise BadWitness(f"{path}: expected a line that begins with {name!r}, found none")
    if values["verdict"] not in set(Verdict) or values["version check"] not in {ON, OFF}:
        raise BadWitness(f"{path}: expected a verdict and the version check on or off")
    return Claim(
        verdict=Verdict(values["verdict"]),
        outcome=values["outcome"],
        data=data_of(path, values),
        place=place_of(path, values["place"]),
        writer=single(path, writer_text),
        reader=single(path, reader_text),
        writer_side=side_in(values["writer"]),
        reader_side=side_in(values["reader"]),
        version_checked=values["version check"] == ON,
    )


def side_in(words: str) -> Side:
    """The side that a revision's words end with."""
    return next((side for side in SIDES if words.endswith(f" ({side})")), "both")


def data_of(path: Path, values: dict[str, str]) -> bytes:
    """The bytes, which must be those that the text names."""
    beside = path.with_name(Path(values["bytes"]).name)
    try:
        data = beside.read_bytes()
    except OSError as error:
        raise BadWitness(f"{beside}: {error.strerror}") from None
    if hashed(data) != values["sha256"]:
        raise BadWitness(f"{beside}: expected the bytes of sha256 {values['sha256']}, found {hashed(data)}")
    return data


def place_of(path: Path, text: str) -> Place:
    """The place of its text."""
    values = dict(part.split("=", 1) for part in text.split(",") if "=" in part)
    try:
        numbers = {name: int(values[name]) for name in CONTEXT_FIELDS if name != "disk"}
        return Location(disk=values["disk"], **numbers).place
    except (KeyError, ValueError) as error:
        raise BadWitness(f"{path}: the place cannot be read: {error}") from None


def single(path: Path, text: str) -> Format:
    """The format of a lock that holds one version."""
    lock = read_lock(text.rstrip("\n") + "\n", source=str(path))
    if len(lock) != 1:
        raise BadWitness(f"{path}: expected a lock of one version, found {len(lock)}")
    return next(iter(lock)).format
