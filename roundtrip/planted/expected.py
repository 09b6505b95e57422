"""Which checkers a planted bug is expected to be found by, by name."""

from __future__ import annotations

from typing import Final

#: Without power failures.
CONFORM: Final = ("conform", "conform-cached", "conform-crowded", "conform-long-keys", "conform-versions")
#: With power failures; after a failed sync the store is opened as after one.
CRASH: Final = ("crash", "crash-pages", "crash-zoned", "crash-versions", "crash-states", "faults")
#: All that run a store: what is wrong without a power failure or a fault is as wrong with one.
ANY: Final = (*CONFORM, *CRASH)
#: Where both versions of chunks and pages are written, without power failures and with them.
CRASHED_VERSIONS: Final = ("crash-versions",)
VERSIONS: Final = ("conform-versions", *CRASHED_VERSIONS)
FAULTS: Final = ("faults",)
ZONED: Final = ("crash-zoned",)
NODE: Final = ("node",)
