"""The pages in `docs/formats/`, one for each family of formats, the page of rules, and the tables in the docstrings.

Everything on a page follows from the schema, but for the prose, which is the docstring of the format's module, and
the worked example, which is a kept file. `shardproof formats generate` writes them, and a test compares.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib import import_module
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any, Final

from jinja2 import Environment, PackageLoader, StrictUndefined

from corpus.golden import golden
from corpus.samples import SAMPLES
from formats.catalog import CATALOG, Catalog, Format
from formats.description.bitranges import bit_ranges
from formats.description.document import markdown_table, with_tables, without_tables
from formats.description.framesize import largest_size, smallest_size
from formats.description.picture import picture
from formats.description.rulebook import content_of, limits_of, rules_of
from formats.fingerprint import fingerprint, layout_text
from formats.frozen import own_lock
from formats.layout import Struct
from formats.place import Place

from .hexdump import annotated
from .validation.history import history_of, markdown
from .validation.rules_page import rules_page

#: From a page to the kept files.
CORPUS_LINK: Final = "../../corpus/data"

#: What the pages mean by a checksum that continues from the place.
PLACE_TEXT: Final = """\
A header checksum *continues from the place*: it is the CRC32C of the place's fields and the header's bytes, one after
the other. The fields are packed in the order that the page names: `disk` is the disk's UUID, 16 bytes, every other one
a u32, little-endian. Checksums of anything else begin from nothing. `crc32c(b"123456789")` is `0xe3069283`."""


def pages(catalog: Catalog) -> dict[str, str]:
    """The text of every page and picture of a catalog by file name; of our own, with prose and examples."""
    families: dict[str, list[Format]] = {}
    for entry in catalog:
        families.setdefault(entry.family, []).append(entry)
    texts = {"README.md": index(families)}
    for family, entries in families.items():
        log = own_history(family) if catalog is CATALOG else ""
        texts[f"{family}.md"] = page(family, entries, prose=prose_of(family, entries, catalog), history=log)
        texts |= {
            picture_name(entry): picture(f"{entry.name}, version {entry.version}", entry.layout) for entry in entries
        }
    return texts


def index(families: Mapping[str, list[Format]]) -> str:
    """The page that leads to the others."""
    lines = ["# Formats", "", "| format | version | status | bytes | what it is |", "|---|---|---|---|---|"]
    for family, entries in families.items():
        for entry in entries:
            smallest, largest = smallest_size(entry.layout), largest_size(entry.layout)
            size = f"{smallest}" if smallest == largest else f"{smallest} or more"
            link = f"[`{entry.name}`]({family}.md)"
            lines.append(f"| {link} | {entry.version} | {entry.status} | {size} | {entry.summary} |")
    if any(entry.layout.seed for entries in families.values() for entry in entries):
        lines += ["", PLACE_TEXT]
    return "\n".join(lines) + "\n"


def page(family: str, entries: list[Format], prose: str, history: str = "") -> str:
    """One page."""
    environment = Environment(
        loader=PackageLoader("roundtrip"),
        autoescape=False,  # noqa: S701  # Markdown, of our own making
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    text = environment.get_template("format.md.jinja").render(
        title=f"`{family}`",
        prose=prose,
        heading="##" if len(entries) == 1 else "###",
        sections=[section(entry) for entry in entries],
        history=history,
    )
    return collapsed(text)


def section(entry: Format) -> dict[str, Any]:
    """What the template shows of one format."""
    seed = ", ".join(entry.layout.seed)
    return {
        "name": entry.name,
        "version": entry.version,
        "status": entry.status,
        "summary": entry.summary,
        "size": size_sentence(entry),
        "seeded": f"The header checksum continues from the place: {seed}." if seed else "",
        "picture": picture_name(entry),
        "table": markdown_table(entry.layout),
        "rules": rules_of(entry.layout),
        "content": content_of(entry.layout),
        "is_frame": isinstance(entry.layout.root, Struct) and entry.layout.root.header > 0,
        "limits": limits_of(entry.layout),
        "example": example(entry),
        "fingerprint": fingerprint(entry.layout),
        "layout_text": layout_text(entry.layout),
    }


def size_sentence(entry: Format) -> str:
    """How many bytes a frame has."""
    smallest, largest = smallest_size(entry.layout), largest_size(entry.layout)
    if smallest == largest:
        return f"Always {smallest:,} bytes."
    return f"{smallest:,} bytes or more." if largest is None else f"{smallest:,} to {largest:,} bytes."


def example(entry: Format) -> dict[str, str] | None:
    """The first kept file of a format, field by field; None for a format without samples."""
    samples = SAMPLES.get((entry.name, entry.version))
    if samples is None:
        return None
    sample = samples.golden[0]
    kept = golden(entry, sample)
    seed = sample.place.seed(entry.layout.seed)
    return {
        "why": sample.why,
        "identity": kept.identity,
        "link": f"{CORPUS_LINK}/{kept.identity}.bin",
        "place": place_text(sample.place, entry.layout.seed),
        "seed": f"{seed:#010x}",
        "dump": annotated(kept.data, bit_ranges(entry, kept.data, seed)),
    }


def place_text(place: Place, names: tuple[str, ...]) -> str:
    """The fields of a place that a format is sealed with, in words."""
    values = {name: getattr(place, name) for name in names}
    return ", ".join(f"{name} {value.hex() if isinstance(value, bytes) else value}" for name, value in values.items())


def prose_of(family: str, entries: list[Format], catalog: Catalog) -> str:
    """The docstring of the family's module without its tables; for a catalog that is not ours, the summaries."""
    if catalog is CATALOG:
        return without_tables(import_module(f"formats.{family}").__doc__ or "").rstrip("\n")
    return "\n".join(f"{entry.name}: {entry.summary}" for entry in entries if entry.summary)


@cache
def own_history(family: str) -> str:
    """The log of every format of a family, read off the lock that comes with the package; empty for none locked."""
    names = dict.fromkeys(entry.name for entry in CATALOG if entry.family == family)
    blocks = {name: [entry for entry in own_lock() if entry.name == name] for name in names}
    return markdown(history_of(found) for found in blocks.values() if found)


def picture_name(entry: Format) -> str:
    """The file name of a format's picture."""
    return f"{entry.label}.svg"


def collapsed(text: str) -> str:
    """The text with no more than one empty line in a row, outside its code blocks."""
    lines: list[str] = []
    is_code = False
    for line in text.splitlines():
        is_code ^= line.startswith("```")
        if line or is_code or (lines and lines[-1]):
            lines.append(line)
    return "\n".join(lines).rstrip("\n") + "\n"


# --- files -----------------------------------------------------------------------------------------------------------


def module_files() -> dict[str, Traversable]:
    """The source of every family's module, which holds tables in its docstring."""
    return {entry.family: files("formats") / f"{entry.family}.py" for entry in CATALOG}


def module_texts() -> dict[str, str]:
    """The same sources with their tables made anew."""
    layouts = {entry.label: entry.layout for entry in CATALOG}
    return {
        family: with_tables(source.read_text(encoding="utf-8"), layouts) for family, source in module_files().items()
    }


def checkout_root() -> Path | None:
    """The root of the checkout that this package runs from; None where it is installed without documents."""
    root = Path(__file__).resolve().parent.parent
    return root if (root / "docs" / "formats").is_dir() else None


def generated_documents(root: Path) -> dict[Path, str]:
    """Every file below a checkout's root that is written from the schemas for people, and its text."""
    documents = {root / "docs" / "formats" / name: text for name, text in pages(CATALOG).items()}
    documents[root / "docs" / "rules.md"] = rules_page()
    return documents | {root / "formats" / f"{family}.py": text for family, text in module_texts().items()}
