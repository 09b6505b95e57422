// Light and dark, paper, and the beginning.

const remembered = (theme) => {
  try {
    if (theme === undefined) return localStorage.getItem("shardproof-theme");
    localStorage.setItem("shardproof-theme", theme);
  } catch { /* a page from a file may be refused a memory */ }
  return null;
};
const useTheme = (theme) => {
  if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
  else delete document.documentElement.dataset.theme;
  for (const input of document.querySelectorAll(".theme input")) input.checked = input.value === (document.documentElement.dataset.theme ?? "system");
};
useTheme(remembered());
for (const input of document.querySelectorAll(".theme input")) {
  input.addEventListener("change", () => { useTheme(input.value); remembered(input.value); });
}

const unroll = (pane, first, most, noun) => {
  const end = Math.min(pane.count, first + most);
  pane.kept = -1;
  pane.fill(first, end);
  const left = pane.count - (end - first);
  if (left > 0) pane.space.append(element("p", "unprinted notes", `${plural(left, noun)} more are not printed`));
};
const setPrinting = (isPrinting) => {
  state.isPrinting = isPrinting;
  for (const one of document.querySelectorAll(".unprinted")) one.remove();
};
addEventListener("beforeprint", () => {
  setPrinting(true);
  unroll(tree, 0, PRINTED_ROWS, "row");
  const line = Math.max(0, lineOf(state.chosen?.start ?? 0));
  unroll(hex, hex.count <= PRINTED_LINES ? 0 : line, PRINTED_LINES, "line");
});
addEventListener("afterprint", () => {
  setPrinting(false);
  tree.render();
  hex.render();
});

list();
hex.reset(lineCount);
hex.pane.setAttribute("aria-rowcount", lineCount);
const first = nodes.find((node) => node.kind === "violation" && node.parent?.kind === "field")?.parent ?? nodes.find((node) => node.kind === "violation") ?? nodes[0];
if (first) choose(first, { silent: true });
document.documentElement.dataset.ready = "";
