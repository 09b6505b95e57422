"""Pictures of a live engine, as SVG: the dependency graph, the reclaim of an extent, the extents of a disk.

snapshot_of, Observer   live store → Snapshot
graph_picture           what waits for what, over tree and disk (the paper's Figure 2)
reclaim_picture         an extent is evacuated and reset, step by step (the paper's Figure 1)
extents_picture         every extent: owner, write pointer, live and dead bytes
draw_documentation      the pictures in docs/pictures
"""

from __future__ import annotations

from .documentation import draw_documentation
from .extents import extents_picture
from .graph import graph_picture
from .live import Observer, snapshot_of
from .reclaiming import reclaim_picture

__all__ = ["Observer", "draw_documentation", "extents_picture", "graph_picture", "reclaim_picture", "snapshot_of"]
