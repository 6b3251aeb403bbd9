/* A desk as its parts see it: store, speech, the server, the page; parts plug in with `hexwatch.desk.parts.push`. */
(function (root) {
  "use strict";
  const hexwatch = (root.hexwatch = root.hexwatch || {});
  const { part, write, element, isolated } = hexwatch;
  const READ_TIMEOUT_MS = 8000;
  const POST_TIMEOUT_MS = 12000; // the engine has ten seconds to decide

  /* 0:42, 12:05, 1:04:09: ages and arrivals, in the order of their digits whatever stands around. */
  function clock(seconds) {
    const whole = Math.max(0, Math.floor(seconds)), hours = Math.floor(whole / 3600);
    const pad = (n) => String(n).padStart(2, "0");
    const minutes = Math.floor(whole / 60) % 60;
    return isolated(`${hours ? `${hours}:${pad(minutes)}` : minutes}:${pad(whole % 60)}`);
  }

  const desk = (hexwatch.desk = {
    parts: [],

    /* Begin with a page; its parts are made in the order in which they were pushed. */
    begin(page, setup) {
      desk.speech = new hexwatch.Speech(setup.words, setup.lang.tag, setup.zone, setup.names);
      desk.speech.shapes = setup.shapes;
      Object.assign(desk, { page, setup, store: new hexwatch.Store(undefined, Boolean(setup.replay)) });
      desk.keys = new hexwatch.DeskKeys(desk);
      desk.hint = (text, how) => desk.keys.hint(text, how);
      desk.asking = new hexwatch.Asking(desk);
      desk.living = [desk.keys, desk.asking];
      for (const make of desk.parts) {
        try {
          const made = make(desk);
          if (made) desk.living.push(made);
        } catch (error) {
          root.console.error(error); // one broken part must not take the queue away
        }
      }
    },

    end() {
      for (const one of (desk.living || []).reverse()) one.leave?.();
      desk.living = [];
      for (const one of [desk.live, desk.replay]) one?.stop();
      desk.replay = null;
    },

    /* What the page shows comes in frames, or is of an instant that is over. */
    connect(paint, tell) {
      const { page, setup, speech } = desk, Source = setup.replay ? hexwatch.Past : hexwatch.Live;
      desk.live = hexwatch.live = new Source(setup.live, setup.topics, paint, tell);
      desk.replay = setup.replay ? new hexwatch.Replay(page, setup, speech, desk.live) : null;
      return desk.live;
    },

    part(name) {
      return part(desk.page, name);
    },

    slot(name) {
      return desk.page.querySelector(`[data-slot="${name}"]`);
    },

    clock,

    /* How long ago by the city's clock, running. */
    age(iso) {
      const at = Date.parse(iso || "");
      return Number.isNaN(at) ? "–" : clock((desk.store.now() - at) / 1000);
    },

    time(iso) {
      const at = new Date(iso || "");
      return Number.isNaN(at.getTime()) ? "–" : isolated(desk.speech.clock.format(at));
    },

    /* Shape, colour and a spoken word together. */
    shape(priority) {
      const node = element("span", `shape priority-${priority}`, desk.setup.shapes[priority] || "●");
      node.setAttribute("role", "img");
      node.setAttribute("aria-label", desk.speech.say("priority.name", { n: priority }));
      return node;
    },

    kind(incident) {
      return desk.speech.name("incident_kinds", incident.kind || "other");
    },

    place(incident) {
      return incident.area ? desk.speech.name("areas", incident.area) : desk.speech.say("place.unknown");
    },

    /* `Structure fire, Roxbury (1042)`: what a sentence calls an incident. */
    called(id) {
      const incident = desk.store.topic("queue").get(id);
      if (!incident) return isolated(id);
      return desk.speech.say("incident.called", { kind: desk.kind(incident), place: desk.place(incident), id: isolated(id) });
    },

    emit(name, detail) {
      document.dispatchEvent(new CustomEvent(`desk:${name}`, { detail }));
    },

    sayOnce(text, { urgent = false } = {}) {
      const node = desk.part(urgent ? "said-urgent" : "said");
      write(node, "");
      setTimeout(() => write(node, text), 50); // the same sentence twice is two sentences
    },

    get(path) {
      return call(path, { timeout: READ_TIMEOUT_MS });
    },

    /* A token that is no longer the session's (signed in anew in another window) is fetched once, then sent again:
       what was refused for it was not taken. */
    async post(path, body) {
      if (desk.setup.replay && !isOwn(path)) return { status: 410, body: { error: { code: "past", message: "" } } };
      const send = () => {
        const headers = { "Content-Type": "application/json", "X-CSRF-Token": desk.setup.who.csrf };
        return call(path, { method: "POST", headers, body: JSON.stringify(body), timeout: POST_TIMEOUT_MS });
      };
      const answer = await send();
      if (answer.status !== 403 || answer.body.error?.code !== "csrf") return answer;
      const account = await call("/account", { timeout: READ_TIMEOUT_MS });
      if (account.status !== 200 || account.body.name !== desk.setup.who.name) return answer;
      desk.setup.who.csrf = account.body.csrf;
      return send();
    },
  });

  /* What is no JSON, as of a proxy that speaks for the server, says nothing. */
  function parsed(text) {
    try {
      return JSON.parse(text) || {};
    } catch {
      return {};
    }
  }

  /* Whose desk this is, and its lock, are of now also where a past instant is shown. */
  function isOwn(path) {
    return path.startsWith("/account");
  }

  /* {status, body}; status 0 when nobody answered, or not to the end: half an answer is none. Never rejects. */
  async function call(path, { timeout, ...options }) {
    if (desk.setup.replay && !isOwn(path)) return desk.replay ? desk.replay.get(path) : { status: 410, body: {} };
    const address = path.startsWith("/") ? path : `${desk.setup.api}/${path}`;
    try {
      const response = await fetch(address, { ...options, credentials: "same-origin", cache: "no-store", signal: AbortSignal.timeout(timeout) });
      const text = await response.text();
      return { status: response.status, body: parsed(text) };
    } catch (error) {
      return { status: 0, body: {}, error: String(error) };
    }
  }
})(typeof window === "undefined" ? globalThis : window);
