"""What the tests of one catalog share in one process: the laws' plan and the readers, each made when first needed."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from functools import cached_property
from importlib.resources.abc import Traversable

from corpus.errors import PROBLEMS, CorpusError
from corpus.regression import COMMAND, Looking, missing
from corpus.report import Finding as KeptFinding
from corpus.store import DATA, SIDECAR, folder_of, read, scan, walk

from ..check import Plan, address, plan_of, replayed_budget
from ..findings import Origin
from ..keeping.readers import lanes_of
from ..laws import LawResult, budget_for
from .settings import Named, Settings


class Evidence:
    """One catalog, and all that can be tested of it."""

    def __init__(self, named: Named, settings: Settings) -> None:
        self.catalog = named.catalog
        self.settings = settings
        self._origin = Origin(settings.seed, named.name, budget_seconds=replayed_budget(settings.budget_seconds))
        self._command = f"{COMMAND} --catalog {shlex.quote(named.name)}"

    @cached_property
    def plan(self) -> Plan:
        """The laws' plan, with sample frames of every format."""
        budget = budget_for(self.settings.budget_seconds, len(self.catalog))
        return plan_of(self.catalog, seed=self.settings.seed, budget=budget, laws=self.settings.laws)

    def law(self, index: int, law: str) -> LawResult:
        """Try one law on the format of this number in the catalog; every finding ends in its command."""
        return address(self.plan.run(index, law), self._origin)

    @cached_property
    def folder(self) -> Traversable | None:
        """The folder of kept files; None where the catalog names none."""
        try:
            return folder_of(self.catalog)
        except CorpusError:
            return None

    @cached_property
    def files(self) -> dict[str, Traversable]:
        """Every file in the folder by its path from there; what cannot be read, `folder_findings` names."""
        return dict(walk(self.folder, [])) if self.folder is not None and self.folder.is_dir() else {}

    @cached_property
    def kept(self) -> tuple[str, ...]:
        """Every kept file as its path without suffix, also where a part of it is lacking."""
        return tuple(sorted({path.rpartition(".")[0] for path in self.files if path.endswith((DATA, SIDECAR))}))

    @cached_property
    def _looking(self) -> Looking:
        return Looking(self.catalog, lanes_of, self._command)

    def file_findings(self, stem: str) -> tuple[KeptFinding, ...]:
        """What is wrong with one kept file: with itself, or with what any reader or writer says of it."""
        problems: list[CorpusError] = []
        entry = read(stem, self.files, self.catalog, problems)
        if entry is None:
            return tuple(self._of_folder(problem) for problem in problems)
        tally = self._looking(entry)
        return tuple(tally.findings)

    def folder_findings(self) -> Iterator[KeptFinding]:
        """What is wrong with the folder as a whole: strays, formats without a kind of file, no file at all."""
        assert self.folder is not None
        found = scan(self.folder, self.catalog)
        for problem in (*found.problems, *missing(found, self.catalog)):
            if not self._is_of_a_file(problem):
                yield self._of_folder(problem)
        if not self.kept and not found.problems:
            path = str(self.folder)
            yield KeptFinding("nothing", path, "", "at least one kept file", "none: nothing was tested", self._command)

    def _is_of_a_file(self, problem: CorpusError) -> bool:
        """Whether the test of a file tells of this problem: its own, or that no file of its like is whole."""
        stem = problem.path.rpartition(".")[0]
        unread = problem.problem == "missing" and any(one.startswith(f"{problem.path}/") for one in self.kept)
        return stem in self.kept or unread

    def _of_folder(self, problem: CorpusError) -> KeptFinding:
        found = f"{problem.found} ({PROBLEMS[problem.problem]}); {problem.instead}"
        return KeptFinding("corpus", problem.path, "", problem.expected, found, self._command)
