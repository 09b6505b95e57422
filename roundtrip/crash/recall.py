"""What readers make of an image, remembered by what they looked at.

Recovery, the engine's whole mapping and the reference store are functions of what they read: the same answers lead to
the same questions and to the same end. So each examination leaves its questions and answers in a tree. An image whose
answers lead to a leaf of it needs no examination: it would be the same, step by step. Of a root record that is not
whole, a reader learns only that it is not (and by which rule); how it is torn is no part of the answer.

1. A question asks one extent, and its answer follows from that extent's bytes alone.
2. After the same answers comes the same question: where not, a reader is not deterministic, and that is an error.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, TypeAlias

from .questions import answer, span_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .variants import Variant, Variants

#: What is asked, of which extent, and the arguments: see `questions`.
Question: TypeAlias = tuple[Any, ...]
Trace: TypeAlias = list[tuple[Question, Any]]


class NotDeterministic(AssertionError):
    """A reader asked something else after the same answers."""


class Node:
    """A question, and where each answer leads: to another question, or to the number of an outcome."""

    __slots__ = ("answers", "question")

    def __init__(self, question: Question) -> None:
        self.question = question
        self.answers: dict[Any, Node | int] = {}


class Recall:
    """The tree of examinations."""

    def __init__(self) -> None:
        self._root: Node | None = None
        self.leaves = 0

    def at(self, image: Sequence[Variant], spans: dict[int, Variants]) -> RecallAt:
        """The tree for images that differ from this one only in these extents, there from `start` to `end`."""
        return RecallAt(self, image, spans)

    @property
    def root(self) -> Node | None:
        """The first question, which is always the same."""
        return self._root

    def keep(self, trace: Trace, outcome: int) -> None:
        """Remember an examination."""
        if self._root is None:
            self._root = Node(trace[0][0])
        node = self._root
        for place, (question, learned) in enumerate(trace):
            if node.question != question:
                raise NotDeterministic(f"after the same answers {node.question} and {question}")
            following = node.answers.get(learned)
            if place == len(trace) - 1:
                if following is not None and following != outcome:
                    raise NotDeterministic(f"after the same answers outcomes {following} and {outcome}")
                node.answers[learned] = outcome
                self.leaves += following is None
            elif following is None:
                node.answers[learned] = node = Node(trace[place + 1][0])
            elif isinstance(following, int):
                raise NotDeterministic(f"after the same answers an end and {trace[place + 1][0]}")
            else:
                node = following


def answer_of(variant: Variant, question: Question) -> Any:
    """What a question learns from a variant; found once."""
    answers = variant.answers
    if question in answers:
        return answers[question]
    found = answers[question] = answer(question, variant.data)
    return found


class RecallAt:
    """The tree as seen from one crash point: questions that all images answer alike are skipped."""

    def __init__(self, recall: Recall, image: Sequence[Variant], spans: dict[int, Variants]) -> None:
        self._recall = recall
        self._image = image
        self._spans = spans
        self._next: dict[Node, Node | int] = {}

    def find(self, chosen: dict[int, Variant]) -> int | None:
        """The outcome of an image that reads as one that was examined; None where none does."""
        node: Node | int | None = self._recall.root
        skip = self._next
        while node is not None and node.__class__ is Node:
            further = skip.get(node)
            if further is None:
                further = self._skip(node)
                if further is None:
                    return None
            if further.__class__ is not Node:
                return further  # type: ignore[return-value]  # a leaf is a number
            question = further.question
            node = further.answers.get(answer_of(chosen[question[1]], question))
        return node  # type: ignore[return-value]  # likewise

    def _skip(self, node: Node) -> Node | int | None:
        """The next question that images answer differently, or the outcome; None where nobody went on from there."""
        at: Node | int | None = node
        while isinstance(at, Node):
            known = self._fixed(at.question)
            if known is VARIES:
                break
            at = at.answers.get(known)
        if at is not None:
            self._next[node] = at
        return at

    def _fixed(self, question: Question) -> Any:
        """The answer that all images give to a question, or `VARIES`."""
        extent = question[1]
        span = self._spans.get(extent)
        answer = answer_of(self._image[extent], question)
        if span is None:
            return answer
        start, end = span_of(question, answer)
        return answer if end <= span.start or start >= span.end else VARIES


#: No answer at all: images differ in it.
VARIES: Final = object()
