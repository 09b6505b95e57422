"""The engines that search by themselves: coverage-guided (where it is installed) and Hypothesis."""

from __future__ import annotations

import hashlib
import os
import time
from pathlib import Path
from typing import Any

import pytest

from formats.catalog import CATALOG, Format
from formats.codec import Codec
from roundtrip.fuzzing import guided
from roundtrip.fuzzing.engines import FOUND, INPUTS, TIME, EngineFailed, Log
from roundtrip.fuzzing.failure import ENDS, LIVES, Failure
from roundtrip.fuzzing.findings.staleness import stale_checksums
from roundtrip.fuzzing.frames import Seed
from roundtrip.fuzzing.guided import Limits, NoFuzzer, run_atheris
from roundtrip.fuzzing.guided_child import GuidedChild, functions
from roundtrip.fuzzing.hypothesis_engine import Searching, run_hypothesis
from roundtrip.fuzzing.judging import again
from roundtrip.fuzzing.seeds import generated_seeds
from roundtrip.fuzzing.target import Target, target_of
from roundtrip.mutants import mutant_named
from roundtrip.mutants.planting import from_behaviour

needs_atheris = pytest.mark.skipif(
    not guided.is_available(), reason="not run: atheris is not installed (pip install 'shardproof[fuzz]')"
)
#: Planted bugs of every part of a codec that both engines find among few inputs.
BUGS = ("length-one-short", "unchecked-seal", "renumbered-enum", "tuple-path-swapped", "reference-loses-a-field")


def planted(name: str) -> Target:
    bug = mutant_named(name)
    entry = CATALOG.labelled(bug.format)
    return target_of(entry, bug.plant(entry))


def seeds_of(target: Target) -> tuple[Seed, ...]:
    return generated_seeds(target.format)[:3]


def chunk() -> Format:
    return CATALOG.labelled("chunk")


def test_without_the_fuzzer_the_error_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(guided, "find_spec", lambda _name: None)
    with pytest.raises(NoFuzzer, match=r"pip install 'shardproof\[fuzz\]'"):
        run_atheris(target_of(chunk()), (), 1, tmp_path)


def test_seeds_are_kept_under_the_names_of_libfuzzer_and_sealed_for_the_target(tmp_path: Path) -> None:
    target = target_of(chunk())
    longest = guided.keep_seeds(target, seeds_of(target), tmp_path)
    files = [path.read_bytes() for path in sorted(tmp_path.iterdir())]
    names = sorted(path.name for path in tmp_path.iterdir())
    assert sorted(hashlib.sha1(data, usedforsecurity=False).hexdigest() for data in files) == names
    assert longest == max(map(len, files))
    assert all(target.codec.probe(data, target.seed) is not None for data in files)
    assert all(not stale_checksums(target.format.oracle, data, target.seed) for data in files)


def test_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(EngineFailed, match="name a folder that can be written"):
        guided.keep_seeds(target_of(chunk()), (), tmp_path / "file")
    with pytest.raises(EngineFailed, match="name a folder that can be written"):
        run_hypothesis(target_of(chunk()), 1, tmp_path / "file")


def test_planted_decoders_are_instrumented_too() -> None:
    target = planted("trailing-bytes-accepted")
    names = [function.__qualname__ for function in functions(target, with_oracle=False)]
    assert any("prefix_probe" in name for name in names)
    assert len(functions(target, with_oracle=True)) > len(names) + 20


def test_log_keeps_the_smallest_of_each_sort() -> None:
    told: list[int] = []
    log = Log(lambda inputs, _failure: told.append(inputs))
    long, short = (Failure("f", "l", "", "", "w", "d", data, target_of(chunk()).place) for data in (b"12", b"1"))
    assert [log.add(one, number) for number, one in enumerate((long, short, long))] == [True, True, False]
    assert (tuple(log.failures.values()), log.found, told) == ((short,), 3, [0, 1])


@needs_atheris
@pytest.mark.parametrize("name", BUGS)
def test_guided_engine_finds_planted_bug(name: str, tmp_path: Path) -> None:
    target = planted(name)
    result = run_atheris(target, seeds_of(target), 30, tmp_path, until_found=True)
    (failure,) = result.failures
    assert result.ended == FOUND
    assert again(target, failure, failure.data) is not None


@needs_atheris
def test_guided_engine_finds_nothing_in_a_right_codec_and_goes_on_from_its_folder(tmp_path: Path) -> None:
    target = target_of(chunk())
    told: list[int] = []
    first = run_atheris(
        target, seeds_of(target), 60, tmp_path, lambda inputs, _failure: told.append(inputs), inputs=3000
    )
    assert (first.failures, first.ended, first.inputs) == ((), INPUTS, 3000)
    assert 0 < first.judged <= first.inputs
    assert told
    again_from_there = run_atheris(target, (), 60, tmp_path, inputs=500)
    assert again_from_there.kept >= first.kept > 3
    assert again_from_there.inputs == 500


@needs_atheris
@pytest.mark.parametrize(("does", "law"), [("hang", ENDS), ("die", LIVES)])
def test_guided_engine_names_an_input_that_is_not_survived(does: str, law: str, tmp_path: Path) -> None:
    def wrap(_codec: Codec) -> dict[str, Any]:
        def probe(data: bytes, _seed: int = 0) -> None:
            if data[:4] == b"evil":
                os.abort() if does == "die" else time.sleep(60)

        return {"probe": probe}

    target = target_of(chunk(), from_behaviour(wrap)(chunk()))
    seeds = [Seed(b"evil input", target.place)]
    result = run_atheris(target, seeds, 3, tmp_path, limits=Limits(input_seconds=1), until_found=True)
    (failure,) = result.failures
    assert (failure.law, failure.data[:4]) == (law, b"evil")


@needs_atheris
def test_guided_engine_leaves_nothing_running_after_ctrl_c(tmp_path: Path) -> None:
    def interrupt(_inputs: int, _failure: Failure | None) -> None:
        raise KeyboardInterrupt

    target = target_of(chunk())
    with pytest.raises(KeyboardInterrupt):
        run_atheris(target, seeds_of(target), 30, tmp_path, interrupt)
    with pytest.raises(ChildProcessError):
        os.waitpid(-1, os.WNOHANG)


@needs_atheris
def test_guided_engine_says_that_it_broke(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def broken(_self: GuidedChild, _data: bytes) -> None:
        raise ZeroDivisionError("of ours")

    monkeypatch.setattr(GuidedChild, "run", broken)
    with pytest.raises(EngineFailed, match=r"(?s)a bug of ours.*ZeroDivisionError: of ours"):
        run_atheris(target_of(chunk()), (), 10, tmp_path)


@pytest.mark.parametrize("name", BUGS)
def test_hypothesis_engine_finds_planted_bug(name: str, tmp_path: Path) -> None:
    target = planted(name)
    result = run_hypothesis(target, 60, tmp_path, until_found=True)
    (failure,) = result.failures
    assert result.ended == FOUND
    assert again(target, failure, failure.data) is not None


def test_hypothesis_engine_tries_first_what_it_found_before(tmp_path: Path) -> None:
    target = planted("unchecked-seal")
    first = run_hypothesis(target, 60, tmp_path, until_found=True)
    second = run_hypothesis(target, 60, tmp_path, until_found=True, seed=99)
    assert first.kept > 0
    assert second.inputs <= 5
    assert {one.sort() for one in second.failures} == {one.sort() for one in first.failures}


def test_hypothesis_engine_goes_on_behind_a_finding_and_repeats_itself(tmp_path: Path) -> None:
    target = planted("length-one-short")
    first = run_hypothesis(target, 60, tmp_path / "one", inputs=60)
    second = run_hypothesis(target, 60, tmp_path / "two", inputs=60)
    assert (first.ended, first.inputs) == (INPUTS, 60)
    assert len(first.failures) > 1
    assert first.failures == second.failures


def test_hypothesis_engine_stops_in_time_and_finds_nothing_in_a_right_codec(tmp_path: Path) -> None:
    result = run_hypothesis(target_of(chunk()), 0.5, tmp_path)
    assert (result.failures, result.ended) == ((), TIME)
    assert 0 < result.accepted < result.inputs
    assert result.seconds < 5


def test_hypothesis_engine_takes_a_codec_that_remembers_for_broken_not_flaky(tmp_path: Path) -> None:
    calls = []

    def wrap(codec: Codec) -> dict[str, Any]:
        def probe(data: bytes, seed: int = 0) -> Any:
            calls.append(data)
            if len(calls) % 5 == 3:
                raise IndexError
            return codec.probe(data, seed)

        return {"probe": probe}

    target = target_of(chunk(), from_behaviour(wrap)(chunk()))
    result = run_hypothesis(target, 60, tmp_path, inputs=40)
    assert "typed errors" in {failure.law for failure in result.failures}
    assert result.ended == INPUTS


def test_hypothesis_engine_says_that_it_broke(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def broken(_self: Searching, _data: bytes) -> None:
        raise ZeroDivisionError("of ours")

    monkeypatch.setattr(Searching, "judge", broken)
    with pytest.raises(EngineFailed, match="a bug of ours"):
        run_hypothesis(target_of(chunk()), 10, tmp_path)
