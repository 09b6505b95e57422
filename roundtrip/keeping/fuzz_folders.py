"""Folders of other fuzzers: which files in them are inputs, and which are not.

AFL++ writes `queue/`, `crashes/` and `hangs/`, of one instance or of several side by side, with inputs named
`id:000003,src:000001,…` (`id_000003,…` where file systems refuse colons), beside `README.txt` and `.state/`. libFuzzer
writes one folder of inputs named by the SHA-1 of their contents, and `crash-…`, `oom-…`, `timeout-…`, `leak-…` and
`slow-unit-…` where it is told to; inputs that a person put there have names of any kind.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from ..commands.exits import NOTHING_TESTED, CommandError

Layout = Literal["aflplusplus", "libfuzzer"]
LAYOUTS: Final[tuple[Layout, ...]] = ("aflplusplus", "libfuzzer")
TOOLS: Final[dict[Layout, str]] = {"aflplusplus": "AFL++", "libfuzzer": "libFuzzer"}

QUEUE: Final = "queue"
#: Folders of AFL++ that hold inputs; it appends a date to one that it begins anew.
AFL_PARTS: Final = re.compile(r"(queue|crashes|hangs)(\.[\w:.-]+)?")
AFL_NAME: Final = re.compile(r"id[:_]\d{6}.*", re.DOTALL)
ARTIFACT: Final = re.compile(r"(crash|oom|timeout|leak|slow-unit|minimized-from)-[0-9a-f]{40}")
#: What fuzzers put beside inputs.
NO_INPUTS: Final = ("README.txt",)
DICTIONARY_SUFFIX: Final = ".dict"


@dataclass(frozen=True)
class Input:
    """One input of a fuzzer. part: queue, crashes, hangs, corpus, crash, …; name: its path from the folder down."""

    path: Path
    name: str
    layout: Layout
    part: str

    @property
    def origin(self) -> str:
        """Where it came from, as a sidecar says it: one line without anything that a terminal would obey."""
        name = "".join(one if one.isprintable() else "?" for one in self.name)
        return f"Imported from {TOOLS[self.layout]} ({self.part}): {name[:160]}"


@dataclass(frozen=True)
class Found:
    """What is in a folder: the inputs in the order of their names, and what was left aside, with the reason."""

    inputs: tuple[Input, ...]
    left: tuple[tuple[str, str], ...]


def inputs_of(folder: Path) -> Found:
    """Every input in a fuzzer's folder; `CommandError` where there is none."""
    if not folder.is_dir():
        found = "it is no folder" if folder.exists() else "there is no such folder"
        raise CommandError(f"{folder}: {found}; name the folder that AFL++ or libFuzzer writes to")
    left: list[tuple[str, str]] = []
    try:
        instances = [one for one in (folder, *sorted(folder.iterdir())) if (one / QUEUE).is_dir()]
        every = afl_inputs(folder, instances, left) if instances else flat_inputs(folder, folder, left)
        inputs = sorted(every, key=lambda one: one.name)
    except OSError as error:
        raise CommandError(f"{error.filename}: {error.strerror}") from error
    if not inputs:
        aside = f" beside {len(left)} other files" if left else ""
        raise CommandError(f"{folder}: there is no input in it{aside}; nothing to import", NOTHING_TESTED)
    return Found(tuple(inputs), tuple(sorted(left)))


def afl_inputs(folder: Path, instances: list[Path], left: list[tuple[str, str]]) -> Iterator[Input]:
    """The inputs of one or several instances of AFL++."""
    for instance in instances:
        for part in sorted(instance.iterdir()):
            if not part.is_dir() or part.is_symlink() or AFL_PARTS.fullmatch(part.name) is None:
                continue
            for path in sorted(part.iterdir()):
                name = path.relative_to(folder).as_posix()
                if reason := no_input(path):
                    left.append((name, reason))
                elif not path.is_dir():
                    yield Input(path, name, "aflplusplus", part.name.partition(".")[0])


def flat_inputs(folder: Path, top: Path, left: list[tuple[str, str]]) -> Iterator[Input]:
    """The inputs of libFuzzer, which reads folders within folders too; or of a queue alone."""
    for path in sorted(folder.iterdir()):
        name = path.relative_to(top).as_posix()
        if reason := no_input(path):
            left.append((name, reason))
        elif path.is_dir():
            yield from flat_inputs(path, top, left)
        elif AFL_NAME.fullmatch(path.name):
            yield Input(path, name, "aflplusplus", folder.name if AFL_PARTS.fullmatch(folder.name) else QUEUE)
        else:
            artifact = ARTIFACT.fullmatch(path.name)
            yield Input(path, name, "libfuzzer", artifact[1] if artifact else "corpus")


def no_input(path: Path) -> str:
    """Why something in a folder is no input; empty where it may be one, or holds some."""
    if path.name.startswith("."):
        return "the fuzzer's own notes"
    if path.name in NO_INPUTS or path.suffix == DICTIONARY_SUFFIX:
        return "not an input"
    if path.is_dir():
        return "a link to a folder" if path.is_symlink() else ""
    return "" if path.is_file() else "no regular file"
