"""The planted bugs: each is a mistake that somebody has made in a real codec, and names the law that must kill it."""

from __future__ import annotations

from typing import Final

from .behaviour_bugs import behaviour_mutants
from .layout_bugs import layout_mutants
from .reference_bugs import reference_mutants
from .schema_bugs import schema_mutants
from .source_bugs import source_mutants
from .version_2_bugs import version_2_mutants

MUTANTS: Final = (
    *source_mutants(),
    *layout_mutants(),
    *behaviour_mutants(),
    *schema_mutants(),
    *reference_mutants(),
    *version_2_mutants(),
)

assert len({mutant.name for mutant in MUTANTS}) == len(MUTANTS)
