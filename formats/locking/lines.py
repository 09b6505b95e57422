"""One line of a lock, read from left to right; whatever is not as expected is refused with its place."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Final

from ..errors import LockRefused
from ..fingerprint import IDENTIFIER

#: What to do about a line that nobody should have written by hand.
RESTORE: Final = "bring the block back from version control; a lock is written by the command and not by hand"
#: The most characters of a line that a message shows, and the most digits of a number.
SHOWN_LENGTH: Final = 60
DIGITS_MAXIMUM: Final = 1000

BYTES: Final = re.compile(r'x"((?:[0-9a-f]{2})*)"')
NUMBER: Final = re.compile(rf"-?[0-9]{{1,{DIGITS_MAXIMUM}}}(?![0-9])")
CONSTANT: Final = re.compile(r"(true|false|none)(?![A-Za-z0-9_.])")
CONSTANT_VALUES: Final = {"true": True, "false": False, "none": None}
#: Half a character: it has no encoding, so no fingerprint.
SURROGATE: Final = re.compile("[\ud800-\udfff]")
DECODER: Final = json.JSONDecoder()

Value = int | str | bytes | bool | None


@dataclass(frozen=True)
class Line:
    """One line: the name of the text it stands in, its number from 1, and what it says, without its end."""

    source: str
    number: int
    text: str

    def refused(self, expected: str, found: str | None = None, instead: str = RESTORE) -> LockRefused:
        """The refusal of this line; `found`: the line itself for None."""
        shown = quoted(self.text) if found is None else found
        return LockRefused(self.source, self.number, expected=expected, found=shown, instead=instead)


class Cursor:
    """A place in a line."""

    def __init__(self, line: Line, offset: int = 0) -> None:
        self.line = line
        self.offset = offset

    @property
    def rest(self) -> str:
        """What has not been read yet."""
        return self.line.text[self.offset :]

    def refused(self, expected: str) -> LockRefused:
        """The refusal of what stands here."""
        return self.line.refused(expected, quoted(self.rest) if self.rest else "the end of the line")

    def match(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        """What the pattern matches here, which is read then; None where it does not."""
        found = pattern.match(self.line.text, self.offset)
        if found is not None:
            self.offset = found.end()
        return found

    def take(self, text: str) -> bool:
        """Whether this text stands here; if so it is read."""
        taken = self.line.text.startswith(text, self.offset)
        self.offset += len(text) if taken else 0
        return taken

    def expect(self, text: str) -> None:
        """Read this text; refuse anything else."""
        if not self.take(text):
            raise self.refused(repr(text) if text.strip() else "a space")

    def finish(self) -> None:
        """Refuse anything that is left."""
        if self.rest:
            raise self.refused("the end of the line")

    def string(self) -> str | None:
        """Text in double quotes, as JSON writes it; None where there is none."""
        if not self.line.text.startswith('"', self.offset):
            return None
        try:
            value, self.offset = DECODER.raw_decode(self.line.text, self.offset)
        except ValueError:
            raise self.refused("text in double quotes") from None
        assert isinstance(value, str), "what begins with a quote is a string"
        return value

    def name(self, pattern: re.Pattern[str] = IDENTIFIER) -> str:
        """A name, in quotes where it does not match the pattern."""
        if (quoted_name := self.string()) is not None:
            return quoted_name
        found = self.match(pattern)
        if found is None:
            raise self.refused("a name")
        return found[0]

    def number(self) -> int:
        """A number in decimal."""
        found = self.match(NUMBER)
        if found is None:
            raise self.refused("a number")
        return int(found[0])

    def value(self) -> Value:
        """A constant, as `fingerprint.value_text` writes it."""
        if (found := self.match(BYTES)) is not None:
            return bytes.fromhex(found[1])
        if (text := self.string()) is not None:
            return text
        if (found := self.match(CONSTANT)) is not None:
            return CONSTANT_VALUES[found[1]]
        if (found := self.match(NUMBER)) is not None:
            return int(found[0])
        raise self.refused("a constant")


def quoted(text: str) -> str:
    """The beginning of a text for a message."""
    return f"`{text}`" if len(text) <= SHOWN_LENGTH else f"`{text[:SHOWN_LENGTH]}…`"


def lines_of(text: str, source: str, first: int = 1) -> list[Line]:
    """The lines of a text, numbered from `first`; refuses a text whose last line does not end in a newline."""
    *whole, rest = text.split("\n")
    lines = [Line(source, number, line) for number, line in enumerate(whole, first)]
    if rest or not whole:
        last = Line(source, first + len(whole), rest)
        raise last.refused("a last line that ends in a newline", quoted(rest) if rest else "an empty text")
    for line in lines:
        if line.text.endswith("\r"):
            instead = "keep the file as it is on every system (`formats.lock -text` in .gitattributes)"
            raise line.refused("a line that ends in a newline alone", "one that ends in a carriage return too", instead)
        if SURROGATE.search(line.text):
            raise line.refused("text that can be encoded", quoted(ascii(line.text)))
    return lines
