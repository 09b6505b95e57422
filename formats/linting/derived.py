"""Handlers of what takes no bytes of its own choice: constants, computed and derived values, checks, checksums."""

from __future__ import annotations

import sys
from dataclasses import replace
from typing import Any, Final

import construct as c
from construct.expr import FuncPath, Path

from .domains import ANY, NONE, POSITION, Shape, fixed, join, literal
from .expressions import is_plain, path_parts, text_of
from .scopes import Place
from .walk import REFUSED, Handler, Walk, bare

#: The only functions of the standard library that are checksums; code of one's own is taken at its name.
STANDARD_CHECKSUMS: Final = frozenset({("zlib", "crc32"), ("zlib", "adler32"), ("binascii", "crc32")})
#: What holds as many elements or bytes as an expression says, and the attribute that says it.
SIZED_BY: Final = {c.Array: "count", c.Bytes: "length", c.FixedSized: "length"}


def constant(walk: Walk, node: Any, place: Place) -> Shape:
    """One value."""
    inner = walk.visit(node.subcon, place.inside(is_closed=True))
    if not is_plain(node.value):
        walk.report("foreign_value", place, node, text_of(node.value))
        return inner.derived
    value = literal(node.value)
    return inner.valued(value if value.is_known else inner.value).derived


def computed(walk: Walk, node: Any, place: Place) -> Shape:
    """A value that takes no bytes."""
    domain = walk.expression(node, place, node.func)
    if callable(node.func) and domain.is_known and domain.kinds & {"list", "struct"}:
        walk.report("copies", place, node, text_of(node.func))
        domain = ANY
    return fixed(0, domain).derived


def check(walk: Walk, node: Any, place: Place) -> Shape:
    """A condition that takes no bytes."""
    walk.expression(node, place, node.func)
    return fixed(0, NONE).derived


def index(_walk: Walk, _node: Any, place: Place) -> Shape:
    """The number of the element in the array around it."""
    return fixed(0, POSITION if place.repetition else join(NONE, POSITION)).derived


def tell(_walk: Walk, _node: Any, _place: Place) -> Shape:
    """The position in the stream."""
    return fixed(0, POSITION).derived


def nothing(_walk: Walk, _node: Any, _place: Place) -> Shape:
    """No bytes."""
    return fixed(0, NONE).derived


def terminated(_walk: Walk, _node: Any, _place: Place) -> Shape:
    """No bytes, and none after it."""
    return Shape(NONE, exact=0, fills=True, carries=False)


def error(_walk: Walk, _node: Any, _place: Place) -> Shape:
    """Always refuses, so nothing after it is reached."""
    return REFUSED


def default(walk: Walk, node: Any, place: Place) -> Shape:
    """A value that may be left out when writing."""
    walk.expression(node, place, node.value, building=True)
    return replace(walk.visit(node.subcon, place.inside()), carries=True)


def rebuild(walk: Walk, node: Any, place: Place) -> Shape:
    """A derived field is as good as checked where the sibling that it is derived from is read by it."""
    walk.expression(node, place, node.func, building=True)
    if not is_read_by(node.func, place):
        walk.report("unchecked_rebuild", place, node, text_of(node.func))
    return walk.visit(node.subcon, place.inside()).derived


def is_read_by(function: Any, place: Place) -> bool:
    """Whether `function` is `len_(this.field)` of a sibling whose size is `this.<name of the field at the place>`."""
    operand = vars(function).get("_FuncPath__operand") if isinstance(function, FuncPath) else None
    if not isinstance(operand, Path) or vars(function).get("_FuncPath__func") is not len or place.scope is None:
        return False
    parts = path_parts(operand)[1]
    sibling = bare(place.scope.nodes.get(parts[0])) if len(parts) == 1 and isinstance(parts[0], str) else None
    size = getattr(sibling, SIZED_BY.get(type(sibling), ""), None) if type(sibling) in SIZED_BY else None
    return isinstance(size, Path) and [str(part) for part in path_parts(size)[1]] == [place.name]


def checksum(walk: Walk, node: Any, place: Place) -> Shape:
    """A checksum over bytes that a RawCopy has kept."""
    if not is_checksum_function(node.hashfunc):
        walk.report("checksum_function", place, node, text_of(node.hashfunc))
    domain = walk.expression(node, place, node.bytesfunc)
    if domain.is_known and not domain.captured:
        walk.report("checksum_bytes", place, node, text_of(node.bytesfunc))
    return walk.visit(node.checksumfield, place.inside()).derived


def is_checksum_function(function: Any) -> bool:
    """Whether a function can be found again by its name, and is no other function of the standard library."""
    module, name = getattr(function, "__module__", None), getattr(function, "__qualname__", None)
    if not isinstance(module, str) or not isinstance(name, str) or module == "__main__":
        return False
    if module.partition(".")[0] in sys.stdlib_module_names and (module, name) not in STANDARD_CHECKSUMS:
        return False
    return getattr(sys.modules.get(module), name, None) is function


HANDLERS: Final[dict[type[Any], Handler]] = {
    c.Const: constant,
    c.Computed: computed,
    c.Check: check,
    type(c.Index): index,
    type(c.Tell): tell,
    type(c.Pass): nothing,
    type(c.Terminated): terminated,
    type(c.Error): error,
    c.Default: default,
    c.Rebuild: rebuild,
    c.Checksum: checksum,
}
