"""Whether what a compiled codec finds in the bytes, without decoding them, is what is decoded from them."""

from __future__ import annotations

from bisect import bisect_left
from types import ModuleType
from typing import Any

from formats.layout import Node, Region, Slices, Struct


def page_keys(root: Node, plain: Any) -> tuple[bytes, ...] | None:
    """The keys of a page: the items of the only Slices in regions of its frame; None where there is no such."""
    regions = [member for member in root.members if isinstance(member.node, Region)] if isinstance(root, Struct) else []
    found: list[tuple[bytes, ...]] = []
    for region in regions:
        content = region.node.node if isinstance(region.node, Region) else region.node
        columns = content.members if isinstance(content, Struct) else ()
        found += [plain[region.name][member.name] for member in columns if isinstance(member.node, Slices)]
    return found[0] if len(found) == 1 else None


def header_fault(module: ModuleType, data: bytes, seed: int) -> str:
    """What is wrong with the header functions on a valid frame; empty where nothing is, or there are none."""
    if not hasattr(module, "probe_header"):
        return ""
    header = module.probe_header(data, seed)
    if header is None:
        return "probe_header refuses it"
    if hasattr(module, "encode_header"):
        encoded = module.encode_header(*header, seed=seed)
        if encoded != data[: len(encoded)]:
            return f"encode_header writes {encoded.hex()}"
    return ""


def page_fault(module: ModuleType, keys: tuple[bytes, ...], data: bytes) -> str:
    """What is wrong with the search functions on a valid page; empty where nothing is, or there are none."""
    if not hasattr(module, "lookup"):
        return ""
    wanted = {*keys, *(key + b"\x00" for key in keys), *(key[:-1] for key in keys), b"", b"\xff" * 8}
    wanted |= {bytes([key[0] ^ 1]) + key[1:] for key in keys if key}
    for key in sorted(wanted):
        index = bisect_left(keys, key)
        found = module.lookup(data, key)
        # Of equal keys, which a column may hold that never falls, any will do.
        if not ((found == -1 and key not in keys) or (0 <= found < len(keys) and keys[found] == key)):
            return f"lookup finds {key!r} at {found}, it belongs at {index}"
        if (found := module.lower_bound(data, key)) != index:
            return f"lower_bound puts {key!r} at {found}, it belongs at {index}"
    for index, key in enumerate(keys):
        if (read := module.key_at(data, index)) != key:
            return f"key_at reads {read!r} at {index}, it is {key!r}"
    return ""
