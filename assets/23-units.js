/* Units on the map: a shape for each kind of service, filled when busy, gliding to where they were last heard of. */
(function (root) {
  "use strict";
  const hexwatch = (root.hexwatch = root.hexwatch || {});
  const POSITION_OLD_S = 600;
  const GLIDE_MS = 1000;
  const REACH_PX = 12; // how near a pointer must be to mean a unit
  const GLIDE_EVERY_MS = 40; // while something glides: smooth enough, and half the work of every refresh
  const JUMP_WORLD = 0.02; // of the 256 units the world is wide (about 3 km): further is no drive but a correction

  /* Outlines in a square of two by two around the middle. */
  const square = [[-0.8, -0.8], [0.8, -0.8], [0.8, 0.8], [-0.8, 0.8]];
  const cross = [[-0.36, -1], [0.36, -1], [0.36, -0.36], [1, -0.36], [1, 0.36], [0.36, 0.36], [0.36, 1], [-0.36, 1], [-0.36, 0.36], [-1, 0.36], [-1, -0.36], [-0.36, -0.36]];
  const shield = [[-0.85, -0.9], [0.85, -0.9], [0.85, 0.15], [0, 1], [-0.85, 0.15]];
  const drop = [[0, -1.1], [0.75, 0.1], [0.55, 0.8], [-0.55, 0.8], [-0.75, 0.1]];
  const OUTLINES = { square, cross, shield, drop };
  const SHAPE_OF = {
    engine: "square", ladder: "square", rescue: "square", command: "square", ambulance: "cross",
    police_car: "shield", traffic_police: "shield", gas_crew: "drop",
  };

  function shapeOf(kind) {
    return SHAPE_OF[kind] || "square";
  }

  /* "available" (also on the way home), "out" (neither that nor on an incident) or "busy". */
  function standOf(unit) {
    if (unit.status === "available" || unit.status === "returning") return "available";
    return unit.incidents && unit.incidents.length === 0 ? "out" : "busy";
  }

  /* Where a glide that began at `started` has brought a unit: fast first, then slow, there after a second. */
  function along(unit, now) {
    const t = Math.min(1, (now - unit.started) / GLIDE_MS), eased = 1 - Math.pow(1 - t, 3);
    return { x: unit.fromX + (unit.x - unit.fromX) * eased, y: unit.fromY + (unit.y - unit.fromY) * eased, done: t >= 1 };
  }

  /* Units by id with their glides; knows no map, so that its law can be tested. */
  class Fleet {
    constructor() {
      this.units = new Map();
      this.gliding = 0; // until when something moves
    }

    /* The units of a picture: all of them, or those of `keys`. `still` puts them in place at once. */
    show(all, keys, cityNow, now, still) {
      if (keys === null) for (const id of [...this.units.keys()]) if (!all.has(id)) this.units.delete(id);
      for (const id of keys === null ? all.keys() : keys) this._put(id, all.get(id), cityNow, now, still);
    }

    _put(id, told, cityNow, now, still) {
      if (!told || typeof told.lat !== "number") return void this.units.delete(id);
      const unit = this.units.get(id), x = hexwatch.worldX(told.lng), y = hexwatch.worldY(told.lat);
      const look = { shape: shapeOf(told.kind), stand: standOf(told), at: told.position_at ? Date.parse(told.position_at) : null };
      if (!unit) return void this.units.set(id, { x, y, fromX: x, fromY: y, started: -GLIDE_MS, ...look });
      if (unit.x !== x || unit.y !== y) this._send(unit, x, y, now, still);
      Object.assign(unit, look);
    }

    _send(unit, x, y, now, still) {
      const from = along(unit, now), far = Math.hypot(x - from.x, y - from.y) > JUMP_WORLD;
      const jumps = still || far;
      Object.assign(unit, { x, y, fromX: jumps ? x : from.x, fromY: jumps ? y : from.y, started: jumps ? -GLIDE_MS : now });
      if (!jumps) this.gliding = Math.max(this.gliding, now + GLIDE_MS);
    }

    clear() {
      this.units.clear();
    }
  }

  function unitLayer(L) {
    return hexwatch.canvasLayer(L).extend({
      setup: function (look) {
        this.look = look;
        this.fleet = new Fleet();
        this.cityNow = 0;
        this.remPx = 16;
      },

      show: function (all, keys, cityNow) {
        this.cityNow = cityNow;
        const still = root.matchMedia("(prefers-reduced-motion: reduce)").matches || document.hidden;
        this.fleet.show(all, keys, cityNow, performance.now(), still);
        this.redraw();
      },

      clear: function () {
        this.fleet.clear();
        this.redraw();
      },

      /* The unit drawn nearest to a place, no further away than a finger is wide; its id, or "". */
      unitAt: function (latlng) {
        const world = Math.pow(2, this._map.getZoom()), now = performance.now();
        const x = hexwatch.worldX(latlng.lng), y = hexwatch.worldY(latlng.lat);
        let best = Math.max(REACH_PX, this.remPx * 0.5) / world, found = "";
        for (const [id, unit] of this.fleet.units) {
          const at = along(unit, now), far = Math.hypot(at.x - x, at.y - y);
          if (far < best) [best, found] = [far, id];
        }
        return found;
      },

      paint: function (context, view) {
        const now = performance.now(), ranks = { out: [], available: [], busy: [] }; // busy last, so that they lie on top
        for (const unit of this.fleet.units.values()) ranks[unit.stand].push(unit);
        context.lineWidth = Math.max(1, this.remPx * 0.08);
        context.lineJoin = "round";
        for (const stand of Object.keys(ranks)) for (const unit of ranks[stand]) this._unit(context, unit, view, now);
        context.globalAlpha = 1;
        clearTimeout(this._next);
        if (now < this.fleet.gliding) this._next = setTimeout(() => this.redraw(), GLIDE_EVERY_MS);
      },

      _unit: function (context, unit, view, now) {
        const at = along(unit, now), x = at.x * view.scale - view.x, y = at.y * view.scale - view.y;
        if (x < -20 || y < -20 || x > view.width + 20 || y > view.height + 20) return;
        const { look } = this, busy = unit.stand === "busy", half = this.remPx * (busy ? 0.29 : 0.21);
        const old = unit.at !== null && this.cityNow - unit.at > POSITION_OLD_S * 1000;
        context.globalAlpha = old || unit.stand === "out" ? 0.5 : 1;
        context.fillStyle = busy ? look.busy : look.halo;
        context.strokeStyle = busy ? look.halo : look.available;
        trace(context, OUTLINES[unit.shape], x, y, half);
        context.fill();
        context.stroke();
        if (unit.stand === "out") strike(context, x, y, half);
      },
    });
  }

  function trace(context, outline, x, y, half) {
    context.beginPath();
    outline.forEach(([dx, dy], i) => context[i ? "lineTo" : "moveTo"](x + dx * half, y + dy * half));
    context.closePath();
  }

  function strike(context, x, y, half) {
    context.beginPath();
    context.moveTo(x - half, y + half);
    context.lineTo(x + half, y - half);
    context.stroke();
  }

  Object.assign(hexwatch, { unitLayer, POSITION_OLD_S, Fleet, along, shapeOf, standOf, UNIT_OUTLINES: OUTLINES });
})(typeof window === "undefined" ? globalThis : window);
