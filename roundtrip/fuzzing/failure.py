"""What a fuzzer finds: an input and the law that it breaks. Two failures of one sort tell the same."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from formats.place import Place

TYPED: Final = "typed errors"
AGREE: Final = "lanes agree"
CANONICAL: Final = "canonical"
PREFIX: Final = "prefix"
LOOKUPS: Final = "lookups"
MEMORY: Final = "memory"
WORK: Final = "work"
ENDS: Final = "ends"
LIVES: Final = "lives"

#: Every law that the fuzzer holds inputs against -> what it says.
LAWS: Final[dict[str, str]] = {
    TYPED: "whatever the bytes, a lane gives a value or a typed refusal; the fast lanes answer None and never raise",
    AGREE: "every lane says the same of the same bytes: the verdict, the value, and the rule where it names one",
    CANONICAL: "what a lane accepts, it writes again as the very same bytes",
    PREFIX: "a frame reads the same with bytes behind it, and every lane says that it ends at the same byte",
    LOOKUPS: "what is read off an accepted frame without decoding it is what is decoded from it",
    MEMORY: "the fast lanes take at most 64 KiB and 32 bytes per byte of input",
    WORK: "the fast lanes take a bounded number of steps per byte of input",
    ENDS: "every input is judged within its time",
    LIVES: "no input ends the process",
}


@dataclass(frozen=True)
class Failure:
    """An input that breaks a law.

    format: its label, `chunk@2`; law: a key of `LAWS`; rule: by which the oracle refuses the bytes, empty where it
    accepts them; field: the oracle's path without indices (`entries.keys[]`), or that of the first difference in value;
    where: the lanes that part, `fast/oracle`, or the one that fails; detail: one line; data: the input; place: where
    it was said to be written.
    """

    format: str
    law: str
    rule: str
    field: str
    where: str
    detail: str
    data: bytes
    place: Place

    def sort(self) -> tuple[str, str, str, str, str]:
        """What makes two failures the same one."""
        return self.format, self.law, self.rule, self.field, self.where
