// The map of a store: a row for each extent, a box for each frame.

const map = byId("map");
const cells = [];
const markMap = (node) => {
  for (const one of cells) one.element.classList.toggle("on", one.part === node.part);
};
const cellOf = (part, extent) => {
  const isBad = part.verdict === "damaged";
  const cell = element("div", `cell ${part.sort} ${isBad ? "damaged" : part.state}`, isBad ? "✗" : LETTERS[part.sort] ?? "?");
  cell.setAttribute("role", "gridcell");
  cell.setAttribute("aria-label", [part.title, part.label, part.state !== part.title && part.state, part.verdict, plural(part.end - part.start, "byte"), place(part.start)].filter(Boolean).join(", "));
  cell.title = cell.getAttribute("aria-label");
  cell.tabIndex = cells.length ? -1 : 0;
  cell.style.flexBasis = `${(100 * (part.end - part.start)) / extent.size}%`;
  cell.addEventListener("click", () => openCell(cells.findIndex((one) => one.part === part)));
  cells.push({ element: cell, part, extent });
  return cell;
};
const openCell = (number) => {
  focusCell(number);
  const node = cells[number].part.node;
  node.open = true;
  list();
  choose(node);
  byId("work").scrollIntoView({ block: "nearest" });
};
const focusCell = (number) => {
  for (const one of cells) one.element.tabIndex = -1;
  cells[number].element.tabIndex = 0;
  cells[number].element.focus({ preventScroll: false });
};
const plainCell = (kind, text) => {
  const cell = element("div", `cell ${kind}`, text);
  cell.setAttribute("role", "gridcell");
  return cell;
};
const extentRow = (extent) => {
  const row = element("div", `lane${extent.faults.length ? " bad" : ""}`);
  row.setAttribute("role", "row");
  const name = element("div", "name");
  name.setAttribute("role", "rowheader");
  name.append(element("b", "", `${extent.number} ${extent.owner}`));
  name.append(element("small", "", `generation ${extent.generation}, ${extent.pointer.toLocaleString("en")} of ${extent.size.toLocaleString("en")}`));
  const boxes = element("div", "cells");
  boxes.setAttribute("role", "none");
  for (let number = extent.first; number < extent.first + extent.count; number++) boxes.append(cellOf(content.parts[number], extent));
  if (extent.more) boxes.append(plainCell("more", `${extent.more.toLocaleString("en")} left out`));
  if (extent.pointer < extent.size) {
    const free = plainCell("free");
    free.setAttribute("aria-label", `${plural(extent.size - extent.pointer, "byte")} not written`);
    free.title = free.getAttribute("aria-label");
    boxes.append(free);
  }
  row.append(name, boxes);
  return row;
};
const emptyRow = (from, to) => {
  const row = element("div", "lane");
  row.setAttribute("role", "row");
  const name = element("div", "name");
  name.setAttribute("role", "rowheader");
  name.append(element("b", "", from === to ? `${from}` : `${from} to ${to}`), element("small", "", "nothing written"));
  row.append(name, plainCell("free", from === to ? "" : plural(to - from + 1, "extent")));
  return row;
};
if (map) {
  let next = 0;
  for (const extent of content.extents) {
    if (extent.number > next) map.append(emptyRow(next, extent.number - 1));
    map.append(extentRow(extent));
    next = extent.number + 1;
  }
  if (content.mapped > next) map.append(emptyRow(next, content.mapped - 1));
  map.addEventListener("keydown", (event) => {
    const number = cells.findIndex((one) => one.element === document.activeElement);
    if (number < 0 || event.ctrlKey || event.altKey || event.metaKey) return;
    const { extent } = cells[number];
    const beside = (by) => {
      const rows = content.extents.filter((one) => one.count);
      const row = rows[Math.min(rows.length - 1, Math.max(0, rows.indexOf(extent) + by))];
      const first = cells.findIndex((one) => one.extent === row);
      return first + Math.min(row.count - 1, number - cells.findIndex((one) => one.extent === extent));
    };
    const actions = {
      ArrowRight: () => focusCell(Math.min(cells.length - 1, number + 1)),
      ArrowLeft: () => focusCell(Math.max(0, number - 1)),
      ArrowDown: () => focusCell(beside(1)),
      ArrowUp: () => focusCell(beside(-1)),
      Home: () => focusCell(cells.findIndex((one) => one.extent === extent)),
      End: () => focusCell(cells.findLastIndex((one) => one.extent === extent)),
      Enter: () => { openCell(number); tree.pane.focus({ preventScroll: true }); },
      " ": () => openCell(number),
    };
    if (!actions[event.key]) return;
    actions[event.key]();
    event.preventDefault();
  });
}
