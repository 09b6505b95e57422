"""The dependency graph of a store, over the state of its tree and its disk: the paper's Figure 2 of a live engine.

Columns are levels of sync, from right to left: what stands in one column becomes persistent with one sync, and an
arrow points to what must be persistent first. Where there are more nodes than a picture holds, neighbours of
one kind and level become one box that says how many there are, and every arrow of theirs is still drawn.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final, NamedTuple

from . import ground, layers
from .canvas import (
    LARGE,
    NORMAL,
    SMALL,
    Box,
    arrow_head,
    document,
    group,
    hatching,
    rectangle,
    state_mark,
    state_shape,
    text,
)
from .words import ELLIPSIS, MORE, plural, shortened, shown

if TYPE_CHECKING:
    from .layers import Edge, Layout
    from .snapshot import NodeView, Snapshot

#: Nodes of one kind in one column, and columns, before the rest is put together.
NODES_MAXIMUM: Final = 8
LEVELS_MAXIMUM: Final = 7
CONTENTS_MAXIMUM: Final = 4
MARGIN: Final = 24.0
NODE_WIDTH: Final = 196.0
GUTTER: Final = 84.0
LINE_HEIGHT: Final = 15.0
HEAD_HEIGHT: Final = 96.0
PORT_GAP: Final = 9.0
WIDTH_MINIMUM: Final = 4 * NODE_WIDTH + 3 * GUTTER
STATES: Final = ("waiting", "issued", "persistent")
STATE_MEANINGS: Final = {
    "waiting": "waiting: in memory only",
    "issued": "issued: with the disk, not synced",
    "persistent": "persistent: survives a crash",
}
#: How a kind is called in `… 5 more puts`.
KIND_NOUNS: Final = {
    "put": "put",
    "metadata": "metadata record",
    "run": "run chunk",
    "index_entry": "index entry",
    "data": "data write",
    "superblock": "superblock record",
    "reset": "reset",
}
#: What stands below the writes whose pointers it states.
LOW: Final = frozenset({"superblock"})


class Drawn(NamedTuple):
    """A box to be: one node, or several of a kind put together. `members` are identities of nodes."""

    number: int
    kind: str
    title: str
    lines: tuple[str, ...]
    state: str
    state_words: str
    members: tuple[int, ...]
    hint: str

    @property
    def height(self) -> float:
        """Of the box, in pixels."""
        return 16 + LINE_HEIGHT * (2 + len(self.lines))


def graph_picture(snapshot: Snapshot, *, title: str, nodes_maximum: int = NODES_MAXIMUM) -> str:
    """The picture as SVG text. `ShardproofError` where nodes wait for one another in a circle."""
    boxes = gathered(snapshot, nodes_maximum)
    home = {member: drawn.number for drawn in boxes for member in drawn.members}
    pairs = ((home[upper], home[lower]) for upper, lower in snapshot.edges)
    edges = [pair for pair in dict.fromkeys(pairs) if pair[0] != pair[1]]
    layout = layers.arrange(
        {drawn.number: drawn.height for drawn in boxes}, edges, low={one.number for one in boxes if one.kind in LOW}
    )
    columns = 1 + max(layout.levels.values(), default=0)
    inner = max(WIDTH_MINIMUM, columns * NODE_WIDTH + (columns - 1) * GUTTER)
    width = inner + 2 * MARGIN
    # A graph of few columns stands in the middle.
    left = MARGIN + (inner - (columns * NODE_WIDTH + (columns - 1) * GUTTER)) / 2
    places = {
        drawn.number: Box(
            left + (columns - 1 - layout.levels[drawn.number]) * (NODE_WIDTH + GUTTER),
            round(HEAD_HEIGHT + layout.middles[drawn.number] - drawn.height / 2, 1),
            NODE_WIDTH,
            drawn.height,
        )
        for drawn in boxes
    }
    parts = [
        text(MARGIN, 32, shortened(shown(title), LARGE, inner), size=LARGE, classes="ink bold"),
        text(MARGIN, 52, "An arrow points to what must be persistent first.", classes="faint"),
        *headings(boxes, layout, columns, left),
        *arrows(edges, layout, places, columns, left),
        *(node_box(drawn, places[drawn.number]) for drawn in boxes),
    ]
    if not boxes:
        parts.append(text(width / 2, HEAD_HEIGHT + 12, "nothing waits", anchor="middle"))
    y = HEAD_HEIGHT + max(layout.height, 24) + 22
    legend = [
        ([state_shape(Box(0, 0, 26, 15), state), state_mark(13, 7.5, state)], STATE_MEANINGS[state]) for state in STATES
    ]
    drawn_legend = ground.states_legend(MARGIN, y, legend)
    parts += drawn_legend.parts
    tree = ground.tree(snapshot, MARGIN, drawn_legend.bottom + 20, inner)
    disk = ground.disk(snapshot, MARGIN, tree.bottom + 12, inner)
    bars: list[tuple[list[str], str]] = [
        ([rectangle(Box(0, 0, 26, 14), "persistent"), rectangle(Box(0, 0, 26, 14), "line outline")], "pointer on disk"),
        ([hatching(Box(0, 0, 26, 14)), rectangle(Box(0, 0, 26, 14), "line outline")], "pointer in memory only"),
        (['<path d="M13,0 V13" class="line thick"/><path d="M13,11 l-4,6 h8 z" class="head"/>'], "write pointer"),
    ]
    bars_legend = ground.states_legend(MARGIN, disk.bottom + 4, bars)
    parts += [*tree.parts, *disk.parts, *bars_legend.parts]
    return document(width, bars_legend.bottom + 16, title, description(snapshot), parts)


def description(snapshot: Snapshot) -> str:
    """The picture in words."""
    labels = {node.identity: f"{node.label} ({node.state})" for node in snapshot.nodes}
    requires: dict[int, list[int]] = {}
    for upper, lower in snapshot.edges:
        requires.setdefault(upper, []).append(lower)
    sentences = []
    for node in snapshot.nodes[: 4 * NODES_MAXIMUM]:
        lowers = [labels[lower] for lower in requires.get(node.identity, [])]
        what = f" requires {', '.join(lowers[:NODES_MAXIMUM])}" if lowers else " requires nothing"
        rest = f" and {len(lowers) - NODES_MAXIMUM} more" if len(lowers) > NODES_MAXIMUM else ""
        sentences.append(f"{labels[node.identity]}{what}{rest}.")
    if len(snapshot.nodes) > len(sentences):
        sentences.append(f"And {len(snapshot.nodes) - len(sentences)} more nodes.")
    return " ".join(sentences) or "No write waits."


# --- which boxes there are -------------------------------------------------------------------------------------------


def gathered(snapshot: Snapshot, most: int) -> list[Drawn]:
    """The boxes: one for each node, or for the nodes of a kind and level that are too many."""
    levels = layers.levels_of((node.identity for node in snapshot.nodes), snapshot.edges)
    floor = max(levels.values(), default=0) - LEVELS_MAXIMUM + 1
    families: dict[tuple[int, str], list[NodeView]] = {}
    for node in snapshot.nodes:
        level = levels[node.identity]
        # Below the floor all levels are one, whatever their kind.
        families.setdefault((level, node.kind) if level >= floor or floor <= 0 else (-1, ""), []).append(node)
    boxes: list[Drawn] = []
    for (level, kind), family in sorted(families.items(), key=lambda item: (-item[0][0], item[0][1] in LOW)):
        whole = family if len(family) <= most and level >= 0 else family[: most - 1] if level >= 0 else []
        rest = family[len(whole) :]
        boxes += [box_of(len(boxes) + number, node) for number, node in enumerate(whole)]
        if rest:
            boxes.append(rest_of(len(boxes), kind, rest))
    return boxes


def box_of(number: int, node: NodeView) -> Drawn:
    """The box of one node."""
    lines = []
    if node.extent >= 0:
        lines.append(f"extent {node.extent}, {node.start:,}-{node.end:,}")
    contents = list(node.contents)
    if len(contents) > CONTENTS_MAXIMUM:
        more = len(contents) - CONTENTS_MAXIMUM + 1
        rest = MORE if contents[-1] == MORE else f"{ELLIPSIS} {more} more"
        contents = [*contents[: CONTENTS_MAXIMUM - 1], rest]
    hint = "; ".join([node.label, *lines, *node.contents[:32]])
    lines += contents
    return Drawn(number, node.kind, node.label, tuple(lines), node.state, node.state, (node.identity,), hint)


def rest_of(number: int, kind: str, nodes: Sequence[NodeView]) -> Drawn:
    """One box for several nodes."""
    counts = Counter(node.state for node in nodes)
    state = next(state for state in STATES if counts[state])
    words = state if len(counts) == 1 else ", ".join(f"{counts[one]} {one}" for one in STATES if counts[one])
    noun = KIND_NOUNS.get(kind, "node")
    title = f"{ELLIPSIS} {plural(len(nodes), f'more {noun}')}"
    hint = f"{title}: {', '.join(node.label for node in nodes[:32])}"
    members = tuple(node.identity for node in nodes)
    return Drawn(number, kind, title, (), state, words, members, hint)


# --- drawing ---------------------------------------------------------------------------------------------------------


def headings(boxes: list[Drawn], layout: Layout, columns: int, left: float) -> list[str]:
    """What the columns are."""
    parts = []
    for level in range(columns):
        kinds = {drawn.kind for drawn in boxes if layout.levels[drawn.number] == level}
        words = "accepted" if kinds == {"put"} else f"sync {level + 1}"
        x = left + (columns - 1 - level) * (NODE_WIDTH + GUTTER) + NODE_WIDTH / 2
        parts.append(text(x, HEAD_HEIGHT - 16, words, size=NORMAL, classes="faint bold", anchor="middle"))
    return parts


def node_box(drawn: Drawn, box: Box) -> str:
    """One box with its words."""
    parts = [state_shape(box, drawn.state)]
    y = box.y + 19
    room = box.width - 14
    parts.append(text(box.x + 10, y, shortened(shown(drawn.title), NORMAL, room), size=NORMAL, classes="ink bold"))
    for line in drawn.lines:
        y += LINE_HEIGHT
        parts.append(text(box.x + 10, y, shortened(shown(line), SMALL, room)))
    y += LINE_HEIGHT
    parts.append(state_mark(box.x + 15, round(y - 4, 1), drawn.state))
    parts.append(text(box.x + 25, y, shortened(drawn.state_words, SMALL, room - 16), classes="faint"))
    members = " ".join(map(str, drawn.members[:NODES_MAXIMUM])) if len(drawn.members) == 1 else ""
    attributes = f'class="node" data-node="{drawn.number}" data-members="{members or len(drawn.members)}" {box.text()}'
    return group(attributes, drawn.hint, parts)


def arrows(edges: list[Edge], layout: Layout, places: dict[int, Box], columns: int, left: float) -> list[str]:
    """Every edge, from the right side of a box through free slots to the left side of another."""
    outgoing: dict[int, list[Edge]] = {}
    incoming: dict[int, list[Edge]] = {}
    for edge in edges:
        outgoing.setdefault(edge[0], []).append(edge)
        incoming.setdefault(edge[1], []).append(edge)
    starts = {edge: y for node, group in outgoing.items() for edge, y in ports(group, layout, places[node], ends=True)}
    ends = {edge: y for node, group in incoming.items() for edge, y in ports(group, layout, places[node], ends=False)}
    parts = []
    for edge in edges:
        source, target = (places[end] for end in edge)
        points = [(source.right, starts[edge])]
        for level, middle in layout.path(edge):
            x = left + (columns - 1 - level) * (NODE_WIDTH + GUTTER)
            points += [(x, HEAD_HEIGHT + middle), (x + NODE_WIDTH, HEAD_HEIGHT + middle)]
        points.append((target.x - 6, ends[edge]))
        pieces = [f"M{points[0][0]:g},{points[0][1]:g}"]
        for number in range(1, len(points), 2):
            (x0, y0), (x1, y1) = points[number - 1], points[number]
            middle = (x0 + x1) / 2
            pieces.append(f"C{middle:g},{y0:g} {middle:g},{y1:g} {x1:g},{y1:g}")
            if number + 1 < len(points):
                pieces.append(f"H{points[number + 1][0]:g}")
        names = f'data-from="{edge[0]}" data-to="{edge[1]}"'
        parts.append(f'<path class="arrow" {names} d="{" ".join(pieces)}"/>')
        parts.append(arrow_head(target.x, ends[edge], "right"))
    return parts


def ports(group: list[Edge], layout: Layout, box: Box, *, ends: bool) -> list[tuple[Edge, float]]:
    """Where the edges of one side of a box touch it: in the order of where they go, so that they do not cross there."""

    def far(edge: Edge) -> float:
        slots = layout.path(edge)
        if slots:
            return slots[0 if ends else -1][1]
        return layout.middles[edge[1 if ends else 0]]

    ordered = sorted(group, key=far)
    gap = min(PORT_GAP, (box.height - 16) / max(1, len(ordered) - 1))
    first = box.middle - gap * (len(ordered) - 1) / 2
    return [(edge, round(first + gap * number, 1)) for number, edge in enumerate(ordered)]
