"""`shardproof validate`: is this format change safe, who upgrades first, which file breaks."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from .exits import PROVED, REFUTED
from .options import SEED_MAXIMUM, catalog_option, format_option, json_option, load, together
from .output import note, one_line, rich_console, write, write_json
from .store_options import not_empty

if TYPE_CHECKING:
    from ..validation.accepting import Acceptance
    from ..validation.comparing import Comparison
    from ..validation.judging import Judgement


@dataclass(frozen=True)
class Wanted:
    """What the options ask for, beside what is compared."""

    seed: int
    today: date
    waivers: str | None
    witnesses: str | None
    sarif: tuple[str, ...]
    github: bool
    as_json: bool


def day(_context: click.Context, _option: click.Parameter, text: str | None) -> date:
    """A date, today's (in UTC) for None."""
    if text is None:
        return datetime.now(UTC).date()
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise click.BadParameter(f"{text!r} is no date; write 2026-12-31") from None


def none_empty(context: click.Context, option: click.Parameter, texts: tuple[str, ...]) -> tuple[str, ...]:
    """Paths, none of them empty."""
    for text in texts:
        not_empty(context, option, text)
    return texts


@click.command(short_help="Judge a format change: is it safe, who upgrades first, which file breaks.")
@click.option(
    "--against",
    callback=not_empty,
    metavar="LOCK",
    help="Compare with this lock, or with the lock of a revision: git:REV.",
)
@together(catalog_option, format_option, json_option)
@click.option("--rules", is_flag=True, help="List the rules that findings name, and stop.")
@click.option("--accept", is_flag=True, help="Lock the declared new versions, and freeze golden files for them.")
@click.option("--release", callback=not_empty, metavar="NAME", help="With --accept: the release that freezes them.")
@click.option("--witnesses", callback=not_empty, metavar="FOLDER", help="Write every witness there, to be replayed.")
@click.option("--waivers", callback=not_empty, metavar="FILE", help="Waivers; else waivers.toml beside the lock.")
@click.option("--today", callback=day, metavar="DATE", help="Judge waivers as of this day.")
@click.option("--sarif", multiple=True, callback=none_empty, metavar="FILE", help="Write the findings as SARIF, too.")
@click.option("--github", is_flag=True, help="Print the findings as annotations of a GitHub workflow, too.")
@click.option(
    "--seed",
    type=click.IntRange(0, SEED_MAXIMUM),
    default=0,
    show_default=True,
    metavar="NUMBER",
    help="The files that are tried follow from it.",
)
def command(
    against: str | None,
    catalog_name: str | None,
    format_name: str | None,
    as_json: bool,
    rules: bool,
    accept: bool,
    release: str | None,
    witnesses: str | None,
    waivers: str | None,
    today: date,
    sarif: tuple[str, ...],
    github: bool,
    seed: int,
) -> int:
    """Compare the formats of a catalog with those of a lock, by the bytes that both sides write and read.

    Without --against the lock is formats.lock beside the catalog. Every verdict comes with a file that the old and
    the new decoder were run on.

    Exit codes: 0 safe, 1 findings that no waiver covers, 2 a lock or catalog that cannot be used, 3 nothing to
    compare with.
    """
    if rules:
        return list_rules(as_json=as_json)
    refuse_together(against, accept=accept, release=release, github=github, as_json=as_json)
    from ..validation.comparing import compare, home_of, nothing_locked  # noqa: PLC0415  # heavy

    catalog = load(catalog_name)
    home = home_of(catalog, catalog_name, lock=Path(against) if accept and against is not None else None)
    is_first = accept and not home.lock.exists()
    source = None if accept else against
    comparison = nothing_locked(home, only=format_name) if is_first else compare(home, source, only=format_name)
    wanted = Wanted(seed, today, waivers, witnesses, sarif, github, as_json)
    judgement = judged(comparison, wanted)
    acceptance, written = accepted(comparison, judgement, release) if accept else (None, ())
    report(comparison, judgement, wanted, acceptance, written)
    return PROVED if judgement.ok and not (acceptance and acceptance.refused) else REFUTED


def refuse_together(against: str | None, *, accept: bool, release: str | None, github: bool, as_json: bool) -> None:
    """Options that contradict each other."""
    if accept and against is not None and against.startswith("git:"):
        raise click.UsageError("--accept writes into a lock file; a revision cannot be written to")
    if release is not None and not accept:
        raise click.UsageError("--release names the release that --accept freezes versions for")
    if github and as_json:
        raise click.UsageError("--github prints lines beside the text; --json prints one object and nothing else")


def list_rules(*, as_json: bool) -> int:
    """Every rule, with what it means and what to do."""
    from rich.table import Table  # noqa: PLC0415  # heavy

    from ..validation.judging import ALL_RULES  # noqa: PLC0415  # heavy
    from ..validation.plain import rule_facts  # noqa: PLC0415

    if as_json:
        write_json({"ok": True, "rules": [rule_facts(rule) for rule in ALL_RULES.values()]})
        return PROVED
    table = Table(pad_edge=False)
    for heading in ("rule", "level", "what it means", "what to do"):
        table.add_column(heading, overflow="fold", no_wrap=heading == "rule")
    for rule in ALL_RULES.values():
        table.add_row(rule.id, rule.level, f"{rule.title} {rule.explanation}", rule.action)
    rich_console().print(table)
    return PROVED


def judged(comparison: Comparison, wanted: Wanted) -> Judgement:
    """The report of the bytes, judged by the waivers."""
    from ..validation.judging import judge  # noqa: PLC0415  # heavy
    from ..validation.source_lines import spots  # noqa: PLC0415
    from ..validation.waivers import FILE_NAME, load_waivers  # noqa: PLC0415

    home = comparison.home
    path = home.lock.with_name(FILE_NAME) if wanted.waivers is None else Path(wanted.waivers)
    waivers = load_waivers(path, must_exist=wanted.waivers is not None)
    return judge(
        comparison.run(wanted.seed),
        catalog=home.catalog.name,
        against=comparison.against,
        waivers=waivers,
        today=wanted.today,
        spot_of=spots(home.catalog, home.lock),
        only=comparison.only,
    )


def accepted(comparison: Comparison, judgement: Judgement, release: str | None) -> tuple[Acceptance, tuple[str, ...]]:
    """What was accepted, and the kept files that are new; nothing where a finding forbids it."""
    from ..validation.accepting import carry_out, plan  # noqa: PLC0415  # heavy

    acceptance = plan(comparison, judgement, release=release)
    return acceptance, carry_out(acceptance) if acceptance.added else ()


def report(
    comparison: Comparison,
    judgement: Judgement,
    wanted: Wanted,
    acceptance: Acceptance | None,
    written: tuple[str, ...],
) -> None:
    """Write everything that the options ask for."""
    from ..validation.witness_files import write_witnesses  # noqa: PLC0415  # heavy

    folder = None if wanted.witnesses is None else Path(wanted.witnesses)
    files = () if folder is None else write_witnesses(comparison, judgement, folder)
    for name in wanted.sarif:
        write_sarif(judgement, Path(name))
    if wanted.as_json:
        from ..validation.plain import as_dict  # noqa: PLC0415  # heavy

        facts: dict[str, Any] = as_dict(judgement)
        facts["witness_files"] = [str(path) for path in files]
        facts["accepted"] = None if acceptance is None else acceptance.as_dict(written)
        write_json(facts)
        return
    write_text(comparison, judgement)
    for path in files:
        write(f"written: {one_line(str(path))}")
    if wanted.github:
        from ..validation.annotations import annotation_lines  # noqa: PLC0415  # heavy

        for line in annotation_lines(judgement, Path.cwd()):
            write(line)
    if acceptance is not None:
        write_acceptance(comparison, acceptance, written)


def write_text(comparison: Comparison, judgement: Judgement) -> None:
    """The judgement for people."""
    from ..validation.readings import readings_of  # noqa: PLC0415  # heavy
    from ..validation.text import write_judgement  # noqa: PLC0415

    write_judgement(rich_console(), judgement, readings_of(comparison))


def write_sarif(judgement: Judgement, path: Path) -> None:
    """The SARIF log, as a whole file."""
    import json  # noqa: PLC0415  # only here
    from importlib.metadata import version  # noqa: PLC0415  # slow

    from ..validation.sarif import sarif  # noqa: PLC0415  # heavy
    from .generated import write_file  # noqa: PLC0415  # imports construct

    log = sarif(judgement, tool_version=version("shardproof"), folder=Path.cwd())
    write_file(path, json.dumps(log, indent=2, ensure_ascii=False) + "\n")


def write_acceptance(comparison: Comparison, acceptance: Acceptance, written: tuple[str, ...]) -> None:
    """What was accepted, or why nothing was."""
    if acceptance.refused:
        rules = ", ".join(sorted({judged.finding.rule for judged in acceptance.refused}))
        note(f"error: nothing was accepted: {rules}")
        return
    if not acceptance.added:
        write("nothing to accept: every declared version is locked")
        return
    for entry in acceptance.added:
        write(f"locked   {entry.name} v{entry.version} in {one_line(str(acceptance.path))}")
    for identity in written:
        write(f"kept     {identity}")
    if acceptance.folder is None:
        write('no golden files: the catalog has no folder for them, Catalog(..., corpus="folder")')
    if comparison.home.name is None:
        write("next     `shardproof formats generate` brings the format log up to date")
