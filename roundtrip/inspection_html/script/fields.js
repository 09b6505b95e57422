// Nodes: extents, parts, fields and violations, in the order of the tree.

const nodes = [];
const addNode = (kind, depth, facts) => {
  const node = { kind, depth, index: nodes.length, open: false, parent: null, last: nodes.length, children: 0, ...facts };
  nodes.push(node);
  return node;
};
const addViolation = (violation, depth, part, start, end) =>
  addNode("violation", depth, {
    label: `✗ ${violation.rule}`, value: `expected ${violation.expected}, found ${violation.found}`,
    start, end, style: BROKEN, violation, part,
  });
const addPart = (part, number, depth) => {
  const node = addNode("part", depth, {
    label: part.title, value: part.label, start: part.start, end: part.end, style: GROUP, part, number,
  });
  part.node = node;
  const at = new Map();
  for (const one of part.violations) at.set(one.row, [...(at.get(one.row) ?? []), one]);
  for (const one of at.get(-1) ?? []) one.node = addViolation(one, depth + 1, part, one.position, one.position);
  part.rows.forEach(([deeper, label, start, end, style, value, type], row) => {
    addNode("field", depth + 1 + deeper, { label, value, start, end, style, type, part });
    for (const one of at.get(row) ?? []) one.node = addViolation(one, depth + 2 + deeper, part, start, end);
  });
  part.rows = null;
};
if (content.extents.length) {
  for (const extent of content.extents) {
    if (!extent.count && !extent.faults.length) continue;
    extent.node = addNode("extent", 0, {
      label: `extent ${extent.number}`, value: `${extent.owner}, generation ${extent.generation}`,
      start: extent.start, end: extent.start + extent.pointer, style: GROUP, extent,
    });
    for (const one of extent.faults) one.node = addViolation(one, 1, null, one.position, one.position);
    for (let number = extent.first; number < extent.first + extent.count; number++) addPart(content.parts[number], number, 1);
  }
} else {
  content.parts.forEach((part, number) => addPart(part, number, 0));
}
{
  const above = [];
  for (const node of nodes) {
    above.length = node.depth;
    node.parent = above[node.depth - 1] ?? null;
    if (node.parent) node.parent.children++;
    for (const one of above) one.last = node.index;
    above[node.depth] = node;
  }
}
const open = (node) => { for (let one = node.parent; one; one = one.parent) one.open = true; };
for (const node of nodes) {
  if (node.kind === "field") node.open = node.children > 0 && node.children <= OPEN_CHILDREN;
  if (node.kind === "part") node.open = content.parts.length <= OPEN_PARTS;
}
for (const node of nodes) if (node.kind === "violation") open(node);

const pathOf = (node) => {
  let path = "";
  for (let one = node; one && one.kind === "field"; one = one.parent) {
    path = one.label + (path && !path.startsWith("[") ? "." : "") + path;
  }
  return path;
};
const isDamaged = (node) => node.style === BROKEN || content.styles[node.style][0] === "missing" || node.part?.verdict === "damaged" && node.kind === "part";

// Which field a byte belongs to: the innermost one.

const sortedParts = content.parts.filter((part) => part.node).sort((one, other) => one.start - other.start);
const partAt = (position) => {
  let low = 0, high = sortedParts.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sortedParts[middle].start <= position) low = middle + 1; else high = middle;
  }
  const part = sortedParts[low - 1];
  return part && position < part.end ? part : null;
};
const ownersOf = (part) => {
  if (part.owners) return part.owners;
  const segment = segmentOf(part.start);
  const size = segment ? Math.min(part.end, segment.end) - part.start : 0;
  part.owners = new Int32Array(size).fill(part.node.index);
  const fields = nodes.slice(part.node.index + 1, part.node.last + 1).filter((node) => node.kind === "field" && node.end > node.start);
  fields.sort((one, other) => (other.end - other.start) - (one.end - one.start) || one.depth - other.depth);
  for (const node of fields) part.owners.fill(node.index, Math.max(0, node.start - part.start), Math.max(0, node.end - part.start));
  return part.owners;
};
const ownerOf = (position) => {
  const part = partAt(position);
  return part ? nodes[ownersOf(part)[position - part.start] ?? part.node.index] : null;
};
