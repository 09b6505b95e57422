"""The kept evidence: golden and rejected files, and what reads them."""

from .checks import Answer, Lanes, Reader, Writer
from .errors import PROBLEMS, CorpusError
from .features import exercised, possible, refused_for
from .golden import Regenerated, generate, regenerate
from .keeping import entry_of
from .regression import own_lanes, run, run_catalog
from .report import CorpusReport, Finding
from .sidecar import KINDS, Accepted, Location, Refused, Sidecar
from .store import Entry, Scan, add, folder_of, load, own_folder, scan, select, writable_folder

__all__ = [
    "KINDS",
    "PROBLEMS",
    "Accepted",
    "Answer",
    "CorpusError",
    "CorpusReport",
    "Entry",
    "Finding",
    "Lanes",
    "Location",
    "Reader",
    "Refused",
    "Regenerated",
    "Scan",
    "Sidecar",
    "Writer",
    "add",
    "entry_of",
    "exercised",
    "folder_of",
    "generate",
    "load",
    "own_folder",
    "own_lanes",
    "possible",
    "refused_for",
    "regenerate",
    "run",
    "run_catalog",
    "scan",
    "select",
    "writable_folder",
]
