"""How a bug is planted: in the generated codec, in what runs around it, in the schema, or in a reference decoder.

- *source*: a line of the generated codec is changed, as an editing hand would; oracle and reference stand.
- *layout*: the fast codec is generated from an edited layout tree; oracle and reference stand.
- *behaviour*: the fast codec is right, but something around it is not.
- *schema*: the declaration itself is wrong, so oracle and fast codec agree and only the reference can tell.
- *reference*: the hand-written decoder is wrong; the other lanes stand.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from types import SimpleNamespace
from typing import Any, Literal

from formats import compiler
from formats.catalog import Format
from formats.codec import Codec
from formats.layout import Layout
from formats.primitives import Frame

from .. import reference
from .edits import EditFailed

Decoder = Callable[[bytes, int], Any]


@dataclass(frozen=True)
class Planted:
    """A format with one bug in one of its lanes; None: that lane is as it always is."""

    format: Format
    codec: Codec | None = None
    reference: Decoder | None = None


@dataclass(frozen=True)
class Mutant:
    """A planted bug.

    what: one sentence. where: the lane it sits in. law: the law that must kill it.
    """

    name: str
    format: str
    what: str
    where: Literal["source", "layout", "behaviour", "schema", "reference"]
    law: str
    plant: Callable[[Format], Planted]


def from_layout(change: Callable[[Layout], Layout]) -> Callable[[Format], Planted]:
    """Generate the codec from an edited layout tree."""

    def plant(entry: Format) -> Planted:
        source = compiler.generate(entry.name, entry.version, change(entry.layout))
        module = compiler.load(source, f"planted_{entry.module_name}")
        return Planted(entry, Codec(entry.oracle, module, source))

    return plant


def from_source(pattern: str, replacement: str) -> Callable[[Format], Planted]:
    """Change the generated text wherever the regular expression matches."""

    def plant(entry: Format) -> Planted:
        source, count = re.subn(pattern, replacement, entry.source)
        if not count:
            raise EditFailed(f"the codec of {entry.name} has nothing like {pattern}")
        module = compiler.load(source, f"planted_{entry.module_name}")
        return Planted(entry, Codec(entry.oracle, module, source))

    return plant


def from_encoder(change: Callable[[Layout], Layout]) -> Callable[[Format], Planted]:
    """Encode by an edited layout tree and decode by the right one."""

    def plant(entry: Format) -> Planted:
        wrong = from_layout(change)(entry).codec
        assert wrong is not None
        return Planted(entry, with_functions(entry.codec, encode=wrong.module.encode))

    return plant


def with_functions(codec: Codec, **functions: Callable[..., Any]) -> Codec:
    """A codec with some of its generated functions replaced."""
    changed = copy.copy(codec)
    changed.module = SimpleNamespace(**{**vars(codec.module), **functions})  # type: ignore[assignment]  # stands in
    for name in ("probe", "probe_tuple", "probe_prefix"):
        if name in functions:
            setattr(changed, name, functions[name])
    return changed


def from_behaviour(wrap: Callable[[Codec], dict[str, Callable[..., Any]]]) -> Callable[[Format], Planted]:
    """Replace functions of the right codec by wrong ones built on it."""

    def plant(entry: Format) -> Planted:
        return Planted(entry, with_functions(entry.codec, **wrap(entry.codec)))

    return plant


def from_schema(change: Callable[[Any], Any]) -> Callable[[Format], Planted]:
    """Declare the format wrongly: oracle and fast codec follow the wrong schema."""

    def plant(entry: Format) -> Planted:
        return Planted(replace(entry, schema=change(entry.schema), generated=False))

    return plant


def with_member(schema: Any, name: str, construct: Any) -> Any:
    """A frame with the field of this name declared otherwise."""
    members = [name / construct if member.name == name else member for member in schema.subcons]
    assert any(member.name == name for member in schema.subcons), f"there is no field {name}"
    return Frame(*members)


def from_reference(wrap: Callable[[Decoder], Decoder]) -> Callable[[Format], Planted]:
    """Make the hand-written decoder wrong."""

    def plant(entry: Format) -> Planted:
        return Planted(entry, reference=wrap(reference.DECODERS[entry.label]))

    return plant
