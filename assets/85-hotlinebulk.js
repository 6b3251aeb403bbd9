/* Several cases at once: first what will happen to each, then one request after the other, each with its own answer. */
(function (root) {
  "use strict";
  const hexwatch = (root.hexwatch = root.hexwatch || {});
  const { hotline, write, show, element, fillList } = hexwatch;
  const { CASE_VERBS, EACH_SUGGESTED } = hexwatch;
  const MOST = 200;
  const AT_ONCE = 6; // questions to the catalogue
  const SIGNS = { "": "→", out: "–", pending: "…", done: "✓", refused: "✕", denied: "✕", unsent: "!" };

  /* [{row, out}]: which would be asked for, and which are left out because it cannot be done with them now. */
  function previewOf(verb, rows, who, into = "") {
    return rows.map((row) => ({ row, state: hexwatch.mayDoCase(verb, row, who) && row.case_id !== into ? "" : "out" }));
  }

  class Bulk {
    constructor(desk) {
      this.desk = desk;
      this.bar = desk.part("bulk-bar");
      this.nodes = Object.fromEntries([...desk.page.querySelectorAll("[data-bulk]")].map((node) => [node.dataset.bulk, node]));
      this.nodes.close.onclick = this.nodes.leave.onclick = () => this.nodes.window.close();
      this.nodes.do.onclick = () => this._do();
      this.nodes.window.addEventListener("close", () => (this.stopped = true));
      this.off = [desk.store.subscribe("chosen", (rows) => this._chosen(rows))];
      this.rows = [];
    }

    leave() {
      for (const off of this.off) off();
      this.nodes.window.close();
    }

    _chosen(rows) {
      const { desk } = this, { speech } = desk;
      this.rows = rows.slice(0, MOST);
      show(this.bar, rows.length > 0);
      if (!rows.length) return;
      const verbs = Object.keys(CASE_VERBS).filter((verb) => CASE_VERBS[verb].bulk && hexwatch.mayEverDoCase(verb, desk.setup.who));
      const said = element("b", "", speech.say("bulk.chosen", { n: rows.length }));
      const more = rows.length > MOST ? [element("span", "quiet", speech.say("bulk.most", { n: MOST }))] : [];
      const situation = desk.setup.who.may_case ? [hotline.button(speech.say("act.open_situation"), () => desk.situations?.begin(this.rows), { look: "tool" })] : [];
      const none = hotline.button(speech.say("bulk.none"), () => desk.grid.unmark(), { look: "tool" });
      this.bar.replaceChildren(said, ...more, ...verbs.map((verb) => hotline.button(speech.say(`act.${verb}`), () => this.begin(verb), { look: "tool" })), ...situation, none);
    }

    begin(verb) {
      const { desk, nodes } = this, { speech } = desk, [first] = this.rows;
      Object.assign(this, { verb, stopped: false, running: false });
      const fields = CASE_VERBS[verb].fields?.(desk, this._alike() ? first : null) || [];
      const asked = { merge_cases: () => this._leads(), dispatch_case: () => this._bodies(fields) }[verb];
      this.form = new hexwatch.Fields(desk, nodes.fields, asked ? asked() : fields);
      if (verb === "dispatch_case") this._suggest(this.rows);
      nodes.fields.oninput = () => this._preview();
      write(nodes.title, speech.say(`act.${verb}`));
      this._preview();
      if (!nodes.window.open) nodes.window.showModal();
    }

    /* Merging wants one of them to lead: the oldest unless another is chosen. */
    _leads() {
      const rows = [...this.rows].sort((a, b) => Date.parse(a.received_at) - Date.parse(b.received_at));
      return [{ name: "into", kind: "select", label: "field.lead", options: rows.map((row) => [row.case_id, hotline.called(row)]), needed: true }];
    }

    /* Each may go to whom the catalogue names for it; supporters are then the catalogue's, too. */
    _bodies(fields) {
      const each = [EACH_SUGGESTED, this.desk.speech.say("bulk.each_suggested")];
      return fields.map((field) => (field.name === "owner" ? { ...field, options: [each, ...field.options.filter(([id]) => id)] } : field));
    }

    async _suggest(rows) {
      const { acts, suggestions } = this.desk, wanted = rows.filter((row) => !suggestions.has(row.case_id));
      for (let i = 0; i < wanted.length && !this.stopped; i += AT_ONCE) {
        await Promise.all(wanted.slice(i, i + AT_ONCE).map((row) => acts.suggest(row)));
        if (!this.running) this._draw();
      }
    }

    /* What is asked for this row; null when nobody is suggested for it. */
    _valuesFor(row, values) {
      if (values.owner !== EACH_SUGGESTED) return values;
      const [owner] = hexwatch.suggestedOwners(this.desk, row), told = this.desk.suggestions.get(row.case_id);
      return owner ? { ...values, owner, supporters: values.supporters || told?.supporters || [] } : null;
    }

    _alike() {
      return new Set(this.rows.map((row) => row.category)).size === 1;
    }

    _preview() {
      this.plan = previewOf(this.verb, this.rows, this.desk.setup.who, this.form.read().values.into);
      this._draw();
    }

    _draw() {
      const { nodes, desk, plan } = this, { speech } = desk, n = plan.filter((one) => one.state !== "out").length, done = plan.filter((one) => one.state === "done").length;
      const over = plan.length - n, { values } = this.form.read();
      write(nodes.said, this.running ? speech.say("bulk.progress", { n: done, of: n }) : [speech.say("bulk.will", { n }), over ? speech.say("bulk.left_out", { n: over }) : ""].filter(Boolean).join(" "));
      write(nodes.do, speech.say("bulk.do", { what: speech.say(`act.${this.verb}`), n }));
      nodes.do.disabled = this.running || !n;
      fillList(nodes.rows, plan, () => line(), (node, { row, state, reason }) => {
        node.dataset.state = state;
        write(node.children[0], SIGNS[state] || "");
        write(node.children[1], hotline.called(row));
        const stage = hotline.coded("casestage.", hexwatch.stageOf(row)), owner = values.owner && this._valuesFor(row, values)?.owner;
        write(node.children[2], reason || (state === "out" ? speech.say("bulk.out", { stage }) : [stage, owner && hotline.owner(owner)].filter(Boolean).join(" → ")));
      });
    }

    async _do() {
      const { values, missing } = this.form.read(), { desk, nodes } = this;
      if (missing.length) return void write(nodes.said, desk.speech.say("form.missing", { what: missing.map((field) => desk.speech.say(field.label)).join(", ") }));
      this.running = true;
      for (const one of this.plan.filter(({ state }) => state === "")) {
        if (this.stopped) break;
        const asked = this._valuesFor(one.row, values);
        one.state = asked ? "pending" : "out";
        this._draw();
        if (!asked) continue;
        const version = one.row.version === undefined ? {} : { if_version: one.row.version };
        const answer = await desk.ask(this.verb, { case_id: one.row.case_id, ...asked }, { ...version, quiet: true });
        Object.assign(one, { state: answer.state, reason: answer.reason });
      }
      this.running = false;
      this.plan.forEach((one) => one.state === "" && (one.state = "out"));
      const failed = this.plan.filter((one) => !["done", "out"].includes(one.state)).length;
      this._draw();
      write(nodes.said, desk.speech.say(failed ? "bulk.some_failed" : "bulk.all_done", { n: failed }));
      nodes.do.disabled = true;
      desk.grid.unmark();
    }
  }

  function line() {
    const node = element("li", "bulk-row");
    node.append(element("b", "ask-sign"), element("bdi"), element("span", "quiet"));
    return node;
  }

  hotline.parts.push((desk) => (desk.bulk = new Bulk(desk)));
  Object.assign(hexwatch, { bulkPreview: previewOf });
})(typeof window === "undefined" ? globalThis : window);
