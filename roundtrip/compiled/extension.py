"""Compiles modules with mypyc: run as a script in a folder of sources, in a process of its own.

Its arguments are the modules' files, as paths from that folder. The extension modules are written beside them.
"""

from __future__ import annotations

import sys

from mypyc.build import mypycify
from setuptools import setup

#: Of mypy: no settings but these, whatever lies in the user's home; names as folders say.
OPTIONS = ("--config-file=", "--explicit-package-bases", "--ignore-missing-imports")


def main(files: list[str]) -> None:
    """Compile these files."""
    # Several C files instead of one: less memory for the C compiler, and code no slower.
    extensions = mypycify([*OPTIONS, *files], opt_level="2", debug_level="0", multi_file=True)
    setup(name="engine", packages=[], ext_modules=extensions, script_args=["build_ext", "--inplace"])


if __name__ == "__main__":
    main(sys.argv[1:])
