"""The coverage-guided engine: Atheris (libFuzzer for Python), where it is installed, in child processes.

The compiled decoders of the target are instrumented, so the fuzzer sees which of their branches an input takes, and
keeps the inputs that take new ones in its folder: a libFuzzer corpus, with which it goes on next time, and which
`shardproof corpus import` reads. Its mutator is ours: by field, with checksums made again (`mutation`), and now and
then libFuzzer's own, which knows what was compared.

Atheris does not return, so each run is a child (`guided_child`). One that an input ends is replaced, and the input is a
failure.
"""

from __future__ import annotations

import hashlib
import mmap
import os
import select
import signal
import tempfile
import time
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec

from .engines import FOUND, INPUTS, TIME, EngineFailed, EngineRun, Log, untold
from .failure import ENDS, LIVES, Failure
from .findings.staleness import moved
from .guided_child import ACCEPTED, BROKEN, COUNTERS, FUZZER, JUDGED, SIZE, Orders, child
from .guided_child import DONE as CHILD_DONE
from .guided_child import FOUND as CHILD_FOUND
from .guided_child import INPUTS as INPUT_COUNT

if TYPE_CHECKING:
    from collections.abc import Iterable

    from .engines import Report
    from .frames import Seed
    from .target import Target

ENGINE: Final = "atheris"
#: Longer inputs are made only where a seed is longer.
LENGTH_MINIMUM: Final = 4096
#: Bytes of an input that are known where the process does not survive it.
ROOM_BYTES: Final = 1 << 20
#: Seconds that a child may take beyond its time before it is ended.
GRACE_SECONDS: Final = 5.0
#: Seconds between two reports.
REPORT_SECONDS: Final = 0.25
#: Children that inputs may end in one run; after that it is over.
DEATHS_MAXIMUM: Final = 20
#: How libFuzzer ends the process where an input takes too long, and where it takes too much memory.
TIMEOUT_CODE: Final = 70
MEMORY_CODE: Final = 71
#: Characters of a child's last words that an error repeats.
WORDS_SIZE: Final = 600


class NoFuzzer(EngineFailed):
    """The fuzzer is not installed."""


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """Of a child: resident memory in MiB, and how long one input may take, in seconds."""

    memory_mib: int = 2048
    input_seconds: int = 10


def is_available() -> bool:
    """Whether the fuzzer is installed."""
    return find_spec(FUZZER) is not None


def run_atheris(
    target: Target,
    seeds: Iterable[Seed],
    seconds: float,
    folder: Path,
    report: Report = untold,
    *,
    inputs: int | None = None,
    seed: int = 0,
    limits: Limits = Limits(),  # noqa: B008  # it is frozen
    until_found: bool = False,
    with_oracle: bool = False,
) -> EngineRun:
    """Fuzz a target for so long, or for so many inputs if these are made sooner.

    seeds: what it begins with, beside what `folder` holds from before; they are resealed for the target's place.
    seed: of its random numbers; the same one need not give the same run, because the fuzzer looks at the clock.
    until_found: stop at the first failure. with_oracle: instrument the vocabulary of the schemas too.
    Raises `NoFuzzer` where the fuzzer is not installed, and `EngineFailed` where it breaks by itself.
    """
    if not is_available():
        raise NoFuzzer("the engine atheris is not installed: pip install 'shardproof[fuzz]', or use another engine")
    longest = keep_seeds(target, seeds, folder)
    orders = Orders(
        folder=str(folder),
        seconds=seconds,
        inputs=inputs,
        seed=seed,
        length=max(LENGTH_MINIMUM, 2 * longest),
        memory_mib=limits.memory_mib,
        input_seconds=limits.input_seconds,
        until_found=until_found,
        with_oracle=with_oracle,
    )
    with mmap.mmap(-1, 8 * COUNTERS + ROOM_BYTES) as memory:
        return Guided(target, orders, report, memory).run()


def keep_seeds(target: Target, seeds: Iterable[Seed], folder: Path) -> int:
    """Put seeds into the fuzzer's folder, named as it names them; the answer is the length of the longest one there."""
    entry = target.format
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for one in seeds:
            data = moved(entry, one.data, entry.seed(one.place) or 0, target.seed)
            path = folder / hashlib.sha1(data, usedforsecurity=False).hexdigest()
            if not path.exists():
                path.write_bytes(data)
        return max((path.stat().st_size for path in folder.iterdir() if path.is_file()), default=0)
    except OSError as error:
        raise EngineFailed(f"{folder}: {error.strerror or error}; name a folder that can be written") from error


class Guided:
    """One run: children one after the other, until it is over."""

    def __init__(self, target: Target, orders: Orders, report: Report, memory: mmap.mmap) -> None:
        self.target = target
        self.orders = orders
        self.report = report
        self.log = Log(report)
        self.memory = memory
        self.begun = time.monotonic()

    def count(self, index: int) -> int:
        """One of the counters that the children add to."""
        with memoryview(self.memory) as whole, whole[: 8 * COUNTERS] as part, part.cast("Q") as counts:
            return counts[index]

    def run(self) -> EngineRun:
        """Run until it is over."""
        deaths = 0
        while (orders := self.left()) is not None and deaths < DEATHS_MAXIMUM and not self.is_found():
            if not self.run_child(orders):
                break
            deaths += 1
        made_all = self.orders.inputs is not None and self.count(INPUT_COUNT) >= self.orders.inputs
        return EngineRun(
            engine=ENGINE,
            inputs=self.count(INPUT_COUNT),
            accepted=self.count(ACCEPTED),
            judged=self.count(JUDGED),
            seconds=time.monotonic() - self.begun,
            failures=tuple(self.log.failures.values()),
            found=self.log.found,
            kept=sum(1 for path in Path(self.orders.folder).iterdir() if path.is_file()),
            ended=FOUND if self.is_found() else INPUTS if made_all else TIME,
        )

    def is_found(self) -> bool:
        """Whether what was to be found is found."""
        return self.orders.until_found and bool(self.log.failures)

    def left(self) -> Orders | None:
        """What is still to be done, or None."""
        orders = self.orders
        seconds = orders.seconds - (time.monotonic() - self.begun)
        inputs = None if orders.inputs is None else orders.inputs - self.count(INPUT_COUNT)
        if seconds <= 0 or (inputs is not None and inputs <= 0):
            return None
        return msgspec.structs.replace(orders, seconds=seconds, inputs=inputs)

    def run_child(self, orders: Orders) -> bool:
        """Run one child; whether an input ended it."""
        before = self.count(INPUT_COUNT)
        with tempfile.TemporaryDirectory(prefix="shardproof-fuzz-") as scratch:
            reader, writer = os.pipe()
            process = os.fork()
            if process == 0:
                os.close(reader)
                child(self.target, orders, self.memory, writer, scratch)
            os.close(writer)
            try:
                self.listen(reader, time.monotonic() + orders.seconds + orders.input_seconds + GRACE_SECONDS)
            finally:
                # After Ctrl-C too: nothing is left running.
                os.close(reader)
                code = ended(process)
            if code in {CHILD_DONE, CHILD_FOUND}:
                return False
            if self.count(INPUT_COUNT) == before:
                raise EngineFailed(f"{FUZZER} ended with {code} before its first input: {last_words(Path(scratch))}")
        self.survived_not(code)
        return True

    def listen(self, pipe: int, deadline: float) -> None:
        """Hear of failures until the child is gone, or takes too long."""
        unread = b""
        while time.monotonic() < deadline:
            if select.select([pipe], [], [], REPORT_SECONDS)[0]:
                piece = os.read(pipe, 1 << 16)
                if not piece:
                    self.report(self.count(INPUT_COUNT), None)
                    return
                *lines, unread = (unread + piece).split(b"\n")
                for line in lines:
                    self.hear(line)
            self.report(self.count(INPUT_COUNT), None)

    def hear(self, line: bytes) -> None:
        """Take one line of a child."""
        if line.startswith(BROKEN):
            words = line[1:].decode(errors="replace").replace("\r", "\n").strip()
            raise EngineFailed(f"the engine {ENGINE} broke, which is a bug of ours: {words[-WORDS_SIZE:]}")
        self.log.add(msgspec.json.decode(line, type=Failure), self.count(INPUT_COUNT))

    def survived_not(self, code: int) -> None:
        """Note the input that ended a child."""
        start = 8 * COUNTERS
        data = self.memory[start : start + self.count(SIZE)]
        law = ENDS if code in {TIMEOUT_CODE, -signal.SIGKILL} else LIVES
        words = {
            TIMEOUT_CODE: f"found none within {self.orders.input_seconds} seconds",
            -signal.SIGKILL: f"found none within {self.orders.input_seconds} seconds",
            MEMORY_CODE: f"found more than {self.orders.memory_mib} MiB in use",
        }
        detail = f"expected a verdict, {words.get(code, f'found that the process ended with {code}')}"
        place = self.target.place
        failure = Failure(self.target.label, law, "", "", self.target.fast.name, detail, data, place)
        self.log.add(failure, self.count(INPUT_COUNT))


def ended(process: int) -> int:
    """How a child ended, which is ended now if it has not; below 0 the number of a signal."""
    found, status = os.waitpid(process, os.WNOHANG)
    if found == 0:
        give_up = time.monotonic() + 1.0
        while found == 0 and time.monotonic() < give_up:
            # It has closed its pipe, or is about to.
            time.sleep(0.01)
            found, status = os.waitpid(process, os.WNOHANG)
    if found == 0:
        os.kill(process, signal.SIGKILL)
        _, status = os.waitpid(process, 0)
    return os.waitstatus_to_exitcode(status)


def last_words(scratch: Path) -> str:
    """What a child wrote last."""
    try:
        return (scratch / "log").read_text(errors="replace").strip()[-WORDS_SIZE:] or "it said nothing"
    except OSError:
        return "it said nothing"
