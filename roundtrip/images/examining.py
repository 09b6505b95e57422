"""The full examination of a damaged image: both readers read all of it, really, and are held to the laws.

1. Never wrong data: a key has its value, or is refused with a place that was hit; one that had none has none.
2. Damage is located: reported is what was hit and is named, with structure, extent and offset, and nothing else.
3. Isolation: other keys are read.
4. Engine and reference store agree.
5. A root that was hit is repaired by an opening for writing; upkeep goes on beside debris that changed.

The laws are those of the fault atlas (`roundtrip/faults/examination.py`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from engine.errors import EngineError

from ..faults.atlas import DEAD_FRAME, DEBRIS
from ..faults.examination import ROOTS, Verdict, check_answers, check_repair, check_reports, check_upkeep, report_of
from ..histories.mismatch import Mismatch, shown
from ..reference.image import NoStore
from ..reference.store import read_store
from .reading import disagreement, look

if TYPE_CHECKING:
    from ..faults.places import Place
    from .prepared import PreparedImage
    from .question import Answer
    from .reading import Look

#: What one question answered: lane, name, answer.
Deviations = tuple[tuple[str, str, "Answer"], ...]


class Examiner:
    """Examines one image as it is now. `count`: how often it did."""

    def __init__(self, image: PreparedImage) -> None:
        self.image = image
        self.count = 0

    def problem(
        self,
        hit: list[Place],
        deviations: Deviations | None = None,
        *,
        with_repair: bool = False,
        with_upkeep: bool = False,
    ) -> str:
        """What is wrong, empty where nothing is. hit: the places of which a byte has changed; deviations: what the
        questions answered, which must be what this finds, None where they were not asked."""
        self.count += 1
        try:
            found = self._look(hit)
            if deviations is not None:
                check_composition(found, deviations)
            if found.not_opened is None:
                if with_repair and any(place.where in ROOTS for place in hit):
                    check_repair(cast("Any", self.image), self.image.copy(), hit)
                elif with_upkeep and all(place.where in {DEAD_FRAME, DEBRIS} for place in hit):
                    check_upkeep(cast("Any", self.image), self.image.copy())
        except Mismatch as mismatch:
            return str(mismatch)
        except NoStore as refusal:
            return f"the reference store finds no store: {refusal}"
        except EngineError as error:
            return f"the engine: {type(error).__name__}: {error}"
        except Exception as error:  # noqa: BLE001  # whatever a reader raises is what is looked for
            return f"{type(error).__name__} (a bug): {error}"
        return ""

    def _look(self, hit: list[Place]) -> Look:
        """Both readers read everything. Raises `Mismatch`."""
        image, disk = self.image, self.image.disk
        found = look(disk, image.limits, image.keys)
        if found.not_opened is None:
            for key in (*image.values, *found.values):
                if found.values.get(key) != image.values.get(key) and key not in found.refused:
                    expected = f"{shown(image.values.get(key))} under {shown(key)}, or a refusal"
                    raise Mismatch("never wrong data", expected, shown(found.values.get(key)))
        verdict = Verdict({report_of(one) for one in found.damage}, found.refused, found.not_opened)
        check_answers(cast("Any", image), verdict, hit)
        check_reports(verdict, hit)
        reference = read_store(disk.read_reference, disk.extent_count, disk.extent_size_bytes)
        if words := disagreement(found, reference):
            raise Mismatch("engine and reference store agree", "the same", words)
        return found


def check_composition(found: Look, deviations: Deviations) -> None:
    """The questions of the engine have named what a whole reading names; of pages either says more, at times."""
    if found.not_opened is not None or any(
        is_other_state(answer) for lane, _, answer in deviations if lane == "engine"
    ):
        return
    asked = {
        report
        for lane, name, answer in deviations
        if lane == "engine" and not name.startswith(("page ", "opening ", "get "))
        for report in answer
    }
    whole = {(one.structure, one.extent, one.offset, one.key) for one in found.damage}
    differing = {report for report in asked ^ whole if not str(report[0]).startswith("lsm_page.")}
    if differing:
        raise Mismatch("the whole is its parts", f"{sorted(asked, key=str)}", f"{sorted(whole, key=str)}")


def is_other_state(answer: Answer) -> bool:
    """Whether an answer is no row of reports."""
    return bool(answer) and isinstance(answer[0], str)
