"""`shardproof corpus image`: keeps a store from a disk as a store image."""

from __future__ import annotations

from pathlib import Path

import click

from .corpus_adding import why_option, writer_option
from .exits import PROVED
from .options import json_option, together
from .output import write, write_json
from .store_options import not_empty, path_argument


@click.command("image", short_help="Keep a store from a disk as a store image.")
@path_argument
@together(json_option, why_option, writer_option)
@click.option(
    "--name", callback=not_empty, metavar="TEXT", help="What it is called; the directory's name if not given."
)
@click.option(
    "--to", "folder", callback=not_empty, metavar="FOLDER", help="Where it is kept; among our own if not given."
)
def image_command(
    path: str, as_json: bool, why: str | None, writer: str | None, name: str | None, folder: str | None
) -> int:
    """Keep the store in the directory PATH as it lies there, rotten or not, with what the engine and the reference
    store say of it. It must be closed, and at most 64 MiB large; nothing of it is changed.

    Exit codes: 0 it is kept, 2 it cannot be: no store, too large, or engine and reference store disagree.
    """
    if why is None or writer is None:
        raise click.UsageError("say why it is kept and what wrote it: --why TEXT --writer TEXT")
    from corpus.images import add_image, own_images  # noqa: PLC0415  # heavy

    from ..images.making import NoImage, image_of_store  # noqa: PLC0415  # heavy

    own = own_images()
    if folder is None and not isinstance(own, Path):
        raise NoImage("our own images are packed in an archive; name a folder: --to FOLDER")
    place = Path(folder) if folder is not None else Path(str(own))
    image = image_of_store(Path(path), name=name or Path(path).resolve().name, why=why, writer=writer)
    added = add_image(place, image)
    sidecar = image.sidecar
    if as_json:
        write_json({"ok": True, "id": sidecar.identity, "folder": str(place), "added": added})
    else:
        damage = len(sidecar.engine.verify) + (sidecar.engine.refused is not None)
        state = "added" if added else "kept already"
        write(f"{sidecar.identity}: {state}; {len(sidecar.engine.mapping)} values, {damage} reports of damage")
    return PROVED
