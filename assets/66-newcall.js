/* A new incident, saved from its first field, and the correction of one that is known: each field is sent as it is left. */
(function (root) {
  "use strict";
  const hexwatch = (root.hexwatch = root.hexwatch || {});
  const { write, show, element, fillList } = hexwatch;
  const LOOK_UP_MS = 150;
  const MOST_NEAR = 3;
  const { corrections, answered, EMPTY_CALL: EMPTY, FIRST_FIELDS: FIRST } = hexwatch;

  class NewCall {
    constructor(desk) {
      this.desk = desk;
      this.box = desk.page.querySelector("[data-newcall]");
      this.fields = hexwatch.fieldsIn(this.box);
      this.nodes = Object.fromEntries([...this.box.querySelectorAll("[data-new]")].map((node) => [node.dataset.new, node]));
      this.kinds = new hexwatch.Offers(this.fields.kind, this.nodes["kind-offers"], (offer) => this.takeKind(offer));
      this.placeOffers = new hexwatch.Offers(this.fields.place, this.nodes["place-offers"], (offer) => this.takePlace(offer.place));
      this.wire();
      const { keys } = desk;
      keys.add({ key: "c", act: "new-incident", what: "new.key", run: () => this.open() });
      this.opened = (event) => this.open(event.detail?.prefill || {});
      document.addEventListener("desk:open-new", this.opened);
      this.corrector();
    }

    leave() {
      document.removeEventListener("desk:open-new", this.opened);
      this.gone = true;
      clearTimeout(this.looking);
    }

    wire() {
      const { fields, nodes, box } = this;
      fields.kind.addEventListener("input", () => this.offerKinds());
      fields.kind.addEventListener("change", () => this.readKind());
      fields.place.addEventListener("input", () => this.typePlace());
      fields.place.addEventListener("change", () => this.leavePlace());
      for (const name of ["phone", "name", "text"]) fields[name].addEventListener("change", () => this.put({ [name]: fields[name].value.trim() }));
      for (const choice of box.querySelectorAll("[data-priority]")) choice.onclick = () => this.choosePriority(Number(choice.dataset.priority));
      fields.at.addEventListener("change", () => this.readTime());
      nodes.map.onclick = () => document.dispatchEvent(new CustomEvent("desk:pick-place", { detail: { done: (latlng) => this.picked(latlng) } }));
      nodes.exercise.onclick = () => {
        this.now.exercise = !this.now.exercise;
        this.tellExercise();
      };
      nodes.unknown.onclick = () => this.placeUnknown();
      nodes.done.onclick = () => this.close();
      nodes.again.onclick = () => this.save();
      box.addEventListener("submit", (event) => event.preventDefault());
      box.addEventListener("keydown", (event) => this.key(event));
    }

    /* In the incident's panel: correct what and where it is. */
    corrector() {
      const button = this.desk.page.querySelector("[data-correct]");
      if (button) button.onclick = () => this.correct(this.desk.store.selected());
    }

    key(event) {
      if (event.isComposing || event.keyCode === 229 || event.repeat) return;
      const digit = /^Digit([1-9])$/.exec(event.code || "");
      if (event.altKey && digit && this.near?.[digit[1] - 1]) this.link(this.near[digit[1] - 1]);
      else if (event.key === "Escape" || (event.key === "Enter" && (event.ctrlKey || event.metaKey))) this.close();
      else if (event.key === "Enter" && event.target.matches("input")) this.next(event.target);
      else return;
      event.preventDefault();
      event.stopPropagation();
    }

    /* Enter leaves the field, which saves it. */
    next(field) {
      const all = [...this.box.querySelectorAll("input, textarea")].filter((node) => !node.disabled && node.checkVisibility());
      field.blur();
      (all[all.indexOf(field) + 1] || this.nodes.done).focus();
    }

    open(prefill = {}) {
      if (!this.box.hidden && !this.id && FIRST.every((name) => !this.now[name])) return void this.start({ ...EMPTY, ...prefillOf(prefill) });
      this.begin("", { ...EMPTY });
      this.start({ ...EMPTY, ...prefillOf(prefill) });
      if (prefill.lat !== undefined) this.look();
    }

    start(now) {
      this.now = now;
      this.fill();
      this.fields.kind.focus();
      this.offerKinds();
    }

    /* The same form on an incident that is known already. */
    correct(id) {
      const incident = this.desk.store.topic("queue").get(id);
      if (!incident) return;
      const place = typeof incident.lat === "number" ? { lat: incident.lat, lng: incident.lng, area: incident.area, name: pointName(incident) } : null;
      this.begin(id, { ...EMPTY, kind: incident.kind, priority: incident.priority, place });
      this.start({ ...this.saved });
      this.fields.place.focus();
      this.fields.place.select();
    }

    begin(id, saved) {
      this.id = id;
      this.saved = saved;
      this.isCorrection = Boolean(id);
      this.asking = Promise.resolve();
      this.near = [];
      this.lateFor = "";
      show(this.box, true);
      show(this.nodes.again, false);
      show(this.nodes.warn, false);
      this.fields.at.disabled = Boolean(id);
      this.tellState();
      this.tellNear();
    }

    close() {
      document.activeElement?.blur(); // what is being typed is left, and so saved
      show(this.box, false);
      this.kinds.close();
      this.placeOffers.close();
      const finish = this.asking, id = () => this.id;
      finish.then(() => {
        if (id() && !this.isCorrection && this.box.hidden && !this.gone) this.desk.store.select(id(), { by: "code" });
      });
    }

    fill() {
      const { fields, now, desk } = this;
      fields.kind.value = now.kind ? desk.speech.name("incident_kinds", now.kind) : "";
      fields.place.value = now.place ? now.place.name : now.address;
      for (const name of ["phone", "name", "text"]) fields[name].value = now[name];
      fields.at.value = "";
      this.tellPriority();
      this.tellExercise();
    }

    choosePriority(priority) {
      this.put({ priority });
      this.tellPriority();
    }

    tellPriority() {
      for (const choice of this.box.querySelectorAll("[data-priority]")) choice.setAttribute("aria-pressed", String(Number(choice.dataset.priority) === this.now.priority));
    }

    /* Whether it is one must be said before the first field is saved: an emergency never becomes an exercise. */
    tellExercise() {
      const { exercise } = this.nodes;
      show(exercise, !this.id);
      exercise.setAttribute("aria-pressed", String(this.now.exercise));
      this.box.classList.toggle("exercise", Boolean(this.now.exercise));
    }

    /* Take a change and save it. */
    put(change) {
      Object.assign(this.now, change);
      this.save();
      if ("kind" in change || "place" in change) this.look();
    }

    /* One request at a time, in order; what was typed meanwhile goes with the next. */
    save() {
      this.asking = this.asking.then(() => this.ask()).catch((error) => root.console.error(error));
      return this.asking;
    }

    async ask() {
      const { desk } = this, going = { ...this.now };
      for (const { verb, said, ...fields } of corrections(this.id, this.saved, going)) {
        this.tellState("saving");
        if (verb === "note") fields.text = said.map(([name, text]) => (name === "text" ? text : desk.speech.say(`new.note_${name}`, { text }))).join(" · ");
        const answer = await desk.ask(verb, fields, { about: this.id ? `incident:${this.id}` : "", quiet: true });
        if (answer.state !== "done") return void this.failed(answer);
        if (verb === "create_incident") this.created(answer, going);
        else this.saved = { ...this.saved, ...answered(verb, going) };
        if (answer.detail?.warn?.length) this.warn(answer.detail.warn);
        if (verb === "create_incident") break; // what changed meanwhile is sent below, as corrections
      }
      show(this.nodes.again, false);
      this.tellState("saved");
      if (corrections(this.id, this.saved, this.now).length && this.id) await this.ask();
    }

    created(answer, going) {
      this.id = answer.detail.incident_id;
      this.saved = going;
      this.fields.at.disabled = true;
      this.tellExercise();
    }

    failed(answer) {
      const { speech } = this.desk;
      write(this.nodes.state, answer.state === "refused" ? speech.say("new.refused", { reason: hexwatch.reasonIn(this.desk, answer.reason) }) : speech.say("new.unsaved"));
      this.nodes.state.dataset.state = "failed";
      show(this.nodes.again, true);
    }

    warn(units) {
      const text = this.desk.speech.say("new.warn", { units: units.map(hexwatch.isolated).join(", ") });
      write(this.nodes.warn, text);
      show(this.nodes.warn, true);
      this.desk.sayOnce(text, { urgent: true });
    }

    tellState(state = this.id ? "saved" : "empty") {
      const { speech } = this.desk, { title, state: node } = this.nodes, id = hexwatch.isolated(this.id);
      write(title, this.isCorrection ? speech.say("new.correct", { id }) : this.id ? speech.say("new.title_saved", { id }) : speech.say("new.title"));
      const nowhere = state === "saved" && !this.now?.place && !this.isCorrection ? ` ${speech.say("new.unlocated")}` : "";
      write(node, `${speech.say(`new.${state}`, { id })}${nowhere}`);
      node.dataset.state = state;
    }

    // what it is

    offerKinds() {
      const typed = this.fields.kind.value.trim().toLowerCase(), names = kindNames(this.desk);
      const fits = ([id, name]) => id.toLowerCase().startsWith(typed) || name.toLowerCase().includes(typed);
      this.kinds.list(Object.entries(names).filter(fits).map(([id, name]) => ({ value: id, text: name, hint: id })));
    }

    takeKind({ value, text }) {
      this.fields.kind.value = text;
      this.put({ kind: value });
      this.fields.place.focus();
    }

    /* A word that names no kind is kept as one: nobody is stopped from saving. */
    readKind() {
      const typed = this.fields.kind.value.trim(), names = Object.entries(kindNames(this.desk)), lower = typed.toLowerCase();
      const same = names.find(([id, name]) => id.toLowerCase() === lower || name.toLowerCase() === lower);
      const alike = names.filter(([id, name]) => lower && (id.toLowerCase().startsWith(lower) || name.toLowerCase().startsWith(lower)));
      const kind = same?.[0] || (alike.length === 1 ? alike[0][0] : typed);
      if (kind !== this.now.kind) this.put({ kind });
    }

    // where it is

    typePlace() {
      const words = this.fields.place.value.trim();
      clearTimeout(this.looking);
      if (!words) return void this.placeOffers.close();
      this.looking = setTimeout(async () => {
        const found = await hexwatch.findPlaces(this.desk, words);
        if (this.gone || found === null || this.fields.place.value.trim() !== words) return;
        this.foundFor = words;
        this.found = found;
        if (document.activeElement === this.fields.place) this.placeOffers.list(found.map((place) => ({ value: place.id, text: place.name, hint: hexwatch.placeHint(place, this.desk), place })));
      }, LOOK_UP_MS);
    }

    takePlace(place) {
      const words = this.fields.place.value.trim();
      this.fields.place.value = place.name;
      const saysMore = words.toLowerCase().includes(place.name.toLowerCase()); // a house number, say
      this.put({ place, address: saysMore ? words : place.name });
      this.fields.phone.focus();
    }

    /* Words that were left without a choice: what they name beyond doubt is taken, else they stand as an address. */
    async leavePlace() {
      const words = this.fields.place.value.trim(), { id, now } = this;
      if (words === (this.now.place?.name || this.now.address)) return;
      if (!words) return void (this.isCorrection ? this.fill() : this.put({ place: null, address: "" }));
      const found = this.foundFor === words ? this.found : await hexwatch.findPlaces(this.desk, words);
      const sure = hexwatch.surePlace(found || []);
      if (this.now !== now) return void this.after(id, sure, words); // closed, and another one begun meanwhile
      if (sure) return void this.put({ place: sure, address: words });
      if (this.isCorrection) return void this.unplaced(words);
      this.put({ place: null, address: words });
    }

    /* What was typed last into a form that is closed by now still reaches its incident. */
    after(id, place, words) {
      if (id) this.desk.ask("relocate", { incident_id: id, ...hexwatch.placeFields(place, words) }, { about: `incident:${id}` });
      else this.desk.ask("create_incident", hexwatch.placeFields(place, words));
    }

    /* A correction never trades a position for words alone; that is what the button is for. */
    unplaced(words) {
      write(this.nodes.state, this.desk.speech.say("new.not_found", { place: words }));
      this.nodes.state.dataset.state = "failed";
    }

    placeUnknown() {
      this.fields.place.value = "";
      this.put({ place: null, address: "" });
    }

    picked(latlng) {
      if (!latlng || this.box.hidden) return;
      const place = { lat: Number(latlng.lat.toFixed(6)), lng: Number(latlng.lng.toFixed(6)), area: "", name: pointName(latlng) };
      this.fields.place.value = place.name;
      this.put({ place, address: this.now.address });
      this.fields.phone.focus();
    }

    // when it was, if it is entered later

    readTime() {
      const { desk, fields } = this, typed = fields.at.value.trim();
      const said = /^(\d{1,2}):?(\d{2})(?::(\d{2}))?$/.exec(typed);
      const isTime = said && said[1] < 24 && said[2] < 60 && (said[3] || 0) < 60;
      fields.at.setAttribute("aria-invalid", String(Boolean(typed) && !isTime));
      if (this.id) return;
      this.now.at = isTime ? new Date(hexwatch.lastTime(Number(said[1]), Number(said[2]), Number(said[3] || 0), desk.store.now(), desk.setup.zone)).toISOString() : "";
      write(this.nodes["at-told"], this.now.at ? desk.speech.when(this.now.at, desk.store.now()) : typed ? desk.speech.say("new.at_wrong") : "");
    }

    // what may be the same matter

    async look() {
      const { place, kind } = this.now, { desk } = this;
      if (!place || this.isCorrection) return void this.tellNear((this.near = []));
      const query = new URLSearchParams({ lat: place.lat, lng: place.lng, ...(kind ? { kind } : {}) });
      const { body } = await desk.get(`nearby?${query}`);
      if (this.gone || this.now.place !== place) return;
      this.near = (body.nearby || []).filter((matter) => matter.id !== this.id).slice(0, MOST_NEAR);
      this.tellNear();
    }

    tellNear() {
      const { desk } = this, { speech } = desk;
      fillList(this.nodes.near, this.near, () => this.nearNode(), (node, matter, i) => {
        const button = node.firstChild, name = matter.type === "case" ? speech.name("categories", matter.kind) : speech.name("incident_kinds", matter.kind);
        write(button.children[0], `Alt ${i + 1}`);
        const shape = matter.priority ? `${desk.setup.shapes[matter.priority]} ` : "";
        write(button.children[1], `${shape}${name} ${hexwatch.isolated(matter.id)}`);
        write(button.children[2], speech.say("new.near_what", { m: matter.distance_m, age: speech.duration(matter.age_s) }));
        button.onclick = () => this.link(matter);
      });
      show(this.nodes["near-box"], this.near.length > 0);
    }

    nearNode() {
      const node = element("li"), button = element("button", "near-matter");
      button.type = "button";
      button.append(element("kbd"), element("span", "near-name"), element("span", "quiet"));
      node.append(button);
      return node;
    }

    /* One more caller of a known matter: what was saved here becomes part of it, and it alone stays in the queue. */
    async link(matter) {
      document.activeElement?.blur();
      await this.asking;
      const { desk } = this, { speech } = desk, reason = speech.say("new.further");
      const fold = { incident: () => this.linkTo(matter, reason), case: () => this.linkCase(matter) }[matter.type];
      const answer = await fold();
      if (answer.state !== "done") return void this.failed(answer);
      desk.sayOnce(speech.say("new.linked", { id: matter.id }));
      const lead = matter.type === "incident" ? matter.id : this.id || answer.detail?.incident_id;
      this.id = "";
      show(this.box, false);
      if (lead) desk.store.select(lead, { by: "code" });
    }

    linkTo(matter, reason) {
      const about = { about: `incident:${matter.id}` };
      if (this.id) return this.desk.ask("merge", { incident_id: this.id, into: matter.id, reason }, about);
      return this.desk.ask("note", { incident_id: matter.id, text: reason }, about);
    }

    /* A complaint at the hotline: it becomes this incident, or is named in it when the incident stands already. */
    linkCase(matter) {
      const { desk, id, now } = this;
      if (id) return desk.ask("note", { incident_id: id, text: desk.speech.say("new.note_case", { id: matter.id }) }, { about: `incident:${id}` });
      return desk.ask("promote_case", { case_id: matter.id, kind: now.kind || matter.kind, priority: now.priority }, {});
    }
  }

  function prefillOf({ lat, lng, area = "", kind = "", address = "" }) {
    const place = typeof lat === "number" ? { lat, lng, area, name: pointName({ lat, lng }) } : null;
    return { kind, address, place };
  }

  const pointName = ({ lat, lng }) => `${lat.toFixed(5)}, ${lng.toFixed(5)}`;

  function kindNames({ setup, store }) {
    const names = { ...setup.names.incident_kinds };
    for (const { kind } of store.topic("queue").values()) if (kind && !names[kind]) names[kind] = hexwatch.readable(kind);
    return names;
  }

  Object.assign(hexwatch, { NewCall });
  hexwatch.desk?.parts?.push((desk) => (desk.page.querySelector("[data-newcall]") ? (desk.newCall = new NewCall(desk)) : { leave() {} }));
})(typeof window === "undefined" ? globalThis : window);
