/* The hand-over sheet: what I own now, what waits for me to take over, and the positions that all of it hangs on. */
(function (root) {
  "use strict";
  const hexwatch = (root.hexwatch = root.hexwatch || {});
  const { write, show, element, fillList, coded } = hexwatch;
  const PARTS = ["incidents", "timers", "shelved", "units", "callbacks"];

  class HandOver {
    constructor(desk) {
      this.desk = desk;
      const all = desk.page.querySelectorAll("[data-sheet]");
      this.nodes = Object.fromEntries([...all].map((node) => [node.dataset.sheet, node]));
      this.fields = hexwatch.fieldsIn(this.nodes.window);
      this.place = ""; // the mark of this desk, as the server calls it
      this.nodes.button.onclick = () => this.open();
      this.nodes.close.onclick = () => this.nodes.window.close();
      this.nodes.again.onclick = () => this.look();
      this.nodes.offer.onclick = () => this.offer();
      this.nodes.take.onclick = () => this.takePosition();
      this.nodes.print.onclick = () => root.print();
      this.nodes.window.addEventListener("close", () => desk.keys.free("sheet"));
      this.offerPositions();
      this.ends = [desk.store.subscribe("duty", () => this.tellPositions())];
      this.begin();
    }

    leave() {
      for (const end of this.ends) end();
      this.gone = true;
    }

    // what another desk's sheet has otherwise

    get parts() {
      return PARTS;
    }

    get address() {
      return "/handover";
    }

    get key() {
      return "h";
    }

    itemsOf(sheet, name) {
      return sheet[name] || [];
    }

    headOf(name, items) {
      return this.desk.speech.say(`sheet.${name}`, { n: items.length });
    }

    get held() {
      return this.desk.duty.standing.filter((one) => one.held);
    }

    mayOffer(mine) {
      return mine.positions.length > 0;
    }

    offered(fields) {
      return fields;
    }

    /* Only people hand over: a key has no position. */
    async begin() {
      if (!this.desk.setup.who.is_person) return;
      const { status, body } = await this.desk.get("/account");
      if (this.gone || status !== 200 || !body.name) return;
      this.place = body.desk || "";
      show(this.nodes.button, true);
      this.desk.keys.add({ key: this.key, act: "hand-over", what: "sheet.key", run: () => this.open() });
    }

    open() {
      const { window } = this.nodes;
      if (window.open) return;
      this.desk.keys.hold("sheet");
      this.tell("");
      this.look();
      this.tellPositions();
      window.showModal();
    }

    async look() {
      const { status, body } = await this.desk.get(this.address);
      if (this.gone) return;
      if (status !== 200) return void this.tell(this.desk.speech.say("sheet.unread"));
      this.draw(body);
    }

    draw({ mine, offered, waiting }) {
      const { nodes, desk } = this, { speech } = desk;
      fillList(nodes.waiting, waiting, () => this.card(true), (card, sheet) => this.fillCard(card, sheet, "sheet.from", sheet.giver, speech.say("sheet.accept"), () => this.accept(card, sheet)));
      fillList(nodes.offered, offered, () => this.card(true), (card, sheet) => this.fillCard(card, sheet, "sheet.to", sheet.receiver || speech.say("sheet.anybody"), speech.say("sheet.withdraw"), () => this.withdraw(sheet)));
      show(nodes["waiting-box"], waiting.length > 0);
      show(nodes["offered-box"], offered.length > 0);
      if (!nodes.mine.children.length) nodes.mine.append(this.card(false));
      this.fillCard(nodes.mine.firstChild, mine, "", "", "", null);
      nodes.offer.disabled = !this.mayOffer(mine);
      write(nodes.why, nodes.offer.disabled ? speech.say("sheet.no_positions") : "");
    }

    card(hasAct) {
      const card = element("li", "sheet-card"), head = element("p", "sheet-head"), acts = element("p", "sheet-acts");
      const lists = element("div", "sheet-lists");
      for (const name of this.parts) {
        const box = element("section", "sheet-part");
        box.dataset.part = name;
        box.append(element("h4"), element("ul"));
        lists.append(box);
      }
      if (hasAct) acts.append(Object.assign(element("button", "tool strong"), { type: "button" }), element("ul", "sheet-changes"));
      card.append(head, lists, element("p", "sheet-note"), acts);
      return card;
    }

    fillCard(card, sheet, headKey, who, actWords, act) {
      const { speech } = this.desk, [head, lists, note, acts] = card.children;
      const positions = sheet.positions.map((position) => this.positionName(position)).join(", ");
      write(head, headKey ? speech.say(headKey, { who: hexwatch.isolated(who), positions }) : positions);
      for (const box of lists.children) this.fillPart(box, this.itemsOf(sheet, box.dataset.part));
      write(note, sheet.note ? speech.say("sheet.note_says", { note: sheet.note }) : "");
      if (!act) return;
      write(acts.firstChild, actWords);
      acts.firstChild.onclick = act;
    }

    fillPart(box, items) {
      const name = box.dataset.part;
      write(box.children[0], this.headOf(name, items));
      fillList(box.children[1], items, () => element("li"), (node, item) => write(node, this.itemWords(name, item)));
      box.classList.toggle("none", !items.length);
    }

    /* One line of a sheet. */
    itemWords(name, item) {
      const { desk } = this, { speech, store } = desk, iso = hexwatch.isolated, when = (at) => speech.when(at, store.now());
      const words = {
        incidents: () => [`${desk.setup.shapes[item.priority]} ${speech.name("incident_kinds", item.kind)} ${iso(item.item_id)}`, item.area && speech.name("areas", item.area), coded(speech, "stage.", item.status), when(item.since)],
        timers: () => [coded(speech, "sheet.timer_", item.what), this.subjectWords(item.subject), speech.say("sheet.due", { time: when(item.due_at) })],
        shelved: () => [coded(speech, "alarm.kind_", item.what), this.subjectWords(item.subject), item.reason, speech.say("sheet.returns", { time: when(item.returns_at) })],
        units: () => [iso(item.item_id), coded(speech, "status.", item.status), iso(item.incident_id), when(item.since)],
        callbacks: () => [speech.say("task.call"), iso(item.subject.split(":").slice(1).join(":")), speech.say("sheet.due", { time: when(item.due_at) })],
      };
      return words[name]().filter(Boolean).join(" · ");
    }

    subjectWords(subject) {
      return hexwatch.isolated(String(subject).split(":").slice(1).join(":"));
    }

    // acts

    tell(text, isBad = false) {
      write(this.nodes.told, text);
      this.nodes.told.dataset.state = isBad ? "failed" : "";
    }

    async offer() {
      const { desk, fields } = this;
      const { status, body } = await desk.post("/handover/offer", this.offered({ receiver: fields.receiver.value.trim(), note: fields.note.value.trim() }));
      this.answered(status, body, "sheet.offered");
    }

    async withdraw(sheet) {
      const { status, body } = await this.desk.post("/handover/withdraw", { sheet_id: sheet.sheet_id });
      this.answered(status, body, "sheet.withdrawn");
    }

    answered(status, body, doneKey) {
      const { speech } = this.desk, isDone = status === 200;
      this.tell(isDone ? speech.say(doneKey) : speech.say("sheet.refused", { reason: body.error?.message || speech.say("sheet.unread") }), !isDone);
      if (isDone) this.fields.note.value = "";
      this.look();
    }

    /* What is accepted is what stands on the screen; when more has come since, that is shown first. */
    async accept(card, sheet) {
      const { desk } = this, { speech } = desk;
      const { status, body } = await desk.post("/handover/accept", { sheet, desk: this.place });
      if (status === 409 && body.sheet) return void this.changed(card, body);
      if (status === 200) {
        this.tell(speech.say("sheet.accepted", { positions: body.sheet.positions.map((position) => this.positionName(position)).join(", ") }));
        desk.duty.look();
      } else this.tell(speech.say("sheet.refused", { reason: body.error?.message || speech.say("sheet.unread") }), true);
      this.look();
    }

    changed(card, { differences, sheet }) {
      const { speech } = this.desk;
      this.fillCard(card, sheet, "sheet.from", sheet.giver, speech.say("sheet.accept_now"), () => this.accept(card, sheet));
      fillList(card.querySelector(".sheet-changes"), differences || [], () => element("li"), (node, text) => write(node, text));
      this.tell(speech.say("sheet.changed"), true);
    }

    // positions

    positionName(position) {
      return position === "city" ? this.desk.speech.say("sheet.city") : this.desk.speech.name("areas", position);
    }

    /* The city as a whole, and each of its areas. */
    offerPositions() {
      const areas = [...new Set([...this.desk.setup.labels.map((label) => label.key), ...Object.keys(this.desk.setup.names.areas || {})])].sort();
      fillList(this.nodes.position, ["city", ...areas], () => element("option"), (node, position) => {
        node.value = position;
        write(node, this.positionName(position));
      });
    }

    tellPositions() {
      const { desk, nodes } = this, { speech } = desk, { who } = desk.setup;
      fillList(nodes.positions, this.held, () => this.positionRow(), (row, one) => {
        const isMine = one.held.name === who.name;
        write(row.children[0], this.positionName(one.position));
        write(row.children[1], `${hexwatch.isolated(one.held.name)} · ${speech.say(`sheet.${one.presence}`)}`);
        row.classList.toggle("mine", isMine);
        show(row.children[2], isMine);
        write(row.children[2], speech.say("sheet.leave"));
        row.children[2].onclick = () => this.leavePosition(one.position);
      });
    }

    positionRow() {
      const row = element("li", "position");
      row.append(element("b"), element("span", "quiet"), Object.assign(element("button", "tool"), { type: "button" }));
      return row;
    }

    async takePosition() {
      const position = this.nodes.position.value;
      const { status, body } = await this.desk.post("/positions/take", { position, desk: this.place });
      this.moved(status, body, "sheet.taken", position);
    }

    async leavePosition(position) {
      const { status, body } = await this.desk.post("/positions/leave", { position });
      this.moved(status, body, "sheet.left", position);
    }

    async moved(status, body, key, position) {
      const { speech } = this.desk;
      this.tell(status === 200 ? speech.say(key, { position: this.positionName(position) }) : speech.say("sheet.refused", { reason: body.error?.message || speech.say("sheet.unread") }), status !== 200);
      await this.desk.duty.look();
      this.look();
    }
  }

  Object.assign(hexwatch, { HandOver });
  hexwatch.desk?.parts?.push((desk) => (desk.page.querySelector('[data-sheet="window"]') ? (desk.handOver = new HandOver(desk)) : { leave() {} }));
})(typeof window === "undefined" ? globalThis : window);
