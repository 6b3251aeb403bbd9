/* What stands on the map beside cells: names of areas, and incidents with a shape for each priority. */
(function (root) {
  "use strict";
  const hexwatch = (root.hexwatch = root.hexwatch || {});
  const SHAPES = {
    1: '<path d="M12 1 23 12 12 23 1 12Z"/>',
    2: '<path d="M12 2 23 21.5 1 21.5Z"/>',
    3: '<circle cx="12" cy="12" r="10"/>',
  };

  /* Slanting lines across each shape: an exercise. */
  const HATCHES = {
    1: "M8.3 4.7 19.3 15.7M4.7 8.3 15.7 19.3",
    2: "M8.3 8.5 15.7 21.5M4.7 15 8.3 21.5",
    3: "M8.35 2.69 21.31 15.65M2.69 8.35 15.65 21.31",
  };

  /* Names of areas; where two would overlap the larger area keeps its name. Counts of located-by-area incidents below. */
  function labelLayer(L) {
    return hexwatch.canvasLayer(L).extend({
      setup: function (labels, look) {
        this.labels = labels.map((a) => ({ ...a, x: hexwatch.worldX(a.lng), y: hexwatch.worldY(a.lat) }));
        this.labels.sort((a, b) => b.size - a.size);
        this.look = look; // {fonts, text, halo, shapes, colours}
        this.byArea = new Map(); // area -> {1: n, 2: n, 3: n}
        this.remPx = 16;
      },

      paint: function (context, view) {
        if (this.hidden) return;
        const px = this.remPx, boxes = [];
        context.font = `600 ${px}px ${this.look.fonts}`;
        context.textAlign = "center";
        context.textBaseline = "middle";
        context.lineJoin = "round";
        const counted = (label) => Number(this.byArea.has(label.key));
        const order = [...this.labels].sort((a, b) => counted(b) - counted(a)); // stable: by size within each
        for (const label of order) this._label(context, label, view, px, boxes);
      },

      _label: function (context, label, view, px, boxes) {
        const x = label.x * view.scale - view.x, counts = this.byArea.get(label.key);
        const half = context.measureText(label.name).width / 2 + px * 0.3, tall = px * (counts ? 1.9 : 0.7);
        const free = (at) => !boxes.some((b) => x - half < b[2] && x + half > b[0] && at - px * 0.7 < b[3] && at + tall > b[1]);
        const home = label.y * view.scale - view.y;
        const y = [0, ...(counts ? [1.5, -1.5, 3, -3] : [])].map((lines) => home + lines * px).find(free);
        if (y === undefined) return;
        boxes.push([x - half, y - px * 0.7, x + half, y + tall]);
        this._write(context, label.name, x, y, this.look.text, px);
        if (counts) this._counts(context, counts, x, y + px * 1.2, px);
      },

      _write: function (context, text, x, y, colour, px) {
        context.lineWidth = px * 0.26;
        context.strokeStyle = this.look.halo;
        context.strokeText(text, x, y);
        context.fillStyle = colour;
        context.fillText(text, x, y);
      },

      _counts: function (context, counts, x, y, px) {
        const shown = [1, 2, 3].filter((priority) => counts[priority]);
        shown.forEach((priority, i) => {
          const at = x + (i - (shown.length - 1) / 2) * px * 2.2;
          this._write(context, `${this.look.shapes[priority]} ${counts[priority]}`, at, y, this.look.colours[`priority-${priority}`], px);
        });
      },
    });
  }

  /*
   * Incidents as Leaflet markers: one element each, so that they can be pointed at and named. `describe(incident)` is
   * what is said of one, `look(incident)` adds class names; with `pick(id)` a mark is a button, without it a click goes
   * through to what lies below.
   */
  class IncidentMarks {
    constructor(L, map, describe, { look = () => "", pick = null } = {}) {
      Object.assign(this, { L, map, describe, look, pick });
      this.marks = new Map(); // id -> {marker, priority, said, looks}
      this.first = true;
    }

    show(incidents) {
      for (const id of this.marks.keys()) if (!incidents.has(id)) this._remove(id);
      for (const [id, incident] of incidents) {
        if (typeof incident.lat === "number") this._put(id, incident);
        else if (this.marks.has(id)) this._remove(id);
      }
      this.first = false;
    }

    _remove(id) {
      this.marks.get(id).marker.remove();
      this.marks.delete(id);
    }

    _put(id, incident) {
      const known = this.marks.get(id), said = this.describe(incident), looks = this.look(incident);
      const now = { said, looks, lat: incident.lat, lng: incident.lng };
      if (known && known.priority === incident.priority) {
        if (known.lat !== incident.lat || known.lng !== incident.lng) known.marker.setLatLng([incident.lat, incident.lng]);
        if (known.said !== said) this._say(known.marker, said);
        if (known.looks !== looks) this._dress(known.marker, known.looks, looks);
        Object.assign(known, now);
        return;
      }
      if (known) this._remove(id);
      const marker = this._marker(id, incident, said).addTo(this.map);
      this.marks.set(id, { marker, priority: incident.priority, ...now });
      if (this.pick) marker.getElement().setAttribute("aria-label", said);
      this._dress(marker, "", looks);
    }

    _say(marker, said) {
      marker.setTooltipContent(hexwatch.element("span", "", said));
      if (this.pick) marker.getElement().setAttribute("aria-label", said);
    }

    _dress(marker, before, looks) {
      const { classList } = marker.getElement();
      classList.remove(...before.split(" ").filter(Boolean));
      classList.add(...looks.split(" ").filter(Boolean));
    }

    _marker(id, incident, said) {
      const priority = SHAPES[incident.priority] ? incident.priority : 3;
      const icon = this.L.divIcon({
        className: `incident priority-${priority}${this.first ? "" : " new"}`,
        html: `<svg viewBox="0 0 24 24" aria-hidden="true">${SHAPES[priority]}<path class="hatch" d="${HATCHES[priority]}"/></svg>`,
        iconSize: null,
      });
      const picks = Boolean(this.pick);
      const options = { icon, zIndexOffset: (4 - priority) * 1000, keyboard: picks, bubblingMouseEvents: !picks };
      const marker = this.L.marker([incident.lat, incident.lng], options);
      if (picks) marker.on("click", () => this.pick(id)).on("keydown", (event) => this._key(event.originalEvent, id));
      return marker.bindTooltip(hexwatch.element("span", "", said), { className: "map-tip", direction: "top" });
    }

    _key(event, id) {
      if (event.key !== "Enter" && event.key !== " ") return;
      event.preventDefault();
      event.stopPropagation();
      this.pick(id);
    }
  }

  /* Incidents that have an area but no point, counted: area -> {priority: n}. */
  function countsByArea(incidents) {
    const byArea = new Map();
    for (const incident of incidents.values()) {
      if (typeof incident.lat === "number" || !incident.area) continue;
      const counts = byArea.get(incident.area) || {};
      counts[incident.priority] = (counts[incident.priority] || 0) + 1;
      byArea.set(incident.area, counts);
    }
    return byArea;
  }

  Object.assign(hexwatch, { labelLayer, IncidentMarks, countsByArea });
})(typeof window === "undefined" ? globalThis : window);
