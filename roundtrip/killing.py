"""The kill test: a process that writes to a store is killed at a random moment, again and again.

Each round starts `shardproof store put` (or `rm`, or `reclaim`) in a process of its own and ends it with SIGKILL. Then
the store is opened and must

1. be clean: everything that something persistent names is whole;
2. hold what the process reported persistent, equal to the byte;
3. hold, of everything else that the process was told to change, the state before or the state after, and nothing else;
4. hold all other keys unchanged.

A third of the moments are drawn over the whole duration of a run that was measured first, the others behind a random
line of the process's report, so that starting, opening, writing, waiting and closing are all hit. What the kernel had
accepted survives a kill; a power cut is another test's business.
"""

from __future__ import annotations

import os
import selectors
import shutil
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from random import Random
from typing import IO, TYPE_CHECKING, Final

import msgspec

from engine import Shape, Store
from engine.errors import EngineError

from .killing_tree import Print, print_of, print_text, write_tree
from .storing.keys import key_text

if TYPE_CHECKING:
    from .commands.output import Progress

#: How the command is started in a process of its own.
COMMAND: Final = (sys.executable, "-c", "from roundtrip.command import main; main()")
#: Small enough that reclamation has to work.
SHAPE: Final = Shape(extent_count=160, extent_size_bytes=2**20)
#: One round in so many begins with a new store.
FRESH_ONE_IN: Final = 8
#: Seconds after which a process that should have ended is taken for stuck.
PATIENCE_SECONDS: Final = 120.0

PERSISTENT: Final = "persistent "


class Violation(msgspec.Struct, frozen=True):
    """What a kill broke. `moment`: in which phase of which command the process was killed."""

    kill: int
    moment: str
    key: str | None
    expected: str
    found: str


class SurvivalReport(msgspec.Struct, frozen=True, kw_only=True):
    """What the kills hit and what they broke. `killed`: of `kills`, those that did not come too late."""

    seed: int
    kills: int
    killed: int
    moments: dict[str, int]
    keys_checked: int
    reported_persistent: int
    recoveries: int
    measured_seconds: float
    seconds: float
    violations: tuple[Violation, ...]


class Run(msgspec.Struct):
    """What one process was seen to do. `lines`: its report; `seconds`: how long it lived; `code`: None if killed."""

    lines: list[str]
    seconds: float
    code: int | None


class Work(msgspec.Struct, frozen=True):
    """What one process is told to do: the words of the command, and what each key that it changes must become."""

    name: str
    words: tuple[str, ...]
    changes: dict[bytes, Print]


class Survival:
    """Kills processes in the directory `root`, which holds the store and the tree meanwhile.

    `command`: what is started; a test gives one that lies.
    """

    def __init__(self, root: Path, seed: int, command: Sequence[str] = COMMAND) -> None:
        self.store = root / "store"
        self.tree = root / "tree"
        self.violations: list[Violation] = []
        self._command = tuple(command)
        self._seed = seed
        self._random = Random(seed)
        self._state: dict[bytes, Print] = {}
        self._moments: Counter[str] = Counter()
        self._durations: dict[str, float] = {}
        self._lines: dict[str, int] = {}
        self._keys_checked = 0
        self._reported = 0
        self._recoveries = 0
        self._killed = 0

    def run(self, times: int, progress: Progress | None = None) -> SurvivalReport:
        """So many kills; it ends with the first one that breaks something."""
        started = time.monotonic()
        self._renew()
        self._measure()
        for kill in range(1, times + 1):
            if progress is not None:
                progress(kill - 1, times, "kills")
            if self._random.randrange(FRESH_ONE_IN) == 0:
                self._renew()
            self._round(kill)
            if self.violations:
                break
        return SurvivalReport(
            seed=self._seed,
            kills=sum(self._moments.values()),
            killed=self._killed,
            moments=dict(sorted(self._moments.items())),
            keys_checked=self._keys_checked,
            reported_persistent=self._reported,
            recoveries=self._recoveries,
            measured_seconds=round(self._durations["put"], 2),
            seconds=round(time.monotonic() - started, 1),
            violations=tuple(self.violations),
        )

    def _renew(self) -> None:
        """A new store in place of the one before."""
        shutil.rmtree(self.store, ignore_errors=True)
        Store.create(self.store, SHAPE).close()
        self._state = {}

    def _measure(self) -> None:
        """One process of each kind that is not killed: how long it takes, and how many lines it prints."""
        for name in ("put", "rm", "reclaim"):
            work = self._work(name, 0)
            run = watch((*self._command, *work.words))
            self._durations[name] = run.seconds
            self._lines[name] = len(run.lines)
            if run.code != 0:
                self._violation(0, f"{name}, not killed", None, "exit code 0", f"{run.code}: {run.lines[-1:]}")
                return
            self._check(0, f"{name}, not killed", work, run)

    # One round.

    def _round(self, kill: int) -> None:
        draw = self._random.random()
        work = self._work("put" if draw < 0.75 or not self._state else "rm" if draw < 0.85 else "reclaim", kill)
        after_line, after_seconds = self._moment(work.name)
        run = watch((*self._command, *work.words), after_line=after_line, after_seconds=after_seconds)
        moment = f"{work.name}: {phase_of(run, work, self._durations[work.name])}"
        self._moments[moment] += 1
        self._killed += run.code is None
        if run.code == 0:
            # The first process of a kind found cold caches.
            self._durations[work.name] = min(self._durations[work.name], run.seconds)
        if run.code not in {None, 0}:
            self._violation(kill, moment, None, "exit code 0, or killed", f"{run.code}: {run.lines[-1:]}")
            return
        self._check(kill, moment, work, run)

    def _work(self, name: str, kill: int) -> Work:
        start = ("store", name, str(self.store))
        if name == "put":
            changes = write_tree(self.tree, self._random, kill)
            return Work(name, (*start, "--tree", str(self.tree), "--report-persistent"), changes)
        if name == "rm":
            keys = sorted(key for key, value in self._state.items() if value is not None)
            chosen = self._random.sample(keys, len(keys) // 3)
            words = tuple(os.fsdecode(key) for key in chosen)
            return Work(name, (*start, "--report-persistent", "--", *words), dict.fromkeys(chosen))
        return Work(name, (*start, "--compact"), {})

    def _moment(self, name: str) -> tuple[int, float]:
        """When to kill: so many seconds after so many lines of the report."""
        duration, lines = self._durations[name], self._lines[name]
        if self._random.random() < 1 / 3:
            return 0, self._random.random() * duration
        return self._random.randint(1, max(1, lines - 1)), self._random.random() * duration / max(4, lines)

    # What must hold afterwards.

    def _check(self, kill: int, moment: str, work: Work, run: Run) -> None:
        """Open the store, verify it, and compare; what is found is the state that later rounds must keep."""
        told = {line.removeprefix(PERSISTENT) for line in run.lines if line.startswith(PERSISTENT)}
        self._reported += len(told)
        if run.code == 0:
            told = {key_text(key) for key in work.changes}
        found = self._read(kill, moment, read_only=True)
        if found is None:
            return
        for key in sorted({*found, *self._state, *work.changes}):
            self._compare(kill, moment, work, key, found.get(key), is_told=key_text(key) in told)
        self._keys_checked += len(found)
        self._state = found
        if self._random.random() < 0.3:
            # Else the next process finds a store that was not closed, and is killed in its recovery.
            self._recoveries += 1
            again = self._read(kill, f"{moment}, then opened for writing", read_only=False)
            if again is not None and again != found:
                key = next(key for key in sorted({*found, *again}) if found.get(key) != again.get(key))
                expected, other = print_text(found.get(key)), print_text(again.get(key))
                self._violation(kill, f"{moment}, then opened for writing", key, expected, other)

    def _compare(self, kill: int, moment: str, work: Work, key: bytes, found: Print, *, is_told: bool) -> None:
        before = self._state.get(key)
        allowed = [work.changes[key]] if key in work.changes else [before]
        if key in work.changes and not is_told:
            allowed.append(before)
        if found not in allowed:
            promise = "reported persistent: " if is_told else ""
            expected = promise + " or ".join(dict.fromkeys(map(print_text, allowed)))
            self._violation(kill, moment, key, expected, print_text(found))

    def _read(self, kill: int, moment: str, *, read_only: bool) -> dict[bytes, Print] | None:
        """Everything that the store holds; None where it is not clean."""
        try:
            with Store.open(self.store, read_only=read_only) as store:
                report = store.scrub()
                damage = (*store.root_damage, *report.damage)
                if damage:
                    self._violation(kill, moment, damage[0].key, "a clean store", str(damage[0]))
                    return None
                return {key: print_of(store.get(key)) for key in store.scan()}
        except EngineError as error:
            self._violation(kill, moment, None, "a store that opens and reads", f"{type(error).__name__}: {error}")
            return None

    def _violation(self, kill: int, moment: str, key: bytes | None, expected: str, found: str) -> None:
        self.violations.append(Violation(kill, moment, None if key is None else key_text(key), expected, found))


def watch(words: Sequence[str], *, after_line: int | None = None, after_seconds: float = 0.0) -> Run:
    """Run a process and read its lines; kill it so many seconds after that line (0: after its start), None: never."""
    started = time.monotonic()
    deadline = started + PATIENCE_SECONDS if after_line != 0 else started + after_seconds
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as process:  # noqa: S603  # our own
        assert process.stdout is not None
        text, is_over = b"", False
        os.set_blocking(process.stdout.fileno(), False)
        with selectors.DefaultSelector() as selector:
            selector.register(process.stdout, selectors.EVENT_READ)
            while not is_over and (left := deadline - time.monotonic()) > 0:
                if not selector.select(left):
                    continue
                piece = process.stdout.read()
                is_over = piece == b""
                text += piece or b""
                if after_line and text.count(b"\n") >= after_line:
                    deadline, after_line = time.monotonic() + after_seconds, None
        if not is_over:
            process.kill()
            text += rest_of(process.stdout)
        code = process.wait()
    # A line that was cut in two was not told.
    lines = text.decode(errors="surrogateescape").split("\n")[:-1]
    return Run(lines, time.monotonic() - started, None if code == -9 else code)


def rest_of(stream: IO[bytes]) -> bytes:
    """What a killed process had told before."""
    os.set_blocking(stream.fileno(), True)
    return stream.read()


def phase_of(run: Run, work: Work, duration: float) -> str:
    """Where the process was when it was killed, as its report tells."""
    told = sum(line.startswith(PERSISTENT) for line in run.lines)
    if run.code == 0:
        return "it was done"
    if not work.changes:
        return ("first third", "second third", "last third")[min(2, int(3 * run.seconds / duration))]
    if not run.lines:
        return "starting or opening"
    if told == 0:
        return "before anything was persistent"
    return "after some was persistent" if told < len(work.changes) else "closing"
