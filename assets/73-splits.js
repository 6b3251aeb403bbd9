/* The three columns of a desk, and map above board: widths that a person sets by pointer or keys, and finds again. */
(function (root) {
  "use strict";
  const hexwatch = (root.hexwatch = root.hexwatch || {});
  const { desk } = hexwatch;
  const STEP_PX = 16;
  const MIDDLE_PX = 420; // what the columns at the sides must leave for map and board
  /* Limits in pixels; `middle` is the height of the map as a share of its column, in percent. */
  const SPLITS = {
    queue: { property: "--queue-w", unit: "px", least: 240, usual: 320, most: 640, side: 1 },
    incident: { property: "--incident-w", unit: "px", least: 320, usual: 400, most: 760, side: -1 },
    middle: { property: "--map-h", unit: "%", least: 20, usual: 55, most: 80, step: 4 },
  };

  /* A wanted size within its limits and what the window has room for: `room` px for both columns at the sides. */
  function fitted(name, wanted, other, width) {
    const { least, most } = SPLITS[name];
    const room = name === "middle" ? most : Math.max(least, Math.min(most, width - MIDDLE_PX - other));
    return Math.round(Math.min(room, Math.max(least, wanted)));
  }

  class Splits {
    constructor(desk) {
      Object.assign(this, { desk, page: desk.page, sizes: {} });
      const kept = hexwatch.keptLooks.get("columns") || {};
      for (const name of Object.keys(SPLITS)) this.sizes[name] = Number.isFinite(kept[name]) ? kept[name] : SPLITS[name].usual;
      for (const node of this.page.querySelectorAll("[data-split]")) if (SPLITS[node.dataset.split]) this._wire(node, node.dataset.split);
      this._resized = () => this.apply();
      root.addEventListener("resize", this._resized);
      this.apply();
    }

    leave() {
      root.removeEventListener("resize", this._resized);
    }

    /* What is kept is what was wanted: a small window squeezes it only for as long as it is small. */
    apply() {
      for (const [name, split] of Object.entries(SPLITS)) {
        const shown = this.shown(name);
        this.page.style.setProperty(split.property, `${shown}${split.unit}`);
        const node = this.page.querySelector(`[data-split="${name}"]`);
        if (!node) continue;
        node.setAttribute("aria-valuenow", shown);
        node.setAttribute("aria-valuemin", split.least);
        node.setAttribute("aria-valuemax", split.most);
      }
    }

    shown(name) {
      const other = { queue: "incident", incident: "queue" }[name];
      const beside = other ? Math.max(SPLITS[other].least, Math.min(this.sizes[other], SPLITS[other].usual)) : 0;
      return fitted(name, this.sizes[name], beside, root.innerWidth);
    }

    set(name, size) {
      this.sizes[name] = size;
      this.sizes[name] = this.shown(name);
      this.apply();
      hexwatch.keptLooks.set("columns", this.sizes);
    }

    _wire(node, name) {
      node.addEventListener("pointerdown", (event) => this._drag(event, node, name));
      node.addEventListener("dblclick", () => this.set(name, SPLITS[name].usual));
      node.addEventListener("keydown", (event) => this._key(event, name));
    }

    get _forward() {
      return getComputedStyle(this.page).direction === "rtl" ? -1 : 1;
    }

    _drag(event, node, name) {
      const from = { x: event.clientX, y: event.clientY, size: this.shown(name) }, tall = node.parentElement.clientHeight || 1;
      node.setPointerCapture(event.pointerId);
      event.preventDefault();
      const move = (now) => {
        const by = name === "middle" ? ((now.clientY - from.y) / tall) * 100 : (now.clientX - from.x) * SPLITS[name].side * this._forward;
        this.set(name, from.size + by);
      };
      const end = () => {
        node.removeEventListener("pointermove", move);
        node.removeEventListener("pointerup", end);
        node.removeEventListener("pointercancel", end);
      };
      node.addEventListener("pointermove", move);
      node.addEventListener("pointerup", end);
      node.addEventListener("pointercancel", end);
    }

    /* An arrow moves the line its own way; Home and End go to the limits, Enter back to the usual. */
    _key(event, name) {
      const split = SPLITS[name], step = split.step || STEP_PX, along = name === "middle" ? 1 : split.side * this._forward;
      const moves = name === "middle" ? { ArrowUp: -step, ArrowDown: step } : { ArrowLeft: -step * along, ArrowRight: step * along };
      const places = { Home: split.least, End: split.most, Enter: split.usual };
      if (event.key in moves) this.set(name, this.shown(name) + moves[event.key]);
      else if (event.key in places) this.set(name, places[event.key]);
      else return;
      event.preventDefault();
      event.stopPropagation();
    }
  }

  desk.parts.push((desk) => (desk.page.querySelector("[data-split]") ? new Splits(desk) : null));
  Object.assign(hexwatch, { Splits, fittedSplit: fitted });
})(typeof window === "undefined" ? globalThis : window);
