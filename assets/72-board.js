/* The board: units by state, narrowed down by kind, station or words, moved through with the keyboard. */
(function (root) {
  "use strict";
  const hexwatch = (root.hexwatch = root.hexwatch || {});
  const { desk, part, write, show, element, isolated, field } = hexwatch;
  const UNTOLD_S = 30; // an assignment that nobody acknowledged for longer is said beside the unit
  const UNTOLD = ["dispatched", "notified"];
  const natural = new Intl.Collator("en", { numeric: true, sensitivity: "base" });
  const SIGNS = { distress: "⚠", untold: "!", old: "○" };

  /* Ids in the order in which people look for them: E9 before E10. */
  function naturally(ids) {
    return [...ids].sort(natural.compare);
  }

  /* Whether a unit fits kind, station and every word of a text: id, kind, station, incident. */
  function fits(unit, { kind, station, words }, kindName) {
    if (kind && unit.kind !== kind) return false;
    if (station && unit.station !== station) return false;
    if (!words.length) return true;
    const text = [unit.id, unit.kind, kindName, unit.station, unit.agency, ...(unit.incidents || []), ...(unit.stacked || [])].join(" ").toLowerCase();
    return words.every((word) => text.includes(word));
  }

  /* Column -> ids, those in distress first; a state that no column names stands in the last one. */
  function bucket(order, roster, columns, wanted) {
    const found = new Map(columns.map((column) => [column.name, []])), last = columns[columns.length - 1].name;
    const nameOf = new Map(columns.flatMap((column) => column.states.map((state) => [state, column.name])));
    const lost = new Map(columns.map((column) => [column.name, []]));
    for (const id of order) {
      const unit = roster.get(id);
      if (!unit || !wanted(unit)) continue;
      (unit.distress ? lost : found).get(nameOf.get(unit.status) || last).push(id);
    }
    return new Map([...found].map(([name, ids]) => [name, [...lost.get(name), ...ids]]));
  }

  /* How old a unit's last position is: {state: "none" | "old" | "fresh", age}. */
  function positionOf(desk, id) {
    const at = desk.store.topic("units").get(id);
    if (typeof at?.lat !== "number" || !at.position_at) return { state: "none", age: "" };
    const seconds = Math.max(0, (desk.store.now() - Date.parse(at.position_at)) / 1000);
    return { state: seconds > hexwatch.POSITION_OLD_S ? "old" : "fresh", age: desk.speech.duration(seconds) };
  }

  /* Why a unit is out: a usual reason in the page's words, any other as somebody wrote it. */
  function reasonOf({ speech }, { reason }) {
    const key = `board.out_${reason.replace(/ /g, "_")}`;
    return speech.has(key) ? speech.say(key) : reason;
  }

  /* Everything on one unit in one line: what it is, its state with who said so and when, where it works, how old its place is. */
  function unitSaid(desk, id) {
    const { speech } = desk, unit = desk.store.topic("roster").get(id);
    if (!unit) return isolated(id);
    const said = [isolated(id)];
    if (unit.distress) said.push(`${SIGNS.distress} ${speech.say("board.distress")}`);
    if (unit.kind) said.push(speech.name("unit_kinds", unit.kind));
    if (unit.station) said.push(speech.say("board.station", { station: isolated(unit.station) }));
    said.push(...stateSaid(desk, unit));
    for (const incident of unit.incidents || []) said.push(desk.called(incident));
    if (unit.stacked?.length) said.push(speech.say("board.next", { ids: isolated(unit.stacked.join(", ")) }));
    if (unit.check_in_due_at) said.push(speech.say("board.check_in", { time: desk.time(unit.check_in_due_at) }));
    const position = positionOf(desk, id);
    said.push(speech.say(`board.position_${position.state}`, { age: position.age }));
    const others = hexwatch.othersAt(desk.store, `unit:${id}`);
    if (others.length) said.push(speech.say("presence.looks", { who: others.join(", ") }));
    return said.join(" · ");
  }

  function stateSaid(desk, unit) {
    const { speech } = desk, said = [speech.has(`status.${unit.status}`) ? speech.say(`status.${unit.status}`) : unit.status];
    if (unit.reason) said.push(reasonOf(desk, unit));
    if (unit.status_at) said.push(speech.say("board.since", { time: desk.time(unit.status_at), age: desk.age(unit.status_at) }));
    if (unit.status_by) said.push(speech.say("board.by", { who: isolated(unit.status_by) }));
    return said;
  }

  class Board {
    constructor(desk) {
      this.desk = desk;
      this.node = desk.part("board");
      this.order = [];
      this.filter = { kind: "", station: "", words: [] };
      const made = { fill: (row, id) => this._fill(row, id), act: (id, row) => this._act(id, row) };
      this.columns = [...this.node.querySelectorAll("[data-column]")].map((node) => new hexwatch.BoardColumn(node, made));
      for (const column of this.columns) write(part(column.node, "column-empty"), desk.speech.say("board.none"));
      this._filters();
      this._listen();
      const { store } = desk;
      this.off = [
        store.subscribe("roster", (keys) => this._roster(keys)),
        store.subscribe("units", () => this._later()),
        store.subscribe("second", () => this._redraw()),
        store.subscribe("choice", () => this._redraw()),
        store.subscribe("presence", () => this._redraw()),
        store.subscribe("unit", (id) => this._looked(id)),
      ];
    }

    leave() {
      for (const off of this.off) off();
      for (const column of this.columns) column.leave();
      clearTimeout(this.later);
    }

    // what is shown

    _roster(keys) {
      const roster = this.desk.store.topic("roster");
      if (keys === null || this.order.length !== roster.size || [...keys].some((id) => !roster.has(id))) {
        this.order = naturally(roster.keys());
        this._offer();
      }
      this._deal();
    }

    _deal() {
      const { desk, columns, filter } = this, roster = desk.store.topic("roster");
      const wanted = (unit) => fits(unit, filter, desk.speech.name("unit_kinds", unit.kind || "").toLowerCase());
      const dealt = bucket(this.order, roster, columns, wanted);
      let shown = 0;
      for (const column of columns) {
        const ids = dealt.get(column.name);
        shown += ids.length;
        column.take(ids);
      }
      this._count(shown, roster.size);
      this._distress(this.order.filter((id) => roster.get(id).distress));
      this._detail();
    }

    _count(shown, all) {
      const narrowed = Boolean(this.filter.kind || this.filter.station || this.filter.words.length);
      const { speech } = this.desk;
      write(this.desk.part("board-count"), narrowed ? speech.say("board.shown", { n: shown, all }) : speech.number(all));
      show(this.desk.part("board-all"), narrowed);
    }

    /* Crews in distress stand above everything, whatever the filters say. */
    _distress(ids) {
      const { desk } = this, box = desk.part("board-distress");
      show(box, ids.length > 0);
      hexwatch.fillList(box, ids, () => element("button"), (button, id) => {
        const at = desk.store.topic("roster").get(id);
        button.type = "button";
        button.dataset.unit = id;
        write(button, `${SIGNS.distress} ${desk.speech.say("board.distress")} ${isolated(id)} · ${stateSaid(desk, at).join(" · ")}`);
        button.onclick = () => this._act(id, button);
      });
    }

    /* Positions come many a second; whether one is old can wait. */
    _later() {
      if (this.later) return;
      this.later = setTimeout(() => {
        this.later = 0;
        this._redraw();
      }, 1000);
    }

    _redraw() {
      for (const column of this.columns) column.draw();
      this._detail();
    }

    _fill(row, id) {
      const { desk } = this, unit = desk.store.topic("roster").get(id);
      if (!row.firstChild) {
        row.append(element("span", "row-n"), element("bdi", "row-id"), element("span", "row-sign"), element("span", "row-kind"), element("span", "row-where"), element("span", "row-looks"), element("span", "row-age number"));
        row.querySelector(".row-where").dir = "auto"; // a station's name is cut at its own end
      }
      if (!unit) return;
      const [n, name, sign, kind, where, looks, age] = row.children, candidate = this.candidates().get(id);
      const position = positionOf(desk, id), untold = UNTOLD.includes(unit.status) && (desk.store.now() - Date.parse(unit.status_at || "")) / 1000 > UNTOLD_S;
      const signs = { distress: Boolean(unit.distress), untold, old: position.state !== "fresh" };
      write(n, candidate ? String(candidate.n) : "");
      write(name, id);
      write(sign, Object.keys(SIGNS).filter((key) => signs[key]).map((key) => SIGNS[key]).join(""));
      write(kind, unit.kind ? desk.speech.name("unit_kinds", unit.kind) : "");
      write(where, this._where(unit));
      write(looks, hexwatch.othersAt(desk.store, `unit:${id}`).map(hexwatch.initials).join(" "));
      write(age, unit.status_at ? desk.speech.duration((desk.store.now() - Date.parse(unit.status_at)) / 1000) : "");
      const marks = { ...signs, candidate: Boolean(candidate), taken: Boolean(candidate?.chosen), late: untold, looked: id === desk.store.unit(), mine: (unit.incidents || []).includes(desk.store.selected()) };
      for (const [mark, on] of Object.entries(marks)) row.classList.toggle(mark, on);
      const said = unitSaid(desk, id);
      if (row.title !== said) {
        row.title = said;
        row.setAttribute("aria-label", said);
      }
    }

    _where(unit) {
      const next = unit.stacked?.length ? ` +${unit.stacked.length}` : "";
      if (unit.incidents?.length) return isolated(unit.incidents.join(" ")) + next;
      return ((unit.reason && reasonOf(desk, unit)) || (unit.station ? isolated(unit.station) : "")) + next;
    }

    /* Rows of the recommendation by unit, of the incident that is looked at. */
    candidates() {
      const { choice } = this.desk;
      if (this.choiceSeen !== choice?.rows) {
        this.choiceSeen = choice?.rows;
        this.byUnit = new Map((choice?.rows || []).map((row) => [row.unit_id, row]));
      }
      return this.byUnit || new Map();
    }

    // filters

    _filters() {
      const { desk } = this, text = (this.text = field(desk.part("board-text")));
      text.setAttribute("aria-keyshortcuts", "b");
      text.oninput = (event) => event.isComposing || this._narrow();
      text.addEventListener("compositionend", () => this._narrow());
      text.onkeydown = (event) => this._typed(event);
      this.kind = desk.part("board-kind");
      this.station = desk.part("board-station");
      this.kind.onchange = this.station.onchange = () => this._narrow();
      desk.part("board-all").onclick = () => this.all();
      desk.keys.add({ key: "b", act: "board", what: "key.board", run: () => text.focus() });
    }

    /* Kinds and stations that there are; a choice that is no more is given up. */
    _offer() {
      const { desk } = this, units = [...desk.store.topic("roster").values()];
      const kinds = naturally(new Set(units.map((unit) => unit.kind).filter(Boolean)));
      const stations = naturally(new Set(units.map((unit) => unit.station).filter(Boolean)));
      options(this.kind, kinds.map((id) => [id, desk.speech.name("unit_kinds", id)]), desk.speech.say("board.kinds"));
      options(this.station, stations.map((id) => [id, isolated(id)]), desk.speech.say("board.stations"));
    }

    _narrow() {
      const words = this.text.value.trim().toLowerCase().split(/\s+/).filter(Boolean);
      this.filter = { kind: this.kind.value, station: this.station.value, words };
      for (const column of this.columns) column.pointed = -Infinity;
      this._deal();
    }

    all() {
      this.text.value = this.kind.value = this.station.value = "";
      this._narrow();
    }

    _typed(event) {
      if (hexwatch.isComposing(event)) return;
      if (event.key === "Escape") {
        if (!this.text.value) this.text.blur();
        this.text.value = "";
        this._narrow();
      } else if (event.key === "ArrowDown" || event.key === "Enter") {
        const column = this.columns.find((one) => one.ids.length);
        if (column) this._focus(column);
      } else return;
      event.preventDefault();
      event.stopPropagation();
    }

    // keyboard and pointer

    _listen() {
      this.node.addEventListener("keydown", (event) => this._key(event));
      this.node.addEventListener("focusin", (event) => {
        const column = this._columnOf(event.target);
        if (column && !column.active) this._look(column.step(0));
      });
      this.node.addEventListener("pointerover", (event) => this._pointed(event.target.closest?.(".board-row")?.dataset.unit || ""));
      this.node.addEventListener("pointerleave", () => this._pointed(""));
    }

    _pointed(id) {
      if (this.hovered === id) return;
      this.hovered = id;
      this._detail();
    }

    _columnOf(node) {
      return this.columns.find((column) => column.list === node);
    }

    /* Arrows move, digits choose a column, Enter offers the acts, space takes a unit into the choice. */
    _key(event) {
      const column = this._columnOf(event.target);
      if (!column || hexwatch.isComposing(event) || event.ctrlKey || event.metaKey || event.altKey) return;
      const done = this._press(hexwatch.letterOf(event), column);
      if (!done) return;
      event.preventDefault();
      event.stopPropagation();
    }

    _press(key, column) {
      const rtl = getComputedStyle(this.node).direction === "rtl" ? -1 : 1, page = column.rowsInSight;
      const steps = { ArrowDown: 1, ArrowUp: -1, PageDown: page, PageUp: -page, Home: -Infinity, End: Infinity };
      const sides = { ArrowRight: rtl, ArrowLeft: -rtl };
      if (key in steps) this._look(column.step(Math.max(-1e9, Math.min(1e9, steps[key]))));
      else if (key in sides) this._beside(column, sides[key]);
      else if (/^[1-9]$/.test(key)) return this._focus(this.columns[Number(key) - 1]);
      else if (key === "Enter" && column.active) this._act(column.active, column.nodeOf(column.active) || column.list);
      else if (key === " " && column.active) this.desk.choice?.toggle(column.active);
      else return false;
      return true;
    }

    _beside(column, by) {
      const at = this.columns.indexOf(column), { columns } = this;
      for (let i = at + by; i >= 0 && i < columns.length; i += by) if (columns[i].ids.length) return void this._focus(columns[i]);
    }

    _focus(column) {
      if (!column) return false;
      column.list.focus();
      if (column.ids.length) this._look(column.active || column.step(0));
      return true;
    }

    _look(id) {
      if (id) this.desk.store.selectUnit(id);
    }

    /* Looked at from elsewhere: its row comes into sight. */
    _looked(id) {
      const column = id && this.columns.find((one) => one.ids.includes(id));
      if (column) column.go(id);
      this._redraw();
    }

    _act(id, row) {
      const { left, bottom } = row.getBoundingClientRect();
      this.desk.unitActs?.open(id, { x: left, y: bottom }, document.activeElement);
    }

    /* The one line below: the unit pointed at, else the one looked at. */
    _detail() {
      const id = this.hovered || this.desk.store.unit(), node = this.desk.part("board-detail");
      const text = id && this.desk.store.topic("roster").has(id) ? unitSaid(this.desk, id) : this.desk.speech.say("board.hint");
      write(node, text);
      node.title = text;
    }
  }

  function options(select, pairs, all) {
    const key = JSON.stringify(pairs), chosen = select.value;
    if (select.dataset.offered === key) return;
    select.dataset.offered = key;
    select.replaceChildren(...[["", all], ...pairs].map(([value, text]) => {
      const option = element("option", "", text);
      option.value = value;
      return option;
    }));
    select.value = pairs.some(([value]) => value === chosen) ? chosen : "";
  }

  desk.parts.push((desk) => (desk.part("board") ? (desk.board = new Board(desk)) : null));

  Object.assign(hexwatch, { Board, unitSaid, positionOf, naturally, unitFits: fits, bucketUnits: bucket });
})(typeof window === "undefined" ? globalThis : window);
