/* Early warnings: ranked, on a map of what is more or less than usual, with the evidence and what people do about it. */
(function (root) {
  "use strict";
  const hexwatch = (root.hexwatch = root.hexwatch || {});
  const { part, write, element, fillList, isolated } = hexwatch;
  const EVERY_MS = 10000, PATIENCE_MS = 15000, HOUR_MS = 3600000, HOURS = 24;
  const LEAST_SAID = 0.01; // of an expected number
  const MOST_DAYS = 9999; // a law learnt from weeks says nothing more exact

  class WarningPage {
    constructor(page, setup) {
      Object.assign(this, { page, setup, measure: "residual", back: 0, rows: [], chosen: null });
      this.speech = new hexwatch.Speech(setup.words, setup.lang.tag, setup.zone, setup.names);
      this.map = new hexwatch.WarningMap(part(page, "map"), setup, (id) => this.choose(id));
      this._tools();
      this.timer = setInterval(() => this._tick(), EVERY_MS);
      hexwatch.languageLinks(page);
      this.chosen = this.linked = new URL(root.location.href).searchParams.get("warning");
      this.look();
    }

    _tick() {
      if (!this.page.isConnected) return void clearInterval(this.timer);
      this.look();
    }

    async get(path) {
      const response = await fetch(`${this.setup.api}/${path}`, { credentials: "same-origin", signal: AbortSignal.timeout(PATIENCE_MS) });
      if (!response.ok) throw new Error(`${path}: ${response.status}`);
      return response.json();
    }

    async look() {
      if (this.looking) return;
      this.looking = true;
      try {
        const told = await this.get("warnings");
        this.now = told.looked_at ? Date.parse(told.looked_at) : null;
        this.rows = told.warnings;
        if (!this.rows.some((row) => row.warning_id === this.chosen)) this.chosen = this.rows[0]?.warning_id ?? null;
        this._status(told);
        this._list();
        this._recurring(told.recurring);
        await this._field().catch(() => {}); // nothing learnt yet: the list says so
        await this._evidence();
        const verdicts = await this.get("warnings/verdicts");
        write(part(this.page, "verdicts"), this.speech.say("verdicts", verdicts));
      } catch {
        const time = this.now ? this.speech.clock.format(this.now) : "–";
        write(part(this.page, "status"), this.speech.say("away", { time: isolated(time) }));
      }
      this.looking = false;
    }

    choose(id) {
      this.chosen = id;
      this._list();
      const row = this.row;
      if (row) this.map.go(row);
      write(part(this.page, "answer"), "");
      this._evidence().catch(() => {});
      this._field().catch(() => {});
    }

    get row() {
      return this.rows.find((row) => row.warning_id === this.chosen);
    }

    // words

    subject(row) {
      const { speech } = this;
      if (row.said) return speech.say("said", { what: speech.has(`theme.${row.said}`) ? speech.say(`theme.${row.said}`) : row.said });
      return speech.name("categories", row.category);
    }

    area(row) {
      return row.area ? this.speech.name("areas", row.area) : this.speech.say("city");
    }

    time(iso) {
      return this.speech.when(iso, this.now || iso);
    }

    _numbers(row) {
      const { expected } = row, digits = new Intl.NumberFormat(this.setup.lang.tag, { maximumSignificantDigits: 3 });
      const rounded = expected < 0.1 ? Number(expected.toPrecision(1)) : Math.round(expected * 10) / 10;
      // "0 expected" would say that it cannot happen.
      const said = expected < LEAST_SAID ? isolated(`<${digits.format(LEAST_SAID)}`) : digits.format(rounded);
      return this.speech.say("numbers", { observed: row.observed, expected: said });
    }

    _rare(row) {
      const { speech } = this;
      if (!row.per_day) return "";
      const days = 1 / row.per_day;
      if (days > MOST_DAYS) return speech.say("rare", { n: isolated(`${speech.number(MOST_DAYS)}+`) });
      return days >= 1 ? speech.say("rare", { n: Math.round(days) }) : speech.say("often", { n: Math.round(row.per_day) });
    }

    _status(told) {
      const { speech } = this, { status } = told;
      const texts = [status.state === "cold" ? speech.say("cold", { words: status.words || "" }) : speech.say(status.state === "ready" ? "ready" : "learning", status)];
      if (status.source === "simulated") texts.push(speech.say("simulated"));
      if (told.looked_at) texts.push(speech.say("looked", { time: this.time(told.looked_at) }));
      write(part(this.page, "status"), texts.join(" · "));
    }

    // list

    _list() {
      const list = part(this.page, "list"), { speech } = this;
      if (!this.rows.length) return void list.replaceChildren(element("li", "quiet", speech.say("none")));
      if (list.firstElementChild && !list.querySelector("button")) list.replaceChildren();
      const make = () => {
        const item = element("li"), button = element("button", "warning-row");
        button.type = "button";
        button.append(element("b"), element("span"), element("span", "quiet"), element("span", "quiet"));
        item.append(button);
        return item;
      };
      fillList(list, this.rows, make, (item, row) => {
        const button = item.firstElementChild, [name, numbers, where, seen] = button.children;
        button.dataset.state = row.state;
        button.setAttribute("aria-current", String(row.warning_id === this.chosen));
        button.onclick = () => this.choose(row.warning_id);
        write(name, `${this.subject(row)} · ${this.area(row)}`);
        write(numbers, `${this._numbers(row)} · ${speech.say("hours", { n: row.window_h })}`);
        write(where, [speech.say(`state.${row.state}`), speech.say("since", { time: this.time(row.raised_at) }), this._rare(row)].filter(Boolean).join(" · "));
        const owner = row.owner ? speech.say("owner", { owner: speech.name("agencies", row.owner) }) : "";
        write(seen, [owner, row.verdict === "not_judged" ? "" : speech.say(`verdict.${row.verdict}`)].filter(Boolean).join(" · "));
      });
    }

    _recurring(rows) {
      const { speech } = this, list = part(this.page, "recurring");
      if (!rows.length) return void list.replaceChildren(element("li", "quiet", speech.say("no_recurring")));
      fillList(list, rows, () => element("li"), (item, row) => {
        const months = (row.months || []).map((n) => speech.number(n)).join(" · ");
        write(item, `${speech.name("categories", row.category)} · ${this.area(row)} · ${isolated(months)}`);
      });
    }

    // map

    _tools() {
      const range = element("input");
      Object.assign(range, { type: "range", min: -(HOURS - 1), max: 0, step: 1, value: 0 });
      const slide = part(this.page, "slide");
      range.setAttribute("aria-label", slide.dataset.said);
      range.oninput = () => {
        this.back = -Number(range.value);
        this._at();
      };
      range.onchange = () => this._field().catch(() => {});
      slide.replaceChildren(range);
      for (const button of this.page.querySelectorAll("[data-measure]")) {
        button.onclick = () => {
          this.measure = button.dataset.measure;
          this._field().catch(() => {});
        };
      }
      part(this.page, "whole").onclick = () => this.map.whole();
      for (const button of this.page.querySelectorAll("[data-verb]")) button.onclick = () => this.act(button.dataset.verb);
    }

    _at() {
      write(part(this.page, "at"), this.now ? this.time(this.now - this.back * HOUR_MS) : "");
    }

    async _field() {
      for (const button of this.page.querySelectorAll("[data-measure]")) button.setAttribute("aria-pressed", String(button.dataset.measure === this.measure));
      this._at();
      if (!this.now) return;
      const row = this.row, query = new URLSearchParams({ measure: this.measure, category: row?.category || "", window_h: row?.window_h || 3, shapes: 1 });
      query.set("at", new Date(this.now - this.back * HOUR_MS).toISOString());
      const asked = query.toString();
      this.asked = asked;
      const field = await this.get(`warnings/field?${asked}`);
      if (this.asked !== asked) return;
      this.map.draw(field, this.rows, this.chosen);
      if (row && row.warning_id === this.linked) this.map.go(row); // a link leads to its place, once
      this.linked = null;
      this._legend(field);
    }

    _legend(field) {
      const { speech } = this, items = this.map.classes(field.measure).map(([colour, text]) => {
        const item = element("span"), swatch = element("i");
        swatch.style.background = `var(${colour})`;
        item.append(swatch, isolated(text));
        return item;
      });
      if (field.measure === "residual") {
        items.unshift(element("span", "", speech.say("less")));
        items.push(element("span", "", speech.say("more")));
      }
      part(this.page, "legend").replaceChildren(...items);
    }

    // evidence

    async _evidence() {
      const row = this.row, { speech } = this;
      write(part(this.page, "chosen"), row ? `${this.subject(row)} · ${this.area(row)}` : "");
      part(this.page, "acts").hidden = !row || !(this.setup.who.may_ask || this.setup.who.may_case);
      for (const button of this.page.querySelectorAll("[data-verb^=warning_]")) button.hidden = !this.setup.who.may_case;
      const box = part(this.page, "evidence");
      if (!row) {
        part(this.page, "curve").replaceChildren();
        return void box.replaceChildren(element("p", "quiet", speech.say("choose")));
      }
      const told = await this.get(`warnings/${encodeURIComponent(row.warning_id)}`);
      if (this.chosen !== row.warning_id) return;
      part(this.page, "curve").replaceChildren(element("h3", "", speech.say("band")), hexwatch.warningCurve(told.curve, speech));
      const lines = (key, items, none) => {
        const list = element("ul");
        for (const item of items) list.append(element("li", "", item));
        return [element("h3", "", speech.say(key)), items.length ? list : element("p", "quiet", none ? speech.say(none) : "–")];
      };
      box.replaceChildren(
        ...lines("examples", told.examples.map((group) => this._group(group))),
        ...lines("near", this._near(told.near), "nothing_near"),
        ...lines("earlier", told.earlier.map((one) => this._earlier(one)), "nothing_earlier"),
      );
    }

    _group({ n, cases }) {
      const first = cases.map((one) => one.received_at).sort()[0];
      const named = cases.slice(0, 3).map((one) => isolated(one.case_id)).join(", ");
      return `${n > 1 ? isolated(`${this.speech.number(n)} ×`) + " " : ""}${this.speech.name("categories", cases[0].category)} · ${this.time(first)} · ${named}${n > 3 ? " …" : ""}`;
    }

    _near({ incidents, alerts, notices }) {
      const { speech } = this, inOurs = (texts) => hexwatch.inLanguage(texts, speech);
      return [
        ...incidents.map((one) => `${speech.say("incident")}: ${speech.name("incident_kinds", one.kind || "")} · ${this.time(one.received_at)}`),
        ...alerts.map((one) => `${speech.say("alert")}: ${inOurs(one.events)}`),
        ...notices.map((one) => `${speech.say("notice")}: ${inOurs(one.titles)}`),
      ];
    }

    _earlier(one) {
      const what = [...(one.opened_cases || []), one.situation_id, one.dismiss_reason].filter(Boolean).map(isolated).join(", ");
      return [this.time(one.raised_at), this.area(one), this.speech.say(`verdict.${one.verdict}`), what].filter(Boolean).join(" · ");
    }

    // acts

    async act(verb) {
      const row = this.row, { speech } = this, said = part(this.page, "answer");
      if (!row) return;
      const body = { verb, warning_id: row.warning_id };
      if (verb === "dismiss_warning") {
        body.reason = root.prompt(part(this.page, "acts").dataset.why)?.trim();
        if (!body.reason) return;
      }
      try {
        const response = await fetch(`${this.setup.api}/requests`, {
          method: "POST", credentials: "same-origin", body: JSON.stringify(body), signal: AbortSignal.timeout(PATIENCE_MS),
          headers: { "Content-Type": "application/json", "X-CSRF-Token": this.setup.who.csrf },
        });
        const reply = await response.json(), detail = reply.detail || {};
        if (reply.outcome === "done") write(said, speech.say(`done.${verb}`, { id: isolated(detail.case_id || detail.situation_id || "") }));
        else write(said, speech.say("refused", { reason: this._why(response.status, reply) }));
      } catch {
        write(said, speech.say("unsent"));
      }
      this.look();
    }

    /* The engine's reason in the page's language, or why the server did not ask it. */
    _why(status, reply) {
      if (reply.reason) return hexwatch.reasonIn(this, reply.reason);
      return status === 403 && reply.error?.code === "forbidden" ? this.speech.say("denied") : reply.error?.message || String(status);
    }
  }

  root.dash_clientside = root.dash_clientside || {};
  root.dash_clientside.hexwatch = root.dash_clientside.hexwatch || {};
  Object.assign(root.dash_clientside.hexwatch, {
    mountWarning(text) {
      if (!text) return root.dash_clientside.no_update;
      const setup = JSON.parse(text);
      document.documentElement.lang = setup.lang.html;
      document.documentElement.dir = setup.lang.dir;
      hexwatch.wall?.leave();
      hexwatch.wall = null;
      hexwatch.desk?.leave?.();
      hexwatch.warningPage = new WarningPage(document.querySelector(".warning"), setup);
      return setup.zone;
    },
  });
})(window);
