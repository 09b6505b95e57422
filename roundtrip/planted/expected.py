"""Which checkers a planted bug is expected to be found by, by name."""

from __future__ import annotations

from typing import Final

#: Without power failures.
CONFORM: Final = ("conform", "conform-cached", "conform-crowded", "conform-long-keys")
#: With power failures; after a failed sync the store is opened as after one.
CRASH: Final = ("crash", "crash-pages", "crash-zoned", "crash-states", "faults")
#: All that run a store: what is wrong without a power failure or a fault is as wrong with one.
ANY: Final = (*CONFORM, *CRASH)
FAULTS: Final = ("faults",)
ZONED: Final = ("crash-zoned",)
NODE: Final = ("node",)
