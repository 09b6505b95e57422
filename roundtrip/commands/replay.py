"""`shardproof replay`: one finding again, as the command in the finding says."""

from __future__ import annotations

import click

from .check import known_laws, planted
from .exits import PROVED, REFUTED, CommandError
from .options import catalog_option, chosen_seed, duration, finding_file, json_option, load, seed_option, together
from .output import rich_console, write, write_json
from .store_options import not_empty


@click.command(short_help="Repeat one finding.")
@click.argument("file", metavar="[FILE]", callback=finding_file, required=False)
@click.option("--graph", callback=not_empty, metavar="FILE", help="With FILE: draw what waits for what there, as SVG.")
@click.option("--format", "format_name", metavar="NAME", help="The format of the finding.")
@click.option("--law", metavar="NUMBER", help="The law of the finding, e.g. D6.")
@click.option("--bytes", "text", metavar="HEX", help="The bytes to judge; without them the whole law is tried again.")
@click.option(
    "--place-seed", type=click.IntRange(0, 2**32 - 1), metavar="NUMBER", help="The checksum seed of the bytes' place."
)
@together(seed_option, catalog_option, json_option)
@click.option(
    "--budget",
    callback=duration,
    default="25s",
    metavar="TIME",
    show_default=True,
    help="The budget of the check that found it.",
)
@click.option("--plant", metavar="BUG", help="The bug that was planted.")
def command(
    file: str | None,
    graph: str | None,
    format_name: str | None,
    law: str | None,
    text: str | None,
    place_seed: int | None,
    seed: int | None,
    catalog_name: str | None,
    as_json: bool,
    budget: float,
    plant: str | None,
) -> int:
    """Run the history of a finding in FILE again, or the decoders of a witness that `validate` wrote, or all lanes on
    the bytes of a finding of `fuzz`. Or judge the bytes of a finding about a format again; without bytes, try its law
    again with the same seed.

    Exit codes: 0 the law holds now, 1 it is still refuted, 3 nothing was tested.
    """
    if file is not None:
        refuse_options(format=format_name, law=law, bytes=text, place_seed=place_seed)
        from .replay_witness import is_witness_file, replay_witness_file  # noqa: PLC0415  # imports construct

        if is_witness_file(file):
            refuse_options(graph=graph, plant=plant)
            return replay_witness_file(file, catalog_name, as_json=as_json)
        from .replay_fuzz import is_fuzz_file, replay_fuzz_file  # noqa: PLC0415  # likewise

        if is_fuzz_file(file):
            refuse_options(graph=graph)
            return replay_fuzz_file(file, catalog_name, plant, budget, as_json=as_json)
        refuse_options(catalog=catalog_name)
        from .replay_history import replay_file  # noqa: PLC0415  # imports the engine

        return replay_file(file, graph, plant, budget, as_json=as_json)
    if graph is not None:
        raise click.UsageError("--graph draws the finding in a FILE; name one")
    if format_name is None or law is None:
        missing = "--format" if format_name is None else "--law"
        raise click.UsageError(f"Missing option '{missing}', or the FILE of a finding.")
    from ..replay import replay  # noqa: PLC0415  # heavy
    from ..reporting import write_finding, write_seed  # noqa: PLC0415

    (number,) = known_laws([law])
    catalog, data = load(catalog_name), bytes_of(text)
    chosen = chosen_seed(seed) if data is None else seed or 0
    bug, console = planted(plant, catalog), rich_console()
    if data is None and not as_json:
        write_seed(console, chosen)
    result = replay(
        catalog,
        format_name,
        number,
        seed=chosen,
        place_seed=place_seed,
        data=data,
        plant=bug,
        budget_seconds=budget,
        catalog_name=catalog_name,
    )
    if as_json:
        write_json(
            {
                "ok": result.ok,
                "seed": chosen,
                "format": result.format,
                "law": result.law,
                "count": result.count,
                "note": result.note,
                "findings": [finding.as_dict() for finding in result.findings],
            }
        )
        return PROVED if result.ok else REFUTED
    for line in result.note.split("; ") if result.note else ():
        write(line)
    for finding in result.findings:
        write_finding(console, finding)
    state = "holds" if result.ok else "is refuted"
    write(f"{result.law} {state} for {result.format}, on {result.count} input{'' if result.count == 1 else 's'}")
    return PROVED if result.ok else REFUTED


def refuse_options(**options: object) -> None:
    """Options that say what a file says already."""
    given = [name for name, value in options.items() if value is not None]
    if given:
        raise click.UsageError(f"--{given[0].replace('_', '-')} is for other findings; FILE says all")


def bytes_of(text: str | None) -> bytes | None:
    """The bytes of a hexadecimal text, or None for None."""
    try:
        return None if text is None else bytes.fromhex(text)
    except ValueError as error:
        raise CommandError(f"--bytes is not hexadecimal: {error}") from None
