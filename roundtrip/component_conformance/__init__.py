"""Every part of the engine beside its model: random histories, the answers compared after each operation."""

from .run import (
    COMPONENTS,
    ComponentFinding,
    ComponentReport,
    history_of_component,
    replay_component,
    run_component,
    shrink_component,
)
from .sizes import ModelSizes, model_sizes

__all__ = [
    "COMPONENTS",
    "ComponentFinding",
    "ComponentReport",
    "ModelSizes",
    "history_of_component",
    "model_sizes",
    "replay_component",
    "run_component",
    "shrink_component",
]
