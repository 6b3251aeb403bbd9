/* Acts on the opened case: the usual next ones as buttons, the others behind one, each with its small form in place. */
(function (root) {
  "use strict";
  const hexwatch = (root.hexwatch = root.hexwatch || {});
  const { hotline, show, element } = hexwatch;
  const { CASE_VERBS } = hexwatch;

  const SAID_AS = {
    category: (value) => hexwatch.desk.speech.name("categories", value),
    area: (value) => hexwatch.desk.speech.name("areas", value),
    kind: (value) => hotline.coded("casekind.", value),
  };

  /* A reason of the dispatch catalogue in the page's language: its own words, or what of the case fitted. */
  function whySaid({ code, value }) {
    const { setup, speech } = hexwatch.desk, key = code === "caller" ? `why.caller.${value}` : `why.${code}`;
    if (!speech.has(key)) return setup.catalogueSays[value] || value;
    return speech.say(key, { value: SAID_AS[code]?.(value) ?? value });
  }

  class CaseActs {
    constructor(desk) {
      this.desk = desk;
      this.box = desk.part("case-acts");
      this.place = desk.part("case-form");
      this.verb = "";
      desk.suggestions = new Map();
      desk.forms = this;
      for (const [verb, { key }] of Object.entries(CASE_VERBS)) {
        if (key && hexwatch.mayEverDoCase(verb, desk.setup.who)) desk.keys.add({ key, act: verb, what: `act.${verb}`, run: () => this.begin(verb), when: () => Boolean(desk.case.document) });
      }
    }

    leave() {
      this.close();
    }

    draw(row) {
      const { desk } = this, { usual, others } = hexwatch.actsForCase(row, desk.setup.who);
      const key = JSON.stringify([row.case_id, usual, others, this.open, this.verb]);
      if (key === this.key) return; // buttons under a pointer stay the same buttons
      this.key = key;
      const buttons = usual.map((verb) => this._button(verb));
      if (others.length) {
        const more = hotline.button(desk.speech.say(this.open ? "act.fewer" : "act.more"), () => this._more(), { look: "tool" });
        more.setAttribute("aria-expanded", String(Boolean(this.open)));
        buttons.push(more, ...(this.open ? others.map((verb) => this._button(verb)) : []));
      }
      if (!buttons.length) buttons.push(element("p", "quiet", desk.speech.say(desk.setup.replay ? "replay.no_acts" : "act.only_look")));
      this.box.replaceChildren(...buttons);
    }

    _button(verb) {
      const { desk } = this, key = CASE_VERBS[verb].key ? hexwatch.keySaid(desk.keys.keyOf(verb)) : "";
      const button = hotline.button(desk.speech.say(`act.${verb}`), () => this.begin(verb), { key });
      button.dataset.verb = verb;
      button.setAttribute("aria-pressed", String(this.verb === verb));
      return button;
    }

    _more() {
      this.open = !this.open;
      this.draw(this.desk.case.document);
    }

    /* To whom the catalogue would send it, and why; asked when the case is opened, there when the form is. */
    async suggest(row) {
      if (!this.desk.setup.who.may_case) return;
      const { desk } = this, { status, body } = await desk.get(`dispatching?${hotline.query({ case: row.case_id })}`);
      if (status === 200) desk.suggestions.set(row.case_id, body);
    }

    _why(verb, row) {
      const told = verb === "dispatch_case" && this.desk.suggestions.get(row.case_id);
      return told ? this.desk.speech.say("act.suggested", { why: told.why.map(whySaid).join("; "), version: hexwatch.isolated(told.version || "–") }) : "";
    }

    /* Without fields it is asked for at once; else its form opens below the buttons. */
    begin(verb) {
      const { desk } = this, row = desk.case.document, { fields } = CASE_VERBS[verb];
      if (!row) return;
      if (!hexwatch.mayDoCase(verb, row, desk.setup.who)) return void desk.hint(desk.speech.say("act.not_now", { what: desk.speech.say(`act.${verb}`), stage: hotline.coded("casestage.", hexwatch.stageOf(row)) }));
      if (!fields) return void this._ask(verb, row, {});
      this.verb = verb;
      const send = hotline.button(desk.speech.say(`act.${verb}`), () => this._send(), { key: "Ctrl+Enter", look: "act strong" });
      const cancel = hotline.button(desk.speech.say("act.cancel"), () => this.close(), { look: "tool" });
      const box = element("div", "case-fields"), acts = element("div", "case-form-acts");
      this.form = new hexwatch.Fields(desk, box, fields(desk, row));
      this.said = element("p", "form-said");
      this.said.setAttribute("role", "alert");
      acts.append(send, cancel, this.said);
      this.place.replaceChildren(element("p", "quiet", this._why(verb, row)), box, acts);
      this.place.onkeydown = (event) => this._typed(event);
      show(this.place, true);
      this.form.focus();
      this.draw(row);
      this.subject = row;
    }

    _typed(event) {
      if (hexwatch.isComposing(event)) return;
      if (event.key === "Escape") {
        event.stopPropagation();
        this.close();
      } else if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
        event.preventDefault();
        event.stopPropagation();
        this._send();
      }
    }

    close() {
      this.verb = "";
      this.form = null;
      show(this.place, false);
      this.place.replaceChildren();
      if (this.desk.case?.document) this.draw(this.desk.case.document);
    }

    async _send() {
      const { desk, verb, subject } = this, { values, missing } = this.form.read();
      if (missing.length) {
        this.said.textContent = desk.speech.say("form.missing", { what: missing.map((field) => desk.speech.say(field.label)).join(", ") });
        return;
      }
      this.close();
      const answer = await this._ask(verb, subject, values);
      if (answer.state !== "done") desk.store.tell("refused", { verb, values });
    }

    _ask(verb, row, values) {
      return this.desk.ask(verb, { case_id: row.case_id, ...values }, { if_version: row.version });
    }
  }

  hotline.parts.push((desk) => (desk.acts = new CaseActs(desk)));
  Object.assign(hexwatch, { whySaid });
})(typeof window === "undefined" ? globalThis : window);
