/* Which work list is looked at, filtered how: tabs with live counts, quick filters, chips, and the list as a file. */
(function (root) {
  "use strict";
  const hexwatch = (root.hexwatch = root.hexwatch || {});
  const { hotline, write, show, element, fillList } = hexwatch;
  const FIELDS = ["area", "category", "channel", "owner", "grade", "language"];
  const COUNTED_BY = [...FIELDS, "cell"]; // words are not: a count by them takes too long to stand on every tab
  const GRADES = ["I", "II", "III", "IV"];
  const LANGUAGES = ["zh", "en", "ko", "ja", "de", "fr", "ru", "es", "ar", "pt"];
  const OFFERS_MS = 5000;
  const FIRST = "unassigned";

  /* What is asked of a list; names of parameters are the server's. */
  class Choice {
    constructor(values = {}) {
      this.list = values.list || FIRST;
      for (const name of [...FIELDS, "cell", "q"]) this[name] = values[name] || "";
    }

    get filters() {
      return Object.fromEntries([...FIELDS, "cell", "q"].map((name) => [name, this[name]]));
    }

    get key() {
      return JSON.stringify([this.list, this.filters]);
    }

    get counted() {
      return Object.fromEntries(COUNTED_BY.map((name) => [name, this[name]]));
    }

    /* What is filtered beside the selects that show themselves. */
    get chips() {
      return ["cell", "q"].filter((name) => this[name]);
    }
  }

  class WorkLists {
    constructor(desk) {
      this.desk = desk;
      const { page } = desk, address = new URL(root.location.href).searchParams;
      const asked = Object.fromEntries(["list", ...FIELDS, "cell", "q"].map((name) => [name, address.get(name) || ""]));
      this.tabs = [...page.querySelectorAll("[data-worklist]")];
      this.first = this.tabs[0].dataset.worklist;
      if (!this.tabs.some((tab) => tab.dataset.worklist === asked.list)) asked.list = this.first;
      this.choice = new Choice(asked);
      this.counts = new Map();
      this.looking = new hexwatch.Looking(() => this._look());
      this.selects = Object.fromEntries([...page.querySelectorAll("[data-filter]")].map((node) => [node.dataset.filter, node]));
      for (const tab of this.tabs) tab.onclick = () => this.choose({ list: tab.dataset.worklist });
      for (const [name, node] of Object.entries(this.selects)) node.onchange = () => this.choose({ [name]: node.value });
      desk.part("list-tabs").addEventListener("keydown", (event) => hexwatch.arrowTabs(event, this.tabs));
      this._offer();
      this._show();
      const changed = () => {
        this.seen = desk.store.picture?.seq; // the reader may be a moment behind what the figures know
        this.looking.ask();
      };
      this.off = [
        desk.store.subscribe(hotline.pulse, () => (changed(), this._offerSoon())),
        desk.store.subscribe("asks", changed),
        desk.store.subscribe("link", (state) => state === "live" && changed()),
      ];
      for (const [i, tab] of this.tabs.entries()) {
        const key = String((i + 1) % 10);
        desk.keys.add({ key, act: `list-${tab.dataset.worklist}`, what: i ? "" : "key.lists", run: () => this.choose({ list: tab.dataset.worklist }) });
      }
      changed();
    }

    leave() {
      for (const off of this.off) off();
      this.looking.stop();
    }

    /* Another list, another filter: the grid is told, and the address says the same. */
    choose(change) {
      Object.assign(this.choice, change);
      this._show();
      this._address();
      this.looking.ask();
      this.desk.store.tell("worklist", this.choice);
    }

    total(name) {
      return this.counts.get(name)?.n;
    }

    _address() {
      const list = this.choice.list === this.first ? "" : this.choice.list;
      hexwatch.inAddress(this.desk.page, { list, ...this.choice.filters });
    }

    _show() {
      const { choice, desk } = this;
      for (const tab of this.tabs) {
        const chosen = tab.dataset.worklist === choice.list;
        tab.setAttribute("aria-selected", String(chosen));
        tab.tabIndex = chosen ? 0 : -1;
      }
      for (const [name, node] of Object.entries(this.selects)) {
        if (choice[name] && ![...node.options].some((one) => one.value === choice[name])) node.append(new Option(this.named(name, choice[name]), choice[name]));
        node.value = choice[name];
        node.classList.toggle("filtering", Boolean(choice[name]));
      }
      const chips = desk.part("chips");
      fillList(chips, choice.chips, () => hotline.button("", null, { look: "chip" }), (chip, name) => {
        write(chip, `${this.named(name, choice[name])} ×`);
        chip.title = desk.speech.say("list.unfilter");
        chip.onclick = () => this.choose({ [name]: "" });
      });
      show(chips, choice.chips.length > 0);
      this._exports();
    }

    named(field, value) {
      const { speech } = this.desk, tables = { area: "areas", category: "categories", channel: "channels" };
      if (field === "cell") return speech.say("list.cell");
      if (field === "q") return speech.say("list.text", { text: value });
      if (field === "owner") return hotline.owner(value);
      if (field === "grade") return speech.say("case.grade", { grade: value });
      return field === "language" ? hotline.language(value) : speech.name(tables[field], value);
    }

    _exports() {
      const { setup, page } = this.desk;
      if (setup.replay) return; // a file is of now
      const fields = { list: this.choice.list, ...this.choice.filters, sort: this.sort?.name, order: this.sort?.order, lang: setup.lang.id };
      for (const link of page.querySelectorAll("[data-export]")) link.href = `${setup.api}/cases/export.${link.dataset.export}?${hotline.query(fields)}`;
    }

    sorted(sort) {
      this.sort = sort;
      this._exports();
    }

    _offerSoon() {
      if (performance.now() - (this.offeredAt || -OFFERS_MS) >= OFFERS_MS) this._offer();
    }

    /* Everything that a filter may be: the catalogue's, and what the figures name besides. */
    _offer() {
      this.offeredAt = performance.now();
      const { desk } = this, { names } = desk.speech, figures = desk.store.topic("figures");
      const told = (prefix) => [...figures.keys()].filter((key) => key.startsWith(prefix)).map((key) => key.slice(prefix.length));
      const areas = [...Object.keys(names.areas || {}), ...desk.setup.labels.map((label) => label.key), ...told("cases.open_by_area.")];
      this._options("area", areas, (a, b) => this.named("area", a).localeCompare(this.named("area", b), desk.speech.tag));
      this._options("category", [...Object.keys(names.categories || {}), ...told("cases.open_by_category.")], (a, b) => this.named("category", a).localeCompare(this.named("category", b), desk.speech.tag));
      this._options("channel", [...Object.keys(names.channels || {}), ...told("cases.by_channel.")]);
      const { bodies } = desk.setup.who;
      this._options("owner", bodies.length ? bodies : [...Object.keys(names.agencies || {}), ...areas]);
      this._options("grade", GRADES);
      this._options("language", LANGUAGES);
    }

    _options(field, values, order) {
      const select = this.selects[field], wanted = [...new Set(values)].filter(Boolean);
      if (order) wanted.sort(order);
      const key = wanted.join("\n");
      if (select.dataset.offered === key || document.activeElement === select) return;
      select.dataset.offered = key;
      const [own] = select.options;
      select.replaceChildren(own, ...wanted.map((value) => new Option(this.named(field, value), value)));
      select.value = this.choice[field];
    }

    async _look() {
      const { desk } = this, { status, body } = await desk.get(`worklists?${hotline.query(this.choice.counted)}`);
      if (!desk.page.isConnected) return;
      this.counts = new Map((body.lists || []).map((one) => [one.name, one]));
      this.countedSeq = body.seq;
      this._correct();
      for (const tab of this.tabs) this._count(tab, this.counts.get(tab.dataset.worklist), status);
      desk.store.tell("worklists", this.counts);
      if (body.seq < this.seen) this.looking.ask();
    }

    /* Rows of a list come with its number: its tab says so at once, and not only when all lists were counted again. */
    rowsTold(choice, total, seq) {
      this.rows = { ...choice, total, seq };
      if (!this._correct()) return;
      for (const tab of this.tabs) if (tab.dataset.worklist === choice.list) this._count(tab, this.counts.get(choice.list), 200);
    }

    /* The number of the rows in place of the counted one, where they know more. */
    _correct() {
      const { rows, choice } = this, told = rows && this.counts.get(rows.list);
      if (!told || !rowsKnowMore(rows, choice, this.countedSeq)) return false;
      this.counts.set(rows.list, { ...told, n: rows.total });
      return true;
    }

    _count(tab, told, status) {
      const { desk } = this, late = hotline.left(told?.next_due_at) < 0 && told?.next_due_at;
      write(tab.lastElementChild, told ? desk.speech.number(told.n) : "–");
      tab.classList.toggle("loud", Boolean(told?.n && (tab.dataset.worklist === "overdue" || late)));
      tab.title = told ? (told.oldest_at ? desk.speech.say("list.oldest", { age: desk.speech.duration(-hotline.left(told.oldest_at)) }) : "") : hotline.trouble(status);
    }
  }

  /* Whether rows are of a later commit than the counts, and narrowed like them: words are in no count. */
  function rowsKnowMore(rows, choice, countedSeq) {
    return rows.key === choice.key && !choice.q && rows.seq > countedSeq;
  }

  /* Left and right between tabs, as they stand on the screen. */
  function arrowTabs(event, tabs) {
    const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key], at = tabs.indexOf(document.activeElement);
    if (!by || at < 0) return;
    event.preventDefault();
    event.stopPropagation();
    const forward = getComputedStyle(event.currentTarget).direction === "rtl" ? -by : by;
    const next = tabs[(at + forward + tabs.length) % tabs.length];
    next.focus();
    next.click();
  }

  hotline.parts.push((desk) => (desk.lists = new WorkLists(desk)));
  Object.assign(hexwatch, { ListChoice: Choice, arrowTabs, rowsKnowMore });
})(typeof window === "undefined" ? globalThis : window);
