"""Coverage of the engine by histories: which of its functions, lines and branches ran, and which never did.

A trace function watches the frames of the engine, one line after the other. That is slow, some tens of histories a
second; it is meant for one look, not for volume.
"""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import msgspec

import engine
from roundtrip.compiled.loading import refuse_compiled
from roundtrip.histories.drivers import history_of
from roundtrip.histories.presets import preset_named

from .executable import functions_of
from .volume import CountingSession, collecting_seldom

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import CodeType, FrameType

    from roundtrip.histories.operations import Operation

HISTORIES: Final = 100
FOLDER: Final = Path(engine.__file__ or "").parent


class ModuleCoverage(msgspec.Struct, frozen=True, kw_only=True):
    """One module of the engine. `never_run`: functions, by name; `missed_lines`, `missed_branches`: in the others."""

    module: str
    lines: int
    lines_run: int
    branches: int
    branches_run: int
    functions: int
    never_run: tuple[str, ...]
    missed_lines: tuple[int, ...]
    missed_branches: tuple[tuple[int, int], ...]


class Coverage(msgspec.Struct, frozen=True, kw_only=True):
    """What histories ran. `counts`: operations by verb; `survivals`: what power failures left, by kind."""

    preset: str
    seed: int
    histories: int
    failed: int
    counts: dict[str, int]
    survivals: dict[str, int]
    modules: tuple[ModuleCoverage, ...]


class Tracer:
    """Collects the lines that run, and from which line to which, of all code below a folder."""

    def __init__(self, folder: Path) -> None:
        self.prefix = str(folder)
        #: File -> pairs of lines; the first of a call comes from line 0.
        self.arcs: dict[str, set[tuple[int, int]]] = {}
        self._is_ours: dict[CodeType, bool] = {}

    def __call__(self, frame: FrameType, event: str, _argument: Any) -> Any:
        """See `sys.settrace`."""
        code = frame.f_code
        is_ours = self._is_ours.get(code)
        if is_ours is None:
            is_ours = self._is_ours[code] = code.co_filename.startswith(self.prefix)
        if not is_ours or event != "call":
            return None
        add = self.arcs.setdefault(code.co_filename, set()).add
        line = 0

        def trace_lines(frame: FrameType, event: str, _argument: Any) -> Any:
            nonlocal line
            if event == "line":
                add((line, frame.f_lineno))
                line = frame.f_lineno
            return trace_lines

        return trace_lines

    def run(self, call: Callable[[], object]) -> None:
        """Call something under the tracer."""
        former = sys.gettrace()
        sys.settrace(self)
        try:
            call()
        finally:
            sys.settrace(former)


def cover(
    preset: str, seed: int, histories: int = HISTORIES, watch: Callable[[int, int, str], None] | None = None
) -> Coverage:
    """Trace so many histories without power failures, and as many with them.

    Raises `UnknownPreset`, and `NotCompiled` where the engine is compiled.
    """
    refuse_compiled("tracing lines")
    chosen = preset_named(preset)
    tracer = Tracer(FOLDER)
    verbs: Counter[type[Operation]] = Counter()
    survivals: Counter[str] = Counter()
    failed = 0
    with collecting_seldom():
        for number in range(2 * histories):
            history = history_of(seed, number // 2, preset, crashes=bool(number % 2))
            verbs.update(map(type, history.operations))

            def run_one() -> None:
                session = CountingSession(chosen, history.placement, set(), survivals)  # noqa: B023  # called at once
                session.run(history.operations)  # noqa: B023  # likewise

            try:
                tracer.run(run_one)
            except Exception:  # noqa: BLE001  # what fails is for a run without the tracer to report
                failed += 1
            if watch is not None:
                watch(number + 1, 2 * histories, "traced")
    return Coverage(
        preset=preset,
        seed=seed,
        histories=2 * histories,
        failed=failed,
        counts={kind.verb: count for kind, count in verbs.most_common()},
        survivals=dict(survivals.most_common()),
        modules=tuple(
            module_coverage(path, tracer.arcs.get(str(path), set()))
            for path in sorted(FOLDER.glob("*.py"))
            if functions_of(path)
        ),
    )


def module_coverage(path: Path, arcs: set[tuple[int, int]]) -> ModuleCoverage:
    """What of one file ran."""
    lines_run = {line for _, line in arcs}
    functions = functions_of(path)
    lines = {line for function in functions for line in function.lines}
    branches = {branch for function in functions for branch in function.branches}
    never = [function for function in functions if not function.lines & lines_run]
    silent = {line for function in never for line in function.lines}
    return ModuleCoverage(
        module=f"engine/{path.name}",
        lines=len(lines),
        lines_run=len(lines & lines_run),
        branches=len(branches),
        branches_run=len(branches & arcs),
        functions=len(functions),
        never_run=tuple(function.name for function in never),
        missed_lines=tuple(sorted(lines - lines_run - silent)),
        missed_branches=tuple(sorted(branch for branch in branches - arcs if branch[0] in lines_run)),
    )
