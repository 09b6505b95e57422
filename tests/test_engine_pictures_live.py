"""Pictures of a live store: what the observer sees is what is there, and looking changes nothing."""

from __future__ import annotations

import re
from pathlib import Path

from click.testing import CliRunner

from engine import Limits, Shape, Store
from engine.memory_disk import MemoryDisk
from engine.seams import Seams, SeededRandomness
from roundtrip.commands.store_draw import draw, figures
from roundtrip.pictures import Observer, draw_documentation, graph_picture, snapshot_of
from roundtrip.pictures.layers import levels_of
from roundtrip.pictures.reading import SVG, Picture

FOLDER = Path(__file__).parent.parent / "docs" / "pictures"


def new_store() -> Store:
    shape = Shape(extent_count=16, extent_size_bytes=4096, page_size_bytes=512)
    seams = Seams(randomness=SeededRandomness(7))
    return Store.create_on(MemoryDisk(16, 4096), shape, Limits(background=False), seams)


def test_live_graph_becomes_persistent_level_by_level_and_loses_no_edge() -> None:
    store = new_store()
    observer = Observer(store)
    for key in (b"one", b"two"):
        observer.put(key, store.put(key, bytes(100)))
    store.flush()
    snapshots = [observer.snapshot()]
    while store.writeback.step():
        snapshots.append(observer.snapshot())
    first = snapshots[0]
    assert len(snapshots) == 4, "three levels of sync"
    levels = levels_of((node.identity for node in first.nodes), first.edges)
    for done, snapshot in enumerate(snapshots):
        assert snapshot.edges == first.edges
        states = {node.identity: node.state for node in snapshot.nodes}
        # Puts stand one level above the write that makes them persistent.
        kinds = {node.identity: node.kind for node in snapshot.nodes}
        for identity, level in levels.items():
            is_done = (level - 1 if kinds[identity] == "put" else level) < done
            assert (states[identity] == "persistent") is is_done, (done, identity)
        assert Picture(graph_picture(snapshot, title="live")).missing_edges(snapshot) == set()
    store.abandon()


def test_looking_changes_nothing() -> None:
    seen, unseen = new_store(), new_store()
    for store in (seen, unseen):
        for number in range(20):
            store.put(b"key%d" % number, bytes(300))
            if store is seen:
                snapshot_of(store)
        store.flush()
        if store is seen:
            snapshot_of(store)
        store.close()
    for number in range(16):
        assert image(seen, number) == image(unseen, number)


def image(store: Store, number: int) -> bytes:
    disk = store.disk
    assert isinstance(disk, MemoryDisk)
    return disk.crash(()).read(number, 0, 4096)


def test_write_of_many_chunks_says_that_there_are_more() -> None:
    store = new_store()
    for number in range(30):
        store.put(b"key%02d" % number, bytes(10))
    words = Picture(graph_picture(snapshot_of(store), title="many")).words()
    assert "key02: 10 bytes" in words
    assert "\n… more\n" in words
    store.abandon()


def test_frames_say_what_is_live_and_fill_their_extents() -> None:
    store = new_store()
    for size in (500, 600):
        store.put(b"key", bytes(size))
    store.flush().wait()
    snapshot = snapshot_of(store, frames=True)
    frames = [frame for frame in snapshot.frames or () if frame.structure in {"chunk", "run"}]
    assert [(frame.structure, frame.live) for frame in frames] == [("chunk", False), ("chunk", True), ("run", True)]
    for view in snapshot.extents[8:]:
        assert sum(one.size_bytes for one in snapshot.frames or () if one.extent == view.number) == view.pointer_bytes
    store.abandon()


def test_pictures_of_the_documentation_are_what_the_engine_draws() -> None:
    pictures = draw_documentation()
    assert {path.name for path in FOLDER.iterdir()} == set(pictures)
    stale = [name for name, text in pictures.items() if (FOLDER / name).read_text(encoding="utf-8") != text]
    assert stale == [], "run `shardproof store figures --output docs/pictures`"


def test_pictures_say_in_words_what_they_show() -> None:
    for text in draw_documentation().values():
        picture = Picture(text)
        assert picture.root.get("role") == "img"
        assert picture.root.findtext(f"{SVG}title")
        assert len(picture.root.findtext(f"{SVG}desc") or "") > 40


def test_draw_shows_a_store_as_it_lies_on_disk_and_writes_nothing_to_it(tmp_path: Path) -> None:
    with Store.create(tmp_path / "store", Shape(extent_count=16, extent_size_bytes=65536)) as store:
        store.put(b"key", bytes(1000))
    before = (tmp_path / "store" / "disk").read_bytes()
    target = tmp_path / "picture.svg"
    done = CliRunner().invoke(draw, [str(tmp_path / "store"), "-o", str(target)], standalone_mode=False)
    assert done.exception is None
    words = Picture(target.read_text(encoding="utf-8")).words()
    assert "8 data, generation 1" in words
    assert re.search(r"^0 superblock, generation 1\n.*pointer [\d,]+", words, re.MULTILINE)
    assert (tmp_path / "store" / "disk").read_bytes() == before
    done = CliRunner().invoke(draw, [str(tmp_path / "store"), "--extents", "8-99"], standalone_mode=False)
    assert "extents 0 to 15" in str(done.exception)


def test_figures_are_checked_without_writing(tmp_path: Path) -> None:
    run = CliRunner()
    assert run.invoke(figures, ["--output", str(tmp_path), "--check"], standalone_mode=False).return_value == 1
    assert list(tmp_path.iterdir()) == []
    assert run.invoke(figures, ["--output", str(tmp_path)], standalone_mode=False).return_value == 0
    assert run.invoke(figures, ["--output", str(tmp_path), "--check"], standalone_mode=False).return_value == 0
