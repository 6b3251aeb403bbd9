/* Calls that are followed: who speaks which language, what is said line by line beside its translation, who listens in. */
(function (root) {
  "use strict";
  const hexwatch = (root.hexwatch = root.hexwatch || {});
  const { hotline, write, show, element, isolated, fillList } = hexwatch;
  const LEAST_MS = 700; // between two looks at the words of a call
  const AGAIN = 6; // so many lines are asked for once more: a translation comes later than its line
  const RETRY_S = 5;
  const NEAR_END_PX = 40; // whoever reads further up is left there
  const CALLER_CASES = 3;

  /* Followed calls as [id, view], the longest first. */
  function callsInOrder(following) {
    return [...following.entries()].sort(([a, one], [b, other]) => String(one.since).localeCompare(String(other.since)) || (a < b ? -1 : 1));
  }

  /* What is known of a call's lines after an answer: it holds all from `after` on. null: it does not fit, ask for all. */
  function joined(lines, after, told, n) {
    const all = [...lines.slice(0, after), ...told];
    return all.length === n ? all : null;
  }

  /* What stands beside the words of one line: {text, mark}; `mark` says whose translation it is, or that it is awaited. */
  function besideLine(line, isTranslated, speech) {
    if (!line.translated) return { text: "", mark: isTranslated ? speech.say("call.awaited") : "" };
    return { text: line.translated, mark: line.machine ? speech.say("call.machine") : speech.say("call.by", { who: isolated(line.by || "–") }) };
  }

  class Calls {
    constructor(desk) {
      Object.assign(this, { desk, chosen: "", tick: 0 });
      this.looking = new hexwatch.Looking(() => this._look(), LEAST_MS);
      this._forget();
      this.off = [
        desk.store.subscribe("following", () => this._told()),
        desk.store.subscribe("second", () => this._second()),
        desk.store.subscribe("link", () => this._age()),
      ];
      desk.keys.add({ key: "l", act: "next-call", what: "key.next_call", run: () => this.next() });
      desk.keys.add({ key: "i", act: "interpret", what: "key.interpret", run: () => this._interpret(), when: () => desk.lower.shown === "calls" && Boolean(this.chosen) });
      this._told();
    }

    leave() {
      this.looking.stop();
      for (const off of this.off) off();
    }

    _forget() {
      Object.assign(this, { lines: [], whole: {}, seen: -1, trouble: "", caller: null, marked: "" });
    }

    get following() {
      return this.desk.store.topic("following");
    }

    get view() {
      return this.following.get(this.chosen);
    }

    // choosing

    choose(id) {
      const { desk } = this;
      desk.lower.show("calls");
      if (id === this.chosen) return;
      this.chosen = id;
      this._forget();
      this.last = this.view; // what was known of it when it ends
      this._draw();
      if (desk.setup.who.may_reveal) this.looking.ask();
    }

    /* Again and again through all that are followed now. */
    next() {
      const ids = callsInOrder(this.following).map(([id]) => id);
      this.desk.lower.show("calls");
      if (ids.length) this.choose(ids[(ids.indexOf(this.chosen) + 1) % ids.length]);
    }

    // what the frames tell

    _told() {
      const { view } = this;
      if (view) this.last = view;
      if (this.chosen && this.desk.setup.who.may_reveal && (view ? view.lines : -1) !== this.seen) this.looking.ask();
      this._draw();
    }

    _second() {
      this.tick += 1;
      if (this.trouble && this.chosen && this.tick % RETRY_S === 0) this.looking.ask();
      if (this.desk.lower.shown === "calls") this._draw();
    }

    _age() {
      const { desk } = this, badge = desk.part("calls-age");
      show(badge, desk.store.link === "cut" || desk.store.link === "refused");
      write(badge, desk.speech.say("panel.stale"));
    }

    // the words, which no frame carries

    async _look() {
      const { desk, chosen: id } = this, seen = this.view ? this.view.lines : -1;
      let after = Math.max(0, this.lines.length - AGAIN), answer = await this._ask(id, after);
      let lines = answer.status === 200 && joined(this.lines, after, answer.body.lines, answer.body.n);
      if (answer.status === 200 && !lines) {
        answer = await this._ask(id, (after = 0));
        lines = answer.status === 200 && answer.body.lines;
      }
      if (id !== this.chosen) return;
      this.trouble = lines ? "" : desk.speech.say(answer.status === 404 ? "call.removed" : "trouble.failed");
      if (answer.status === 403 || answer.status === 423) this.trouble = hotline.trouble(answer.status);
      if (lines) Object.assign(this, { lines, whole: answer.body, seen });
      this._draw();
      this._findCaller();
    }

    _ask(id, after) {
      return this.desk.get(`calls/${hotline.path(id)}/said?${hotline.query({ after })}`);
    }

    /* What this caller had before, asked once: by an opaque mark, never by the number. */
    async _findCaller() {
      const { desk, chosen: id } = this, mark = this.whole.caller || "";
      if (!mark || this.marked === mark) return;
      this.marked = mark;
      const { status, body } = await desk.get(`callers/${hotline.path(mark)}`);
      if (id !== this.chosen || status !== 200) return;
      this.caller = body;
      this._draw();
    }

    // drawing

    _draw() {
      const { desk } = this, rows = callsInOrder(this.following);
      desk.lower.count("calls", rows.length);
      hotline.empty(desk.part("calls-empty"), rows.length ? "" : desk.speech.say("call.none"));
      fillList(desk.part("calls-list"), rows, () => this._card(), (node, row) => this._fill(node, row));
      show(desk.part("call-open"), Boolean(this.chosen));
      if (!this.chosen) return;
      this._head();
      this._lines();
    }

    _card() {
      const card = element("li", "call-card"), pick = hotline.button("", null, { look: "call-pick" });
      pick.append(element("b"), element("span", "call-age"), element("span", "quiet"));
      card.append(pick);
      return card;
    }

    _fill(card, [id, call]) {
      const { desk } = this, { speech } = desk, [pick] = card.children, [language, age, said] = pick.children;
      card.dataset.call = id;
      card.classList.toggle("chosen", id === this.chosen);
      if (id === this.chosen) pick.setAttribute("aria-current", "true");
      else pick.removeAttribute("aria-current");
      write(language, hotline.language(call.lang) || speech.say("call.no_language"));
      write(age, desk.age(call.since));
      write(said, [speech.name("channels", call.channel), call.interpreter ? speech.say("call.interpreter", { who: isolated(call.interpreter) }) : ""].filter(Boolean).join(" · "));
      pick.onclick = () => this.choose(id);
    }

    _head() {
      const { desk, whole } = this, { speech } = desk, call = this.view || this.last || {}, isOver = !this.view;
      write(desk.part("call-title"), hotline.language(call.lang) || speech.say("call.no_language"));
      const state = desk.part("call-state");
      write(state, isOver ? speech.say("call.over") : desk.age(call.since));
      state.dataset.state = isOver ? "over" : "live";
      const at = this.lines.at(-1)?.at;
      write(desk.part("call-facts"), [
        call.channel && speech.name("channels", call.channel), call.agent && speech.say("call.agent", { who: isolated(call.agent) }),
        call.interpreter ? speech.say("call.interpreter", { who: isolated(call.interpreter) }) : speech.say("call.no_interpreter"),
        call.supervisor && speech.say("call.supervisor", { who: isolated(call.supervisor) }),
        at && !isOver && speech.say("call.last", { age: desk.age(at) }), isolated(this.chosen),
      ].filter(Boolean).join(" · "));
      this._acts(call, isOver);
      this._links(whole.case_id);
    }

    _acts(call, isOver) {
      const { desk } = this, { who } = desk.setup, acts = desk.part("call-acts");
      const mine = [call.interpreter, call.supervisor].includes(who.name), key = [this.chosen, isOver, call.interpreter, call.supervisor].join(" ");
      if (acts.dataset.drawn === key) return;
      acts.dataset.drawn = key;
      const button = (verb, fields, words, look) => hotline.button(desk.speech.say(words), () => desk.ask(verb, { call_id: this.chosen, ...fields }), { look });
      const buttons = [];
      if (who.may_case && !isOver && mine) buttons.push(button("leave_call", {}, "act.leave_call", "act"));
      if (who.may_case && !isOver && !mine && !call.interpreter) buttons.push(button("join_call", { role: "interpreter" }, "act.join_call", "act"));
      if (who.may_case && !isOver && !mine && !call.supervisor) buttons.push(button("join_call", { role: "supervisor" }, "act.listen_call", "tool"));
      acts.replaceChildren(...buttons);
    }

    _interpret() {
      this.desk.part("call-acts").querySelector("button")?.click();
    }

    /* The case that came of the call, and what the caller had before. */
    _links(caseId) {
      const { desk } = this, { speech } = desk, rows = caseId ? [{ id: caseId, text: speech.say("call.case", { id: isolated(caseId) }) }] : [];
      for (const row of (this.caller?.cases || []).slice(0, CALLER_CASES)) if (row.case_id !== caseId) rows.push({ id: row.case_id, text: hotline.called(row) });
      const links = desk.part("call-links");
      write(desk.part("call-caller"), this.caller ? speech.say("caller.cases", { n: this.caller.n ?? 0 }) : "");
      fillList(links, rows, () => hotline.button("", null, { look: "link" }), (node, row) => {
        write(node, row.text);
        node.onclick = () => desk.openCase(row.id, "pointer");
      });
    }

    _lines() {
      const { desk, lines } = this, { speech } = desk, list = desk.part("call-lines");
      const isTranslated = lines.some((line) => line.translated), atEnd = list.scrollHeight - list.scrollTop - list.clientHeight < NEAR_END_PX;
      const said = !desk.setup.who.may_reveal ? speech.say("trouble.forbidden") : this.trouble || (lines.length ? "" : speech.say("call.quiet"));
      hotline.empty(desk.part("call-said"), said);
      const before = list.children.length;
      fillList(list, lines, () => this._line(), (node, line) => this._fillLine(node, line, isTranslated));
      if (atEnd && list.children.length !== before) list.scrollTop = list.scrollHeight;
    }

    _line() {
      const node = element("li", "call-line"), head = element("p", "call-who"), beside = element("div", "call-beside");
      head.append(element("time"), element("b"), element("span", "quiet"));
      beside.append(element("p", "call-translated"), element("span", "call-mark"));
      node.append(head, element("p", "call-text"), beside);
      return node;
    }

    _fillLine(node, line, isTranslated) {
      const { desk } = this, [head, text, beside] = node.children, [time, speaker, language] = head.children;
      const { text: translated, mark } = besideLine(line, isTranslated, desk.speech);
      node.dataset.speaker = line.speaker;
      node.dataset.line = line.line;
      write(time, desk.time(line.at));
      write(speaker, hotline.coded("speaker.", line.speaker || "caller"));
      write(language, hotline.language(line.lang));
      write(text, line.text);
      text.lang = line.lang || "";
      text.dir = "auto";
      write(beside.children[0], translated);
      beside.children[0].dir = "auto";
      write(beside.children[1], mark);
      beside.children[1].classList.toggle("machine", Boolean(line.machine));
      node.classList.toggle("plain", !isTranslated);
    }
  }

  hotline.panel("calls-list", (desk) => (desk.calls = new Calls(desk)));
  Object.assign(hexwatch, { callsInOrder, joinedLines: joined, besideLine });
})(typeof window === "undefined" ? globalThis : window);
