"""Bugs of a wrong idea of the layout: the codec is generated from an edited tree."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from formats.layout import Algorithm, Bounded, Enumeration, Field, FlagSet, Integer, Layout

from .edits import edit, with_members_swapped
from .planting import (
    Mutant,
    from_encoder,
    from_layout,
)


def layout_mutants() -> list[Mutant]:
    """Bugs in generated code."""

    def mutant(name: str, entry: str, what: str, law: str, change: Any) -> Mutant:
        return Mutant(name, entry, what, "layout", law, from_layout(change))

    return [
        mutant("swapped-fields", "extent_header", "extent_size and page_size are read in each other's place", "D10",
               lambda tree: with_members_swapped(tree, "extent_size", "page_size")),
        mutant("wrong-endianness", "superblock", "the sequence number is read big-endian", "D10",
               lambda tree: edit(tree, "sequence", lambda node: replace(node, node=Integer(8, little=False)))),
        mutant("signed-number", "lsm_page.footer", "index_offset is read as a signed number", "D10",
               lambda tree: edit(tree, "index_offset", lambda _: Integer(4, signed=True))),
        mutant("checksum-over-wrong-range", "chunk", "the payload's checksum is computed over the key", "D10",
               lambda tree: edit(tree, "payload_checksum", lambda node: replace(node, covers=(Field(0, ("key",)),)))),
        mutant("other-polynomial", "chunk", "the payload's checksum is the CRC-32 of zlib", "D10",
               lambda tree: edit(tree, "payload_checksum",
                                 lambda node: replace(node, algorithm=Algorithm("zlib", "crc32")))),
        mutant("unchecked-enum", "chunk", "an unknown owner passes as a number", "D10",
               lambda tree: edit(tree, "owner", lambda node: replace(node, closed=False))),
        mutant("unchecked-enum-in-column", "superblock", "an unknown owner of an extent passes", "D10",
               lambda tree: edit(tree, "entries.owners",
                                 lambda node: replace(node, node=replace(node.node, closed=False)))),
        mutant("unchecked-flags", "superblock", "unknown flags pass", "D10",
               lambda tree: edit(tree, "flags", lambda node: FlagSet(node.node, (("any", 255),)))),
        mutant("renumbered-enum", "tree_metadata", "full and delta have each other's number", "D10",
               lambda tree: edit(tree, "record",
                                 lambda node: Enumeration(node.node, (("full", 2), ("delta", 1))))),
        mutant("bound-too-wide", "superblock", "a disk may have one extent more than its maximum", "D10",
               lambda tree: edit(tree, "extent_count", lambda node: Bounded(node.node, 1, node.maximum + 1))),
        mutant("bound-too-narrow", "superblock", "a disk may not have as many extents as its maximum", "D10",
               lambda tree: edit(tree, "extent_count", lambda node: Bounded(node.node, 1, node.maximum - 1))),
        mutant("unchecked-order", "lsm_page.data", "keys may stand in any order", "D10",
               lambda tree: edit(tree, "entries.keys", lambda node: replace(node, order=""))),
        mutant("equal-keys-pass", "lsm_page.index", "a key may repeat", "D10",
               lambda tree: edit(tree, "entries.keys", lambda node: replace(node, order="ascending"))),
        mutant("unchecked-last-end", "lsm_page.data", "locators may be left over behind the last key's", "D10",
               lambda tree: edit(tree, "entries.locator_ends", lambda node: replace(node, last=None))),
        mutant("swapped-columns", "lsm_page.data", "extents and generations are read in each other's place", "D10",
               lambda tree: swap_columns(tree, "extents", "generations")),
        mutant("wrong-width", "lsm_page.footer", "tombstone_count is read as two halves of four bytes", "D10",
               lambda tree: edit(tree, "tombstone_count", lambda _: Integer(8, little=False))),
        Mutant("encoder-swaps-fields", "extent_header", "the encoder writes two fields in each other's place",
               "behaviour", "D4",
               from_encoder(lambda tree: with_members_swapped(tree, "extent_size", "page_size"))),
        Mutant("encoder-wrong-checksum", "superblock", "the encoder covers nothing of the entries", "behaviour", "D4",
               from_encoder(lambda tree: edit(tree, "entries_checksum", lambda node: replace(node, masked=True)))),
    ]  # fmt: skip


def swap_columns(layout: Layout, first: str, second: str) -> Layout:
    """Two columns of a page's content in each other's place."""

    def change(node: Any) -> Any:
        by_name = {member.name: member for member in node.node.members}
        exchanged = {first: by_name[second], second: by_name[first]}
        members = tuple(exchanged.get(member.name, member) for member in node.node.members)
        return replace(node, node=replace(node.node, members=members))

    return edit(layout, "entries", change)
