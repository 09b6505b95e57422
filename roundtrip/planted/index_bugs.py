"""Mutants of the index and its caches: an entry is lost, comes back, or is another one."""

from __future__ import annotations

from typing import Final

from engine import bloom, compaction, index, run_output
from engine.index import Index
from engine.run_reader import Run
from engine.run_writer import RunWriter
from engine.store_reads import StoreReads
from engine.tree_metadata import TreeMetadata

from .expected import ANY
from .planting import Bug, edit

INDEX_BUGS: Final = (
    Bug(
        "freeze-loses-an-entry",
        "a full memtable forgets its newest key when it is frozen",
        "memtable",
        ANY,
        (
            edit(
                Index,
                "freeze",
                (
                    "memtable.number = ",
                    "if memtable.is_full():\n        memtable.entries.popitem()\n    memtable.number = ",
                ),
            ),
        ),
    ),
    Bug(
        "flush-forgets-deletes",
        "a memtable becomes a run without its deletes",
        "index",
        ANY,
        (
            edit(
                Index,
                "_write",
                ("keys = sorted(entries)", "keys = sorted(key for key in entries if entries[key]) or sorted(entries)"),
            ),
        ),
    ),
    Bug(
        "tombstone-dropped-too-early",
        "a compaction drops a delete though an older run below still has the key",
        "compaction",
        ANY,
        (edit(compaction, "_merge_down", ("drop_tombstones=is_bottom", "drop_tombstones=True")),),
    ),
    Bug(
        "compaction-keeps-the-older",
        "a compaction keeps the older of two entries of a key",
        "compaction",
        ANY,
        (edit(Index, "compact", ("for run in inputs], drop", "for run in inputs[::-1]], drop")),),
    ),
    Bug(
        "level-0-in-wrong-order",
        "after a compaction or a reboot the oldest run of level 0 is asked first",
        "index",
        ANY,
        (
            edit(run_output, "in_order", ("-run.number", "run.number")),
            edit(index, "in_order", ("-run.number", "run.number")),
        ),
    ),
    Bug(
        "run-number-reused",
        "a compacted run takes the number of the newest run that went into it",
        "index",
        ANY,
        (edit(TreeMetadata, "take_run_number", ("self.next_run += 1", "self.next_run += not self.queue")),),
    ),
    Bug(
        "found-entries-not-renewed",
        "entries that were found in the runs before stay when a flush or a compaction replaces the runs",
        "entry cache",
        ANY,
        (edit(Index, "_publish", ("if self.tables[2] is self.runs else", "if self.runs else")),),
    ),
    Bug(
        "filter-says-no",
        "the filter of a run leaves out the last key that was hashed",
        "filter",
        ANY,
        (edit(bloom, "build", ("for hashed in hashes:", "for hashed in hashes[: max(1, len(hashes) - 1)]:")),),
    ),
    Bug(
        "scan-skips-a-page",
        "a scan that begins at the last key of a page begins with the next page",
        "run reader",
        ANY,
        (
            edit(
                Run,
                "batches",
                ("range(bisect_left(self._last_keys, start)", "range(bisect_right(self._last_keys, start)"),
            ),
        ),
    ),
    Bug(
        "page-names-its-first-key",
        "the index of a run has the first key of each page in the place of its last",
        "run writer",
        ANY,
        (edit(RunWriter, "_page", ("self.last_keys.append(keys[-1])", "self.last_keys.append(keys[0])")),),
    ),
    Bug(
        "deleted-key-is-contained",
        "`contains` takes a delete for an entry",
        "store",
        ANY,
        (
            edit(
                StoreReads,
                "contains",
                (
                    "bool(self.index.find(self._checked_key(key)))",
                    "self.index.find(self._checked_key(key)) is not None",
                ),
            ),
        ),
    ),
    Bug(
        "barrier-forgets-the-memtable",
        "what must be persistent for the index to be so leaves out what is not a run yet",
        "index",
        ANY,
        (edit(Index, "barrier", ("if self.active.entries:", "if False:"), ("if self.frozen:", "if False:")),),
    ),
)
