"""Locks as objects: what was promised of each frozen version, and the formats made again from that alone."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from .. import fingerprint as canonical
from ..errors import LockRefused
from ..features import Feature
from ..layout import Blocks, Layout, Records
from .blocks import LAYOUT_OFFSET, LOCK_NAME, NEW_VERSION, Block, blocks_of, text_of
from .layouts import layout_of
from .rebuild import schema_of

if TYPE_CHECKING:
    from ..catalog import Format


@dataclass(frozen=True)
class Locked:
    """One frozen version. `since`: the release that froze it; sealed, feature and summary as in `Format`."""

    name: str
    version: int
    layout: Layout
    since: str
    summary: str = ""
    sealed: tuple[str, ...] | None = None
    feature: Feature | None = None

    @property
    def title(self) -> str:
        """Name and version for people."""
        return f"{self.name} {self.version}"

    @cached_property
    def layout_text(self) -> str:
        """The canonical text of the layout."""
        return canonical.layout_text(self.layout)

    @cached_property
    def fingerprint(self) -> str:
        """The fingerprint of the layout."""
        return canonical.fingerprint(self.layout)

    @property
    def shape(self) -> str:
        """Whether it is a frame, or a stream of records up to the end of the bytes."""
        return "stream" if isinstance(self.layout.root, Records | Blocks) else "frame"

    @cached_property
    def format(self) -> Format:
        """The format, made again from the layout: codec, oracle, byte map, generator. `RebuildRefused` where not.

        The checksum functions that the layout names are imported, so rebuild from locks that you trust like code.
        """
        from ..catalog import Format  # noqa: PLC0415  # the catalog reads our own lock when it is imported

        return Format(
            self.name,
            self.version,
            schema_of(self.layout),
            self.summary,
            sealed=self.sealed,
            frozen=self.fingerprint,
            feature=self.feature,
        )


@dataclass(frozen=True)
class Lock:
    """Frozen versions, sorted by name and version; `LockRefused` where two entries are of one."""

    entries: tuple[Locked, ...] = ()

    def __post_init__(self) -> None:
        ordered = tuple(sorted(self.entries, key=lambda entry: (entry.name, entry.version)))
        object.__setattr__(self, "entries", ordered)
        titles = [entry.title for entry in ordered]
        for title in titles:
            if titles.count(title) > 1:
                found = f"{titles.count(title)} of them"
                raise LockRefused(LOCK_NAME, 0, expected=f"one block of {title}", found=found, instead=NEW_VERSION)

    def __iter__(self) -> Iterator[Locked]:
        return iter(self.entries)

    def __len__(self) -> int:
        return len(self.entries)

    def get(self, name: str, version: int) -> Locked | None:
        """One version of a format, or None."""
        return next((entry for entry in self.entries if (entry.name, entry.version) == (name, version)), None)

    def formats(self) -> tuple[Format, ...]:
        """Every format, made again from its layout alone."""
        return tuple(entry.format for entry in self.entries)

    def extended(self, entries: Iterable[Locked]) -> Lock:
        """This lock and further versions; `LockRefused` where one of them is in it already."""
        return Lock((*self.entries, *entries))


def locked_of(entry: Format, *, since: str) -> Locked:
    """What a lock keeps of a format; `RebuildRefused` now where it could not be made again from that later."""
    name = f"{entry.name} {entry.version}"
    if not since:
        instead = "name the release that freezes it"
        raise LockRefused(name, 0, expected="a release in `since`", found="none", instead=instead)
    layout = layout_of(canonical.layout_text(entry.layout), source=name)
    schema_of(layout)
    return Locked(entry.name, entry.version, layout, since, entry.summary, entry.sealed, entry.feature)


def lock_of(catalog_formats: Iterable[Format], *, since: str) -> Lock:
    """A lock of these formats, all of them frozen by the release `since`."""
    return Lock(tuple(locked_of(entry, since=since) for entry in catalog_formats))


def write_lock(lock: Lock) -> str:
    """The text of a lock; its grammar is in `formats.locking.blocks`."""
    return text_of(tuple(block_of(entry) for entry in lock))


def read_lock(text: str, *, source: str = LOCK_NAME) -> Lock:
    """The lock of a text; `LockRefused` names `source` and the line where it is not as it should be."""
    return Lock(tuple(locked_of_block(block, source) for block in blocks_of(text, source)))


def block_of(entry: Locked) -> Block:
    """The block of an entry."""
    return Block(
        name=entry.name,
        version=entry.version,
        since=entry.since,
        summary=entry.summary,
        sealed=entry.sealed,
        shape=entry.shape,
        context=entry.layout.seed,
        feature=entry.feature,
        fingerprint=entry.fingerprint,
        layout_text=entry.layout_text,
    )


def locked_of_block(block: Block, source: str) -> Locked:
    """The entry of a block; refuses lines that say otherwise than the layout does."""
    layout = layout_of(block.layout_text, source=source, first_line=block.line + LAYOUT_OFFSET)
    entry = Locked(block.name, block.version, layout, block.since, block.summary, block.sealed, block.feature)
    for word, found, expected in (
        ("shape", block.shape, entry.shape),
        ("context", ",".join(block.context) or "none", ",".join(layout.seed) or "none"),
    ):
        if found != expected:
            raise LockRefused(
                source,
                block.line_of(word),
                expected=f"`{word} {expected}`, as the layout says",
                found=f"`{word} {found}`",
                instead=NEW_VERSION,
            )
    return entry
