"""The content of a page about a store: its extents, and every frame below a write pointer, named, dead or debris.

What is named, and what of it is not whole, is the word of the reference store; the fields of a frame are those that
`inspect` shows of it, at the place that the store gives it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from formats.catalog import CATALOG, Format
from formats.errors import RULES

from ..inspection import Context, Frame
from ..inspection.frames import read_frame, seed_at
from ..inspection.recognition import recognise
from ..reference import extent_header, seed_of
from ..reference.refusal import Refusal
from ..reference.roots import HEADER_SIZE_BYTES, RESERVED_COUNT
from ..reference.store import ExtentState, Rotten, StoreImage, Stretch, ground, read_store
from .files import notes_of, title_of
from .guests import Guest, pages_of_runs
from .model import Budget, Content, Extent, LeftOut, Limits, Part, Row, Segment, Violation
from .rows import inside, rows_of
from .words import MEANINGS, label_of, sort_of

EXTENT_SIZE_STEP: Final = 4096
#: One frame has this part of the fields of a page, and one extent at least so many bytes, where there are many.
SHARES: Final = 8
SHARE_MINIMUM: Final = 2**14
#: What nothing was ever written to.
FREE: Final = ExtentState("free", 0, 0)

Place = tuple[int, int]
Ground = Mapping[int, Sequence[Stretch]]


def extent_size_of(data: memoryview) -> int | None:
    """The extent size that the header of extent 0 states, or that of extent 1 where it lies; None for no store."""

    def stated(extent: int, position: int) -> int:
        seed = seed_of(extent_header.CONTEXT, b"", extent, 0, 0, 0)
        try:
            header, _ = extent_header.decode_prefix(bytes(data[position : position + HEADER_SIZE_BYTES]), seed)
        except Refusal:
            return 0
        return int(header["extent_size"])

    size = stated(0, 0)
    if size:
        return size if len(data) >= RESERVED_COUNT * size else None
    for size in range(EXTENT_SIZE_STEP, len(data) // RESERVED_COUNT + 1, EXTENT_SIZE_STEP):
        if len(data) % size == 0 and stated(1, size) == size:
            return size
    return None


def store_content(
    data: memoryview, extent_size: int, *, start: int, limits: Limits, notes: tuple[str, ...] = ()
) -> Content:
    """The content of a store whose extents have this size, from the frame on that holds byte `start`.

    Raises NoStore where the roots are beyond reading.
    """

    def read(extent: int, offset: int, length: int) -> bytes:
        at = extent * extent_size + offset
        return bytes(data[at : at + length])

    image = read_store(read, len(data) // extent_size, extent_size)
    return Survey(data, image, ground(read, image), Budget(limits), notes).content(start)


@dataclass
class Survey:
    """A store on its way to a page."""

    data: memoryview
    image: StoreImage
    ground: Ground
    budget: Budget
    notes: tuple[str, ...] = ()
    frames: dict[Place, Frame] = field(default_factory=dict)
    parts: list[Part] = field(default_factory=list)
    segments: list[Segment] = field(default_factory=list)
    #: Bytes of one extent that are shown.
    share: int = 0
    #: Faults that were shown at a frame.
    told: set[Rotten] = field(default_factory=set)

    def content(self, start: int) -> Content:
        """Everything from byte `start` of the file on that there is room for."""
        shown = self.chosen(start)
        self.trace(shown)
        guests = pages_of_runs(self.image, self.frames, self.data)
        written = self.written()
        numbers = written[: self.budget.limits.extents]
        extents = tuple(self.extent(number, shown.get(number, ()), guests) for number in numbers)
        homeless = [fault for fault in self.image.rotten if fault.extent not in numbers]
        counts = Counter(stretch.kind for stretches in self.ground.values() for stretch in stretches)
        words = (
            f"store of {self.image.extent_count:,} extents; frames: {counts['named']:,} named, "
            f"{counts['dead']:,} dead, {counts['debris']:,} of debris, {len(self.image.rotten):,} rotten"
        )
        return Content(
            "damaged" if self.image.rotten else "valid",
            words,
            tuple(self.parts),
            tuple(self.segments),
            extents,
            self.image.extent_count,
            self.image.extent_count if len(numbers) == len(written) else numbers[-1] + 1,
            facts=self.facts(),
            left_out=tuple(self.left_out(shown, start, len(written) - len(numbers))),
            notes=(*self.notes, *(f"rotten, at no place: {fault.structure} ({fault.rule})" for fault in homeless)),
        )

    def written(self) -> list[int]:
        """The extents in which anything is written, or should be."""
        image = self.image
        pointed = {number for number, state in image.extents.items() if state.pointer}
        faulty = {fault.extent for fault in image.rotten if 0 <= fault.extent < image.extent_count}
        return sorted({*self.ground, *pointed, *faulty})

    def chosen(self, start: int) -> dict[int, Sequence[Stretch]]:
        """The stretches from byte `start` of the file on that there is room for."""
        shown: dict[int, Sequence[Stretch]] = {}
        frames = self.budget.frames
        for number in sorted(self.ground):
            begin = number * self.image.extent_size_bytes
            fitting = [stretch for stretch in self.ground[number] if begin + stretch.end > start][:frames]
            if fitting:
                shown[number] = fitting
                frames -= len(fitting)
        # Large extents and frames leave room for the others.
        self.budget.fields_each = max(1, self.budget.fields // SHARES)
        self.share = max(SHARE_MINIMUM, self.budget.size_bytes // max(1, len(shown)))
        return shown

    def trace(self, shown: Mapping[int, Sequence[Stretch]]) -> None:
        """Read the fields of every frame."""
        for number, stretches in shown.items():
            for stretch in stretches:
                if stretch.structure:
                    self.frames[number, stretch.start] = self.frame(number, stretch)

    def frame(self, number: int, stretch: Stretch) -> Frame:
        """One frame, at its place."""
        begin = number * self.image.extent_size_bytes
        start, end = begin + stretch.start, begin + stretch.end
        piece = self.data[start:end]
        # The offset that a frame is sealed with counts from the start of its extent.
        context: Context = {"disk": self.image.disk, "extent": number, "offset": -begin}
        context["generation"] = self.life(number)
        entry = version_of(CATALOG.versions(stretch.structure), piece, start, context)
        return read_frame(entry, piece, start=start, context=context)

    def life(self, number: int) -> int:
        """The generation of an extent: that of the superblock; of the roots, what their own header says."""
        if number >= RESERVED_COUNT:
            return self.image.extents.get(number, FREE).generation
        begin = number * self.image.extent_size_bytes
        context: Context = {"extent": number, "offset": -begin}
        header = read_frame(CATALOG["extent_header"], self.data[begin:], start=begin, context=context)
        found = next((one.value for one in header.fields if one.path == ("generation",)), 0)
        return found if isinstance(found, int) else 0

    def extent(self, number: int, stretches: Sequence[Stretch], guests: Mapping[Place, list[Guest]]) -> Extent:
        """An extent, and the parts of it that are shown."""
        state = self.image.extents.get(number, FREE)
        size = self.image.extent_size_bytes
        all_stretches = self.ground.get(number, ())
        pointer = all_stretches[-1].end if all_stretches else min(state.pointer, size)
        first = len(self.parts)
        self.parts += [self.part(number, state, stretch, guests) for stretch in stretches]
        if stretches:
            begin = number * size + stretches[0].start
            room = max(0, min(stretches[-1].end - stretches[0].start, self.budget.size_bytes, self.share))
            title = f"extent {number} · {state.owner} · generation {state.generation or self.life(number)}"
            self.segments.append(Segment(begin, begin + room, number * size, title))
            self.budget.size_bytes -= room
        faults = [fault for fault in self.image.rotten if fault.extent == number and fault not in self.told]
        return Extent(
            number,
            number * size,
            size,
            pointer,
            state.owner,
            state.generation or self.life(number),
            first,
            len(stretches),
            len(all_stretches) - len(stretches),
            tuple(violation_of(fault, number * size) for fault in faults),
        )

    def part(self, number: int, state: ExtentState, stretch: Stretch, guests: Mapping[Place, list[Guest]]) -> Part:
        """One stretch of an extent."""
        begin = number * self.image.extent_size_bytes
        start, end = begin + stretch.start, begin + stretch.end
        sort = sort_of(stretch.structure, state.owner)
        notes = tuple(
            f"this copy is not whole ({fault.rule}), which a crash explains: the other one counts"
            for fault in self.image.torn
            if fault.extent == number and stretch.start <= fault.offset < stretch.end
        )
        if not stretch.structure:
            return Part("debris", start, end, "", state="debris", sort=sort, notes=notes)
        frame = self.frames[number, stretch.start]
        rows, violations = rows_of(frame, self.budget)
        for guest in guests.get((number, stretch.start), ()):
            host = next((n for n, row in enumerate(rows) if row.label == "payload"), None)
            if host is None:  # left out, or behind damage
                break
            rows, violations = inside(rows, violations, host, rows_of(guest.frame, self.budget), title_row(guest))
        faults = [
            fault
            for fault in self.image.rotten
            if fault.extent == number and stretch.start <= fault.offset < stretch.end
        ]
        self.told.update(faults)
        known = {violation.rule for violation in violations}
        violations += tuple(violation_of(fault, begin) for fault in faults if fault.rule not in known)
        return Part(
            title_of(frame),
            start,
            end,
            "damaged" if faults or frame.violations else frame.verdict,
            label_of(frame),
            stretch.kind,
            sort,
            rows,
            violations,
            (*notes, *notes_of(frame, self.budget.limits)),
        )

    def facts(self) -> tuple[tuple[str, str], ...]:
        """What the roots say of the whole store."""
        image = self.image
        return (
            ("disk", image.disk.hex()),
            ("extents", f"{image.extent_count:,} of {image.extent_size_bytes:,} bytes"),
            ("page", f"{image.page_size_bytes:,} bytes"),
            ("superblock record", f"{image.superblock_sequence:,}"),
            ("tree metadata record", f"{image.metadata_sequence:,}"),
            ("sorted runs", f"{len(image.runs):,}"),
            ("keys", f"{len(image.values):,} readable, {len(image.unreadable):,} not"),
            ("closed cleanly", "yes" if image.is_clean else "no"),
        )

    def left_out(self, shown: Mapping[int, Sequence[Stretch]], start: int, unmapped: int) -> list[LeftOut]:
        """What the page does not hold."""
        size = self.image.extent_size_bytes
        found = []
        ends = [
            number * size + stretch.end
            for number, stretches in self.ground.items()
            for stretch in stretches
            if stretch not in shown.get(number, ())
        ]
        before, after = sum(end <= start for end in ends), sum(end > start for end in ends)
        if before:
            found.append(LeftOut(f"{before:,} frames before byte {start:#x}", 0))
        if after:
            last = max((number * size + one[-1].end for number, one in shown.items()), default=start)
            begin = min(
                number * size + one.start
                for number, all_of in self.ground.items()
                for one in all_of
                if number * size + one.start >= last
            )
            found.append(LeftOut(f"{after:,} frames from byte {begin:#x} on", begin))
        hidden = sum(stretches[-1].end - stretches[0].start for stretches in shown.values())
        hidden -= sum(segment.end - segment.start for segment in self.segments)
        if hidden:
            held = {segment.base // size: segment.end for segment in self.segments}
            begin = min(
                number * size + stretch.start
                for number, stretches in shown.items()
                for stretch in stretches
                if number * size + stretch.end > held.get(number, 0)
            )
            words = f"{hidden:,} bytes of the frames that are shown, from the one at byte {begin:#x} on"
            found.append(LeftOut(words, begin if begin > start else None))
        if self.budget.fields_over:
            found.append(LeftOut(f"{self.budget.fields_over:,} fields", None))
        if unmapped:
            found.append(LeftOut(f"{unmapped:,} extents on the map", None))
        return found


def version_of(versions: Sequence[Format], piece: memoryview, start: int, context: Context) -> Format:
    """The version of a format that a frame has; of a damaged one, the version that fits best, or the newest."""
    if len(versions) == 1:
        return versions[0]
    for entry in versions:
        seed, _ = seed_at(entry, context, start)
        if seed is not None and entry.codec.probe(piece, seed) is not None:
            return entry
    found = recognise(versions, piece, start=start, context=context)
    return found[0] if len(found) == 1 else versions[-1]


def violation_of(fault: Rotten, begin: int) -> Violation:
    """A fault that the reference store found, in an extent that begins at this byte of the file."""
    expected, found, meaning = MEANINGS.get(fault.rule, ("a whole frame", "one that is not", ""))
    return Violation(
        -1, fault.structure, begin + fault.offset, fault.rule, expected, found, meaning or RULES.get(fault.rule, "")
    )


def title_row(guest: Guest) -> Row:
    """The row that a page inside a chunk is shown under."""
    frame = guest.frame
    size = frame.end - frame.start
    value = f"({size} bytes: {guest.words})" if guest.words else f"({size} bytes)"
    return Row(0, title_of(frame), frame.start, frame.end, "group", value)
