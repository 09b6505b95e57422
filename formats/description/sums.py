"""Sums: sizes and offsets that depend on fields, as readable text such as `48 + key_length`."""

from __future__ import annotations

from dataclasses import dataclass

from ..layout import Expression, Literal, Operation
from .wording import Scopes, expression_text, number_text


@dataclass(frozen=True)
class Sum:
    """A whole number plus multiples of named terms; terms keep the order in which they were met."""

    constant: int = 0
    terms: tuple[tuple[str, int], ...] = ()

    def __add__(self, other: Sum) -> Sum:
        factors = dict(self.terms)
        for term, factor in other.terms:
            factors[term] = factors.get(term, 0) + factor
        return Sum(self.constant + other.constant, tuple((term, factor) for term, factor in factors.items() if factor))

    def __sub__(self, other: Sum) -> Sum:
        return self + other.times(-1)

    def times(self, factor: int) -> Sum:
        """The sum multiplied by a whole number."""
        return Sum(self.constant * factor, tuple((term, number * factor) for term, number in self.terms if factor))

    @property
    def shown(self) -> int | str:
        """The number where it depends on nothing, else its text."""
        if not self.terms:
            return self.constant
        ordered = sorted(self.terms, key=lambda term: term[1] < 0)
        pieces = [(factor < 0, term if abs(factor) == 1 else f"{abs(factor)} * {term}") for term, factor in ordered]
        if self.constant:
            place = 0 if self.constant > 0 and not pieces[0][1].startswith("start of ") else len(pieces)
            pieces.insert(place, (self.constant < 0, number_text(abs(self.constant))))
        text = "".join((" - " if negative else " + ") + piece for negative, piece in pieces)
        return text[3:] if text.startswith(" + ") else "-" + text[3:]


def term(text: str) -> Sum:
    """A sum of one term."""
    return Sum(0, ((text, 1),))


def sum_of(expression: Expression, scopes: Scopes) -> Sum:
    """An expression as a sum; what is not linear becomes one term in parentheses."""
    match expression:
        case Literal(value=value) if isinstance(value, int):
            return Sum(int(value))
        case Operation(operator="+", operands=(left, right)):
            return sum_of(left, scopes) + sum_of(right, scopes)
        case Operation(operator="-", operands=(left, right)):
            return sum_of(left, scopes) - sum_of(right, scopes)
        case Operation(operator="*", operands=(left, right)):
            first, second = sum_of(left, scopes), sum_of(right, scopes)
            if not first.terms or not second.terms:
                return second.times(first.constant) if not first.terms else first.times(second.constant)
    text = expression_text(expression, scopes)
    return term(f"({text})" if isinstance(expression, Operation) else text)
