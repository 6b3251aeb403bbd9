/* One column of the board: as many rows as are in sight, whatever the number of units. */
(function (root) {
  "use strict";
  const hexwatch = (root.hexwatch = root.hexwatch || {});
  const { write, show, element, part } = hexwatch;
  const ROW_PX = 26;
  const POINTED_MS = 4000; // while somebody points here, rows keep their places

  class BoardColumn {
    /* `fill(node, id, column)` writes a row; `act(id, node)` is what a click or Enter asks for. */
    constructor(node, { fill, act }) {
      Object.assign(this, { node, fill, act });
      this.name = node.dataset.column;
      this.states = node.dataset.statuses.split(" ");
      this.list = part(node, "column-list");
      this.space = this.list.firstElementChild;
      this.ids = []; // as shown
      this.told = []; // as they are
      this.rows = [];
      this.active = "";
      this.pointed = -Infinity;
      this.list.addEventListener("scroll", () => this.draw(), { passive: true });
      this.list.addEventListener("click", (event) => this._clicked(event));
      const points = () => (this.pointed = performance.now());
      for (const kind of ["pointermove", "pointerdown", "wheel"]) this.list.addEventListener(kind, points, { passive: true });
      this.list.addEventListener("pointerleave", () => {
        this.pointed = -Infinity;
        this.take(this.told);
      });
      this.sizes = new ResizeObserver(() => this.draw());
      this.sizes.observe(this.list);
    }

    leave() {
      this.sizes.disconnect();
    }

    get held() {
      return performance.now() - this.pointed < POINTED_MS;
    }

    /* The units of this column, in order. Under a pointer the rows stay, and only those that left are dimmed. */
    take(ids) {
      this.told = ids;
      write(part(this.node, "column-count"), String(ids.length));
      if (this.held && this.ids.length) this.here = new Set(ids);
      else Object.assign(this, { ids, here: null });
      if (this.active && !this.ids.includes(this.active)) this.active = "";
      show(part(this.node, "column-empty"), !this.ids.length);
      this.draw();
    }

    draw() {
      const { list, space, ids } = this, tall = list.clientHeight;
      if (this.held === false && this.here) Object.assign(this, { ids: this.told, here: null });
      const height = `${this.ids.length * ROW_PX}px`;
      if (space.style.height !== height) space.style.height = height;
      const first = Math.max(0, Math.floor(list.scrollTop / ROW_PX) - 1);
      const count = Math.max(0, Math.min(this.ids.length - first, Math.ceil(tall / ROW_PX) + 3));
      while (this.rows.length < count) this._add();
      this.rows.forEach((row, i) => {
        show(row, i < count);
        if (i < count) this._write(row, first + i);
      });
      const at = this.ids.indexOf(this.active), row = at < 0 ? null : this.rows[at - first];
      if (row && !row.hidden) list.setAttribute("aria-activedescendant", row.id);
      else list.removeAttribute("aria-activedescendant");
    }

    _add() {
      const row = element("div", "board-row");
      row.id = `board-${this.name}-${this.rows.length}`;
      row.setAttribute("role", "option");
      this.rows.push(row);
      this.space.append(row);
    }

    _write(row, index) {
      const id = this.ids[index], top = `translateY(${index * ROW_PX}px)`;
      if (row.style.transform !== top) row.style.transform = top;
      row.dataset.unit = id;
      row.setAttribute("aria-posinset", index + 1);
      row.setAttribute("aria-setsize", this.ids.length);
      row.setAttribute("aria-selected", String(id === this.active));
      row.classList.toggle("active", id === this.active);
      row.classList.toggle("gone", Boolean(this.here) && !this.here.has(id));
      this.fill(row, id, this);
    }

    _clicked(event) {
      const row = event.target.closest(".board-row");
      if (!row) return;
      this.active = row.dataset.unit;
      this.draw();
      this.act(this.active, row);
    }

    /* The row with the keyboard's attention; `by` places further, or the first one. */
    step(by) {
      if (!this.ids.length) return "";
      const at = this.ids.indexOf(this.active);
      const next = at < 0 ? 0 : Math.min(this.ids.length - 1, Math.max(0, at + by));
      return this.go(this.ids[next]);
    }

    go(id) {
      const at = this.ids.indexOf(id), { list } = this;
      if (at < 0) return "";
      this.active = id;
      if (at * ROW_PX < list.scrollTop) list.scrollTop = at * ROW_PX;
      else if ((at + 1) * ROW_PX > list.scrollTop + list.clientHeight) list.scrollTop = (at + 1) * ROW_PX - list.clientHeight;
      this.draw();
      return id;
    }

    get rowsInSight() {
      return Math.max(1, Math.floor(this.list.clientHeight / ROW_PX) - 1);
    }

    nodeOf(id) {
      return this.rows.find((row) => !row.hidden && row.dataset.unit === id);
    }
  }

  Object.assign(hexwatch, { BoardColumn, BOARD_ROW_PX: ROW_PX });
})(typeof window === "undefined" ? globalThis : window);
