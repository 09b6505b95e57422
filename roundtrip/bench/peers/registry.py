"""The peers, and how to import them."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from types import ModuleType
from typing import Final


@dataclass(frozen=True)
class Peer:
    """A module of peers; package: what it needs beside the runtime packages, by import name."""

    module: str
    package: str
    distribution: str
    lanes: tuple[str, ...]

    def installed(self) -> bool:
        """Whether its package can be imported."""
        try:
            return find_spec(self.package) is not None
        except ModuleNotFoundError:
            return False

    def load(self) -> ModuleType:
        """The module, imported now."""
        return import_module(f".{self.module}", __package__)


PEERS: Final = (
    Peer("handwritten_peer", "msgspec", "msgspec", ("handwritten",)),
    Peer("construct_peer", "construct", "construct", ("construct", "construct_compiled")),
    Peer("msgspec_peer", "msgspec", "msgspec", ("msgspec",)),
    Peer("protobuf_peer", "google.protobuf", "protobuf", ("protobuf",)),
    Peer("kaitai_peer", "kaitaistruct", "kaitaistruct", ("kaitai",)),
    Peer("cstruct_peer", "dissect.cstruct", "dissect.cstruct", ("dissect_cstruct",)),
)
