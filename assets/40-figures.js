/* The wall's figures in words: header, tiles and rankings, each a function of the picture. */
(function (root) {
  "use strict";
  const hexwatch = (root.hexwatch = root.hexwatch || {});
  const { part, write, show, element, fillList, isolated, LEAST_SHARED } = hexwatch;
  const SHOWN_SOURCES = { full: 4, large: 1, huge: 1 };
  const SHOWN_ROWS = { hotline: 7 };
  const FEW_ROWS = 5;
  const ROWS_BESIDE_CALLS = 4; // the board of calls is the larger one, and the curve keeps its height

  /* Everything the panels ask of one moment's picture. */
  class Moment {
    constructor(picture) {
      this.figures = picture.topic("figures");
      this.clock = picture.topic("clock");
      this.sources = picture.topic("sources");
      this.topics = picture;
      this.now = Date.parse(this.clock.get("now") || picture.at || "") || Date.now();
    }

    /* Any other topic: key -> value, empty when nobody sends it. */
    topic(name) {
      return this.topics.topic(name);
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

  function tileNotes(page, moment, speech) {
    const f = (name) => moment.figure(name);
    const note = (name, text) => write(part(page, `${name}-note`), text);
    const today = f("cases.received_today"), yesterday = f("yesterday.received_same_time");
    note("today", yesterday === undefined ? speech.say("today.alone") : speech.say("today.yesterday", { n: yesterday }));
    write(part(page, "today-sign"), today === undefined || !yesterday ? "" : speech.change(today, yesterday));
    note("open", speech.say("open.closed", { n: f("cases.closed_today") || 0 }));
    note("overdue", overdueNote(f("cases.overdue") || 0, f("cases.with_deadline") || 0, speech));
    hourNote(page, moment, speech);
  }

  function overdueNote(overdue, total, speech) {
    if (!total) return speech.say("overdue.none");
    if (total < LEAST_SHARED) return speech.say("overdue.of", { total });
    return speech.say("overdue.share", { share: speech.share(overdue, total), total });
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
    ranking(page, "categories", "category", moment, speech);
    ranking(page, "areas", "area", moment, speech);
  }

  /* One row per name; `figure` is the word that its figures have between `cases.by_` and the name. */
  function ranking(page, table, figure, moment, speech) {
    const body = part(page, `rank-${table}`), empty = part(page, `rank-${table}-empty`);
    const rows = moment.named(`cases.by_${figure}.`).slice(0, SHOWN_ROWS[page.dataset.scene] || (moment.topic("channels").size ? ROWS_BESIDE_CALLS : FEW_ROWS));
    const largest = rows.length ? rows[0][1] : 1;
    write(empty, speech.say("rank.empty"));
    show(empty, !rows.length);
    fillList(body, rows, rankRow, (node, [id, today], i) => {
      const [th, change, all] = node.children, name = speech.name(table, id);
      th.style.setProperty("--share", String(today / largest));
      th.title = name;
      write(th.children[0], String(i + 1));
      write(th.children[1], name);
      write(all, speech.number(today));
      writeChange(change, rankChange(figure, id, today, moment, speech), speech);
    });
  }

  /* Against yesterday by now; the arrow stands only where the day so far lies outside what is usual. */
  function rankChange(figure, id, today, moment, speech) {
    const before = moment.figure(`yesterday.by_${figure}.${id}`), usual = moment.figures.get(`usual.by_${figure}.${id}`);
    const sign = { above: "▲", below: "▼" }[usual] || "";
    return { usual: sign ? usual : "", sign, text: before === undefined ? "" : speech.change(today, before) };
  }

  function writeChange(node, { usual, sign, text }, speech) {
    if (node.dataset.standing !== usual) node.dataset.standing = usual;
    const said = usual ? speech.say(usual === "above" ? "rank.above" : "rank.below") : "";
    if (node.title !== said) node.title = said;
    write(node.children[0], sign);
    write(node.children[1], text);
    write(node.children[2], said);
  }

  function rankRow() {
    const row = element("tr"), head = element("th"), change = element("td", "change");
    head.scope = "row";
    head.append(element("span", "rank"), element("bdi", "label"));
    const sign = element("span", "sign");
    sign.setAttribute("aria-hidden", "true");
    change.append(sign, element("span", "by"), element("span", "spoken"));
    row.append(head, change, element("td", "number"));
    return row;
  }

  Object.assign(hexwatch, {
    Moment, modeText, standing,
    panels: {
      figures: [plainFigures, tileNotes, rankings],
      clock: [clock, sources],
      sources: [sources],
    },
    /* Let a panel be painted whenever one of these topics changes. */
    addPanel(panel, ...topics) {
      for (const topic of topics) (hexwatch.panels[topic] = hexwatch.panels[topic] || []).push(panel);
    },
  });
})(typeof window === "undefined" ? globalThis : window);
