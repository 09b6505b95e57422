"""Waivers: findings that somebody has looked at and answers for, as data with an end.

    [[waiver]]
    rule = "constraint-tightened"
    format = "chunk"
    versions = [1]                  # the version numbers that the finding names: [1] or [1, 2]
    field = "payload_length"        # the one optional line: only findings about this field
    reason = "no writer ever wrote more than 1 MiB: fleet scan of 2026-05-04"
    owner = "storage-formats"
    expiry = 2026-12-31             # the last day on which it holds

A waiver that no finding needs, and one whose last day has gone, are findings of their own: a waiver is read by
somebody again, or it is red. Notes never count, so a waiver for one is unused.
"""

from __future__ import annotations

import tomllib
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final

from formats.errors import ShardproofError, path_text

from ..evolution.report import Finding
from ..evolution.rules import RULES, Rule

FILE_NAME: Final = "waivers.toml"
HEADER: Final = "[[waiver]]"
REQUIRED: Final = ("rule", "format", "versions", "reason", "owner", "expiry")
OPTIONAL: Final = ("field",)
#: A reason says something.
REASON_SIZE_MINIMUM: Final = 8

UNUSED: Final = "waiver-unused"
EXPIRED: Final = "waiver-expired"
#: What can be wrong with a waiver that can be read.
WAIVER_RULES: Final[dict[str, Rule]] = {
    rule.id: rule
    for rule in (
        Rule(
            UNUSED,
            "No finding needs this waiver.",
            "Sooner or later it would hide a change that nobody has looked at.",
            "remove it; or correct its rule, format, versions or field",
        ),
        Rule(
            EXPIRED,
            "The last day of a waiver has gone.",
            "Whoever wrote it promised to be done by then.",
            "make the change safe, or let its owner decide again and give it another expiry",
        ),
    )
}


class BadWaivers(ShardproofError):
    """A file of waivers cannot be used: file and line, what was expected, what was found."""

    def __init__(self, file: str, line: int, *, expected: str, found: str) -> None:
        super().__init__(f"{file}, line {line}: expected {expected}, found {found}")
        self.file = file
        self.line = line
        self.expected = expected
        self.found = found


@dataclass(frozen=True)
class Waiver:
    """One waiver; `versions`: the version numbers that the finding names, ascending; `field`: empty for any.

    file, line: where it stands.
    """

    rule: str
    format: str
    versions: tuple[int, ...]
    reason: str
    owner: str
    expiry: date
    field: str = ""
    file: str = ""
    line: int = 0

    def covers(self, finding: Finding) -> bool:
        """Whether the finding is one that this waiver is for, whatever the day."""
        named = tuple(sorted({number for number in finding.versions if number is not None}))
        fields = {path_text(path) for change in finding.fields for path in (change.old_path, change.new_path) if path}
        return (
            finding.level != "note"
            and (self.rule, self.format, self.versions) == (finding.rule, finding.format, named)
            and (not self.field or self.field in fields)
        )

    def is_expired(self, today: date) -> bool:
        """Whether its last day has gone."""
        return today > self.expiry

    def as_dict(self) -> dict[str, object]:
        """The same with stable keys, for `--json`."""
        return {
            "rule": self.rule,
            "format": self.format,
            "versions": list(self.versions),
            "field": self.field,
            "reason": self.reason,
            "owner": self.owner,
            "expiry": self.expiry.isoformat(),
            "file": self.file,
            "line": self.line,
        }

    def __str__(self) -> str:
        numbers = ", ".join(map(str, self.versions))
        return f"{self.rule} of {self.format} v{numbers}" + (f", field {self.field}" if self.field else "")


def load_waivers(path: Path, *, must_exist: bool = False) -> tuple[Waiver, ...]:
    """The waivers of a file, none where there is no file; raises `BadWaivers`."""
    try:
        text = path.read_bytes().decode()
    except FileNotFoundError:
        if must_exist:
            raise BadWaivers(str(path), 1, expected="a file of waivers", found="no such file") from None
        return ()
    except OSError as error:
        raise BadWaivers(str(path), 1, expected="a file of waivers", found=error.strerror or str(error)) from None
    except UnicodeDecodeError as error:
        raise BadWaivers(str(path), 1, expected="UTF-8 text", found=f"byte {error.start} that is none") from None
    return parse_waivers(text, str(path))


def parse_waivers(text: str, file: str) -> tuple[Waiver, ...]:
    """The waivers of a text; raises `BadWaivers`."""
    try:
        content = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise BadWaivers(file, line_of_error(str(error)), expected="TOML", found=str(error)) from None
    tables = content.pop("waiver", [])
    if content or not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
        found = f"{next(iter(content))!r} at the top" if content else "another kind of 'waiver'"
        raise BadWaivers(file, 1, expected=f"nothing but {HEADER} tables", found=found)
    lines = header_lines(text)
    if len(lines) != len(tables):
        raise BadWaivers(file, 1, expected=f"each waiver below a line {HEADER}", found="waivers written otherwise")
    waivers = tuple(waiver_of(table, file, line) for table, line in zip(tables, lines, strict=True))
    refuse_twice(waivers)
    return waivers


def line_of_error(message: str) -> int:
    """The line that a TOML error names: `… (at line 3, column 5)`; the first for `… (at end of document)`."""
    number = message.partition("(at line ")[2].partition(",")[0]
    return int(number) if number.isdecimal() else 1


def header_lines(text: str) -> list[int]:
    """The numbers of the lines that begin a waiver; such a line inside a text of several lines is none."""
    lines = text.splitlines(keepends=True)
    return [
        number
        for number, line in enumerate(lines, 1)
        if line.split("#")[0].strip().replace(" ", "") == HEADER and is_toml("".join(lines[: number - 1]))
    ]


def is_toml(text: str) -> bool:
    """Whether a text is whole TOML."""
    try:
        tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return False
    return True


def waiver_of(table: dict[str, Any], file: str, line: int) -> Waiver:
    """One waiver of its table."""

    def refuse(expected: str, found: object) -> BadWaivers:
        return BadWaivers(file, line, expected=expected, found=str(found))

    for name in REQUIRED:
        if name not in table:
            raise refuse(f"a waiver with a {name} (required: {', '.join(REQUIRED)})", "none")
    for name in table:
        if name not in (*REQUIRED, *OPTIONAL):
            raise refuse(f"only {', '.join((*REQUIRED, *OPTIONAL))}", repr(name))
    for name in ("rule", "format", "reason", "owner", *OPTIONAL):
        value = table.get(name, "x")
        if not isinstance(value, str) or not value.strip():
            raise refuse(f"a text as {name}", repr(value))
    if table["rule"] not in RULES:
        raise refuse("a rule of `shardproof validate --rules`", repr(table["rule"]))
    if len(table["reason"].strip()) < REASON_SIZE_MINIMUM:
        raise refuse("a reason that somebody else can check", repr(table["reason"]))
    expiry, versions = table["expiry"], table["versions"]
    if not isinstance(expiry, date) or isinstance(expiry, datetime):
        raise refuse("a date as expiry, such as 2026-12-31 (without quotes)", repr(expiry))
    if not is_versions(versions):
        raise refuse("versions as one or two different version numbers, such as [1] or [1, 2]", repr(versions))
    return Waiver(
        rule=table["rule"],
        format=table["format"],
        versions=tuple(sorted(versions)),
        reason=table["reason"].strip(),
        owner=table["owner"].strip(),
        expiry=expiry,
        field=table.get("field", ""),
        file=file,
        line=line,
    )


def is_versions(value: object) -> bool:
    """Whether a value is one or two different version numbers."""
    return (
        isinstance(value, list)
        and len(value) in {1, 2}
        and all(type(number) is int and number >= 0 for number in value)
        and len(set(value)) == len(value)
    )


def refuse_twice(waivers: tuple[Waiver, ...]) -> None:
    """Two waivers for one thing: nobody knows which one holds."""
    seen: dict[tuple[object, ...], Waiver] = {}
    for waiver in waivers:
        first = seen.setdefault((waiver.rule, waiver.format, waiver.versions, waiver.field), waiver)
        if first is not waiver:
            found = f"{waiver} again (line {first.line})"
            raise BadWaivers(waiver.file, waiver.line, expected="one waiver for one thing", found=found)


def waiver_for(finding: Finding, waivers: Collection[Waiver], today: date) -> Waiver | None:
    """The waiver that covers a finding today, if there is one."""
    return next((one for one in waivers if one.covers(finding) and not one.is_expired(today)), None)


def waiver_findings(
    waivers: Collection[Waiver], findings: Collection[Finding], today: date
) -> Iterator[tuple[Finding, Waiver]]:
    """A finding for every waiver that has expired or that nothing needs, beside its waiver."""
    for waiver in waivers:
        needed = any(waiver.covers(finding) for finding in findings)
        if needed and not waiver.is_expired(today):
            continue
        versions = (waiver.versions[0], waiver.versions[-1])
        if waiver.is_expired(today):
            needs = "" if needed else " Nothing needs it any more."
            message = f"The waiver for {waiver} ended on {waiver.expiry.isoformat()}; its owner is {waiver.owner}."
            yield Finding(EXPIRED, waiver.format, versions, "error", message + needs), waiver
        else:
            message = f"No finding is {waiver}; the waiver's owner is {waiver.owner}."
            yield Finding(UNUSED, waiver.format, versions, "error", message), waiver
