"""Findings of the fuzzer as files: the bytes, and beside them a text that says what they show and how to see it again.

    shardproof fuzz finding 1
    format: chunk
    law: lanes agree
    rule: checksum
    field: payload_checksum
    where: fast/oracle
    detail: oracle: refused (checksum); fast: accepted as {'owner': 'shard', …
    place: disk=0000…,extent=0,generation=0,offset=0,run=0
    planted: unchecked-payload-checksum
    by: mutate, seed 7
    bytes: chunk-lanes-agree-fast-oracle-0123456789abcdef.bin
    sha256: …
    replay: shardproof replay chunk-lanes-agree-fast-oracle-0123456789abcdef.finding --plant unchecked-payload-checksum

    … what is to be seen of it (`annotated`), which nobody reads back …

A finding of a user's catalog has a line `catalog: FILE.py:NAME`; `planted` and `by` are left out where there is nothing
to say. The text beside a kept file of kind `found` is one too, below the line that names its bytes.
"""

from __future__ import annotations

import os
import re
import shlex
import stat
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

from corpus.sidecar import NAME_SIZE, Location, hashed
from formats.errors import ShardproofError
from formats.place import CONTEXT_FIELDS, Place

from ...commands.output import one_line
from ...storing.whole_files import write_all, write_whole
from ..failure import LAWS, Failure
from .annotated import text as annotated_text

if TYPE_CHECKING:
    from ..target import Target

FIRST_LINE: Final = "shardproof fuzz finding 1"
#: With what the text beside a kept file begins (`corpus.entries.head`).
KEPT_LINE: Final = "annotation of "
SUFFIX: Final = ".finding"
KEPT_SUFFIX: Final = ".txt"
DATA: Final = ".bin"
REQUIRED: Final = ("format", "law", "rule", "field", "where", "detail", "place", "bytes", "sha256")
OPTIONAL: Final = ("catalog", "planted", "by", "replay")
#: Of a longer text only so much is read: the lines that are read back come first.
HEAD_SIZE_MAXIMUM: Final = 1 << 20
#: Of the bytes beside it.
DATA_SIZE_MAXIMUM: Final = 64 << 20


class BadFuzzFinding(ShardproofError):
    """A file is no finding of the fuzzer that can be replayed; says the file, what was expected and what to do."""


@dataclass(frozen=True)
class Origin:
    """How a failure was found. `catalog`: as `--catalog` names it, None for ours; `planted`: the bug, empty for none;
    `by`: the engine and what repeats its run, for people."""

    catalog: str | None = None
    planted: str = ""
    by: str = ""


#: Nothing is known of how a failure was found.
UNKNOWN: Final = Origin()


@dataclass(frozen=True)
class Finding:
    """A failure and how it was found, as a file holds them."""

    failure: Failure
    origin: Origin = UNKNOWN


def write(folder: Path, failure: Failure, target: Target, origin: Origin = UNKNOWN) -> Path:
    """Write a finding into a folder, which is made; the answer is the path of its text.

    The same failure has the same name, and is written over. Raises `BadFuzzFinding` where that is refused.
    """
    return write_as(folder / (stem(failure) + SUFFIX), failure, target, origin)


def write_as(path: Path, failure: Failure, target: Target, origin: Origin = UNKNOWN) -> Path:
    """The same at a path of the caller's; the bytes lie beside it, under the same name with `.bin`."""
    if path.suffix == DATA:
        path = path.with_suffix(SUFFIX)
    content = text(failure, target, origin, path.name)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        for place, data in ((path.with_suffix(DATA), failure.data), (path, content.encode())):
            write_whole(os.fsencode(place), partial(write_all, data=data))
    except OSError as error:
        raise BadFuzzFinding(f"{path}: {error.strerror or error}") from error
    return path


def stem(failure: Failure) -> str:
    """The name of a finding's files: `chunk@2-lanes-agree-fast-oracle-0123456789abcdef`."""
    words = re.sub("[^a-z0-9]+", "-", f"{failure.law} {failure.where}".lower()).strip("-")
    return f"{failure.format}-{words}-{hashed(failure.data)[:NAME_SIZE]}"


def text(failure: Failure, target: Target, origin: Origin, name: str) -> str:
    """The text of a finding that is to lie in a file of this name."""
    location = Location.of(failure.place)
    options = ["--catalog", origin.catalog] if origin.catalog else []
    options += ["--plant", origin.planted] if origin.planted else []
    values = {
        "format": failure.format,
        "law": failure.law,
        "rule": failure.rule,
        "field": failure.field,
        "where": failure.where,
        "detail": failure.detail,
        "place": ",".join(f"{part}={getattr(location, part)}" for part in location.__struct_fields__),
        "catalog": origin.catalog or "",
        "planted": origin.planted,
        "by": origin.by,
        "bytes": Path(name).with_suffix(DATA).name,
        "sha256": hashed(failure.data),
        "replay": shlex.join(["shardproof", "replay", name, *options]),
    }
    lines = [f"{key}: {one_line(value)}".rstrip() for key, value in values.items() if value or key in REQUIRED]
    return "\n".join([FIRST_LINE, *lines, "", annotated_text(target, failure)])


def is_finding(path: Path) -> bool:
    """Whether a file is the text of a finding of the fuzzer."""
    try:
        with path.open("rb") as file:
            first = file.readline(1 << 12)
            if first.startswith(KEPT_LINE.encode()):
                first = file.readline(1 << 12)
    except OSError:
        return False
    return first.strip() == FIRST_LINE.encode()


def text_path(path: Path) -> Path:
    """The text of a finding, also for the name of its bytes, or of its sidecar."""
    for suffix in (SUFFIX, KEPT_SUFFIX):
        beside = path.with_suffix(suffix)
        if path.suffix in {DATA, ".json"} and is_finding(beside):
            return beside
    return path


def read(path: Path) -> Failure:
    """The failure of a file; raises `BadFuzzFinding`."""
    return read_finding(path).failure


def read_finding(path: Path) -> Finding:
    """The finding whose text lies at a path; raises `BadFuzzFinding`."""
    values = values_of(path)
    for key in REQUIRED:
        if key not in values:
            raise BadFuzzFinding(f"{path}: expected a line that begins with `{key}:`, found none")
    if values["law"] not in LAWS:
        raise BadFuzzFinding(f"{path}: law: expected one of {', '.join(LAWS)}, found {values['law'][:60]!r}")
    failure = Failure(
        format=values["format"],
        law=values["law"],
        rule=values["rule"],
        field=values["field"],
        where=values["where"],
        detail=values["detail"],
        data=data_of(path, values),
        place=place_of(path, values["place"]),
    )
    return Finding(failure, Origin(values.get("catalog") or None, values.get("planted", ""), values.get("by", "")))


def values_of(path: Path) -> dict[str, str]:
    """The `name: value` lines of a text; raises `BadFuzzFinding`."""
    try:
        with path.open("rb") as file:
            head = file.read(HEAD_SIZE_MAXIMUM).decode("utf-8", errors="replace")
    except OSError as error:
        raise BadFuzzFinding(f"{path}: {error.strerror}") from None
    lines = head.replace("\r\n", "\n").split("\n")
    if lines[0].startswith(KEPT_LINE):
        del lines[0]
    if not lines or lines[0].strip() != FIRST_LINE:
        raise BadFuzzFinding(f"{path}: expected {FIRST_LINE!r} as its first line, found {head[:40]!r}")
    values: dict[str, str] = {}
    for number, line in enumerate(lines[1:], 2):
        if not line.strip():
            return values
        key, colon, value = line.partition(":")
        if not colon or key not in (*REQUIRED, *OPTIONAL):
            known = ", ".join((*REQUIRED, *OPTIONAL))
            raise BadFuzzFinding(
                f"{path}, line {number}: expected `NAME: VALUE` with one of {known}, found {line[:60]!r}"
            )
        if key in values:
            raise BadFuzzFinding(f"{path}, line {number}: expected one line `{key}: …`, found a second")
        values[key] = value.strip()
    return values


def data_of(path: Path, values: dict[str, str]) -> bytes:
    """The bytes, which must be those that the text names and lie beside it."""
    beside = path.with_name(Path(values["bytes"]).name or "(nothing)")
    try:
        facts = beside.stat()
        if not stat.S_ISREG(facts.st_mode) or facts.st_size > DATA_SIZE_MAXIMUM:
            expected = f"a file of {DATA_SIZE_MAXIMUM} bytes at most"
            raise BadFuzzFinding(f"{beside}: the bytes of {path.name}: expected {expected}, found another")
        data = beside.read_bytes()
    except (OSError, ValueError) as error:
        raise BadFuzzFinding(
            f"{one_line(str(beside))}: the bytes of {path.name}: {getattr(error, 'strerror', error)}"
        ) from None
    if hashed(data) != values["sha256"]:
        expected, found = values["sha256"][:64], hashed(data)
        raise BadFuzzFinding(f"{beside}: expected the bytes of sha256 {expected}, found {found}; bring them back")
    return data


def place_of(path: Path, words: str) -> Place:
    """The place of its text."""
    values = dict(part.split("=", 1) for part in words.split(",") if "=" in part)
    try:
        numbers = {name: int(values[name]) for name in CONTEXT_FIELDS if name != "disk"}
        place = Location(disk=values["disk"], **numbers).place
        place.seed(tuple(CONTEXT_FIELDS))
    except (KeyError, ValueError) as error:
        raise BadFuzzFinding(f"{path}: place: expected disk=HEX,extent=N,…, found {words[:80]!r} ({error})") from None
    return place
