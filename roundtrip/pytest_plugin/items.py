"""The tests: one for each law and format, one for each kept file, one for the folder of kept files."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest

from formats.errors import ShardproofError

from ..laws import LAWS
from . import wording
from .evidence import Evidence
from .settings import slug

#: Names of the tests of kept files, and of the one for their folder.
KEPT: Final = "kept"
FOLDER: Final = "folder"
MARKER: Final = "shardproof"


class Test(pytest.Item):
    """One test of ours. It fails with words, and without a traceback."""

    def __init__(self, *, evidence: Evidence, keywords: tuple[str, ...] = (), **rest: Any) -> None:
        super().__init__(**rest)
        self.evidence = evidence
        self.extra_keyword_matches.update(keywords)
        self.add_marker(MARKER)

    def runtest(self) -> None:
        try:
            failure = self.failure()
        except ShardproofError as error:
            failure = str(error)
        if failure:
            pytest.fail(failure, pytrace=False)

    def failure(self) -> str:
        """What is wrong, for people; empty for nothing."""
        raise NotImplementedError

    def reportinfo(self) -> tuple[Path, None, str]:
        return self.path, None, self.nodeid


class LawTest(Test):
    """One law on one format. `index`: the format's number in the catalog."""

    def __init__(self, *, index: int, law: str, **rest: Any) -> None:
        super().__init__(keywords=(law,), **rest)
        self.index = index
        self.law = law

    def failure(self) -> str:
        result = self.evidence.law(self.index, self.law)
        return wording.of_law(result.format, self.law, result.findings) if result.findings else ""


class KeptTest(Test):
    """One kept file, with every reader and writer. `stem`: its path in the folder, without suffix."""

    def __init__(self, *, stem: str, **rest: Any) -> None:
        super().__init__(**rest)
        self.stem = stem

    def failure(self) -> str:
        findings = self.evidence.file_findings(self.stem)
        return wording.of_kept(f"kept file {self.stem}", findings) if findings else ""


class FolderTest(Test):
    """What no single file shows: strays, formats without files; that there is no folder is said, and no success."""

    def failure(self) -> str:
        if self.evidence.folder is None:
            name = self.evidence.catalog.name
            pytest.skip(f'no kept file was read: catalog {name} names no folder, as in Catalog(..., corpus="kept")')
        findings = list(self.evidence.folder_findings())
        return wording.of_kept("the folder of kept files", findings) if findings else ""


class Group(pytest.Collector):
    """Tests under one name: of a format, or of the kept files."""

    def __init__(self, *, evidence: Evidence, **rest: Any) -> None:
        super().__init__(**rest)
        self.evidence = evidence

    def collect(self) -> Iterator[pytest.Item | pytest.Collector]:
        raise NotImplementedError


class FormatGroup(Group):
    """The laws on one format. `index`: its number in the catalog."""

    def __init__(self, *, index: int, **rest: Any) -> None:
        super().__init__(**rest)
        self.index = index

    def collect(self) -> Iterator[pytest.Item]:
        for law in self.evidence.settings.laws:
            name = slug(LAWS[law].title)
            yield LawTest.from_parent(self, name=name, evidence=self.evidence, index=self.index, law=law)


class KeptGroup(Group):
    """The kept files."""

    def collect(self) -> Iterator[pytest.Item]:
        yield FolderTest.from_parent(self, name=FOLDER, evidence=self.evidence)
        for stem in self.evidence.kept:
            yield KeptTest.from_parent(self, name=stem, evidence=self.evidence, stem=stem)


class CatalogGroup(Group):
    """A catalog: its formats, then its kept files."""

    def collect(self) -> Iterator[pytest.Collector]:
        for index, entry in enumerate(self.evidence.catalog):
            yield FormatGroup.from_parent(self, name=entry.label, evidence=self.evidence, index=index)
        yield KeptGroup.from_parent(self, name=KEPT, evidence=self.evidence)
