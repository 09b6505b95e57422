"""D5 canonical: whatever is accepted is written again as the very same bytes, so one value has one encoding.

Damaged bytes are sealed again before they are tried, or the checksums would refuse all of them.
"""

from __future__ import annotations

from ..corrupt import plan, reseal
from ..lanes import Accepted, describe
from .base import Law, Trial
from .total import edited


def examine(trial: Trial) -> None:
    """Every sample, and edited samples, sealed again, through every lane that writes."""
    for sample in trial.samples:
        verdicts = trial.watch.compare(sample.data, sample.seed)
        for name, verdict in verdicts.items():
            trial.count += 1
            if not isinstance(verdict, Accepted):
                trial.find((), None, f"a valid frame: the {name} lane {describe(verdict)}", sample.data, sample.seed)
        if trial.subject.oracle.rewrite is not None:
            again = trial.subject.oracle.rewrite(sample.data, sample.seed)
            if again != sample.data:
                trial.find((), "canonical", "the oracle writes other bytes", sample.data, sample.seed)
    accepted = unread(trial)
    share = max(1, trial.budget.resealed_mutations // len(trial.samples))
    for sample in trial.samples:
        for data in edited(sample.data, share, trial.random):
            sealed = reseal(trial.subject.format, data, sample.seed)
            trial.count += 1
            verdict = trial.watch.compare(sealed, sample.seed)["fast"]
            accepted += isinstance(verdict, Accepted)
    trial.facts["resealed_accepted"] = accepted
    trial.note(f"{accepted} of the edited and resealed frames were other valid values")


#: Damage to what a decoder may forget to look at: reserved bytes, constants, padding, bytes that a length hides.
FORGOTTEN = ("ones", "flip lowest bit", "flip highest bit", "grow", "shrink")


def unread(trial: Trial) -> int:
    """Resealed damage to every field that carries no value of its own; how many of them were accepted."""
    accepted = 0
    for sample in trial.plan_samples:
        for damage in plan(trial.subject.format, sample.data, sample.seed, trial.random, FORGOTTEN):
            if damage.resealed:
                trial.count += 1
                accepted += isinstance(trial.watch.see(damage.data, sample.seed, damage.path), Accepted)
    return accepted


LAW = Law("D5", "canonical", "decode(b) = v implies encode(v) = b", examine)
