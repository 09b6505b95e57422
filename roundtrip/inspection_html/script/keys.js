// Keys.

const pageRows = () => Math.max(1, Math.floor(tree.pane.clientHeight / TREE_ROW) - 1);
const typeAhead = (letter) => {
  const from = isShown(state.chosen) ? state.chosen.at : -1;
  for (let step = 1; step <= shown.length; step++) {
    const node = shown[(from + step) % shown.length];
    if (node.label.toLowerCase().startsWith(letter)) return choose(node);
  }
};
const step = (by) => {
  if (!shown.length) return;
  const from = isShown(state.chosen) ? state.chosen.at : -1;
  choose(shown[Math.min(shown.length - 1, Math.max(0, from + by))]);
};
tree.pane.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.altKey || event.metaKey) return;
  const node = isShown(state.chosen) ? state.chosen : shown[0];
  if (!node) return;
  const isOpen = Boolean(state.filter) || node.open;
  const actions = {
    ArrowDown: () => step(1),
    ArrowUp: () => step(-1),
    PageDown: () => step(pageRows()),
    PageUp: () => step(-pageRows()),
    Home: () => choose(shown[0]),
    End: () => choose(shown[shown.length - 1]),
    ArrowRight: () => { if (node.children && !isOpen) toggle(node, true); else if (node.children) step(1); },
    ArrowLeft: () => { if (node.children && isOpen && !state.filter) toggle(node, false); else if (node.parent) choose(node.parent); },
    Enter: () => { if (lineOf(state.cursor) >= 0) hex.pane.focus(); },
    " ": () => { if (node.children) toggle(node, !isOpen); },
    "*": () => {
      for (const one of nodes) if (one.parent === node.parent && one.children) one.open = true;
      list();
      choose(node, { silent: true });
    },
  };
  if (actions[event.key]) actions[event.key]();
  else if (event.key.length === 1 && event.key !== "/") typeAhead(event.key.toLowerCase());
  else return;
  event.preventDefault();
});
hex.pane.addEventListener("keydown", (event) => {
  if (event.altKey || event.metaKey || !segments.length) return;
  const rows = Math.max(1, Math.floor(hex.pane.clientHeight / HEX_ROW) - 1);
  const first = segments[0].start, last = segments[segments.length - 1].end - 1;
  const segment = segmentOf(state.cursor) ?? segments[0];
  const column = (state.cursor - segment.base) % COLUMNS;
  const steps = {
    ArrowRight: 1, ArrowLeft: -1, ArrowDown: COLUMNS, ArrowUp: -COLUMNS, PageDown: rows * COLUMNS, PageUp: -rows * COLUMNS,
    Home: event.ctrlKey ? first - state.cursor : -column,
    End: event.ctrlKey ? last - state.cursor : COLUMNS - 1 - column,
  };
  if (event.key === "Enter") tree.pane.focus();
  else if (event.key in steps) moveCursor(nearest(state.cursor + steps[event.key], steps[event.key]));
  else return;
  event.preventDefault();
});
// The byte at a position, or the nearest one that the page holds in this direction.
const nearest = (position, direction) => {
  if (segmentOf(position)) return position;
  const ahead = direction > 0 ? segments.find((one) => one.start > position && one.end > one.start) : segments.findLast((one) => one.end <= position && one.end > one.start);
  if (ahead) return direction > 0 ? ahead.start : ahead.end - 1;
  return direction > 0 ? segments[segments.length - 1].end - 1 : segments[0].start;
};
document.addEventListener("keydown", (event) => {
  if (event.key !== "/" || event.ctrlKey || event.altKey || event.metaKey || event.target.tagName === "INPUT") return;
  event.preventDefault();
  byId("filter").focus();
});
const filter = (text) => {
  state.filter = text.trim().toLowerCase();
  tree.pane.scrollTop = 0;
  list();
  if (!state.filter) { say("no filter"); if (state.chosen) choose(state.chosen, { silent: true }); return; }
  say(`${plural(shown.filter(matches).length, "match").replace("matchs", "matches")} for ${text.trim()}`);
};
byId("filter").addEventListener("input", (event) => filter(event.target.value));
byId("filter").addEventListener("keydown", (event) => {
  if (event.key === "Escape") { event.target.value = ""; filter(""); tree.pane.focus(); event.preventDefault(); }
  if (event.key === "Enter" || event.key === "ArrowDown") {
    const first = shown.find(matches);
    if (first) { choose(first); tree.pane.focus(); }
    event.preventDefault();
  }
});
for (const button of document.querySelectorAll(".damages button")) {
  button.addEventListener("click", () => {
    const { part, extent, violation } = button.dataset;
    const from = part === undefined ? content.extents.find((one) => one.number === Number(extent)).faults : content.parts[Number(part)].violations;
    const node = from[Number(violation)].node;
    if (!node) return;
    choose(node.parent?.kind === "field" ? node.parent : node);
    byId("work").scrollIntoView({ block: "nearest" });
    tree.pane.focus({ preventScroll: true });
  });
}
