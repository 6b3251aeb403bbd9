/* The borders of the hotline desk's columns: moved by pointer or keys, and found again. */
(function (root) {
  "use strict";
  const hexwatch = (root.hexwatch = root.hexwatch || {});
  const { hotline } = hexwatch;
  const KEPT = "hotline-columns";
  const STEP = 16;
  const MIDDLE_PX = 420;
  const SPLITS = {
    channels: { property: "--channels-w", unit: "px", least: 200, usual: 268, most: 480, side: 1 },
    lists: { property: "--lists-w", unit: "px", least: 380, usual: 520, most: 1100, side: -1 },
    middle: { property: "--map-h", unit: "%", least: 18, usual: 56, most: 82 },
  };

  class HotlineSplits {
    constructor(desk) {
      this.page = desk.page;
      this.sizes = { ...(hexwatch.keptLooks.get(KEPT) || {}) };
      for (const node of this.page.querySelectorAll("[data-split]")) if (SPLITS[node.dataset.split]) this._wire(node, node.dataset.split);
      this._resized = () => this.apply();
      root.addEventListener("resize", this._resized);
      this.apply();
    }

    leave() {
      root.removeEventListener("resize", this._resized);
    }

    /* The wanted size within its limits and what the window has room for; untouched ones grow a little with it. */
    shown(name) {
      const { least, usual, most } = SPLITS[name];
      if (name === "middle") return clamp(this.sizes[name] ?? usual, least, most);
      const other = name === "lists" ? this.sizes.channels ?? SPLITS.channels.usual : this.sizes.lists ?? SPLITS.lists.least;
      const wanted = this.sizes[name] ?? (name === "lists" ? Math.max(usual, root.innerWidth * 0.39) : Math.max(usual, root.innerWidth * 0.16));
      return clamp(Math.round(wanted), least, Math.max(least, Math.min(most, root.innerWidth - MIDDLE_PX - other)));
    }

    apply() {
      for (const [name, { property, unit, least, most }] of Object.entries(SPLITS)) {
        const shown = this.shown(name), node = this.page.querySelector(`[data-split="${name}"]`);
        if (name !== "middle" || this.sizes.middle !== undefined) this.page.style.setProperty(property, `${shown}${unit}`);
        for (const [key, value] of Object.entries({ now: shown, min: least, max: most })) node?.setAttribute(`aria-value${key}`, value);
      }
    }

    set(name, size) {
      this.sizes[name] = size;
      this.sizes[name] = this.shown(name);
      this.apply();
      hexwatch.keptLooks.set(KEPT, this.sizes);
    }

    _forget(name) {
      delete this.sizes[name];
      if (name === "middle") this.page.style.removeProperty(SPLITS.middle.property);
      this.apply();
      hexwatch.keptLooks.set(KEPT, this.sizes);
    }

    get _forward() {
      return getComputedStyle(this.page).direction === "rtl" ? -1 : 1;
    }

    _wire(node, name) {
      node.addEventListener("pointerdown", (event) => this._drag(event, node, name));
      node.addEventListener("dblclick", () => this._forget(name));
      node.addEventListener("keydown", (event) => this._key(event, name));
    }

    _drag(event, node, name) {
      const from = { x: event.clientX, y: event.clientY, size: this.shown(name) }, tall = node.parentElement.clientHeight || 1;
      node.setPointerCapture(event.pointerId);
      event.preventDefault();
      node.onpointermove = (now) => {
        const by = name === "middle" ? ((now.clientY - from.y) / tall) * 100 : (now.clientX - from.x) * SPLITS[name].side * this._forward;
        this.set(name, from.size + by);
      };
      node.onpointerup = node.onpointercancel = () => (node.onpointermove = null);
    }

    _key(event, name) {
      const split = SPLITS[name], along = split.side * this._forward;
      const moves = name === "middle" ? { ArrowUp: -4, ArrowDown: 4 } : { ArrowLeft: -STEP * along, ArrowRight: STEP * along };
      if (event.key in moves) this.set(name, this.shown(name) + moves[event.key]);
      else if (event.key === "Home" || event.key === "End") this.set(name, event.key === "Home" ? split.least : split.most);
      else if (event.key === "Enter") this._forget(name);
      else return;
      event.preventDefault();
      event.stopPropagation();
    }
  }

  function clamp(n, least, most) {
    return Math.min(most, Math.max(least, n));
  }

  hotline.parts.push((desk) => new HotlineSplits(desk));
})(typeof window === "undefined" ? globalThis : window);
