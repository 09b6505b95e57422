"""Coverage as people read it: a table with a line for each format version, then what is missing, by name and reason."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from corpus.coverage import Coverage, FormatCoverage, Missing, Part

if TYPE_CHECKING:
    from rich.table import Table

#: Kind of reason -> how the table heads it.
HEADINGS = {
    "construction": "by construction",
    "size": "too large",
    "written": "by hand",
    "tried": "tried",
    "": "no reason",
}


def table(coverage: Coverage) -> Table:
    """One line for each format version: what is shown of what there is, and why the rest is not."""
    from rich.table import Table  # noqa: PLC0415  # heavy

    found = Table(box=None, pad_edge=False)
    found.add_column("format")
    for heading in ("files", "features", "refusals", "pairs"):
        found.add_column(heading, justify="right")
    for heading in HEADINGS.values():
        found.add_column(heading, justify="right", style="red" if heading == "no reason" else None)
    for one in coverage.formats:
        missing = [missing for _, part in one.parts for missing in part.missing]
        reasons = [str(sum(each.kind == kind for each in missing) or "") for kind in HEADINGS]
        shown = ("-" if one.pairs is None else share(one.pairs),)
        found.add_row(one.label, str(one.files), share(one.singles), share(one.refusals), *shown, *reasons)
    return found


def share(part: Part) -> str:
    """How many of how many."""
    return f"{part.hit}/{part.total}"


def lines(coverage: Coverage, *, every: bool) -> Iterator[str]:
    """What is missing, named. every: also each that a proof excludes by itself; else how many for which reason."""
    for one in coverage.formats:
        named = list(named_lines(one, every=every))
        if named:
            yield ""
            yield f"{one.label}:"
            yield from named


def named_lines(one: FormatCoverage, *, every: bool) -> Iterator[str]:
    """What is missing of one format version."""
    yield from (f"  stale reason: {text}" for text in one.stale)
    for name, part in one.parts:
        together = name != "singles" and not every
        for missing in part.missing:
            if not (together and missing.kind in {"construction", "size"}):
                yield f"  {missing.what}: {worded(missing)}"
        if together:
            yield from counted(part)


def worded(missing: Missing) -> str:
    """The reason, and what sort of reason it is."""
    return f"{missing.reason} ({HEADINGS[missing.kind]})" if missing.kind else missing.reason


def counted(part: Part) -> Iterator[str]:
    """How many each proof excludes, and one of them."""
    by_reason: dict[tuple[str, str], list[str]] = {}
    for missing in part.missing:
        if missing.kind in {"construction", "size"}:
            by_reason.setdefault((missing.kind, missing.reason), []).append(missing.what)
    for (kind, reason), names in by_reason.items():
        more = f", and {len(names) - 1} more" if len(names) > 1 else ""
        yield f"  {names[0]}{more}: {reason} ({HEADINGS[kind]})"


def summary(coverage: Coverage) -> str:
    """The last line: how much there is, and whether all is well."""
    unexplained = sum(len(one.unexplained) for one in coverage.formats)
    stale = sum(len(one.stale) for one in coverage.formats)
    parts = [part for one in coverage.formats for _, part in one.parts]
    hit, missing = sum(part.hit for part in parts), sum(len(part.missing) for part in parts)
    text = f"{coverage.files} files show {hit} features and pairs; {missing} are missing"
    if coverage.ok:
        return f"{text}, each with its reason"
    wrong = [f"{unexplained} without a reason: `shardproof corpus add --missing` makes files for them"] * bool(
        unexplained
    )
    wrong += [f"{stale} written reasons are stale"] * bool(stale)
    return f"{text}; {'; '.join(wrong) or 'there is no file'}"
