/* The opened case: its clock, what is known, what happened, who called (when a person asks to see), and what is like it. */
(function (root) {
  "use strict";
  const hexwatch = (root.hexwatch = root.hexwatch || {});
  const { hotline, write, show, element, isolated, fillList } = hexwatch;
  const AGAIN_MS = 1200;
  const PRIVATE = ["name", "phone", "address", "text", "answer"];
  const LOCKED = new Set([403, 423]);

  class CasePanel {
    constructor(desk) {
      this.desk = desk;
      this.document = null;
      this.history = null;
      this.revealed = null; // personal fields of this case, while it is open
      this.looking = new hexwatch.Looking(() => this._look(), AGAIN_MS);
      desk.openCase = (id, by = "code") => this.open(id, by);
      desk.part("case-close").onclick = () => this.close();
      desk.part("case-reveal").onclick = () => this.reveal();
      show(desk.part("case-private-box"), desk.setup.who.may_reveal || desk.setup.who.bodies.length > 0);
      const { store } = desk;
      this.off = [
        store.subscribe("selection", () => this._selected()),
        store.subscribe("clock", () => store.selected() && this.looking.ask()), // any commit: an act of somebody else may change no figure
        store.subscribe("asks", () => this._asked()),
        store.subscribe("second", () => (this.document ? this._clock() : this._draw())),
        store.subscribe("link", () => this._age()),
        store.subscribe("matters", () => this._askMatters()),
      ];
      desk.keys.add({ key: "Escape", act: "close-case", what: "key.close_case", run: () => desk.asking.unname() || desk.asking.dismiss() || this.close() });
      this._draw();
    }

    leave() {
      for (const off of this.off) off();
      this.looking.stop();
    }

    open(id, by) {
      this.desk.store.select(id, { by });
      this.desk.lower.show("case", { by });
    }

    close() {
      this.desk.store.select("", { by: "keys" });
      this.desk.lower.show(this.desk.lower.before);
    }

    _selected() {
      Object.assign(this, { document: null, history: null, revealed: null, status: 0, since: performance.now() });
      this.desk.forms?.close();
      this._private(); // what was shown of another case is gone, not hidden
      this.desk.part("case-timeline").replaceChildren();
      this._draw();
      if (this.desk.store.selected()) this._now();
    }

    /* A case that somebody has just opened is not waited for. */
    _now() {
      this.looking.now();
    }

    _asked() {
      const about = `case:${this.desk.store.selected()}`;
      if ([...this.desk.asks.values()].some((ask) => ask.about === about)) this._now();
      this._draw();
    }

    async _look() {
      const { desk } = this, id = desk.store.selected();
      if (!id) return;
      const { status, body } = await desk.get(`cases/${hotline.path(id)}?private=0`);
      if (id !== desk.store.selected()) return void this._now();
      this.status = status;
      const changed = status === 200 && (body.version !== this.document?.version || !this.history);
      if (status === 200) this.document = body;
      if (status === 404) this.document = null; // went to a body whose cases are not shown here
      this._draw();
      desk.store.tell("document", id);
      if (!changed) return;
      if (!desk.suggestions.has(id)) desk.acts?.suggest(body);
      this._askMatters();
      const told = await desk.get(`cases/${hotline.path(id)}/history`);
      if (id !== desk.store.selected()) return;
      if (told.status === 200) this.history = told.body;
      this._timeline();
      this.desk.similar?.look(this.document);
    }

    // drawing

    _draw() {
      const { desk } = this, id = desk.store.selected(), { document } = this;
      show(desk.part("case-body"), Boolean(document));
      hotline.empty(desk.part("case-empty"), document ? "" : this._why(id));
      if (!document) return;
      this._head();
      this._facts();
      this._private();
      this._matters();
      this._timeline();
      desk.acts?.draw(document);
      this._age();
    }

    _why(id) {
      const { speech, keys } = this.desk;
      if (!id) return speech.say("case.none", { key: hexwatch.keySaid(keys.keyOf("next")) });
      if (!this.status) return speech.say("case.loading");
      return this.status === 404 ? speech.say("case.unknown", { id: isolated(id) }) : hotline.trouble(this.status);
    }

    _head() {
      const { desk, document } = this, { speech } = desk;
      const parts = [element("b", `grade grade-${document.grade || "none"}`, document.grade || ""), element("bdi", "", speech.name("categories", document.category)), element("span", "quiet", document.area ? speech.name("areas", document.area) : speech.say("place.unknown")), element("bdi", "quiet", document.case_id), element("span", `stage-badge`, hotline.coded("casestage.", hexwatch.stageOf(document)))];
      desk.part("case-title").replaceChildren(...parts.filter((one) => one.textContent));
      this._clock();
    }

    /* What still runs and how long, the nearest first; loud and with a sign when over. */
    _clock() {
      const { desk, document } = this;
      if (!document || document.case_id !== desk.store.selected()) return;
      const { speech } = desk, node = desk.part("case-clock");
      const said = hexwatch.deadlinesOf(document).map(({ key, at }) => {
        const due = hotline.due(at);
        return { text: speech.say(`clock.${key}`, { due: due.text, time: speech.when(at, desk.store.now()) }), level: due.level };
      });
      if (document.paused_at && !document.closed_at) said.unshift({ text: `❚❚ ${speech.say("clock.paused", { time: speech.when(document.paused_at, desk.store.now()) })}`, level: "soon" });
      if (document.closed_at) said.unshift({ text: speech.say("clock.closed", { time: speech.when(document.closed_at, desk.store.now()) }), level: "" });
      if (!said.length) said.push({ text: speech.say("clock.none"), level: "" });
      fillList(node, said, () => element("span"), (span, one) => {
        write(span, one.text);
        span.className = one.level;
      });
    }

    _facts() {
      const { desk, document } = this, { speech } = desk, now = desk.store.now();
      const yes = (value) => (value === null || value === undefined ? "" : speech.say(value ? "word.yes" : "word.no"));
      const rows = [
        ["owner", document.owner && hotline.owner(document.owner)],
        ["supporters", (document.supporters || []).map(hotline.owner).join(", ")],
        ["kind", hotline.coded("casekind.", document.kind)],
        ["channel", document.channel && speech.name("channels", document.channel)],
        ["language", hotline.language(document.language)],
        ["received", document.received_at && speech.say("case.since", { time: speech.when(document.received_at, now), age: speech.duration((now - Date.parse(document.received_at)) / 1000) })],
        ["returned", document.returned ? speech.number(document.returned) : ""],
        ["return_code", document.return_code && hotline.coded("return.", document.return_code)],
        ["reopened", document.reopened ? speech.number(document.reopened) : ""],
        ["followed_up", document.followed_up_at && [yes(document.contacted) && `${speech.say("follow.contacted")} ${yes(document.contacted)}`, yes(document.resolved) && `${speech.say("follow.resolved")} ${yes(document.resolved)}`, document.satisfied && `${speech.say("follow.satisfied")} ${speech.number(document.satisfied)}/5`].filter(Boolean).join(" · ")],
        ["merged_into", document.merged_into && isolated(document.merged_into)],
        ["members", document.members ? speech.number(Array.isArray(document.members) ? document.members.length : document.members) : ""],
        ["situation", document.situation_id && isolated(document.situation_id)],
        ["incident", document.incident_id && document.promoted_at && isolated(document.incident_id)],
      ].filter(([, text]) => text);
      fillList(desk.part("case-facts"), rows, definition, (node, [key, text]) => {
        write(node.children[0], speech.say(`fact.${key}`));
        write(node.children[1], text);
      });
    }

    // who called

    /* Read only when a person asks, and written down who did. */
    async reveal() {
      const { desk } = this, id = desk.store.selected(), button = desk.part("case-reveal");
      button.disabled = true;
      const { status, body } = await desk.get(`cases/${hotline.path(id)}?private=1`);
      button.disabled = false;
      if (id !== desk.store.selected()) return;
      this.revealed = status === 200 ? body.private || {} : null;
      write(desk.part("case-reveal-said"), status === 200 ? "" : LOCKED.has(status) ? desk.speech.say("case.not_yours") : hotline.trouble(status));
      this._private();
      this._timeline();
    }

    _private() {
      const { desk, revealed } = this, { speech } = desk, list = desk.part("case-private");
      show(desk.part("case-reveal"), !revealed);
      if (!revealed) {
        list.replaceChildren();
        write(desk.part("case-reveal-said"), "");
        return;
      }
      const rows = PRIVATE.filter((name) => revealed[name]).map((name) => [name, String(revealed[name])]);
      write(desk.part("case-reveal-said"), speech.say(rows.length ? "case.revealed" : "case.nothing_private"));
      fillList(list, rows, definition, (node, [name, text]) => {
        write(node.children[0], speech.say(`private.${name}`));
        write(node.children[1], name === "phone" ? isolated(text) : text);
        node.children[1].dir = "auto";
      });
    }

    /* A known matter that fits: what it is, until when, and what to say, in the caller's language. */
    _matters() {
      const { desk, document } = this, box = desk.part("case-matters");
      const told = document && this.fitting?.id === document.case_id ? this.fitting.matters : null;
      const found = document ? told || hexwatch.mattersFor(document, desk.store.topic("matters"), desk.store.now()) : [];
      show(box, found.length > 0);
      fillList(box, found, () => hexwatch.matterNode(), (node, matter) => hexwatch.fillMatter(node, matter, document, desk));
    }

    /* The server knows the words of the case; until it answers, category and place say what fits. */
    async _askMatters() {
      const { desk } = this, id = desk.store.selected();
      this._matters();
      if (!id || !desk.store.topic("matters").size) return void (this.fitting = null);
      const { status, body } = await desk.get(`matters?${hotline.query({ case: id })}`);
      if (id !== desk.store.selected()) return;
      this.fitting = status === 200 ? { id, matters: body.matters } : null;
      this._matters();
    }

    // what happened

    _timeline() {
      const { desk, document } = this;
      if (!document) return;
      const entries = hexwatch.lifeOf(document, this.history);
      fillList(desk.part("case-timeline"), entries, () => this._entry(), (node, entry) => this._fill(node, entry));
    }

    _entry() {
      const item = element("li");
      item.append(element("time"), element("b"), element("bdi", "said"), element("bdi", "quiet by"));
      return item;
    }

    _fill(item, { what, at, by, data }) {
      const { desk } = this, { speech } = desk, [time, step, said, who] = item.children;
      write(time, at ? speech.when(at, desk.store.now()) : "");
      time.title = at ? desk.time(at) : "";
      write(step, hotline.coded("fact_of.", what));
      write(said, this._detail(what, data));
      write(who, by);
      item.classList.toggle("noted", what === "noted" || what === "answered");
    }

    _detail(what, data) {
      const { speech } = this.desk, kept = what === "noted" ? this.revealed?.[`note:${data.note_id}`] || data.text : what === "answered" ? this.revealed?.answer : "";
      const yes = (value) => speech.say(value ? "word.yes" : "word.no");
      const said = [
        data.owner && hotline.owner(data.owner),
        data.granted !== undefined && speech.say(data.granted ? "return.granted" : "return.denied"),
        data.code && hotline.coded("return.", data.code),
        data.grade && speech.say("case.grade", { grade: data.grade }),
        data.result, this.desk.setup.catalogueSays[data.reason] || data.reason, data.into && isolated(data.into),
        what === "followed_up" && `${speech.say("follow.contacted")} ${yes(data.contacted)}`,
        data.resolved !== undefined && data.resolved !== null && `${speech.say("follow.resolved")} ${yes(data.resolved)}`,
        data.satisfied && `${speech.say("follow.satisfied")} ${speech.number(data.satisfied)}/5`,
        data.until && speech.say("case.until", { time: speech.when(data.until, this.desk.store.now()) }),
        kept || ((what === "noted" || what === "answered") && speech.say("case.hidden_text")),
      ];
      return said.filter(Boolean).join(" · ");
    }

    _age() {
      const { desk } = this, cut = desk.store.link === "cut" || desk.store.link === "refused" || (this.document && this.status !== 200), badge = desk.part("case-age");
      show(badge, Boolean(cut));
      write(badge, desk.speech.say("panel.stale"));
    }
  }

  function definition() {
    const node = element("div");
    node.append(element("dt"), element("dd"));
    return node;
  }

  hotline.parts.push((desk) => (desk.case = new CasePanel(desk)));
  Object.assign(hexwatch, { CasePanel });
})(typeof window === "undefined" ? globalThis : window);
