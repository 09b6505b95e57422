"""Damage by hand: the edits of a flaw, applied to the bytes of a good frame."""

from __future__ import annotations

from formats.errors import path_text
from formats.oracle import Oracle
from formats.reseal import reseal

from .samples.model import Append, Become, Edit, Flaw, Flip, Insert, Keep, Put


def damaged(oracle: Oracle, data: bytes, flaw: Flaw, seed: int) -> bytes:
    """The damaged bytes. Fields are found in `data`, so later edits of a flaw may not depend on earlier ones' sizes."""
    spans = {path_text(span.path): (span.start, span.end) for span in oracle.trace(data, seed).spans}
    for edit in flaw.edits:
        data = applied(edit, data, spans)
    return reseal(oracle, data, seed) if flaw.resealed else data


def applied(edit: Edit, data: bytes, spans: dict[str, tuple[int, int]]) -> bytes:
    """The bytes after one edit; `KeyError` for a field that is not there."""
    match edit:
        case Put(path=path, text=text):
            start, end = spans[path]
            new = bytes.fromhex(text)
            assert len(new) <= end - start, f"{path} has {end - start} bytes"
            return data[:start] + new + data[start + len(new) :]
        case Flip(path=path):
            start, _ = spans[path]
            return data[:start] + bytes([data[start] ^ 1]) + data[start + 1 :]
        case Insert(path=path, data=inserted):
            _, end = spans[path]
            return data[:end] + inserted + data[end:]
        case Keep(size=size):
            return data[:size]
        case Append(data=appended):
            return data + appended
        case Become(data=other):
            return other
