"""Models in the place of real parts: what engine code calls beside what the model is about, answered in one line."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.dependency import Dependency
from engine.frames import FRAME_OVERHEAD

from .index import IndexModel
from .store import StoreModel

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from engine.dependency import GraphNode
    from engine.locator import Entry


class IndexMock(IndexModel):
    """The model in the place of an `Index`, for `Reclamation` and for the calls of `Store`.

    pointers: the nodes that must be persistent, beside the chunks, for an entry to be so.
    """

    runs = ()
    maximum = 2**31

    def __init__(self, pointers: Callable[[], tuple[GraphNode, ...]] = tuple) -> None:
        super().__init__()
        self._pointers = pointers
        #: No memtable that could be full, no cache of pages; the live bytes are counted anew each time.
        self.active = self.cache = self.live = self

    def insert(self, key: bytes, entry: Entry, nodes: tuple[GraphNode, ...]) -> Dependency:
        """As the model, after the pointers."""
        return super().insert(key, entry, (*nodes, *self._pointers()))

    newest_in_memory = IndexModel.find

    def of(self, extent: int) -> int:
        """Live bytes of an extent, frames included."""
        return sum(
            locator[3] + len(key) + FRAME_OVERHEAD
            for key, entry in self.entries.items()
            for locator in entry
            if locator[0] == extent
        )

    def is_full(self) -> bool:
        """Never."""
        return False

    def nothing(self, _extent: int = -1) -> None:
        """Nothing to do."""

    drain = forget = count_live = account = nothing


class StoreMock(StoreModel):
    """The model in the place of a `Store`, for `Node`: every change is persistent at once."""

    def put(  # type: ignore[override]
        self,
        key: bytes,
        value: bytes,
        *,
        durable: bool = False,  # noqa: ARG002  # every change is
        checksum: int | None = None,  # noqa: ARG002  # a dictionary keeps what it is given
    ) -> Dependency:
        """See `Store.put`."""
        super().put(key, value)
        return Dependency()

    def delete(self, key: bytes, *, durable: bool = False) -> Dependency:  # type: ignore[override]  # noqa: ARG002
        """See `Store.delete`."""
        super().delete(key)
        return Dependency()

    def put_many(self, items: Iterable[tuple[bytes, bytes]]) -> Dependency:
        """See `Store.put_many`."""
        self.values.update(items)
        return Dependency()

    def abandon(self) -> None:
        """Nothing: there is nothing to lose."""
