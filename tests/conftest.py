"""Settings of a test run: the seed, printed first, and the Hypothesis profiles.

SHARDPROOF_SEED=n chooses the seed (default 0, so that a run repeats; `random` draws one).
SHARDPROOF_PROFILE chooses a Hypothesis profile: `ci` (the default) repeats itself, `explore` looks longer,
and elsewhere each time.
"""

from __future__ import annotations

import os
import secrets

import pytest
from hypothesis import HealthCheck, settings

settings.register_profile(
    "ci",
    derandomize=True,
    database=None,
    deadline=None,
    print_blob=True,
    # The machine that runs the gate may be slow; how long data takes to make is no claim of ours.
    suppress_health_check=[HealthCheck.too_slow],
)
settings.register_profile("explore", max_examples=1000, deadline=None, print_blob=True)


def pytest_configure() -> None:
    """Settle the seed in the environment, where xdist's workers find the same one."""
    if os.environ.get("SHARDPROOF_SEED") == "random":
        os.environ["SHARDPROOF_SEED"] = str(secrets.randbits(32))
    settings.load_profile(_profile_name())


def pytest_report_header() -> str:
    """Print what repeats this run."""
    return f"SHARDPROOF_SEED={_seed()} SHARDPROOF_PROFILE={_profile_name()}"


@pytest.fixture(scope="session")
def seed() -> int:
    """The one seed of the run; every test that draws anything draws from it."""
    return _seed()


def _seed() -> int:
    return int(os.environ.get("SHARDPROOF_SEED", "0"))


def _profile_name() -> str:
    return os.environ.get("SHARDPROOF_PROFILE", "ci")
