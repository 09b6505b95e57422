"""CRC-64/NVME, the checksum of a value: what Amazon S3 keeps of every object by default, as CRC64NVME.

    width 64, polynomial 0xad93d23594c93659, initial value 2^64 - 1, input and output reflected,
    final xor 2^64 - 1; of the nine bytes "123456789" it is 0xae8b14860a799888, of no bytes 0

Parameters: NVM Express, NVM Command Set Specification 1.0d (December 2023), the "NVM Express 64b CRC". Amazon's own
implementation computes it (awscrt), at 20 GB a second from 4 KiB up. It is loaded when it is first needed: it takes
40 ms, and who reads version 1 needs none of it.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

#: Bytes, or bytes in one row, as a view on them is.
Data = bytes | bytearray | memoryview


@cache
def _implementation() -> Callable[[Data, int], int]:
    from awscrt.checksums import crc64nvme as implementation  # noqa: PLC0415  # loaded when it is first needed

    found: Callable[[Data, int], int] = implementation
    return found


def crc64nvme(data: Data, previous: int = 0) -> int:
    """The checksum of some bytes; `previous` is that of the bytes before them, 0 where there are none."""
    return _implementation()(data, previous)
