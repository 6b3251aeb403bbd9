/* What may be typed after `;`: one table of words, and the pure function that reads a line by it. No DOM, no network. */
(function (root) {
  "use strict";
  const hexwatch = (root.hexwatch = root.hexwatch || {});
  const MOST_OFFERED = 8;
  const MINUTE_MS = 60000, DAY_MS = 86400000;
  const TIME = /(?:^|\s)@(?:-(\d{1,3})|(\d{1,2}):?(\d{2})(?::(\d{2}))?)(?=\s|$)/;
  const TOKEN = /^(>>|[>=+,]|[^\s>=+,:]+)/;
  // The Arabic keyboard (101) key by key: a code typed without switching the layout is still that code.
  const ARABIC = "ض:q ص:w ث:e ق:r ف:t غ:y ع:u ه:i خ:o ح:p ج:[ د:] ش:a س:s ي:d ب:f ل:g ا:h ت:j ن:k م:l ك:; ئ:z ء:x ؤ:c ر:v ى:n ة:m و:, ز:.";
  const LATIN_OF = new Map(ARABIC.split(" ").map((pair) => pair.split(":")));
  const ANSWERS = { yes: "accepted", ok: "accepted", no: "declined" };

  const step = (status) => (said) => ({ verb: "report", unit_id: said.unit, incident_id: said.on, status });
  const signal = (status) => (said) => ({ verb: "signal_unit", unit_id: said.unit, status, reason: said.words });
  const about = (verb, values) => (said) => ({ verb, incident_id: said.incident, ...values(said) });

  /*
   * One row a word. `of`: what stands before it; `slots`: what follows (`?`: may be left out); `time`: whether it may
   * be entered later with `@14:05`; `on`: it is about the incident that the unit is on, unless one is named.
   */
  const GRAMMAR = [
    { name: "on_scene", of: "unit", words: ["os"], slots: ["incident?"], on: true, time: true, ask: step("on-scene") },
    { name: "en_route", of: "unit", words: ["er"], slots: ["incident?"], on: true, time: true, ask: step("en-route") },
    { name: "acknowledge", of: "unit", words: ["ak", "ack"], slots: ["incident?"], on: true, time: true, ask: (said) => ({ verb: "acknowledge", unit_id: said.unit, incident_id: said.on }) },
    { name: "transporting", of: "unit", words: ["tr"], slots: ["incident?"], on: true, time: true, ask: step("transporting") },
    { name: "at_hospital", of: "unit", words: ["ah"], slots: ["incident?"], on: true, time: true, ask: step("at-hospital") },
    { name: "clear", of: "unit", words: ["cl"], slots: ["incident?"], on: true, time: true, ask: (said) => ({ verb: "clear_unit", unit_id: said.unit, incident_id: said.on }) },
    { name: "stand_down", of: "unit", words: ["sd"], slots: ["words?"], on: true, time: true, ask: (said) => ({ verb: "stand_down", unit_id: said.unit, incident_id: said.on, reason: said.words }) },
    { name: "send", of: "units", words: [">", "to"], slots: ["incident", "words?"], time: true, ask: send },
    { name: "stack", of: "unit", words: [">>", "next"], slots: ["incident"], ask: (said) => ({ verb: "stack", unit_id: said.unit, incident_id: said.to }) },
    { name: "available", of: "unit", words: ["av"], slots: [], ask: signal("available") },
    { name: "returning", of: "unit", words: ["rt"], slots: [], ask: signal("returning") },
    { name: "out_of_service", of: "unit", words: ["oos"], slots: ["words?"], ask: signal("out_of_service") },
    { name: "out_of_contact", of: "unit", words: ["oc"], slots: ["words?"], ask: signal("out_of_contact") },
    { name: "in_contact", of: "unit", words: ["ic"], slots: [], ask: signal("in_contact") },
    { name: "check_in", of: "unit", words: ["ok"], slots: [], ask: (said) => ({ verb: "check_in", unit_id: said.unit }) },
    { name: "mayday", of: "unit", words: ["mayday", "md"], slots: ["words?"], ask: (said) => ({ verb: "unit_emergency", unit_id: said.unit, reason: said.words }) },
    { name: "safe", of: "unit", words: ["safe"], slots: ["words?"], ask: (said) => ({ verb: "end_unit_emergency", unit_id: said.unit, reason: said.words }) },
    { name: "new", of: "", words: ["new"], slots: ["kind", "priority?", "place?", "text?"], time: true, ask: create },
    { name: "priority", of: "incident", words: ["p1", "p2", "p3"], slots: ["words?"], ask: about("escalate", (said) => ({ priority: Number(said.word[1]), reason: said.words })) },
    { name: "alarm", of: "incident", words: ["alarm", "al"], slots: ["number", "words?"], ask: about("further_alarm", ({ numbers: [alarm], words }) => ({ alarm, reason: words })) },
    { name: "kind", of: "incident", words: ["kind", "k"], slots: ["kind"], ask: about("triage", (said) => ({ kind: said.kind })) },
    { name: "place", of: "incident", words: ["loc"], slots: ["place"], ask: about("relocate", () => ({})) },
    { name: "note", of: "incident", words: ["n"], slots: ["words"], time: true, ask: about("note", (said) => ({ text: said.words })) },
    { name: "situation", of: "incident", words: ["sit"], slots: ["words"], ask: about("report_situation", (said) => ({ text: said.words })) },
    { name: "contain", of: "incident", words: ["ct"], slots: ["words?"], time: true, ask: about("contain", (said) => ({ reason: said.words })) },
    { name: "cancel", of: "incident", words: ["cx"], slots: ["words"], time: true, ask: about("cancel", (said) => ({ reason: said.words })) },
    { name: "close", of: "incident", words: ["close"], slots: ["words?"], time: true, ask: about("close_incident", (said) => ({ reason: said.words })) },
    { name: "reopen", of: "incident", words: ["reopen"], slots: ["words"], ask: about("reopen_incident", (said) => ({ reason: said.words })) },
    { name: "merge", of: "incident", words: ["=", "same"], slots: ["incident", "words?"], ask: about("merge", (said) => ({ into: said.to, reason: said.words })) },
    { name: "link", of: "incident", words: ["+", "link"], slots: ["incident", "words?"], ask: about("link", (said) => ({ to: said.to, reason: said.words })) },
    { name: "split", of: "incident", words: ["split"], slots: ["words?"], ask: about("split", (said) => ({ reason: said.words })) },
    { name: "ask", of: "incident", words: ["ask"], slots: ["agency"], ask: about("ask_agency", (said) => ({ agency: said.agency })) },
    { name: "answer", of: "incident", words: ["ans"], slots: ["agency", "answer", "words?"], ask: about("answer_agency", (said) => ({ agency: said.agency, answer: said.answer, reason: said.words })) },
    { name: "pass", of: "incident", words: ["pass"], slots: ["agency", "words?"], ask: about("hand_over", (said) => ({ to: said.agency, reason: said.words })) },
    { name: "passed", of: "incident", words: ["passed"], slots: ["answer", "words?"], ask: about("answer_hand_over", (said) => ({ answer: said.answer, reason: said.words })) },
    { name: "major", of: "incident", words: ["major"], slots: ["token?", "words?"], ask: about("declare_major", (said) => ({ commander: said.token, staging: said.words })) },
    { name: "casualties", of: "incident", words: ["cas"], slots: ["number", "number", "number", "number?"], ask: about("report_casualties", casualties) },
    { name: "undo", of: "", words: ["undo", "u"], slots: [], ask: () => ({ verb: "undo" }) },
  ];

  /* A free unit is sent; one at work is diverted, which is a decision of its own and names one unit only. */
  function send(said, known) {
    const busy = said.units.filter((id) => (known.units.get(id)?.incidents || []).length);
    if (!busy.length) return { verb: "dispatch", incident_id: said.to, unit_ids: said.units };
    if (said.units.length > 1) throw wrong("one_divert", { units: busy });
    if (said.at) throw wrong("no_time", { word: ">" });
    return { verb: "divert", unit_id: said.unit, incident_id: said.to, reason: said.words };
  }

  function create(said) {
    return { verb: "create_incident", kind: said.kind, priority: said.priority, text: said.text };
  }

  function casualties({ numbers: [t1, t2, t3, dead = 0] }) {
    return { t1, t2, t3, dead };
  }

  /* The reading of a line stops here: `code` says why, `expects` what would do. */
  function wrong(code, values = {}, expects = []) {
    return { stop: "wrong", code, values, expects };
  }

  const missing = (expects, values = {}) => ({ stop: "missing", code: "more", values, expects });

  const digits = (text) => text.replace(/[\u0660-\u0669\u06F0-\u06F9]/g, (d) => d.charCodeAt(0) & 15);

  /* A code as it may have been meant: as typed in any width and case, then as the same keys without a switched layout. */
  function forms(token) {
    const plain = digits(token.normalize("NFKC")).toLowerCase();
    const keys = plain.replace(/\uFEFB|لا/g, "b").replace(/[\u0600-\u06FF]/g, (letter) => LATIN_OF.get(letter) || letter);
    return keys === plain ? [plain] : [plain, keys];
  }

  /* F001 and f1 are one unit. */
  const shortest = (id) => id.toLowerCase().replace(/(^|\D)0+(?=\d)/g, "$1");

  function unitOf(token, known) {
    for (const form of forms(token)) {
      for (const id of known.units.keys()) if (id.toLowerCase() === form) return id;
      const alike = [...known.units.keys()].filter((id) => shortest(id) === shortest(form));
      if (alike.length === 1) return alike[0];
    }
    return "";
  }

  const lastNumber = (id) => (/(\d+)\D*$/.exec(id)?.[1] || "").replace(/^0+/, "");

  /* Whether the digits end the id, or are a whole part of it: `1704-03`, `170403` and `1704` of `E261124-1704-03`. */
  function saysOf(id, said) {
    return id.replace(/\D/g, "").endsWith(said.replace(/\D/g, "")) || id.split(/\D+/).includes(said);
  }

  /* `.` is the selected one, `42` the one whose number ends the id. Throws when several are meant. */
  function incidentOf(token, known) {
    for (const form of forms(token)) {
      if (form === "." && known.selected) return known.selected;
      const ids = [...known.incidents.keys()];
      const exact = ids.find((id) => id.toLowerCase() === form);
      if (exact) return exact;
      if (!/^\d[\d-]*$/.test(form)) continue;
      const last = lastNumber(form), found = form.includes("-") ? [] : ids.filter((id) => lastNumber(id) === last);
      const near = found.length || form.length < 3 ? found : ids.filter((id) => saysOf(id, form));
      if (near.length > 1) throw wrong("many", { said: token, among: near.slice(0, MOST_OFFERED) });
      if (near.length) return near[0];
    }
    return "";
  }

  /* An id of a table by id, name or unambiguous beginning of either. */
  function namedOf(token, table) {
    const all = Object.entries(table);
    for (const form of forms(token)) {
      const is = ([id, name]) => id.toLowerCase() === form || name.toLowerCase() === form;
      const begins = ([id, name]) => id.toLowerCase().startsWith(form) || name.toLowerCase().startsWith(form);
      const exact = all.find(is), alike = all.filter(begins);
      if (exact) return exact[0];
      if (alike.length === 1) return alike[0][0];
    }
    return "";
  }

  /* `@14:05` is the last such time in the city, `@-5` five minutes ago. */
  function takeTime(line, known) {
    const text = digits(line.replace(/＠/g, "@").replace(/：/g, ":")), found = TIME.exec(text);
    if (!found) return { line, at: null };
    const rest = line.slice(0, found.index) + line.slice(found.index + found[0].length);
    const [, ago, hour, minute, second = "0"] = found;
    if (ago !== undefined) return { line: rest, at: known.now - Number(ago) * MINUTE_MS };
    if (hour > 23 || minute > 59 || second > 59) throw wrong("time", { said: found[0].trim() });
    return { line: rest, at: lastTime(Number(hour), Number(minute), Number(second), known.now, known.zone) };
  }

  /* The latest instant at or before `now` at which the city's clock showed this time. */
  function lastTime(hour, minute, second, now, zone) {
    const offset = (ms) => {
      const parts = new Intl.DateTimeFormat("en-CA", { timeZone: zone, hourCycle: "h23", year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit", second: "2-digit" }).formatToParts(ms);
      const of = Object.fromEntries(parts.map(({ type, value }) => [type, Number(value)]));
      return Date.UTC(of.year, of.month - 1, of.day, of.hour, of.minute, of.second) - Math.floor(ms / 1000) * 1000;
    };
    const local = now + offset(now), day = local - (((local % DAY_MS) + DAY_MS) % DAY_MS);
    const wanted = day + ((hour * 60 + minute) * 60 + second) * 1000;
    const instant = (ms) => ms - offset(ms - offset(now)); // the offset that holds there, not here
    return instant(wanted) <= now ? instant(wanted) : instant(wanted - DAY_MS);
  }

  /* One line while it is read: tokens leave `rest` from the front. */
  class Line {
    constructor(text) {
      this.text = this.rest = text.trimStart();
    }

    peek() {
      const token = TOKEN.exec(this.rest.replace(/^\s*(?=：)/, "").replace(/^＞＞/, ">>").replace(/^[＞＝＋，،]/, (c) => ({ "＞": ">", "＝": "=", "＋": "+" })[c] || ","));
      return token ? token[1] : "";
    }

    take() {
      const token = this.peek();
      this.before = this.text.slice(0, this.text.length - this.rest.length);
      this.rest = this.rest.slice(token.length).trimStart();
      return token;
    }

    get done() {
      return !this.rest;
    }

    /* Still typing the last token: nothing stands after it, not even a space. */
    get typing() {
      return this.done && !/\s$/.test(this.text);
    }

    takeAll() {
      const all = this.rest.trim();
      this.rest = "";
      return all;
    }
  }

  const SLOTS = {
    incident(line, said, known) {
      const token = line.take(), id = incidentOf(token, known);
      if (!id) throw wrong("incident", { said: token }, ["incident"]);
      said.to = id;
    },
    kind(line, said, known) {
      const token = line.take();
      said.kind = namedOf(token, known.kinds);
      if (!said.kind) throw wrong("kind", { said: token }, ["kind"]);
    },
    agency(line, said, known) {
      const token = line.take();
      said.agency = namedOf(token, known.agencies);
      if (!said.agency) throw wrong("agency", { said: token }, ["agency"]);
    },
    answer(line, said) {
      const token = line.take(), answer = forms(token).map((form) => ANSWERS[form]).find(Boolean);
      if (!answer) throw wrong("answer", { said: token }, ["answer"]);
      said.answer = answer;
    },
    number(line, said) {
      const token = line.take(), [form] = forms(token);
      if (!/^\d{1,4}$/.test(form)) throw wrong("number", { said: token }, ["number"]);
      (said.numbers = said.numbers || []).push(Number(form));
    },
    priority(line, said) {
      const found = forms(line.peek()).map((form) => /^p([123])$/.exec(form)).find(Boolean);
      if (!found) return;
      line.take();
      said.priority = Number(found[1]);
    },
    /* A place ends at a colon; what follows are the caller's words. */
    place(line, said) {
      const end = line.rest.search(/[:：]/), all = line.rest;
      line.rest = end < 0 ? "" : all.slice(end);
      said.place = (end < 0 ? all : all.slice(0, end)).trim();
    },
    text(line, said) {
      said.text = line.takeAll().replace(/^[:：]\s*/, "");
    },
    token(line, said) {
      said.token = line.take();
    },
    words(line, said) {
      said.words = line.takeAll();
    },
  };

  /* Who the line is about, and the word that says what of them. */
  function readHead(line, said, known) {
    const token = line.take(), lone = wordOf(token, "");
    said.word = token.toLowerCase();
    if (lone) return lone;
    const unit = unitOf(token, known);
    if (!unit) {
      said.incident = incidentOf(token, known);
      if (!said.incident) throw wrong("head", { said: token }, ["head"]);
      return readWord(line, said, "incident");
    }
    said.units = [unit];
    for (;;) {
      if (line.peek() === ",") line.take();
      if (line.done) throw missing(["word:unit"], { unit });
      const row = wordOf(line.peek(), said.units.length > 1 ? "units" : "unit");
      const other = row ? "" : unitOf(line.peek(), known);
      if (!other) break;
      line.take();
      if (!said.units.includes(other)) said.units.push(other);
    }
    said.unit = said.units[0];
    return readWord(line, said, said.units.length > 1 ? "units" : "unit");
  }

  function readWord(line, said, of) {
    if (line.done) throw missing([`word:${of}`], { unit: said.unit, incident: said.incident });
    const token = line.take(), row = wordOf(token, of);
    if (!row) throw wrong("word", { said: token }, [`word:${of}`]);
    said.word = forms(token).find((form) => row.words.includes(form));
    return row;
  }

  function wordOf(token, of) {
    const fits = (row) => row.of === of || (of === "unit" && row.of === "units");
    for (const form of forms(token)) {
      const row = GRAMMAR.find((known) => fits(known) && known.words.includes(form));
      if (row) return row;
    }
    return null;
  }

  function readSlots(line, said, row, known) {
    for (const slot of row.slots) {
      const name = slot.replace("?", "");
      if (!line.done) SLOTS[name](line, said, known);
      else if (name === slot) throw missing([name], { word: row.words[0] });
    }
    if (!line.done) throw wrong("rest", { said: line.rest });
    if (row.on) said.on = ownIncident(said, known);
  }

  function ownIncident(said, known) {
    const on = known.units.get(said.unit)?.incidents || [];
    if (said.to) {
      if (!on.includes(said.to)) throw wrong("not_there", { unit: said.unit, incident: said.to });
      return said.to;
    }
    if (!on.length) throw wrong("not_busy", { unit: said.unit });
    if (on.length > 1) throw { ...missing(["incident"], { unit: said.unit, among: on }), code: "which" };
    return on[0];
  }

  /*
   * Read what was typed. `known`: units and incidents (maps by id), kinds and agencies (id -> name), selected (an
   * incident's id or ""), now (ms), zone. The answer: {state: "empty" | "missing" | "wrong" | "ready", …}; of a ready
   * one `name` (its row), `args` (with the verb), `at` (ms or null: now), `place` (text still to be looked up) and `said`.
   */
  function readCommand(typed, known) {
    const text = typed.replace(/^[\s;；؛]+/, ""), said = { at: null };
    if (!text) return { state: "empty", expects: ["head"], offers: offersFor(["head"], "", "", known) };
    let line = new Line(text);
    try {
      const timed = takeTime(text, known);
      said.at = timed.at;
      line = new Line(timed.line);
      if (line.done) throw missing(["head"]);
      const row = readHead(line, said, known);
      readSlots(line, said, row, known);
      if (said.at !== null && !row.time) throw wrong("no_time", { word: row.words[0] });
      return { state: "ready", name: row.name, args: filled(row.ask(said, known), said.at), at: said.at, place: said.place || "", said, expects: [], offers: offersAtEnd(line, row, said, known) };
    } catch (stop) {
      if (!stop.stop) throw stop;
      return { ...stopped(stop, line, { ...known, said }), said };
    }
  }

  /* A token that something begins with is not wrong yet: it is being typed. */
  function stopped({ stop, code, values, expects }, line, known) {
    const isTyped = stop === "wrong" && line.typing;
    const before = stop === "missing" ? spaced(line.text) : line.before || "";
    const offers = stop === "missing" || isTyped ? offersFor(expects, isTyped ? values.said || "" : "", before, known) : [];
    return isTyped && offers.length ? { state: "missing", code: "more", values: {}, expects, offers } : { state: stop, code, values, expects, offers };
  }

  const spaced = (text) => (text && !/\s$/.test(text) ? `${text} ` : text);

  /* Only what was said is sent; an earlier time stands as an instant. */
  function filled(args, at) {
    const given = Object.entries(args).filter(([, value]) => value !== undefined && value !== "");
    return Object.fromEntries(at === null ? given : [...given, ["at", new Date(at).toISOString()]]);
  }

  /* A line that can be sent may still be meant otherwise: the last token is being typed. */
  function offersAtEnd(line, row, said, known) {
    const last = row.slots.length ? row.slots[0].replace("?", "") : "";
    if (!line.typing || last !== "incident" || !line.before) return [];
    return offersFor(["incident"], line.text.slice(line.before.length), line.before, known).filter((offer) => offer.value !== said.to && offer.value !== said.on);
  }

  /* What could stand where `typed` stands now, as whole lines to continue with. */
  function offersFor(expects, typed, before, known) {
    const found = expects.flatMap((slot) => candidates(slot, known));
    const tries = typed ? forms(typed) : [""];
    const byCode = ({ value }) => tries.some((form) => value.toLowerCase().startsWith(form) || shortest(value).startsWith(form) || endsWithNumber(value, form));
    const byName = ({ name }) => tries.some((form) => (name || "").toLowerCase().includes(form));
    const fitting = [...found.filter(byCode), ...found.filter((offer) => !byCode(offer) && byName(offer))];
    return fitting.slice(0, MOST_OFFERED).map((offer) => ({ ...offer, line: `${before}${offer.value} ` }));
  }

  const endsWithNumber = (id, form) => /^\d+$/.test(form) && id.split(/\D+/).some((part) => part.replace(/^0+/, "").startsWith(form.replace(/^0+/, "")));

  /* A step at an incident is for units that are on one. */
  function applies(row, { said, units }) {
    return !row.on || (units.get(said?.unit)?.incidents || []).length > 0;
  }

  function candidates(slot, known) {
    const [what, of] = slot.split(":");
    const all = {
      head: () => [...candidates("lone", known), ...candidates("incident", known), ...candidates("unit", known)],
      lone: () => GRAMMAR.filter((row) => !row.of).map((row) => ({ what: "word", value: row.words[0], row: row.name })),
      unit: () => [...known.units.keys()].map((id) => ({ what: "unit", value: id })),
      incident: () => [...known.incidents.keys()].map((id) => ({ what: "incident", value: id, name: known.kinds[known.incidents.get(id).kind] })),
      word: () => GRAMMAR.filter((row) => (row.of === of || (of === "unit" && row.of === "units")) && applies(row, known)).flatMap((row) => (row.name === "priority" ? row.words : row.words.slice(0, 1)).map((value) => ({ what: "word", value, row: row.name }))),
      kind: () => Object.entries(known.kinds).map(([id, name]) => ({ what: "kind", value: id, name })),
      agency: () => Object.entries(known.agencies).map(([id, name]) => ({ what: "agency", value: id, name })),
      answer: () => ["yes", "no"].map((value) => ({ what: "answer", value })),
    };
    return all[what] ? all[what]() : [];
  }

  Object.assign(hexwatch, { GRAMMAR, readCommand, lastTime });
})(typeof window === "undefined" ? globalThis : window);
