"""`shardproof store`: real data in a store. What each command does is in the modules `store_…` beside this one."""

from __future__ import annotations

import click

from .store_care import init, reclaim, stat, verify
from .store_draw import draw, figures
from .store_get import get
from .store_keys import list_command, remove
from .store_proof import exercise, survive
from .store_put import put
from .store_upgrade import upgrade


@click.group(short_help="Keep real data in a store: put, get, list, verify.")
def command() -> None:
    """Keep real data in a store: a directory that holds one disk file and a lock.

    KEY is any text of 1 to 4096 bytes. A store may be killed at any moment: what was reported persistent is there
    when it is opened again, whole.
    """


for one in (init, put, get, list_command, remove, stat, verify, reclaim, upgrade, draw, figures, exercise, survive):
    command.add_command(one)
