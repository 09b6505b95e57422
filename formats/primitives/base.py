"""Construct's base classes, generic for the type checker and plain when run (Construct has no subscripts)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import construct

if TYPE_CHECKING:
    AnyConstruct = construct.Construct[Any, Any]
    AnySubconstruct = construct.Subconstruct[Any, Any, Any, Any]
else:
    AnyConstruct = construct.Construct
    AnySubconstruct = construct.Subconstruct

__all__ = ["AnyConstruct", "AnySubconstruct"]
