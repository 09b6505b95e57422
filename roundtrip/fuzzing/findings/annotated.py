"""A failure as text for people: what each lane says, and the bytes field by field, with marks where it goes wrong.

The same failure gives the same text, so it reads well in a pull request and in a comparison of two of them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Literal

from corpus.features import pattern
from corpus.sidecar import Location
from formats.errors import RULES, FormatError, path_text
from formats.oracle import difference

from ...commands.output import one_line
from ...inspection import Frame, Rendering
from ...inspection.frames import fields_of
from ...lanes import Accepted, Refused, Verdict, describe
from ..failure import AGREE, ENDS, LAWS, LIVES
from .staleness import checksums_by_path, stale_checksums

if TYPE_CHECKING:
    from collections.abc import Iterator

    from formats.errors import Path

    from ...inspection import Field
    from ..failure import Failure
    from ..target import Target

#: Characters of one value.
VALUE_WIDTH: Final = 96
#: Of a longer input only the beginning is read field by field.
SHOWN_BYTES_MAXIMUM: Final = 1 << 16


def text(target: Target, failure: Failure) -> str:
    """What is to be seen of a failure, in lines, ending in a newline. `target`: the format that it was found in."""
    here = target.at(failure.place)
    if failure.law in (ENDS, LIVES):  # reading it here might not end either
        return "\n".join(expected(failure)) + "\n"
    parts = (expected(failure), lanes(here, failure.data), sums(here, failure.data), table(here, failure))
    return "\n".join("\n".join(part) + "\n" for part in map(tuple, parts) if part)


def expected(failure: Failure) -> Iterator[str]:
    """The law, and what was found instead."""
    yield f"expected   {LAWS[failure.law]}"
    if failure.law != AGREE:  # what every lane says is that
        yield f"found      {one_line(failure.detail)}"


def lanes(target: Target, data: bytes) -> Iterator[str]:
    """What every lane says, the oracle first; of a value that is not the oracle's the first field that differs."""
    verdicts = {lane.name: lane.read(data, target.seed_for(lane)) for lane in target.lanes}
    width = max(map(len, verdicts))
    yield "what every lane says"
    oracle = verdicts[target.oracle.name]
    for name, verdict in verdicts.items():
        words = oracle_words(target, data, verdict) if name == target.oracle.name else lane_words(verdict, oracle)
        yield f"  {name.ljust(width)}  {one_line(words)}"


def oracle_words(target: Target, data: bytes, verdict: Verdict) -> str:
    """The oracle's answer with path, offset, expected and found."""
    error = refusal(target, data)
    if error is None:
        return describe(verdict) if not isinstance(verdict, Accepted) else f"accepts: {valued(verdict.value)}"
    facts = f"expected {error.expected or 'something else'}, found {error.found or 'nothing'}"
    return f"refuses {path_text(error.path)} at byte {error.offset}, {error.rule} ({RULES[error.rule]}): {facts}"


def lane_words(verdict: Verdict, oracle: Verdict) -> str:
    """The answer of another lane, beside the oracle's."""
    match verdict, oracle:
        case Accepted(value=value), Accepted(value=right):
            if value == right:
                return "accepts: the same value"
            path = difference(right, value)
            return f"accepts: {path_text(path)} is {valued(item_at(value, path))}, not {valued(item_at(right, path))}"
        case Accepted(value=value), _:
            return f"accepts: {valued(value)}"
        case Refused(rule=rule), _:
            return "refuses" if rule is None else f"refuses: {rule}"
    return describe(verdict)


def refusal(target: Target, data: bytes) -> FormatError | None:
    """Why the oracle refuses the bytes, or None where it does not."""
    try:
        target.format.oracle.decode(data, target.seed)
    except FormatError as error:
        return error
    except Exception:  # noqa: BLE001  # an oracle that breaks is a finding; its verdict has the words
        return None
    return None


def item_at(value: Any, path: Path) -> Any:
    """What is at a path, as far as there is something."""
    for part in path:
        try:
            value = value[part]
        except (KeyError, IndexError, TypeError):
            return value
    return value


def valued(value: Any) -> str:
    """A value on one line; of a long one the beginning."""
    if isinstance(value, dict):
        words = ", ".join(f"{name} {valued(item)}" for name, item in value.items())
        return words if len(words) <= VALUE_WIDTH else words[: VALUE_WIDTH - 1] + "…"
    words = byte_words(value) if isinstance(value, bytes) else ordered(value)
    return words if len(words) <= VALUE_WIDTH else words[: VALUE_WIDTH - 1] + "…"


def byte_words(value: bytes) -> str:
    """Bytes in hexadecimal; how many there are where all of them are 0."""
    return value.hex(" ") if any(value) else f"{len(value)} bytes 00" if value else "no bytes"


def ordered(value: Any) -> str:
    """A value in Python's words, sets in order and bytes in hexadecimal."""
    if isinstance(value, tuple):
        return f"({', '.join(valued(item) for item in value)})"
    return str(sorted(value)) if isinstance(value, frozenset) else str(value)


def sums(target: Target, data: bytes) -> Iterator[str]:
    """Which checksums match what they cover: whether the damage is raw or gets past them."""
    every = checksums_by_path(target.format.oracle, data)
    stale = {one.path for one in stale_checksums(target.format.oracle, data, target.seed)}
    if every:
        yield f"checksums  {len(every) - len(stale)} of {len(every)} match" + (
            f"; not {', '.join(path_text(path) for path in every if path in stale)}" if stale else ""
        )
    if target.format.layout.seed:
        place = Location.of(target.place)
        yield "place      " + ", ".join(f"{name} {getattr(place, name)}" for name in target.format.layout.seed)


def table(target: Target, failure: Failure) -> Iterator[str]:
    """The field tree beside the bytes; `◀` marks what is wrong, and where lanes part on sound bytes, which field."""
    entry, data = target.format, failure.data[:SHOWN_BYTES_MAXIMUM]
    trace = entry.oracle.trace(data, target.seed, lenient=True)
    damage = [*trace.damage, *((trace.error,) if trace.error is not None and trace.error not in trace.damage else ())]
    error = refusal(target, data)
    if error is not None and (error.rule, error.path) not in {(one.rule, one.path) for one in damage}:
        damage.append(error)
    fields = fields_of(entry, trace.spans, damage, start=0, end=len(data), unverified=False)
    shown = tuple(blamed(field, failure) for field in fields)
    partial = "" if data is failure.data else f"the first {len(data)} of {len(failure.data)} bytes are shown"
    verdict: Literal["damaged", "valid"] = "damaged" if damage else "valid"
    frame = Frame(entry.name, entry.version, 0, len(data), verdict, shown, tuple(damage), (), partial)
    yield from Rendering(everything=len(data) <= target_size(fields)).frame(frame, memoryview(data))


def target_size(fields: list[Field]) -> int:
    """The size in bytes up to which every element and every line of a frame is shown."""
    return 512 if len(fields) <= 128 else 0


def blamed(field: Field, failure: Failure) -> Field:
    """The field, marked with the lanes that part, where that is all that is wrong with it."""
    if failure.rule or not failure.field or pattern(field.path) != failure.field or field.broken:
        return field
    return type(field)(
        field.path, field.start, field.end, field.value, field.role, field.leaf, (failure.where,), field.verified
    )
