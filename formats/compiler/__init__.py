"""The schema compiler: from a layout tree to readable, typed Python."""

from __future__ import annotations

from .module import generate, load

__all__ = ["generate", "load"]
