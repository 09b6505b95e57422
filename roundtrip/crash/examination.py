"""The examination of one image: recovery, whole mapping, scrub, a second recovery, and the reference store.

1. Recovery succeeds, and reports no damage: a crash is none. A scrub finds every named frame whole.
2. A second recovery, of what the first one left, finds the same mapping.
3. The reference store finds the same mapping, and nothing rotten.

While it runs, every look at the image is recorded as a question and its answer (see `recall`).
"""

from __future__ import annotations

from contextlib import contextmanager
from hashlib import blake2b
from typing import TYPE_CHECKING, Any

import engine.recovery
import roundtrip.reference.roots
from engine import Store
from engine.errors import EngineError
from engine.extents import HEADER_SIZE
from engine.recovery import RECORD_HEADER_SIZE, RootBlocks, first_sequence, read_copy, read_root_header
from engine.seams import Seams
from roundtrip.histories.placement import randomness_of
from roundtrip.histories.single_thread import SINGLE_THREAD, StillClock
from roundtrip.reference.image import NoStore
from roundtrip.reference.refusal import Refusal
from roundtrip.reference.store import read_store
from roundtrip.reference.window import Window

from .questions import COPY, FIRST, FRAME, HEADER, READ
from .recall import answer_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from engine.memory_disk import MemoryDisk
    from roundtrip.histories.presets import Preset

    from .recall import Question, Trace
    from .variants import Variant


class Outcome:
    """What an examination found: the mapping, or what was wrong (`law` and words)."""

    __slots__ = ("law", "values", "what")

    def __init__(self, values: dict[bytes, bytes], law: str = "", what: str = "") -> None:
        self.values = values
        self.law = law
        self.what = what

    def mark(self) -> int:
        """An odd number that differs where outcomes do."""
        words = repr((self.law, self.what, sorted(self.values.items())))
        return int.from_bytes(blake2b(words.encode(), digest_size=8).digest(), "little") | 1


class Recorder:
    """The questions of one examination. `written`: bytes of extents that the examination itself wrote."""

    def __init__(self, image: Sequence[Variant]) -> None:
        self.trace: Trace = []
        self.is_pure = True
        self.image = image
        self.written: dict[int, list[tuple[int, int]]] = {}
        self._asked: set[Question] = set()
        self._muted = False

    def note_write(self, extent: int, offset: int, length: int) -> None:
        """From here on these bytes are the examination's own."""
        self.written.setdefault(extent, []).append((offset, offset + length))

    def ask(self, question: Question, offset: int, length: int) -> None:
        """A look at so many bytes of the image, unless they are known already or the examination's own."""
        if self._muted or question in self._asked:
            return
        for start, end in self.written.get(question[1], ()):
            if offset < end and start < offset + length:
                if start <= offset and offset + length <= end:
                    return
                # It sees some of both: what it learns is no answer of the image's.
                self.is_pure = False
        self._asked.add(question)
        self.trace.append((question, answer_of(self.image[question[1]], question)))

    @contextmanager
    def muted(self) -> Iterator[None]:
        """Looks inside belong to a question that was recorded as a whole."""
        before, self._muted = self._muted, True
        try:
            yield
        finally:
            self._muted = before


class Examiner:
    """Examines images of one preset, one at a time.

    What the decoders of root records make of a variant is remembered, unless `is_audit`.
    """

    def __init__(self, preset: Preset) -> None:
        self.preset = preset
        self.is_audit = False
        self._recorder: Recorder | None = None

    @contextmanager
    def recording(self) -> Iterator[None]:
        """While examinations are made: the readers' looks at roots are recorded as a whole."""
        recovery: Any = engine.recovery
        reference: Any = roundtrip.reference.roots
        assert recovery.__file__.endswith(".py"), "a compiled module would go on with its own functions"
        recovery.RootBlocks = self._blocks
        recovery.read_root_header = self._root_header
        recovery.first_sequence = self._first_sequence
        recovery.read_copy = self._copy
        reference.Window = self._window
        try:
            yield
        finally:
            recovery.RootBlocks = RootBlocks
            recovery.read_root_header = read_root_header
            recovery.first_sequence = first_sequence
            recovery.read_copy = read_copy
            reference.Window = Window

    def _blocks(self, disk: Any) -> RootBlocks:
        return RootBlocks(disk) if self._recorder is None else MutedBlocks(self._recorder, disk)

    def _root_header(self, data: bytes, extent: int) -> Any:
        if self._recorder is not None:
            self._recorder.ask((HEADER, extent), 0, HEADER_SIZE)
        return read_root_header(data, extent)

    def _first_sequence(self, blocks: Any, seeds: dict[int, int], codec: Any) -> int:
        if self._recorder is not None:
            for number, seed in seeds.items():
                self._recorder.ask((FIRST, number, seed, codec.FORMAT), HEADER_SIZE, RECORD_HEADER_SIZE)
        return first_sequence(blocks, seeds, codec)

    def _copy(self, blocks: Any, number: int, offset: int, seed: int, codec: Any, other: Any) -> Any:
        recorder = self._recorder
        if recorder is None:
            return read_copy(blocks, number, offset, seed, codec, other)
        question = (COPY, number, offset, seed, codec.FORMAT)
        recorder.ask(question, offset, RECORD_HEADER_SIZE)
        with recorder.muted():
            if self.is_audit or number in recorder.written:
                return read_copy(blocks, number, offset, seed, codec, other)
            results = recorder.image[number].results
            if question not in results:
                results[question] = read_copy(blocks, number, offset, seed, codec, None)
            return results[question]

    def _window(self, read: Any, extent: int, size_bytes: int) -> RecordedWindow:
        assert self._recorder is not None, "the reference store is read inside an examination"
        return RecordedWindow(self._recorder, read, extent, size_bytes, is_audit=self.is_audit)

    def examine(self, disk: MemoryDisk, image: Sequence[Variant]) -> tuple[Outcome, Trace | None]:
        """The outcome for a crashed disk, which holds the image; and the trace, None where it cannot be kept."""
        recorder = self._recorder = Recorder(image)
        try:
            outcome = self._recover_twice(disk, recorder)
            if not outcome.law:
                self._compare_reference(image, recorder, outcome)
        finally:
            self._recorder = None
        return outcome, recorder.trace if recorder.is_pure else None

    def _recover_twice(self, disk: MemoryDisk, recorder: Recorder) -> Outcome:
        def looked(verb: str, extent: int, offset: int, length: int) -> None:
            if verb == "read":
                recorder.ask((READ, extent, offset, length), offset, length)
            elif verb == "write":
                recorder.note_write(extent, offset, length)
            elif verb == "reset" and self.preset.is_zoned:
                recorder.note_write(extent, 0, disk.extent_size_bytes)

        values: dict[bytes, bytes] | None = None
        for opening, turn in enumerate(("recovery", "a second recovery")):
            disk.faults = looked
            try:
                store = Store.open_on(disk, self.preset.limits_at(opening), self._seams())
                found = {key: store.get(key) for key in store.scan()}
                damage = [*store.root_damage]
                if values is None and not damage:
                    damage += store.scrub().damage
                store.abandon()
            except EngineError as error:
                return Outcome({}, "recovery", f"{turn}: {type(error).__name__}: {error}")
            except Exception as error:  # noqa: BLE001  # whatever recovery raises is what we are looking for
                return Outcome({}, "recovery", f"{turn}: {type(error).__name__} (a bug): {error}")
            if damage:
                return Outcome({}, "torn is not rotten", f"{turn}: {damage[0]}")
            if values is not None and found != values:
                return Outcome({}, "recovery is repeatable", f"{turn} finds {differing_key(values, found)!r} otherwise")
            values = found  # type: ignore[assignment]  # a scan names only keys that have values
            disk = disk.crash()
        assert values is not None
        return Outcome(values)

    def _seams(self) -> Seams:
        return Seams(sync=SINGLE_THREAD, randomness=randomness_of("counter"), clock=StillClock())

    def _compare_reference(self, image: Sequence[Variant], recorder: Recorder, outcome: Outcome) -> None:
        """The reference store reads the image itself, not what recovery made of it."""
        recorder.written.clear()

        def read(extent: int, offset: int, length: int) -> bytes:
            recorder.ask((READ, extent, offset, length), offset, length)
            return image[extent].data[offset : offset + length]

        try:
            reference = read_store(read, len(image), self.preset.shape.extent_size_bytes)
        except NoStore as error:
            outcome.law, outcome.what = "the reference store agrees", f"it finds no store: {error}"
            return
        if reference.rotten:
            outcome.law, outcome.what = "the reference store agrees", f"it finds {reference.rotten[0]}"
        elif reference.values != outcome.values:
            key = differing_key(outcome.values, reference.values)
            outcome.law, outcome.what = "the reference store agrees", f"it finds {key!r} otherwise"


class MutedBlocks(RootBlocks):
    """Root blocks of which every use is recorded by those who use them."""

    def __init__(self, recorder: Recorder, disk: Any) -> None:
        super().__init__(disk)
        self._recorder = recorder

    def rest(self, number: int, offset: int) -> bytes:
        """As all root blocks."""
        with self._recorder.muted():
            return super().rest(number, offset)


class RecordedWindow(Window):
    """A window of the reference store whose frames are recorded."""

    def __init__(self, recorder: Recorder, read: Any, extent: int, size_bytes: int, *, is_audit: bool) -> None:
        self._recorder = recorder
        self._number = extent
        self._is_audit = is_audit
        with recorder.muted():
            super().__init__(read, extent, size_bytes)

    def frame(self, decode_prefix: Any, offset: int, seed: int) -> Any:
        """As every window."""
        recorder = self._recorder
        question = (FRAME, self._number, decode_prefix.__module__, offset, seed)
        recorder.ask(question, offset, 1)
        results = recorder.image[self._number].results
        if self._is_audit or question not in results:
            with recorder.muted():
                try:
                    results[question] = super().frame(decode_prefix, offset, seed)
                except Refusal as refusal:
                    results[question] = refusal
        result = results[question]
        if isinstance(result, Refusal):
            raise result
        return result


def differing_key(one: dict[bytes, Any], other: dict[bytes, Any]) -> bytes:
    """The first key that two mappings disagree about."""
    return next(key for key in sorted({*one, *other}) if one.get(key) != other.get(key))
