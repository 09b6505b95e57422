"""Tells in one line when another package has taken one of our four import names.

The names are generic (docs/decisions/0001), so another distribution may ship one as well. This file is
installed as the top-level module `shardproof_guard`, not as part of `roundtrip`: the console script starts
there, and can still speak when `roundtrip` itself was taken. It imports nothing else of ours.
"""

from __future__ import annotations

# Not `signal`, which is milliseconds of import: until the command line has its own handler, Ctrl-C ends the process
# without a traceback.
import _signal  # type: ignore[import-not-found]  # not in typeshed

_signal.signal(_signal.SIGINT, _signal.SIG_DFL)

import importlib.util  # noqa: E402 - see above
import sys  # noqa: E402
from pathlib import Path  # noqa: E402

IMPORT_NAMES = ("formats", "engine", "corpus", "roundtrip")
EXIT_USAGE = 2

_ADVICE = "install shardproof in an environment of its own"


def check_import_names() -> str | None:
    """Answer None when all four names load our files, else one line: what took the name, and what to do."""
    home = _installed_home()
    for name in IMPORT_NAMES:
        found = _location(name)
        if found is None:
            return f"shardproof: the package '{name}' is missing from {home}; install shardproof again"
        if found != home / name:
            ours = home / name
            return f"shardproof: the import name '{name}' is taken by {found}, ours is {ours}; {_ADVICE}"
    changed = _overwritten_file(home)
    if changed is not None:
        return f"shardproof: another package has overwritten or removed {changed}; {_ADVICE}"
    return None


def main() -> None:
    """Run the command line, or say why it cannot run and exit with 2 (usage)."""
    problem = check_import_names()
    if problem is not None:
        if sys.stderr is not None:  # None: it was closed
            sys.stderr.write(problem + "\n")
        raise SystemExit(EXIT_USAGE)
    from roundtrip.command import main as command_main  # noqa: PLC0415 - only safe to import after the check

    command_main()


def _installed_home() -> Path:
    """Answer the folder that holds our four packages: the checkout when editable, else site-packages."""
    guard = importlib.util.find_spec("shardproof_guard")
    if guard is None or guard.origin is None:
        return Path(__file__).resolve().parent.parent  # run from a checkout that is not installed
    site_packages = Path(guard.origin).resolve().parent
    path_entry = site_packages / "_shardproof.pth"
    if path_entry.is_file():
        return Path(path_entry.read_text(encoding="utf-8").strip()).resolve()
    return site_packages


def _location(name: str) -> Path | None:
    """Answer the folder, or the single file, that `import name` would load; None when there is none."""
    spec = importlib.util.find_spec(name)
    if spec is None:
        return None
    if spec.submodule_search_locations:
        return Path(next(iter(spec.submodule_search_locations))).resolve()
    return Path(spec.origin or name).resolve()


def _overwritten_file(home: Path) -> Path | None:
    """Answer the first of our installed modules whose bytes are not those that pip recorded, else None.

    Two wheels with the same folder name melt into one folder, and pip reports success. An editable install
    has no such record of our packages, and needs none: nothing is copied.
    """
    record = next(home.glob("shardproof-*.dist-info/RECORD"), None)
    if record is None:
        return None
    import base64  # noqa: PLC0415 - needed by wheel installs only; the command must start fast
    import csv  # noqa: PLC0415
    import hashlib  # noqa: PLC0415

    with record.open(encoding="utf-8", newline="") as rows:
        for path, digest, _size in csv.reader(rows):
            if not path.endswith(".py") or path.split("/")[0] not in IMPORT_NAMES:
                continue
            module = home / path
            if not module.is_file():
                return module
            actual = hashlib.sha256(module.read_bytes()).digest()
            if digest != "sha256=" + base64.urlsafe_b64encode(actual).decode().rstrip("="):
                return module
    return None
