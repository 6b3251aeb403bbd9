/* The recommendation: plan, numbered rows with their reasons, what stays empty and what is left thin; taking and sending. */
(function (root) {
  "use strict";
  const hexwatch = (root.hexwatch = root.hexwatch || {});
  const { desk, write, show, element, isolated } = hexwatch;
  const SKELETON_MS = 1000;
  const THIN_SHOWN = 3;
  const NUMBERED = 9;

  class Recommended {
    constructor(desk) {
      this.desk = desk;
      this.rows = new Map(); // unit id -> li
      const { store } = desk, draw = () => this.draw();
      this.off = [store.subscribe("choice", draw), store.subscribe("roster", draw), store.subscribe("asks", draw), store.subscribe("second", () => this._waiting())];
      desk.choice.toggle = ((toggle) => (unitId) => {
        toggle.call(desk.choice, unitId);
        this._tell();
      })(desk.choice.toggle);
      desk.part("rec-take").onclick = () => this.take();
      desk.part("rec-send").onclick = () => this.send();
      desk.part("rec-rows").onclick = (event) => this._clicked(event);
      this._keys();
    }

    leave() {
      for (const off of this.off) off();
    }

    _tell() {
      this.desk.store.tell("choice", this.desk.choice);
    }

    // acts

    _keys() {
      const add = (key, act, run, what = `key.${act}`) => this.desk.keys.add({ key, act, what, run });
      add("d", "take", () => this.take());
      for (let n = 1; n <= NUMBERED; n++) add(String(n), `row${n}`, () => this.number(n), n === 1 ? "key.rows" : "");
      add("ctrl+Enter", "send", () => this.send());
      add("r", "renew", () => this.renew());
      add("Escape", "escape", () => this.escape());
    }

    take() {
      const { choice, store, speech } = this.desk;
      if (!store.selected()) return void this.desk.hint(speech.say("incident.first"));
      if (choice.newer) choice.renew();
      if (!choice.take()) this.desk.hint(speech.say("rec.coming"));
      else if (!choice.units.size) this.desk.hint(speech.say("rec.nobody"));
      this._tell();
    }

    number(n) {
      const { choice, speech } = this.desk;
      if (!choice.settled) return void this.desk.hint(speech.say("rec.changed_now"));
      const unit = choice.numbered(n);
      if (!unit) return void this.desk.hint(speech.say("rec.no_row", { n }));
      choice.toggle(unit);
    }

    _clicked(event) {
      const row = event.target.closest("[data-unit]");
      if (!row) return;
      if (!this.desk.choice.settled) return void this.desk.hint(this.desk.speech.say("rec.changed_now"));
      this.desk.choice.toggle(row.dataset.unit);
    }

    renew() {
      if (!this.desk.choice.renew()) this.desk.details.recommendation.again(0);
      this._tell();
    }

    /* Closes the newest thing that is open: what `u` named, then the choice, then the newest trouble. */
    escape() {
      const { asking, choice } = this.desk;
      if (asking.unname()) return;
      if (choice.units.size || choice.wanted) {
        choice.clear();
        return void this._tell();
      }
      asking.dismiss();
    }

    /* Exactly the set on the screen. What is not displayed yet is never sent. */
    async send() {
      const { desk } = this, { choice, speech, store } = desk;
      if (!store.selected()) return void desk.hint(speech.say("incident.first"));
      if (!desk.setup.who.may_ask) return void desk.hint(speech.say("ask.forbidden"));
      if (choice.sending) return;
      if (!choice.units.size) return void desk.hint(speech.say(choice.wanted ? "rec.coming" : "rec.choose", { key: hexwatch.keySaid(desk.keys.keyOf("take")) }));
      const request = choice.request((id) => store.topic("roster").get(id)?.version), about = choice.incident_id;
      choice.sending = true;
      this.draw();
      const answer = await desk.ask("dispatch", request);
      choice.sending = false;
      if (answer.state === "done" && choice.incident_id === about) choice.clear();
      this._tell();
    }

    // drawing

    draw() {
      const { desk } = this, { choice } = desk, asked = desk.details.recommendation;
      const open = desk.store.topic("queue").has(desk.store.selected());
      show(desk.part("incident-decision"), open);
      if (!open) return;
      this._plan(choice.answer);
      this._rows(choice);
      this._short(choice.answer);
      this._thin(choice.answer);
      this._emptiness(choice, asked);
      this._buttons(choice);
    }

    _plan(answer) {
      const { speech } = this.desk, line = this.desk.part("rec-plan");
      show(line, Boolean(answer));
      if (!answer) return;
      const { plan } = answer, said = [speech.say("plan.filled", { there: plan.there, wanted: plan.wanted })];
      if (plan.alarms > 1) said.push(speech.say("plan.alarm", { alarm: plan.alarm, alarms: plan.alarms }));
      if (plan.is_fallback) said.push(speech.say("plan.fallback"));
      if (answer.complete_s !== null && answer.complete_s !== undefined && answer.picks.length) said.push(speech.say("plan.complete", { time: this.desk.clock(answer.complete_s) }));
      const places = (plan.places || []).map((one) => speech.say("plan.place", { ...one, what: able(speech, one.capability) }));
      write(line, said.join(" · "));
      write(this.desk.part("rec-places"), places.join(" · "));
    }

    _rows(choice) {
      const list = this.desk.part("rec-rows"), wanted = new Set(choice.rows.map((row) => row.unit_id));
      for (const node of list.querySelectorAll(".skeleton")) node.remove();
      for (const [id, node] of this.rows) {
        if (wanted.has(id)) continue;
        node.remove();
        this.rows.delete(id);
      }
      choice.rows.forEach((row, i) => {
        if (!this.rows.has(row.unit_id)) this.rows.set(row.unit_id, this._row(row.unit_id));
        const node = this.rows.get(row.unit_id);
        if (list.children[i] !== node) list.insertBefore(node, list.children[i] || null);
        this._fill(node, row, choice);
      });
    }

    _row(unitId) {
      const node = element("li", "rec-row"), line = element("span", "rec-line"), why = element("span", "rec-why");
      node.dataset.unit = unitId;
      node.tabIndex = 0;
      node.setAttribute("role", "checkbox");
      line.append(element("kbd"), element("span", "rec-mark"), element("bdi", "rec-unit"), element("span", "rec-kind quiet"), element("b", "rec-eta number"));
      node.append(line, why);
      node.onkeydown = (event) => {
        if (event.key !== " ") return;
        event.preventDefault();
        this.desk.choice.toggle(unitId);
      };
      return node;
    }

    _fill(node, row, choice) {
      const { desk } = this, { speech } = desk, unit = desk.store.topic("roster").get(row.unit_id), { pick } = row;
      const [line, why] = node.children, [key, mark, id, kind, eta] = line.children;
      const moved = unit && pick && pick.status && unit.status !== pick.status, busy = unit && unit.incidents?.length > 0;
      write(key, row.n <= NUMBERED ? String(row.n) : "");
      write(mark, row.chosen ? "☑" : "☐");
      write(id, row.unit_id);
      write(kind, speech.name("unit_kinds", pick?.kind || unit?.kind || ""));
      write(eta, pick ? desk.clock(pick.arrival_s) : "–");
      write(why, moved || (busy && !pick) ? this._elsewhere(unit) : reasonsSaid(desk, pick));
      node.classList.toggle("chosen", row.chosen);
      node.classList.toggle("recommended", row.recommended);
      node.classList.toggle("gone", Boolean(moved || busy));
      node.classList.toggle("pending", row.chosen && choice.sending);
      node.setAttribute("aria-checked", String(row.chosen));
      node.title = why.textContent;
    }

    _elsewhere(unit) {
      const { desk } = this, status = hexwatch.statusSaid(desk.speech, unit.status), where = (unit.incidents || []).map((id) => desk.called(id)).join(", ");
      const said = { unit: isolated(unit.id), status, incident: where };
      return where ? desk.speech.say("ask.busy", said) : desk.speech.say("ask.is", said);
    }

    _short(answer) {
      const items = (answer?.shortfalls || []).map((one) => element("li", "", shortSaid(this.desk.speech, one)));
      hexwatch.replaceChildrenOf(this.desk.part("rec-short"), items);
    }

    _thin(answer) {
      const { desk } = this, { speech } = desk, thin = answer?.uncovered || [], node = desk.part("rec-thin");
      show(node, thin.length > 0);
      const said = thin.slice(0, THIN_SHOWN).map((one) => {
        const after = one.after_s === null ? speech.say("thin.nobody") : desk.clock(one.after_s);
        const service = speech.has(`service.${one.service}`) ? speech.say(`service.${one.service}`) : hexwatch.readable(one.service);
        return speech.say("thin.area", { area: speech.name("areas", one.area), service, before: desk.clock(one.before_s), after });
      });
      if (thin.length > THIN_SHOWN) said.push(speech.say("thin.more", { n: thin.length - THIN_SHOWN }));
      write(node, thin.length ? `${speech.say("thin.head")} ${said.join("; ")}` : "");
    }

    _emptiness(choice, asked) {
      const { desk } = this, { speech } = desk, node = desk.part("rec-empty"), list = desk.part("rec-rows");
      const waited = performance.now() - (desk.incident?.since || 0) > SKELETON_MS;
      const key = choice.newer ? "rec.newer" : choice.answer ? (choice.rows.length ? "" : choice.answer.shortfalls.length ? "rec.nobody" : "rec.enough") : asked.state === "failed" ? "rec.failed" : asked.state === "none" ? (desk.setup.replay ? "replay.unknown" : "rec.none") : waited ? "rec.loading" : "";
      show(node, Boolean(key));
      if (key) write(node, speech.say(key, { key: hexwatch.keySaid(desk.keys.keyOf("renew")) }));
      node.classList.toggle("newer", Boolean(choice.newer));
      const loading = !choice.answer && !key && !choice.rows.length;
      if (loading && !list.children.length) list.replaceChildren(...[1, 2, 3].map(() => element("li", "skeleton")));
      if (!loading) for (const one of list.querySelectorAll(".skeleton")) one.remove();
    }

    _waiting() {
      if (!this.desk.choice.answer) this.draw();
    }

    _buttons(choice) {
      const { desk } = this, { speech } = desk, send = desk.part("rec-send"), chosen = choice.rows.filter((row) => row.chosen);
      const units = isolated(chosen.map((row) => row.unit_id).join(" "));
      write(desk.part("rec-send-text"), chosen.length ? speech.say(choice.sending ? "rec.sending" : "rec.send", { units }) : speech.say("rec.send_none"));
      send.disabled = !chosen.length || choice.sending || !desk.setup.who.may_ask;
      send.classList.toggle("pending", choice.sending);
      desk.part("rec-take").disabled = !(choice.answer?.picks.length > 0);
      for (const [name, act] of [["rec-take", "take"], ["rec-send", "send"], ["note-button", "note"]]) {
        write(desk.part(name).querySelector("kbd"), hexwatch.keySaid(desk.keys.keyOf(act)));
      }
    }
  }

  /* Why this unit, in one line: what it can do, how its arrival was estimated, how old its position is, its work. */
  function reasonsSaid(desk, pick) {
    if (!pick) return desk.speech.say("rec.by_hand");
    const reasons = Array.isArray(pick.reasons) ? pick.reasons : [];
    return reasons.filter((one) => typeof one === "object").map((one) => reasonSaid(desk, one)).filter(Boolean).sort((a, b) => a.order - b.order).map((one) => one.text).join(" · ");
  }

  function reasonSaid({ speech }, one) {
    const km = new Intl.NumberFormat(speech.tag, { maximumFractionDigits: 1 }).format((one.distance_m || 0) / 1000);
    const told = {
      capability: () => (one.step ? speech.say("reason.instead", { capability: able(speech, one.capability), instead: able(speech, one.instead_of) }) : able(speech, one.capability)),
      arrival: () => (speech.has(`reason.${one.how}`) ? speech.say(`reason.${one.how}`, { n: one.n, km: isolated(km) }) : one.how),
      position: () => (one.from === "station" ? speech.say("reason.station") : speech.say("reason.position", { age: speech.duration(one.age_s || 0) })),
      workload: () => speech.say(one.or_more ? "reason.jobs_more" : "reason.jobs", { n: one.n }),
    }[one.code];
    return told ? { order: ["capability", "arrival", "position", "workload"].indexOf(one.code), text: told() } : null;
  }

  /* `1 ladder or extrication short: 3 of 4 busy, 1 out of service`. */
  function shortSaid(speech, one) {
    const names = [one.capability, ...(one.alternatives || [])].map((id) => able(speech, id)).join(speech.say("list.or"));
    const why = speech.has(`short.${one.why}`) ? speech.say(`short.${one.why}`, { able: one.able, busy: one.busy, out: one.out_of_service }) : hexwatch.readable(one.why);
    return speech.say("short.line", { n: one.missing, what: names, why });
  }

  function able(speech, id) {
    return speech.has(`capability.${id}`) ? speech.say(`capability.${id}`) : hexwatch.readable(String(id || ""));
  }

  Object.assign(hexwatch, { shortSaid, capabilitySaid: able });
  desk.parts.push((desk) => (desk.recommended = new Recommended(desk)));
})(typeof window === "undefined" ? globalThis : window);
