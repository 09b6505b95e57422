"""The storage engine: a ShardStore that keeps real data on real files.

with Store.create("store") as store:
    store.put(b"key", b"value", durable=True)
"""

from __future__ import annotations

from .config import Limits, Shape
from .dependency import Dependency
from .node import Node
from .store import Store

__all__ = ["Dependency", "Limits", "Node", "Shape", "Store"]
