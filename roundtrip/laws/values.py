"""D4 round trip: every value, written and read again, is the same value, in every lane and on every path."""

from __future__ import annotations

from typing import Any

from formats.errors import FormatError, LaneDisagreement, ValueRefused
from formats.layout import Struct
from formats.oracle import difference
from formats.values import comparable, plain_of_record

from ..lanes import Accepted, broken, describe
from ..subjects import generated_values, random_place
from .base import Law, Trial

#: What no field of any format takes.
ABSURD = (object(), -(2**70), 2**70, "no such member", None)


def examine(trial: Trial) -> None:
    """Generated values, those at the edges first, at random places."""
    for message in trial.subject.refused_values[:4]:
        trial.find((), None, f"the oracle refuses a value that was generated to be valid: {message}")
    values = generated_values(trial.subject.format, trial.random)
    for _, (value, _) in zip(range(trial.budget.values), values, strict=False):
        round_trip(trial, value)
    for sample in trial.samples[:3]:
        absurd_values(trial, sample.value, sample.seed)


def round_trip(trial: Trial, value: Any) -> None:
    """Write one value by the oracle; read it in every lane; write what was read again."""
    entry = trial.subject.format
    seed = entry.seed(random_place(trial.random)) or 0
    trial.count += 1
    try:
        data = entry.oracle.encode(value, seed)
    except ValueRefused as error:
        trial.find(error.path, None, f"the oracle refuses a value that was generated to be valid: {error}")
        return
    trial.watch.comparisons += 1
    wanted = comparable(value)
    for lane in trial.subject.lanes:
        verdict = lane.read(data, seed)
        if not isinstance(verdict, Accepted):
            trial.find(
                (),
                getattr(verdict, "rule", None),
                f"written by the oracle, the {lane.name} lane {describe(verdict)}",
                data,
                seed,
            )
            continue
        if verdict.value != wanted:
            path = difference(wanted, verdict.value)
            trial.find(path, None, f"the {lane.name} lane reads another value: {describe(verdict)}", data, seed)
        if lane.rewrite is not None and lane.name != "oracle":
            written_again(trial, lane.name, data, seed)
    record_path(trial, value, data, seed)


def written_again(trial: Trial, name: str, data: bytes, seed: int) -> None:
    """What a lane writes for the value it has read."""
    lane = next(lane for lane in trial.subject.lanes if lane.name == name)
    assert lane.rewrite is not None
    try:
        again = lane.rewrite(data, seed)
    except Exception as error:  # noqa: BLE001  # an encoder that fails on a valid value refutes the law
        trial.find((), None, f"the {name} lane cannot write what it has read: {describe(broken(error))}", data, seed)
        return
    if again != data:
        path = trial.watch.first_change(data, again, seed)
        trial.find(path, None, f"the {name} lane writes other bytes for the value it has read", data, seed)


def record_path(trial: Trial, value: Any, data: bytes, seed: int) -> None:
    """`decode` gives a record that stands for the value."""
    try:
        record = trial.subject.codec.decode(data, seed)
    except (FormatError, LaneDisagreement) as error:
        trial.find((), getattr(error, "rule", None), f"decode refuses it: {error}", data, seed)
        return
    except Exception as error:  # noqa: BLE001  # as above
        trial.find((), None, f"decode {describe(broken(error))}", data, seed)
        return
    found = comparable(plain_of_record(record))
    if found != comparable(value):
        trial.find(
            difference(comparable(value), found), None, "the record of decode stands for another value", data, seed
        )


def absurd_values(trial: Trial, value: Any, seed: int) -> None:
    """A value with one field that cannot be is refused by the oracle with `ValueRefused` and nothing else."""
    if not isinstance(trial.subject.format.layout.root, Struct) or not isinstance(value, dict):
        return
    for name in value:
        for wrong in ABSURD:
            changed = {**value, name: wrong}
            if comparable(changed) == comparable(value):
                continue
            trial.count += 1
            try:
                data = trial.subject.format.oracle.encode(changed, seed)
            except ValueRefused:
                continue
            except Exception as error:  # noqa: BLE001  # as above
                trial.find((name,), None, f"encode {describe(broken(error))} on {wrong!r}")
                continue
            trial.find((name,), None, f"encode takes {wrong!r:.40}", data, seed)


LAW = Law("D4", "round trip", "decode(encode(v)) = v, for records, tuples and the oracle", examine)
