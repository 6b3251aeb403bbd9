/* What a person sees of their requests: pending until the engine answers, refused with the reason and what may be done,
   NOT SENT when nobody answered; and taking back the last act. */
(function (root) {
  "use strict";
  const hexwatch = (root.hexwatch = root.hexwatch || {});
  const { desk, write, show, element, isolated } = hexwatch;
  const SIGNS = { pending: "…", done: "✓", refused: "✕", denied: "✕", unsent: "!", naming: "↶" };
  const SLOW_S = 4; // from here on the radio should be at hand
  const SHOWN = 4;
  const NAMED_MS = 8000; // the second `u` within this time does it

  class Asking {
    constructor(desk) {
      this.desk = desk;
      this.box = desk.part("asks");
      this.nodes = new Map();
      this.named = null; // what `u` named: {request, until}
      desk.asks = new hexwatch.Asks(desk, () => this._changed());
      desk.ask = (verb, fields, more) => this._ask(verb, fields, more);
      desk.perform = (steps, about) => this._perform(steps, about);
      this.off = desk.store.subscribe("second", () => this.draw());
      desk.keys.add({ key: "u", act: "undo", what: "key.undo", run: () => this.undo() });
      desk.keys.add({ key: "v", act: "offer", what: "key.offer", run: () => this._first() });
    }

    leave() {
      this.off();
    }

    _ask(verb, fields, more = {}) {
      const about = more.about || (fields.incident_id ? `incident:${fields.incident_id}` : fields.unit_id ? `unit:${fields.unit_id}` : "");
      return this.desk.asks.ask(verb, fields, { ...more, about });
    }

    /* One after the other; stops at the first that is not done. */
    async _perform(steps) {
      for (const [verb, fields] of steps) {
        const answer = await this._ask(verb, fields);
        if (answer.state !== "done") return answer;
      }
      return { state: "done" };
    }

    _changed() {
      for (const ask of this.desk.asks.values()) this._announce(ask);
      this.draw();
      this.desk.store.tell("asks", this.desk.asks);
    }

    /* Said once for each state, aloud where it is bad news. */
    _announce(ask) {
      if (ask.quiet || ask.said === ask.state) return;
      ask.said = ask.state;
      if (ask.state === "pending") return;
      const text = [this.desk.speech.say(`ask.${ask.state}`), this.sentence(ask), this.reason(ask)].filter(Boolean).join(". ");
      this.desk.sayOnce(text, { urgent: ask.state !== "done" });
      for (const robbed of ask.state === "done" ? ask.detail.robbed || [] : []) {
        if (robbed.requeued) this.desk.hint(this.desk.speech.say("ask.robbed", { incident: this.desk.called(robbed.incident_id) }), { urgent: true });
      }
    }

    // sentences

    /* `Send E36 T11 to Structure fire, Roxbury (1042)`. */
    sentence({ verb, fields }) {
      const { desk } = this, key = `did.${verb}`;
      const units = isolated((fields.unit_ids || (fields.unit_id ? [fields.unit_id] : [])).join(" "));
      const incident = fields.incident_id ? desk.called(fields.incident_id) : fields.into || fields.to ? desk.called(fields.into || fields.to) : "";
      if (!desk.speech.has(key)) return [hexwatch.readable(verb), units, incident].filter(Boolean).join(" · ");
      const status = fields.status ? statusSaid(desk.speech, fields.status) : "";
      return desk.speech.say(key, { units, incident, status, priority: fields.priority || "", alarm: fields.alarm || "" });
    }

    /* Why, in the page's language where the engine said it in fields; else in the engine's own words. */
    reason(ask) {
      const { desk } = this, { speech } = desk;
      const stopped = hexwatch.blockingUnits(ask).filter((one) => one.incident_ids.length || one.status);
      if (ask.state === "refused" && stopped.length) return stopped.map((one) => this._stopped(one)).join("; ");
      if (ask.detail.code === "past") return speech.say("replay.no_acts");
      if (ask.state === "unsent" && ask.detail.uncertain) return speech.say("ask.uncertain");
      if (ask.state === "denied" && ask.detail.status === 423) return speech.say("ask.locked");
      if (ask.state === "denied" && ask.detail.status === 401) return speech.say("ask.signed_out");
      if (ask.state === "denied" && ask.detail.status === 403) return speech.say(ask.detail.code === "csrf" ? "ask.outdated" : "ask.forbidden");
      return hexwatch.reasonIn(desk, ask.reason || "");
    }

    _stopped(one) {
      const { desk } = this, { speech } = desk, live = desk.store.topic("roster").get(one.unit_id) || {};
      const said = { unit: isolated(one.unit_id), status: statusSaid(speech, one.status || live.status || "") };
      const by = one.status_by || live.status_by, at = one.status_at || live.status_at;
      const where = one.incident_ids.map((id) => desk.called(id)).join(", ");
      const text = where ? speech.say("ask.busy", { ...said, incident: where }) : speech.say("ask.is", said);
      return by && at ? `${text} (${speech.say("ask.by", { by, time: desk.time(at) })})` : text;
    }

    // the last act

    /* The first `u` names what it would undo, the second does it. */
    async undo() {
      const { desk } = this, act = desk.asks.undoable();
      if (!act) return void desk.hint(desk.speech.say("undo.nothing"));
      if (!this.named || this.named.request !== act.request_id || performance.now() > this.named.until) {
        this.named = { request: act.request_id, until: performance.now() + NAMED_MS };
        desk.sayOnce(desk.speech.say("undo.named", { what: this.sentence(act) }));
        return void this.draw();
      }
      this.named = null;
      await this._ask("undo", { request: act.request_id }, { about: act.about });
    }

    unname() {
      if (!this.named) return false;
      this.named = null;
      this.draw();
      return true;
    }

    /* The newest trouble goes; whether there was one. */
    dismiss() {
      const one = [...this.desk.asks.values()].reverse().find((ask) => ask.state !== "pending" && ask.state !== "done");
      if (one) this.desk.asks.drop(one.request_id);
      return Boolean(one);
    }

    // drawing

    draw() {
      const shown = [...this.desk.asks.values()].filter((ask) => !ask.quiet || (ask.state !== "pending" && ask.state !== "done")).slice(-SHOWN);
      const wanted = new Set(shown.map((ask) => ask.request_id));
      const act = this._naming();
      if (act) wanted.add("naming");
      for (const [id, node] of this.nodes) {
        if (wanted.has(id)) continue;
        node.remove();
        this.nodes.delete(id);
      }
      for (const ask of shown) this._fill(this._node(ask.request_id), ask);
      if (act) this._name(this._node("naming"), act);
      show(this.box, this.nodes.size > 0);
    }

    _naming() {
      const act = this.desk.asks.undoable();
      return act && this.named && this.named.request === act.request_id && performance.now() <= this.named.until ? act : null;
    }

    _node(id) {
      if (!this.nodes.has(id)) {
        const node = element("div", "ask"), line = element("p", "ask-line");
        line.append(element("b", "ask-sign"), element("b", "ask-state"), element("span", "ask-what"), element("span", "ask-age quiet"));
        node.append(line, element("p", "ask-reason"), element("div", "ask-offers"));
        this.nodes.set(id, node);
        this.box.append(node);
      }
      return this.nodes.get(id);
    }

    _fill(node, ask) {
      const { speech } = this.desk, [line, reason, box] = node.children, [sign, state, what, age] = line.children;
      const seconds = Math.floor((performance.now() - ask.at) / 1000), slow = ask.state === "pending" && seconds >= SLOW_S;
      node.dataset.state = slow ? "slow" : ask.state;
      write(sign, SIGNS[ask.state]);
      write(state, speech.say(ask.late ? `ask.late.${ask.state}` : slow ? "ask.slow" : `ask.${ask.state}`));
      write(what, this.sentence(ask));
      write(age, ask.state === "pending" ? speech.duration(seconds) : "");
      write(reason, this.reason(ask));
      show(reason, Boolean(reason.textContent));
      if (node.dataset.drawn === ask.state) return; // buttons under a pointer stay the same buttons
      node.dataset.drawn = ask.state;
      box.replaceChildren(...this._buttons(ask));
    }

    _buttons(ask) {
      const { speech } = this.desk;
      if (ask.state === "pending" || ask.state === "done") return [];
      const found = hexwatch.offersFor(ask).map((offer, i) => {
        const text = speech.say(`offer.${offer.act}`, { units: isolated(offer.units.join(" ")) });
        const button = element("button", "act", text);
        if (i === 0) button.append(element("kbd", "", this.desk.keys.keyOf("offer")));
        button.onclick = () => this._take(ask, offer);
        return button;
      });
      const close = element("button", "tool", speech.say("ask.dismiss"));
      close.onclick = () => this.desk.asks.drop(ask.request_id);
      for (const button of [...found, close]) button.type = "button";
      return [...found, close];
    }

    _name(node, act) {
      const { desk } = this, [line, reason, box] = node.children, [sign, state, what, age] = line.children;
      node.dataset.state = "naming";
      write(sign, SIGNS.naming);
      write(state, desk.speech.say("undo.name"));
      write(what, this.sentence(act));
      write(age, desk.speech.duration(desk.asks.undoLeft()));
      show(reason, false);
      if (box.children.length) return;
      const button = element("button", "act", desk.speech.say("undo.do"));
      button.type = "button";
      button.append(element("kbd", "", desk.keys.keyOf("undo")));
      button.onclick = () => this.undo();
      box.append(button);
    }

    _take(ask, offer) {
      this.desk.asks.drop(ask.request_id);
      this._perform(offer.steps);
    }

    /* The first offer of the newest refusal. */
    _first() {
      for (const ask of [...this.desk.asks.values()].reverse()) {
        const [offer] = hexwatch.offersFor(ask);
        if (offer) return void this._take(ask, offer);
      }
      this.desk.hint(this.desk.speech.say("offer.none"));
    }
  }

  function statusSaid(speech, status) {
    return speech.has(`status.${status}`) ? speech.say(`status.${status}`) : hexwatch.readable(String(status || "–"));
  }

  Object.assign(hexwatch, { Asking, statusSaid });
})(typeof window === "undefined" ? globalThis : window);
