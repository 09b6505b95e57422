"""Every part of the engine beside its model: random histories, the answers compared after each operation."""

from .run import COMPONENTS, ComponentFinding, ComponentReport, replay_component, run_component, shrink_component
from .sizes import ModelSizes, model_sizes

__all__ = [
    "COMPONENTS",
    "ComponentFinding",
    "ComponentReport",
    "ModelSizes",
    "model_sizes",
    "replay_component",
    "run_component",
    "shrink_component",
]
