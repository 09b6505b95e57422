"""Planted bugs: mistakes in the engine and its models, planted one at a time, and the checkers that must find them."""

from .catalog import BUGS, UnknownBug, bug_named
from .checkers import CHECKER_NAMES, Checker, UnknownChecker, checkers, chosen_checkers
from .hunt import Found, Outcome, hunt
from .planting import Bug, Edit, PlantFailed, planted
from .running import Plan, Report, hunt_all, hunt_nothing

__all__ = [
    "BUGS",
    "CHECKER_NAMES",
    "Bug",
    "Checker",
    "Edit",
    "Found",
    "Outcome",
    "Plan",
    "PlantFailed",
    "Report",
    "UnknownBug",
    "UnknownChecker",
    "bug_named",
    "checkers",
    "chosen_checkers",
    "hunt",
    "hunt_all",
    "hunt_nothing",
    "planted",
]
