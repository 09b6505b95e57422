"""The page in the documentation that lists every rule of `validate`."""

from __future__ import annotations

from typing import Final

from .judging import ALL_RULES

HEAD: Final = """\
<!-- Generated from the rules by `shardproof formats generate`; a test compares. -->

# Rules of format changes

What `shardproof validate` can find, as `shardproof validate --rules` lists it. The level is that of a change whose harm
the bytes show: a change that no file shows is a note, and so is every change that came with a version of its own.
[How a change is judged](validate.md).

| rule | level | what it means | what to do |
|---|---|---|---|
"""


def rules_page() -> str:
    """The text of the page."""
    rows = (
        f"| `{rule.id}` | {rule.level} | **{rule.title}** {rule.explanation} | {rule.action} |\n"
        for rule in ALL_RULES.values()
    )
    return HEAD + "".join(rows)
