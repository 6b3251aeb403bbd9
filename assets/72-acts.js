/* What may be done with a unit next, by its state: a table, and the menu that offers it in words. */
(function (root) {
  "use strict";
  const hexwatch = (root.hexwatch = root.hexwatch || {});
  const { desk, write, show, element, isolated } = hexwatch;
  const CARRIES = "transport"; // the capability
  const CARRYING = ["transporting", "at-hospital"];
  /* What radio brings next, by state. */
  const REPORTS = {
    dispatched: ["acknowledged", "en-route", "on-scene"],
    notified: ["acknowledged", "en-route", "on-scene"],
    acknowledged: ["en-route", "on-scene"],
    "en-route": ["on-scene"],
    "on-scene": ["transporting"], // of units that can carry somebody
    transporting: ["at-hospital"],
    "at-hospital": [],
  };
  const ARRIVED = ["on-scene", ...CARRYING];
  const WITH_REASON = new Set(["stand_down", "divert", "signal_unit", "unit_emergency", "end_unit_emergency"]);
  // Of the others the engine refuses by itself what no longer fits; a crew that acknowledged meanwhile is no reason.
  const OF_ITS_STATE = new Set(["signal_unit"]);
  const WITH_TIME = new Set(["acknowledge", "report", "stand_down", "clear_unit", "dispatch", "check_in"]);
  const MINUTES_A_DAY = 1440;

  /*
   * The legal next acts of a unit as the roster tells it: [{word, values, verb, fields}], the likeliest first; acts
   * without a verb stay on this page. `selected` is the incident that is looked at, "" for none. Knows no page.
   */
  function legalActs(unit, selected, isChosen = false) {
    const acts = [];
    const add = (word, values, verb, fields) => acts.push({ word, values, verb, fields: { unit_id: unit.id, ...fields } });
    if (unit.distress) add("end_unit_emergency", {}, "end_unit_emergency", {});
    const at = unit.incidents || [];
    for (const incident_id of [...at].reverse()) atWork(add, unit, incident_id);
    if (selected && !at.includes(selected)) forSelected(add, unit, selected, isChosen);
    if (!at.length) for (const incident_id of (unit.stacked || []).filter((id) => id !== selected)) if (isFree(unit)) add("dispatch", { incident: incident_id }, "dispatch", { incident_id, unit_ids: [unit.id] });
    if (unit.check_in_due_at) add("check_in", {}, "check_in", {});
    signals(add, unit, at.length > 0);
    if (!unit.distress) add("unit_emergency", {}, "unit_emergency", {});
    for (const act of acts) if (act.verb === "dispatch") delete act.fields.unit_id;
    return acts;
  }

  /* Who nobody has said anything about may be able to. */
  function carries({ capabilities }) {
    return !capabilities?.length || capabilities.includes(CARRIES);
  }

  function isFree(unit) {
    return unit.status === "available" || unit.status === "returning";
  }

  function atWork(add, unit, incident_id) {
    for (const status of REPORTS[unit.status] || []) {
      if (status === "transporting" && !carries(unit)) continue;
      if (status === "acknowledged") add("acknowledge", { incident: incident_id }, "acknowledge", { incident_id });
      else add("report", { status, incident: incident_id }, "report", { incident_id, status });
    }
    if (ARRIVED.includes(unit.status)) add("clear_unit", { incident: incident_id }, "clear_unit", { incident_id });
    else add("stand_down", { incident: incident_id }, "stand_down", { incident_id });
  }

  function forSelected(add, unit, incident_id, isChosen) {
    const incident = incident_id, busy = (unit.incidents || []).length > 0;
    if (isFree(unit)) {
      add(isChosen ? "drop" : "choose", { incident }, null, { incident_id });
      add("dispatch", { incident }, "dispatch", { incident_id, unit_ids: [unit.id] });
    } else if (busy) {
      if (!CARRYING.includes(unit.status)) add("divert", { incident }, "divert", { incident_id });
      if (!(unit.stacked || []).includes(incident_id)) add("stack", { incident }, "stack", { incident_id });
    }
  }

  function signals(add, unit, isBusy) {
    const signal = (status) => add(status, {}, "signal_unit", { status });
    if (unit.status === "out-of-service") return void signal("available");
    if (!isBusy && !unit.out_of_contact) signal("out_of_service");
    if (unit.status === "returning") signal("available");
    signal(unit.out_of_contact ? "in_contact" : "out_of_contact");
  }

  /* The latest instant not after `now` (ms) at which the city's clock showed `text` (14:05); null for no time. */
  function momentOf(text, now, speech) {
    const wanted = minutesOf(text), shown = minutesOf(speech.minute.format(new Date(now)));
    if (wanted === null || shown === null) return null;
    const back = (shown - wanted + MINUTES_A_DAY) % MINUTES_A_DAY;
    return new Date(Math.floor(now / 60000) * 60000 - back * 60000).toISOString();
  }

  function minutesOf(text) {
    const found = /^(\d{1,2}):(\d{2})$/.exec(text);
    return found && Number(found[1]) < 24 && Number(found[2]) < 60 ? Number(found[1]) * 60 + Number(found[2]) : null;
  }

  /* An input in a label of the layout: plain, so that no letter leaves the page before somebody says so. */
  function field(label) {
    const known = label.querySelector("input");
    if (known) return known;
    const input = element("input");
    input.type = label.dataset.field;
    input.dir = "auto";
    input.autocomplete = "off";
    if (label.dataset.hint) input.placeholder = label.dataset.hint;
    if (label.dataset.name) input.setAttribute("aria-label", label.dataset.name);
    label.append(input);
    return input;
  }

  class UnitActs {
    constructor(desk) {
      Object.assign(this, { desk, node: desk.part("unit-acts"), list: desk.part("acts") });
      this.reason = field(desk.part("acts-reason"));
      this.at = field(desk.part("acts-at"));
      hexwatch.menuKeys(this.node, () => this.close());
      this.outside = (event) => !this.node.contains(event.target) && this.close(false);
      document.addEventListener("pointerdown", this.outside);
      this.off = ["roster", "selection", "choice"].map((topic) => desk.store.subscribe(topic, () => this._changed()));
    }

    leave() {
      for (const off of this.off) off();
      document.removeEventListener("pointerdown", this.outside);
    }

    /* The time field says what it wants by an example: the city's own clock. */
    _clear() {
      this.reason.value = this.at.value = "";
      this.at.placeholder = this.desk.speech.minute.format(new Date(this.desk.store.now()));
      this.at.removeAttribute("aria-invalid");
    }

    /* `opener` gets the focus back. */
    open(id, at, opener = document.activeElement) {
      if (!this.desk.store.topic("roster").has(id)) return;
      Object.assign(this, { id, opener });
      this._clear();
      this.desk.store.selectUnit(id);
      this.desk.keys.hold("unit-acts");
      this.key = "";
      this._draw();
      hexwatch.openAt(this.node, at);
      this.list.querySelector("button")?.focus();
    }

    close(giveBack = true) {
      if (this.node.hidden) return;
      show(this.node, false);
      this.desk.keys.free("unit-acts");
      if (giveBack) this.opener?.focus?.();
    }

    /* What is offered follows the unit's state, but never under somebody's finger: a changed list says so first. */
    _changed() {
      if (!this.node.hidden) this._draw();
    }

    acts() {
      const { desk, id } = this, unit = desk.store.topic("roster").get(id), selected = desk.store.selected();
      if (!unit) return [];
      const open = desk.store.topic("queue").has(selected) ? selected : "";
      const acts = legalActs(unit, open, desk.choice?.units?.has(id) || false);
      return desk.setup.who.may_ask ? acts : [];
    }

    _draw() {
      const { desk, id } = this, { speech } = desk, acts = this.acts();
      const unit = desk.store.topic("roster").get(id);
      write(desk.part("acts-title"), unit ? hexwatch.unitSaid(desk, id) : isolated(id));
      const key = JSON.stringify(acts.map((act) => [act.word, act.fields]));
      if (key === this.key) return;
      this.key = key;
      const buttons = acts.map((act) => this._button(speech.say(`board.act_${act.word}`, this._values(act)), () => this._do(act), act.verb));
      this.list.replaceChildren(...buttons, ...this._plain(unit));
    }

    _values({ values }) {
      const { desk } = this, said = { ...values };
      if (values.incident) said.incident = desk.called(values.incident);
      if (values.status) said.status = desk.speech.say(`status.${values.status}`);
      return said;
    }

    _button(text, run, verb) {
      const button = element("button", "", text);
      button.type = "button";
      button.setAttribute("role", "menuitem");
      if (verb) button.dataset.verb = verb;
      button.onclick = run;
      return button;
    }

    /* What changes nothing: look at its incidents, at its place, at its sheet. */
    _plain(unit) {
      const { desk, id } = this, { speech } = desk;
      const looks = (unit?.incidents || []).map((incident) =>
        this._button(speech.say("board.act_show", { incident: desk.called(incident) }), () => {
          this.close();
          desk.store.select(incident, { by: "pointer" });
        }),
      );
      const there = this._button(speech.say("board.act_there"), () => {
        this.close();
        desk.emit("show", { unit_id: id });
      });
      const sheet = this._button(speech.say("board.act_sheet"), () => {
        this.close();
        root.open(`/units/${encodeURIComponent(id)}/run-sheet?lang=${desk.setup.lang.id}`, "_blank", "noopener");
      });
      return [...looks, there, sheet];
    }

    _badTime() {
      this.at.setAttribute("aria-invalid", "true");
      this.at.focus();
      this.desk.hint(this.desk.speech.say("board.bad_time", { time: this.at.placeholder }), { urgent: true });
    }

    _do(act) {
      const { desk, id } = this;
      // As displayed: a unit that was sent in this very moment is not put out of service.
      const version = desk.store.topic("roster").get(id)?.version;
      const fields = { ...act.fields }, more = OF_ITS_STATE.has(act.verb) ? { if_version: version } : {}, reason = this.reason.value.trim();
      const at = momentOf(this.at.value.trim(), desk.store.now(), desk.speech);
      if (!at && this.at.value.trim() && WITH_TIME.has(act.verb)) return void this._badTime();
      if (reason && WITH_REASON.has(act.verb)) fields.reason = reason;
      if (at && WITH_TIME.has(act.verb)) fields.at = at;
      this.close();
      if (!act.verb) return void desk.choice.toggle(id);
      desk.ask(act.verb, fields, { about: `unit:${id}`, ...more });
    }
  }

  desk.parts.push((desk) => (desk.part("unit-acts") ? (desk.unitActs = new UnitActs(desk)) : null));

  Object.assign(hexwatch, { legalActs, momentOf, field });
})(typeof window === "undefined" ? globalThis : window);
