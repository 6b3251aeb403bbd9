/* Situations: what many callers say at once, with its cases as evidence, offered to the dispatcher by a person. */
(function (root) {
  "use strict";
  const hexwatch = (root.hexwatch = root.hexwatch || {});
  const { hotline, write, element, isolated, fillList } = hexwatch;
  // state -> what the hotline may do with it, and the dispatcher
  const ACTS = { open: ["offer_situation", "close_situation"], offered: ["close_situation"], declined: ["offer_situation", "close_situation"], promoted: ["close_situation"] };
  const JOINING = ["open", "offered", "declined"]; // one that is an incident is joined by others, and joins none
  const DISPATCHERS = { offered: ["promote_situation", "decline_situation"] };

  function newId(prefix) {
    const bytes = root.crypto.getRandomValues(new Uint8Array(8));
    return `${prefix}-${[...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("")}`;
  }

  class Situations {
    constructor(desk) {
      this.desk = desk;
      desk.openSituation = (id) => this.choose(id);
      const draw = () => this.draw();
      this.off = [desk.store.subscribe("situations", draw), desk.store.subscribe("selection", draw)];
      this.draw();
      const asked = new URL(root.location.href).searchParams.get("situation"); // `?situation=S1`, from its governance case
      if (asked) this.choose(asked);
    }

    leave() {
      for (const off of this.off) off();
    }

    draw() {
      const { desk } = this, order = { open: 0, declined: 1, offered: 2, promoted: 3, closed: 4 };
      const rows = [...desk.store.topic("situations").values()].sort((a, b) => (order[a.state] ?? 5) - (order[b.state] ?? 5) || (a.since < b.since ? 1 : -1));
      desk.lower.count("situations", rows.filter((one) => one.state !== "closed").length);
      hotline.empty(desk.part("situations-empty"), rows.length ? "" : desk.speech.say("situation.none"));
      fillList(desk.part("situations-list"), rows, () => this._card(), (node, one) => this._fill(node, one));
    }

    _card() {
      const card = element("li", "card"), head = element("div", "line-between");
      head.append(element("b"), element("span", "state-badge"));
      card.append(head, element("p", "quiet"), element("p", "card-cases"), element("div", "card-acts"));
      return card;
    }

    _fill(card, one) {
      const { desk } = this, { speech } = desk, [head, said, cases, acts] = card.children;
      card.classList.toggle("chosen", String(one.id) === this.chosen);
      card.dataset.situation = one.id;
      write(head.children[0], one.title || speech.name("categories", one.category || "other"));
      write(head.children[1], hotline.coded("situation.", one.state));
      head.children[1].dataset.state = one.state;
      write(said, this._said(one));
      fillList(cases, (one.case_ids || []).slice(0, 12), () => hotline.button("", null, { look: "link" }), (node, id) => {
        write(node, isolated(id));
        node.onclick = () => desk.openCase(id, "pointer");
      });
      const key = `${one.id} ${one.state} ${one.version} ${desk.store.selected()} ${this._others(one).length} ${(one.parts || []).length}`;
      if (acts.dataset.drawn === key) return;
      acts.dataset.drawn = key;
      const { may_case, may_ask, may_list } = desk.setup.who;
      const verbs = [...(may_ask ? DISPATCHERS[one.state] || [] : []), ...(may_case ? [...(ACTS[one.state] || []), ...this._together(one), ...this._ofCase(one)] : [])];
      const there = typeof one.lat === "number" ? [hotline.button(speech.say("cluster.show"), () => desk.map?.go(one), { look: "tool" })] : [];
      const told = may_list ? [hexwatch.governanceLink(one, desk)] : [];
      acts.replaceChildren(...there, ...verbs.map((verb) => hotline.button(speech.say(`act.${verb}`), () => this._do(verb, one), { look: verb === "offer_situation" ? "act" : "tool" })), ...told);
    }

    _said(one) {
      const { speech, store } = this.desk;
      return [
        speech.say("situation.evidence", { n: one.n }), one.area && speech.name("areas", one.area), one.since && speech.say("cluster.since", { time: speech.when(one.since, store.now()) }),
        one.offered_at && speech.say("situation.offered_at", { time: speech.when(one.offered_at, store.now()) }), one.incident_id && speech.say("situation.incident", { id: isolated(one.incident_id) }), one.by,
      ].filter(Boolean).join(" · ");
    }

    /* The open case may join its evidence, or leave it. */
    _ofCase(one) {
      const id = this.desk.store.selected();
      if (!id || one.state === "closed") return [];
      return [(one.case_ids || []).includes(id) ? "remove_from_situation" : "add_to_situation"];
    }

    /* What it may be merged into: anything else that people work on. */
    _others(one) {
      return [...this.desk.store.topic("situations").values()].filter((other) => other.id !== one.id && other.state !== "closed");
    }

    _together(one) {
      const merging = JOINING.includes(one.state) && this._others(one).length ? ["merge_situations"] : [];
      return one.parts?.length ? [...merging, "split_situation"] : merging;
    }

    /* What is asked before an act that needs more than its situation. */
    _fields(verb, one) {
      const { desk } = this, reason = { name: "reason", kind: "text", label: "field.reason", needed: verb === "decline_situation" };
      const titled = (other) => [other.id, `${other.title || isolated(other.id)} (${desk.speech.number(other.n)})`];
      if (verb === "promote_situation") return hexwatch.CASE_VERBS.promote_case.fields(desk);
      if (verb === "merge_situations") return [{ name: "into", kind: "select", label: "field.into_situation", options: [["", "–"], ...this._others(one).map(titled)], needed: true }, reason];
      if (verb === "split_situation") return [{ name: "situation_id", kind: "select", label: "field.part", options: one.parts.map((part) => [part.id, part.title || isolated(part.id)]), needed: true }, reason];
      return [reason];
    }

    choose(id) {
      this.chosen = String(id);
      this.desk.lower.show("situations");
      this.draw();
    }

    /* What these cases say together becomes a candidate; who opens it names it. */
    begin(rows) {
      const { desk } = this, { speech } = desk, [first] = rows, case_ids = rows.map((row) => row.case_id);
      if (!case_ids.length) return;
      const where = first.area ? speech.name("areas", first.area) : "";
      const title = [speech.name("categories", first.category || "other"), where].filter(Boolean).join(", ");
      desk.formWindow.open(speech.say("situation.new", { n: case_ids.length }), [
        { name: "title", kind: "text", label: "field.title", value: title, needed: true },
        { name: "reason", kind: "area", label: "field.reason", needed: true },
      ], speech.say("act.open_situation"), async (values) => {
        const answer = await desk.ask("open_situation", { situation_id: newId("S"), category: first.category || "other", case_ids, ...values });
        if (answer.state === "done") desk.lower.show("situations");
        return answer;
      });
    }

    _do(verb, one) {
      const { desk } = this, fields = { situation_id: one.id }, version = one.version === undefined ? {} : { if_version: one.version };
      if (verb === "offer_situation") return void desk.ask(verb, fields, version);
      if (verb === "add_to_situation" || verb === "remove_from_situation") return void desk.ask(verb, { ...fields, case_ids: [desk.store.selected()] }, version);
      const said = desk.speech.say(`act.${verb}`), seen = verb === "split_situation" ? {} : version; // that is of the part, which is not shown
      desk.formWindow.open(said, this._fields(verb, one), said, (values) => desk.ask(verb, { ...fields, ...values }, seen));
    }
  }

  hotline.panel("situations-list", (desk) => (desk.situations = new Situations(desk)));
  Object.assign(hexwatch, { newSubjectId: newId });
})(typeof window === "undefined" ? globalThis : window);
