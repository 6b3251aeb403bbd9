/* The 24-hour curve as a small SVG: two lines need no chart library, and a wall must draw them for a month. */
(function (root) {
  "use strict";
  const hexwatch = (root.hexwatch = root.hexwatch || {});
  const NS = "http://www.w3.org/2000/svg";
  const BIN_MINUTES = 30; // five-minute counts of a middling city are mostly noise
  const BINS = (24 * 60) / BIN_MINUTES;
  const HOURS = [0, 6, 12, 18, 24];

  /* Cases per half hour of one local day, from slots named `YYYY-MM-DDTHH:MM`. */
  function binned(slots, day) {
    const bins = new Array(BINS).fill(0);
    for (const [slot, n] of slots) {
      if (!slot.startsWith(day)) continue;
      const minutes = Number(slot.slice(11, 13)) * 60 + Number(slot.slice(14, 16));
      if (minutes >= 0 && minutes < 1440) bins[Math.floor(minutes / BIN_MINUTES)] += n;
    }
    return bins;
  }

  function dayBefore(day) {
    return new Date(Date.parse(`${day}T12:00:00Z`) - 86400000).toISOString().slice(0, 10);
  }

  /* Least round number above: the axis keeps still while the day grows. */
  function roundUp(n) {
    const power = Math.pow(10, Math.floor(Math.log10(Math.max(1, n))));
    return [1, 2, 3, 4, 6, 8, 10].map((k) => k * power).find((step) => step >= n);
  }

  /* What to draw: yesterday whole, today up to the last finished half hour (an unfinished one would seem to fall). */
  function series(slots, day, minuteOfDay) {
    const today = binned(slots, day), before = binned(slots, dayBefore(day));
    const finished = Math.min(BINS, Math.floor(minuteOfDay / BIN_MINUTES));
    const top = roundUp(Math.max(1, ...today.slice(0, finished), ...before));
    return { today: today.slice(0, finished), before, top, any: [...today, ...before].some((n) => n > 0) };
  }

  function svg(tag, attributes, text) {
    const node = document.createElementNS(NS, tag);
    for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
    if (text !== undefined) node.textContent = text;
    return node;
  }

  class Curve {
    constructor(box, speech) {
      this.box = box;
      this.speech = speech;
      this.drawnKey = "";
    }

    /* Draw when something to be seen changed: at most once for each five-minute count or size. */
    draw(slots, day, minuteOfDay, band = null) {
      const width = this.box.clientWidth, height = this.box.clientHeight;
      if (!day || width < 20 || height < 20) return;
      const data = { ...series(slots, day, minuteOfDay), band };
      if (band) data.top = roundUp(Math.max(data.top, band.high));
      const key = JSON.stringify([width, height, data, Math.floor(minuteOfDay / 5)]);
      if (key === this.drawnKey) return;
      this.drawnKey = key;
      this.box.replaceChildren(data.any ? this._picture(data, width, height, minuteOfDay) : this._empty());
    }

    _empty() {
      return hexwatch.element("p", "quiet", this.speech.say("curve.empty"));
    }

    _picture(data, width, height, minuteOfDay) {
      const em = parseFloat(getComputedStyle(this.box).fontSize);
      const digits = this.speech.number(data.top).length;
      const area = { left: em * (0.9 + 0.6 * digits), right: width - em * 1.1, top: em * 0.6, bottom: height - em * 1.5 };
      const x = (minutes) => area.left + ((area.right - area.left) * minutes) / 1440;
      const y = (n) => area.bottom - ((area.bottom - area.top) * n) / data.top;
      const picture = svg("svg", { width, height, role: "img", "aria-label": this.speech.say("curve.described") });
      this._axes(picture, area, data.top, x, y);
      if (data.band) this._band(picture, data.band, minuteOfDay, x, y);
      const points = (bins) => bins.map((n, i) => `${x((i + 0.5) * BIN_MINUTES).toFixed(1)},${y(n).toFixed(1)}`).join(" ");
      picture.append(svg("polyline", { points: points(data.before), class: "curve-before" }));
      const now = x(minuteOfDay);
      picture.append(svg("line", { x1: now, x2: now, y1: area.top, y2: area.bottom, class: "curve-now" }));
      if (data.today.length) this._today(picture, data.today, points, x, y);
      return picture;
    }

    /* What is usual for the hour just past, behind the lines. The band is of an hour, the curve of half hours. */
    _band(picture, { low, high, expected }, minuteOfDay, x, y) {
      const from = Math.max(0, minuteOfDay - 60), left = x(from), width = Math.max(1, x(minuteOfDay) - left);
      picture.append(svg("rect", { x: left, width, y: y(high), height: Math.max(1, y(low) - y(high)), class: "curve-band" }));
      picture.append(svg("line", { x1: left, x2: left + width, y1: y(expected), y2: y(expected), class: "curve-expected" }));
    }

    _today(picture, today, points, x, y) {
      const last = today.length - 1;
      picture.append(svg("polyline", { points: points(today), class: "curve-today" }));
      picture.append(svg("circle", { cx: x((last + 0.5) * BIN_MINUTES), cy: y(today[last]), r: "0.28em", class: "curve-dot" }));
    }

    _axes(picture, area, top, x, y) {
      for (const hour of HOURS) {
        const at = x(hour * 60);
        picture.append(svg("line", { x1: at, x2: at, y1: area.top, y2: area.bottom, class: "curve-grid" }));
        const anchor = "middle";
        picture.append(svg("text", { x: at, y: area.bottom + 1, dy: "1.1em", "text-anchor": anchor }, `${String(hour).padStart(2, "0")}`));
      }
      for (const n of [0, top / 2, top]) {
        if (!Number.isInteger(n)) continue;
        picture.append(svg("line", { x1: area.left, x2: area.right, y1: y(n), y2: y(n), class: "curve-grid" }));
        picture.append(svg("text", { x: area.left, dx: "-0.4em", y: y(n), dy: "0.35em", "text-anchor": "end" }, this.speech.number(n)));
      }
    }
  }

  /* The expected band of the last hour as cases per half hour, or null while there is too little history. */
  function bandOf(moment) {
    const [low, high, expected] = ["low", "high", "expected"].map((name) => moment.figure(`band.${name}`));
    if (low === undefined || high === undefined) return null;
    const share = BIN_MINUTES / 60;
    return { low: low * share, high: high * share, expected: (expected ?? (low + high) / 2) * share };
  }

  Object.assign(hexwatch, { Curve, curveSeries: series, bandOf });
})(typeof window === "undefined" ? globalThis : window);
