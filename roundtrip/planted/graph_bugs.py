"""Mutants of the graph, of writeback and of the roots: something is written, or counts as safe, too early."""

from __future__ import annotations

from typing import Final

from engine.assembly import StoreParts
from engine.dependency import Dependency, GraphNode
from engine.extents import Extents
from engine.index import Index
from engine.reclamation import Reclamation
from engine.roots import RootLog
from engine.store import Store
from engine.superblock import Superblock
from engine.tree_metadata import TreeMetadata
from engine.writeback import Writeback

from .expected import ANY, CRASH, FAULTS
from .planting import Bug, edit, lines

GRAPH_BUGS: Final = (
    Bug(
        "nothing-waits",
        "a node is ready whatever must come before it: the edges of the graph are there, and nobody minds them",
        "dependency graph",
        CRASH,
        (edit(GraphNode, "is_ready", ("return False", "return True")),),
    ),
    Bug(
        "metadata-before-run",
        "tree metadata does not wait for the chunks of the run that it names",
        "index",
        CRASH,
        (edit(Index, "_install", ("update.after = unpersisted(segments)", "update.after = ()")),),
    ),
    Bug(
        "compacted-run-unwaited",
        "tree metadata does not wait for the run that a compaction wrote",
        "index",
        CRASH,
        (edit(Index, "compact", ("(*output.segments, *after)", "after")),),
    ),
    Bug(
        "tree-update-overtakes",
        "a record of tree metadata takes every update that is ready, also from behind one that is not",
        "tree metadata",
        ANY,
        (
            edit(
                TreeMetadata,
                "collect",
                (
                    "    while self.queue and self.queue[0].is_ready():",
                    lines(
                        "    order = sorted(self.queue, key=lambda update: not update.is_ready())",
                        "    self.queue = type(self.queue)(order)",
                        "    while self.queue and self.queue[0].is_ready():",
                    ),
                ),
            ),
            edit(
                TreeMetadata,
                "is_dirty",
                ("self.queue and self.queue[0].is_ready()", "any(update.is_ready() for update in self.queue)"),
            ),
        ),
    ),
    Bug(
        "reset-before-copies",
        "an extent is reset without waiting for the copies of its chunks, nor for anything else",
        "reclamation",
        CRASH,
        (
            edit(
                Reclamation,
                "reclaim",
                ("self.superblock.reset(extent, after, self._freed)", "self.superblock.reset(extent, (), self._freed)"),
            ),
        ),
    ),
    Bug(
        "reset-before-overwrite",
        "an extent of values is reset before what is in the memtable, which made its chunks dead, is persistent",
        "reclamation",
        CRASH,
        (edit(Reclamation, "reclaim", ('if extent.owner == "index" else', "if extent.owner else")),),
    ),
    Bug(
        "reset-rides-early",
        "a superblock record takes every reset along, whether its inputs are persistent or not",
        "superblock",
        CRASH,
        (edit(Superblock, "collect", ("if reset.is_ready():", "if reset:")),),
    ),
    Bug(
        "second-copy-never-written",
        "a root record is written to the first extent of its pair only",
        "roots",
        ANY,
        (edit(RootLog, "write_record", ("range(prepared.copies_written, 2)", "range(prepared.copies_written, 1)")),),
    ),
    Bug(
        "root-opens-its-own-pair",
        "a root that is opened anew goes on in the pair that holds its newest record",
        "roots",
        CRASH,
        (edit(RootLog, "_prepare_opening", ("self.pair = 1 - self.pair", "pass")),),
    ),
    Bug(
        "sync-skipped",
        "every third level of writeback is not synced",
        "writeback",
        CRASH,
        (edit(Writeback, "_step", ("self.extents.disk.sync()", "self.levels % 3 == 2 or self.extents.disk.sync()")),),
    ),
    Bug(
        "persistent-when-issued",
        "what the disk was given counts as persistent, without a sync",
        "writeback",
        CRASH,
        (
            edit(
                Writeback,
                "issued",
                ("self._issued.append(node)", "self._issued.append(node)\n    node.persistent = True"),
            ),
        ),
    ),
    Bug(
        "any-node-is-enough",
        "a dependency of several nodes says that it is persistent when one of them is",
        "dependency graph",
        CRASH,
        (
            edit(
                Dependency,
                "is_persistent",
                ("if not node.persistent:", "if not any(one.persistent for one in self.nodes):"),
            ),
        ),
    ),
    Bug(
        "failed-sync-ignored",
        "a sync that fails counts as done, and nobody is told",
        "writeback",
        FAULTS,
        (edit(Writeback, "_step", ("raise self._poison(error) from error", "pass")),),
    ),
    Bug(
        "failed-write-dropped",
        "a write that fails is not made again",
        "extents",
        FAULTS,
        (
            edit(
                Extents,
                "issue",
                (
                    "        raise DiskFailed(",
                    lines(
                        "        del segments[0]",
                        "            extent.issued = segment.end",
                        "            self.writeback.issued(segment)",
                        "            raise DiskFailed(",
                    ),
                ),
            ),
        ),
    ),
    Bug(
        "clean-mark-too-early",
        "the mark of a clean close goes out together with what it vouches for",
        "store",
        CRASH,
        (
            edit(
                StoreParts,
                "_close_cleanly",
                (
                    "barrier = self.index.barrier()",
                    "barrier = self.index.barrier()\n                self.superblock.clean_close = True",
                ),
            ),
        ),
    ),
    Bug(
        "always-marked-clean",
        "every superblock record carries the mark of a clean close",
        "superblock",
        CRASH,
        (edit(Superblock, "collect", ("(CLEAN_CLOSE if self.clean_close else 0)", "CLEAN_CLOSE")),),
    ),
    Bug(
        "durable-put-returns-early",
        "a durable put does not wait",
        "store",
        ANY,
        (edit(Store, "_wait", ("dependency.wait()", "pass")),),
    ),
)
