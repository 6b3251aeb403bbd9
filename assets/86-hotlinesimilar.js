/* Cases that may be one matter: the evidence beside each other, clusters on the map, and a person who merges or not. */
(function (root) {
  "use strict";
  const hexwatch = (root.hexwatch = root.hexwatch || {});
  const { hotline, write, show, element, isolated, fillList } = hexwatch;
  const CLUSTERS = 40;
  const COMPARED = ["category", "area", "received", "stage", "owner", "language"];

  class Similar {
    constructor(desk) {
      this.desk = desk;
      this.asked = "";
      this.rows = [];
      this.other = null;
    }

    leave() {
      this.gone = true;
    }

    /* For the opened case; once for each version of it. */
    async look(document) {
      const { desk } = this, key = `${document.case_id} ${document.version}`;
      if (this.asked === key) return;
      if (this.subject !== document.case_id) {
        Object.assign(this, { rows: [], other: null });
        show(desk.part("compare"), false);
      }
      Object.assign(this, { asked: key, subject: document.case_id });
      const { status, body } = await desk.get(`cases/${hotline.path(document.case_id)}/similar`);
      if (this.gone || document.case_id !== desk.store.selected()) return;
      this.rows = status === 200 ? [...(body.similar || []), ...(body.held_back || [])] : [];
      this.why = status === 200 ? (this.rows.length ? "" : desk.speech.say("similar.none")) : hotline.trouble(status);
      this.cluster = status === 200 ? body.cluster : null;
      this.draw();
      this._compareAsked();
    }

    /* `?compare=` puts another case beside the opened one, once. */
    _compareAsked() {
      const asked = this.compared ? null : new URL(root.location.href).searchParams.get("compare"), row = this.rows.find((one) => one.case_id === asked);
      if (!row) return;
      this.compared = true;
      this.compare(row);
    }

    draw() {
      const { desk, rows } = this;
      hotline.empty(desk.part("similar-empty"), this.why || "");
      show(desk.part("similar-table"), rows.length > 0);
      fillList(desk.part("similar-rows"), rows, () => this._row(), (node, row) => this._fill(node, row));
    }

    _row() {
      const row = element("tr");
      for (let i = 0; i < 7; i++) row.append(element("td"));
      const compare = hotline.button("", null, { look: "tool" }), merge = hotline.button("", null, { look: "tool" });
      row.lastElementChild.append(compare, merge);
      return row;
    }

    _fill(node, row) {
      const { desk } = this, { speech } = desk, cells = [...node.children], [compare, merge] = cells[6].children;
      const why = (row.why || []).map((one) => hotline.coded("why.", one)).join(", ");
      const texts = [
        `${row.category ? speech.name("categories", row.category) : ""} ${isolated(row.case_id)}`, row.guard ? `▲ ${hotline.coded("guard.", row.guard)}` : why,
        typeof row.distance_m === "number" ? metres(row.distance_m, speech) : "–", typeof row.minutes === "number" ? speech.duration(Math.abs(row.minutes) * 60) : "–",
        typeof row.text_similarity === "number" ? speech.shares.format(row.text_similarity) : "–", row.stage || row.status ? hotline.coded("casestage.", row.stage || row.status) : "",
      ];
      texts.forEach((text, i) => write(cells[i], text));
      cells[1].classList.toggle("late", Boolean(row.guard));
      write(compare, speech.say("similar.compare"));
      compare.onclick = () => this.compare(row);
      write(merge, speech.say("act.merge_cases"));
      show(merge, desk.setup.who.may_case && !row.guard && !row.merged_into);
      merge.onclick = () => this.merge(row);
    }

    /* The younger becomes part of the older; a person does it, and can undo it. */
    merge(row) {
      const { desk } = this, mine = desk.case.document, older = Date.parse(row.received_at || "") < Date.parse(mine.received_at || "");
      const [part, lead] = older ? [mine.case_id, row.case_id] : [row.case_id, mine.case_id];
      desk.ask("merge_cases", { case_id: part, into: lead });
    }

    /* Both cases side by side, line by line; what differs is marked by a sign. */
    async compare(row) {
      const { desk } = this, { speech } = desk, box = desk.part("compare"), id = row.case_id;
      const { status, body } = await desk.get(`cases/${hotline.path(id)}?private=0`);
      const mine = desk.case.document;
      if (this.gone || !mine || mine.case_id !== this.subject) return;
      show(box, true);
      if (status !== 200) return void box.replaceChildren(element("p", "quiet", hotline.trouble(status)));
      this.other = body;
      const table = element("table"), head = element("tr");
      head.append(element("th"), element("th", "", isolated(mine.case_id)), element("th", "", isolated(id)));
      table.append(head, ...COMPARED.map((field) => this._line(field, mine, body)));
      const open = hotline.button(speech.say("similar.open"), () => desk.openCase(id, "pointer"), { look: "tool" });
      const close = hotline.button(speech.say("similar.close"), () => show(box, false), { look: "tool" });
      const acts = element("p", "panel-acts");
      acts.append(open, close);
      box.replaceChildren(table, acts);
      box.scrollIntoView({ block: "nearest" });
    }

    _line(field, mine, other) {
      const { speech } = this.desk, now = this.desk.store.now();
      const said = {
        category: (one) => speech.name("categories", one.category), area: (one) => (one.area ? speech.name("areas", one.area) : speech.say("place.unknown")),
        received: (one) => (one.received_at ? speech.when(one.received_at, now) : "–"), stage: (one) => hotline.coded("casestage.", hexwatch.stageOf(one)),
        owner: (one) => (one.owner ? hotline.owner(one.owner) : "–"), language: (one) => hotline.language(one.language) || "–",
      }[field];
      const line = element("tr"), [a, b] = [said(mine), said(other)];
      line.append(element("th", "", speech.say(`fact.${field}`)), element("td", "", a), element("td", a === b ? "" : "late", a === b ? b : `≠ ${b}`));
      return line;
    }
  }

  /* 40 m, 1.2 km */
  function metres(m, speech) {
    return isolated(m < 1000 ? `${speech.number(Math.round(m))} m` : `${speech.tenths.format(m / 1000)} km`);
  }

  /* The clusters of now: a list below the map, a tag on it. */
  class Clusters {
    constructor(desk) {
      this.desk = desk;
      this.looking = new hexwatch.Looking(() => this._look(), 3000);
      desk.openCluster = (id) => this.choose(id);
      this.off = [desk.store.subscribe("figures", () => this.looking.ask()), desk.store.subscribe("worklists", () => this.looking.ask())];
      hotline.empty(desk.part("clusters-empty"), desk.speech.say("case.loading"));
    }

    leave() {
      this.gone = true;
      for (const off of this.off) off();
      this.looking.stop();
    }

    async _look() {
      const { desk } = this, { status, body } = await desk.get(`similar/clusters?limit=${CLUSTERS}`);
      if (this.gone) return;
      const found = status === 200 ? body.clusters || [] : [];
      const said = JSON.stringify([status, found]);
      if (said === this.said) return;
      this.said = said;
      this.why = status === 200 ? desk.speech.say("cluster.none") : hotline.trouble(status);
      desk.store.set("clusters", new Map(found.map((one) => [String(one.id), one])));
      this.draw();
    }

    draw() {
      const { desk } = this, rows = [...desk.store.topic("clusters").values()];
      desk.lower.count("clusters", rows.length);
      hotline.empty(desk.part("clusters-empty"), rows.length ? "" : this.why);
      fillList(desk.part("clusters-list"), rows, () => this._card(), (node, one) => this._fill(node, one));
    }

    _card() {
      const card = element("li", "card"), head = element("div", "line-between"), acts = element("div", "card-acts");
      head.append(element("b"), element("span", "quiet"));
      card.append(head, element("p", "card-cases"), acts);
      return card;
    }

    _fill(card, one) {
      const { desk } = this, { speech } = desk, [head, cases, acts] = card.children, [title, since] = head.children;
      card.dataset.cluster = one.id;
      card.classList.toggle("chosen", String(one.id) === this.chosen);
      write(title, speech.say("cluster.said", { n: one.n, what: speech.name("categories", one.category || "other"), where: one.area ? speech.name("areas", one.area) : speech.say("place.unknown") }));
      write(since, one.since ? speech.say("cluster.since", { time: speech.when(one.since, desk.store.now()) }) : "");
      fillList(cases, (one.case_ids || []).slice(0, 12), () => hotline.button("", null, { look: "link" }), (node, id) => {
        write(node, isolated(id));
        node.onclick = () => desk.openCase(id, "pointer");
      });
      const key = `${one.id} ${one.status} ${one.situation_id || ""}`;
      if (acts.dataset.drawn === key) return;
      acts.dataset.drawn = key;
      const buttons = [hotline.button(speech.say("cluster.show"), () => this._there(one.id), { look: "tool" })];
      if (one.situation_id) buttons.push(hotline.button(speech.say("cluster.situation"), () => desk.openSituation(one.situation_id), { look: "tool" }));
      else if (desk.setup.who.may_case) buttons.push(hotline.button(speech.say("act.open_situation"), () => this._situation(one.id), { look: "act" }));
      acts.replaceChildren(...buttons);
    }

    _there(id) {
      const one = this.desk.store.topic("clusters").get(String(id));
      if (typeof one?.lat === "number") this.desk.map?.go(one);
    }

    _situation(id) {
      const one = this.desk.store.topic("clusters").get(String(id));
      if (one) this.desk.situations.begin(one.case_ids.map((case_id) => ({ case_id, category: one.category, area: one.area })));
    }

    choose(id) {
      this.chosen = String(id);
      this.desk.lower.show("clusters");
      this.draw();
      this.desk.part("clusters-list").querySelector(".chosen")?.scrollIntoView({ block: "nearest" });
    }
  }

  hotline.panel("similar-rows", (desk) => (desk.similar = new Similar(desk)));
  hotline.panel("clusters-list", (desk) => (desk.clusters = new Clusters(desk)));
  Object.assign(hexwatch, { metresSaid: metres });
})(typeof window === "undefined" ? globalThis : window);
