"""Is the judge honest about schemas that nobody chose? Random schemas with one random edit each.

Every difference of layouts must give a finding that names it, every harm a witness that replays, and no further file,
of those that a fresh seed makes, may do more harm than the verdict says.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from random import Random
from typing import Any, Final

import construct as c

from formats import primitives as p
from formats.catalog import Format
from formats.errors import SchemaRefused
from formats.fingerprint import fingerprint
from roundtrip.generation.hints import hints_of
from roundtrip.generation.sources import RandomSource
from roundtrip.schemas import random_schema

from .examining import unproved
from .frames import PLACES, made
from .schemas import rewritten
from .subjects import outcome
from .validating import validate
from .verdicts import Misreading, PairVerdict, Refusal, Verdict

#: Further files of a writer that must not contradict a verdict.
FURTHER_FILES: Final = 200
FRESH: Final = ("fresh_1", "fresh_2", "fresh_3")


@dataclass(frozen=True)
class Honesty:
    """What one trial gave. kind: "same" (the edit changes no byte), "impossible" (it is no schema), "judged"."""

    kind: str
    edit: str
    complaints: tuple[str, ...] = ()


def trial_of(seed: int, further: int = FURTHER_FILES) -> Honesty:
    """One random schema, one random edit, judged and contradicted."""
    random = Random(f"{seed} honesty")
    schema = random_schema(RandomSource(random))
    words, edited = random_edit(random, schema)
    old, new = Format("subject", 1, schema), Format("subject", 1, edited)
    try:
        prints = [fingerprint(entry.layout) for entry in (old, new)]
        _codecs = old.codec, new.codec
    except (SchemaRefused, ValueError, TypeError, AttributeError):  # an edit that makes no sense
        return Honesty("impossible", words)
    if prints[0] == prints[1]:
        return Honesty("same", words)
    report = validate([old], [new], seed=seed)
    wrong = (
        [] if {finding.rule for finding in report.findings} - {"version-reused"} else ["no rule names the difference"]
    )
    tried = {finding.rule for finding in report.findings}.isdisjoint({"not-tried", "lanes-disagree"})
    for pair in report.pairs if tried else ():
        writer, reader = (new, old) if pair.writer.side == "new" else (old, new)
        wrong += unproved(pair, writer, reader)
        wrong += contradictions(pair, writer, reader, Random(f"{seed} further"), further)
    return Honesty("judged" if tried else "untried", words, tuple(wrong))


def contradictions(pair: PairVerdict, writer: Format, reader: Format, random: Random, further: int) -> Iterator[str]:
    """Files that do more harm than the verdict says."""
    hints = hints_of(writer.layout.root)
    for number in range(further):
        source = RandomSource(random)
        frame = made(writer, source, (), number % 9, PLACES[number % 2], hints)
        if frame is None:
            continue
        found = outcome(writer, reader, frame.data, frame.place, frame.value)
        harm = {Refusal: Verdict.REFUSE, Misreading: Verdict.MISREAD}.get(type(found), Verdict.FULL)
        if harm.harm > pair.verdict.harm:
            yield f"{pair.direction} was {pair.verdict}, and {frame.data.hex()} is {found}"
            return


# --- random edits --------------------------------------------------------------------------------------------------


def random_edit(random: Random, schema: Any) -> tuple[str, Any]:
    """One edit somewhere in a schema, and its words."""
    structs = [names for names, found in nodes(schema) if type(found) in (c.Struct, p.Frame)]
    scalars = [names for names, found in nodes(schema) if type(found) in SCALARS]
    choices: list[tuple[str, Callable[[], Any]]] = []
    if structs:
        place = random.choice(structs)
        choices += [(name, partial(members_edited, random, schema, place, edit)) for name, edit in EDITS.items()]
    if scalars:
        scalar = random.choice(scalars)
        choices += [("another scalar", lambda: replaced(schema, scalar, random.choice(NUMBERS)))] * 3
    if not choices:
        return "nothing to edit", schema
    words, edit = random.choice(choices)
    return words, edit()


def nodes(schema: Any) -> list[tuple[int, Any]]:
    """Every construct, by the order in which a rewrite meets it."""
    found: list[tuple[int, Any]] = []
    rewritten(schema, lambda _names, construct: found.append((len(found), construct)))
    return found


def replaced(schema: Any, place: int, construct: Any) -> Any:
    """The schema with the construct at one place replaced; `construct` may be a function of what it was."""
    count = [0]

    def change(_names: Any, found: Any) -> Any:
        here, count[0] = count[0], count[0] + 1
        if here != place:
            return None
        return construct if isinstance(construct, c.Construct) else construct(found)

    return rewritten(schema, change)


def members_edited(random: Random, schema: Any, place: int, edit: Callable[[Random, list[Any]], list[Any]]) -> Any:
    """The schema with the members of one struct edited."""
    return replaced(schema, place, lambda found: type(found)(*edit(random, list(found.subcons))))


def dropped(random: Random, members: list[Any]) -> list[Any]:
    """One member less."""
    del members[random.randrange(len(members))]
    return members


def inserted(random: Random, members: list[Any]) -> list[Any]:
    """One member more."""
    members.insert(random.randint(0, len(members)), random.choice(FRESH) / random.choice(NUMBERS))
    return members


def swapped(random: Random, members: list[Any]) -> list[Any]:
    """Two members in each other's place."""
    i, j = random.randrange(len(members)), random.randrange(len(members))
    members[i], members[j] = members[j], members[i]
    return members


def renamed(random: Random, members: list[Any]) -> list[Any]:
    """One member under another name."""
    index = random.randrange(len(members))
    member = members[index]
    if isinstance(member, c.Renamed):
        members[index] = random.choice(FRESH) / member.subcon
    return members


EDITS: Final = {
    "a member dropped": dropped, "a member added": inserted, "members swapped": swapped, "a member renamed": renamed,
}  # fmt: skip
SCALARS: Final = (c.FormatField, c.BytesInteger, c.Bytes, p.Bounded, p.ClosedEnum, c.Enum)
NUMBERS: Final = (
    c.Int8ub, c.Int8sb, c.Int16ul, c.Int16ub, c.Int16sl, c.Int32ul, c.Int24ub, c.Int64ub, c.Bytes(2), c.Float32l,
    p.Bounded(c.Int8ub, 1, 9), p.Bounded(c.Int16ul, 0, 300), p.ClosedEnum(c.Int8ub, one=1, two=2), p.Reserved(2),
    c.Const(b"ok"),
)  # fmt: skip
