"""What the codecs cost, beside their peers: `shardproof bench codecs`."""

from .report import BenchReport
from .runner import run

__all__ = ["BenchReport", "run"]
