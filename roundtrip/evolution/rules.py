"""The rules of format evolution: what can change, why it matters, what to do.

A rule's level is that of a change whose harm the bytes show; a change that no file shows is a note. Rules explain;
verdicts come from bytes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

Level = Literal["error", "warning", "note"]

BUMP: Final = "undo it, or give the changed layout the next version number and keep this one beside it"
KEEP: Final = "keep the old version in the catalog, so that its files are still read"


@dataclass(frozen=True)
class Rule:
    """title: one sentence; explanation: why it matters; action: what to do about it; level: see the module."""

    id: str
    title: str
    explanation: str
    action: str
    level: Level = "error"


def _table(*rules: Rule) -> dict[str, Rule]:
    table = {rule.id: rule for rule in rules}
    assert len(table) == len(rules), "two rules have one id"
    return table


RULES: Final[dict[str, Rule]] = _table(
    # --- versions and formats
    Rule("version-reused", "One version number has two layouts.",
         "Files of both layouts carry the same number, so no reader can ever tell them apart.", BUMP),
    Rule("version-removed", "A version is gone from the catalog.",
         "Files of that version exist and nothing reads them any more.", KEEP),
    Rule("version-skipped", "A version number was left out.",
         "A number nobody used looks like a lost release, and two branches may both believe it is free.",
         "number versions one after the other", "warning"),
    Rule("version-backwards", "A new version has a number below the newest.",
         "Readers take the highest number for the newest layout; a lower one was taken, or never existed, elsewhere.",
         "give the new layout the number after the highest", "error"),
    Rule("version-added", "A new version.", "Old readers cannot know it; what they do is in the verdicts.",
         "follow the advice on the order of the upgrade", "note"),
    Rule("version-not-on-disk", "A version was bumped in the catalog only: the bytes do not show it.",
         "An old reader looks at bytes; where these hold the old number it takes the new layout for the old one.",
         "bump the version field of the layout too"),
    Rule("version-mismatch", "The version on disk is not the one that the catalog declares.",
         "A writer that stamps another number than its reader checks makes files that its own release refuses.",
         "make the version field and the declared version agree"),
    Rule("format-added", "A new format.", "Old programs do not know it.", "nothing, if old programs never meet it",
         "note"),
    Rule("format-removed", "A format is gone from the catalog.",
         "Its files exist and nothing reads them any more.", KEEP),
    # --- fields
    Rule("field-added", "A field was added.", "Whatever stands behind it moves; a reader without it reads past it.",
         BUMP),
    Rule("field-removed", "A field was removed.", "Whatever stands behind it moves.", BUMP),
    Rule("field-reordered", "Fields changed places.",
         "A reader takes one for the other, and where both have one width no check can notice.", BUMP),
    Rule("field-moved", "A field moved to another struct.", "Its bytes lie elsewhere, under another name.", BUMP),
    Rule("field-resized", "A field has another size.", "It ends elsewhere, and whatever follows moves.", BUMP),
    Rule("field-retyped", "A field has another type.", "The same bytes mean something else.", BUMP),
    Rule("field-renamed", "A field has another name, at the same place with the same shape.",
         "No byte changes. If its meaning changed with the name, that is a change that no bytes show.",
         "nothing, if only the name changed", "note"),
    Rule("field-signedness", "A number became signed or unsigned.",
         "Values with the highest bit set are read as other numbers.", BUMP),
    Rule("field-endianness", "A number has its bytes in the other order.",
         "Nearly every value is read as another one.", BUMP),
    Rule("bits-changed", "Bit fields are divided otherwise.", "A reader cuts the same bytes at other bits.", BUMP),
    # --- enumerations and flags
    Rule("enum-member-added", "An enumeration has a new member.",
         "A reader without it refuses files that use it, or takes them for unknown.", BUMP),
    Rule("enum-member-removed", "A member of an enumeration is gone.", "Files that use it are refused.",
         "keep the member for reading: old files hold it"),
    Rule("enum-member-renumbered", "A member of an enumeration has another number.",
         "Files with the old number mean something else, or nothing, to the new reader.", BUMP),
    Rule("enum-member-renamed", "A member of an enumeration has another name, with the same number.",
         "No byte changes.", "nothing, if only the name changed", "note"),
    Rule("flag-added", "A set of flags has a new flag.", "A reader without it refuses files that set it.", BUMP),
    Rule("flag-removed", "A flag is gone.", "Files that set it are refused.", "keep the flag for reading"),
    Rule("flag-renumbered", "A flag is another bit.", "Files mean something else to the new reader.", BUMP),
    Rule("flag-renamed", "A flag has another name, with the same bit.", "No byte changes.",
         "nothing, if only the name changed", "note"),
    # --- constraints
    Rule("constraint-tightened", "Values that were legal yesterday are refused now.",
         "Yesterday's writer may have written them: a stricter reader turns good files into corruption.",
         "keep accepting what was legal; be strict in writers, or in a new version"),
    Rule("constraint-loosened", "Values that were refused are legal now.",
         "An old reader refuses files that hold them.", BUMP, "warning"),
    Rule("length-bound-changed", "The bound on a length has changed.",
         "Files between the two bounds are legal to one side and refused by the other.", BUMP),
    Rule("count-bound-changed", "The bound on a count has changed.",
         "Files between the two bounds are legal to one side and refused by the other.", BUMP),
    Rule("order-changed", "The order that elements must stand in has changed.",
         "What one side may write the other refuses.", BUMP),
    Rule("text-encoding-changed", "A text has another encoding.",
         "Its bytes are other characters, or none.", BUMP),
    # --- reserved bytes, padding, extent
    Rule("reserved-used", "Reserved bytes are in use.",
         "An old reader checks that they are zero, and refuses every file that uses them.", BUMP),
    Rule("reserved-changed", "There are more or fewer reserved bytes, or they are elsewhere.",
         "Whatever follows moves, or bytes that meant something must be zero.", BUMP),
    Rule("padding-changed", "Padding or the size of a padded part has changed.", "Whatever follows moves.", BUMP),
    Rule("exactness-changed", "Whether a region must be filled exactly has changed.",
         "One side allows zeros behind the content and the other refuses them.", BUMP),
    Rule("framing-changed", "A part is framed otherwise: a prefix, a region, an array or a stream.",
         "Its bytes are found by another way.", BUMP),
    Rule("trailing-changed", "What may follow the end has changed.",
         "One side allows bytes behind the end and the other refuses them.", BUMP),
    Rule("malleability-changed", "One value may have several encodings now.",
         "Files that are equal in value differ in bytes, and an old reader refuses the other encodings.",
         "accept one encoding only", "warning"),
    # --- derived values
    Rule("checksum-range", "A checksum covers other bytes.", "Each side refuses the other's files.", BUMP),
    Rule("checksum-seed", "A checksum starts from another context.",
         "Each side refuses the other's files, or none at a place where both contexts agree.", BUMP),
    Rule("checksum-algorithm", "A checksum is computed otherwise.", "Each side refuses the other's files.", BUMP),
    Rule("checksum-moved", "A checksum stands elsewhere.", "Each side looks for it where it is not.", BUMP),
    Rule("checksum-added", "A checksum was added.", "Whatever stands behind it moves.", BUMP),
    Rule("checksum-removed", "A checksum was removed.",
         "Whatever stands behind it moves, and damage goes unnoticed.", BUMP),
    Rule("magic-changed", "The magic bytes have changed.", "Each side takes the other's files for foreign ones.", BUMP),
    Rule("kind-changed", "The kind has changed.", "Each side takes the other's files for another structure.", BUMP),
    Rule("identity-reused", "Two formats have the same magic, kind and version.",
         "A file of one may be read as the other.", "give the new format an identity of its own"),
    Rule("constant-changed", "A constant has another value.", "Each side refuses the other's files.", BUMP),
    Rule("computed-changed", "A computed value follows from another expression.",
         "The same bytes give another value, or files with the old value are refused.", BUMP),
    Rule("default-changed", "A default has another value.",
         "No byte that is given changes; files whose writer left the field out hold another value.",
         "make sure that nobody relies on the old default", "note"),
    Rule("derivation-changed", "A length, count or closing tag follows from another field.",
         "A writer stamps another number, and the other side refuses or misreads.", BUMP),
    # --- branches
    Rule("case-added", "A choice has a new case.", "A reader without it refuses files that use it.", BUMP),
    Rule("case-removed", "A case of a choice is gone.", "Files that use it are refused.", "keep the case for reading"),
    Rule("condition-changed", "A condition or selector has changed.",
         "A part is there for one side and not for the other.", BUMP),
    # --- what bytes showed
    Rule("layout-changed", "The layout differs in a way that no other rule names.",
         "The fingerprints differ, so the layouts do.", BUMP),
    Rule("unexplained", "Files are misread or refused, and no rule explains why.",
         "The bytes are the judge: something changed that the comparison of layouts does not see.",
         "look at the witness, and report a gap in the rules"),
    Rule("kept-file-refused", "A kept file that was read is refused now.",
         "It is a real file: others like it are on disks.", "keep reading what was written"),
    Rule("kept-file-misread", "A kept file is read as another value now.",
         "It is a real file: others like it are on disks.", "keep reading it as it was written"),
    Rule("kept-files-blind", "No kept file of the new version shows what changed in it.",
         "A file that never uses what its version brought proves nothing about it.",
         "keep a file that uses the change", "warning"),
    Rule("lanes-disagree", "Oracle and fast codec differ about one file.", "One of the two decoders is wrong.",
         "report it: it is a bug of the suite or of a patched codec"),
    Rule("not-tried", "No file could be made of a version.", "Nothing was proved about it.",
         "give it kept files, or constraints that can be met"),
)  # fmt: skip
