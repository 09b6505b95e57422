"""`shardproof mutants`: planted bugs, and the law that kills each."""

from __future__ import annotations

import click

from .exits import PROVED, REFUTED
from .options import chosen_seed, json_option, seed_option, together
from .output import progress_bar, write, write_json, write_table


@click.command(short_help="Plant bugs in the codecs and name the law that kills each.")
@together(json_option, seed_option)
@click.option("--only", "names", multiple=True, metavar="BUG", help="Only this bug; may be repeated.")
@click.option("--list", "only_list", is_flag=True, help="Name the bugs without planting any.")
def command(as_json: bool, seed: int | None, names: tuple[str, ...], only_list: bool) -> int:
    """Plant bugs in the codecs of our formats, one at a time: the law that should notice each must refute it.

    Exit codes: 0 every bug was killed and nothing else was found, 1 otherwise.
    """
    from ..mutants import MUTANTS, hunt, mutant_named  # noqa: PLC0415  # heavy

    chosen = [mutant_named(name) for name in names] or list(MUTANTS)
    if only_list:
        facts = ("name", "format", "where", "law", "what")
        rows = [{fact: str(getattr(one, fact)) for fact in facts} for one in chosen]
        if as_json:
            write_json({"ok": True, "mutants": rows})
        else:
            write_table([facts, *(tuple(row.values()) for row in rows)])
        return PROVED
    run_seed = chosen_seed(seed)
    if not as_json:
        write(f"seed {run_seed}")
    with progress_bar(quiet=as_json) as progress:
        result = hunt(seed=run_seed, mutants=chosen, progress=progress)
    if as_json:
        write_json(result.as_dict())
        return PROVED if result.ok else REFUTED
    rows_shown = [("bug", "format", "in", "law", "killed", "by field", "what it is")]
    for one in result.outcomes:
        field = one.finding.path if one.finding is not None else ""
        killed = "yes" if one.killed else "SURVIVED"
        mutant = one.mutant
        rows_shown.append((mutant.name, mutant.format, mutant.where, mutant.law, killed, field, mutant.what))
    write_table(rows_shown)
    for finding in result.false_alarms:
        write(f"found without any bug: {finding.law} {finding.format} {finding.path}: {finding.detail}")
    killed_count = sum(one.killed for one in result.outcomes)
    write(f"{killed_count} of {len(result.outcomes)} planted bugs killed in {result.seconds:.1f} s")
    return PROVED if result.ok else REFUTED
