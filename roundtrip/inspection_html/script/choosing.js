// Choosing and hovering.

const choose = (node, { cursor = node.start, silent = false, scrollsHex = true } = {}) => {
  state.chosen = node;
  state.cursor = cursor;
  const isHidden = !isShown(node);
  if (isHidden) {
    if (state.filter) { state.filter = ""; byId("filter").value = ""; }
    open(node);
    list();
  }
  tree.kept = node.at;
  tree.show(node.at, true);
  const line = lineOf(cursor);
  hex.kept = line;
  if (scrollsHex && line >= 0) hex.show(line, true);
  hex.render();
  describe(node);
  markMap(node);
  if (!silent) say(spoken(node));
};
const hover = (node, words) => {
  if (state.hovered === node && byId("readout").textContent === words) return;
  state.hovered = node;
  byId("readout").textContent = words;
  tree.paint();
  hex.paint();
};
const nothingHovered = () => hover(null, "");

const describe = (node) => {
  const facts = element("dl");
  const add = (name, text, className = "") => {
    if (text === "" || text === undefined || text === null) return;
    const pair = element("div", className);
    pair.append(element("dt", "", name), element("dd", "", text));
    facts.append(pair);
  };
  const size = node.end - node.start;
  const path = pathOf(node.kind === "violation" ? node.parent ?? node : node);
  add(node.kind === "field" ? "field" : node.kind === "violation" ? "rule broken at" : node.kind, path || `${node.label}${node.value ? `: ${node.value}` : ""}`);
  if (node.kind === "field" && node.part) add("frame", `${node.part.title}${node.part.label ? ` (${node.part.label})` : ""}`);
  add("bytes", size ? `${place(node.start)}, ${plural(size, "byte")}` : `none, at ${place(node.start)}`);
  if (extentAt(node.start)) add("in the file", `0x${hexadecimal(node.start)}`);
  if (node.kind === "field") {
    add("value", node.value + (/^\d{2,}$/.test(node.value) ? ` (0x${BigInt(node.value).toString(16)})` : ""));
    add("role", content.styles[node.style][1]);
    if (node.type >= 0) { add("type", content.types[node.type][0]); add("constraint", content.types[node.type][1]); }
  }
  if (node.kind === "part") {
    add("state", node.part.state && { named: "named: something persistent points to it", dead: "dead: whole, and nothing names it", debris: "debris: no whole frame, named by nothing" }[node.part.state]);
    add("verdict", node.part.verdict);
    for (const note of node.part.notes) add("note", note, "wide");
  }
  if (node.kind === "extent") {
    add("owner", node.extent.owner);
    add("generation", node.extent.generation);
    add("pointer", `${node.extent.pointer.toLocaleString("en")} of ${node.extent.size.toLocaleString("en")} bytes`);
  }
  const segment = segmentOf(node.start);
  if (size && (!segment || node.end > segment.end)) {
    const missing = segment ? node.end - segment.end : size;
    add("not here", `${plural(missing, "byte")} of it are not in this page; with --at 0x${hexadecimal(node.start)} they are`, "wide");
  }
  for (const one of violationsAt(node)) {
    add("rule", `${one.rule}: ${one.meaning}`, "wide bad");
    add("expected", one.expected, "bad");
    add("found", one.found, "bad");
  }
  byId("details").replaceChildren(facts);
};
const violationsAt = (node) => {
  if (node.violation) return [node.violation];
  const found = [];
  for (let index = node.index + 1; index <= node.last && found.length < 8; index++) {
    if (nodes[index].parent === node && nodes[index].violation) found.push(nodes[index].violation);
  }
  return found;
};

const rowOf = (event) => event.target.closest?.("#tree .row")?.node ?? null;
tree.pane.addEventListener("pointermove", (event) => {
  const node = rowOf(event);
  hover(node, node ? `${pathOf(node) || node.label}: ${plural(node.end - node.start, "byte")} at ${place(node.start)}` : "");
});
tree.pane.addEventListener("pointerleave", nothingHovered);
tree.pane.addEventListener("click", (event) => {
  const node = rowOf(event);
  if (!node) return;
  if (event.target.classList.contains("twisty") && node.children) toggle(node, !node.open);
  else choose(node);
});
tree.pane.addEventListener("dblclick", (event) => {
  const node = rowOf(event);
  if (node?.children) toggle(node, !node.open);
});
hex.pane.addEventListener("pointermove", (event) => {
  const position = event.target.position;
  const node = position === undefined ? null : ownerOf(position);
  hover(node, node ? `${place(position)}: ${pathOf(node) || node.label}, byte ${position - node.start + 1} of ${node.end - node.start}` : "");
});
hex.pane.addEventListener("pointerleave", nothingHovered);
hex.pane.addEventListener("click", (event) => { if (event.target.position !== undefined) moveCursor(event.target.position); });

const moveCursor = (position) => {
  const node = ownerOf(position);
  if (node) choose(node, { cursor: position });
};
const toggle = (node, isOpen) => {
  if (state.filter) return;
  node.open = isOpen;
  // What is chosen must stay in sight.
  if (!isOpen && state.chosen && state.chosen.index > node.index && state.chosen.index <= node.last) {
    list();
    choose(node);
    return;
  }
  const scroll = tree.pane.scrollTop;
  list();
  tree.pane.scrollTop = scroll;
  tree.render();
};
