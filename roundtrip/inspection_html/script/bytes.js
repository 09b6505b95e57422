// What the page holds, and its bytes by their place in the file.

const byId = (id) => document.getElementById(id);
const content = JSON.parse(byId("content").textContent);
const [GROUP, BROKEN] = ["group", "broken"].map((name) => content.styles.findIndex((one) => one[0] === name));
const LETTERS = { header: "H", superblock: "S", metadata: "M", data: "D", index: "R", debris: "~" };
const TREE_ROW = 24, HEX_ROW = 22, COLUMNS = 16;
const OPEN_PARTS = 3, OPEN_CHILDREN = 48, MOST_ROWS = 300, PRINTED_ROWS = 1500, PRINTED_LINES = 512;

const element = (tag, className, text) => {
  const made = document.createElement(tag);
  if (className) made.className = className;
  if (text !== undefined) made.textContent = text;
  return made;
};
const hexadecimal = (number, digits = 1) => number.toString(16).padStart(digits, "0");
const plural = (count, noun) => `${count.toLocaleString("en")} ${noun}${count === 1 ? "" : "s"}`;
const say = (text) => { byId("live").textContent = text; };

const held = Uint8Array.from(atob(byId("bytes-held").textContent), (character) => character.charCodeAt(0));
const segments = [];
let lineCount = 0;
{
  let at = 0;
  for (const [start, end, base, title] of content.segments) {
    const firstLine = Math.floor((start - base) / COLUMNS);
    const lines = end > start ? Math.ceil((end - base) / COLUMNS) - firstLine : 0;
    segments.push({ start, end, base, title, at, firstLine, top: lineCount, heading: title ? 1 : 0, lines });
    at += end - start;
    lineCount += lines + (title ? 1 : 0);
  }
}
const segmentOf = (position) => segments.find((one) => one.start <= position && position < one.end);
const byteAt = (position, segment) => held[segment.at + position - segment.start];
const lineOf = (position) => {
  const segment = segmentOf(position);
  if (!segment) return -1;
  return segment.top + segment.heading + Math.floor((position - segment.base) / COLUMNS) - segment.firstLine;
};
const place = (position) => {
  const extent = extentAt(position);
  return extent ? `extent ${extent.number}, offset 0x${hexadecimal(position - extent.start)}` : `0x${hexadecimal(position)}`;
};
const extentAt = (position) => content.extents.find((one) => one.start <= position && position < one.start + one.size);
