"""Findings of every kind, from their text form."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from roundtrip.histories.finding import BadFinding, Finding, parts_of

if TYPE_CHECKING:
    from pathlib import Path

    from .components import ComponentFinding

AnyFinding: TypeAlias = "Finding | ComponentFinding"


def parse_finding(text: str) -> AnyFinding:
    """The finding of a text form. Raises `BadFinding`, with the line's number where it is one line's fault."""
    fields, _, lines = parts_of(text)
    if fields.get("kind") == "component":
        from .components import ComponentFinding  # noqa: PLC0415  # imports every component

        return ComponentFinding.from_parts(fields, lines)
    return Finding.parse(text)


def read_finding(path: Path) -> AnyFinding:
    """The finding in a file. `BadFinding` where there is none."""
    try:
        return parse_finding(path.read_bytes().decode("utf-8"))
    except OSError as error:
        raise BadFinding(f"{path}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise BadFinding(f"{path}: expected text, found byte {error.object[error.start]} at {error.start}") from None
    except BadFinding as error:
        raise BadFinding(f"{path}: {error}") from None


def write_finding(finding: AnyFinding, path: Path) -> None:
    """Write a finding's text form; folders are made as needed. `BadFinding` where that is refused."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(finding.text(), encoding="utf-8")
    except OSError as error:
        raise BadFinding(f"{path}: {error.strerror}") from error
