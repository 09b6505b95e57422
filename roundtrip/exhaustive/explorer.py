"""The only place that talks to CrossHair. It runs in a process of its own, since CrossHair patches the interpreter.

CrossHair is an extra and imported by name. What it does not say by itself (how many paths it gave up, how many branches
it left) is read from its search tree.
"""

from __future__ import annotations

import ast
import sys
import time
from collections import Counter
from importlib import import_module
from types import ModuleType
from typing import Any, Final

import msgspec

from formats.codec import Codec

from .checksums import digests, function_of
from .contracts import UNDER_TEST, UnderTest, a_header, a_prefix, a_record, a_tuple, total
from .stand_ins import NotModelled, RecordStandIn, StandIns, masked
from .symbolic import Goal, Search

#: No path may take more of the seconds than this part.
PATH_SHARE: Final = 0.25


def explore(goal: Goal) -> Search:
    """The search in one decoder."""
    core: Any = import_module("crosshair.core_and_libs")
    inside: Any = import_module("crosshair.core")
    options: Any = import_module("crosshair.options")
    util: Any = import_module("crosshair.util")
    module = loaded(goal.subject.codec)
    stand_ins = StandIns(module, inside.realize)
    stand_ins.checksum.beyond = util.UnexploredPath if hasattr(util, "UnexploredPath") else NotModelled
    try:
        stand_ins.install(checksums_of(goal, module))
    except NotModelled as reason:
        return Search("not modelled", message=str(reason))
    UNDER_TEST[:] = [UnderTest(getattr(module, goal.decoder), judge_of(goal, module), goal.size, stand_ins.checksum)]
    roots: list[Any] = []
    plain_root = inside.RootNode

    def root() -> Any:
        roots.append(plain_root())
        return roots[-1]

    inside.RootNode = root
    counts: Counter[str] = Counter()
    chosen = options.AnalysisOptionSet(
        analysis_kind=[options.AnalysisKind.PEP316],
        per_condition_timeout=goal.seconds,
        per_path_timeout=max(1.0, goal.seconds * PATH_SHARE),
        report_all=True,
        max_uninteresting_iterations=0,
    )
    started = time.process_time()
    checkables = core.analyze_function(total, chosen)
    for checkable in checkables:
        checkable.options.stats = counts
    messages = [(message.state.name, message.message) for message in core.run_checkables(checkables)]
    seconds = time.process_time() - started
    given_up, left = tree_counts(roots)
    return search_of(messages, counts, given_up, left, seconds)


def search_of(
    messages: list[tuple[str, str]], counts: Counter[str], given_up: int, left: int, seconds: float
) -> Search:
    """What CrossHair's messages say. Only an exhausted search whose every path was confirmed is *confirmed*."""
    paths = counts["num_paths"]
    refuting = [text for state, text in messages if state in {"POST_FAIL", "POST_ERR", "EXEC_ERR"}]
    if refuting:
        return Search("refuted", paths, given_up, left, refuting[0], seconds)
    if [state for state, _ in messages] == ["CONFIRMED"] and counts["exhaustion"]:
        return Search("confirmed", paths, seconds=seconds)
    other = "; ".join(f"{state}: {text}" for state, text in messages if state not in {"CANNOT_CONFIRM", "CONFIRMED"})
    return Search("stopped", paths, given_up, left, other, seconds)


def tree_counts(roots: list[Any]) -> tuple[int, int]:
    """The paths that were given up, and the branches that were met and not taken, in CrossHair's search trees.

    Below a node that is exhausted nothing is left: its other branches were shown to be impossible or without bearing.
    """
    given_up, left = 0, 0
    if not roots:
        return 0, 1
    waiting, seen = list(roots), set[int]()
    while waiting:
        node = waiting.pop()
        if id(node) in seen:
            continue
        seen.add(id(node))
        kind = type(node).__name__
        if kind == "NodeStem":
            left += 1
        elif kind == "SearchLeaf":
            status = getattr(node.result, "verification_status", None)
            given_up += status is not None and status.name == "UNKNOWN"
        elif node.is_exhausted() and getattr(node.get_result().verification_status, "name", "") != "UNKNOWN":
            continue
        waiting += [child for child in (getattr(node, name, None) for name in children_of(node)) if child is not None]
    return given_up, left


def children_of(node: Any) -> tuple[str, ...]:
    """The names of the attributes in which a node of the tree keeps its children."""
    return tuple(getattr(node, "children_fields", ())) or ("child", "positive", "negative")


def loaded(codec: Codec) -> ModuleType:
    """The codec's module once more, from its text, with bit masks written so that a solver understands them."""
    tree = ast.fix_missing_locations(MaskRewriter().visit(ast.parse(codec.source)))
    name = f"symbolic_{getattr(codec.module, '__name__', 'codec').rpartition('.')[2]}"
    module = ModuleType(name)
    sys.modules[name] = module
    module.__dict__[MASKED] = masked
    exec(compile(tree, f"<{name}>", "exec"), module.__dict__)  # noqa: S102  # our own generated text
    return module


MASKED: Final = "_masked_"


class MaskRewriter(ast.NodeTransformer):
    """Writes `number & 0xfe` as a call of `masked`, which gives the same by remainders."""

    def visit_BinOp(self, node: ast.BinOp) -> ast.AST:
        self.generic_visit(node)
        mask = node.right
        is_mask = isinstance(mask, ast.Constant) and isinstance(mask.value, int) and mask.value >= 0
        if isinstance(node.op, ast.BitAnd) and is_mask:
            return ast.Call(ast.Name(MASKED, ast.Load()), [node.left, mask], [])
        return node


def checksums_of(goal: Goal, module: ModuleType) -> list[Any]:
    """The checksum functions in the module, which get stand-ins; `NotModelled` for one that gives no number."""
    found = []
    for digest in digests(goal.subject.format.layout.root):
        function = function_of(Codec(goal.subject.format.oracle, module, ""), digest.algorithm)
        if not isinstance(function(b""), int):
            raise NotModelled(f"checksum {digest.algorithm.name}: it gives no number")
        found.append(function)
    return found


def judge_of(goal: Goal, module: ModuleType) -> Any:
    """What the decoder may give, over stand-ins."""
    if goal.decoder == "probe_header":
        return a_header(module.encode_header)
    if goal.decoder == "probe_tuple":
        return a_tuple
    if goal.decoder == "probe_prefix":
        return a_prefix(object)
    records = tuple(
        value for value in vars(module).values() if isinstance(value, type) and issubclass(value, RecordStandIn)
    )
    return a_record(records if gives_records(goal) else object)


def gives_records(goal: Goal) -> bool:
    """Whether the real decoder gives records; that of a stream gives a sequence."""
    codec = goal.subject.codec
    found = [codec.probe(sample.data, sample.seed) for sample in goal.subject.samples[:1]]
    return any(isinstance(one, msgspec.Struct) for one in found)
