/* Alerts in force and notices on the map: hatched outlines with severity as word and bars, and small marks. */
(function (root) {
  "use strict";
  const hexwatch = (root.hexwatch = root.hexwatch || {});
  const EARTH_KM = 40075.017;
  const CIRCLE_POINTS = 48;
  // Bars, hatch and outline by severity of the Common Alerting Protocol: never colour alone.
  const SEVERITIES = {
    Extreme: { level: 4, colour: "priority-1", gap: 0.5, dash: [] },
    Severe: { level: 3, colour: "late", gap: 0.75, dash: [] },
    Moderate: { level: 2, colour: "priority-2", gap: 1.1, dash: [0.9, 0.35] },
    Minor: { level: 1, colour: "accent", gap: 1.6, dash: [0.45, 0.35] },
    Unknown: { level: 1, colour: "muted", gap: 1.6, dash: [0.15, 0.35] },
  };

  function severityOf(alert) {
    return SEVERITIES[alert.severity] || SEVERITIES.Unknown;
  }

  /* The text in the page's language, else in English, else any: alerts come in the languages of their sender. */
  function inLanguage(texts, speech) {
    if (!texts) return "";
    const wanted = speech.tag.split("-u-")[0].toLowerCase(), first = wanted.split("-")[0], keys = Object.keys(texts);
    const key = keys.find((k) => k.toLowerCase() === wanted) || keys.find((k) => k.toLowerCase().split(/[-_]/)[0] === first) || keys.find((k) => k.toLowerCase().startsWith("en"));
    return texts[key ?? keys[0]] || "";
  }

  /* Gravest first, then the one that ends first. */
  function byGravity(alerts) {
    return [...alerts].sort((a, b) => severityOf(b).level - severityOf(a).level || String(a.expires_at || "~").localeCompare(String(b.expires_at || "~")));
  }

  /* Rings of an alert in world pixels. */
  function ringsOf(alert) {
    const rings = [];
    for (const area of alert.areas || []) {
      for (const polygon of area.polygons || []) rings.push(polygon.map(([lat, lng]) => [hexwatch.worldX(lng), hexwatch.worldY(lat)]));
      for (const [lat, lng, km] of area.circles || []) if (km > 0) rings.push(circle(lat, lng, km));
    }
    return rings.filter((ring) => ring.length > 2);
  }

  function circle(lat, lng, km) {
    const x = hexwatch.worldX(lng), y = hexwatch.worldY(lat), reach = (256 * km) / (EARTH_KM * Math.cos((lat * Math.PI) / 180));
    return Array.from({ length: CIRCLE_POINTS }, (_, i) => {
      const turn = (2 * Math.PI * i) / CIRCLE_POINTS;
      return [x + reach * Math.cos(turn), y + reach * Math.sin(turn)];
    });
  }

  function alertLayer(L) {
    return hexwatch.canvasLayer(L).extend({
      setup: function (look) {
        this.look = look; // {colours, halo, fonts}
        this.alerts = []; // [{rings, severity, name}]
        this.notices = []; // [{x, y}]
        this.remPx = this.markPx = 16; // of names and of shapes
      },

      show: function (alerts, notices, nameOf) {
        this.alerts = byGravity(alerts).reverse().map((alert) => ({ rings: ringsOf(alert), severity: severityOf(alert), name: nameOf(alert) }));
        this.notices = [...notices].filter((n) => typeof n.lat === "number").map((n) => ({ x: hexwatch.worldX(n.lng), y: hexwatch.worldY(n.lat) }));
        this.redraw();
      },

      paint: function (context, view) {
        for (const alert of this.alerts) for (const ring of alert.rings) this._area(context, ring, alert, view);
        const taken = []; // boxes of names written so far: the gravest keeps its place
        for (const alert of [...this.alerts].reverse()) if (alert.rings.length) this._name(context, alert, view, taken);
        for (const notice of this.notices) this._notice(context, notice, view);
      },

      _area: function (context, ring, { severity }, view) {
        const { look, markPx: remPx } = this, colour = look.colours[severity.colour];
        trace(context, ring, view);
        context.save();
        context.clip();
        hatch(context, ring, view, severity.gap * remPx, colour);
        context.restore();
        trace(context, ring, view);
        context.setLineDash(severity.dash.map((rem) => rem * remPx));
        context.lineWidth = Math.max(2, remPx * 0.14);
        context.strokeStyle = colour;
        context.stroke();
        context.setLineDash([]);
      },

      /* Bars and name above the topmost point of the area, a line higher where another name stands. */
      _name: function (context, { rings, severity, name }, view, taken) {
        const px = this.namesHidden ? this.markPx : this.remPx, [x, y] = rings[0].reduce((top, point) => (point[1] < top[1] ? point : top));
        const text = `${"\u25AE".repeat(severity.level)}${this.namesHidden ? "" : ` ${name}`}`;
        Object.assign(context, { font: `600 ${px}px ${this.look.fonts}`, textAlign: "center", textBaseline: "bottom", lineJoin: "round" });
        const half = context.measureText(text).width / 2, left = x * view.scale - view.x - half, right = left + 2 * half;
        let bottom = y * view.scale - view.y - px * 0.3;
        const meets = (box) => left < box[1] && right > box[0] && bottom - px * 1.2 < box[3] && bottom > box[2];
        for (let tries = 0; tries < 4 && taken.some(meets); tries++) bottom -= px * 1.3;
        taken.push([left, right, bottom - px * 1.2, bottom]);
        context.lineWidth = px * 0.3;
        context.strokeStyle = this.look.halo;
        context.strokeText(text, left + half, bottom);
        context.fillStyle = this.look.colours[severity.colour];
        context.fillText(text, left + half, bottom);
      },

      /* A small flag: works, closures and events are no incidents. */
      _notice: function (context, notice, view) {
        const px = this.markPx, x = notice.x * view.scale - view.x, y = notice.y * view.scale - view.y;
        context.lineWidth = Math.max(1, px * 0.1);
        context.strokeStyle = this.look.colours.accent;
        context.fillStyle = this.look.halo;
        context.beginPath();
        context.moveTo(x, y);
        context.lineTo(x, y - px * 0.95);
        context.lineTo(x + px * 0.65, y - px * 0.68);
        context.lineTo(x, y - px * 0.4);
        context.fill();
        context.stroke();
      },
    });
  }

  function trace(context, ring, view) {
    context.beginPath();
    ring.forEach(([x, y], i) => context[i ? "lineTo" : "moveTo"](x * view.scale - view.x, y * view.scale - view.y));
    context.closePath();
  }

  /* Slanting lines over what is in sight of the ring's box; the caller has clipped to the ring. */
  function hatch(context, ring, view, gap, colour) {
    const xs = ring.map(([x]) => x * view.scale - view.x), ys = ring.map(([, y]) => y * view.scale - view.y);
    const left = Math.max(0, Math.min(...xs)), right = Math.min(view.width, Math.max(...xs));
    const top = Math.max(0, Math.min(...ys)), bottom = Math.min(view.height, Math.max(...ys)), tall = bottom - top;
    if (right <= left || tall <= 0) return;
    context.beginPath();
    for (let x = Math.floor((left - tall) / gap) * gap; x < right; x += gap) {
      context.moveTo(x, bottom);
      context.lineTo(x + tall, top);
    }
    context.globalAlpha = 0.6;
    context.lineWidth = 1.5;
    context.strokeStyle = colour;
    context.stroke();
    context.globalAlpha = 1;
  }

  Object.assign(hexwatch, { alertLayer, severityOf, byGravity, inLanguage, traceRing: trace, hatchRing: hatch });
})(typeof window === "undefined" ? globalThis : window);
