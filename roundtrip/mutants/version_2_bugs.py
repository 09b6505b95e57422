"""Bugs of version 2: common prefixes of keys, and the checksum of the whole value."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

from formats.primitives import Frame

from .edits import EditFailed
from .planting import Mutant, from_encoder, from_reference, from_schema, from_source
from .reference_bugs import lenient_about

PAGE: Final = "lsm_page.data@2"
CHUNK: Final = "chunk@2"


def version_2_mutants() -> list[Mutant]:
    """Bugs that version 1 could not have."""

    def mutant(name: str, entry: str, what: str, law: str, pattern: str, replacement: str) -> Mutant:
        return Mutant(name, entry, what, "source", law, from_source(pattern, replacement))

    return [
        mutant("shorter-prefix-passes", PAGE, "a prefix need not be the longest one: one value, several encodings",
               "D10", r"if keys_items\[0\]\[:1\] == keys_items\[-1\]\[:1\] != b\"\":", "if False:"),
        mutant("keys-unbounded-in-all", PAGE, "few bytes may stand for as many keys as fit the ends", "D2",
               r"len\(prefix\) \* len\(key_ends\) \+ len\(keys_heap\) > 65504", "False"),
        mutant("bounds-of-what-is-stored", PAGE, "what is stored of a key, not the key, must have a byte", "D10",
               r"not keys_items\[0\]", "not keys_items[0][prefix_length:]"),
        mutant("order-of-keys-and-rests", PAGE, "keys with their prefix are compared with those without", "D10",
               r"all\(map\(lt, keys, keys\[1:\]\)\)", "all(map(lt, keys, [key[prefix_length:] for key in keys[1:]]))"),
        mutant("lookup-forgets-prefix", PAGE, "a lookup finds keys that have another prefix", "D10",
               r"if not key\.startswith\(prefix\):\n            return -1\n        key", "key"),
        mutant("lower-bound-below-for-above", PAGE, "a key above all is put before all where its prefix is another",
               "D10", r"return 0 if key < prefix else entry_count", "return 0"),
        mutant("key-at-without-prefix", PAGE, "the key at an index lacks its prefix", "D10",
               r"return bytes\(data\[heap - prefix_length : heap\]\) \+ ", "return "),
        mutant("ends-of-whole-keys", PAGE, "the encoder writes where whole keys would end", "D4",
               r"accumulate\(map\(len, keys_suffixes\)\)", "accumulate(map(len, keys))"),
        Mutant("reference-takes-other-rule", PAGE, "the reference calls a prefix that is too short an order",
               "reference", "D10", from_reference(lenient_about("canonical", "order"))),
        Mutant("value-checksum-behind-the-seal", CHUNK, "the checksum of the value is declared where no seal covers it",
               "schema", "D6", from_schema(behind_the_seal)),
        mutant("value-checksum-in-halves", CHUNK, "the checksum of the value is read as 4 bytes and padding", "D10",
               r"IIQI", "III4xI"),
        Mutant("value-checksum-big-endian", CHUNK, "the encoder writes the checksum of the value big-endian",
               "behaviour", "D4", from_encoder(big_endian)),
    ]  # fmt: skip


def behind_the_seal(schema: Any) -> Any:
    """The chunk with its value_checksum as the first field behind the header."""
    members = list(schema.subcons)
    (index,) = [number for number, member in enumerate(members) if member.name == "value_checksum"]
    members[index], members[index + 1] = members[index + 1], members[index]
    return Frame(*members)


def big_endian(layout: Any) -> Any:
    """The layout with the value_checksum in the other byte order."""
    members = tuple(
        replace(member, node=replace(member.node, little=False)) if member.name == "value_checksum" else member
        for member in layout.root.members
    )
    if members == layout.root.members:
        raise EditFailed("value_checksum: no such field")
    return replace(layout, root=replace(layout.root, members=members))
