// The rows of the two panes: fields in a tree, and bytes.

const state = { chosen: nodes[0] ?? null, hovered: null, cursor: nodes[0]?.start ?? 0, filter: "", isPrinting: false };
let shown = [];
const tree = new Pane(byId("tree"), TREE_ROW, (number) => treeRow(shown[number]), "none");
const hex = new Pane(byId("hex"), HEX_ROW, (line) => hexRow(line), "rowgroup");

const matches = (node) => `${node.label} ${node.value} ${node.kind === "field" ? pathOf(node) : ""}`.toLowerCase().includes(state.filter);
const list = () => {
  shown = [];
  if (state.filter) {
    const kept = new Uint8Array(nodes.length);
    for (const node of nodes) if (matches(node)) for (let one = node; one && !kept[one.index]; one = one.parent) kept[one.index] = 1;
    shown = nodes.filter((node) => kept[node.index]);
  } else {
    for (let index = 0; index < nodes.length; index = nodes[index].open ? index + 1 : nodes[index].last + 1) shown.push(nodes[index]);
  }
  const counts = new Map();
  shown.forEach((node, at) => {
    node.at = at;
    node.position = (counts.get(node.parent) ?? 0) + 1;
    counts.set(node.parent, node.position);
  });
  for (const node of shown) node.size = counts.get(node.parent);
  tree.kept = shown[state.chosen?.at] === state.chosen ? state.chosen?.at ?? -1 : -1;
  tree.reset(shown.length);
};
const isShown = (node) => node && shown[node.at] === node;

const treeRow = (node) => {
  const row = element("div", `row ${node.kind}`);
  row.node = node;
  row.id = `field-${node.index}`;
  row.style.paddingLeft = `${6 + node.depth * 16}px`;
  row.setAttribute("role", "treeitem");
  row.setAttribute("aria-level", node.depth + 1);
  row.setAttribute("aria-posinset", node.position);
  row.setAttribute("aria-setsize", node.size);
  row.setAttribute("aria-selected", node === state.chosen);
  if (node.children) row.setAttribute("aria-expanded", Boolean(state.filter) || node.open);
  row.setAttribute("aria-label", spoken(node));
  const style = content.styles[node.style][0];
  row.append(element("span", "twisty", node.children ? (state.filter || node.open ? "▾" : "▸") : ""));
  row.append(element("span", "name", node.label));
  if (node.value) row.append(element("span", `text ${style}`, node.value));
  if (isDamaged(node) && node.kind !== "violation") row.append(element("span", "sign", "✗"));
  if (node.kind === "part" && node.part.state && node.part.state !== "named" && node.part.title !== node.part.state) {
    row.append(element("span", "state group", node.part.state));
  }
  if (node.kind !== "violation") row.append(element("span", "span", `${hexadecimal(node.start - (extentAt(node.start)?.start ?? 0), 4)} +${node.end - node.start}`));
  return row;
};
const spoken = (node) => {
  const size = plural(node.end - node.start, "byte");
  const words = [node.label, node.value];
  if (node.kind === "violation") return `${node.violation.path}: rule ${node.violation.rule} broken, ${node.value}; ${node.violation.meaning}`;
  if (node.kind === "part") words.push(node.part.state, node.part.verdict);
  else if (node.style !== GROUP) words.push(content.styles[node.style][1]);
  return [...words, `${size} at ${place(node.start)}`].filter(Boolean).join(", ");
};

tree.paint = () => {
  for (const row of tree.rows.values()) {
    const chosen = row.node === state.chosen;
    row.classList.toggle("on", chosen);
    row.classList.toggle("hov", row.node === state.hovered && !chosen);
    row.setAttribute("aria-selected", chosen);
  }
  if (isShown(state.chosen)) tree.pane.setAttribute("aria-activedescendant", `field-${state.chosen.index}`);
  else tree.pane.removeAttribute("aria-activedescendant");
};

// The bytes, sixteen in a row.

const segmentOfLine = (line) => segments.findLast((one) => one.top <= line);
const hexRow = (line) => {
  const segment = segmentOfLine(line);
  const row = element("div", "row");
  row.setAttribute("role", "row");
  row.setAttribute("aria-rowindex", line + 1);
  row.bytes = [];
  if (segment.heading && line === segment.top) {
    row.classList.add("heading");
    const cell = element("span", "", segment.title);
    cell.setAttribute("role", "gridcell");
    cell.setAttribute("aria-colspan", 17);
    row.append(cell);
    return row;
  }
  const begin = segment.base + (segment.firstLine + line - segment.top - segment.heading) * COLUMNS;
  const offset = element("span", "offset", hexadecimal(begin - segment.base, 8));
  offset.setAttribute("role", "rowheader");
  const characters = element("span", "chars");
  characters.setAttribute("aria-hidden", "true");
  row.append(offset);
  for (let position = begin; position < begin + COLUMNS; position++) {
    if (position < segment.start || position >= segment.end) {
      const empty = element("span", "byte", "  ");
      empty.setAttribute("role", "gridcell");
      row.append(empty);
      characters.append(element("span", "char", " "));
      continue;
    }
    const number = byteAt(position, segment), owner = ownerOf(position);
    const kind = `${owner ? content.styles[owner.style][0] : ""}${owner && owner.start === position ? " first" : ""}`;
    const byte = element("span", `byte ${kind}`, hexadecimal(number, 2));
    const character = element("span", `char ${kind.replace(" first", "")}`, number >= 32 && number < 127 ? String.fromCharCode(number) : "·");
    byte.id = `byte-${position}`;
    byte.setAttribute("role", "gridcell");
    byte.setAttribute("aria-colindex", position - begin + 2);
    byte.position = character.position = position;
    row.bytes.push(byte, character);
    row.append(byte);
    characters.append(character);
  }
  row.append(characters);
  return row;
};
hex.paint = () => {
  const { chosen, hovered, cursor } = state;
  for (const row of hex.rows.values()) {
    for (const cell of row.bytes) {
      const position = cell.position;
      const isChosen = chosen && chosen.kind !== "extent" && chosen.start <= position && position < chosen.end;
      cell.classList.toggle("on", Boolean(isChosen));
      cell.classList.toggle("hov", Boolean(hovered && hovered.start <= position && position < hovered.end));
      cell.classList.toggle("cur", position === cursor);
    }
  }
  if (segmentOf(cursor)) hex.pane.setAttribute("aria-activedescendant", `byte-${cursor}`);
};
