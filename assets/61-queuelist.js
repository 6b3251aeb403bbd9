/* The queue's list: rows that are written in place, moved only when nobody points at them, and searched. */
(function (root) {
  "use strict";
  const hexwatch = (root.hexwatch = root.hexwatch || {});
  const { desk, write, show, element, isolated } = hexwatch;
  const POINTED_MS = 10000; // a pointer that rests longer points at nothing
  const KEYED_MS = 4000;
  const JUST_MOVED_MS = 400; // a click this soon after rows moved was meant for what stood there before
  const UNITS_SHOWN = 3;
  const WHYS_SHOWN = 2;
  const WAITING_WORD_MS = 1000;

  class QueueList {
    constructor(desk) {
      this.desk = desk;
      this.order = new hexwatch.QueueOrder();
      this.nodes = new Map(); // id -> li
      this.numbers = 0;
      this.pointed = this.keyed = this.moved = -Infinity;
      this.list = desk.part("queue-list");
      this._search();
      this._listen();
      this._keys();
      const { store } = desk;
      this.off = [
        store.subscribe("queue", () => this.draw()),
        store.subscribe("second", () => this.draw()),
        store.subscribe("selection", (id, before, by) => this._selected(id, by)),
        store.subscribe("presence", () => this.draw()),
        store.subscribe("asks", () => this.draw()),
        store.subscribe("link", () => this._link()),
      ];
      this.heard = (event) => this._arrived(event.detail.ids);
      document.addEventListener("desk:arrived", this.heard);
      desk.part("queue-count").parentElement.title = desk.speech.say("queue.order");
      this.patience = setTimeout(() => this._empty(), WAITING_WORD_MS);
    }

    leave() {
      for (const off of this.off) off();
      clearTimeout(this.patience);
      document.removeEventListener("desk:arrived", this.heard);
    }

    // what holds the order

    get held() {
      const now = performance.now();
      return now - this.pointed < POINTED_MS || now - this.keyed < KEYED_MS;
    }

    _listen() {
      // The whole column: on the way from a row to the button above, nothing may move either.
      const { list } = this, column = list.parentElement, pointing = () => (this.pointed = performance.now());
      for (const event of ["pointermove", "pointerdown", "wheel"]) column.addEventListener(event, pointing, { passive: true });
      column.addEventListener("pointerleave", () => {
        this.pointed = -Infinity;
        this.draw();
      });
      list.addEventListener("click", (event) => this._clicked(event));
      list.addEventListener("dblclick", () => this.open());
      this.desk.part("queue-new").onclick = () => this.showNew();
    }

    _clicked(event) {
      const row = event.target.closest("[data-incident]");
      if (!row) return;
      if (performance.now() - this.moved < JUST_MOVED_MS) return void this.desk.hint(this.desk.speech.say("queue.moved"));
      this.desk.store.select(row.dataset.incident, { by: "pointer" });
    }

    _arrived(ids) {
      this.order.arrived(ids, performance.now());
      this.draw();
    }

    // keys

    _keys() {
      const add = (key, act, run) => this.desk.keys.add({ key, act, what: `key.${act.replace("2", "")}`, run });
      add("j", "next", () => this.step(1));
      add("k", "previous", () => this.step(-1));
      add("ArrowDown", "next2", () => this.step(1));
      add("ArrowUp", "previous2", () => this.step(-1));
      add("Enter", "open", () => this.open());
      add("t", "top", () => this.top());
      add("/", "search", () => this.input.focus());
    }

    step(by) {
      this.keyed = performance.now();
      const id = this.order.beside(this.desk.store.selected(), by, this.matching());
      if (id) this.desk.store.select(id, { by: "key" });
    }

    /* What wants a decision most, what is new included. */
    top() {
      this.showNew();
      const [id] = this.matching();
      if (id) this.desk.store.select(id, { by: "key" });
    }

    showNew() {
      this.pointed = this.keyed = -Infinity;
      this.draw();
      this.pointed = performance.now(); // and from here on it holds still again
      this.list.scrollTop = 0;
    }

    open() {
      const id = this.desk.store.selected();
      if (!id) return void this.top();
      this.desk.emit("show", { incident_id: id });
      this.desk.page.querySelector("[data-panel-name=incident]").focus({ preventScroll: true });
    }

    _selected(id, by) {
      this.order.seen(id);
      if (by === "pointer") this.pointed = performance.now();
      this.draw();
      this.nodes.get(id)?.scrollIntoView({ block: "nearest" });
    }

    // search

    _search() {
      const box = this.desk.part("queue-search").parentElement, input = (this.input = element("input"));
      input.type = "search";
      input.placeholder = box.dataset.placeholder;
      input.setAttribute("aria-label", box.dataset.label);
      input.setAttribute("aria-keyshortcuts", "/");
      input.autocomplete = "off";
      input.spellcheck = false;
      box.replaceChildren(input);
      input.oninput = () => this.draw();
      input.onkeydown = (event) => this._typed(event);
    }

    _typed(event) {
      if (event.isComposing || event.keyCode === 229) return;
      if (event.key === "Escape") {
        if (!this.input.value) this.input.blur();
        this.input.value = "";
      } else if (event.key === "Enter") {
        const [id] = this.matching();
        if (id) this.desk.store.select(id, { by: "key" });
        this.input.blur();
      } else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
        this.step(event.key === "ArrowDown" ? 1 : -1);
      } else return;
      event.preventDefault();
      event.stopPropagation();
      this.draw();
    }

    matching() {
      const words = this.input.value.trim().toLowerCase().split(/\s+/).filter(Boolean);
      if (!words.length) return this.order.shown;
      return this.order.shown.filter((id) => {
        const row = this.order.last.get(id), { desk } = this;
        const said = [id, row.kind, desk.kind(row), row.area, desk.place(row), row.agency, ...(row.units || []).map((unit) => unit.id)];
        const text = said.join(" ").toLowerCase();
        return words.every((word) => text.includes(word));
      });
    }

    // drawing

    draw() {
      const { desk, order } = this, queue = desk.store.topic("queue");
      if (!desk.store.picture) return;
      if (order.update(queue, performance.now(), this.held)) this.moved = performance.now();
      const ids = this.matching();
      this._place(ids);
      const selected = desk.store.selected(), looks = looksByIncident(desk), pending = sendingByIncident(desk);
      for (const id of ids) this._fill(this.nodes.get(id), id, queue.get(id), { selected, looks, pending });
      if (this.nodes.has(selected)) this.list.setAttribute("aria-activedescendant", this.nodes.get(selected).id);
      else this.list.removeAttribute("aria-activedescendant");
      this._new();
      write(desk.part("queue-count"), desk.speech.number(queue.size));
      this._empty();
    }

    /* Nodes follow their ids; only those that stand elsewhere are moved. */
    _place(ids) {
      const wanted = new Set(ids);
      for (const [id, node] of this.nodes) {
        if (wanted.has(id)) continue;
        node.remove();
        this.nodes.delete(id);
      }
      for (const node of this.list.querySelectorAll(".skeleton")) node.remove();
      ids.forEach((id, i) => {
        if (!this.nodes.has(id)) this.nodes.set(id, this._row(id));
        const node = this.nodes.get(id);
        if (this.list.children[i] !== node) this.list.insertBefore(node, this.list.children[i] || null);
      });
    }

    _row(id) {
      const node = element("li", "queue-row"), line = element("div", "queue-line"), below = element("div", "queue-line below");
      node.id = `queue-row-${++this.numbers}`;
      node.dataset.incident = id;
      node.setAttribute("role", "option");
      line.append(element("span", "shape"), element("b", "queue-clock"), element("bdi", "queue-kind"), element("span", "queue-looks"));
      below.append(element("bdi", "queue-place"), element("span", "queue-why"), element("span", "queue-units"));
      node.append(line, below);
      return node;
    }

    _fill(node, id, live, { selected, looks, pending }) {
      const { desk, order } = this, { speech } = desk, row = live || order.last.get(id);
      const [shape, clock, kind, look] = node.children[0].children, [place, why, units] = node.children[1].children;
      shape.className = `shape priority-${row.priority}`;
      write(shape, desk.setup.shapes[row.priority] || "●");
      write(clock, live ? desk.age(row.received_at) : speech.say("queue.over"));
      write(kind, desk.kind(row));
      write(place, desk.place(row));
      const whys = [...(order.isFresh(id) ? ["new"] : []), ...(row.why || [])], said = whys.map((code) => whySaid(speech, code));
      write(why, said.slice(0, WHYS_SHOWN).join(" · "));
      node.title = said.join(" · ");
      this._units(units, row, pending.get(id) || 0);
      this._looks(look, looks.get(id) || []);
      const marks = { selected: id === selected, over: !live, fresh: order.isFresh(id), exercise: Boolean(row.exercise) };
      for (const [name, on] of Object.entries(marks)) node.classList.toggle(name, on);
      node.dataset.why = whys[0] || "";
      node.dataset.priority = row.priority;
      node.setAttribute("aria-selected", String(id === selected));
      node.setAttribute("aria-label", [speech.say("priority.name", { n: row.priority }), kind.textContent, place.textContent, ...said].join(", "));
    }

    _units(node, row, sending) {
      const units = row.units || [], names = units.slice(0, UNITS_SHOWN).map((unit) => unit.id);
      if (units.length > UNITS_SHOWN) names.push(`+${units.length - UNITS_SHOWN}`);
      const text = names.length ? isolated(names.join(" ")) : "";
      write(node, sending ? this.desk.speech.say("queue.sending", { n: sending }) : text);
      node.classList.toggle("pending", sending > 0);
    }

    _looks(node, people) {
      write(node, people.map((who) => initials(who)).join(" "));
      node.title = people.length ? this.desk.speech.say("queue.looked", { who: people.join(", ") }) : "";
    }

    /* What is new while rows hold still: a button that says the gravest of it. */
    _new() {
      const { desk, order } = this, button = desk.part("queue-new"), n = order.waiting.length;
      show(button, n > 0);
      show(desk.part("queue-order"), n === 0);
      if (!n) return;
      const row = order.last.get(order.waiting[0]);
      const shape = desk.shape(row.priority), said = desk.speech.say("queue.new", { n });
      const text = element("span", "", `${said}: ${desk.kind(row)}, ${desk.place(row)}`);
      if (button.textContent === shape.textContent + text.textContent) return;
      button.replaceChildren(shape, text);
    }

    _empty() {
      const { desk } = this, empty = desk.part("queue-empty");
      for (const node of this.list.querySelectorAll(".skeleton")) node.remove();
      show(empty, !this.nodes.size);
      if (empty.hidden) return;
      const text = this.input.value.trim();
      if (!desk.store.picture) write(empty, desk.speech.say("queue.waiting"));
      else write(empty, text && order_(this).size ? desk.speech.say("queue.nomatch", { text }) : desk.speech.say("queue.none"));
    }

    _link() {
      const badge = this.desk.part("queue-age"), { link } = this.desk.store;
      show(badge, link === "cut" || link === "refused");
      write(badge, this.desk.speech.say("panel.stale"));
    }
  }

  function order_(list) {
    return list.desk.store.topic("queue");
  }

  function whySaid(speech, code) {
    return speech.has(`why.${code}`) ? speech.say(`why.${code}`) : hexwatch.readable(code);
  }

  /* incident -> names of the others who have it open. */
  function looksByIncident(desk) {
    const found = new Map();
    for (const one of desk.store.topic("presence").values()) {
      if (one.mine || !String(one.selected || "").startsWith("incident:")) continue;
      const id = one.selected.slice("incident:".length);
      found.set(id, [...(found.get(id) || []), one.who]);
    }
    return found;
  }

  /* incident -> how many units are being sent and not yet confirmed. */
  function sendingByIncident(desk) {
    const found = new Map();
    for (const ask of desk.asks ? desk.asks.values() : []) {
      if (ask.state !== "pending" || !["dispatch", "divert"].includes(ask.verb)) continue;
      const id = ask.fields.incident_id, n = (ask.fields.unit_ids || [ask.fields.unit_id]).length;
      found.set(id, (found.get(id) || 0) + n);
    }
    return found;
  }

  /* "ada king" -> AK; one Chinese or Arabic word keeps its first two letters. */
  function initials(who) {
    const words = String(who).trim().split(/[\s._-]+/).filter(Boolean);
    const letters = words.length > 1 ? words.map((word) => [...word][0]).slice(0, 2) : [...(words[0] || "?")].slice(0, 2);
    return isolated(letters.join("").toUpperCase());
  }

  hexwatch.initials = initials;
  desk.parts.push((desk) => (desk.queue = new QueueList(desk)));
})(typeof window === "undefined" ? globalThis : window);
