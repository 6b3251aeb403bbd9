/* The wall's map: cells, names, units and incidents on the map that dash-leaflet made, its legend and its tools. */
(function (root) {
  "use strict";
  const hexwatch = (root.hexwatch = root.hexwatch || {});
  const { part, write, show, element } = hexwatch;
  const MARK_SHARE = 0.024; // of the screen's height
  const MOSTLY = 0.99; // of the cells: a new one now and then is not worth a word

  class CityMap extends hexwatch.GroundMap {
    constructor(page, setup, speech, map) {
      super(map, setup.view);
      Object.assign(this, { page, setup, speech });
      this.grid = new hexwatch.Grid();
      this._addLayers();
      this._listen();
      this.refit(false);
    }

    _addLayers() {
      const { setup, map } = this, L = root.L, c = setup.colours;
      this.cells = new (hexwatch.hexLayer(L))("hexwatch-cells", 410);
      this.cells.setup(this.grid, {
        colours: setup.cells.colours, opacity: setup.cells.opacity, line: "rgba(159, 176, 195, 0.55)",
        silhouette: !setup.hasOutlines, ground: "#151e29", groundLine: "#202c3a",
      });
      this.cells.onDrawn = (drawn) => this._drawn(drawn);
      const fonts = getComputedStyle(this.page).fontFamily;
      this.labels = new (hexwatch.labelLayer(L))("hexwatch-labels", 460);
      this.labels.setup(setup.labels, { fonts, text: c.text, halo: c.background, shapes: setup.shapes, colours: c });
      this.units = new (hexwatch.unitLayer(L))("hexwatch-units", 450);
      this.units.setup({ busy: c.text, available: c.muted, halo: c.background });
      this.alerts = new (hexwatch.alertLayer(L))("hexwatch-alerts", 435);
      this.alerts.setup({ colours: c, halo: c.background, fonts });
      this.begins = new (hexwatch.focusLayer(L))("hexwatch-begins", 438);
      this.begins.setup(this.grid, { line: c["priority-2"], halo: c.background, widths: [0.3, 0.14], dash: [0.5, 0.3] });
      this.focus = new (hexwatch.focusLayer(L))("hexwatch-focus", 440);
      this.focus.setup(this.grid, { line: c.text, halo: c.background });
      this.layers = [this.cells, this.labels, this.units, this.alerts, this.begins, this.focus];
      for (const layer of this.layers) layer.addTo(map);
      this.incidents = new hexwatch.IncidentMarks(L, map, (incident) => this._said(incident));
      this.tip = L.tooltip({ className: "map-tip", direction: "top", offset: [0, -6] });
    }

    _said(incident) {
      const { speech, setup } = this;
      const said = [`${setup.shapes[incident.priority] || "●"} ${speech.say("mark.priority", { n: incident.priority })}`, speech.name("incident_kinds", incident.kind)];
      if (incident.received_at) said.push(speech.say("mark.since", { time: speech.minute.format(new Date(incident.received_at)) }));
      if (incident.units) said.push(speech.say("mark.units", { n: incident.units }));
      return said.join(" · ");
    }

    _listen() {
      const { map, page } = this;
      map.on("mousemove", (event) => this._hover(event.latlng));
      map.on("mouseout", () => this._hover(null));
      // Where the pointer was: a click that came through a mark would otherwise be placed at the mark's own point.
      map.on("click", (event) => this._click(map.mouseEventToLatLng(event.originalEvent)));
      this.wire(page);
      part(page, "away").onclick = () => this._choosePlace({ without_location: true });
    }

    /* Names keep to the smallest legible type, or leave; marks are shapes and only follow the screen. */
    resize(remPx, withNames) {
      const markPx = Math.min(remPx, root.innerHeight * MARK_SHARE);
      Object.assign(this.labels, { remPx, hidden: !withNames });
      Object.assign(this.alerts, { remPx, markPx, namesHidden: !withNames });
      this.units.remPx = this.cells.remPx = this.focus.remPx = this.begins.remPx = markPx;
      for (const layer of this.layers) layer.redraw();
    }

    /* Another palette: the canvases take their colours by hand. */
    recolour(c) {
      Object.assign(this.labels.look, { text: c.text, halo: c.background, colours: c });
      Object.assign(this.units.look, { busy: c.text, available: c.muted, halo: c.background });
      Object.assign(this.alerts.look, { colours: c, halo: c.background });
      Object.assign(this.focus.look, { line: c.text, halo: c.background });
      Object.assign(this.begins.look, { line: c["priority-2"], halo: c.background });
      for (const layer of this.layers) layer.redraw();
    }

    showUnits(units, keys, now) {
      if (this.speech.visitor) return void this.units.clear();
      this.units.show(units, keys, now);
    }

    showAlerts(alerts, notices) {
      this.alerts.show(alerts.values(), notices.values(), (alert) => hexwatch.alertName(alert, this.speech));
    }

    /* Where early warning sees something begin: the outline of its cells. Visitors see none. */
    showWarnings(warnings) {
      const cells = this.speech.visitor ? [] : [...warnings.values()].flatMap((warning) => warning.cells || []);
      this.begins.show([...new Set(cells)]);
    }

    choose(measure, category) {
      this.measure = measure;
      this.category = category;
      this.cells.counts.clear();
      this.tip.remove();
      this.cells.key = `${measure}|${category}`;
      this.cells.redraw();
    }

    /* Cells of the chosen measure: only changed keys, or all after a snapshot. */
    showCells(values, keys) {
      const counts = this.cells.counts;
      if (keys === null) {
        counts.clear();
        for (const [number, n] of this._hidesCells() ? [] : values) counts.set(Number(number), n);
      } else if (!this._hidesCells()) {
        for (const number of keys) counts.set(Number(number), values.get(number) || 0);
      }
      this.cells.redraw();
      if (this.hovered) this._hover(this.hovered); // the number under a pointer that rests is that of now
    }

    /* Cells of incidents are places of incidents. */
    _hidesCells() {
      return this.speech.visitor && this.measure === "incidents";
    }

    /* For visitors there are none: neither marks nor counts at names. */
    showIncidents(told) {
      const incidents = this.speech.visitor ? new Map() : told;
      this.incidents.show(incidents);
      this.labels.byArea = hexwatch.countsByArea(incidents);
      this.labels.redraw();
    }

    /* Open incidents that have no cell here: without a place, or shown by area only. */
    _withoutCell(moment) {
      if (this.measure !== "incidents") return moment.figure(`without_location.${this.measure}`);
      const open = moment.figure("incidents.open");
      return open === undefined ? undefined : Math.max(0, open - this.cells.counts.total());
    }

    /* How many of the chosen measure are not on the map: a share with its numbers, from 20 on. */
    showAway(moment) {
      const button = part(this.page, "away"), whole = this.category === this.setup.allCategories;
      const n = this._withoutCell(moment), total = (n || 0) + this.cells.counts.total();
      show(button, whole && n !== undefined && total > 0);
      if (button.hidden) return;
      button.disabled = n === 0;
      const few = total < hexwatch.LEAST_SHARED;
      const key = n === 0 ? "away.none" : few ? "away.few" : "away.share";
      write(button, this.speech.say(key, few ? { n, total } : { n, total, share: this.speech.share(n, total) }));
    }

    _drawn(drawn) {
      const { speech, page } = this;
      Object.assign(hexwatch.stats, { drawMs: drawn.ms, drawnCells: drawn.cells, resolution: drawn.level.res });
      write(part(page, "legend-title"), speech.say(`measure.${this.measure}`));
      write(part(page, "legend-size"), speech.say("legend.size", { area: speech.area(this.setup.cells.areas_km2[drawn.level.res]) }));
      this._classes(drawn.limits);
      const { counts } = this.cells, isComing = this.grid.size < MOSTLY * counts.reach;
      write(part(page, "map-empty"), isComing ? speech.say("map.coming", { share: speech.share(this.grid.size, counts.reach) }) : speech.say("map.empty"));
      show(part(page, "map-empty"), !hexwatch.live?.picture.asking && (isComing || counts.total() === 0));
    }

    _classes(limits) {
      const key = limits.join();
      if (key === this.legendKey) return;
      this.legendKey = key;
      const items = limits.map((from, i) => {
        const item = element("li");
        const swatch = element("span", "swatch");
        swatch.style.background = this.setup.cells.colours[hexwatch.colourIndex(i, limits.length)];
        item.append(swatch, element("bdi", "", this._range(from, limits[i + 1])));
        return item;
      });
      if (!items.length) items.push(element("li", "quiet", this.speech.say("legend.empty")));
      part(this.page, "legend-classes").replaceChildren(...items);
    }

    /* "3", "3–4", and "40 +" for the brightest class. */
    _range(from, next) {
      const number = (n) => this.speech.number(n);
      if (next === undefined) return this.speech.say("legend.more", { n: from });
      return next - from === 1 ? number(from) : this.speech.range(from, next - 1);
    }

    _hover(latlng) {
      this.hovered = latlng;
      if (this.hovering) return;
      this.hovering = requestAnimationFrame(() => {
        this.hovering = 0;
        const found = this.hovered && this.cells.cellAt(this.hovered);
        this.map.getContainer().classList.toggle("over-cell", Boolean(found));
        if (!found) return void this.tip.remove();
        this.tip.setLatLng(this.hovered).setContent(this._cellText(found)).addTo(this.map);
      });
    }

    _cellText(found) {
      const { speech } = this;
      const kind = this.measure === "incidents" ? "cell.incidents" : "cell.cases";
      return `${speech.say(kind, { n: found.count })} · ${speech.say(`measure.${this.measure}`)}${speech.visitor ? "" : ` · ${speech.say("map.list")}`}`;
    }

    _click(latlng) {
      const found = this.cells.cellAt(latlng);
      if (found) this._choosePlace({ cell: found.cell });
    }

    /* Tell Dash what a person chose; `asked_at` makes the same place twice two choices. */
    _choosePlace(place) {
      if (this.speech.visitor || this.setup.replay) return; // lists name people's troubles, and those of now
      const data = { ...place, measure: this.measure, category: this.category, asked_at: Date.now() };
      root.dash_clientside.set_props(this.setup.ids.place, { data });
    }
  }

  Object.assign(hexwatch, { CityMap });
})(typeof window === "undefined" ? globalThis : window);
