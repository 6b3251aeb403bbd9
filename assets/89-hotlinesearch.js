/* Search while the caller waits: number or its last digits, name, address, text, case; and what this caller had before. */
(function (root) {
  "use strict";
  const hexwatch = (root.hexwatch = root.hexwatch || {});
  const { hotline, write, show, element, isolated, fillList } = hexwatch;
  const PAUSE_MS = 220; // after the last letter
  const LEAST = 2;
  const CASES = 8;

  class Search {
    constructor(desk) {
      this.desk = desk;
      this.nodes = Object.fromEntries([...desk.page.querySelectorAll("[data-search]")].map((node) => [node.dataset.search, node]));
      this.input = hexwatch.fieldsIn(this.nodes.window).q;
      this.input.placeholder = this.nodes.window.querySelector("[data-placeholder]").dataset.placeholder;
      this.rows = [];
      this.at = -1;
      this.input.oninput = () => this._soon();
      this.nodes.window.addEventListener("keydown", (event) => this._key(event));
      this.nodes.close.onclick = () => this.nodes.window.close();
      desk.part("search-button").onclick = () => this.open();
      show(desk.part("search-button"), desk.setup.who.may_reveal);
      if (desk.setup.who.may_reveal) desk.keys.add({ key: "/", act: "search", what: "key.search_cases", run: () => this.open() });
    }

    leave() {
      clearTimeout(this.waiting);
      this.nodes.window.close();
    }

    open() {
      if (this.nodes.window.open) return;
      this.nodes.window.showModal();
      this.input.select();
      this.input.focus();
      if (!this.input.value) this._say(this.desk.speech.say("search.begin"));
    }

    _say(text) {
      write(this.nodes.said, text);
    }

    _soon() {
      clearTimeout(this.waiting);
      const text = this.input.value.trim();
      if (text.length < LEAST) {
        this._found([]);
        return void this._say(this.desk.speech.say("search.begin"));
      }
      this.waiting = setTimeout(() => this._look(text), PAUSE_MS);
    }

    async _look(text) {
      const { desk } = this, began = performance.now();
      const { status, body } = await desk.post("search", { q: text }); // what is looked for stands in no address
      if (text !== this.input.value.trim()) return;
      const rows = status === 200 ? body.results || [] : [];
      this._found(rows);
      const took = desk.speech.number(Math.round(performance.now() - began));
      this._say(status !== 200 ? hotline.trouble(status) : rows.length ? desk.speech.say("search.found", { n: rows.length, ms: took }) : desk.speech.say("search.none", { text }));
    }

    _found(rows) {
      this.rows = rows;
      fillList(this.nodes.results, rows, () => this._row(), (node, row, i) => this._fill(node, row, i));
      this.choose(rows.length ? 0 : -1);
    }

    _row() {
      const row = element("li", "result");
      row.setAttribute("role", "option");
      row.append(element("span", "result-why"), element("bdi", "result-what"), element("span", "quiet"));
      row.onclick = () => this._open([...this.nodes.results.children].indexOf(row));
      return row;
    }

    _fill(node, row, i) {
      const { desk } = this, { speech } = desk;
      node.id = `hotline-result-${i}`;
      write(node.children[0], hotline.coded("found.", row.why));
      write(node.children[1], hotline.called(row));
      write(node.children[2], [row.stage && hotline.coded("casestage.", row.stage), row.received_at && speech.when(row.received_at, desk.store.now())].filter(Boolean).join(" · "));
    }

    choose(at) {
      this.at = at;
      [...this.nodes.results.children].forEach((node, i) => node.setAttribute("aria-selected", String(i === at)));
      const row = this.rows[at];
      if (row) this.input.setAttribute("aria-activedescendant", `hotline-result-${at}`);
      else this.input.removeAttribute("aria-activedescendant");
      this.nodes.results.children[at]?.scrollIntoView({ block: "nearest" });
      this._caller(row);
    }

    _key(event) {
      if (hexwatch.isComposing(event)) return;
      const acts = {
        ArrowDown: () => this.choose(Math.min(this.rows.length - 1, this.at + 1)), ArrowUp: () => this.choose(Math.max(0, this.at - 1)), Enter: () => this._open(this.at),
      };
      if (!acts[event.key] || event.target.closest?.("button") || !this.rows.length) return;
      event.preventDefault();
      acts[event.key]();
    }

    _open(at) {
      const row = this.rows[at];
      if (!row) return;
      this.nodes.window.close();
      this.desk.openCase(row.case_id, "search");
    }

    // the caller

    /* Asked for by an opaque mark; the number itself stays where it is. */
    async _caller(row) {
      const { desk, nodes } = this, mark = row?.caller || "";
      this.mark = mark;
      show(nodes.caller, Boolean(mark));
      if (!mark) return;
      const { status, body } = await desk.get(`callers/${hotline.path(mark)}`);
      if (mark !== this.mark) return;
      if (status !== 200) {
        nodes["caller-cases"].replaceChildren();
        show(nodes.nuisance, false);
        return void write(nodes["caller-said"], hotline.trouble(status));
      }
      this._before(body);
    }

    _before(body) {
      const { desk, nodes } = this, { speech } = desk, cases = body.cases || [], now = desk.store.now();
      const languages = Object.keys(body.languages || {}).map((code) => hotline.language(code)).join(", ");
      write(nodes["caller-said"], [speech.say("caller.cases", { n: body.n ?? cases.length }), languages].filter(Boolean).join(" · "));
      this._flag(body.flag, now);
      this._acts(body);
      const promises = (body.promises || []).map((one) => ({ text: speech.say("caller.promise", { text: one.text, id: isolated(one.case_id) }) }));
      const rows = [...cases.slice(0, CASES).map((row) => ({ row, text: [hotline.called(row), row.stage && hotline.coded("casestage.", row.stage), row.received_at && speech.when(row.received_at, now)].filter(Boolean).join(" · ") })), ...promises];
      fillList(nodes["caller-cases"], rows, () => this._line(), (node, { row, text }) => {
        const [button] = node.children;
        write(button, row ? text : isolated(text));
        button.disabled = !row;
        button.onclick = () => row && (nodes.window.close(), desk.openCase(row.case_id, "search"));
      });
    }

    /* A label names its reason, its end and both people; it changes no priority. */
    _flag(flag, now) {
      const { nodes } = this, { speech } = this.desk;
      show(nodes.nuisance, Boolean(flag));
      if (flag) write(nodes.nuisance, `⚑ ${speech.say(flag.in_force ? "caller.nuisance" : "caller.proposed", { reason: flag.reason, until: speech.when(flag.until, now), by: [flag.by, flag.seconded_by].filter(Boolean).join(" + ") })}`);
    }

    _acts({ caller, flag }) {
      const { desk, nodes } = this, { speech, asks } = desk, buttons = [];
      const ask = async (verb, fields) => {
        const answer = await desk.ask(verb, { caller, ...fields });
        this._caller({ caller: this.mark });
        return answer;
      };
      const reason = { name: "reason", kind: "text", label: "field.reason", needed: true };
      const asked = (verb, fields) => desk.formWindow.open(speech.say(`act.${verb}`), fields, speech.say(`act.${verb}`), (values) => ask(verb, values));
      buttons.push(hotline.button(speech.say("caller.number"), () => this._number(caller), { look: "tool" }));
      if (desk.setup.who.may_case && asks) {
        if (!flag) buttons.push(hotline.button(speech.say("act.flag_caller"), () => asked("flag_caller", [reason, { name: "until", kind: "until", label: "field.until", options: hexwatch.hoursFrom(speech, 24, 168, 720), needed: true }]), { look: "tool" }));
        if (flag && !flag.in_force && flag.by !== desk.setup.who.name) buttons.push(hotline.button(speech.say("act.second_flag"), () => ask("second_flag", {}), { look: "tool" }));
        if (flag) buttons.push(hotline.button(speech.say("act.unflag_caller"), () => asked("unflag_caller", [reason]), { look: "tool" }));
      }
      nodes["caller-acts"].replaceChildren(...buttons);
    }

    /* The number itself: each look is written down. */
    async _number(caller) {
      const { status, body } = await this.desk.post(`callers/${hotline.path(caller)}/reveal`, {});
      if (caller === this.mark) write(this.nodes["caller-said"], status === 200 ? isolated(body.phone) : hotline.trouble(status));
    }

    _line() {
      const node = element("li");
      node.append(hotline.button("", null, { look: "link" }));
      return node;
    }
  }

  hotline.panel("search-button", (desk) => (desk.search = new Search(desk)));
})(typeof window === "undefined" ? globalThis : window);
