"""`shardproof check`: every law over every format of a catalog, and its kept files."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from .exits import CommandError
from .options import catalog_option, chosen_seed, duration, format_option, json_option, load, seed_option, together
from .output import progress_bar, rich_console, write_json

if TYPE_CHECKING:
    from collections.abc import Sequence

    from formats.catalog import Catalog

    from ..mutants import Mutant


@click.command(short_help="Prove every law over every format of a catalog.")
@together(catalog_option, json_option, seed_option, format_option)
@click.option("--law", "laws", multiple=True, metavar="NUMBER", help="Only this law, e.g. D6; may be repeated.")
@click.option(
    "--budget",
    callback=duration,
    default="25s",
    metavar="TIME",
    show_default=True,
    help="About how long to try what is sampled.",
)
@click.option("--plant", metavar="BUG", help="Plant this bug first (see `shardproof mutants`): the check must fail.")
@click.option("--matrix", is_flag=True, help="Show the detection matrix of every format, field by field.")
def command(
    catalog_name: str | None,
    as_json: bool,
    seed: int | None,
    format_name: str | None,
    laws: tuple[str, ...],
    budget: float,
    plant: str | None,
    matrix: bool,
) -> int:
    """Prove laws D1 to D10 over every format of a catalog, fuzz each a little, and check its kept files and its lock.
    For our own catalog, run the engine too: histories beside its model, power failures, and enumerated crash states,
    a few seconds of each.

    The seed is printed first; every finding ends in the command that shows it again. Exhaustive parts (single-bit
    flips) stay exhaustive whatever the budget.

    Exit codes: 0 proved, 1 refuted, 3 nothing was tested.
    """
    from formats.frozen import refuse_changed  # noqa: PLC0415  # imports construct

    from ..check import check  # noqa: PLC0415  # heavy
    from ..reporting import matrix_table, write_report, write_seed  # noqa: PLC0415

    catalog, chosen = load(catalog_name), chosen_seed(seed)
    wanted, bug = known_laws(laws), planted(plant, catalog)
    refuse_changed(catalog)
    if format_name is not None:
        catalog[format_name]
    console = rich_console()
    if not as_json:
        write_seed(console, chosen)
        console.file.flush()
    with progress_bar(quiet=as_json) as progress:
        report = check(
            catalog,
            seed=chosen,
            budget_seconds=budget,
            laws=wanted,
            only=format_name,
            plant=bug,
            catalog_name=catalog_name,
            corpus_check=corpus_check(catalog, catalog_name, format_name),
            lock_check=lock_check(catalog_name, format_name, laws, bug),
            engine_check=engine_check(catalog_name, format_name, laws, bug),
            fuzz_check=fuzz_check(format_name, laws, bug),
            progress=progress,
        )
    if as_json:
        detection = [one.as_dict() for one in report.matrices] if matrix else None
        write_json(report.as_dict() | ({} if detection is None else {"detection": detection}))
        return report.exit_code
    for one in report.matrices if matrix else ():
        for resealed in (False, True):
            console.print(matrix_table(one, resealed=resealed))
    write_report(console, report)
    return report.exit_code


def known_laws(laws: Sequence[str]) -> tuple[str, ...]:
    """The laws to try, all for none; `CommandError` for one that there is not."""
    from ..laws import LAWS  # noqa: PLC0415  # heavy

    wanted = tuple(law.upper() for law in laws)
    for law in wanted:
        if law not in LAWS:
            raise CommandError(f"there is no law {law}; there are {', '.join(LAWS)}")
    return wanted or tuple(LAWS)


def planted(name: str | None, catalog: Catalog) -> Mutant | None:
    """The bug to plant, if any; it must belong to a format of the catalog."""
    if name is None:
        return None
    from ..mutants import mutant_named  # noqa: PLC0415  # heavy

    mutant = mutant_named(name)
    catalog.labelled(mutant.format)
    return mutant


def corpus_check(catalog: Catalog, catalog_name: str | None, format_name: str | None) -> Any:
    """The check of the catalog's kept files; None where it has none, or where one format alone is looked at."""
    if format_name is not None or (catalog_name is not None and catalog.corpus is None):
        return None
    from .kept import KeptFiles  # noqa: PLC0415  # heavy

    return KeptFiles(catalog_name)


def lock_check(catalog_name: str | None, format_name: str | None, laws: Sequence[str], bug: Mutant | None) -> Any:
    """The comparison with the catalog's lock; None for a part of the check, and with a planted codec."""
    if format_name is not None or laws or bug is not None:
        return None
    from ..validation.quick import LockCheck  # noqa: PLC0415  # heavy

    return LockCheck(catalog_name)


def fuzz_check(format_name: str | None, laws: Sequence[str], bug: Mutant | None) -> Any:
    """The fuzzer's quick tier; None for a part of the check, and with a planted codec."""
    if format_name is not None or laws or bug is not None:
        return None
    from ..fuzz_check import check_fuzz  # noqa: PLC0415  # heavy

    return check_fuzz


def engine_check(catalog_name: str | None, format_name: str | None, laws: Sequence[str], bug: Mutant | None) -> Any:
    """The check of the engine; None for a part of the check, with a planted codec, and for a catalog without engine."""
    if catalog_name is not None or format_name is not None or laws or bug is not None:
        return None
    from ..engine_check import check_engine  # noqa: PLC0415  # imports the engine

    return check_engine
