"""Makes the entry of given bytes: the oracle gives the verdict, the layout the features, a person the reason."""

from __future__ import annotations

from collections.abc import Mapping

from formats.catalog import Format
from formats.errors import FormatError, path_text
from formats.fingerprint import fingerprint
from formats.place import Place

from .errors import CorpusError
from .features import exercised, refused_for
from .kinds import Kind, damage_kind
from .plain import to_json
from .sidecar import Accepted, Location, Refused, RefusedBy, Sidecar, hashed
from .store import Entry


def entry_of(
    entry_format: Format,
    data: bytes,
    *,
    why: str,
    writer: str,
    place: Place | None = None,
    found: bool = False,
    readers: Mapping[str, Accepted | RefusedBy] | None = None,
) -> Entry:
    """Bytes with a sidecar that states what the oracle says of them today.

    The kind follows: golden where it accepts, else resealed or rejected (`corpus.kinds`); `found` where that is asked
    for. place: where they were written; `CorpusError` where the format is seeded with it and it is None. readers: what
    readers of other versions say, where that is to be stated.
    """
    seed = entry_format.seed(place)
    if seed is None:
        expected = f"the place ({', '.join(entry_format.layout.seed)})"
        instead = "say where the bytes were written"
        raise CorpusError("place", entry_format.name, expected=expected, found="none", instead=instead)
    kind: Kind = "golden"
    verdict: Accepted | Refused
    try:
        verdict = Accepted(to_json(entry_format.oracle.decode(data, seed)))
        features = exercised(entry_format, data, seed)
    except FormatError as error:
        verdict = Refused(error.rule, path_text(error.path))
        features = refused_for(entry_format, data, seed)
        kind = damage_kind(entry_format, data, rule=error.rule, features=features)
    sidecar = Sidecar(
        kind="found" if found else kind,
        format=entry_format.name,
        version=entry_format.version,
        fingerprint=fingerprint(entry_format.layout),
        writer=writer,
        why=why,
        place=Location.of(place) if place is not None and entry_format.layout.seed else None,
        features=features,
        expected=verdict,
        sha256=hashed(data),
        size_bytes=len(data),
        readers=dict(readers or {}),
    )
    return Entry(sidecar, data)
