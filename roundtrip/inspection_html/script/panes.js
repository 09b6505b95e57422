// A pane that holds only the rows that can be seen.

class Pane {
  constructor(pane, height, make, role) {
    Object.assign(this, { pane, height, make, count: 0, rows: new Map(), kept: -1, paint: () => {} });
    this.space = element("div", "space");
    this.space.setAttribute("role", role);
    pane.append(this.space);
    pane.addEventListener("scroll", () => this.later(), { passive: true });
    new ResizeObserver(() => this.later()).observe(pane);
  }
  later() {
    this.waiting ??= requestAnimationFrame(() => { this.waiting = null; if (!state.isPrinting) this.render(); });
  }
  reset(count) {
    this.count = count;
    this.space.style.height = `${count * this.height}px`;
    for (const row of this.rows.values()) row.remove();
    this.rows.clear();
    this.render();
  }
  render() {
    const first = Math.max(0, Math.floor(this.pane.scrollTop / this.height) - 8);
    const rows = Math.min(MOST_ROWS, Math.ceil(this.pane.clientHeight / this.height) + 16);
    const last = Math.min(this.count, first + rows);
    this.fill(first, last);
  }
  fill(first, last) {
    for (const [number, row] of this.rows) {
      if ((number < first || number >= last) && number !== this.kept) { row.remove(); this.rows.delete(number); }
    }
    for (let number = first; number < last; number++) this.hold(number);
    if (this.kept >= 0 && this.kept < this.count) this.hold(this.kept);
    this.paint();
  }
  hold(number) {
    if (this.rows.has(number)) return;
    const row = this.make(number);
    row.style.top = `${number * this.height}px`;
    this.rows.set(number, row);
    // In the order of the document, for whoever reads it without seeing it.
    let next = null;
    for (const [other, its] of this.rows) if (other > number && (next === null || other < next[0])) next = [other, its];
    this.space.insertBefore(row, next ? next[1] : null);
  }
  show(number, centred) {
    const top = number * this.height, bottom = top + this.height;
    if (centred && (top < this.pane.scrollTop || bottom > this.pane.scrollTop + this.pane.clientHeight)) {
      this.pane.scrollTop = top - this.pane.clientHeight / 3;
    } else if (top < this.pane.scrollTop) {
      this.pane.scrollTop = top;
    } else if (bottom > this.pane.scrollTop + this.pane.clientHeight) {
      this.pane.scrollTop = bottom - this.pane.clientHeight;
    }
    this.render();
  }
}
