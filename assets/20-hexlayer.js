/* The live cell layer: counts by cell number in typed arrays, drawn in seven classes on a Leaflet canvas. */
(function (root) {
  "use strict";
  const hexwatch = (root.hexwatch = root.hexwatch || {});
  const CHUNK = 50; // hexagons per path: one huge path is a thousand times slower to fill
  const CLASSES = 7;
  const HOLD_MS = 60000; // a legend that changes each second says nothing
  const OUTLINED = 2; // lowest classes, too dark on the ground without a line
  const LEAST_WIDTH_REM = 0.42; // narrowest hexagon worth drawing
  const CELL_WIDTH_KM = { 9: 0.348, 8: 0.92, 7: 2.435, 6: 6.44 }; // mean distance between opposite sides
  const EARTH_KM = 40075.017;

  /* Lower bounds of up to seven classes with about equally many cells each. Equal counts never part. */
  function classLimits(counts) {
    const rest = Array.from(counts).filter((n) => n > 0).sort((a, b) => a - b);
    const limits = [];
    let at = 0;
    for (let left = CLASSES; left > 0 && at < rest.length; left--) {
      limits.push(rest[at]);
      at += Math.ceil((rest.length - at) / left);
      while (at < rest.length && rest[at] === rest[at - 1]) at++;
    }
    return limits;
  }

  /* Which of the seven colours stands for class `index` of `count`: few classes are spread over the whole ramp. */
  function colourIndex(index, count) {
    return count === 1 ? 4 : Math.round((index * (CLASSES - 1)) / (count - 1));
  }

  function classOf(value, limits) {
    let index = limits.length - 1;
    while (index > 0 && value < limits[index]) index--;
    return index;
  }

  /* Class limits per measure and resolution, kept for a minute unless the map has become another one. */
  class HeldLimits {
    constructor() {
      this.held = new Map();
    }

    of(key, counts, occupied, now) {
      const held = this.held.get(key);
      if (held && now - held.at < HOLD_MS && occupied <= 2 * held.occupied && 2 * occupied >= held.occupied) return held.limits;
      const limits = classLimits(counts);
      this.held.set(key, { at: now, occupied, limits });
      return limits;
    }
  }

  /* The finest resolution whose hexagons are wide enough to see at this zoom and latitude. */
  function resolutionAt(zoom, lat, remPx) {
    const pxPerKm = (256 * Math.pow(2, zoom)) / (EARTH_KM * Math.cos((lat * Math.PI) / 180));
    for (const res of [9, 8, 7]) if (CELL_WIDTH_KM[res] * pxPerKm >= LEAST_WIDTH_REM * remPx) return res;
    return 6;
  }

  /* Counts of the chosen measure, finest cells, and their sums on coarser levels made when needed. */
  class Counts {
    constructor() {
      this.finest = new Int32Array(1024);
      this.reach = 0; // highest number seen + 1
      this.version = 0;
      this.rolled = new Map();
    }

    clear() {
      this.finest.fill(0);
      this.reach = 0;
      this.version++;
    }

    set(number, value) {
      if (number >= this.finest.length) {
        const larger = new Int32Array(Math.max(number + 1, this.finest.length * 2));
        larger.set(this.finest);
        this.finest = larger;
      }
      this.finest[number] = value;
      this.reach = Math.max(this.reach, number + 1);
      this.version++;
    }

    total() {
      let sum = 0;
      for (let i = 0; i < this.reach; i++) sum += this.finest[i];
      return sum;
    }

    /* Sums per cell of a level: {counts, occupied}. */
    on(level) {
      const cached = this.rolled.get(level.res);
      if (cached && cached.version === this.version && cached.members === level.members) return cached;
      const counts = new Int32Array(level.size), members = Math.min(this.reach, level.members);
      for (let i = 0; i < members; i++) counts[level.memberOf[i]] += this.finest[i];
      let occupied = 0;
      for (let i = 0; i < counts.length; i++) if (counts[i] > 0) occupied++;
      const made = { counts, occupied, version: this.version, members: level.members };
      this.rolled.set(level.res, made);
      return made;
    }
  }

  /* The corners of one level's cells under the current view; skips what is out of sight. */
  function traceCell(context, corners, first, view) {
    context.moveTo(corners[first] * view.scale - view.x, corners[first + 1] * view.scale - view.y);
    for (let i = 2; i < 12; i += 2) {
      context.lineTo(corners[first + i] * view.scale - view.x, corners[first + i + 1] * view.scale - view.y);
    }
    context.closePath();
  }

  function inSight(corners, first, view, reach) {
    const x = corners[first] * view.scale - view.x, y = corners[first + 1] * view.scale - view.y;
    return x > -reach && y > -reach && x < view.width + reach && y < view.height + reach;
  }

  /* Twice the first cell's width in pixels: how far a corner may be out of sight while the cell is not. */
  function reachOf(corners, view) {
    return 2 * Math.hypot(corners[6] - corners[0], corners[7] - corners[1]) * view.scale;
  }

  /* Fill (and stroke) cells in chunks of one path each. */
  function paintCells(context, level, numbers, count, view, style) {
    context.fillStyle = style.fill;
    if (style.line) context.strokeStyle = style.line;
    for (let from = 0; from < count; from += CHUNK) {
      context.beginPath();
      const to = Math.min(from + CHUNK, count);
      for (let i = from; i < to; i++) traceCell(context, level.corners, numbers[i] * 12, view);
      context.fill();
      if (style.line) context.stroke();
    }
  }

  function hexLayer(L) {
    return hexwatch.canvasLayer(L).extend({
      setup: function (grid, look) {
        this.grid = grid;
        this.look = look; // {colours, opacity, line, ground, silhouette}
        this.counts = new Counts();
        this.limits = new HeldLimits();
        this.key = "";
        this.remPx = 16;
        this.drawn = null;
        this.onDrawn = function () {};
      },

      resolution: function () {
        const map = this._map;
        return resolutionAt(map.getZoom(), map.getCenter().lat, this.remPx);
      },

      paint: function (context, view) {
        const started = performance.now();
        const level = this.grid.levels[this.resolution()];
        const { counts, occupied } = this.counts.on(level);
        const limits = this.limits.of(`${this.key}|${level.res}`, counts, occupied, Date.now());
        const cells = this._inClasses(level, counts, limits, view);
        context.lineJoin = "round";
        context.lineWidth = 1;
        if (this.look.silhouette) this._paintGround(context, level, view);
        context.globalAlpha = this.look.opacity;
        let total = 0;
        cells.forEach((numbers, index) => {
          const colour = colourIndex(index, limits.length);
          const style = { fill: this.look.colours[colour], line: colour < OUTLINED ? this.look.line : null };
          paintCells(context, level, numbers, numbers.length, view, style);
          total += numbers.length;
        });
        context.globalAlpha = 1;
        this.drawn = { level, counts, limits, occupied, cells: total, ms: performance.now() - started };
        this.onDrawn(this.drawn);
      },

      _inClasses: function (level, counts, limits, view) {
        const cells = limits.map(() => []);
        if (!level.size) return cells;
        const reach = reachOf(level.corners, view);
        for (let number = 0; number < counts.length; number++) {
          if (counts[number] > 0 && inSight(level.corners, number * 12, view, reach)) {
            cells[classOf(counts[number], limits)].push(number);
          }
        }
        return cells;
      },

      /* Without area outlines, every cell that was ever occupied is the base map. */
      _paintGround: function (context, level, view) {
        if (!level.size) return;
        const reach = reachOf(level.corners, view), numbers = [];
        for (let i = 0; i < level.size; i++) if (inSight(level.corners, i * 12, view, reach)) numbers.push(i);
        paintCells(context, level, numbers, numbers.length, view, { fill: this.look.ground, line: this.look.groundLine });
      },

      /* The occupied cell at a place: {cell, res, count}, or null. */
      cellAt: function (latlng) {
        if (!this.drawn) return null;
        const { level, counts } = this.drawn;
        const number = level.at(hexwatch.worldX(latlng.lng), hexwatch.worldY(latlng.lat), (n) => counts[n] > 0);
        return number < 0 ? null : { cell: level.ids[number], res: level.res, count: counts[number] };
      },
    });
  }

  Object.assign(hexwatch, { hexLayer, classLimits, colourIndex, classOf, HeldLimits, Counts, resolutionAt });
})(typeof window === "undefined" ? globalThis : window);
