"""How large the models are beside what they are models of: about 1 % in the ShardStore paper."""

from __future__ import annotations

import ast
import io
import tokenize
from pathlib import Path
from typing import Final

import msgspec

import engine

from .. import models

#: Tokens that are no code.
SILENT: Final = frozenset({tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT})


class ModelSizes(msgspec.Struct, frozen=True):
    """Lines of code by file, without blank lines, comments and docstrings, and the models' share of the engine's."""

    models: dict[str, int]
    engine: dict[str, int]

    @property
    def ratio(self) -> float:
        """Lines of the models for each line of the engine."""
        return sum(self.models.values()) / sum(self.engine.values())


def model_sizes() -> ModelSizes:
    """Count the models and the engine as they are installed."""
    return ModelSizes(*(code_lines_of(Path(str(package.__file__)).parent) for package in (models, engine)))


def code_lines_of(folder: Path) -> dict[str, int]:
    """Lines of code of each module in a folder."""
    return {path.name: code_lines(path.read_text(encoding="utf-8")) for path in sorted(folder.glob("*.py"))}


def code_lines(source: str) -> int:
    """Lines that hold code: no blank lines, no comments, no docstrings."""
    lines: set[int] = set()
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type not in SILENT and token.string:
            lines.update(range(token.start[0], token.end[0] + 1))
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
            lines.difference_update(range(node.lineno, (node.end_lineno or node.lineno) + 1))
    return len(lines)
