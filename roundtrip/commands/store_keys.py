"""`shardproof store ls` and `rm`: which keys there are, and deleting them."""

from __future__ import annotations

import sys

import click

from ..storing.keys import counted, key_facts, key_of, key_text, path_facts
from .exits import PROVED, REFUTED, CommandError
from .options import json_option, together
from .output import note, on_terminal, one_line, progress_bar, write, write_json
from .store_options import as_key, path_argument, prefix_option
from .store_output import begun, tell_persistent


@click.command("ls", short_help="List the keys.")
@path_argument
@together(prefix_option("Only keys that begin so."), json_option)
@click.option("--start", "start", callback=as_key, metavar="KEY", help="Begin with this key, or the next one there is.")
@click.option("--end", "end", callback=as_key, metavar="KEY", help="Up to this key, which is left out.")
@click.option("-l", "--long", "is_long", is_flag=True, help="With the sizes of the values in bytes.")
def list_command(
    path: str, prefix: bytes | None, as_json: bool, start: bytes | None, end: bytes | None, is_long: bool
) -> int:
    """List the keys of the store in PATH in the order of their bytes. What is not printable is escaped."""
    from ..storing.sessions import reading  # noqa: PLC0415  # imports the engine

    with reading(path) as store:
        items = store.items(start or b"", end, prefix or b"")
        if as_json:
            keys = [{**key_facts(key), "size_bytes": size} for key, size in items]
            write_json({"ok": True, **path_facts("store", path), "count": len(keys), "keys": keys})
            return PROVED
        for key, size in items:
            write(f"{size:>12}  {key_text(key)}" if is_long else key_text(key))
    return PROVED


@click.command("rm", short_help="Delete keys.")
@path_argument
@click.argument("keys", nargs=-1, metavar="[KEY]…")
@together(prefix_option("Delete all keys that begin so."), json_option)
@click.option("--all", "everything", is_flag=True, help="Delete all keys.")
@click.option("--yes", "yes", is_flag=True, help="Do not ask, for --prefix and --all.")
@click.option(
    "--report-persistent",
    "report_persistent",
    is_flag=True,
    help="Print `persistent KEY` as soon as the deletion of a key is persistent.",
)
def remove(
    path: str,
    keys: tuple[str, ...],
    prefix: bytes | None,
    as_json: bool,
    everything: bool,
    yes: bool,
    report_persistent: bool,
) -> int:
    """Delete KEY…, all keys that begin with --prefix, or --all, from the store in PATH.

    When the command ends, the deletions are persistent. The room comes back by reclamation.

    Exit codes: 0 deleted, 1 no such key.
    """
    from ..storing.persistence import Persistence  # noqa: PLC0415  # imports the engine
    from ..storing.sessions import reading, writing  # noqa: PLC0415  # likewise

    if (bool(keys), prefix is not None, everything).count(True) != 1:
        raise CommandError("say what to delete: rm PATH KEY…, rm PATH --prefix TEXT, or rm PATH --all")
    if as_json and report_persistent:
        raise CommandError("--json is one object, --report-persistent a line for each key: use one of them")
    wanted = list(dict.fromkeys(key_of(key) for key in keys))
    if not keys:
        with reading(path) as store:
            wanted = list(store.scan(prefix=prefix or b""))
        if wanted and not yes:
            confirm(f"delete {counted(len(wanted), 'key')} of {one_line(path)}?", as_json=as_json)
    missing: list[bytes] = []
    tell = tell_persistent if report_persistent else None
    with writing(path) as (store, interrupts), progress_bar(quiet=as_json) as progress:
        begun(path, tell)
        persistence = Persistence(tell, is_eager=False)
        for done, key in enumerate(wanted):
            interrupts.check()
            if progress is not None:
                progress(done, len(wanted), key_text(key)[-40:])
            if store.contains(key):
                persistence.add(key, 0, store.delete(key))
            else:
                missing.append(key)
        persistence.settle()
    deleted = len(wanted) - len(missing)
    if as_json:
        absent = [key_facts(key) for key in missing]
        write_json(
            {"ok": not missing, **path_facts("store", path), "deleted": deleted, "persistent": True, "missing": absent}
        )
        return REFUTED if missing else PROVED
    for key in missing:
        note(f"error: no such key: {key_text(key)}")
    write(f"deleted {counted(deleted, 'key')}, persistent")
    return REFUTED if missing else PROVED


def confirm(question: str, *, as_json: bool) -> None:
    """Ask; `CommandError` where the answer is no, or where nobody is there to answer."""
    if as_json or not on_terminal(sys.stdin):
        raise CommandError(f"{question} say --yes")
    if not click.confirm(question, err=True):
        raise CommandError("nothing was deleted")
