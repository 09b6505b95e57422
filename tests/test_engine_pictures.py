"""Pictures of the engine show everything that a snapshot says, where it can be read, and nothing else."""

from __future__ import annotations

import msgspec
import pytest

from formats.errors import ShardproofError
from roundtrip.pictures import extents_picture, graph_picture, layers, reclaim_picture
from roundtrip.pictures.canvas import COLOURS, GROUNDS
from roundtrip.pictures.layers import levels_of
from roundtrip.pictures.reading import SVG, Picture, overlapping
from roundtrip.pictures.snapshot import ExtentView, FrameView, NodeView, RunView, Snapshot
from roundtrip.pictures.words import key_text, shortened

HOSTILE = b'</title><script x="&\x00\x1b\xff\xed\xa0\x80'


def extent(number: int, owner: str = "data", pointer: int = 2000, generation: int = 1) -> ExtentView:
    return ExtentView(number, owner, generation, pointer, pointer, 4096, pointer // 2, "sealed" if pointer else "free")


def puts(count: int, key: bytes = b"") -> Snapshot:
    """So many puts: their tree metadata, its run, their chunks, and the superblock's records."""
    nodes = [
        NodeView(1, "metadata", "tree metadata", -1, 0, 0, "waiting", ("adds run 1",)),
        NodeView(2, "run", "index entries", 10, 64, 500, "issued", tuple(f"entry {one}" for one in range(count))),
        NodeView(3, "superblock", "superblock record", -1, 0, 0, "persistent", ("extent 8 → 2,000",)),
        NodeView(4, "superblock", "superblock record", -1, 0, 0, "waiting", ("extent 10 → 500",)),
    ]
    # The last one passes a column.
    edges = [(1, 2), (1, 4), (2, 3), (1, 3)]
    for one in range(count):
        name = key_text(key + bytes([one]))
        nodes.append(NodeView(1000 + one, "put", f"put {name}", -1, 0, 0, "waiting"))
        nodes.append(NodeView(2000 + one, "data", "data", 8, one * 10, one * 10 + 10, "persistent", (name,)))
        edges += [(1000 + one, 1), (2, 2000 + one)]
    return Snapshot(
        disk=bytes(16),
        extents=tuple(extent(number) for number in range(8, 12)),
        nodes=tuple(nodes),
        edges=tuple(edges),
        memtable_keys=tuple(key + bytes([one]) for one in range(count)),
        runs=(RunView(1, 0, count, ((10, 64),)),),
    )


def reclaim_panels(chunks: int = 3, targets: tuple[int, ...] = (9,)) -> list[tuple[str, Snapshot]]:
    """An extent with live chunks and a dead one; they go to other extents; then it is empty."""
    headers = [FrameView(number, 0, 64, "extent_header", b"", None) for number in (8, *targets)]
    old = [FrameView(8, 64 + 100 * one, 100, "chunk", b"key%d" % one, True, 0, bytes([one])) for one in range(chunks)]
    dead = FrameView(8, 64 + 100 * chunks, 100, "chunk", b"gone", False, 0, b"gone")
    new = [
        msgspec.structs.replace(one, extent=targets[number % len(targets)], offset=64 + 100 * (number // len(targets)))
        for number, one in enumerate(old)
    ]
    moved = [msgspec.structs.replace(one, live=False) for one in old]
    free = tuple(extent(number, "free", 0) for number in targets)
    full = tuple(extent(number) for number in targets)

    def snapshot(victim: ExtentView, others: tuple[ExtentView, ...], frames: list[FrameView]) -> Snapshot:
        return Snapshot(disk=bytes(16), extents=(victim, *others), frames=tuple(frames))

    return [
        ("before", snapshot(extent(8), free, [headers[0], *old, dead])),
        ("repointed", snapshot(extent(8), full, [*headers, *moved, dead, *new])),
        ("reset", snapshot(extent(8, "free", 0, 2), full, [*headers[1:], *new])),
    ]


# --- the graph -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("count", [1, 3, 8])
def test_every_node_and_edge_is_drawn(count: int) -> None:
    snapshot = puts(count)
    picture = Picture(graph_picture(snapshot, title="puts"))
    assert len(picture.nodes()) == len(snapshot.nodes)
    assert len(picture.edges()) == len(snapshot.edges)
    assert picture.missing_edges(snapshot) == set()


def test_missing_edge_is_noticed() -> None:
    snapshot = puts(3)
    for edge in snapshot.edges:
        without = msgspec.structs.replace(snapshot, edges=tuple(one for one in snapshot.edges if one != edge))
        assert Picture(graph_picture(without, title="puts")).missing_edges(snapshot) == {edge}


@pytest.mark.parametrize("count", [0, 1, 3, 8, 200])
def test_graph_can_be_read(count: int) -> None:
    picture = Picture(graph_picture(puts(count), title="puts"))
    nodes = picture.nodes()
    everything = [*nodes.values(), *picture.boxes("chip"), *picture.boxes("extent")]
    assert overlapping(everything) == []
    assert all(picture.page.contains(box) for box in (*everything, *picture.texts()))
    assert picture.crossed(nodes.values()) == []
    for upper, lower in picture.edges():
        assert nodes[upper].right < nodes[lower].left, "what is required stands further right"


def test_edges_lead_to_lower_levels() -> None:
    snapshot = puts(5)
    levels = levels_of((node.identity for node in snapshot.nodes), snapshot.edges)
    assert all(levels[upper] > levels[lower] for upper, lower in snapshot.edges)
    assert max(levels.values()) == 3


def test_circle_is_refused_by_name() -> None:
    snapshot = msgspec.structs.replace(puts(1), edges=((1, 2), (2, 1)))
    with pytest.raises(ShardproofError, match=r"nodes \[1, 2\] wait for one another"):
        graph_picture(snapshot, title="circle")


def test_large_graph_says_how_much_it_leaves_out_and_keeps_its_edges() -> None:
    picture = Picture(graph_picture(puts(100), title="puts"))
    assert "… 93 more puts" in picture.words()
    assert "… 93 more data writes" in picture.words()
    assert "… 97 more" in picture.words(), "the entries of the run"
    assert len(picture.nodes()) == 4 + 8 + 8
    assert len(picture.edges()) == 4 + 8 + 8


def test_deep_graph_is_cut_and_says_so() -> None:
    nodes = tuple(NodeView(one, "metadata", f"record {one}", -1, 0, 0, "waiting") for one in range(40))
    edges = tuple((one, one + 1) for one in range(39))
    picture = Picture(graph_picture(Snapshot(disk=b"", extents=(), nodes=nodes, edges=edges), title="chain"))
    assert "… 33 more nodes" in picture.words()
    assert len(picture.nodes()) == 8
    assert len(picture.edges()) == 7


def test_states_are_told_by_shape_and_word() -> None:
    picture = Picture(graph_picture(puts(1), title="puts"))
    looks: dict[str, object] = {}
    for node in picture.groups("node"):
        words = {part.text for part in node.iter(f"{SVG}text")}
        state = next(state for state in ("waiting", "issued", "persistent") if state in words)
        kinds = {part.tag.removeprefix(SVG) for part in node} - {"title", "text", "circle"}
        classes = {name for part in node for name in part.get("class", "").split()}
        outlines = classes & {"dashed", "outline", "thick"}
        looks.setdefault(state, (frozenset(kinds), frozenset(outlines)))
    assert len(looks) == len(set(looks.values())) == 3


def test_overlap_and_crossing_are_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    snapshot = puts(3)
    monkeypatch.setattr(layers, "GAP", -30.0)
    monkeypatch.setattr(layers, "SLOT_HEIGHT", -60.0)
    picture = Picture(graph_picture(snapshot, title="puts"))
    assert overlapping(picture.nodes().values())
    assert picture.crossed(picture.nodes().values())


# --- reclamation -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("targets", [(9,), (9, 10), (9, 10, 11), (7,)])
def test_reclaim_shows_every_frame_and_an_arrow_for_every_copy(targets: tuple[int, ...]) -> None:
    panels = reclaim_panels(3, targets)
    picture = Picture(reclaim_picture(panels, title="reclaim"))
    assert len(picture.boxes("frame")) == sum(len(snapshot.frames or ()) for _, snapshot in panels)
    assert len(picture.edges()) == 3
    assert all(source.startswith("8:") and not target.startswith("8:") for source, target in picture.edges())


@pytest.mark.parametrize("targets", [(9,), (9, 10), (9, 10, 11), (7,)])
@pytest.mark.parametrize("chunks", [3, 7, 40])
def test_reclaim_can_be_read(chunks: int, targets: tuple[int, ...]) -> None:
    picture = Picture(reclaim_picture(reclaim_panels(chunks, targets), title="reclaim"))
    frames, panels = picture.boxes("frame"), picture.boxes("panel-ground")
    assert overlapping([*frames, *picture.boxes("chip")]) == []
    assert overlapping(panels) == []
    assert all(any(panel.contains(frame) for panel in panels) for frame in frames)
    assert all(picture.page.contains(box) for box in (*panels, *picture.texts()))
    assert picture.crossed(frames) == []


def test_reclaim_tells_live_dead_moving_and_copies() -> None:
    picture = Picture(reclaim_picture(reclaim_panels(), title="reclaim"))
    statuses = [one.attrib["data-status"] for one in picture.root.iter(f"{SVG}g") if one.get("class") == "frame"]
    assert sorted(statuses) == sorted(
        [
            "header",
            *["moves"] * 3,
            "dead",
            *["header"] * 2,
            *["moved"] * 3,
            "dead",
            *["copy"] * 3,
            "header",
            *["copy"] * 3,
        ]
    )


def test_many_frames_of_an_extent_become_boxes_that_say_how_many() -> None:
    picture = Picture(reclaim_picture(reclaim_panels(40), title="reclaim"))
    assert "40 frames" in picture.words()
    assert len(picture.edges()) == 1


# --- extents ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("count", [1, 64])
def test_few_extents_are_bars(count: int) -> None:
    picture = Picture(extents_picture(Snapshot(disk=b"", extents=tuple(map(extent, range(count)))), title="few"))
    bars = picture.boxes("extent")
    assert len(bars) == count
    assert overlapping(bars) == []
    assert all(picture.page.contains(box) for box in (*bars, *picture.texts()))


@pytest.mark.parametrize("count", [65, 4096, 4097, 65536])
def test_many_extents_are_a_map_that_fits_a_page(count: int) -> None:
    text = extents_picture(Snapshot(disk=b"", extents=tuple(map(extent, range(count)))), title="many")
    picture = Picture(text)
    rows = picture.groups("row")
    assert sum(int(one.attrib["data-count"]) for one in rows) == count, "every extent is in a square"
    assert picture.page.bottom < 1200
    assert all(picture.page.contains(box) for box in (*picture.boxes("row"), *picture.texts()))
    assert len(text) < 300_000


def test_part_of_the_extents_keeps_their_numbers() -> None:
    snapshot = Snapshot(disk=b"", extents=tuple(map(extent, range(100))))
    picture = Picture(extents_picture(snapshot, title="part", first=40, last=42))
    numbers = [one.attrib["data-extent"] for one in picture.root.iter(f"{SVG}g") if one.get("class") == "extent"]
    assert numbers == ["40", "41", "42"]
    assert "Extents 40 to 42 of 100." in picture.words()


# --- words and colours -----------------------------------------------------------------------------------------------


def test_hostile_keys_stay_text() -> None:
    snapshot = puts(3, HOSTILE)
    nodes = tuple(msgspec.structs.replace(node, label=HOSTILE.decode("latin-1")) for node in snapshot.nodes)
    frames = [
        (
            title,
            msgspec.structs.replace(
                one, frames=tuple(msgspec.structs.replace(f, key=HOSTILE) for f in one.frames or ())
            ),
        )
        for title, one in reclaim_panels()
    ]
    for text in (
        graph_picture(msgspec.structs.replace(snapshot, nodes=nodes), title=HOSTILE.decode("latin-1")),
        reclaim_picture(frames, title="\ud800\ufffe\u202e"),
        extents_picture(snapshot, title="]]>\x07" * 200),
    ):
        picture = Picture(text)
        assert "<script" not in text
        assert {one.tag for one in picture.root.iter()} <= {
            SVG + tag for tag in ("svg", "title", "desc", "style", "g", "rect", "path", "polygon", "circle", "text")
        }
        assert all(" " <= letter <= "~" or letter in "…→·\n" for letter in text)


def test_no_two_keys_look_alike() -> None:
    keys = [b"0x41", b"A", b'"0x41"', b'"', b"0x", b"", b"\x00", b"key", b"Key", b"key ", b'""0x41""']
    assert len({key_text(key) for key in keys}) == len(keys)


def test_long_words_keep_both_ends() -> None:
    short = shortened("photos/2026/08/summer/holiday-0001.jpeg", 12, 150)
    assert short.startswith("photos")
    assert short.endswith(".jpeg"[-3:])
    assert "…" in short


@pytest.mark.parametrize("page", [1, 2])
def test_text_can_be_read_on_every_ground(page: int) -> None:
    for words, grounds in GROUNDS.items():
        for ground in grounds:
            assert contrast(COLOURS[words][page], COLOURS[ground][page]) >= 4.5, (words, ground)


def contrast(one: str, other: str) -> float:
    """The contrast of two colours, as WCAG defines it."""
    lights = []
    for colour in (one, other):
        parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
        red, green, blue = (part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
        lights.append(0.2126 * red + 0.7152 * green + 0.0722 * blue)
    return (max(lights) + 0.05) / (min(lights) + 0.05)
