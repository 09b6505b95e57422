"""What can be wrong with a folder of kept files."""

from __future__ import annotations

from typing import Final

from formats.errors import ShardproofError

#: Problem -> what it means.
PROBLEMS: Final[dict[str, str]] = {
    "folder": "the folder is not there, or cannot be read",
    "stray": "a file that is neither data nor a sidecar, or stands where no kept file belongs",
    "unreadable": "it is there and cannot be read",
    "unwritable": "it cannot be written",
    "huge": "it is larger than any file that is kept",
    "annotation": "the annotated text is of other bytes",
    "orphan_data": "data without a sidecar: nobody knows what it should prove",
    "orphan_sidecar": "a sidecar without its data",
    "sidecar": "the sidecar cannot be read, or contradicts itself",
    "size": "the data has another size than the sidecar says",
    "hash": "the data is not what was kept",
    "misfiled": "the file does not stand where kind, format, version and hash say",
    "unknown_format": "the catalog has no such format or version",
    "fingerprint": "the layout has changed since the file was written",
    "place": "the format is seeded with a place and the sidecar names none",
    "missing": "a format without a file of this kind proves nothing",
    "conflict": "the same bytes are kept already, for another reason",
    "frozen": "a file of a frozen version would change or vanish",
    "claim": "the file does not do what is claimed of it",
    "selection": "no kept file matches",
}


class CorpusError(ShardproofError):
    """A folder of kept files is not what it should be.

    `problem` is a key of `PROBLEMS`; `path` names the file from the folder down; `instead` says what to do.
    """

    def __init__(self, problem: str, path: str, *, expected: str, found: str, instead: str) -> None:
        assert problem in PROBLEMS, problem
        super().__init__(f"{path}: {PROBLEMS[problem]}: expected {expected}, found {found}; {instead}")
        self.problem = problem
        self.path = path
        self.expected = expected
        self.found = found
        self.instead = instead

    def as_dict(self) -> dict[str, str]:
        """The same facts with stable keys, for `--json`."""
        return {
            "problem": self.problem,
            "path": self.path,
            "expected": self.expected,
            "found": self.found,
            "instead": self.instead,
        }
