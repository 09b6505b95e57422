"""`shardproof replay FILE` for a witness of `validate`: the decoders of both sides once more on its bytes."""

from __future__ import annotations

from pathlib import Path

from ..evolution.verdicts import Verdict
from ..validation.readings import Row, excerpt, rows
from ..validation.replaying import Replayed, replay_witness
from ..validation.text import reading_table
from ..validation.witness_files import is_witness, text_path
from .exits import PROVED, REFUTED
from .options import load
from .output import one_line, rich_console, write, write_json


def is_witness_file(file: str) -> bool:
    """Whether a file is a witness: its text, or the bytes beside one."""
    return is_witness(text_path(Path(file)))


def replay_witness_file(file: str, catalog_name: str | None, *, as_json: bool) -> int:
    """Replay a witness. `catalog_name`: a catalog to load first, where the layouts name functions of its module."""
    if catalog_name is not None:
        load(catalog_name)
    replayed = replay_witness(Path(file))
    if as_json:
        write_json(replayed.as_dict())
    else:
        show(replayed)
    return PROVED if replayed.verdict is Verdict.FULL else REFUTED


def show(replayed: Replayed) -> None:
    """What came of it, for people."""
    witness = replayed.witness
    check = "" if witness.version_checked else " (version check off)"
    claim = "as claimed" if replayed.is_as_claimed else f"and not {replayed.claim.verdict}, as claimed"
    write(f"{witness.reader} reads {witness.writer}{check}: {replayed.verdict}, {claim}")
    if replayed.verdict is not Verdict.FULL:
        write(f"  {one_line(str(replayed.outcome))}")
    every: tuple[Row, ...] = rows(witness, replayed.claim.writer, replayed.claim.reader)
    shown, hidden = excerpt(every)
    rich_console().print(reading_table(shown))
    if hidden:
        write(f"... and {hidden} more rows")
