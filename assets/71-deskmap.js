/* The desk's map: incidents of the queue, units, the numbered candidates, areas left thin, and places to click. */
(function (root) {
  "use strict";
  const hexwatch = (root.hexwatch = root.hexwatch || {});
  const { desk, write, isolated } = hexwatch;
  const MARK_PX = 18;
  const NAME_PX = 12;
  const NAMES_FROM_ZOOM = 13; // closer than this, each unit has its id beside it
  const THERE_ZOOM = 13.5; // at least this close, when somebody asks to go there
  const AREA_ZOOM = 11;
  const AREA_NAME = "name"; // property of the outlines
  const COLOURS = ["text", "muted", "background", "late", "accent", "priority-1", "priority-2", "priority-3"];

  /* The palette that is shown now: canvases take their colours by hand. */
  function coloursOf(page) {
    const style = getComputedStyle(page);
    return Object.fromEntries(COLOURS.map((name) => [name, style.getPropertyValue(`--${name}`).trim()]));
  }

  /* Units with their ids beside them when the map is close enough to have room. */
  function namedUnitLayer(L) {
    const Base = hexwatch.unitLayer(L);
    return Base.extend({
      paint: function (context, view) {
        Base.prototype.paint.call(this, context, view);
        if (this._map.getZoom() < NAMES_FROM_ZOOM) return;
        const now = performance.now();
        Object.assign(context, { font: `${NAME_PX}px ${this.look.fonts}`, textAlign: "center", textBaseline: "top", lineJoin: "round", lineWidth: 3 });
        context.strokeStyle = this.look.halo;
        context.fillStyle = this.look.busy;
        for (const [id, unit] of this.fleet.units) {
          const at = hexwatch.along(unit, now), x = at.x * view.scale - view.x, y = at.y * view.scale - view.y + this.remPx * 0.4;
          if (x < 0 || y < 0 || x > view.width || y > view.height) continue;
          context.strokeText(id, x, y);
          context.fillText(id, x, y);
        }
      },
    });
  }

  class DeskMap extends hexwatch.GroundMap {
    constructor(desk, map) {
      super(map, desk.setup.view);
      Object.assign(this, { desk, box: desk.part("deskmap"), panel: desk.slot("map") });
      this.place = new hexwatch.PlaceMenu(desk, this);
      this._layers();
      this._listen();
      this.wire(this.panel);
      this.refit(false);
      this.off = this._subscribe();
      this.palettes = new MutationObserver(() => this._recolour());
      this.palettes.observe(document.documentElement, { attributeFilter: ["data-palette", "class"] });
    }

    leave() {
      for (const off of this.off) off();
      this.sizes.disconnect();
      this.palettes.disconnect();
      this.place.leave();
      document.removeEventListener("desk:show", this.shown);
    }

    get acts() {
      return { ...super.acts, there: () => this.goThere() };
    }

    _layers() {
      const { map, desk } = this, { setup } = desk, L = root.L, c = coloursOf(desk.page), fonts = getComputedStyle(desk.page).fontFamily;
      this.thin = new (hexwatch.thinLayer(L))("desk-thin", 432);
      this.thin.setup({ line: c.late });
      this.labels = new (hexwatch.labelLayer(L))("desk-labels", 440);
      this.labels.setup(setup.labels, { fonts, text: c.muted, halo: c.background, shapes: setup.shapes, colours: c });
      this.labels.remPx = NAME_PX;
      this.units = new (namedUnitLayer(L))("desk-units", 450);
      this.units.setup({ fonts, busy: c.text, available: c.muted, halo: c.background });
      this.units.remPx = MARK_PX;
      this.layers = [this.thin, this.labels, this.units];
      for (const layer of this.layers) layer.addTo(map);
      const look = (incident) => this._look(incident), pick = (id) => this._pickIncident(id);
      this.incidents = new hexwatch.IncidentMarks(L, map, (incident) => this.saidOfIncident(incident), { look, pick });
      this.candidates = new hexwatch.Tags(L, map, "desk-candidates", 660, (id) => this._toggle(id));
      this.names = new hexwatch.Tags(L, map, "desk-names", 640);
      this.tip = L.tooltip({ className: "map-tip", direction: "top", offset: [0, -8] });
    }

    _recolour() {
      const c = coloursOf(this.desk.page);
      Object.assign(this.labels.look, { text: c.muted, halo: c.background, colours: c });
      Object.assign(this.units.look, { busy: c.text, available: c.muted, halo: c.background });
      this.thin.look.line = c.late;
      for (const layer of this.layers) layer.redraw();
    }

    _subscribe() {
      const { store } = this.desk;
      const again = () => this._drawIncidents();
      return [
        store.subscribe("queue", again),
        store.subscribe("selection", () => this._drawAll()),
        store.subscribe("presence", () => this._drawAll()),
        store.subscribe("unit", () => this._drawNames()),
        store.subscribe("choice", () => this._drawChoice()),
        store.subscribe("units", (keys) => this._drawUnits(keys)),
        store.subscribe("roster", () => this._drawNames()),
      ];
    }

    _listen() {
      const { map } = this;
      map.on("mousemove", (event) => this._hover(event.latlng));
      map.on("mouseout", () => this._hover(null));
      map.on("click", (event) => this._click(map.mouseEventToLatLng(event.originalEvent), event.originalEvent));
      map.on("movestart", () => this.place.close());
      this.shown = (event) => this._show(event.detail || {});
      document.addEventListener("desk:show", this.shown);
      const add = (key, act, run) => this.desk.keys.add({ key, act, what: `key.${act}`, run });
      add("m", "whole", () => this.act("refit"));
      add("g", "there", () => this.goThere());
    }

    // what is drawn

    _drawAll() {
      this._drawIncidents();
      this._drawChoice();
    }

    _drawIncidents() {
      const queue = this.desk.store.topic("queue");
      this.incidents.show(queue);
      this.labels.byArea = hexwatch.countsByArea(queue);
      this.labels.redraw();
      this._drawNames();
    }

    _drawUnits(keys) {
      const { store } = this.desk;
      this.units.show(store.topic("units"), keys, store.now());
      this._drawNames();
      this._drawCandidates();
    }

    _drawChoice() {
      this._drawCandidates();
      this._drawThin();
      this._drawNames();
    }

    _look(incident) {
      const { store } = this.desk, others = hexwatch.othersAt(store, `incident:${incident.id}`);
      const looks = { chosen: incident.id === store.selected(), exercise: Boolean(incident.exercise), watched: others.length > 0 };
      return Object.keys(looks).filter((name) => looks[name]).join(" ");
    }

    saidOfIncident(incident) {
      const { desk } = this, { speech } = desk;
      const said = [`${desk.setup.shapes[incident.priority] || "●"} ${speech.say("priority.name", { n: incident.priority })}`, desk.kind(incident), isolated(incident.id)];
      if (incident.received_at) said.push(speech.say("deskmap.since", { time: desk.time(incident.received_at) }));
      said.push(incident.units?.length ? isolated(incident.units.map((unit) => unit.id).join(" ")) : speech.say("deskmap.nobody"));
      if (incident.exercise) said.push(speech.say("deskmap.exercise"));
      const others = hexwatch.othersAt(desk.store, `incident:${incident.id}`);
      if (others.length) said.push(speech.say("presence.looks", { who: others.join(", ") }));
      return said.join(" · ");
    }

    /* The numbered units of the recommendation, where they are now. */
    _drawCandidates() {
      const { desk } = this, rows = desk.choice?.incident_id === desk.store.selected() ? desk.choice.rows : [];
      const wanted = [];
      for (const row of rows) {
        const at = desk.store.topic("units").get(row.unit_id) || row.pick;
        if (typeof at?.lat !== "number") continue;
        const eta = row.pick ? desk.clock(row.pick.arrival_s) : "";
        const said = [desk.speech.say("deskmap.candidate", { n: row.n, unit: isolated(row.unit_id) }), row.pick && desk.speech.say("deskmap.arrives", { time: eta })];
        said.push(hexwatch.unitSaid(desk, row.unit_id), desk.speech.say(row.chosen ? "deskmap.out" : "deskmap.in"));
        const text = isolated(`${row.n} ${row.unit_id}${eta ? ` ${eta}` : ""}`);
        wanted.push({ id: row.unit_id, lat: at.lat, lng: at.lng, text, looks: row.chosen ? "candidate taken" : "candidate", said: said.filter(Boolean).join(" · ") });
      }
      this.candidates.show(wanted);
    }

    /* The unit looked at here, and what the others look at. */
    _drawNames() {
      const { store } = this.desk, wanted = new Map();
      const candidates = this.candidates.tags;
      const put = (id, text, looks, said) => {
        const at = store.topic("units").get(id);
        if (typeof at?.lat === "number" && !candidates.has(id)) wanted.set(id, { id, lat: at.lat, lng: at.lng, text, looks, said });
      };
      for (const one of store.topic("presence").values()) {
        const subject = String(one.selected || "");
        if (one.mine || !subject.startsWith("unit:")) continue;
        const id = subject.slice("unit:".length);
        put(id, `${isolated(id)} ${hexwatch.initials(one.who)}`, "unit watched", this.desk.speech.say("presence.looks", { who: one.who }));
      }
      const mine = store.unit();
      if (mine) put(mine, isolated(mine), "unit looked", hexwatch.unitSaid(this.desk, mine));
      this.names.show([...wanted.values()]);
    }

    /* Hatched: areas that would be reached too late without the recommended units, said in words below the map. */
    _drawThin() {
      const { desk } = this, told = desk.recommendation(desk.store.selected()), thin = told?.uncovered || [];
      const key = JSON.stringify(thin);
      if (key === this.thinKey) return;
      this.thinKey = key;
      const rings = thin.length ? hexwatch.ringsByArea(this.map, AREA_NAME) : new Map();
      this.thin.show([...new Set(thin.map((change) => change.area))].flatMap((area) => rings.get(area) || []));
      this._say();
    }

    /* One line: what a click will do, else what is hatched, else nothing. */
    _say() {
      const { desk } = this, { speech } = desk, node = desk.part("deskmap-said");
      const thin = desk.recommendation(desk.store.selected())?.uncovered || [];
      const said = thin.map((change) => {
        const after = change.after_s === null ? speech.say("deskmap.never") : desk.clock(change.after_s);
        return speech.say("deskmap.thin_area", { area: speech.name("areas", change.area), service: this._service(change.service), after });
      });
      const text = this.picking ? speech.say("deskmap.pick") : said.length ? speech.say("deskmap.thin", { areas: said.join(", ") }) : "";
      write(node, text);
      node.title = text;
      node.classList.toggle("hatched", !this.picking && said.length > 0);
    }

    _service(name) {
      const { speech } = this.desk, key = `deskmap.service_${name}`;
      return speech.has(key) ? speech.say(key) : hexwatch.readable(name);
    }

    // the pointer

    _hover(latlng) {
      this.hovered = latlng;
      if (this.hovering) return;
      this.hovering = requestAnimationFrame(() => {
        this.hovering = 0;
        const id = this.hovered && !this.picking ? this.units.unitAt(this.hovered) : "";
        this.map.getContainer().classList.toggle("over-cell", Boolean(id));
        if (!id) return void this.tip.remove();
        const { lat, lng } = this.desk.store.topic("units").get(id) || this.hovered;
        this.tip.setLatLng([lat, lng]).setContent(hexwatch.element("span", "", hexwatch.unitSaid(this.desk, id))).addTo(this.map);
      });
    }

    _click(latlng, event) {
      if (this.picking) return void this._picked(latlng);
      const id = this.units.unitAt(latlng);
      if (!id) return void this.place.open(latlng, event);
      this.desk.store.selectUnit(id);
      this.desk.unitActs?.open(id, { x: event.clientX, y: event.clientY });
    }

    /* While a place is asked for, a mark is the place where it stands. */
    _pickIncident(id) {
      if (this.picking) this._picked(this.desk.store.topic("queue").get(id));
      else this.desk.store.select(id, { by: "pointer" });
    }

    _toggle(id) {
      this.desk.choice.toggle(id);
      this.desk.store.selectUnit(id);
    }

    /* The next click is a place for somebody else's form; Escape gives up. */
    pickPlace(done) {
      this.picking = done;
      this.box.classList.add("picking");
      this._say();
    }

    _picked(latlng) {
      const done = this.picking;
      this.picking = null;
      this.box.classList.remove("picking");
      this._say();
      if (latlng) done({ lat: latlng.lat, lng: latlng.lng });
    }

    cancelPick() {
      if (this.picking) this._picked(null);
    }

    // moving, only when somebody asks

    goThere() {
      const { store } = this.desk;
      if (store.selected()) return void this._show({ incident_id: store.selected() });
      if (store.unit()) return void this._show({ unit_id: store.unit() });
      this.desk.sayOnce(this.desk.speech.say("deskmap.nothing"));
    }

    _show({ lat, lng, unit_id: unit, incident_id: incident }) {
      const { store } = this.desk;
      const at = unit ? store.topic("units").get(unit) : incident ? store.topic("queue").get(incident) : { lat, lng };
      if (typeof at?.lat === "number") return void this._go(at, THERE_ZOOM);
      const label = this.desk.setup.labels.find((one) => one.key === at?.area);
      if (label) return void this._go(label, AREA_ZOOM);
      this.desk.sayOnce(this.desk.speech.say("deskmap.unplaced"));
    }

    _go({ lat, lng }, least) {
      this.touched = true;
      this.map.setView([lat, lng], Math.max(this.map.getZoom(), least), { animate: false });
    }
  }

  desk.parts.push((desk) => {
    const box = desk.part("deskmap");
    if (!box) return null;
    let left = false;
    const pick = (event) => desk.map?.pickPlace(event.detail.done);
    const escape = (event) => event.key === "Escape" && desk.map?.cancelPick();
    document.addEventListener("desk:pick-place", pick);
    document.addEventListener("keydown", escape);
    hexwatch.mapIn(box).then((map) => {
      if (!left) desk.map = new DeskMap(desk, map);
    });
    return {
      leave() {
        left = true;
        document.removeEventListener("desk:pick-place", pick);
        document.removeEventListener("keydown", escape);
        desk.map?.leave();
        desk.map = null;
      },
    };
  });

  Object.assign(hexwatch, { DeskMap, coloursOf });
})(typeof window === "undefined" ? globalThis : window);
