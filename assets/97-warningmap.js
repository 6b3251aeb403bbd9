/* The warning page's map and its curve: plain SVG, drawn from shapes that the API sends. */
(function (root) {
  "use strict";
  const hexwatch = (root.hexwatch = root.hexwatch || {});
  const SVG = "http://www.w3.org/2000/svg";
  const WIDE = 1000; // of the drawing, in its own units
  const EDGE = 40; // around it, so that no name is cut
  const LEAST_SEEN_KM = 9; // around a warning's place: near enough for its cells, far enough for a name or a border
  const RESIDUAL = [[-3, "--less-2"], [-1, "--less-1"], [1, "--usual"], [3, "--more-1"], [6, "--more-2"], [Infinity, "--more-3"]];
  const COUNT = [[0.5, "--usual"], [1.5, "--cell-3"], [3.5, "--cell-5"], [7.5, "--cell-6"], [Infinity, "--cell-7"]];
  const TEXTS = { residual: ["< −3", "−3 … −1", "−1 … 1", "1 … 3", "3 … 6", "> 6"], count: ["< 0.5", "0.5 … 1.5", "1.5 … 3.5", "3.5 … 7.5", "> 7.5"] };

  function drawn(name, attributes = {}, text) {
    const node = document.createElementNS(SVG, name);
    for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
    if (text !== undefined) node.textContent = text;
    return node;
  }

  const scaleOf = (measure) => (measure === "residual" ? RESIDUAL : COUNT);

  function colourOf(measure, value) {
    return scaleOf(measure).find(([below]) => value < below)[1];
  }

  class WarningMap {
    constructor(box, { labels, outlines }, choose) {
      Object.assign(this, { box, labels, outlines, choose, view: null });
      this.svg = drawn("svg", { preserveAspectRatio: "xMidYMid meet" });
      box.replaceChildren(this.svg);
    }

    /* North is up; a degree of longitude is shorter than one of latitude. */
    _fit(shapes) {
      const points = [...shapes.flat(), ...this.labels.map((one) => [one.lat, one.lng])];
      if (!points.length) return false;
      const lats = points.map((p) => p[0]), lngs = points.map((p) => p[1]);
      const [south, north, west, east] = [Math.min(...lats), Math.max(...lats), Math.min(...lngs), Math.max(...lngs)];
      const squeeze = Math.cos((((south + north) / 2) * Math.PI) / 180);
      const per = WIDE / Math.max((east - west) * squeeze, north - south, 1e-3);
      this.x = (lng) => (lng - west) * squeeze * per;
      this.y = (lat) => (north - lat) * per;
      this.city = [-EDGE, -EDGE, (east - west) * squeeze * per + 2 * EDGE, (north - south) * per + 2 * EDGE];
      this.per = per;
      this.ground = drawn("path", { class: "outlines", d: this.outlines.map((ring) => `M${this._points(ring)}`).join("") });
      return true;
    }

    _points(shape) {
      return shape.map(([lat, lng]) => `${this.x(lng).toFixed(1)},${this.y(lat).toFixed(1)}`).join(" ");
    }

    draw(field, warnings, chosen) {
      const shapes = field.shapes || {};
      if (!this.x && !this._fit(Object.values(shapes))) return;
      const cells = Object.entries(field.cells).filter(([cell]) => shapes[cell]).map(([cell, value]) => {
        const node = drawn("polygon", { points: this._points(shapes[cell]) });
        node.style.fill = `var(${colourOf(field.measure, value)})`;
        node.append(drawn("title", {}, String(value)));
        return node;
      });
      this.cells = drawn("g");
      this.cells.append(...cells);
      this.marks = drawn("g");
      Object.assign(this, { warnings, chosen });
      this.box.dataset.drawn = field.measure;
      this.svg.replaceChildren(this.cells, this.ground, this.marks);
      this.show(this.view || this.city);
    }

    /* Marks and words keep their size whatever part is shown. */
    show([x, y, wide, high]) {
      this.view = [x, y, wide, high];
      this.svg.setAttribute("viewBox", this.view.map((n) => n.toFixed(1)).join(" "));
      const unit = Math.max(wide, high) / 600;
      const labels = [...this.labels].sort((a, b) => b.size - a.size).slice(0, 18).map((one) => drawn("text", { x: this.x(one.lng), y: this.y(one.lat), "font-size": 11 * unit, "stroke-width": 3 * unit }, one.name));
      const circles = (this.warnings || []).filter((row) => typeof row.lat === "number").map((row) => {
        const node = drawn("circle", { cx: this.x(row.lng), cy: this.y(row.lat), r: Math.max(7 * unit, (row.radius_km / 111.2) * this.per), "stroke-width": (row.warning_id === this.chosen ? 3 : 1.5) * unit, "aria-current": String(row.warning_id === this.chosen) });
        node.onclick = () => this.choose(row.warning_id);
        return node;
      });
      this.marks.replaceChildren(...labels, ...circles);
    }

    go({ lat, lng, radius_km }) {
      if (!this.x || typeof lat !== "number") return;
      this.chosenAt = [lat, lng];
      const reach = Math.min((Math.max(radius_km * 4, LEAST_SEEN_KM) / 111.2) * this.per, WIDE / 2);
      this.show([this.x(lng) - reach, this.y(lat) - reach, 2 * reach, 2 * reach]);
    }

    whole() {
      if (this.x) this.show(this.city);
    }

    classes(measure) {
      const texts = measure === "residual" ? TEXTS.residual : TEXTS.count;
      return scaleOf(measure).map(([, colour], i) => [colour, texts[i]]);
    }
  }

  /* Bars of what was counted over the band of what is usual; those above the band stand out. */
  function warningCurve(rows, speech) {
    const high = 150, wide = 480, foot = 14, svg = drawn("svg", { viewBox: `0 0 ${wide} ${high}`, direction: "ltr" });
    if (!rows.length) return svg;
    const most = Math.max(...rows.map((row) => Math.max(row.observed, row.high)), 1), step = (wide - 24) / rows.length;
    const x = (i) => 24 + i * step, y = (n) => (high - foot) * (1 - n / most) + 2;
    const above = rows.map((row, i) => `${x(i)},${y(row.high)} ${x(i + 1)},${y(row.high)}`), below = rows.map((row, i) => `${x(i + 1)},${y(row.low)} ${x(i)},${y(row.low)}`).reverse();
    svg.append(drawn("polygon", { class: "band", points: [...above, ...below].join(" ") }));
    rows.forEach((row, i) => {
      const bar = drawn("rect", { class: row.observed > row.high ? "bar over" : "bar", x: x(i) + step * 0.25, width: step * 0.5, y: y(row.observed), height: y(0) - y(row.observed) });
      bar.append(drawn("title", {}, `${row.observed} / ${row.expected}`));
      svg.append(bar);
    });
    svg.append(drawn("polyline", { class: "middle", points: rows.map((row, i) => `${x(i) + step / 2},${y(row.expected)}`).join(" ") }));
    svg.append(drawn("text", { x: 0, y: 10 }, speech.number(most)), drawn("text", { x: 0, y: y(0) }, "0"));
    for (let i = 5; i < rows.length; i += 6) svg.append(drawn("text", { x: x(i) + step, y: high - 1, "text-anchor": "end" }, speech.minute.format(new Date(rows[i].at))));
    return svg;
  }

  Object.assign(hexwatch, { WarningMap, warningCurve, warningColour: colourOf });
})(typeof window === "undefined" ? globalThis : window);
