"""The child process of the coverage-guided engine: Atheris over one target, until it is over.

It never returns. It tells of failures in lines on a pipe, counts in memory that it shares with its parent, and notes
there each input before it runs it, so that one which ends the process is known.
"""

from __future__ import annotations

import faulthandler
import os
import signal
import time
import traceback
from collections import OrderedDict
from importlib import import_module
from random import Random
from types import FunctionType
from typing import TYPE_CHECKING, Any, Final, NoReturn

import msgspec

from formats.place import CONTEXT_FIELDS, Place

from ..subjects import random_place
from .frames import Frame, Seed, prepare
from .judging import failures, measured
from .mutation import Done, Pace, mutants
from .sealing import seal

if TYPE_CHECKING:
    import mmap
    from collections.abc import Iterable
    from types import ModuleType

    from .failure import Failure
    from .target import Target

FUZZER: Final = "atheris"
#: Where the counters are in the shared memory: of inputs, accepted ones, those that all lanes saw; size of the input.
INPUTS, ACCEPTED, JUDGED, SIZE = range(4)
COUNTERS: Final = 4
#: How a child ends that is done; that found what it should find; that broke by itself. libFuzzer has its own numbers.
DONE, FOUND, BROKE = 0, 3, 4
#: Mutants of one input before the fuzzer picks another.
DEPTH: Final = 64
#: Prepared frames that are kept: those of large inputs take megabytes.
FRAMES_MAXIMUM: Final = 256
#: Share of inputs that libFuzzer's own mutator makes, and how many of these are sealed.
BLIND: Final = 0.15
SEALED: Final = 0.5
#: Of the refused, one in so many is shown to all lanes.
REFUSED_SHARE: Final = 1 / 256
#: The same of those that were made by field and sealed: what is refused there may be right.
SEALED_SHARE: Final = 1 / 32
#: Share of inputs that are read at another place than they were sealed for.
ELSEWHERE_SHARE: Final = 0.02
#: Accepted inputs are paid for by those behind them; the debt does not grow above so many.
DEBT_MAXIMUM: Final = 4096
#: Of so many inputs the memory and the work of one are counted, of the first ones more often; also with so many bytes
#: behind it.
MEASURE_EVERY: Final = 4096
FIRST_EVERY: Final = 64
FIRST_INPUTS: Final = 1024
TAIL_BYTES: Final = 8 << 10
#: Inputs between two looks at the clock, and whether the parent is still there.
LOOK_EVERY: Final = 256
#: Sorts of failures that a child tells of.
SORTS_MAXIMUM: Final = 50
#: With what a line begins that tells why the child broke.
BROKEN: Final = b"!"


class Orders(msgspec.Struct, frozen=True, kw_only=True):
    """What a child is to do. `length`: of an input at most, in bytes; `inputs`: None for as many as the time allows."""

    folder: str
    seconds: float
    inputs: int | None
    seed: int
    length: int
    memory_mib: int
    input_seconds: int
    until_found: bool
    with_oracle: bool

    def arguments(self, scratch: str) -> list[str]:
        """The options of libFuzzer; our own clock is looked at more often than its."""
        return [
            "shardproof",
            f"-max_total_time={int(self.seconds) + 2}",
            f"-max_len={self.length}",
            "-len_control=0",
            f"-mutate_depth={DEPTH}",
            f"-rss_limit_mb={self.memory_mib}",
            f"-timeout={self.input_seconds}",
            f"-seed={self.seed % (2**32 - 1) + 1}",
            f"-artifact_prefix={scratch}/",
            "-handle_int=0",
            self.folder,
        ]


def child(target: Target, orders: Orders, memory: mmap.mmap, pipe: int, scratch: str) -> NoReturn:
    """Fuzz, and end the process."""
    code = BROKE
    try:
        # Ctrl-C is for the parent, which then ends this process.
        os.setpgid(0, 0)
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        # What ends this process is told by its parent, and not where the parent's handler would write.
        faulthandler.disable()
        log = os.open(f"{scratch}/log", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        os.dup2(log, 1)
        os.dup2(log, 2)
        fuzzer = import_module(FUZZER)
        instrument(fuzzer, functions(target, with_oracle=orders.with_oracle))
        guided = GuidedChild(target, orders, memory, pipe, fuzzer)
        fuzzer.Setup(orders.arguments(scratch), guided.test, custom_mutator=guided.mutate)
        fuzzer.Fuzz()
        code = DONE
    except BaseException:  # noqa: BLE001  # nothing of it may reach what the parent process was doing
        tell(pipe, BROKEN + traceback.format_exc().encode())
    finally:
        os._exit(code)


def instrument(fuzzer: ModuleType, wanted: Iterable[FunctionType]) -> None:
    """Make functions tell the fuzzer which way they go."""
    for function in wanted:
        fuzzer.instrument_func(function)


def functions(target: Target, *, with_oracle: bool) -> list[FunctionType]:
    """The functions of the compiled decoders, planted ones too; if wanted, those of the vocabulary of schemas."""
    codec = target.codec
    namespaces = [vars(codec.module)]
    modules = {codec.module.probe.__module__}
    if with_oracle:
        names = ("base", "checksums", "columns", "frame", "scalars", "streams")
        primitives = [import_module(f"formats.primitives.{name}") for name in names]
        classes = [item for module in primitives for item in vars(module).values() if isinstance(item, type)]
        namespaces += [vars(one) for one in (*primitives, *classes)]
        modules |= {module.__name__ for module in primitives}
    found = [item for space in namespaces for item in space.values() if isinstance(item, FunctionType)]
    own = [codec.probe, codec.probe_tuple, codec.probe_prefix]
    wanted = [one for one in own if isinstance(one, FunctionType)]
    wanted += [one for one in found if one.__module__ in modules]
    return list({id(one): one for one in wanted}.values())


def tell(pipe: int, line: bytes) -> None:
    """Write one line; a parent that is gone ends this process."""
    rest = line.replace(b"\n", b"\r") + b"\n"
    try:
        while rest:
            rest = rest[os.write(pipe, rest) :]
    except OSError:
        os._exit(BROKE)


class GuidedChild:
    """The two functions that the fuzzer calls, and what they remember."""

    def __init__(self, target: Target, orders: Orders, memory: mmap.mmap, pipe: int, fuzzer: Any) -> None:
        self.target = target
        self.orders = orders
        self.pipe = pipe
        self.fuzzer = fuzzer
        self.random = Random(orders.seed)
        self.pace = Pace()
        self.parent = os.getppid()
        self.deadline = time.monotonic() + orders.seconds
        self.counts = memoryview(memory)[: 8 * COUNTERS].cast("Q")
        self.room = memoryview(memory)[8 * COUNTERS :]
        self.end = None if orders.inputs is None else self.counts[INPUTS] + orders.inputs
        self.frames: OrderedDict[bytes, Frame] = OrderedDict()
        self.frame: Frame | None = None
        self.queue: list[tuple[bytes, Done]] = []
        self.last = b""
        self.done: Done = ()
        self.seen: set[tuple[bytes, int]] = set()
        self.sizes: dict[tuple[str, ...], int] = {}

    # --- inputs -------------------------------------------------------------------------------------------------------

    def test(self, data: bytes) -> None:
        """Run one input."""
        try:
            self.run(data)
        except Exception:  # noqa: BLE001  # an error of ours is none of the target's
            tell(self.pipe, BROKEN + traceback.format_exc().encode())
            os._exit(BROKE)

    def run(self, data: bytes) -> None:
        """Show one input to the fast lane; if it is accepted, or by chance, to all."""
        counts = self.counts
        counts[INPUTS] = number = counts[INPUTS] + 1
        counts[SIZE] = size = min(len(data), len(self.room))
        self.room[:size] = data[:size]
        target = self.target if self.random.random() >= ELSEWHERE_SHARE else self.elsewhere()
        try:
            accepted = target.codec.probe(data, target.seed) is not None
        except Exception:  # noqa: BLE001  # what the fast lane raises is for the judge to name
            self.judge(target, data)
        else:
            counts[ACCEPTED] += accepted
            if accepted:
                if self.judge(target, data):
                    self.pace.pay(number, len(data), self.done)
                    self.pace.until = min(self.pace.until, number + DEBT_MAXIMUM)
            elif self.random.random() < (SEALED_SHARE if self.done else REFUSED_SHARE):
                self.judge(target, data)
        if number % (FIRST_EVERY if number < FIRST_INPUTS else MEASURE_EVERY) == 0:
            self.measure(data)
        if number % LOOK_EVERY == 0 or self.end == number:
            self.look(number)

    def elsewhere(self) -> Target:
        """The target at a place of which one field is another."""
        fields = self.target.format.layout.seed
        if not fields:
            return self.target
        name, other = self.random.choice(fields), random_place(self.random)
        values = {one: getattr(self.target.place, one) for one in CONTEXT_FIELDS}
        return self.target.at(Place(**(values | {name: getattr(other, name)})))

    def measure(self, data: bytes) -> None:
        """Count what the fast lanes take for an input, and for one that goes on for long."""
        for one in (data, data + bytes(TAIL_BYTES)):
            for failure in measured(self.target, one):
                self.tell(failure)

    def look(self, number: int) -> None:
        """End where it is over, or nobody listens any more."""
        if number == self.end or time.monotonic() >= self.deadline or os.getppid() != self.parent:
            os._exit(DONE)

    def judge(self, target: Target, data: bytes) -> bool:
        """Show an input to all lanes, once; whether it was new to them."""
        if (data, target.seed) in self.seen:
            return False
        self.seen.add((data, target.seed))
        self.counts[JUDGED] += 1
        for failure in failures(target, data):
            self.tell(failure)
        if time.monotonic() >= self.deadline:
            os._exit(DONE)
        return True

    def tell(self, failure: Failure) -> None:
        """Tell of a failure that is of a new sort, or smaller than all of its sort."""
        size = self.sizes.get(failure.sort())
        if size is None and len(self.sizes) >= SORTS_MAXIMUM:
            return
        if size is None or len(failure.data) < size:
            self.sizes[failure.sort()] = len(failure.data)
            tell(self.pipe, msgspec.json.encode(failure))
            if self.orders.until_found:
                os._exit(FOUND)

    # --- mutants ------------------------------------------------------------------------------------------------------

    def mutate(self, data: bytes, size: int, _seed: int) -> bytes:
        """A mutant, of at most so many bytes; `data`: what the fuzzer picked, or the mutant before this one."""
        try:
            # A mutant of a mutant of a mutant would hardly be a frame any more: all are made of what was picked.
            if not (data and data == self.last):
                self.frame, self.queue = self.prepared(data), []
            self.last = self.mutant(data, size)[:size]
        except Exception:  # noqa: BLE001  # an error of ours is none of the target's
            tell(self.pipe, BROKEN + traceback.format_exc().encode())
            os._exit(BROKE)
        return self.last

    def mutant(self, data: bytes, size: int) -> bytes:
        """The next mutant of the frame that was picked."""
        frame, draw, self.done = self.frame, self.random.random, ()
        if frame is None:
            return bytes(self.fuzzer.Mutate(data, size))
        if draw() < BLIND:
            blind = bytearray(self.fuzzer.Mutate(frame.data, size))
            affordable = self.counts[INPUTS] >= self.pace.until
            if affordable and len(blind) == len(frame.data) and draw() < SEALED:
                seal(blind, frame.sites, self.target.seed)
            return bytes(blind)
        if not self.queue:
            others = [self.random.choice(list(self.frames.values()))]
            first = self.counts[INPUTS]
            self.queue = list(mutants(frame, others, self.random, self.pace, first, DEPTH, self.target.seed))
        mutant, self.done = self.queue.pop()
        return mutant

    def prepared(self, data: bytes) -> Frame | None:
        """The prepared frame of an input; None for no bytes."""
        if not data:
            return None
        frame = self.frames.pop(data, None) or prepare(self.target.format, Seed(data, self.target.place))
        self.frames[data] = frame
        if len(self.frames) > FRAMES_MAXIMUM:
            self.frames.popitem(last=False)
        return frame
