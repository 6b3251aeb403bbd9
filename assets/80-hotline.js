/* The hotline desk as its parts see it: store, keys and server of a desk, with requests that are about cases. */
(function (root) {
  "use strict";
  const hexwatch = (root.hexwatch = root.hexwatch || {});
  const { desk, isolated, write, element } = hexwatch;
  const LEAST_MS = 400; // between two looks at a list
  const PAUSES = 3; // a slow server is asked less often: this many times as long as it took

  /* What a person sees of their requests; the sentences name cases. */
  class CaseAsking extends hexwatch.Asking {
    constructor(desk) {
      super(desk);
      const { keys, setup } = desk;
      keys.acts.delete("offer"); // what a refusal offers is the dispatcher's
      if (!setup.who.may_case && !setup.who.may_ask) keys.acts.delete("undo"); // a desk's
    }

    _ask(verb, fields, more = {}) {
      return this.desk.asks.ask(verb, fields, { ...more, about: more.about || (fields.case_id ? `case:${fields.case_id}` : "") });
    }

    sentence({ verb, fields }) {
      const { speech } = this.desk, key = `did.${verb}`;
      const subject = isolated(fields.case_id || fields.situation_id || fields.matter_id || fields.call_id || "");
      if (!speech.has(key)) return [hexwatch.readable(verb), subject].filter(Boolean).join(" · ");
      const owner = fields.owner ? hotline.owner(fields.owner) : "";
      return speech.say(key, { id: subject, owner, grade: fields.grade || "", into: isolated(fields.into || "") });
    }

    reason(ask) {
      if (ask.state === "denied" && ask.detail.status === 403 && ask.detail.code !== "csrf") return this.desk.speech.say("ask.not_yours");
      return super.reason(ask);
    }
  }

  const hotline = (hexwatch.hotline = {
    parts: [],

    /* A part that lives in a panel: a page without the panel goes without the part. */
    panel(name, make) {
      hotline.parts.push((desk) => (desk.part(name) ? make(desk) : null));
    },

    /* Which topic says that cases changed: whoever sees the cases of a body alone gets no figures of the city. */
    get pulse() {
      return desk.setup.topics.includes("figures") ? "figures" : "clock";
    },

    /* As `desk.begin`, with the hotline's own parts: those of the dispatch desk look for things that are not here. */
    begin(page, setup) {
      desk.speech = new hexwatch.Speech(setup.words, setup.lang.tag, setup.zone, setup.names);
      desk.speech.shapes = setup.shapes;
      Object.assign(desk, { page, setup, store: new hexwatch.Store(undefined, Boolean(setup.replay)) });
      desk.keys = new hexwatch.DeskKeys(desk);
      desk.hint = (text, how) => desk.keys.hint(text, how);
      desk.asking = new CaseAsking(desk);
      desk.living = [desk.keys, desk.asking];
      hotline.languages = new Intl.DisplayNames([setup.lang.tag], { type: "language" });
      for (const make of hotline.parts) {
        try {
          const made = make(desk);
          if (made) desk.living.push(made);
        } catch (error) {
          root.console.error(error); // one broken part must not take the lists away
        }
      }
    },

    /* An agency, or the area that handles what lies in it. */
    owner(id) {
      const { names } = desk.speech;
      return names.agencies?.[id] || names.areas?.[id] || hexwatch.readable(String(id || ""));
    },

    language(code) {
      try {
        return code ? hotline.languages.of(code) : "";
      } catch {
        return code;
      }
    },

    /* `Noise, Chaoyang (C-17)`: what a sentence calls a case. */
    called(row) {
      const place = row.area ? desk.speech.name("areas", row.area) : desk.speech.say("place.unknown");
      return desk.speech.say("case.called", { what: desk.speech.name("categories", row.category || "other"), where: place, id: isolated(row.case_id) });
    },

    coded(group, code) {
      return hexwatch.coded(desk.speech, group, code);
    },

    /* Seconds until an instant by the city's clock; null without one. */
    left(iso) {
      const at = Date.parse(iso || "");
      return Number.isNaN(at) ? null : (at - desk.store.now()) / 1000;
    },

    /* {text, level}: `2 h left`, or loud with a sign when it is over. */
    due(iso) {
      const seconds = hotline.left(iso);
      if (seconds === null) return { text: "–", level: "" };
      const said = { time: desk.speech.duration(Math.abs(seconds)) };
      if (seconds < 0) return { text: `▲\u2009${desk.speech.say("due.over", said)}`, level: "late" };
      return { text: desk.speech.say("due.left", said), level: seconds < hotline.SOON_S ? "soon" : "" };
    },

    SOON_S: 4 * 3600,

    /* A button that a person presses; it says its key when it has one. */
    button(text, run, { key = "", look = "act" } = {}) {
      const button = element("button", look, text);
      button.type = "button";
      if (key) button.append(element("kbd", "", key));
      button.onclick = run;
      return button;
    },

    /* An empty list says why; `text` empty hides the sentence. */
    empty(node, text) {
      write(node, text);
      hexwatch.show(node, Boolean(text));
    },

    /* Why something cannot be shown: the server does not have it, does not let us, or does not answer. */
    trouble(status) {
      const known = { 404: "none", 501: "none", 403: "forbidden", 401: "forbidden", 423: "forbidden", 503: "building", 410: "past" };
      return desk.speech.say(`trouble.${known[status] || "failed"}`);
    },

    missing(status) {
      return status === 404 || status === 501 || status === 410;
    },

    path(...parts) {
      return parts.map((part) => encodeURIComponent(part)).join("/");
    },

    query(fields) {
      const said = Object.entries(fields).filter(([, value]) => value !== "" && value !== undefined && value !== null);
      return new URLSearchParams(said.map(([name, value]) => [name, String(value)])).toString();
    },
  });

  /* Looks again when told to, never twice at a time, and with a pause that grows with what a look costs. */
  class Looking {
    constructor(look, least = LEAST_MS) {
      Object.assign(this, { look, least, next: 0, running: false, wanted: false });
    }

    ask() {
      this.wanted = true;
      if (this.running || this.timer) return;
      this.timer = setTimeout(() => this._run(), Math.max(0, this.next - performance.now()));
    }

    /* Without the pause: somebody waits for it. */
    now() {
      if (this.running) return void (this.urgent = true);
      clearTimeout(this.timer);
      Object.assign(this, { timer: 0, next: 0 });
      this.ask();
    }

    async _run() {
      this.timer = 0;
      if (this.gone) return;
      this.wanted = this.urgent = false;
      this.running = true;
      const began = performance.now();
      try {
        await this.look();
      } catch (error) {
        root.console.error(error);
      }
      this.running = false;
      this.next = performance.now() + Math.max(this.least, PAUSES * (performance.now() - began));
      if (this.urgent) this.now();
      else if (this.wanted) this.ask();
    }

    stop() {
      this.gone = true;
      clearTimeout(this.timer);
    }
  }

  Object.assign(hexwatch, { CaseAsking, Looking });
})(typeof window === "undefined" ? globalThis : window);
