"""The example catalog against log files that LevelDB itself writes, here and now."""

from __future__ import annotations

import random
import struct
from pathlib import Path

import plyvel
import pytest

from formats import Catalog, FormatError
from roundtrip.catalogs import load_catalog

EXAMPLE = Path(__file__).parent.parent / "docs" / "examples" / "leveldb_log.py"
BLOCK_SIZE = 32 * 1024


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return load_catalog(f"{EXAMPLE}:CATALOG")


def written_by_leveldb(folder: Path, batches: list[list[tuple[bytes, bytes]]]) -> bytes:
    """The log file that LevelDB makes of these batches of puts."""
    database = plyvel.DB(str(folder / "db"), create_if_missing=True, write_buffer_size=2**30)
    for batch in batches:
        with database.write_batch() as writes:
            for key, value in batch:
                writes.put(key, value)
    database.close()
    (log,) = (folder / "db").glob("*.log")
    return log.read_bytes()


def batch_bytes(sequence: int, batch: list[tuple[bytes, bytes]]) -> bytes:
    """LevelDB's write batch (db/write_batch.cc): sequence, count, then tagged, length-prefixed keys and values."""

    def varint(number: int) -> bytes:
        return bytes([number & 0x7F | 0x80]) + varint(number >> 7) if number >= 0x80 else bytes([number])

    puts = b"".join(b"\x01" + varint(len(key)) + key + varint(len(value)) + value for key, value in batch)
    return struct.pack("<QI", sequence, len(batch)) + puts


def random_batches(seed: int, sizes: tuple[int, ...]) -> list[list[tuple[bytes, bytes]]]:
    """One put each, values of the given sizes."""
    source = random.Random(seed)
    return [[(b"key %d" % number, source.randbytes(size))] for number, size in enumerate(sizes)]


def messages(blocks: tuple[tuple[dict[str, object], ...], ...]) -> list[bytes]:
    """The records of a log put together again from their fragments."""
    found: list[bytes] = []
    for record in (record for block in blocks for record in block):
        data = record["data"]
        assert isinstance(data, bytes)
        if record["type"] in ("full", "first"):
            found.append(b"")
        found[-1] += data
    return found


@pytest.mark.parametrize("seed", range(4))
def test_every_byte_leveldb_wrote_is_read_as_what_was_put(catalog: Catalog, tmp_path: Path, seed: int) -> None:
    source = random.Random(seed)
    sizes = tuple(source.choice((0, 1, 20, 400, 5_000, 40_000, 100_000)) for _ in range(60))
    batches = random_batches(seed, sizes)
    data = written_by_leveldb(tmp_path, batches)
    log = catalog["log"]
    value = log.oracle.decode(data)
    assert messages(value) == [batch_bytes(number, batch) for number, batch in enumerate(batches, 1)]
    assert log.codec.plain(log.codec.decode(data)) == value
    assert log.oracle.encode(value) == data == log.codec.encode(log.codec.decode(data))


def test_record_types_and_block_trailers_all_occur_in_real_files(catalog: Catalog, tmp_path: Path) -> None:
    header_of_put = 7 + 12 + 1 + 1 + 5 + 3
    nearly = BLOCK_SIZE - header_of_put - 3
    data = written_by_leveldb(tmp_path, random_batches(1, (nearly, 100_000, 10)))
    value = catalog["log"].oracle.decode(data)
    assert {record["type"] for block in value for record in block} == {"full", "first", "middle", "last"}
    assert data[BLOCK_SIZE - 3 : BLOCK_SIZE] == bytes(3)


def test_cut_log_is_truncated_except_behind_a_record(catalog: Catalog, tmp_path: Path) -> None:
    data = written_by_leveldb(tmp_path, random_batches(2, (10, 300, 50)))
    log = catalog["log"]
    ends = {span.end for span in log.oracle.trace(data).spans if len(span.path) == 2}
    for size in range(len(data) + 1):
        legal = size == 0 or size in ends
        assert (log.codec.probe(data[:size]) is not None) == legal
        error = log.codec.verdict(data[:size])
        assert error is None if legal else error is not None and error.rule == "truncated"


def test_every_flip_in_checksummed_bytes_of_a_real_log_is_refused(catalog: Catalog, tmp_path: Path) -> None:
    data = bytearray(written_by_leveldb(tmp_path, random_batches(3, (10, 200))))
    log = catalog["log"]
    lengths = [span for span in log.oracle.trace(bytes(data)).spans if span.path[-1] == "length"]
    unprotected = {offset for span in lengths for offset in range(span.start, span.end)}
    for bit in range(len(data) * 8):
        data[bit // 8] ^= 1 << bit % 8
        accepted = log.codec.probe(bytes(data)) is not None
        data[bit // 8] ^= 1 << bit % 8
        assert not accepted or bit // 8 in unprotected


def test_damage_is_named_by_block_record_and_field(catalog: Catalog, tmp_path: Path) -> None:
    data = bytearray(written_by_leveldb(tmp_path, random_batches(4, (10, 20, 30))))
    data[-1] ^= 1
    with pytest.raises(FormatError) as caught:
        catalog["log"].codec.decode(bytes(data))
    assert (caught.value.rule, caught.value.path) == ("checksum", (0, 2, "checksum"))


def test_the_example_is_under_60_lines() -> None:
    assert len(EXAMPLE.read_text(encoding="utf-8").splitlines()) < 60
