/* The selected incident: what it is and where, who called, what it belongs to, who is on it, and what happened. */
(function (root) {
  "use strict";
  const hexwatch = (root.hexwatch = root.hexwatch || {});
  const { desk, write, show, element, isolated } = hexwatch;
  const SKELETON_MS = 1000; // a skeleton that stays longer is a lie about how soon something comes
  const STALE_MS = 20000;
  const STAMPS = [
    ["dispatched_at", "dispatched"], ["notified_at", "notified"], ["acknowledged_at", "acknowledged"], ["en_route_at", "en-route"],
    ["on_scene_at", "on-scene"], ["transporting_at", "transporting"], ["at_hospital_at", "at-hospital"],
  ];

  class IncidentPanel {
    constructor(desk) {
      this.desk = desk;
      const { store } = desk, draw = () => this.draw();
      this.off = [
        store.subscribe("selection", () => this._selected()),
        store.subscribe("document", draw),
        store.subscribe("queue", (keys) => (!keys || keys.has(store.selected())) && this.draw()),
        store.subscribe("roster", draw),
        store.subscribe("asks", draw),
        store.subscribe("second", () => this._running()),
        store.subscribe("link", () => this._stale()),
      ];
      this.draw();
    }

    leave() {
      for (const off of this.off) off();
      clearTimeout(this.patience);
    }

    _selected() {
      this.since = performance.now();
      this.desk.page.querySelector("[data-panel-name=incident]").scrollTop = 0;
      clearTimeout(this.patience);
      this.patience = setTimeout(() => this.draw(), SKELETON_MS);
      this.draw();
    }

    /* The row as it is live; what is over is told by its document. */
    get incident() {
      const id = this.desk.store.selected(), row = this.desk.store.topic("queue").get(id);
      const asked = this.desk.details.document, body = asked.subject === id ? asked.body : null;
      if (row) return row;
      return body ? { ...body, id, units: active(body), why: [], notes: body.notes } : null;
    }

    get document() {
      const asked = this.desk.details.document;
      return asked.subject === this.desk.store.selected() ? asked.body : null;
    }

    draw() {
      const { desk } = this, id = desk.store.selected(), incident = id ? this.incident : null;
      show(desk.part("incident-body"), Boolean(incident));
      show(desk.part("incident-empty"), !incident);
      if (!incident) return void this._empty(id);
      this._head(incident);
      this._caller();
      this._relations(incident);
      this._units(incident);
      this._timeline();
      this._stale();
    }

    _empty(id) {
      const { desk } = this, { state } = desk.details?.document || {};
      const key = !id ? "incident.none" : state === "none" ? "incident.unknown" : state === "failed" ? "incident.failed" : "incident.loading";
      write(desk.part("incident-empty"), desk.speech.say(key, { key: hexwatch.keySaid(desk.keys.keyOf("next")), id: isolated(id) }));
    }

    // the head

    _head(incident) {
      const { desk } = this, { speech } = desk, title = desk.part("incident-title");
      const parts = [desk.shape(incident.priority), element("bdi", "", desk.kind(incident)), element("span", "quiet", isolated(incident.id))];
      if (incident.exercise) parts.push(element("span", "badge exercise", speech.say("incident.exercise")));
      replace(title, parts);
      const unplaced = typeof incident.lat !== "number";
      const where = [desk.place(incident)], private_ = desk.details.private;
      if (private_.address) where.unshift(private_.address);
      if (unplaced && incident.area) where.push(speech.say("place.area_only"));
      write(desk.part("incident-where"), where.join(" · "));
      desk.part("incident-where").classList.toggle("unplaced", unplaced);
      this._state(incident);
    }

    _state(incident) {
      const { desk } = this, { speech } = desk;
      const stage = speech.has(`stage.${incident.stage}`) ? speech.say(`stage.${incident.stage}`) : incident.stage;
      const since = speech.say("incident.since", { time: desk.time(incident.received_at), age: desk.age(incident.received_at) });
      const agency = incident.agency ? [speech.name("agencies", incident.agency)] : [];
      const major = incident.major ? [speech.say("incident.major")] : [];
      const alarm = incident.alarm > 1 ? [speech.say("incident.alarm", { n: incident.alarm })] : [];
      write(desk.part("incident-state"), [stage, since, ...alarm, ...agency, ...major].join(" · "));
    }

    _running() {
      const incident = this.desk.store.selected() && this.incident;
      if (incident && this.desk.store.topic("queue").has(incident.id)) this._state(incident);
      for (const node of this.desk.page.querySelectorAll("[data-since]")) write(node, this.desk.age(node.dataset.since));
      this._stale();
    }

    _caller() {
      const { desk } = this, { phone, name, text } = desk.details.private, caller = desk.part("incident-caller");
      show(caller, Boolean(phone || name));
      if (phone || name) replace(caller, [element("span", "quiet", `${desk.speech.say("incident.caller")} `), element("bdi", "", [name, phone && isolated(phone)].filter(Boolean).join(" · "))]);
      show(desk.part("incident-text"), Boolean(text));
      write(desk.part("incident-text"), text || "");
    }

    _relations(incident) {
      const { desk } = this, document = this.document, { speech } = desk;
      const groups = [
        ["incident.merged_into", document?.merged_into ? [document.merged_into] : []],
        ["incident.members", document?.members || []],
        ["incident.links", incident.links || []],
      ];
      const nodes = groups.filter(([, ids]) => ids.length).map(([key, ids]) => {
        const line = element("p", "", `${speech.say(key)} `);
        line.append(...ids.map((id) => this._jump(id)));
        return line;
      });
      const case_id = incident.case_id || document?.case_id;
      if (case_id) nodes.push(element("p", "", speech.say("incident.case", { id: isolated(case_id) })));
      show(desk.part("incident-relations"), nodes.length > 0);
      replace(desk.part("incident-relations"), nodes);
    }

    _jump(id) {
      const button = element("button", "link", this.desk.called(id));
      button.type = "button";
      button.onclick = () => this.desk.store.select(id, { by: "pointer" });
      return button;
    }

    // units on it

    _units(incident) {
      const { desk } = this, roster = desk.store.topic("roster"), asks = [...desk.asks.values()];
      const sending = asks.filter((ask) => ask.state === "pending" && ask.fields.incident_id === incident.id && ["dispatch", "divert"].includes(ask.verb));
      const coming = sending.flatMap((ask) => ask.fields.unit_ids || [ask.fields.unit_id]);
      const there = new Set((incident.units || []).map((unit) => unit.id));
      const rows = [
        ...(incident.units || []).map((unit) => ({ ...unit, pending: false })),
        ...coming.filter((id) => !there.has(id)).map((id) => ({ id, status: "", pending: true })),
      ];
      const items = rows.map((unit) => {
        const known = roster.get(unit.id) || {}, item = element("li", unit.pending ? "unit-on-it pending" : "unit-on-it");
        const status = unit.pending ? desk.speech.say("ask.pending") : hexwatch.statusSaid(desk.speech, unit.status);
        item.append(element("bdi", "unit-id", unit.id), element("span", "quiet", known.kind ? desk.speech.name("unit_kinds", known.kind) : ""), element("span", `unit-status status-${unit.status}`, status));
        const at = element("span", "number quiet", unit.pending ? "" : desk.age(unit.at));
        if (!unit.pending && unit.at) at.dataset.since = unit.at;
        item.append(at);
        return item;
      });
      if (!items.length) items.push(element("li", "quiet", desk.speech.say("incident.nobody")));
      replace(desk.part("incident-units"), items);
    }

    // what happened

    _timeline() {
      const { desk } = this, list = desk.part("timeline"), document = this.document;
      if (!document) {
        const waited = performance.now() - (this.since || 0) > SKELETON_MS;
        const failed = desk.details.document.state === "failed";
        const rows = waited || failed ? [element("li", "quiet", desk.speech.say(failed ? "incident.failed" : "incident.loading"))] : [1, 2, 3].map(() => element("li", "skeleton"));
        return void replace(list, rows);
      }
      const entries = timelineOf(document, desk.details.private);
      replace(list, entries.map((entry) => this._entry(entry)));
    }

    _entry({ at, what, unit, by, why, note }) {
      const { desk } = this, { speech } = desk, item = element("li", note === undefined ? "" : "noted");
      const key = unit ? `status.${what}` : `step.${what}`;
      const said = speech.has(key) ? speech.say(key) : hexwatch.readable(what);
      item.append(element("time", "", desk.time(at)), element("b", "", unit ? isolated(unit) : ""), element("span", "", said));
      if (note !== undefined) item.append(element("bdi", "note-text", note || speech.say("note.hidden")));
      else if (why) item.append(element("bdi", "quiet", why));
      if (by) item.append(element("bdi", "quiet by", by));
      return item;
    }

    _stale() {
      const { desk } = this, badge = desk.part("incident-age"), asked = desk.details?.document;
      const failed = asked?.state === "failed" && asked.body, cut = desk.store.link === "cut" || desk.store.link === "refused";
      show(badge, Boolean(desk.store.selected() && (failed || cut)));
      write(badge, desk.speech.say("panel.stale"));
      this._recommendedAge(cut);
    }

    _recommendedAge(cut) {
      const { desk } = this, badge = desk.part("rec-age"), asked = desk.details?.recommendation;
      const known = asked?.body && asked.subject === desk.store.selected(), age = known ? performance.now() - asked.at : 0;
      const stale = known && (cut || age > STALE_MS);
      show(badge, Boolean(known));
      badge.classList.toggle("stale", Boolean(stale));
      const seconds = desk.speech.duration(age / 1000);
      write(badge, stale ? desk.speech.say("panel.stale_for", { age: seconds }) : "");
      desk.part("incident-decision").classList.toggle("stale", Boolean(stale));
    }
  }

  /* What happened to an incident and its units, newest first; equal instants in the order in which they were told. */
  function timelineOf(document, private_ = {}) {
    const entries = [];
    for (const step of document.steps || []) {
      const note = step.what === "noted" ? private_[`note:${step.why}`] || private_[step.why] || "" : undefined;
      if (!isUnitStep(step)) entries.push({ at: step.at, what: step.what, by: step.by, why: note === undefined ? step.why : "", note });
    }
    for (const run of document.assignments || []) {
      for (const [stamp, what] of STAMPS) if (run[stamp]) entries.push({ at: run[stamp], what, unit: run.unit_id, by: what === "dispatched" ? run.by : "" });
      if (run.cleared_at) entries.push({ at: run.cleared_at, what: run.ended || "cleared", unit: run.unit_id, by: run.ended_by, why: run.to });
    }
    return entries.map((entry, i) => ({ ...entry, i })).sort((a, b) => Date.parse(b.at) - Date.parse(a.at) || b.i - a.i);
  }

  /* A change of stage that a unit's own stamp tells already. */
  function isUnitStep(step) {
    return ["dispatched", "on-scene", "transporting", "cleared"].includes(step.what) && Boolean(step.why);
  }

  function active(document) {
    return (document.assignments || []).filter((run) => !run.ended).map((run) => {
      const [stamp, status] = [...STAMPS].reverse().find(([name]) => run[name]) || ["", ""];
      return { id: run.unit_id, status, at: run[stamp] };
    });
  }

  /* New children only where the text differs: what is under a pointer or read aloud stays the same node. */
  function replace(node, children) {
    const now = [...node.childNodes];
    if (now.length === children.length && now.every((child, i) => child.isEqualNode?.(children[i]) && !children[i].onclick)) return;
    node.replaceChildren(...children);
  }

  Object.assign(hexwatch, { timelineOf, replaceChildrenOf: replace });
  desk.parts.push((desk) => (desk.incident = new IncidentPanel(desk)));
})(typeof window === "undefined" ? globalThis : window);
