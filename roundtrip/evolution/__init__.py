"""Is this format change safe, who upgrades first, and which file breaks: format evolution, judged by running bytes.

`validate` compares old formats with new ones. Layouts are compared field by field, which names *rules*; every writer's
files are run through every reader, which gives *verdicts*; and what shows each is a *witness*, as small as can be.
"""

from .report import Advice, FieldChange, Finding, Report, VersionLine
from .rules import RULES, Level, Rule
from .subjects import Kept
from .validating import validate
from .verdicts import Agreement, Misreading, Outcome, PairVerdict, Refusal, Revision, Side, Verdict, Witness

__all__ = [
    "RULES",
    "Advice",
    "Agreement",
    "FieldChange",
    "Finding",
    "Kept",
    "Level",
    "Misreading",
    "Outcome",
    "PairVerdict",
    "Refusal",
    "Report",
    "Revision",
    "Rule",
    "Side",
    "Verdict",
    "VersionLine",
    "Witness",
    "validate",
]
