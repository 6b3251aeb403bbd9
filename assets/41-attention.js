/* The strip: what needs a decision, in at most three sentences of what, where, since when and who owns it. */
(function (root) {
  "use strict";
  const hexwatch = (root.hexwatch = root.hexwatch || {});
  const { part, write, show, element, fillList } = hexwatch;
  const SENTENCES = 3;
  const LEAST_SAID = 0.1; // of an expected number
  // What a visitor may not read: places and kinds of what is not yet public.
  const PRIVATE = new Set(["warning", "cluster", "unassigned", "stalled", "channel"]);

  /* The sentence of each kind of item, without since and owner. */
  const SAID = {
    warning: (item, speech) => speech.say("attention.warning", {
      what: place(speech.name("categories", item.category), item.area, speech), n: item.n, expected: fewest(item.expected, speech), h: item.window_h,
    }),
    cluster: (item, speech) => speech.say("attention.cluster", {
      what: place(speech.name("categories", item.category), item.area, speech), n: item.n, expected: fewest(item.expected, speech),
    }),
    unassigned: (item, speech) => {
      const kind = item.incident_kind ? speech.name("incident_kinds", item.incident_kind) : speech.say("attention.incident");
      return speech.say("attention.unassigned", { what: place(kind, item.area, speech), n: item.priority });
    },
    channel: (item, speech, moment) => {
      const level = item.service_level || {}, name = speech.name("channels", item.channel);
      const values = { name, n: item.waiting, level: speech.rate(level.n, level.of) };
      if (!item.waiting_since) return speech.say("attention.level", values);
      return speech.say("attention.channel", { ...values, age: speech.duration((moment.now - Date.parse(item.waiting_since)) / 1000) });
    },
    surge: (item, speech) => speech.say("strip.above", { n: item.n, low: Math.round(item.low), high: Math.round(item.high) }),
    alert: (item, speech, moment) => {
      const event = hexwatch.inLanguage(item.events, speech) || speech.say("attention.alert");
      const values = { event, severity: speech.name("severities", item.severity || "Unknown") };
      if (!item.expires_at) return speech.say("attention.in_force", values);
      return speech.say("attention.until", { ...values, time: speech.when(item.expires_at, moment.now) });
    },
    stalled: (item, speech) => speech.say("attention.stalled", { name: item.name }),
  };
  const ENDS_ITSELF = new Set(["alert", "surge"]); // says its own time

  /* "0 expected" would say that it cannot happen. */
  function fewest(expected, speech) {
    return expected < LEAST_SAID ? `<${speech.tenths.format(LEAST_SAID)}` : speech.tenths.format(expected);
  }

  function place(what, area, speech) {
    return area ? speech.say("attention.place", { what, where: speech.name("areas", area) }) : what;
  }

  /* What, since when, owner: as much of it as is known. */
  function sentenceOf(key, item, moment, speech) {
    const what = SAID[item.kind](item, speech, moment);
    const since = item.since && !ENDS_ITSELF.has(item.kind) ? speech.when(item.since, moment.now) : "";
    const owner = item.owner ? speech.name("agencies", item.owner) : "";
    const form = since ? (owner ? "attention.since_owner" : "attention.since") : owner ? "attention.what_owner" : "";
    const said = form ? speech.say(form, { what, time: since, owner }) : what, taken = Boolean(item.situation_at);
    const text = taken ? speech.say("attention.situation", { text: said }) : said;
    const cells = Array.isArray(item.cells) && item.cells.length ? item.cells : null;
    return { key: `${item.kind}|${item.warning_id || item.since || key}`, text, late: !taken, cells, warning: item.warning_id || "" };
  }

  /* What the engine thinks needs a decision, most urgent first. */
  function decisions(moment, speech) {
    const items = [...moment.topic("attention")].sort((a, b) => Number(a[0]) - Number(b[0])).filter(([, item]) => SAID[item.kind]);
    if (!speech.visitor) return items.map(([key, item]) => sentenceOf(key, item, moment, speech));
    const shown = items.filter(([, item]) => !PRIVATE.has(item.kind));
    const said = shown.map(([key, item]) => sentenceOf(key, item, moment, speech));
    const n = items.filter(([, item]) => PRIVATE.has(item.kind) && !item.situation_at).length;
    return n ? [{ key: "visitor", text: speech.say("attention.hidden", { n }), late: true }, ...said] : said;
  }

  /* Sources that are silent, and how many of their records could not be read: nothing for visitors. */
  function troubles(moment, speech) {
    if (speech.visitor) return { silent: [], dead: [] };
    const stalled = new Set([...moment.topic("attention").values()].filter((item) => item.kind === "stalled").map((item) => item.name));
    const rows = moment.aged(), silent = rows.filter((row) => row.stale && row.age !== null && !stalled.has(row.name));
    return {
      silent: silent.map((row) => ({ text: speech.say("strip.silent", { name: row.name, age: speech.duration(row.age) }), late: true })),
      dead: rows.filter((row) => row.dead > 0).map((row) => ({ text: speech.say("strip.dead", { name: row.name, n: row.dead }) })),
    };
  }

  /* At most three sentences, gravest first; otherwise that nothing needs a decision. */
  function sentences(moment, speech) {
    if (!moment.sources.size && !moment.figures.size) return [{ text: speech.say("strip.empty"), calm: true }];
    const { silent, dead } = troubles(moment, speech);
    const said = [...decisions(moment, speech), ...silent, ...dead];
    return said.length ? said.slice(0, SENTENCES) : [{ text: speech.say("strip.quiet"), calm: true }];
  }

  /* A sentence about a place can be pressed: it is outlined on the map, and a second button goes there. A warning's
     leads desks to its evidence. */
  function sentenceItem() {
    const node = element("li"), text = element("span", "sentence"), shown = element("button", "sentence"), go = element("button", "go tool");
    const why = element("a", "go tool");
    shown.type = go.type = "button";
    shown.onclick = () => hexwatch.focus?.toggle(node.about);
    go.onclick = () => hexwatch.focus?.goThere();
    node.append(text, shown, go, why);
    return node;
  }

  function strip(page, moment, speech) {
    const said = sentences(moment, speech), chosen = hexwatch.focus?.kept(said) || null;
    const list = part(page, "strip");
    list.dataset.n = String(said.length);
    fillList(list, said, sentenceItem, (node, sentence) => {
      const [text, shown, go, why] = node.children;
      const className = sentence.calm ? "calm" : sentence.late ? "late" : "";
      if (node.className !== className) node.className = className;
      node.about = sentence;
      show(text, !sentence.cells);
      show(shown, Boolean(sentence.cells));
      show(go, Boolean(sentence.cells) && chosen === sentence.key);
      write(sentence.cells ? shown : text, sentence.text);
      shown.setAttribute("aria-pressed", String(chosen === sentence.key));
      if (shown.title !== speech.say("strip.show")) shown.title = speech.say("strip.show");
      write(go, speech.say("strip.go"));
      show(why, Boolean(sentence.warning && speech.warnings));
      if (why.hidden) return;
      write(why, speech.say("strip.why"));
      const address = `${speech.warnings}${encodeURIComponent(sentence.warning)}`;
      if (why.getAttribute("href") !== address) why.href = address;
    });
  }

  hexwatch.addPanel(strip, "attention", "figures", "clock", "sources");
  Object.assign(hexwatch, { sentences, strip });
})(typeof window === "undefined" ? globalThis : window);
