"""dissect.cstruct: C declarations, compiled by it. It has no checksums, so decoding checks them with crc32c beside it.

Constants and enumerations are not checked, nor bounds and order. Keys are cut out of their heap by a function of ours.
Writing goes over the bytes once more, to put the seal into the header.
"""

from __future__ import annotations

from typing import Any, Final

from crc32c import crc32c
from dissect.cstruct import cstruct

from ..records import Sample
from .contender import Call, Contender, NotComparable
from .derived import counts_of, ends_of, header_values, region_name

LOCATORS: Final = "".join(
    f"uint32 {name}[{{}}]; " for name in ("extents", "generations", "offsets", "lengths", "checksums")
)

DECLARATIONS: Final = """
enum ExtentOwner : uint8 { data = 2, index = 3, metadata = 4, superblock = 5 };
enum ChunkOwner : uint8 { shard = 1, run = 2 };
enum Record : uint8 { full = 1, delta = 2 };
enum Owner : uint8 { free = 1, data = 2, index = 3, metadata = 4, superblock = 5 };

struct extent_header { uint32 lead; ExtentOwner owner; char reserved_1[3]; char disk[16]; uint32 extent_size;
  uint32 page_size; uint32 generation; char reserved_2[24]; uint32 seal; };
struct chunk { uint32 lead; ChunkOwner owner; uint16 key_length; uint16 part; char uuid[16];
  uint32 payload_length; uint32 key_checksum; uint32 payload_checksum; uint32 seal;
  char key[key_length]; char payload[payload_length]; char tag[8]; };
struct chunk_2 { uint32 lead; ChunkOwner owner; uint16 key_length; uint16 part; char uuid[16];
  uint32 payload_length; uint32 key_checksum; uint32 payload_checksum; uint64 value_checksum; uint32 seal;
  char key[key_length]; char payload[payload_length]; char tag[8]; };
struct superblock { uint32 lead; Record record; uint8 flags; char reserved_1[2]; uint64 sequence; uint64 compatible;
  uint64 read_only_compatible; uint64 incompatible; uint32 extent_count; uint32 entry_count; uint32 entries_length;
  uint32 entries_checksum; char reserved_2[4]; uint32 seal;
  uint32 extents[entry_count]; uint32 generations[entry_count]; uint32 write_pointers[entry_count];
  Owner owners[entry_count]; };
struct tree_metadata { uint32 lead; Record record; char reserved_1[3]; uint64 sequence; uint32 next_run;
  uint32 added_count; uint32 chunk_count; uint32 removed_count; uint32 changes_length; uint32 changes_checksum;
  char reserved_2[20]; uint32 seal;
  uint32 added[added_count]; uint8 levels[added_count]; uint32 chunk_ends[added_count]; @LOCATORS(chunk_count)
  uint32 removed[removed_count]; };
struct lsm_page_data { uint32 lead; uint16 entry_count; uint16 locator_count; uint32 entries_length;
  uint32 entries_checksum; char reserved[12]; uint32 seal;
  uint16 key_ends[entry_count]; uint16 locator_ends[entry_count]; @LOCATORS(locator_count)
  char heap[entries_length - 4 * entry_count - 20 * locator_count]; };
struct lsm_page_index { uint32 lead; uint32 entry_count; uint32 entries_length; uint32 entries_checksum;
  char reserved[12]; uint32 seal;
  uint32 key_ends[entry_count]; uint32 page_offsets[entry_count]; uint32 page_lengths[entry_count];
  char heap[entries_length - 12 * entry_count]; };
struct lsm_page_filter { uint32 lead; uint32 word_count; uint32 entries_length; uint32 entries_checksum; uint8 probes;
  char reserved[11]; uint32 seal; uint64 words[word_count]; };
struct lsm_page_footer { uint32 lead; uint32 run; uint64 entry_count; uint64 tombstone_count; uint32 index_offset;
  uint32 index_length; uint32 filter_offset; uint32 filter_length; char reserved[4]; uint32 seal; };
""".replace("@LOCATORS(chunk_count)", LOCATORS.format(*["chunk_count"] * 5)).replace(
    "@LOCATORS(locator_count)", LOCATORS.format(*["locator_count"] * 5)
)

#: Magic, kind and version as one number, and the size of the header.
LEADS: Final = {
    "extent_header": (0x0101D0D3, 64),
    "chunk": (0x0102D0D3, 41),
    "chunk@2": (0x0202D0D3, 49),
    "superblock": (0x0103D0D3, 64),
    "tree_metadata": (0x0104D0D3, 64),
    "lsm_page.data": (0x0105D0D3, 32),
    "lsm_page.index": (0x0106D0D3, 32),
    "lsm_page.filter": (0x0107D0D3, 32),
    "lsm_page.footer": (0x0108D0D3, 48),
}


class Refused(Exception):
    """A checksum does not hold."""


def contenders(sample: Sample) -> list[Contender]:
    """The lane `dissect_cstruct`."""
    name = sample.format.label
    if name not in LEADS:
        raise NotComparable("nobody has written a C declaration for it")
    declarations = cstruct(endian="<")
    declarations.load(DECLARATIONS, compiled=True)
    structure = getattr(declarations, name.replace(".", "_").replace("@", "_"))
    return [contender(sample, structure)]


def contender(sample: Sample, structure: Any) -> Contender:
    """The lane over one structure."""
    region = region_name(sample.format.layout)
    lead, header_size = LEADS[sample.format.label]
    has_keys, has_chunk = "heap" in structure.fields, "payload" in structure.fields

    def decode(data: bytes, seed: int) -> Any:
        found = structure(data)
        if found.seal != crc32c(data[: header_size - 4], seed):
            raise Refused("seal")
        if region is not None and getattr(found, f"{region}_checksum") != crc32c(data[header_size:]):
            raise Refused(region)
        if has_chunk and (found.key_checksum != crc32c(found.key) or found.payload_checksum != crc32c(found.payload)):
            raise Refused("key or payload")
        if has_chunk and found.tag != found.uuid[:8]:
            raise Refused("tag")
        return (found, cut(found.heap, found.key_ends)) if has_keys else found

    def encode(values: dict[str, Any], seed: int) -> bytes:
        record = structure(lead=lead, **values)
        if has_chunk:
            record.key_checksum, record.payload_checksum = crc32c(record.key), crc32c(record.payload)
        data = bytearray(record.dumps())
        if region is not None:
            checksum_at = offsets[f"{region}_checksum"]
            data[checksum_at : checksum_at + 4] = crc32c(data[header_size:]).to_bytes(4, "little")
        data[header_size - 4 : header_size] = crc32c(data[: header_size - 4], seed).to_bytes(4, "little")
        return bytes(data)

    offsets = {name: field.offset for name, field in structure.fields.items()}
    return Contender(
        "dissect_cstruct",
        "checksums",
        Call(decode, (sample.data, sample.seed)),
        lambda found: plain_of(sample, found),
        Call(encode, (values_of(sample, structure, region), sample.seed)),
        note="compiled; checksums by crc32c beside it; constants, enumerations, bounds and order not checked",
    )


def cut(heap: bytes, ends: list[int]) -> list[bytes]:
    """The keys of a heap."""
    start, keys = 0, []
    for end in ends:
        keys.append(heap[start:end])
        start = end
    return keys


def values_of(sample: Sample, structure: Any, region: str | None) -> dict[str, Any]:
    """What a record is made of: everything but the checksums."""
    plain, layout = sample.plain, sample.format.layout
    values = {**header_values(layout, plain, () if region is None else (region,)), **counts_of(layout, plain)}
    for name in ("record", "owner"):
        if name in values and isinstance(values[name], str):
            values[name] = structure.fields[name].type[values[name]]
    if region is not None:
        content = {**ends_of(plain[region]), **plain[region]}
        if "owners" in content:
            content["owners"] = [structure.fields["owners"].type.type[name] for name in content["owners"]]
        if "keys" in content:
            content["heap"] = b"".join(content.pop("keys"))
        values.update({name: list(value) if isinstance(value, tuple) else value for name, value in content.items()})
        values[f"{region}_length"] = len(sample.data) - LEADS[sample.format.label][1]
    if "payload" in values:
        sizes = {"key_length": len(plain["key"]), "payload_length": len(plain["payload"])}
        values.update(sizes, tag=plain["uuid"][:8])
    return values


def plain_of(sample: Sample, found: Any) -> dict[str, Any]:
    """The plain value of what was parsed."""
    record, keys = found if isinstance(found, tuple) else (found, [])

    def pick(wanted: dict[str, Any]) -> dict[str, Any]:
        return {
            name: pick(value) if isinstance(value, dict) else simple(keys if name == "keys" else getattr(record, name))
            for name, value in wanted.items()
        }

    return pick(sample.plain)


def simple(value: Any) -> Any:
    """A value without the library's types."""
    if isinstance(value, list):
        return tuple(simple(item) for item in value)
    if hasattr(value, "name") and hasattr(value, "value"):
        return value.name
    return bytes(value) if isinstance(value, bytes) else int(value)
