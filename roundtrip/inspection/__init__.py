"""Inspection: any file, sound or damaged, as named fields; never more memory than a few times one frame."""

from .frames import Context
from .rendering import Rendering
from .report import Field, Frame, Stretch, Summary
from .scan import scan
from .sidecars import Beside, beside
from .sources import display_name, open_source

__all__ = [
    "Beside",
    "Context",
    "Field",
    "Frame",
    "Rendering",
    "Stretch",
    "Summary",
    "beside",
    "display_name",
    "open_source",
    "scan",
]
