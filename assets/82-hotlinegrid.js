/* The grid of a work list: rows come in blocks as somebody scrolls, and what is new never moves a row under a pointer. */
(function (root) {
  "use strict";
  const hexwatch = (root.hexwatch = root.hexwatch || {});
  const { hotline, write, show } = hexwatch;
  const TICK_S = 5; // how often times to deadlines are written anew
  const HELD_MS = 4000; // a hand on the list: rows stay for so long after it last moved
  const MOST_HELD_MS = 20000;
  const SORTS = { grade: "grade", due: "due", age: "received" }; // column -> what the server calls it

  /* The columns, each a text of the row: what a screen reader reads is what stands there. */
  function columns(desk) {
    const { speech } = desk;
    const name = (table, field) => ({ data }) => (data?.[field] ? speech.name(table, data[field]) : "");
    const plain = (colId, width, value, more = {}) => ({ colId, headerName: speech.say(`column.${colId}`), valueGetter: value, width, sortable: colId in SORTS, resizable: true, suppressHeaderMenuButton: true, tooltipValueGetter: ({ value: said }) => said, ...more });
    return [
      plain("grade", 40, ({ data }) => data?.grade || "", { sortingOrder: ["asc", "desc", null] }),
      plain("due", 104, ({ data }) => (data ? dueSaid(data).text : ""), { cellClass: ({ data }) => (data ? dueSaid(data).level : "") }),
      plain("category", 126, name("categories", "category"), { cellClass: "strong" }),
      plain("area", 82, ({ data }) => (data ? (data.area ? speech.name("areas", data.area) : speech.say("place.unknown")) : "")),
      plain("stage", 100, ({ data }) => (data ? stageSaid(data) : "")),
      plain("owner", 100, ({ data }) => (data?.owner ? hotline.owner(data.owner) : "")),
      plain("channel", 88, name("channels", "channel")),
      plain("age", 70, ({ data }) => (data?.received_at ? speech.duration(-hotline.left(data.received_at)) : "")),
      plain("id", 110, ({ data }) => data?.case_id || "", { cellClass: "quiet" }),
    ];
  }

  /* The next deadline of a row: until it is dispatched that of dispatching, then that of the answer. */
  function nextDue(row) {
    const waits = row.dispatch_due_at && !row.dispatched_at && !row.owner;
    return waits ? row.dispatch_due_at : row.target_at || "";
  }

  function dueSaid(row) {
    if (row.paused_at) return { text: hexwatch.desk.speech.say("due.paused"), level: "" };
    if (row.closed_at) return hotline.due(row.followed_up_at ? "" : row.follow_up_due_at);
    return hotline.due(nextDue(row));
  }

  function stageSaid(row) {
    const stage = hotline.coded("casestage.", hexwatch.stageOf(row)), more = [];
    if (row.returned) more.push(hexwatch.desk.speech.say("flag.returned", { n: row.returned }));
    if (row.reopened) more.push(hexwatch.desk.speech.say("flag.reopened", { n: row.reopened }));
    if (row.members) more.push(hexwatch.desk.speech.say("flag.members", { n: row.members }));
    return [stage, ...more].join(" · ");
  }

  class WorkGrid {
    constructor(desk) {
      this.desk = desk;
      this.at = -1; // the row that j and k move from
      this.movedAt = -Infinity;
      this.box = desk.part("worklist-box");
      this.looking = new hexwatch.Looking(async () => this._again());
      this.ready = this._begin();
    }

    leave() {
      this.gone = true;
      this.looking.stop();
      for (const off of this.off || []) off();
    }

    async _begin() {
      const api = await gridApi(this.desk.setup.ids.grid, () => this.gone);
      if (this.gone || !api) return;
      this.api = api;
      this._wire();
      api.setGridOption("columnDefs", columns(this.desk));
      api.setGridOption("rowClassRules", {
        opened: ({ data }) => Boolean(data) && data.case_id === this.desk.store.selected(),
        pending: ({ data }) => Boolean(data) && [...this.desk.asks.values()].some((ask) => ask.state === "pending" && ask.about === `case:${data.case_id}`),
      });
    }

    _wire() {
      const { api, desk } = this, { store } = desk;
      api.addEventListener("rowClicked", ({ data, event, rowIndex }) => {
        if (!data || event?.target.closest?.(".ag-selection-checkbox")) return;
        this.at = rowIndex;
        desk.openCase(data.case_id, "pointer");
      });
      api.addEventListener("cellFocused", ({ rowIndex }) => (this.at = rowIndex ?? this.at));
      api.addEventListener("selectionChanged", () => store.tell("chosen", this.chosen()));
      api.addEventListener("sortChanged", () => desk.lists.sorted(this._sort(api.getColumnState().filter((one) => one.sort).map((one) => ({ colId: one.colId, sort: one.sort })))));
      for (const type of ["pointermove", "wheel"]) this.box.addEventListener(type, () => (this.movedAt = performance.now()), { passive: true });
      this.box.addEventListener("pointerleave", () => this._released());
      desk.part("worklist-new").onclick = () => this._released();
      let second = 0;
      this.off = [
        store.subscribe("worklist", () => this.anew()),
        store.subscribe(hotline.pulse, () => this._changed()),
        store.subscribe("selection", () => api.redrawRows()),
        store.subscribe("asks", () => api.redrawRows()),
        store.subscribe("link", () => this._age()),
        store.subscribe("second", () => {
          if (this.waits && !this._isHeld()) this._released();
          if (++second % TICK_S === 0) api.refreshCells({ columns: ["due", "age"] });
        }),
      ];
      const add = (key, act, run) => desk.keys.add({ key, act, what: `key.${act}_case`, run });
      add("j", "next", () => this.move(1));
      add("k", "previous", () => this.move(-1));
      add("Enter", "open", () => this.open());
      add("x", "mark", () => this.mark());
    }

    /* Which rows a person marked, as far as they are known here. */
    chosen() {
      return this.api ? this.api.getSelectedRows() : [];
    }

    unmark() {
      this.api?.deselectAll();
    }

    // rows

    _sort(model) {
      const [first] = model, name = first && SORTS[first.colId];
      return name ? { name, order: name === "received" ? opposite(first.sort) : first.sort } : null;
    }

    /* What Dash's grid asks for, one block at a time; what was asked for another list meanwhile is asked anew. */
    async rows({ startRow, endRow, sortModel = [] }) {
      const { desk } = this, sort = this._sort(sortModel);
      let asked, answer;
      do {
        asked = desk.lists.choice.key;
        const began = performance.now(), { choice } = desk.lists;
        const fields = { list: choice.list, start: startRow, end: endRow, sort: sort?.name, order: sort?.order, ...choice.filters };
        answer = await desk.get(`cases/rows?${hotline.query(fields)}`);
        this.took = performance.now() - began;
      } while (asked !== desk.lists.choice.key && !this.gone);
      const { status, body } = answer;
      this.failed = status === 200 ? "" : hotline.trouble(status);
      this.total = status === 200 ? body.total : undefined;
      this._said();
      if (status === 200) desk.lists.rowsTold({ key: asked, list: desk.lists.choice.list }, body.total, body.seq);
      if (body.seq < this.seen) this.looking.ask(); // of before the change that was told
      return status === 200 ? { rowData: body.rows, rowCount: body.total } : { rowData: [], rowCount: 0 };
    }

    /* From the top: another list or another filter. */
    anew() {
      this.at = -1;
      this.waits = false;
      this.unmark();
      this.api.purgeInfiniteCache();
      this.api.ensureIndexVisible(0, "top");
      this._said();
    }

    /* Something changed. Rows under a hand wait, and a button says so. */
    _changed() {
      if (!this.api) return;
      this.seen = this.desk.store.picture?.seq;
      this._age();
      if (this._isHeld()) {
        this.waits = this.waits || performance.now();
        return void this._said();
      }
      this.looking.ask();
    }

    _again() {
      this.waits = 0;
      if (this.failed) this.api.purgeInfiniteCache();
      else this.api.refreshInfiniteCache();
    }

    _released() {
      this.movedAt = -Infinity;
      if (!this.waits) return;
      this.waits = 0;
      this.looking.ask();
      this._said();
    }

    _isHeld() {
      const now = performance.now(), held = now - this.movedAt < HELD_MS && this.box.matches(":hover");
      return held && !(this.waits && now - this.waits > MOST_HELD_MS);
    }

    _said() {
      const { desk } = this, { speech } = desk, { choice } = desk.lists;
      write(desk.part("worklist-said"), this.total === undefined ? "" : speech.say("list.rows", { n: this.total }));
      const button = desk.part("worklist-new");
      show(button, Boolean(this.waits));
      write(button, speech.say("list.changed"));
      const filtered = Object.values(choice.filters).some(Boolean);
      const why = this.failed || (this.total === 0 ? speech.say(filtered ? "list.none_filtered" : `list.none_${choice.list}`) : "");
      hotline.empty(desk.part("worklist-empty"), why);
      show(this.box, !why);
    }

    _age() {
      const { desk } = this, cut = desk.store.link === "cut" || desk.store.link === "refused", badge = desk.part("worklist-age");
      show(badge, cut);
      write(badge, desk.speech.say("panel.stale"));
    }

    // keys

    move(by) {
      const n = this.api.getDisplayedRowCount();
      if (!n) return;
      this.at = Math.min(n - 1, Math.max(0, this.at + by));
      this.api.ensureIndexVisible(this.at);
      this.api.setFocusedCell(this.at, "category");
      const row = this.api.getDisplayedRowAtIndex(this.at)?.data;
      if (row && this.desk.store.selected()) this.desk.openCase(row.case_id, "keys");
    }

    open() {
      const row = this.at >= 0 && this.api.getDisplayedRowAtIndex(this.at)?.data;
      if (row) this.desk.openCase(row.case_id, "keys");
      else this.move(1);
    }

    mark() {
      const node = this.at >= 0 && this.api.getDisplayedRowAtIndex(this.at);
      if (node?.data) node.setSelected(!node.isSelected());
    }
  }

  function opposite(order) {
    return order === "asc" ? "desc" : "asc"; // the younger the later received
  }

  /* The grid's own interface, as soon as Dash has made it; null when the page went first. */
  async function gridApi(id, gone) {
    while (!gone()) {
      try {
        return await root.dash_ag_grid.getApiAsync(id);
      } catch {
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    }
    return null;
  }

  hotline.parts.push((desk) => (desk.grid = new WorkGrid(desk)));
  Object.assign(hexwatch, { WorkGrid, nextDue, caseDueSaid: dueSaid, caseStageSaid: stageSaid });
})(typeof window === "undefined" ? globalThis : window);
