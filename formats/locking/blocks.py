"""The text of a lock: one block for each version of each format.

    lock     := "formats lock 1" newline block*
    block    := newline
                "format " name " " version newline
                "  since " word newline                     the release that froze it
                "  summary " text newline                   what the format is for
                "  sealed " sealed newline                  the bytes that checksums protect
                "  shape " ("frame" | "stream") newline     a stream is records up to the end of the bytes
                "  context " names newline                  what its checksums continue from; "none" for nothing
                "  feature " feature newline                the bit that a store sets as long as it holds such frames
                "  fingerprint " sha256 newline             of the layout's text, in hexadecimal
                "  layout" newline
                ("    " line newline)+                      the layout's text (`formats.fingerprint`), indented
                "end " name " " version newline             the same as in the first line of the block
    name     := identifiers with dots between them, or text
    version  := a number in decimal
    word     := letters, digits, "." "_" "+" "-", or text
    text     := text in double quotes as JSON writes it, in ASCII
    sealed   := "everything" | "nothing" | "derived" | "paths " name ("," name)*
                "derived": what the checksums in the layout cover
    feature  := "none" | name " " mask " bit " number
    mask     := "compatible" | "read_only_compatible" | "incompatible"

Blocks are sorted by name, then by version. A block says all about its version and nothing about others, and no line
says anything about the lock as a whole, so two branches that add versions of different formats merge without a
conflict. Two branches that give one version to two layouts do not merge: git shows both.

A text has one form: what is read is written again, and a text that differs from that is refused.
"""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from itertools import zip_longest
from typing import Final

from ..features import MASKS, Feature
from .lines import Cursor, Line, lines_of, quoted

#: The usual name of a lock file, and what errors call a lock whose name nobody gave.
LOCK_NAME: Final = "formats.lock"
HEADER: Final = "formats lock 1"
#: The words of a block, in their order.
PROPERTIES: Final = ("since", "summary", "sealed", "shape", "context", "feature", "fingerprint", "layout")
INDENT: Final = "  "
LAYOUT_INDENT: Final = "    "
#: Where the layout's text begins, in lines from the first of the block.
LAYOUT_OFFSET: Final = len(PROPERTIES) + 1

DOTTED: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z_][A-Za-z0-9_]*)*")
WORD: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+-]*")
FINGERPRINT: Final = re.compile(r"[0-9a-f]{64}")
CONFLICT: Final = re.compile(r"(<<<<<<<|\|\|\|\|\|\|\||=======|>>>>>>>)( |$)")

EVERYTHING: Final = ("*",)
SEALED_WORDS: Final[dict[str, tuple[str, ...] | None]] = {"everything": EVERYTHING, "nothing": (), "derived": None}
NEW_VERSION: Final = (
    "a locked version never changes: bring the block back from version control, and give another layout the next "
    "version, beside this one"
)


@dataclass(frozen=True)
class Block:
    """One block as it stands in the text. `line`: the number of its first line."""

    name: str
    version: int
    since: str
    summary: str
    sealed: tuple[str, ...] | None
    shape: str
    context: tuple[str, ...]
    feature: Feature | None
    fingerprint: str
    layout_text: str
    line: int = 0

    def line_of(self, word: str) -> int:
        """The number of the line that holds a property."""
        return self.line + 1 + PROPERTIES.index(word)


def hashed(layout_text: str) -> str:
    """The fingerprint of a layout's text."""
    return hashlib.sha256(layout_text.encode("utf-8")).hexdigest()


# --- writing ---------------------------------------------------------------------------------------------------------


def text_of(blocks: tuple[Block, ...]) -> str:
    """The text of a lock that holds these blocks, in this order."""
    return "\n".join([HEADER, *(line for block in blocks for line in block_lines(block))]) + "\n"


def block_lines(block: Block) -> list[str]:
    """The lines of one block."""
    title = f"{plain(block.name, DOTTED)} {block.version}"
    values = {
        "since": plain(block.since, WORD),
        "summary": json.dumps(block.summary),
        "sealed": sealed_text(block.sealed),
        "shape": block.shape,
        "context": names_text(block.context) or "none",
        "feature": feature_text(block.feature),
        "fingerprint": block.fingerprint,
    }
    layout = [LAYOUT_INDENT + line for line in block.layout_text.split("\n")[:-1]]
    properties = [f"{INDENT}{word} {value}" for word, value in values.items()]
    return ["", f"format {title}", *properties, f"{INDENT}layout", *layout, f"end {title}"]


def plain(text: str, pattern: re.Pattern[str]) -> str:
    """A text, in quotes where it does not match the pattern."""
    return text if pattern.fullmatch(text) else json.dumps(text)


def names_text(names: tuple[str, ...]) -> str:
    """Names with commas between them."""
    return ",".join(plain(name, DOTTED) for name in names)


def sealed_text(sealed: tuple[str, ...] | None) -> str:
    """What checksums protect."""
    words = [word for word, paths in SEALED_WORDS.items() if paths == sealed]
    return words[0] if words else f"paths {names_text(sealed or ())}"


def feature_text(feature: Feature | None) -> str:
    """The bit that a store must set."""
    return "none" if feature is None else f"{plain(feature.name, DOTTED)} {feature.mask} bit {feature.bit}"


# --- reading ---------------------------------------------------------------------------------------------------------


def blocks_of(text: str, source: str) -> tuple[Block, ...]:
    """The blocks of a lock, in its order; `LockRefused` names the line where it is not as the grammar says.

    The layouts are not looked into: their text is as it was when its fingerprint was taken.
    """
    lines = lines_of(text, source)
    refuse_conflict(lines)
    if lines[0].text != HEADER:
        instead = "give the path of a formats.lock; one of another grammar is read by the release that wrote it"
        raise lines[0].refused(quoted(HEADER), instead=instead)
    blocks: list[Block] = []
    position = 1
    while position < len(lines):
        block, position = block_at(lines, position)
        refuse_order(blocks, block, lines[block.line - 1])
        blocks.append(block)
    for line, canonical in zip_longest(lines, text_of(tuple(blocks)).split("\n")[:-1]):
        if line is None or line.text != canonical:
            raise (line or lines[-1]).refused(quoted(canonical or ""))
    return tuple(blocks)


def refuse_conflict(lines: list[Line]) -> None:
    """Refuse the marks that git leaves where a merge needs a decision."""
    for line in lines:
        if CONFLICT.match(line.text):
            instead = (
                "decide the merge: keep both blocks, sorted by name and version; where both sides give one version to "
                "two layouts, one of them becomes the next version"
            )
            raise line.refused("a merge that is decided", f"git's conflict marker {quoted(line.text)}", instead)


def refuse_order(blocks: list[Block], block: Block, line: Line) -> None:
    """Refuse a second block of one version, and blocks that are not sorted."""
    title = f"{block.name} {block.version}"
    for before in blocks:
        if (before.name, before.version) == (block.name, block.version):
            found = f"a second one; the first is in line {before.line}"
            raise line.refused(f"one block of {title}", found, NEW_VERSION)
    if blocks and (blocks[-1].name, blocks[-1].version) > (block.name, block.version):
        expected = f"{title} before {blocks[-1].name} {blocks[-1].version}"
        raise line.refused(expected, "it behind", "sort the blocks by name, then by version")


def block_at(lines: list[Line], position: int) -> tuple[Block, int]:
    """The block that begins at a position, with its empty line, and the position behind it."""
    first = at(lines, position + 1)
    if lines[position].text:
        raise lines[position].refused("an empty line, then a block that begins with `format`")
    cursor = Cursor(first)
    cursor.expect("format ")
    name, version = title_at(cursor)
    heads = {word: property_at(at(lines, position + 2 + index), word) for index, word in enumerate(PROPERTIES)}
    heads["layout"].finish()
    layout, end = layout_at(lines, position + 1 + LAYOUT_OFFSET, name, version)
    block = Block(
        name=name,
        version=version,
        since=word_at(heads["since"]),
        summary=summary_at(heads["summary"]),
        sealed=sealed_at(heads["sealed"]),
        shape=shape_at(heads["shape"]),
        context=context_at(heads["context"]),
        feature=feature_at(heads["feature"]),
        fingerprint=fingerprint_at(heads["fingerprint"], layout),
        layout_text=layout,
        line=first.number,
    )
    return block, end


def at(lines: list[Line], position: int) -> Line:
    """The line at a position; refuses the end of the text."""
    if position >= len(lines):
        raise lines[-1].refused("the rest of the block behind this line", "the end of the text")
    return lines[position]


def title_at(cursor: Cursor) -> tuple[str, int]:
    """The name and version in the first or last line of a block."""
    name = cursor.name(DOTTED)
    cursor.expect(" ")
    version = cursor.number()
    cursor.finish()
    return name, version


def layout_at(lines: list[Line], position: int, name: str, version: int) -> tuple[str, int]:
    """The layout's text from a position on, and the position behind the end of the block."""
    start = position
    while at(lines, position).text.startswith(LAYOUT_INDENT):
        position += 1
    cursor = Cursor(lines[position])
    if not cursor.take("end "):
        raise cursor.refused(f"{len(LAYOUT_INDENT)} spaces and a line of the layout, or `end {name} {version}`")
    if title_at(cursor) != (name, version):
        raise lines[position].refused(quoted(f"end {name} {version}"))
    text = "".join(line.text.removeprefix(LAYOUT_INDENT) + "\n" for line in lines[start:position])
    return text, position + 1


def property_at(line: Line, word: str) -> Cursor:
    """A place in a line behind the word of a property and its space."""
    cursor = Cursor(line)
    if not cursor.take(INDENT + word):
        found = line.text.removeprefix(INDENT).split(" ")[0]
        unknown = found and found not in {*PROPERTIES, "end"} and line.text.startswith(INDENT)
        raise line.refused(f"`{word}`", f"the unknown word {quoted(found)}" if unknown else None)
    if word != "layout":
        cursor.expect(" ")
    return cursor


def word_at(cursor: Cursor) -> str:
    """A word, which says something."""
    word = cursor.name(WORD)
    cursor.finish()
    if not word:
        raise cursor.line.refused("a release")
    return word


def summary_at(cursor: Cursor) -> str:
    """A text in quotes."""
    text = cursor.string()
    if text is None:
        raise cursor.refused("text in double quotes")
    cursor.finish()
    return text


def sealed_at(cursor: Cursor) -> tuple[str, ...] | None:
    """What checksums protect."""
    if cursor.rest in SEALED_WORDS:
        return SEALED_WORDS[cursor.rest]
    cursor.expect("paths ")
    return names_at(cursor)


def names_at(cursor: Cursor) -> tuple[str, ...]:
    """Names up to the end of the line, with commas between them."""
    names = [cursor.name(DOTTED)]
    while cursor.take(","):
        names.append(cursor.name(DOTTED))
    cursor.finish()
    return tuple(names)


def shape_at(cursor: Cursor) -> str:
    """`frame` or `stream`; which of them the layout decides."""
    if cursor.rest not in {"frame", "stream"}:
        raise cursor.refused("`frame` or `stream`")
    return cursor.rest


def context_at(cursor: Cursor) -> tuple[str, ...]:
    """The context fields that checksums continue from."""
    return () if cursor.rest == "none" else names_at(cursor)


def feature_at(cursor: Cursor) -> Feature | None:
    """The bit that a store must set."""
    if cursor.rest == "none":
        return None
    name = cursor.name(DOTTED)
    cursor.expect(" ")
    mask = next((mask for mask in MASKS if cursor.take(f"{mask} bit ")), None)
    if mask is None:
        raise cursor.refused(f"one of {', '.join(MASKS)}, then `bit` and its number")
    bit = cursor.number()
    cursor.finish()
    try:
        return Feature(name, mask, bit)  # type: ignore[arg-type]  # it is one of the masks
    except ValueError as error:
        raise cursor.line.refused("a bit that a mask has", str(error)) from None


def fingerprint_at(cursor: Cursor, layout_text: str) -> str:
    """The fingerprint, which must be that of the layout's text."""
    found = cursor.match(FINGERPRINT)
    if found is None:
        raise cursor.refused("64 hexadecimal digits")
    cursor.finish()
    if found[0] != (expected := hashed(layout_text)):
        raise cursor.line.refused(f"{expected}, the fingerprint of the layout below", found[0], NEW_VERSION)
    return found[0]
