"""The parts of which a reading of a whole store consists: each is a question to one reader, and its answer.

    engine       the roots; each run, as far as an opening reads it; each page and each chunk of it; each value, for a
                 get and for a scrub; the header of each extent        (`engine_questions`)
    reference    the roots; each run; each value; the header of each extent        (`reference_questions`)

Opening a store, asking for every key and scrubbing asks all of the engine's questions and nothing else; reading it with
the reference store all of the other ones. That is not believed: `Questions` records which bytes each question reads,
and refuses to go on where a whole reading reads one that no question does.

An answer is a tuple of what is otherwise than in the undamaged image: empty where nothing is. It names whatever a
report would name: structure, extent, offset and key.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from engine import Store

from .engine_questions import EngineQuestions
from .medium import bytes_of
from .question import Question
from .reading import look, seams
from .reference_questions import ReferenceQuestions

if TYPE_CHECKING:
    from engine import Limits

    from .medium import ImageDisk, Span

#: Room for whatever an image holds, so that an entry is looked up once, in pages that a flip elsewhere does not change.
CACHE_BYTES = 2**22


class NotComplete(AssertionError):
    """A whole reading reads bytes that no question reads: then nothing follows from the questions."""


class Questions:
    """All questions of one image, which `disk` holds undamaged when this is made.

    `every`: the questions; `spans`: of each the bytes that it reads; `values`: the mapping; `image`: what the reference
    store says.
    """

    def __init__(self, disk: ImageDisk, limits: Limits, keys: tuple[bytes, ...]) -> None:
        self.disk = disk
        self.limits = msgspec.structs.replace(limits, cache_bytes=CACHE_BYTES)
        self.keys = keys
        store = Store.open_on(disk, self.limits, seams(), read_only=True)
        self.values = {key: value for key in keys if (value := store.get(key)) is not None}
        engine = EngineQuestions(disk, store, self.values)
        reference = ReferenceQuestions(disk, self.values)
        self.image = reference.image
        self.every: tuple[Question, ...] = (*engine.every(), *reference.every())
        self.spans = [self._spans_of(question) for question in self.every]
        self._check_complete(reference)

    def _spans_of(self, question: Question) -> list[Span]:
        with self.disk.recording() as spans:
            answer = question.ask()
        assert not answer, f"{question.lane}, {question.name}: {answer}, though nothing is damaged"
        return spans

    def _check_complete(self, reference: ReferenceQuestions) -> None:
        """Whole readings read what the questions read."""
        with self.disk.recording() as by_engine:
            found = look(self.disk, self.limits, self.keys)
        assert not found.damage, "nothing is damaged"
        assert found.values == self.values, "nothing is damaged"
        with self.disk.recording() as by_reference:
            reference.read()
        for lane, spans in (("engine", by_engine), ("reference", by_reference)):
            asked = [
                span
                for question, each in zip(self.every, self.spans, strict=True)
                for span in each
                if question.lane == lane
            ]
            known = bytes_of(asked)
            for extent, stretches in bytes_of(spans).items():
                for start, end in stretches:
                    if not any(first <= start and end <= last for first, last in known.get(extent, ())):
                        raise NotComplete(f"{lane}: of extent {extent} bytes {start} to {end} are read, and not asked")
