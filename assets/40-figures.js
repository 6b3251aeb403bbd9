/* The wall's figures in words: header, tiles, rankings and the strip, each a function of the picture. */
(function (root) {
  "use strict";
  const hexwatch = (root.hexwatch = root.hexwatch || {});
  const { part, write, show, element, isolated } = hexwatch;
  const SHOWN_SOURCES = { full: 4, large: 1, huge: 1 };
  const SHOWN_ROWS = 6;
  const SENTENCES = 3;
  const LEAST_SHARED = 20; // below this many no percentage is shown

  /* Everything the panels ask of one moment's picture. */
  class Moment {
    constructor(picture) {
      this.figures = picture.topic("figures");
      this.clock = picture.topic("clock");
      this.sources = picture.topic("sources");
      this.now = Date.parse(this.clock.get("now") || picture.at || "") || Date.now();
    }

    figure(name) {
      const value = this.figures.get(name);
      return typeof value === "number" ? value : undefined;
    }

    /* [name, value] of `prefix.*`, largest first, then by name so that equal rows keep their places. */
    named(prefix) {
      const rows = [];
      for (const [key, value] of this.figures) if (key.startsWith(prefix) && value > 0) rows.push([key.slice(prefix.length), value]);
      return rows.sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1));
    }

    /* Sources with their age in seconds, the latest-heard last; those with trouble first. */
    aged() {
      const rows = [...this.sources].map(([name, source]) => {
        const at = source.last_event_at ? Date.parse(source.last_event_at) : NaN;
        return { name, ...source, age: Number.isNaN(at) ? null : Math.max(0, (this.now - at) / 1000) };
      });
      return rows.sort((a, b) => Number(b.stale) - Number(a.stale) || (a.name < b.name ? -1 : 1));
    }
  }

  function plainFigures(page, moment, speech) {
    for (const node of page.querySelectorAll("[data-figure]")) {
      const value = moment.figure(node.dataset.figure);
      const text = value === undefined ? node.dataset.zero || "–" : speech.number(value);
      write(node, text);
    }
  }

  function clock(page, moment, speech) {
    const at = new Date(moment.now), mode = moment.clock.get("mode") || "live";
    const badge = part(page, "mode");
    badge.dataset.mode = mode;
    write(badge, modeText(mode, at, moment, speech));
    write(part(page, "time"), speech.clock.format(at));
    write(part(page, "date"), speech.date.format(at));
  }

  function modeText(mode, at, moment, speech) {
    const said = [speech.say(`mode.${mode}`)];
    if (mode === "replay") said.push(isolated(`${speech.iso.format(at)} ${speech.minute.format(at)}`));
    const speed = moment.clock.get("speed");
    if (moment.clock.get("standing")) said.push(`(${speech.say("mode.standing")})`);
    else if (typeof speed === "number" && speed !== 1) said.push(isolated(`×${speech.number(speed)}`));
    return said.join(" ");
  }

  /* A badge per source: sign, name and age; the ones in trouble come first and are never dropped. */
  function sources(page, moment, speech) {
    const list = part(page, "sources"), rows = moment.aged(), shown = SHOWN_SOURCES[page.dataset.room] || 4;
    const items = rows.slice(0, shown).map((source) => {
      const age = source.age === null ? "–" : speech.duration(source.age);
      const key = source.age === null ? "source.silent" : source.stale ? "source.late" : "source.fresh";
      return { sign: source.stale ? "▲" : "●", name: source.name, age, late: source.stale, title: speech.say(key, { name: source.name, age }) };
    });
    if (rows.length > shown) items.push({ sign: "", name: speech.say("source.more", { n: rows.length - shown }), age: "" });
    fillList(list, items, sourceItem, (node, item) => {
      node.className = item.late ? "source late" : "source";
      node.title = item.title || "";
      write(node.children[0], item.sign);
      write(node.children[1], item.name);
      write(node.children[2], item.age);
    });
  }

  function sourceItem() {
    const node = element("li", "source");
    const sign = element("span", "sign"), name = element("bdi", "name"), age = element("span", "age");
    node.append(sign, name, age);
    return node;
  }

  /* Keep as many children as items and let `fill` write each; nodes are reused. */
  function fillList(list, items, make, fill) {
    while (list.children.length > items.length) list.lastElementChild.remove();
    while (list.children.length < items.length) list.append(make());
    items.forEach((item, i) => fill(list.children[i], item, i));
  }

  function tileNotes(page, moment, speech) {
    const f = (name) => moment.figure(name);
    const note = (name, text) => write(part(page, `${name}-note`), text);
    const yesterday = f("yesterday.received_same_time");
    note("today", yesterday === undefined ? speech.say("today.alone") : speech.say("today.yesterday", { n: yesterday }));
    note("open", speech.say("open.closed", { n: f("cases.closed_today") || 0 }));
    note("overdue", overdueNote(f("cases.overdue") || 0, f("cases.with_deadline") || 0, speech));
    note("due", "");
    note("incidents", speech.say("incidents.today", { n: f("incidents.received_today") || 0 }));
    note("units", unitsNote(f("units.busy") || 0, f("units.total") || 0, speech));
    hourNote(page, moment, speech);
  }

  function overdueNote(overdue, total, speech) {
    if (!total) return speech.say("overdue.none");
    if (total < LEAST_SHARED) return speech.say("overdue.of", { total });
    return speech.say("overdue.share", { share: speech.share(overdue, total), total });
  }

  function unitsNote(busy, total, speech) {
    return total ? speech.say("units.available", { n: Math.max(0, total - busy) }) : speech.say("units.none");
  }

  /* Where the last hour stands in its expected band: "usual", "above", "below", or null without history. */
  function standing(moment) {
    const n = moment.figure("cases.received_1h"), low = moment.figure("band.low"), high = moment.figure("band.high");
    if (n === undefined || low === undefined || high === undefined) return null;
    return n > high ? "above" : n < low ? "below" : "usual";
  }

  /* An arrow only outside the expected band; inside, the word "usual". */
  function hourNote(page, moment, speech) {
    const where = standing(moment), sign = part(page, "hour-sign");
    const signs = { above: "▲", below: "▼", usual: "" };
    sign.dataset.standing = where || "unknown";
    write(sign, where ? signs[where] : "");
    if (!where) return write(part(page, "hour-note"), speech.say("band.none"));
    const [low, high] = [moment.figure("band.low"), moment.figure("band.high")].map(Math.round);
    return write(part(page, "hour-note"), speech.say(`band.${where}`, { range: speech.range(low, high) }));
  }

  function rankings(page, moment, speech) {
    ranking(page, "categories", moment.named("cases.by_category."), speech);
    ranking(page, "areas", moment.named("cases.by_area."), speech, speech.areas);
  }

  function ranking(page, name, rows, speech, names = {}) {
    const body = part(page, `rank-${name}`), empty = part(page, `rank-${name}-empty`);
    const shown = rows.slice(0, SHOWN_ROWS), largest = shown.length ? shown[0][1] : 1;
    write(empty, speech.say("rank.empty"));
    show(empty, !shown.length);
    fillList(body, shown, rankRow, (node, [label, today], i) => {
      const [th, all] = node.children;
      th.style.setProperty("--share", String(today / largest));
      th.title = names[label] || label;
      write(th.children[0], String(i + 1));
      write(th.children[1], names[label] || label);
      write(all, speech.number(today));
    });
  }

  function rankRow() {
    const row = element("tr"), head = element("th");
    head.scope = "row";
    head.append(element("span", "rank"), element("bdi", "label"));
    row.append(head, element("td", "number"));
    return row;
  }

  /* At most three sentences, gravest first; otherwise that nothing needs a decision. */
  function sentences(moment, speech) {
    if (!moment.sources.size && !moment.figures.size) return [{ text: speech.say("strip.empty"), calm: true }];
    const said = [];
    for (const source of moment.aged()) {
      if (source.stale && source.age !== null) said.push({ text: speech.say("strip.silent", { name: source.name, age: speech.duration(source.age) }), late: true });
    }
    if (standing(moment) === "above") {
      const [n, low, high] = ["cases.received_1h", "band.low", "band.high"].map((name) => Math.round(moment.figure(name)));
      said.push({ text: speech.say("strip.above", { n, low, high }), late: true });
    }
    for (const source of moment.aged()) {
      if (source.dead > 0) said.push({ text: speech.say("strip.dead", { name: source.name, n: source.dead }) });
    }
    return said.length ? said.slice(0, SENTENCES) : [{ text: speech.say("strip.quiet"), calm: true }];
  }

  function strip(page, moment, speech) {
    const item = () => element("li");
    fillList(part(page, "strip"), sentences(moment, speech), item, (node, sentence) => {
      node.className = sentence.calm ? "calm" : sentence.late ? "late" : "";
      write(node, sentence.text);
    });
  }

  Object.assign(hexwatch, {
    Moment, sentences, standing, LEAST_SHARED,
    panels: {
      figures: [plainFigures, tileNotes, rankings, strip],
      clock: [clock, sources, strip],
      sources: [sources, strip],
    },
  });
})(typeof window === "undefined" ? globalThis : window);
