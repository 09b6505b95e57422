"""`shardproof bench`: what the codecs cost, beside their peers."""

from __future__ import annotations

import click


@click.group(short_help="Measure what the codecs cost, beside their peers.")
def command() -> None:
    """Measure what the codecs cost, beside their peers."""
