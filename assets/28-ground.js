/* A map of the city that only people move: where it starts, how it follows the size of its box, and its tools. */
(function (root) {
  "use strict";
  const hexwatch = (root.hexwatch = root.hexwatch || {});
  const NOMINAL_MAP = { width: 1000, height: 800 }; // the size in pixels for which a city file's zoom is meant
  const STEP = 0.5; // of a button
  const maps = (hexwatch.maps = hexwatch.maps || new Set());

  /* Leaflet is a global of dash-leaflet's bundle, which may come after this file: look until it is there. */
  function catchMaps() {
    if (!root.L || !root.L.Map) return void setTimeout(catchMaps, 10);
    root.L.Map.addInitHook(function () {
      maps.add(this);
      this.on("unload", () => maps.delete(this));
    });
  }
  if (root.document) catchMaps();

  /* The Leaflet map inside a box, as soon as React has made it. */
  function mapIn(box) {
    return new Promise((resolve) => {
      const look = () => {
        for (const map of maps) if (box.contains(map.getContainer())) return resolve(map);
        return setTimeout(look, 30);
      };
      look();
    });
  }

  class GroundMap {
    /* `view`: {lat, lng, zoom} where the city file wants the map. */
    constructor(map, view) {
      this.map = map;
      this.view = view;
      const touch = () => (this.touched = true);
      for (const event of ["pointerdown", "wheel", "keydown"]) map.getContainer().addEventListener(event, touch, { passive: true });
      this.sizes = new ResizeObserver(() => this._resized());
      this.sizes.observe(map.getContainer());
    }

    /* What buttons and keys may ask for, by name. */
    get acts() {
      return { refit: () => this._refitAsked(), "zoom-in": () => this._zoom(STEP), "zoom-out": () => this._zoom(-STEP) };
    }

    act(name) {
      this.acts[name]();
    }

    /* The buttons inside `box` that name an act of the map. */
    wire(box) {
      for (const button of box.querySelectorAll("[data-act]")) if (this.acts[button.dataset.act]) button.onclick = this.acts[button.dataset.act];
    }

    _zoom(by) {
      this.touched = true;
      this.map.setZoom(this.map.getZoom() + by);
    }

    /* Where the city file wants the map, on a screen of any size. Only a person (or the page's start) moves the map. */
    refit(animate) {
      // Leaflet ignores a new view while it animates a zoom.
      if (this.map._animatingZoom) return void this.map.once("zoomend", () => this.refit(animate));
      const { lat, lng, zoom } = this.view;
      const { x, y } = this.map.getSize();
      const size = Math.min(x / NOMINAL_MAP.width, y / NOMINAL_MAP.height) || 1;
      this.map.setView([lat, lng], zoom + Math.log2(size), { animate });
    }

    _refitAsked() {
      this.touched = false;
      this.refit(true);
    }

    /* The screen, not the data, changed: fit again unless someone chose another view. */
    _resized() {
      this.map.invalidateSize({ pan: false });
      if (!this.touched) this.refit(false);
    }
  }

  Object.assign(hexwatch, { GroundMap, mapIn });
})(typeof window === "undefined" ? globalThis : window);
