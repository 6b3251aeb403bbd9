/* The place of a sentence: its cells outlined on the map when someone presses it. Only a second button moves the map. */
(function (root) {
  "use strict";
  const hexwatch = (root.hexwatch = root.hexwatch || {});
  const { CORNERS } = hexwatch;
  const ROOM = 2.5; // how much larger than the outlined place the view is that goes there

  /* Sides that belong to one cell only: the outline of all of them together. As [x1, y1, x2, y2] in world pixels. */
  function outlineOf(level, ids) {
    const sides = new Map();
    for (const id of ids) {
      const number = level.numberOf.get(id);
      if (number === undefined) continue;
      for (let i = 0; i < CORNERS; i++) {
        const side = sideOf(level.corners, number * CORNERS * 2, i), key = keyOf(side);
        if (sides.has(key)) sides.delete(key);
        else sides.set(key, side);
      }
    }
    return [...sides.values()];
  }

  function sideOf(corners, first, i) {
    const a = first + 2 * i, b = first + 2 * ((i + 1) % CORNERS);
    return [corners[a], corners[a + 1], corners[b], corners[b + 1]];
  }

  /* The same for both directions; the corners of neighbours differ in the last digits of their 32 bits. */
  function keyOf([x1, y1, x2, y2]) {
    const points = [[x1, y1], [x2, y2]].map(([x, y]) => `${x.toFixed(4)},${y.toFixed(4)}`);
    return points.sort().join(" ");
  }

  function focusLayer(L) {
    return hexwatch.canvasLayer(L).extend({
      /* `look.widths`: of the halo and the line, in ems of the map's marks; `look.dash` of the line likewise. */
      setup: function (grid, look) {
        this.grid = grid;
        this.look = look;
        this.cells = [];
        this.remPx = 16;
      },

      show: function (cells) {
        this.cells = cells;
        this.redraw();
      },

      sides: function () {
        const byLevel = new Map();
        for (const id of this.cells) {
          const level = Object.values(this.grid.levels).find((known) => known.numberOf.has(id));
          if (level) byLevel.set(level, [...(byLevel.get(level) || []), id]);
        }
        return [...byLevel].flatMap(([level, ids]) => outlineOf(level, ids));
      },

      paint: function (context, view) {
        if (!this.cells.length) return;
        context.lineCap = "round";
        const [wide, narrow] = this.look.widths || [0.42, 0.2];
        for (const [width, colour] of [[wide, this.look.halo], [narrow, this.look.line]]) {
          context.beginPath();
          for (const [x1, y1, x2, y2] of this.sides()) {
            context.moveTo(x1 * view.scale - view.x, y1 * view.scale - view.y);
            context.lineTo(x2 * view.scale - view.x, y2 * view.scale - view.y);
          }
          context.lineWidth = Math.max(2, this.remPx * width);
          context.setLineDash(colour === this.look.line ? (this.look.dash || []).map((n) => n * this.remPx) : []);
          context.strokeStyle = colour;
          context.stroke();
        }
        context.setLineDash([]);
      },
    });
  }

  /* Which sentence is pressed; it ends when the sentence leaves. */
  class Focus {
    constructor(layer, repaint) {
      this.layer = layer;
      this.repaint = repaint;
      this.key = null;
    }

    toggle(sentence) {
      this._show(this.key === sentence.key ? null : sentence);
      this.repaint();
    }

    /* The pressed sentence among those said now, or null; its cells may have become more. */
    kept(sentences) {
      const still = sentences.find((sentence) => sentence.key === this.key && sentence.cells);
      if (this.key !== null && (!still || still.cells.join() !== this.layer.cells.join())) this._show(still || null);
      return this.key;
    }

    _show(sentence) {
      this.key = sentence ? sentence.key : null;
      this.layer.show(sentence ? sentence.cells : []);
    }

    /* What a person asked for: the place in the middle, with the neighbourhood around it. */
    goThere() {
      const sides = this.layer.sides(), map = this.layer._map;
      if (!sides.length || !map) return;
      const xs = sides.flatMap((s) => [s[0], s[2]]), ys = sides.flatMap((s) => [s[1], s[3]]);
      const [left, right, top, bottom] = [Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys)];
      const size = map.getSize(), room = Math.min(size.x / (right - left), size.y / (bottom - top)) / ROOM;
      const zoom = Math.max(map.getMinZoom(), Math.min(Math.floor(Math.log2(room) * 4) / 4, 15));
      const middle = map.options.crs.pointToLatLng(root.L.point((left + right) / 2, (top + bottom) / 2), 0);
      map.setView(middle, zoom, { animate: false });
      hexwatch.map.touched = true;
    }
  }

  Object.assign(hexwatch, { focusLayer, Focus, outlineOf });
})(typeof window === "undefined" ? globalThis : window);
