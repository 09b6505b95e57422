"""A judgement as lines that a GitHub workflow shows beside the code: `::error file=…,line=…,title=…::message`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from .judging import Judged, Judgement
from .sarif import message_of
from .wording import headline

COMMANDS: Final = {"error": "error", "warning": "warning", "note": "notice"}


def annotation_lines(judgement: Judgement, folder: Path) -> Iterator[str]:
    """A line for every finding; one that is waived is a notice, with its reason. `folder`: the working folder."""
    for judged in judgement.findings:
        yield annotation(judged, folder)


def annotation(judged: Judged, folder: Path) -> str:
    """The line of one finding."""
    finding, waiver = judged.finding, judged.waiver
    properties = {"title": f"{finding.rule}: {headline(finding)}"}
    if judged.spot is not None:
        path = Path(judged.spot.file)
        inside = path.is_absolute() and path.is_relative_to(folder)
        file = path.relative_to(folder).as_posix() if inside else path.as_posix()
        properties = {"file": file, "line": str(judged.spot.line), **properties}
    message = f"{message_of(finding)}\nWhat to do: {judged.rule.action}."
    if waiver is not None:
        message = f"{message_of(finding)}\nWaived until {waiver.expiry.isoformat()} by {waiver.owner}: {waiver.reason}"
    command = "notice" if waiver is not None else COMMANDS[finding.level]
    listed = ",".join(f"{name}={property_text(value)}" for name, value in properties.items())
    return f"::{command} {listed}::{data_text(message)}"


def data_text(text: str) -> str:
    """A message, escaped as the runner undoes it."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def property_text(text: str) -> str:
    """A property, escaped as the runner undoes it."""
    return data_text(text).replace(":", "%3A").replace(",", "%2C")
