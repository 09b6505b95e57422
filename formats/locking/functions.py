"""Imports the checksum functions that a layout names; whatever keeps one from being imported is one typed error."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any

from ..errors import FunctionMissing, Path
from ..layout import Algorithm


def function_of(algorithm: Algorithm, path: Path = ()) -> Callable[..., Any]:
    """The function of an import path; `FunctionMissing` names it. `path`: the field that needs it."""
    try:
        module = import_module(algorithm.module)
    except Exception as error:  # foreign code runs here, and may raise whatever it likes
        reason = f"{type(error).__name__}: {error}"
        raise FunctionMissing(path, algorithm.module, algorithm.name, reason) from error
    function = getattr(module, algorithm.name, None)
    if not callable(function):
        reason = "there is none" if function is None else f"it is a {type(function).__name__}"
        raise FunctionMissing(path, algorithm.module, algorithm.name, reason)
    found: Callable[..., Any] = function
    return found
