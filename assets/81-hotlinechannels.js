/* The channels of the floor: who waits and how long, how well calls are answered, and what each channel really has. */
(function (root) {
  "use strict";
  const hexwatch = (root.hexwatch = root.hexwatch || {});
  const { hotline, write, show, element, fillList } = hexwatch;
  const NS = "http://www.w3.org/2000/svg";
  const SAMPLE_MS = 10000;
  const KEPT = 180; // half an hour of samples
  const LEAST_DRAWN = 3;
  const WIDTH = 48, HEIGHT = 18;
  const UNKNOWN_TONGUE = "und";
  const AGENTS = ["talking", "available", "holding", "wrap_up", "away", "signed_out"];

  /* In the catalogue's order, so that cards keep their places. */
  function inOrder(ids, speech) {
    const known = Object.keys(speech.names.channels || {}), rank = (id) => (known.includes(id) ? known.indexOf(id) : known.length);
    return ids.sort((a, b) => rank(a) - rank(b) || (a < b ? -1 : 1));
  }

  /* The points of a line through these numbers, highest at the top. */
  function linePoints(values, width = WIDTH, height = HEIGHT) {
    const top = Math.max(1, ...values), step = values.length > 1 ? width / (values.length - 1) : 0;
    return values.map((n, i) => `${(i * step).toFixed(1)},${(height - 1 - (n / top) * (height - 2)).toFixed(1)}`).join(" ");
  }

  /* What a card says of a channel: only figures that the channel has. `row` is the wall's reading of it. */
  function figuresOf(channel, row, speech) {
    const level = channel.service_level || {}, said = [];
    if (level.of) said.push({ name: speech.say("channel.level_goal", { goal: speech.shares.format(level.goal) }), text: `${row.missed ? "▼\u2009" : ""}${row.level}`, late: row.missed, note: `${speech.say("channel.level_note")}: ${hexwatch.variantSaid([channel], speech)}` });
    if (channel.connect_24h?.of) said.push({ name: speech.say("channel.connected"), text: row.connected });
    if (channel.offered) said.push({ name: speech.say("channel.abandoned"), text: speech.rate(channel.abandoned || 0, channel.offered) });
    if (typeof channel.asa_s === "number") said.push({ name: speech.say("channel.asa"), text: waits(channel, speech), note: speech.say("channel.waits_note") });
    if (typeof channel.aht_s === "number") said.push({ name: speech.say("channel.aht"), text: speech.duration(channel.aht_s) });
    if (channel.occupancy !== undefined) said.push({ name: speech.say("channel.occupancy"), text: channel.occupancy === null ? "—" : speech.shares.format(channel.occupancy) });
    return said;
  }

  /* The mean wait with the ninetieth percentile beside it. */
  function waits({ asa_s: mean, p90_wait_s: p90 }, speech) {
    const said = speech.duration(mean);
    return typeof p90 === "number" ? speech.say("channel.waits", { mean: said, p90: speech.duration(p90) }) : said;
  }

  /* Who calls and waits in which language, on a channel that is counted so; those who wait first. */
  function tonguesOf(channel, speech) {
    const told = Object.entries(channel.languages || {}).sort(([, a], [, b]) => b.waiting - a.waiting || b.offered - a.offered);
    return told.map(([code, { offered, waiting }]) => ({
      name: code === UNKNOWN_TONGUE ? speech.say("channel.no_tongue") : hotline.language(code),
      text: speech.say(waiting ? "channel.tongue_waiting" : "channel.tongue", { n: offered, waiting }),
      late: waiting > 0,
    }));
  }

  class ChannelColumn {
    constructor(desk) {
      this.desk = desk;
      this.day = new hexwatch.ChannelDay(desk);
      this.samples = new Map(); // channel -> how many waited, every ten seconds
      this.sampledAt = -SAMPLE_MS;
      const draw = () => this.draw();
      this.off = [
        desk.store.subscribe("channels", draw), desk.store.subscribe("agents", () => this._agents()),
        desk.store.subscribe("figures", () => this._others()), desk.store.subscribe("second", draw),
        desk.store.subscribe("link", () => this._age()),
      ];
    }

    leave() {
      this.day.leave();
      for (const off of this.off) off();
    }

    draw() {
      const { desk } = this;
      if (!desk.store.picture) return;
      const moment = new hexwatch.Moment(desk.store.picture), calls = desk.store.topic("channels");
      moment.now = desk.store.now();
      this._sample(calls);
      const rows = inOrder([...calls.keys()], desk.speech).map((id) => ({ id, channel: calls.get(id), row: hexwatch.channelRow(id, calls.get(id), moment, desk.speech) }));
      const list = desk.part("channel-cards");
      for (const one of list.querySelectorAll(".skeleton")) one.remove();
      fillList(list, rows, () => this._card(), (node, one) => this._fill(node, one));
      hotline.empty(desk.part("channels-empty"), rows.length ? "" : desk.speech.say("channel.none"));
      write(desk.part("channel-variant"), hexwatch.variantSaid(calls.values(), desk.speech));
      this._agents();
    }

    _sample(calls) {
      if (performance.now() - this.sampledAt < SAMPLE_MS) return;
      this.sampledAt = performance.now();
      for (const [id, channel] of calls) {
        const kept = this.samples.get(id) || [];
        kept.push(channel.waiting || 0);
        this.samples.set(id, kept.slice(-KEPT));
      }
    }

    _card() {
      const card = element("li", "channel-card"), head = element("div", "channel-head");
      const line = document.createElementNS(NS, "svg");
      for (const [name, value] of Object.entries({ class: "spark", viewBox: `0 0 ${WIDTH} ${HEIGHT}`, width: WIDTH, height: HEIGHT, role: "img" })) line.setAttribute(name, value);
      line.append(document.createElementNS(NS, "polyline"));
      head.append(element("bdi", "channel-name"), line, element("b", "channel-waiting"));
      card.append(head, element("dl", "channel-figures"), element("dl", "channel-figures tongues"), this.day.made());
      return card;
    }

    _fill(card, { id, channel, row }) {
      const { speech } = this.desk, [head, figures, tongues, day] = card.children, [name, line, waiting] = head.children;
      write(name, row.name);
      const text = channel.waiting ? speech.say("channel.waiting", { n: channel.waiting, age: row.longest }) : speech.say("channel.calm");
      write(waiting, row.late ? `▲\u2009${text}` : text);
      waiting.classList.toggle("late", row.late);
      waiting.classList.toggle("calm", !channel.waiting);
      card.classList.toggle("loud", row.late);
      this._spark(line, channel.history || this.samples.get(id) || []);
      fillList(figures, figuresOf(channel, row, speech), figure, writeFigure);
      fillList(tongues, tonguesOf(channel, speech), figure, writeFigure);
      show(tongues, tongues.children.length > 0);
      this.day.fill(day, id);
    }

    _spark(line, values) {
      const enough = values.length >= LEAST_DRAWN;
      line.style.display = enough ? "" : "none";
      if (!enough) return;
      const points = linePoints(values);
      if (line.firstChild.getAttribute("points") !== points) line.firstChild.setAttribute("points", points);
      const said = this.desk.speech.say("channel.spark", { top: Math.max(...values) });
      if (line.getAttribute("aria-label") !== said) line.setAttribute("aria-label", said);
    }

    /* Channels without calls are there by their cases alone. */
    _others() {
      const { desk } = this;
      if (!desk.store.picture) return;
      const rows = hexwatch.otherChannels(new hexwatch.Moment(desk.store.picture), desk.speech);
      show(desk.part("channel-others-box"), rows.length > 0);
      fillList(desk.part("channel-others"), rows, hexwatch.pair, hexwatch.writePair);
    }

    _agents() {
      const { desk } = this, states = desk.store.topic("agents");
      const rows = AGENTS.filter((state) => states.has(state)).map((state) => ({ name: hotline.coded("agent.", state), n: desk.speech.number(states.get(state)) }));
      fillList(desk.part("agents"), rows, hexwatch.pair, hexwatch.writePair);
      hotline.empty(desk.part("agents-empty"), rows.length ? "" : desk.speech.say("channel.no_agents"));
    }

    _age() {
      const { desk } = this, cut = desk.store.link === "cut" || desk.store.link === "refused", badge = desk.part("channels-age");
      show(badge, cut);
      write(badge, desk.speech.say("panel.stale"));
    }
  }

  function figure() {
    const node = element("div");
    node.append(element("dt"), element("dd"));
    return node;
  }

  function writeFigure(node, one) {
    write(node.children[0], one.name);
    write(node.children[1], one.text);
    node.children[1].classList.toggle("late", Boolean(one.late));
    const note = one.note || "";
    if (node.title !== note) node.title = note;
  }

  hotline.panel("channel-cards", (desk) => new ChannelColumn(desk));
  Object.assign(hexwatch, { linePoints, channelFigures: figuresOf, channelTongues: tonguesOf, channelWaits: waits, figureNode: figure, writeFigure });
})(typeof window === "undefined" ? globalThis : window);
