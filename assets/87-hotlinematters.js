/* Known matters: what the supervisor made known, where and until when, and what to say to who calls about it. */
(function (root) {
  "use strict";
  const hexwatch = (root.hexwatch = root.hexwatch || {});
  const { hotline, write, show, element, fillList } = hexwatch;
  const SCRIPTS = ["zh", "en", "ar"];

  /* Matters in force for a case: its category, and its area or cell among those named; none named means everywhere. */
  function mattersFor(row, matters, now) {
    return [...matters.values()].filter((matter) => {
      if (matter.until && Date.parse(matter.until) <= now) return false;
      if (matter.category && matter.category !== row.category) return false;
      const areas = matter.areas || [], cells = matter.cells || [];
      return (!areas.length && !cells.length) || areas.includes(row.area) || cells.includes(row.cell);
    });
  }

  /* {lang, text}: the caller's language, else that of the desk, else English, else any. */
  function scriptFor(matter, asked, own) {
    if (matter.script) return { lang: matter.script_language, text: matter.script };
    const scripts = matter.scripts || {}, first = (code) => String(code || "").split(/[-_]/)[0];
    const known = Object.keys(scripts);
    const lang = [asked, own, "en"].map((code) => known.find((one) => first(one) === first(code) && first(code))).find(Boolean) || known[0];
    return lang ? { lang, text: scripts[lang] } : null;
  }

  function matterNode() {
    const node = element("div", "matter");
    node.append(element("b"), element("p", "quiet"), element("blockquote", "script"));
    return node;
  }

  function fillMatter(node, matter, row, desk) {
    const { speech } = desk, script = scriptFor(matter, row.language, desk.setup.lang.id);
    write(node.children[0], `ⓘ ${speech.say("matter.known", { what: matter.what })}`);
    write(node.children[1], matter.until ? speech.say("matter.until", { time: speech.when(matter.until, desk.store.now()) }) : speech.say("matter.open_end"));
    show(node.children[2], Boolean(script));
    if (!script) return;
    write(node.children[2], script.text);
    node.children[2].lang = script.lang;
    node.children[2].dir = "auto";
  }

  class Matters {
    constructor(desk) {
      this.desk = desk;
      desk.part("publish").onclick = () => this.begin();
      show(desk.part("publish-line"), desk.setup.who.may_case);
      this.off = [desk.store.subscribe("matters", () => this.draw())];
      this.draw();
    }

    leave() {
      for (const off of this.off) off();
    }

    draw() {
      const { desk } = this, rows = [...desk.store.topic("matters").values()];
      desk.lower.count("matters", rows.length);
      hotline.empty(desk.part("matters-empty"), rows.length ? "" : desk.speech.say("matter.none"));
      fillList(desk.part("matters-list"), rows, () => this._card(), (node, one) => this._fill(node, one));
    }

    _card() {
      const card = element("li", "card"), head = element("div", "line-between");
      head.append(element("b"), element("span", "quiet"));
      card.append(head, element("p", "quiet"), element("div", "scripts"), element("div", "card-acts"));
      return card;
    }

    _fill(card, one) {
      const { desk } = this, { speech } = desk, [head, where, scripts, acts] = card.children;
      write(head.children[0], one.what);
      write(head.children[1], speech.say("matter.matched", { n: one.matched || 0 }));
      const places = (one.areas || []).map((area) => speech.name("areas", area)).join(", ") || speech.say("matter.everywhere");
      write(where, [one.category && speech.name("categories", one.category), places, one.until ? speech.say("matter.until", { time: speech.when(one.until, desk.store.now()) }) : speech.say("matter.open_end")].filter(Boolean).join(" · "));
      fillList(scripts, Object.entries(one.scripts || {}), () => script(), (node, [lang, text]) => {
        write(node.children[0], hotline.language(lang));
        write(node.children[1], text);
        node.children[1].lang = lang;
        node.children[1].dir = "auto";
      });
      if (acts.dataset.drawn === String(one.version)) return;
      acts.dataset.drawn = String(one.version);
      acts.replaceChildren(...(desk.setup.who.may_case ? [hotline.button(speech.say("act.withdraw_matter"), () => this._withdraw(one), { look: "tool" })] : []));
    }

    begin() {
      const { desk } = this, { speech } = desk, { names } = speech, row = desk.case?.document;
      const script = (lang) => ({ name: `script_${lang}`, kind: "area", label: `field.script_${lang}` });
      desk.formWindow.open(speech.say("matter.new"), [
        { name: "what", kind: "text", label: "field.what", needed: true },
        { name: "category", kind: "select", label: "field.category", value: row?.category, options: [["", speech.say("word.any")], ...Object.entries(names.categories || {})] },
        { name: "areas", kind: "several", label: "field.areas", value: row?.area, options: Object.entries(names.areas || {}) },
        { name: "until", kind: "until", label: "field.until", options: hexwatch.hoursFrom(speech, 2, 4, 8, 24, 72), needed: true },
        ...SCRIPTS.map(script),
      ], speech.say("act.publish_matter"), (values) => this._publish(values, row));
    }

    _publish({ script_zh: zh, script_en: en, script_ar: ar, ...values }, row) {
      const scripts = Object.fromEntries(Object.entries({ zh, en, ar }).filter(([, text]) => text));
      return this.desk.ask("publish_matter", { matter_id: hexwatch.newSubjectId("M"), scripts, ...values, ...(row ? { case_id: row.case_id } : {}) });
    }

    _withdraw(one) {
      const { desk } = this;
      desk.formWindow.open(desk.speech.say("act.withdraw_matter"), [{ name: "reason", kind: "text", label: "field.reason", needed: true }], desk.speech.say("act.withdraw_matter"), (values) => desk.ask("withdraw_matter", { matter_id: one.id, ...values }));
    }
  }

  function script() {
    const node = element("p", "script-line");
    node.append(element("span", "quiet"), element("bdi"));
    return node;
  }

  hotline.panel("matters-list", (desk) => (desk.matters = new Matters(desk)));
  Object.assign(hexwatch, { mattersFor, scriptFor, matterNode, fillMatter });
})(typeof window === "undefined" ? globalThis : window);
