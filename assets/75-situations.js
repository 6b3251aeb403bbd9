/* Situations that the hotline offers: several calls that may be one incident, with what speaks for it; a dispatcher says
   whether they are. The strip lies over the map, so that nothing moves because one came. */
(function (root) {
  "use strict";
  const hexwatch = (root.hexwatch = root.hexwatch || {});
  const { write, show, element, fillList, isolated } = hexwatch;
  const PRIORITIES = [1, 2, 3];

  /* Offered ones, the oldest offer first: somebody waits for an answer. */
  function offered(situations) {
    return [...situations].filter((one) => one.state === "offered").sort((a, b) => (a.offered_at < b.offered_at ? -1 : a.offered_at > b.offered_at ? 1 : a.id < b.id ? -1 : 1));
  }

  /* The kind of incident whose id begins as the category's does: gas_smell is most likely a gas_leak. */
  function likelyKind(category, kinds) {
    const first = String(category || "").split(/[_ ]/)[0].toLowerCase();
    return kinds.find((kind) => first && kind.toLowerCase().startsWith(first)) || "";
  }

  class Offered {
    constructor(desk) {
      this.desk = desk;
      this.strip = desk.page.querySelector('[data-situation="strip"]');
      this.rows = desk.page.querySelector('[data-situation="rows"]');
      this.seen = null;
      const draw = () => this.draw();
      this.ends = [desk.store.subscribe("situations", draw), desk.store.subscribe("asks", draw), desk.store.subscribe("second", () => this.ages())];
      this.draw();
    }

    leave() {
      for (const end of this.ends) end();
    }

    draw() {
      const rows = offered(this.desk.store.topic("situations").values());
      show(this.strip, rows.length > 0);
      fillList(this.rows, rows, () => this._row(), (node, one) => this._fill(node, one));
      this._announce(rows);
    }

    /* Said once when it comes; what was there when the page began was not news. */
    _announce(rows) {
      const ids = new Set(rows.map((one) => one.id)), before = this.seen;
      this.seen = ids;
      for (const one of before ? rows : []) if (!before.has(one.id)) this.desk.sayOnce(this.desk.speech.say("situation.offered", { title: one.title, n: this._count(one) }));
    }

    _row() {
      const row = element("li", "offered-row");
      const text = element("div", "offered-text"), acts = element("form", "offered-acts");
      text.append(element("b"), element("span", "offered-what"), element("span", "quiet offered-why"));
      const kind = element("select"), priority = element("select"), reason = element("input");
      kind.name = "kind";
      priority.name = "priority";
      Object.assign(reason, { name: "reason", type: "text", maxLength: 500, autocomplete: "off" });
      const make = (look) => Object.assign(element("button", look), { type: "button" });
      const places = [make("tool"), make("tool strong"), make("tool")];
      acts.append(places[0], kind, priority, places[1], reason, places[2], element("span"));
      acts.addEventListener("submit", (event) => event.preventDefault());
      row.append(text, acts);
      this._options(kind, priority);
      return row;
    }

    _options(kind, priority) {
      const { speech, setup } = this.desk;
      const named = Object.keys(setup.names?.incident_kinds || {}).map((id) => [id, speech.name("incident_kinds", id)]);
      for (const [id, name] of named.sort((a, b) => a[1].localeCompare(b[1], speech.tag))) kind.append(Object.assign(element("option", "", name), { value: id }));
      for (const n of PRIORITIES) priority.append(Object.assign(element("option", "", speech.say("priority.name", { n })), { value: n }));
    }

    _fill(row, one) {
      const { speech } = this.desk, [text, acts] = row.children, [title, what, why] = text.children, [see, kind, priority, take, reason, decline, told] = acts.children;
      write(title, speech.say("situation.title", { title: one.title }));
      write(what, [this._count(one), speech.name("categories", one.category), this.desk.place(one)].join(" · "));
      write(why, this._why(one));
      row.dataset.offered = one.id;
      if (row.dataset.drawn !== one.id) {
        row.dataset.drawn = one.id; // a choice that was begun stays when numbers change
        kind.value = likelyKind(one.category, [...kind.options].map((option) => option.value)) || kind.options[0]?.value || "";
        priority.value = "1";
        reason.value = "";
        told.replaceChildren(...(this.desk.setup.who.may_list ? [governanceLink(one, this.desk)] : []));
      }
      for (const [node, key] of [[kind, "kind"], [priority, "priority"], [reason, "reason"]]) node.setAttribute("aria-label", speech.say(`situation.${key}`));
      reason.placeholder = speech.say("situation.reason");
      write(see, speech.say("situation.see"));
      write(take, speech.say("situation.promote"));
      write(decline, speech.say("situation.decline"));
      see.hidden = typeof one.lat !== "number" || !this.desk.map?.map;
      see.onclick = () => this.desk.map.map.setView([one.lat, one.lng], Math.max(this.desk.map.map.getZoom(), 15));
      take.onclick = () => this._ask("promote_situation", one, { kind: kind.value, priority: Number(priority.value) });
      decline.onclick = () => this._decline(one, reason);
      const pending = [...(this.desk.asks?.values() || [])].some((ask) => ask.about === `situation:${one.id}` && ask.state === "pending");
      for (const node of [take, decline]) node.disabled = pending;
    }

    _count(one) {
      return this.desk.speech.say("situation.cases", { n: one.n });
    }

    /* Evidence in one line: since when, how far apart, in which languages, which cases. */
    _why(one) {
      const { speech } = this.desk;
      return [
        speech.say("situation.since", { time: this.desk.time(one.since), age: this.desk.age(one.since) }),
        one.span_m ? speech.say("situation.span", { n: one.span_m }) : "",
        (one.languages || []).map((tag) => languageName(tag, speech)).join(speech.say("situation.and")),
        (one.case_ids || []).slice(0, 6).map(isolated).join(" "),
        speech.say("situation.by", { who: one.by }),
      ].filter(Boolean).join(" · ");
    }

    ages() {
      if (!this.strip.hidden) this.draw();
    }

    _ask(verb, one, fields) {
      return this.desk.ask(verb, { situation_id: one.id, ...fields }, { about: `situation:${one.id}`, if_version: one.version });
    }

    _decline(one, reason) {
      if (!reason.value.trim()) {
        this.desk.hint(this.desk.speech.say("situation.why_not"));
        return void reason.focus();
      }
      this._ask("decline_situation", one, { reason: reason.value.trim() });
    }
  }

  /* What was there before, what was done and what came after, on a page of its own beside the desk. */
  function governanceLink(one, desk) {
    const { speech, setup } = desk;
    const link = element("a", "tool", speech.say("situation.page"));
    return Object.assign(link, { href: `/briefing/case/${encodeURIComponent(one.id)}?lang=${setup.lang.id}`, target: "_blank" });
  }

  function languageName(code, speech) {
    try {
      return new Intl.DisplayNames([speech.tag], { type: "language" }).of(code);
    } catch {
      return code;
    }
  }

  Object.assign(hexwatch, { Offered, governanceLink, offeredInOrder: offered, likelyKind });
  hexwatch.desk?.parts?.push((desk) => (desk.page.querySelector('[data-situation="strip"]') ? new Offered(desk) : { leave() {} }));
})(typeof window === "undefined" ? globalThis : window);
