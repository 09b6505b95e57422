"""Kept store images: whole disks as the engine left them, each with what every reader must say of it, for ever.

    images/<first 16 digits of the SHA-256>.image.xz      the disk, its extents one after the other, packed
                                           .earlier.xz    what its sectors held before, where stale ones are tried
                                           .json          the sidecar

The hash is that of the unpacked disk, so a packer may change and names do not. Files are added and never overwritten.
Nothing here knows the engine: what an image means is found in `roundtrip/images/`.
"""

from __future__ import annotations

import importlib.resources
import json
import lzma
from dataclasses import dataclass
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Annotated, Any, Final, Literal

import msgspec

from .errors import CorpusError
from .plain import render
from .sidecar import NAME_SIZE, Hexadecimal, Sentence, hashed

IMAGE: Final = ".image.xz"
EARLIER: Final = ".earlier.xz"
SIDECAR: Final = ".json"
#: No kept image is larger; so a packed file that was tampered with cannot fill the memory.
SIZE_MAXIMUM: Final = 64 * 2**20
#: Hexadecimal digits of a value's SHA-256 in a mapping.
DIGEST_SIZE: Final = 16

Digest = Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{64}$")]
Size = Annotated[int, msgspec.Meta(ge=0)]


class Damage(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, order=True):
    """A report of something that is named and not whole: the structure, its place, the shard in hexadecimal."""

    structure: str
    extent: int
    generation: int
    offset: int
    key: Hexadecimal = ""


class Verdict(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What the engine must say.

    refused: why it is not opened; verify: what opening and a scrub report, sorted; mapping: by key in hexadecimal the
    length in bytes and the first digits of the SHA-256 of each value that is read; unreadable: by key what is in the
    way.
    """

    refused: Damage | None = None
    verify: tuple[Damage, ...] = ()
    mapping: dict[str, tuple[int, str]] = {}
    unreadable: dict[str, Damage] = {}


class Reading(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What the reference store must say. mapping: the SHA-256 of all keys and values; torn: copies of root records that
    a crash explains; masks: compatible, read-only compatible and incompatible features; sequences: of both roots."""

    rotten: tuple[Damage, ...]
    torn: tuple[Damage, ...]
    keys: Size
    mapping: Digest
    is_clean: bool
    masks: tuple[int, int, int]
    sequences: tuple[int, int]
    runs: int


class ImageSidecar(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What is known of one image.

    history: how it was made, in the text form of histories; left: the line that left it; preset and placement: what
    that ran on, and where random bytes came from; damage: bits that were turned afterwards, each `extent offset bit`;
    limits: what is needed to open it; earlier_sha256: of its sectors' former contents, empty where none are kept.
    """

    kind: Literal["image"] = "image"
    name: str
    why: Sentence
    writer: str
    preset: str
    placement: str
    history: tuple[str, ...]
    left: str
    damage: tuple[str, ...] = ()
    sha256: Digest
    size_bytes: Annotated[int, msgspec.Meta(ge=1, le=SIZE_MAXIMUM)]
    used_bytes: Size
    extent_size_bytes: Annotated[int, msgspec.Meta(ge=4096)]
    earlier_sha256: str = ""
    limits: dict[str, Any]
    engine: Verdict
    reference: Reading

    def __post_init__(self) -> None:
        if self.size_bytes % self.extent_size_bytes:
            raise ValueError(f"{self.size_bytes} bytes are no whole extents of {self.extent_size_bytes}")

    @property
    def identity(self) -> str:
        """Where it stands in reports: `image/0123456789abcdef`."""
        return f"image/{self.sha256[:NAME_SIZE]}"

    def text(self) -> str:
        """The stable JSON text, with a newline at its end."""
        return render(json.loads(msgspec.json.encode(self))) + "\n"


@dataclass(frozen=True)
class KeptImage:
    """One image: its sidecar, the bytes of the disk, and what its sectors held before, empty where that is not kept."""

    sidecar: ImageSidecar
    data: bytes
    earlier: bytes = b""


@dataclass(frozen=True)
class ImageScan:
    """All images of a folder, by name, and what is wrong with the rest."""

    images: tuple[KeptImage, ...]
    problems: tuple[CorpusError, ...]


def own_images() -> Traversable:
    """The images that come with the package."""
    return importlib.resources.files("corpus") / "images"


def scan_images(folder: Traversable | None = None) -> ImageScan:
    """Every image of a folder, the package's own for None, and every problem; nothing is skipped."""
    folder = own_images() if folder is None else folder
    files = {item.name: item for item in folder.iterdir()} if folder.is_dir() else {}
    problems: list[CorpusError] = []
    stems = {name.partition(".")[0] for name in files if name.endswith((IMAGE, EARLIER, SIDECAR))}
    images = [image for stem in sorted(stems) if (image := _read(stem, files, problems)) is not None]
    problems += [
        CorpusError(
            "stray", name, expected=f"{IMAGE}, {EARLIER} and {SIDECAR} files", found="another", instead="move it away"
        )
        for name in sorted(files)
        if not name.endswith((IMAGE, EARLIER, SIDECAR))
    ]
    if not images and not problems:
        instead = "bring the images back from version control"
        problems.append(
            CorpusError("folder", "images", expected="at least one store image", found="none", instead=instead)
        )
    return ImageScan(tuple(images), tuple(problems))


def unpacked(data: bytes) -> bytes:
    """The bytes of a packed file, at most `SIZE_MAXIMUM`; `ValueError` where they are not to be had."""
    unpacker = lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=4 * SIZE_MAXIMUM)
    try:
        found = unpacker.decompress(data, SIZE_MAXIMUM)
    except lzma.LZMAError as error:
        raise ValueError(str(error)) from None
    if not unpacker.eof or unpacker.unused_data:
        raise ValueError("it does not end where the packed bytes end")
    return found


def _read(stem: str, files: dict[str, Traversable], problems: list[CorpusError]) -> KeptImage | None:
    """One image, or None after noting what is wrong with it."""
    restore = "bring it back from version control: kept files never change"
    if stem + SIDECAR not in files:
        problems.append(
            CorpusError("orphan_data", stem + IMAGE, expected=stem + SIDECAR, found="no such file", instead=restore)
        )
        return None
    try:
        sidecar = parse_image(files[stem + SIDECAR].read_bytes())
    except ValueError as error:
        expected = "a readable sidecar"
        problems.append(
            CorpusError("sidecar", stem + SIDECAR, expected=expected, found=str(error), instead="correct it by hand")
        )
        return None
    wanted = {IMAGE: sidecar.sha256} | ({EARLIER: sidecar.earlier_sha256} if sidecar.earlier_sha256 else {})
    found: dict[str, bytes] = {}
    before = len(problems)
    for suffix in (IMAGE, EARLIER):
        path, digest = stem + suffix, wanted.get(suffix)
        if digest is None:
            if path in files:
                problems.append(
                    CorpusError("stray", path, expected="no such file", found="one", instead="move it away")
                )
            continue
        if path not in files:
            problems.append(
                CorpusError("orphan_sidecar", stem + SIDECAR, expected=path, found="no such file", instead=restore)
            )
            continue
        try:
            data = found[suffix] = unpacked(files[path].read_bytes())
        except ValueError as error:
            problems.append(CorpusError("hash", path, expected="packed bytes", found=str(error), instead=restore))
            continue
        if len(data) != sidecar.size_bytes:
            expected, size = f"{sidecar.size_bytes} bytes", f"{len(data)} bytes"
            problems.append(CorpusError("size", path, expected=expected, found=size, instead=restore))
        if hashed(data) != digest:
            problems.append(CorpusError("hash", path, expected=digest, found=hashed(data), instead=restore))
    if stem != sidecar.sha256[:NAME_SIZE]:
        expected = sidecar.sha256[:NAME_SIZE]
        problems.append(
            CorpusError("misfiled", stem + SIDECAR, expected=expected, found=stem, instead="move all files there")
        )
    return KeptImage(sidecar, found[IMAGE], found.get(EARLIER, b"")) if len(problems) == before else None


def parse_image(text: bytes) -> ImageSidecar:
    """The sidecar of a JSON text; `ValueError` says what is wrong with it."""
    try:
        return msgspec.json.decode(text, type=ImageSidecar)
    except msgspec.DecodeError as error:  # a ValidationError too; both name the field
        raise ValueError(str(error)) from None


def add_image(folder: Path, image: KeptImage) -> bool:
    """Keep an image; False where the very same is there already. Never overwrites: other contents are a `conflict`."""
    stem = folder / image.sidecar.sha256[:NAME_SIZE]
    path = stem.with_suffix(SIDECAR)
    text = image.sidecar.text().encode()
    if path.exists():
        if path.read_bytes() == text:
            return False
        raise CorpusError(
            "conflict",
            path.name,
            expected="the same contents, or none",
            found="other contents",
            instead="say both reasons in one sidecar, or remove the files first",
        )
    folder.mkdir(parents=True, exist_ok=True)
    for suffix, data in ((IMAGE, image.data), (EARLIER, image.earlier)):
        if data:
            stem.with_suffix(suffix).write_bytes(lzma.compress(data, preset=9 | lzma.PRESET_EXTREME))
    path.write_bytes(text)
    return True
