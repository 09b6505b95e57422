"""A finding: a history that breaks a law, as a text file that a person reads, edits and replays.

    shardproof finding 1
    law: answer
    expected: 517 bytes `1.1.1.1.1.1.1.1.1.1.1.1.…` under 1 bytes `3`
    found: nothing
    operation: 3 get 3
    seed: 42
    driver: volume, history 17
    preset: tiny
    placement: counter
    history:
    put 3 517
    flush
    get 3

Further lines before `history:`, where they say something: `kind: …` (what replays it, if not the history alone),
`mapping: always` (the whole mapping is compared after each operation), `fault: …` (may come several times),
`crash: …` and `planted: …` (the bug without which it does not occur). Empty lines and lines that begin with `#` mean
nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

import msgspec

from formats.errors import ShardproofError

from .failure import Failure, examine, single_line
from .history import OPERATIONS_LINE, History, parse_history
from .operations import BadHistory
from .placement import UnknownPlacement
from .presets import UnknownPreset

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

#: The first line; it is frozen together with what follows.
FIRST_LINE: Final = "shardproof finding 1"
ALWAYS: Final = "always"
NAMES: Final = (
    "law",
    "expected",
    "found",
    "operation",
    "seed",
    "driver",
    "kind",
    "mapping",
    "fault",
    "crash",
    "planted",
    "component",
    "preset",
    "placement",
)
#: What replays a finding of each kind: a module and a function that takes the finding and answers a `Failure` or None.
REPLAYERS: Final[dict[str, tuple[str, str]]] = {
    "history": ("roundtrip.histories.finding", "replay_history"),
    "crash-state": ("roundtrip.crash.replaying", "replay_crash"),
    "faults": ("roundtrip.faults.replaying", "replay_faults"),
}


class BadFinding(ShardproofError):
    """A file is no finding; says the line and what was expected."""


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """A broken law with all that it takes to see it again.

    `seed`: of the run; `driver`: who made the history; `faults`: what the disk did wrong, one line each; `crash`: where
    power failed and what survived, if the history does not say it; `planted`: the bug that was planted, empty for none;
    `kind`: a key of `REPLAYERS`; `always`: the whole mapping is compared after each operation.
    """

    history: History
    failure: Failure
    seed: int = 0
    driver: str = ""
    kind: str = "history"
    faults: tuple[str, ...] = ()
    crash: str = ""
    planted: str = ""
    always: bool = False

    @classmethod
    def of(
        cls,
        history: History,
        mismatch: BaseException | Failure,
        *,
        seed: int = 0,
        driver: str = "",
        number: int = -1,
        operation: str = "",
        **others: Any,
    ) -> Finding:
        """A finding from what a run raised. `others`: further fields of the class."""
        failure = mismatch if isinstance(mismatch, Failure) else Failure.of(mismatch, number, operation)
        return cls(history=history, failure=failure, seed=seed, driver=driver, **others)

    @property
    def law(self) -> str:
        """What was broken."""
        return self.failure.law

    def text(self) -> str:
        """The text form."""
        failure = self.failure
        fields = [("law", failure.law), ("expected", failure.expected), ("found", failure.found)]
        if failure.number >= 0:
            fields.append(("operation", f"{failure.number} {failure.operation}"))
        fields += [("seed", str(self.seed)), ("driver", self.driver)]
        fields += [("kind", self.kind if self.kind != "history" else ""), ("mapping", ALWAYS if self.always else "")]
        fields += [*(("fault", fault) for fault in self.faults), ("crash", self.crash), ("planted", self.planted)]
        lines = [f"{name}: {single_line(value)}" for name, value in fields if value]
        return "\n".join([FIRST_LINE, *lines]) + "\n" + self.history.text()

    def write(self, path: Path) -> None:
        """Write the text form to a file; folders are made as needed. `BadFinding` where that is refused."""
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(self.text(), encoding="utf-8")
        except OSError as error:
            raise BadFinding(f"{path}: {error.strerror}") from error

    @classmethod
    def parse(cls, text: str) -> Finding:
        """The finding of a text form. `BadFinding` with the line's number."""
        fields, faults, operations = parts_of(text)
        try:
            history = parse_history(fields, operations)
        except (BadHistory, UnknownPreset, UnknownPlacement) as error:
            raise BadFinding(str(error)) from None
        number, _, operation = fields.get("operation", "-1").partition(" ")
        kind = fields.get("kind", "history")
        if kind not in REPLAYERS:
            raise BadFinding(f"kind: expected one of {', '.join(REPLAYERS)}, found {kind[:40]!r}")
        failure = Failure(
            fields["law"],
            fields.get("expected", ""),
            fields.get("found", ""),
            whole(number, "operation", minimum=-1),
            operation,
        )
        return cls(
            history=history,
            failure=failure,
            seed=whole(fields.get("seed", "0"), "seed"),
            driver=fields.get("driver", ""),
            kind=kind,
            faults=tuple(faults),
            crash=fields.get("crash", ""),
            planted=fields.get("planted", ""),
            always=fields.get("mapping") == ALWAYS,
        )

    def replay(self) -> Failure | None:
        """Run it again: what it breaks now, or None."""
        module, name = REPLAYERS[self.kind]
        failure: Failure | None = getattr(import_module(module), name)(self)
        return failure


def replay_history(finding: Finding) -> Failure | None:
    """The history alone again."""
    return examine(finding.history, always=finding.always)


def parts_of(text: str) -> tuple[dict[str, str], list[str], list[tuple[int, str]]]:
    """Fields, faults and numbered operations of a text form. `BadFinding` for what is none."""
    lines = list(significant(text))
    if not lines or lines[0][1] != FIRST_LINE:
        found = lines[0][1][:40] if lines else "nothing"
        raise BadFinding(f"line {lines[0][0] if lines else 1}: expected `{FIRST_LINE}`, found `{found}`")
    fields: dict[str, str] = {}
    faults: list[str] = []
    for at, (number, line) in enumerate(lines[1:], 2):
        if line == OPERATIONS_LINE:
            if "law" not in fields:
                raise BadFinding(f"line {number}: expected a line `law: …` before it, found none")
            return fields, faults, lines[at:]
        name, colon, value = line.partition(":")
        if not colon or name not in NAMES:
            raise BadFinding(
                f"line {number}: expected `NAME: VALUE` with one of {', '.join(NAMES)}, found `{line[:60]}`"
            )
        if name == "fault":
            faults.append(value.strip())
        elif name in fields:
            raise BadFinding(f"line {number}: expected one line `{name}: …`, found a second")
        else:
            fields[name] = value.strip()
    raise BadFinding(f"line {lines[-1][0]}: expected a line `{OPERATIONS_LINE}` and operations below it, found the end")


def significant(text: str) -> Iterator[tuple[int, str]]:
    """The lines that mean something, with their numbers."""
    for number, line in enumerate(text.split("\n"), 1):
        stripped = line.strip()
        if stripped and not stripped.startswith("#"):
            yield number, stripped


def whole(text: str, name: str, *, minimum: int = 0) -> int:
    """A whole number. `BadFinding` for what is none."""
    digits = text.removeprefix("-")
    if not digits.isascii() or not digits.isdigit() or len(digits) > 20 or int(text) < minimum:  # 2^64 has 20 digits
        raise BadFinding(f"{name}: expected a whole number from {minimum} on, found {text[:40]!r}")
    return int(text)
