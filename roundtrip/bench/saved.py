"""Saved runs: one JSON file each, compared by ratios, benchmark by benchmark.

Microseconds of another day or machine say little, so a run is compared by how long a lane takes in units of its
yardstick. A benchmark counts as slower only where its median ratio has grown beyond its own limit *and* the middle
halves of the two measurements do not touch. Limits stand in the saved file under `limits`, to be edited there; saving
again keeps them. A baseline that does not exist yet is said to be so, and is no error.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final

from formats.errors import ShardproofError

from .figures import Ratio, yardsticks
from .thresholds import CHANGE_MAXIMUM

VERSION: Final = 1
SUFFIX: Final = ".json"


@dataclass(frozen=True)
class Change:
    """One benchmark against the saved run; change: the growth of its ratio as a factor; ok: None where not judged."""

    format: str
    operation: str
    lane: str
    against: str
    before: float
    now: float
    change: float
    threshold: float
    ok: bool | None


@dataclass(frozen=True)
class Comparison:
    """This run against a saved one. found: whether there is one; missing: benchmarks that it has and this has not."""

    name: str
    file: str
    found: bool
    changes: tuple[Change, ...] = ()
    new: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    note: str = field(default="")

    @property
    def ok(self) -> bool:
        """Nothing has become slower."""
        return all(change.ok is not False for change in self.changes)

    def as_dict(self) -> dict[str, Any]:
        """The JSON form."""
        return {**asdict(self), "ok": self.ok}


def file_of(name: str, folder: Path) -> Path:
    """Where a run of that name is kept: a path where it looks like one, else a file in the folder."""
    if name.endswith(SUFFIX) or "/" in name:
        return Path(name)
    return folder / f"{name}{SUFFIX}"


def save(path: Path, run: dict[str, Any], ratios: list[Ratio]) -> None:
    """Keep a run; limits that were edited in the file stay."""
    limits = dict.fromkeys(yardsticks(ratios), CHANGE_MAXIMUM)
    if path.exists():
        limits.update(limits_in(load(path)))
    kept = {"version": VERSION, "limits": limits, **run}
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = path.with_name(path.name + ".new")
        temporary.write_text(json.dumps(kept, indent=2) + "\n", encoding="utf-8")
        temporary.replace(path)
    except OSError as error:
        raise ShardproofError(f"the run cannot be saved to {path}: {error.strerror}") from None


def load(path: Path) -> dict[str, Any]:
    """A saved run; `ShardproofError` where the file is none."""
    try:
        run = json.loads(path.read_text(encoding="utf-8"))
        ratios_in(run)
        limits_in(run)
    except OSError as error:
        raise ShardproofError(f"the saved run {path} cannot be read: {error.strerror}") from None
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ShardproofError(f"{path} is not a saved run of `shardproof bench codecs`: {error}") from None
    assert isinstance(run, dict)
    return run


def limits_in(run: Any) -> dict[str, float]:
    """The limits of a saved run, by benchmark and lane."""
    if run["version"] != VERSION:
        raise ValueError(f"expected version {VERSION}, found {run['version']!r}")
    return {str(key): float(limit) for key, limit in run["limits"].items()}


def ratios_in(run: Any) -> list[Ratio]:
    """The ratios of a saved run."""
    return [
        Ratio(
            label_of(row),
            row["operation"],
            row["lane"],
            row["against"],
            float(row["ratio"]),
            float(row["low"]),
            float(row["high"]),
        )
        for row in run["ratios"]
    ]


def label_of(row: Any) -> str:
    """The label of the format that a row is about; runs that were saved before version 2 name no version."""
    name = f"{row['format']}.{row['structure']}" if row["structure"] else str(row["format"])
    version = row.get("version", 1)
    return name if version == 1 else f"{name}@{version}"


def compare(name: str, path: Path, ratios: list[Ratio], *, judged: bool = True) -> Comparison:
    """This run's ratios against those of a saved one."""
    if not path.exists():
        return Comparison(name, str(path), found=False, note=f"no baseline yet: --save {name} makes one")
    run = load(path)
    before, now, limits = yardsticks(ratios_in(run)), yardsticks(ratios), limits_in(run)
    changes = tuple(
        change_of(before[key], now[key], limits.get(key, CHANGE_MAXIMUM), judged=judged)
        for key in now
        if key in before and before[key].against == now[key].against
    )
    new, missing = (tuple(key for key in some if key not in others) for some, others in ((now, before), (before, now)))
    return Comparison(name, str(path), found=True, changes=changes, new=new, missing=missing)


def change_of(before: Ratio, now: Ratio, limit: float, *, judged: bool = True) -> Change:
    """One benchmark then and now."""
    change = now.ratio / before.ratio
    ok = (change <= limit or now.low <= before.high) if judged else None
    return Change(now.format, now.operation, now.lane, now.against, before.ratio, now.ratio, change, limit, ok)
