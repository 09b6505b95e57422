"""The schema linter: which Construct schemas can be trusted with bytes that nobody wrote.

    for finding in lint(schema):
        print(finding)

Two levels. *unsafe*: some bytes make it hang, explode, swallow an error or leak a foreign one, or it is code that no
lock can keep; refused everywhere. *malleable*: it accepts two encodings of one value, or values without a name;
refused in our own formats, reported in a user's. The rules are data (`formats.linting.rules`), and so is the decision
about each class of Construct (`formats.linting.decisions`).
"""

from __future__ import annotations

from typing import Any, Final

from construct import Construct

from .errors import Path
from .linting import derived, scalars, structures, vocabulary
from .linting.decisions import DECISIONS
from .linting.findings import Finding, Level, Rule
from .linting.graph import Ungraspable, require_graspable
from .linting.rules import RULES, rules_table
from .linting.scopes import Place
from .linting.walk import Handler, Walk

__all__ = [
    "DECISIONS",
    "HANDLERS",
    "RULES",
    "Finding",
    "Level",
    "Rule",
    "lint",
    "require_safe",
    "rules_table",
]

#: The classes that are judged by how they are used.
HANDLERS: Final[dict[type[Any], Handler]] = {
    **scalars.HANDLERS,
    **derived.HANDLERS,
    **structures.HANDLERS,
    **vocabulary.HANDLERS,
}


def lint(schema: Construct[Any, Any]) -> list[Finding]:
    """Everything that is wrong with a schema, in the order of its fields.

    A schema that contains itself, nests too deep or is too large is not walked, so that is its only finding.
    """
    walk = Walk(HANDLERS)
    try:
        require_graspable(schema)
    except Ungraspable as reason:
        walk.report(reason.rule, Place(path=reason.path), reason.node)
        return walk.findings
    path: Path = (schema.name,) if schema.name else ()
    walk.visit(schema, Place(path=path))
    return walk.findings


def require_safe(schema: Construct[Any, Any], *, canonical: bool = False) -> tuple[Finding, ...]:
    """Raise `SchemaRefused` for the first unsafe finding; `canonical`: also for malleable ones, else return them."""
    findings = lint(schema)
    for finding in findings:
        if canonical or finding.level == "unsafe":
            raise finding.refusal() from None
    return tuple(findings)
