"""What the codecs are measured beside: one file for each peer, imported only where its package is installed.

A peer module has PACKAGE (what `import` must find), LANES (the lanes that it adds) and `contenders(sample)`, which
raises `NotComparable` where it cannot stand beside the others. Nothing is timed before `proof` has seen it give equal
values.
"""

from .contender import Call, Contender, NotComparable
from .registry import PEERS, Peer

__all__ = ["PEERS", "Call", "Contender", "NotComparable", "Peer"]
