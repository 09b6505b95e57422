"""The judge and its rules are complete and honest: every node, every rule, and schemas that nobody chose."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import get_args

import pytest

from formats.layout import Node
from roundtrip.evolution import RULES
from roundtrip.evolution.differences import COMPARE
from roundtrip.evolution.honesty import trial_of
from roundtrip.evolution.leaves import LAYERS
from roundtrip.evolution.verdicts import Verdict, worst

PACKAGE = Path(__file__).parent.parent / "roundtrip" / "evolution"


@pytest.mark.parametrize("seed", range(24))
def test_verdict_on_a_random_edit_is_never_contradicted(seed: int) -> None:
    assert trial_of(seed).complaints == ()


def test_random_edits_are_mostly_judged() -> None:
    kinds = [trial_of(seed, further=0).kind for seed in range(24)]
    assert kinds.count("judged") >= 8


def test_every_kind_of_node_is_compared() -> None:
    assert {kind.__name__ for kind in get_args(Node)} == {kind.__name__ for kind in (*COMPARE, *LAYERS)}


def test_every_rule_is_given_somewhere_and_every_given_rule_is_listed() -> None:
    sources = [path.read_text(encoding="utf-8") for path in PACKAGE.glob("*.py") if path.name != "rules.py"]
    texts = {text for source in sources for text in re.findall(r'"([a-z]+(?:-[a-z]+)+)"', source)}
    members = {
        f"{what}-{how}" for what in ("enum-member", "flag") for how in ("added", "removed", "renumbered", "renamed")
    }
    assert set(RULES) <= texts | members | {"unexplained"}


def test_rule_says_why_and_what_to_do() -> None:
    assert all(rule.title.endswith(".") and rule.explanation and rule.action for rule in RULES.values())


def test_worst_verdict_is_the_most_harmful() -> None:
    assert worst(Verdict.FULL, Verdict.MISREAD, Verdict.REFUSE, Verdict.READ_ONLY) is Verdict.MISREAD
    assert worst() is Verdict.FULL


def test_verdicts_do_not_hang_on_the_order_of_hashes() -> None:
    program = (
        "from roundtrip.evolution import validate\n"
        "from roundtrip.evolution.edit_table import edit_named, formats\n"
        "old, new = formats(edit_named('members renumbered'))\n"
        "print(validate([old], [new]))"
    )
    texts = [
        subprocess.run(
            [sys.executable, "-c", program], env={"PYTHONHASHSEED": seed}, capture_output=True, check=True, text=True
        ).stdout
        for seed in ("1", "2")
    ]
    assert texts[0] == texts[1]
