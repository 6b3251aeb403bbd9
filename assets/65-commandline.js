/* The line for what radio brings: what is typed, what could follow, and in plain words what Enter will ask. */
(function (root) {
  "use strict";
  const hexwatch = (root.hexwatch = root.hexwatch || {});
  const { write, show, element, fillList } = hexwatch;
  const LOOK_UP_MS = 150;
  const MOST_REMEMBERED = 30;

  /* What a row of offers says beside the code. */
  function hintOf(offer, desk) {
    const { speech } = desk;
    if (offer.what === "word") return speech.say(`command.is_${offer.row}`);
    if (offer.what === "unit") return unitHint(desk, offer.value);
    if (offer.what === "incident") return incidentHint(desk, offer.value);
    return offer.name || "";
  }

  function unitHint({ store, speech }, id) {
    const unit = store.topic("roster").get(id);
    return unit ? [speech.name("unit_kinds", unit.kind || ""), hexwatch.coded(speech, "status.", unit.status), (unit.incidents || []).join(" ")].filter(Boolean).join(" · ") : "";
  }

  function incidentHint({ store, speech }, id) {
    const incident = store.topic("queue").get(id);
    if (!incident) return "";
    return [speech.name("incident_kinds", incident.kind), incident.area && speech.name("areas", incident.area), incident.received_at && speech.minute.format(new Date(incident.received_at))].filter(Boolean).join(" · ");
  }

  /* What the reader knows of the city at this moment. */
  function knownOf(desk) {
    const { store, setup } = desk, incidents = store.topic("queue"), kinds = { ...setup.names.incident_kinds };
    for (const { kind } of incidents.values()) if (kind && !kinds[kind]) kinds[kind] = hexwatch.readable(kind);
    return { units: store.topic("roster"), incidents, kinds, agencies: setup.names.agencies || {}, selected: store.selected(), now: store.now(), zone: setup.zone };
  }

  /* The sentence before Enter: what will be asked, of what, and when that was. */
  function echoOf(command, desk, place, found = []) {
    const { speech } = desk, { said } = command, iso = hexwatch.isolated, called = (id) => (id ? desk.called(id) : "");
    const values = {
      units: (said.units || []).map(iso).join(", "),
      incident: called(said.on || said.incident),
      to: called(said.to),
      from: (said.units || []).flatMap((id) => desk.store.topic("roster").get(id)?.incidents || []).map(called).join(", "),
      kind: said.kind ? speech.name("incident_kinds", said.kind) : "",
      n: command.args.priority || 2,
      alarm: command.args.alarm || "",
      agency: said.agency ? speech.name("agencies", said.agency) : "",
      answer: said.answer ? speech.say(`command.${said.answer}`) : "",
      numbers: iso(["t1", "t2", "t3", "dead"].map((name) => command.args[name] ?? 0).join(" / ")),
      place: placeWords(command, desk, place, found),
      words: said.words || said.text || "",
      commander: said.token || "–",
      staging: said.words || "–",
    };
    const name = command.args.verb === "divert" ? "divert" : command.name;
    const sentence = speech.say(`command.do_${name}`, values);
    const reason = values.words && !sentence.includes(values.words) ? ` (${values.words})` : "";
    return `${sentence}${reason} · ${timeWords(command.at, desk)}`;
  }

  function timeWords(at, { speech, store }) {
    if (at === null) return speech.say("command.now");
    const age = speech.duration((store.now() - at) / 1000);
    return speech.say("command.at", { time: hexwatch.isolated(speech.clock.format(new Date(at))), age });
  }

  function placeWords(command, { speech }, place, found) {
    if (!command.place) return speech.say("command.nowhere");
    if (place === undefined) return speech.say("command.looking", { place: command.place });
    if (!place) return speech.say(found.length ? "command.choose" : "command.not_found", { place: command.place });
    return place.area ? `${place.name}, ${speech.name("areas", place.area)}` : place.name;
  }

  /* Why a line cannot be sent, and what is expected. */
  function wrongWords(command, { speech }) {
    const listed = (ids = []) => ids.map(hexwatch.isolated).join(", "), said = command.values || {};
    const values = { ...said, among: listed(said.among), units: listed(said.units) };
    const why = !command.code || command.code === "more" ? "" : speech.say(`command.wrong_${command.code}`, values);
    const expected = (command.expects || []).map((slot) => speech.say(`command.expect_${slot.split(":")[0]}`)).join(", ");
    return [why, expected && speech.say("command.expected", { what: expected })].filter(Boolean).join(" ");
  }

  class CommandLine {
    constructor(desk) {
      this.desk = desk;
      this.box = desk.page.querySelector("[data-command]");
      const find = (name) => this.box.querySelector(`[data-command-part="${name}"]`);
      [this.opener, this.form, this.echo, this.offers, this.help] = ["open", "line", "echo", "offers", "help"].map(find);
      this.input = hexwatch.fieldsIn(this.form).command;
      this.past = [];
      this.places = new Map(); // text -> place, null (none for sure), or undefined while it is looked up
      this.lists = new Map(); // text -> what may be meant
      this.opener.onclick = () => this.open();
      this.input.addEventListener("input", () => this.read());
      this.input.addEventListener("keydown", (event) => this.key(event));
      this.form.addEventListener("submit", (event) => event.preventDefault());
      this.listHelp();
      desk.keys.add({ key: ";", act: "command", what: "command.key", run: () => this.open() });
    }

    leave() {
      clearTimeout(this.looking);
    }

    open(text = "") {
      show(this.form, true);
      show(this.opener, false);
      this.input.value = text;
      this.input.focus();
      this.place = 0;
      this.recalled = this.past.length;
      this.read();
    }

    close() {
      show(this.form, false);
      show(this.opener, true);
      this.input.blur();
    }

    /* Every word of the table with what it does, opened by `?`. */
    listHelp() {
      const rows = hexwatch.GRAMMAR.map((row) => ({ code: exampleOf(row), text: this.desk.speech.say(`command.is_${row.name}`) }));
      fillList(this.help.querySelector("tbody"), rows, () => {
        const row = element("tr"), head = element("th");
        head.scope = "row";
        head.dir = "ltr";
        row.append(head, element("td"));
        return row;
      }, (node, { code, text }) => {
        write(node.children[0], code);
        write(node.children[1], text);
      });
    }

    read() {
      const { desk, input } = this, typed = input.value;
      const asksHelp = /^[\s;；؛]*[?？؟]/.test(typed);
      show(this.help, asksHelp);
      this.command = hexwatch.readCommand(typed, knownOf(desk));
      this.chosen = -1;
      if (this.command.state === "ready" && this.command.place) this.lookUp(this.command.place);
      this.tell(asksHelp);
    }

    tell(asksHelp = false) {
      const { command, desk } = this, place = this.places.get(command.place);
      const isReady = command.state === "ready" && this.isPlaced();
      const told = asksHelp ? "" : command.state === "ready" ? echoOf(command, desk, place, this.lists.get(command.place)) : wrongWords(command, desk);
      write(this.echo, told);
      this.echo.dataset.state = isReady ? "ready" : command.state === "ready" ? "missing" : command.state;
      const found = command.state === "ready" && command.place ? this.found(command) : command.offers || [];
      this.shown = asksHelp ? [] : found;
      fillList(this.offers, this.shown, () => this.offerNode(), (node, offer, i) => {
        write(node.children[0], offer.value);
        write(node.children[1], offer.place ? placeHint(offer.place, desk) : hintOf(offer, desk));
        node.setAttribute("aria-selected", String(i === this.chosen));
      });
      show(this.offers, this.shown.length > 0);
      this.input.setAttribute("aria-expanded", String(this.shown.length > 0));
    }

    offerNode() {
      const node = element("li", "offer"), code = element("bdi", "offer-code");
      node.setAttribute("role", "option");
      node.append(code, element("span", "offer-hint"));
      node.onpointerdown = (event) => {
        event.preventDefault();
        this.take(this.shown[[...this.offers.children].indexOf(node)]);
      };
      return node;
    }

    /* Places of the same words, to choose among. */
    found(command) {
      return (this.lists.get(command.place) || []).map((place) => ({ what: "place", value: place.name, place }));
    }

    /* A place must be looked up before it is asked for; a correction without a position would lose the old one. */
    isPlaced() {
      const { command } = this;
      if (!command.place) return true;
      const place = this.places.get(command.place);
      return place !== undefined && (Boolean(place) || command.args.verb === "create_incident");
    }

    lookUp(text) {
      if (this.places.has(text)) return;
      clearTimeout(this.looking);
      this.looking = setTimeout(async () => {
        const found = await hexwatch.findPlaces(this.desk, text);
        if (found === null) return; // nobody answered: it stays unknown, and typing on asks again
        this.lists.set(text, found);
        this.places.set(text, surePlace(found));
        if (this.command.place === text) this.tell();
      }, LOOK_UP_MS);
    }

    key(event) {
      if (event.isComposing || event.keyCode === 229) return;
      const acts = { Escape: () => this.close(), Enter: () => this.enter(event), Tab: () => this.complete(), ArrowDown: () => this.move(1), ArrowUp: () => this.move(-1) };
      const act = acts[event.key];
      if (!act || (event.key === "Tab" && !this.shown.length)) return;
      event.preventDefault();
      event.stopPropagation();
      if (!event.repeat || event.key.startsWith("Arrow")) act();
    }

    move(by) {
      if (by < 0 && this.chosen < 0) return void this.recall();
      this.chosen = Math.max(-1, Math.min(this.shown.length - 1, this.chosen + by));
      this.tell();
    }

    recall() {
      if (!this.past.length || this.recalled === 0) return;
      this.input.value = this.past[--this.recalled];
      this.read();
    }

    complete() {
      this.take(this.shown[Math.max(0, this.chosen)]);
    }

    take(offer) {
      if (!offer) return;
      if (offer.place) {
        this.places.set(this.command.place, offer.place);
        this.chosen = -1;
        this.lists.set(this.command.place, []); // chosen: nothing more to offer
        return void this.tell();
      }
      this.input.value = offer.line;
      this.read();
    }

    enter() {
      if (this.chosen >= 0) return void this.take(this.shown[this.chosen]);
      this.command = { ...this.command, ...hexwatch.readCommand(this.input.value, knownOf(this.desk)) }; // as things stand now
      this.tell();
      if (this.command.state !== "ready" || !this.isPlaced()) return;
      this.send(this.command);
    }

    async send(command) {
      const { desk } = this, { verb, ...fields } = command.args;
      if (command.place) Object.assign(fields, placeFields(this.places.get(command.place), command.place));
      this.past.push(this.input.value);
      this.past.splice(0, this.past.length - MOST_REMEMBERED);
      this.close();
      const about = fields.incident_id ? `incident:${fields.incident_id}` : fields.unit_id ? `unit:${fields.unit_id}` : "";
      const answer = await desk.ask(verb, fields, { about });
      if (answer.state !== "done") return;
      if (verb === "create_incident" && answer.detail?.incident_id) desk.store.select(answer.detail.incident_id, { by: "code" });
      if (answer.detail?.warn?.length) desk.sayOnce(desk.speech.say("new.warn", { units: answer.detail.warn.join(", ") }), { urgent: true });
    }
  }

  const SAMPLES = { incident: "1042", "incident?": "", words: "…", "words?": "[…]", kind: "fire", "priority?": "[p1]", place: "…", "place?": "[…]", "text?": "[: …]", agency: "119", answer: "yes", number: "2", "number?": "[0]", "token?": "[…]" };

  function exampleOf(row) {
    const head = { unit: "E39", units: "E39", incident: "1042" }[row.of];
    return [head, row.words[0], ...row.slots.map((slot) => SAMPLES[slot])].filter(Boolean).join(" ");
  }

  /* Where something is, as a request says it: a position when one was found, and always the words that were said. */
  function placeFields(place, words) {
    if (!place) return { address: words };
    const { lat, lng, area } = place;
    return { lat, lng, address: words, ...(area ? { area } : {}) };
  }

  function placeHint(place, { speech }) {
    return [hexwatch.coded(speech, "new.place_", place.kind), place.area && speech.name("areas", place.area), speech.say("new.within", { m: place.precision_m })].filter(Boolean).join(" · ");
  }

  /* The place that the words name beyond doubt, or null: then a person chooses. */
  function surePlace(found) {
    const sure = (place) => place.why?.some((code) => ["coordinates", "cell", "exact"].includes(code));
    const named = found.filter(sure);
    return named.length === 1 || (named.length && named[0].why[0] !== "exact") ? named[0] : found.length === 1 ? found[0] : null;
  }

  /* Places of these words, best first; null when nobody answered. Nearer ones stand first among equals. */
  async function findPlaces(desk, words, limit = 6) {
    const selected = desk.store.topic("queue").get(desk.store.selected()), near = typeof selected?.lat === "number" ? selected : desk.setup.view;
    const query = new URLSearchParams({ q: words, lat: near.lat, lng: near.lng, limit, lang: desk.setup.lang.id });
    const { body } = await desk.get(`places?${query}`);
    return body.places || null;
  }

  Object.assign(hexwatch, { CommandLine, echoOf, wrongWords, placeFields, placeHint, findPlaces, surePlace });
  hexwatch.desk?.parts?.push((desk) => (desk.page.querySelector("[data-command]") ? (desk.command = new CommandLine(desk)) : { leave() {} }));
})(typeof window === "undefined" ? globalThis : window);
