"""The exercise finds no difference in the engine, and finds the bugs that are planted in stores that lie."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Any

import pytest

from engine import Dependency, Store
from engine.errors import ChunkRotten, StoreFull
from engine.scrub import ScrubReport
from roundtrip.command import run
from roundtrip.exercise import Exercise, ExerciseReport
from roundtrip.exercise_load import PRESETS, InMemory, Load, OnDisk

TINY = PRESETS["tiny"]


def exercised(seed: int, operations: int, store_class: type[Store] = Store, path: Path | None = None) -> ExerciseReport:
    place = InMemory(TINY, seed, store_class) if path is None else OnDisk(str(path), TINY, store_class)
    return Exercise(place, TINY, Load(TINY, TINY.keys, seed), seed=seed, command="again").run(operations)


@pytest.mark.parametrize("number", range(2))
def test_engine_answers_like_a_dictionary_in_memory(seed: int, number: int) -> None:
    report = exercised(seed + number, 5000)
    assert report.finding is None
    assert {"reclaim", "compact", "reopen", "scrub", "put_many", "read_only"} <= set(report.counts)
    assert report.operations == 5000


def test_engine_answers_like_a_dictionary_on_a_disk_with_its_thread(seed: int, tmp_path: Path) -> None:
    assert exercised(seed, 3000, path=tmp_path / "store").finding is None


@pytest.mark.slow
def test_engine_answers_like_a_dictionary_with_larger_extents(seed: int) -> None:
    small = PRESETS["small"]
    exercise = Exercise(InMemory(small, seed), small, Load(small, small.keys, seed), seed=seed, command="again")
    assert exercise.run(10_000).finding is None


def test_a_run_in_memory_repeats_itself(seed: int) -> None:
    one, other = exercised(seed, 2000), exercised(seed, 2000)
    assert (one.counts, one.put_bytes, one.keys) == (other.counts, other.put_bytes, other.keys)


class Forgets(Store):
    """Its get forgets what was put a while ago."""

    asked = 0

    def get(self, key: bytes) -> bytes | None:
        self.asked += 1
        return None if self.asked % 50 == 0 else super().get(key)


class Garbles(Store):
    """Its get now and then flips a bit."""

    asked = 0

    def get(self, key: bytes) -> bytes | None:
        self.asked += 1
        value = super().get(key)
        return value if not value or self.asked % 50 else value[:-1] + bytes([value[-1] ^ 1])


class LosesDeletes(Store):
    """Every twentieth delete does nothing."""

    deleted = 0

    def delete(self, key: bytes, *, durable: bool = False) -> Dependency:
        self.deleted += 1
        return super().delete(key, durable=durable) if self.deleted % 20 else Dependency()


class Resurrects(Store):
    """Its compaction brings back the last key that was deleted."""

    victim: tuple[bytes, bytes] | None = None

    def delete(self, key: bytes, *, durable: bool = False) -> Dependency:
        value = super().get(key)
        if value is not None:
            self.victim = key, value
        return super().delete(key, durable=durable)

    def compact(self) -> Dependency:
        if self.victim is not None:
            self.put(*self.victim)
        return super().compact()


class DropsTheLastOfMany(Store):
    """Its put_many loses the last item of a long batch."""

    def put_many(self, items: Any, *, durable: bool = False, checksums: Any = None) -> Dependency:
        listed = list(items)
        return super().put_many(listed[:-1] if len(listed) > 60 else listed, durable=durable, checksums=checksums)


class ScansTooShort(Store):
    """Its scan ends before the last key."""

    def scan(self, start: bytes = b"", end: bytes | None = None, prefix: bytes = b"") -> Any:
        return iter(list(super().scan(start, end, prefix))[:100])


class ForgetsAtClose(Store):
    """Its close does not make the memtable persistent."""

    def close(self) -> None:
        self.abandon()


class IsRotten(Store):
    """Its scrub finds damage."""

    def scrub(self, progress: Any = None) -> ScrubReport:  # noqa: ARG002  # the signature of what it replaces
        damage = ChunkRotten("chunk", extent=9, generation=1, offset=64, key=b"hurt")
        return ScrubReport(0, 0, 0, 0, 0, (damage,), {}, {})


class RefusesAndReplaces(Store):
    """It says that it is full, and has replaced the value."""

    puts = 0

    def put(self, key: bytes, value: Any, *, durable: bool = False, checksum: int | None = None) -> Dependency:
        self.puts += 1
        dependency = super().put(key, value, durable=durable, checksum=checksum)
        if self.puts % 50 == 0:
            raise StoreFull("no room")
        return dependency


class Raises(Store):
    """It has a bug."""

    asked = 0

    def get(self, key: bytes) -> bytes | None:
        self.asked += 1
        assert self.asked < 100, "planted"
        return super().get(key)


PLANTED = (
    Forgets,
    Garbles,
    LosesDeletes,
    Resurrects,
    DropsTheLastOfMany,
    ScansTooShort,
    ForgetsAtClose,
    IsRotten,
    RefusesAndReplaces,
    Raises,
)


@pytest.mark.parametrize("store_class", PLANTED, ids=lambda planted: planted.__name__)
def test_a_store_that_lies_is_found_out(seed: int, store_class: type[Store]) -> None:
    finding = exercised(seed, 6000, store_class).finding
    assert finding is not None
    assert finding.expected != finding.found
    assert finding.command == f"again --operations {finding.operation}"


def test_a_finding_comes_again_at_the_same_operation(seed: int) -> None:
    first = exercised(seed, 6000, Forgets).finding
    assert first is not None
    again = exercised(seed, first.operation, Forgets).finding
    assert again is not None
    assert (again.operation, again.key, again.found) == (first.operation, first.key, first.found)


def test_exercise_command_prints_the_seed_first(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["store", "exercise", "--memory", "--preset", "tiny", "--operations", "600", "--seed", "7"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "seed 7"
    assert lines[-1].endswith("no difference")


def test_exercise_command_names_the_difference_and_the_command_that_repeats_it(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Store, "contains", lambda _store, _key: True)
    monkeypatch.setattr(Store, "__contains__", lambda _store, _key: True)
    words = ["store", "exercise", "--memory", "--preset", "tiny", "--seed", "7"]
    assert run(words) == 1
    text = capsys.readouterr().out
    again = next(line for line in text.splitlines() if line.startswith("  again ")).removeprefix("  again").split()
    assert again[0] == "shardproof"
    assert run(shlex.split(" ".join(again[1:]))) == 1
    assert capsys.readouterr().out.splitlines()[-6:-1] == text.splitlines()[-6:-1]


def test_exercise_command_stops_when_the_time_is_over(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["store", "exercise", "--memory", "--preset", "tiny", "--budget", "300ms"]) == 0
    assert "no difference" in capsys.readouterr().out
