"""The kept evidence: files that must be read and files that must be refused, and what reads them."""

from .checks import Answer, Lanes, Reader, Writer
from .entries import Entry, annotated
from .errors import PROBLEMS, CorpusError
from .features import exercised, possible, refused_for
from .golden import Regenerated, generate, regenerate
from .keeping import entry_of
from .kinds import KINDS, Kind, demanded
from .regression import own_lanes, run, run_catalog
from .report import CorpusReport, Finding, Outcome
from .sidecar import Accepted, Location, Refused, RefusedBy, Sidecar
from .store import Scan, add, folder_of, load, own_folder, scan, select, writable_folder

__all__ = [
    "KINDS",
    "PROBLEMS",
    "Accepted",
    "Answer",
    "CorpusError",
    "CorpusReport",
    "Entry",
    "Finding",
    "Kind",
    "Lanes",
    "Location",
    "Outcome",
    "Reader",
    "Refused",
    "RefusedBy",
    "Regenerated",
    "Scan",
    "Sidecar",
    "Writer",
    "add",
    "annotated",
    "demanded",
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
