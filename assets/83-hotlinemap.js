/* The map of the hotline desk: cells by what is open or will be late, clusters, situations, and the case that is open. */
(function (root) {
  "use strict";
  const hexwatch = (root.hexwatch = root.hexwatch || {});
  const { hotline, write, element, isolated } = hexwatch;
  const NAME_PX = 12, MARK_PX = 16;
  const THERE_ZOOM = 13.5;
  const SHOWN_CLUSTERS = 20; // the largest; the list below has them all
  const MISS = "will_miss";
  const MISS_EVERY_MS = 60000;
  const CELLS = { open: "cells:open:", overdue: "cells:overdue:", due_4h: "cells:due_4h:" };
  const COLOURS = ["text", "muted", "background", "accent", "late", "priority-1", "priority-2", "priority-3"];

  /* Marks that stand where they are, also when there are many: nothing is moved out of another's way. */
  class Places extends hexwatch.Tags {
    _stack() {}
  }

  class HotlineMap extends hexwatch.GroundMap {
    constructor(desk, map) {
      super(map, desk.setup.view);
      this.desk = desk;
      this.box = desk.part("hotlinemap");
      this.grid = new hexwatch.Grid();
      this.select = desk.part("measure");
      this.misses = new Map(); // cell -> how many will miss, when the forecast answers
      this._layers();
      this._listen();
      this.wire(desk.page.querySelector("[data-panel-name=map]"));
      this.refit(false);
      this._case();
      this.choose(this._first());
      this._askMisses();
    }

    leave() {
      for (const off of this.off) off();
      clearInterval(this.asking);
      this.sizes.disconnect();
      this.palettes.disconnect();
      this.loader.leave();
      this.gone = true;
    }

    get acts() {
      return { ...super.acts, there: () => this.goThere() };
    }

    _first() {
      const asked = new URL(root.location.href).searchParams.get("measure");
      return asked in CELLS ? asked : "due_4h";
    }

    _colours() {
      const style = getComputedStyle(this.desk.page);
      return Object.fromEntries(COLOURS.map((name) => [name, style.getPropertyValue(`--${name}`).trim()]));
    }

    _layers() {
      const { map, desk, grid } = this, { setup } = desk, L = root.L, c = this._colours(), fonts = getComputedStyle(desk.page).fontFamily;
      this.cells = new (hexwatch.hexLayer(L))("hotline-cells", 410);
      this.cells.setup(grid, {
        colours: setup.cells.colours, opacity: setup.cells.opacity, line: "rgba(159, 176, 195, 0.55)",
        silhouette: !setup.hasOutlines, ground: "#151e29", groundLine: "#202c3a",
      });
      this.cells.onDrawn = (drawn) => this._drawn(drawn);
      this.labels = new (hexwatch.labelLayer(L))("hotline-labels", 460);
      this.labels.setup(setup.labels, { fonts, text: c.text, halo: c.background, shapes: setup.shapes, colours: c });
      this.labels.remPx = NAME_PX;
      this.focus = new (hexwatch.focusLayer(L))("hotline-focus", 440);
      this.focus.setup(grid, { line: c.text, halo: c.background });
      this.cells.remPx = this.focus.remPx = MARK_PX;
      this.layers = [this.cells, this.labels, this.focus];
      for (const layer of this.layers) layer.addTo(map);
      this.loader = new hexwatch.GridLoader(this.cells, `${setup.live}/grid`, () => desk.live, () => this.cells.redraw());
      this.clusters = new Places(L, map, "hotline-clusters", 640, (id) => desk.openCluster?.(id));
      this.situations = new Places(L, map, "hotline-situations", 650, (id) => desk.openSituation?.(id));
      this.mark = new hexwatch.Tags(L, map, "hotline-case", 660);
      this.tip = L.tooltip({ className: "map-tip", direction: "top", offset: [0, -6] });
    }

    _listen() {
      const { map, desk } = this, { store } = desk;
      map.on("mousemove", (event) => this._hover(event.latlng));
      map.on("mouseout", () => this._hover(null));
      map.on("click", (event) => this._click(map.mouseEventToLatLng(event.originalEvent)));
      this.select.onchange = () => this.choose(this.select.value);
      this.off = [
        ...Object.entries(CELLS).map(([measure, topic]) => store.subscribe(topic, (keys) => measure === this.measure && this._counts(keys))),
        store.subscribe("worklist", (choice) => this._outline(choice)),
        store.subscribe("clusters", () => this._clusters()),
        store.subscribe("situations", () => this._situations()),
        store.subscribe("document", () => this._case()),
        store.subscribe("selection", () => this._case()),
        store.subscribe("figures", () => this._away()),
      ];
      this.palettes = new MutationObserver(() => this._recolour());
      this.palettes.observe(document.documentElement, { attributeFilter: ["data-palette"] });
      this._outline(desk.lists.choice);
    }

    _recolour() {
      const c = this._colours();
      Object.assign(this.labels.look, { text: c.text, halo: c.background, colours: c });
      Object.assign(this.focus.look, { line: c.text, halo: c.background });
      for (const layer of this.layers) layer.redraw();
    }

    // cells

    choose(measure) {
      this.measure = measure;
      this.select.value = measure;
      this.cells.key = measure;
      this.tip.remove();
      this._counts(null);
    }

    /* Only changed keys, or all after a snapshot and after another choice. */
    _counts(keys) {
      const counts = this.cells.counts, values = this.measure === MISS ? this._missed() : this.desk.store.topic(CELLS[this.measure]);
      if (!keys) {
        counts.clear();
        for (const [number, n] of values) counts.set(Number(number), n);
      } else {
        for (const number of keys) counts.set(Number(number), values.get(number) || 0);
      }
      this.cells.redraw();
      if (this.desk.store.picture) this.loader.heed();
    }

    _missed() {
      const { numberOf } = this.grid.levels[hexwatch.FINEST];
      return [...this.misses].filter(([cell]) => numberOf.has(cell)).map(([cell, n]) => [numberOf.get(cell), n]);
    }

    /* Which cells hold cases that will miss their deadline; without a forecast the choice is not offered. */
    async _askMisses() {
      const look = async () => {
        if (this.asked) return;
        this.asked = true;
        const { status, body } = await this.desk.get("forecast/misses?hours=4");
        this.asked = false;
        if (this.gone) return;
        const option = [...this.select.options].find((one) => one.value === MISS);
        if (status === 200) {
          // Expected numbers are parts of cases. What rounding takes from a cell goes to the next one, so that sums stay true.
          let rest = 0;
          this.misses = new Map(Object.entries(body.cells || {}).map(([cell, told]) => {
            const n = Math.max(0, Math.round(told + rest));
            rest += told - n;
            return [cell, n];
          }));
          if (!option) this.select.append(new Option(this.desk.speech.say(`measure.${MISS}`), MISS));
          if (this.measure === MISS) this._counts(null);
        } else if (hotline.missing(status)) {
          option?.remove();
          if (this.measure === MISS) this.choose("due_4h");
          clearInterval(this.asking);
        }
      };
      this.asking = setInterval(look, MISS_EVERY_MS);
      await look();
    }

    _drawn(drawn) {
      const { desk } = this;
      Object.assign(hexwatch.stats, { drawMs: drawn.ms, drawnCells: drawn.cells, resolution: drawn.level.res });
      const key = drawn.limits.join();
      if (key === this.legendKey) return;
      this.legendKey = key;
      const items = drawn.limits.map((from, i) => {
        const item = element("li"), swatch = element("span", "swatch");
        swatch.style.background = desk.setup.cells.colours[hexwatch.colourIndex(i, drawn.limits.length)];
        item.append(swatch, element("bdi", "", this._range(from, drawn.limits[i + 1])));
        return item;
      });
      if (!items.length) items.push(element("li", "quiet", desk.speech.say("legend.empty")));
      desk.part("legend-classes").replaceChildren(...items);
    }

    _range(from, next) {
      const { speech } = this.desk;
      if (next === undefined) return speech.say("legend.more", { n: from });
      return next - from === 1 ? speech.number(from) : speech.range(from, next - 1);
    }

    /* How many of what is counted have no place on the map. */
    _away() {
      const n = this.measure === MISS ? undefined : this.desk.store.topic("figures").get(`without_location.${this.measure}`);
      const node = this.desk.part("map-said"), text = n ? this.desk.speech.say("map.away", { n }) : "";
      write(node, text);
      if (node.title !== text) node.title = text;
    }

    // marks

    _clusters() {
      const { speech } = this.desk;
      const largest = [...this.desk.store.topic("clusters").values()].filter(placed).sort((a, b) => b.n - a.n).slice(0, SHOWN_CLUSTERS);
      this.clusters.show(largest.map((one) => ({
        id: String(one.id), lat: one.lat, lng: one.lng, looks: "cluster", text: isolated(`◎ ${speech.number(one.n)}`),
        said: speech.say("cluster.said", { n: one.n, what: speech.name("categories", one.category || "other"), where: one.area ? speech.name("areas", one.area) : speech.say("place.unknown") }),
      })));
    }

    _situations() {
      const { speech } = this.desk;
      this.situations.show([...this.desk.store.topic("situations").values()].filter((one) => placed(one) && one.state !== "closed").map((one) => ({
        id: String(one.id), lat: one.lat, lng: one.lng, looks: `situation state-${one.state}`, text: isolated(`▣ ${speech.number(one.n)}`), said: one.title || hotline.coded("situation.", one.state),
      })));
    }

    _case() {
      const { desk } = this, found = desk.case?.document;
      hexwatch.show(desk.page.querySelector('[data-act="there"]'), Boolean(found));
      const chosen = found && found.case_id === desk.store.selected() && placed(found) ? found : null;
      this.mark.show(chosen ? [{ id: found.case_id, lat: found.lat, lng: found.lng, looks: "opened", text: "✚", said: hotline.called(found) }] : []);
    }

    /* The filtered cell keeps its outline. */
    _outline(choice) {
      if (this.shownCell === choice.cell) return;
      this.shownCell = choice.cell;
      this.focus.show(choice.cell ? [choice.cell] : []);
    }

    // the pointer

    _hover(latlng) {
      this.hovered = latlng;
      if (this.hovering) return;
      this.hovering = requestAnimationFrame(() => {
        this.hovering = 0;
        const found = this.hovered && this.cells.cellAt(this.hovered);
        this.map.getContainer().classList.toggle("over-cell", Boolean(found));
        if (!found) return void this.tip.remove();
        const text = `${this.desk.speech.say("cell.cases", { n: found.count })} · ${this.desk.speech.say(`measure.${this.measure}`)} · ${this.desk.speech.say("map.filter")}`;
        this.tip.setLatLng(this.hovered).setContent(element("span", "", text)).addTo(this.map);
      });
    }

    /* A cell filters the list; the same cell again does not. */
    _click(latlng) {
      const found = this.cells.cellAt(latlng), { lists } = this.desk;
      if (!found) return;
      const list = { open: "open", overdue: "overdue", due_4h: "due_soon" }[this.measure] || lists.choice.list;
      if (lists.choice.cell === found.cell) lists.choose({ cell: "" });
      else lists.choose({ cell: found.cell, list });
    }

    // moving, only when somebody asks

    goThere() {
      const found = this.desk.case?.document;
      if (placed(found)) return void this.go(found);
      const label = this.desk.setup.labels.find((one) => one.key === found?.area);
      if (label) this.go(label, 11);
      else this.desk.hint(this.desk.speech.say("map.nowhere"));
    }

    go({ lat, lng }, least = THERE_ZOOM) {
      this.touched = true;
      this.map.setView([lat, lng], Math.max(this.map.getZoom(), least), { animate: false });
    }
  }

  function placed(one) {
    return typeof one?.lat === "number" && typeof one?.lng === "number";
  }

  hotline.panel("hotlinemap", (desk) => {
    let left = false;
    hexwatch.mapIn(desk.part("hotlinemap")).then((map) => {
      if (!left) desk.map = new HotlineMap(desk, map);
    });
    desk.keys.add({ key: "m", act: "whole", what: "key.whole_city", run: () => desk.map?.act("refit") });
    desk.keys.add({ key: "g", act: "there", what: "key.case_there", run: () => desk.map?.goThere() });
    return {
      leave() {
        left = true;
        desk.map?.leave();
        desk.map = null;
      },
    };
  });

  Object.assign(hexwatch, { HotlineMap });
})(typeof window === "undefined" ? globalThis : window);
