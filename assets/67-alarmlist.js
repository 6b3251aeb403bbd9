/* The alarms of a desk: the gravest in one line, all of them below it on demand; acknowledged by a key, shelved with a reason. */
(function (root) {
  "use strict";
  const hexwatch = (root.hexwatch = root.hexwatch || {});
  const { write, show, element, fillList, coded } = hexwatch;

  class AlarmList {
    constructor(desk) {
      this.desk = desk;
      this.box = desk.page.querySelector("[data-alarms]");
      this.nodes = Object.fromEntries([...this.box.querySelectorAll("[data-alarm]")].map((node) => [node.dataset.alarm, node]));
      this.nodes["shelf-reason"] = hexwatch.fieldsIn(this.nodes.shelf).reason;
      this.rateNode = desk.page.querySelector("[data-alarm-rate]");
      this.guidance = JSON.parse(this.box.dataset.guidance);
      this.rate = new hexwatch.AlarmRate();
      this.isOpen = false;
      this.nodes.all.onclick = () => this.unfold(!this.isOpen);
      this.nodes.ack.onclick = () => this.acknowledge(this.first());
      this.nodes.shelve.onclick = () => this.openShelf(this.first());
      this.nodes.text.onclick = () => this.go(this.first());
      this.wireShelf();
      this.folds = (event) => this.isOpen && this.left(event) && this.unfold(false);
      for (const name of ["keydown", "pointerdown"]) document.addEventListener(name, this.folds, true);
      desk.keys.add({ key: "a", act: "ack-alarm", what: "alarm.key", run: () => this.acknowledgeHere() });
      this.ends = [desk.store.subscribe("alarms", () => this.draw()), desk.store.subscribe("second", () => this.tick()), desk.store.subscribe("queue", () => this.draw()), desk.store.subscribe("duty", () => this.draw())];
    }

    leave() {
      for (const end of this.ends) end();
      for (const name of ["keydown", "pointerdown"]) document.removeEventListener(name, this.folds, true);
    }

    /* Escape, or a click elsewhere: the list lies over the page. */
    left(event) {
      if (event.type === "pointerdown") return !this.box.contains(event.target);
      return event.key === "Escape" && this.nodes.shelf.hidden && !document.querySelector("dialog[open]");
    }

    alarms() {
      return hexwatch.alarmsInOrder(this.desk.store.topic("alarms").values(), this.desk.duty);
    }

    /* The one that stands in the line. */
    first() {
      return this.alarms()[0];
    }

    tick() {
      this.tellRate();
      for (const node of this.box.querySelectorAll("[data-since]")) this.tellAge(node);
    }

    tellRate() {
      const { desk } = this, now = desk.store.now();
      const n = this.rate.hear(desk.store.topic("alarms").values(), this.desk.duty, now);
      const level = hexwatch.rateLevel(n, this.guidance);
      write(this.rateNode, desk.speech.say("alarm.rate", { n }));
      this.rateNode.dataset.level = level;
      const title = desk.speech.say(`alarm.rate_${level}`, this.guidance);
      if (this.rateNode.title !== title) this.rateNode.title = title;
    }

    draw() {
      const all = this.alarms(), sounding = all.filter((alarm) => alarm.state === "sounding"), [first] = all;
      show(this.box, all.length > 0);
      if (!first) return void this.unfold(false);
      this.box.dataset.severity = first.state === "sounding" ? first.severity : 0;
      this.box.classList.toggle("distress", first.kind === hexwatch.DISTRESS);
      this.fillLine(first, sounding.length, all.length);
      if (this.isOpen) this.fillAll(all);
      this.tellRate();
    }

    fillLine(first, sounding, all) {
      const { nodes, desk } = this, { speech } = desk;
      write(nodes.shape, desk.setup.shapes[first.severity]);
      nodes.shape.className = `shape priority-${first.severity}`;
      write(nodes.text, this.sentence(first));
      write(nodes.action, coded(speech, "alarm.action_", first.action));
      nodes.since.dataset.since = first.at;
      this.tellAge(nodes.since);
      write(nodes.state, this.stateWords(first));
      show(nodes.ack, first.state === "sounding");
      show(nodes.shelve, first.may_be_shelved !== false && first.state !== "shelved");
      write(nodes.all, speech.say(this.isOpen ? "alarm.fold" : "alarm.all", { n: all, sounding }));
      nodes.all.setAttribute("aria-expanded", String(this.isOpen));
    }

    /* Which alarm, of what, where: `New incident: Structure fire 260304-0042, Chaoyang`. */
    sentence(alarm) {
      const { speech } = this.desk, what = coded(speech, "alarm.kind_", alarm.kind);
      if (alarm.count > 1) return speech.say("alarm.flood", { what, n: alarm.count, area: alarm.area ? speech.name("areas", alarm.area) : speech.say("alarm.no_area") });
      return speech.say("alarm.of", { what, subject: this.subjectWords(alarm.subject, alarm.area) });
    }

    subjectWords(subject, area) {
      const { desk } = this, [type, ...rest] = String(subject).split(":"), id = rest.join(":");
      const where = area ? `, ${desk.speech.name("areas", area)}` : "";
      if (type === "incident") {
        const incident = desk.store.topic("queue").get(id), kind = incident ? `${desk.speech.name("incident_kinds", incident.kind)} ` : "";
        return `${kind}${hexwatch.isolated(id)}${where}`;
      }
      return `${type === "task" ? desk.speech.say("task.call") : ""} ${hexwatch.isolated(id)}${where}`.trim();
    }

    stateWords(alarm) {
      const { speech, store } = this.desk, escalated = alarm.escalated && alarm.state === "sounding" ? speech.say("alarm.escalated") : "";
      const owner = alarm.owner ? speech.say("alarm.owner", { owner: speech.name("areas", alarm.owner) }) : speech.say("alarm.no_owner");
      const state = {
        sounding: () => escalated,
        acknowledged: () => speech.say("alarm.acknowledged", { by: alarm.by || "–" }),
        shelved: () => speech.say("alarm.shelved", { by: alarm.by || "–", time: alarm.until ? speech.when(alarm.until, store.now()) : "–", reason: alarm.reason || "–" }),
      }[alarm.state];
      return [owner, state && state()].filter(Boolean).join(" · ");
    }

    tellAge(node) {
      const { speech, store } = this.desk;
      if (node.dataset.since) write(node, speech.duration((store.now() - Date.parse(node.dataset.since)) / 1000));
    }

    unfold(isOpen) {
      this.isOpen = isOpen;
      show(this.nodes.list, isOpen);
      if (isOpen) this.fillAll(this.alarms());
      const [first] = this.alarms();
      if (first) write(this.nodes.all, this.desk.speech.say(isOpen ? "alarm.fold" : "alarm.all", { n: this.alarms().length, sounding: 0 }));
      this.nodes.all.setAttribute("aria-expanded", String(isOpen));
    }

    fillAll(all) {
      const { desk } = this;
      fillList(this.nodes.rows, all, () => this.row(), (row, alarm) => {
        const [shape, what, action, since, state, acts] = row.children;
        row.dataset.state = alarm.state;
        row.classList.toggle("distress", alarm.kind === hexwatch.DISTRESS);
        write(shape, desk.setup.shapes[alarm.severity]);
        shape.className = `shape priority-${alarm.severity}`;
        write(what.firstChild, this.sentence(alarm));
        what.firstChild.onclick = () => this.go(alarm);
        write(action, desk.speech.say("alarm.do", { action: coded(desk.speech, "alarm.action_", alarm.action), clears: coded(desk.speech, "alarm.clears_", alarm.clears) }));
        since.firstChild.dataset.since = alarm.at;
        this.tellAge(since.firstChild);
        write(state, this.stateWords(alarm));
        this.rowActs(acts, alarm);
      });
    }

    row() {
      const row = element("tr");
      for (const tag of ["td", "th", "td", "td", "td", "td"]) row.append(element(tag));
      row.children[1].scope = "row";
      row.children[1].append(Object.assign(element("button", "alarm-go"), { type: "button" }));
      row.children[3].append(element("span"));
      return row;
    }

    rowActs(cell, alarm) {
      const { speech } = this.desk, offered = [];
      if (alarm.state === "sounding") offered.push(["alarm.ack", () => this.acknowledge(alarm)]);
      if (alarm.state === "shelved") offered.push(["alarm.unshelve", () => this.ask("unshelve_alarm", alarm, {})]);
      else if (alarm.may_be_shelved !== false) offered.push(["alarm.shelve", () => this.openShelf(alarm)]);
      fillList(cell, offered, () => Object.assign(element("button", "tool"), { type: "button" }), (button, [words, act]) => {
        write(button, speech.say(words));
        button.onclick = act;
      });
    }

    /* The key answers what sounds here, never what sounds at another desk. */
    acknowledgeHere() {
      const { desk } = this, alarm = this.alarms().find((one) => hexwatch.isSoundingHere(one, desk.duty));
      if (alarm) this.acknowledge(alarm);
      else desk.hint?.(desk.speech.say("alarm.none"));
    }

    acknowledge(alarm) {
      if (!alarm || alarm.state !== "sounding") return;
      this.ask("ack_alarm", alarm, {});
    }

    ask(verb, alarm, fields) {
      return this.desk.ask(verb, { alarm_id: alarm.id, ...fields }, { about: alarm.subject, quiet: true });
    }

    /* Show what it is about. */
    go(alarm) {
      if (!alarm) return;
      const [type, ...rest] = String(alarm.subject).split(":"), id = rest.join(":"), { store } = this.desk;
      if (type === "incident") store.select(id, { by: "pointer" });
      if (type === "unit") {
        store.selectUnit(id);
        const [on] = store.topic("roster").get(id)?.incidents || [];
        if (on) store.select(on, { by: "pointer" });
      }
      if (type === "task") this.desk.tasks?.open();
      if (type !== "task") document.dispatchEvent(new CustomEvent("desk:show", { detail: type === "unit" ? { unit_id: id } : { incident_id: id } }));
    }

    // the shelf: a reason and a time to come back

    wireShelf() {
      const { shelf } = this.nodes;
      shelf.addEventListener("submit", (event) => {
        event.preventDefault();
        this.shelve(Number(event.submitter?.dataset.minutes || 15));
      });
      shelf.addEventListener("keydown", (event) => {
        if (event.key !== "Escape") return;
        event.stopPropagation();
        this.closeShelf();
      });
      this.nodes["shelf-close"].onclick = () => this.closeShelf();
    }

    openShelf(alarm) {
      if (!alarm || alarm.may_be_shelved === false) return;
      this.shelving = alarm;
      write(this.nodes["shelf-what"], this.sentence(alarm));
      show(this.nodes.shelf, true);
      this.nodes["shelf-reason"].value = "";
      this.nodes["shelf-reason"].focus();
    }

    closeShelf() {
      show(this.nodes.shelf, false);
      this.shelving = null;
    }

    async shelve(minutes) {
      const { desk, nodes } = this, reason = nodes["shelf-reason"].value.trim(), alarm = this.shelving;
      nodes["shelf-reason"].setAttribute("aria-invalid", String(!reason));
      if (!reason || !alarm) return void nodes["shelf-reason"].focus();
      this.closeShelf();
      await this.ask("shelve_alarm", alarm, { reason, until: new Date(desk.store.now() + minutes * 60000).toISOString() });
    }
  }

  Object.assign(hexwatch, { AlarmList });
  hexwatch.desk?.parts?.push((desk) => (desk.page.querySelector("[data-alarms]") ? (desk.alarmList = new AlarmList(desk)) : { leave() {} }));
})(typeof window === "undefined" ? globalThis : window);
