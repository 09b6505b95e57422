"""What the commands that run campaigns have in common."""

from __future__ import annotations

from typing import Final

import click

from .options import duration, seed_option, together
from .store_options import not_empty

campaign_options: Final = together(
    seed_option,
    click.option("--budget", callback=duration, metavar="TIME", help="Begin nothing after this time."),
    click.option("--histories", type=click.IntRange(min=1), metavar="NUMBER", help="How many, of 50 operations each."),
    click.option(
        "--workers",
        type=click.IntRange(0, 256),
        metavar="NUMBER",
        help="Child processes; one for each core if not given.",
    ),
    click.option(
        "--ledger", callback=not_empty, metavar="FILE", help="Keep results here; what it has is not run again."
    ),
    click.option(
        "--findings",
        "folder",
        callback=not_empty,
        default="findings",
        show_default=True,
        metavar="FOLDER",
        help="Write findings here; made when there is one.",
    ),
)
