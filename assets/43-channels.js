/* Who is called and who answers: the channel board, agents by state, units and incidents on duty. */
(function (root) {
  "use strict";
  const hexwatch = (root.hexwatch = root.hexwatch || {});
  const { part, write, show, element, fillList } = hexwatch;
  const USUAL_TARGET_S = 15;
  const VARIANTS = {
    removed: "channels.variant_removed", ignored: "channels.variant_ignored", offered: "channels.variant_offered",
    positive: "channels.variant_positive", short: "channels.variant_short",
  };
  const SHOWN_CALLS = 6;
  const SHOWN_OTHERS = 6;
  const AGENT_STATES = ["talking", "available", "holding", "wrap_up", "away"];

  /* Channels in the order of the catalogue, so that rows keep their places; others after them by name. */
  function inOrder(ids, speech) {
    const known = Object.keys(speech.names.channels || {});
    const rank = (id) => (known.includes(id) ? known.indexOf(id) : known.length);
    return [...ids].sort((a, b) => rank(a) - rank(b) || (a < b ? -1 : 1));
  }

  /* What one channel with calls shows. The wait ticks with the city's clock, so it stands when the city stands. */
  function channelRow(id, channel, moment, speech) {
    const level = channel.service_level || {}, connected = channel.connect_24h || {};
    const waits = channel.waiting > 0 && channel.waiting_since ? Math.max(0, (moment.now - Date.parse(channel.waiting_since)) / 1000) : null;
    return {
      name: speech.name("channels", id),
      waiting: speech.number(channel.waiting || 0),
      longest: waits === null ? "–" : speech.duration(waits),
      late: waits !== null && waits > (level.threshold_s || USUAL_TARGET_S),
      level: speech.rate(level.n, level.of),
      missed: level.of >= hexwatch.LEAST_SHARED && level.goal !== undefined && level.n / level.of < level.goal,
      connected: speech.rate(connected.n, connected.of),
    };
  }

  /* By which formula the service level of these channels is reckoned; each formula once. */
  function variantSaid(channels, speech) {
    const levels = [...channels].map((channel) => channel.service_level).filter((level) => level?.threshold_s);
    const said = levels.map(({ variant = "removed", threshold_s: t }) => speech.say(VARIANTS[variant], { t, s: t }));
    return [...new Set(said)].join(" · ");
  }

  /* Channels without calls, with the cases that came through them today; most first. */
  function otherChannels(moment, speech) {
    const calls = moment.topic("channels");
    const rows = moment.named("cases.by_channel.").filter(([id]) => !calls.has(id));
    return rows.slice(0, SHOWN_OTHERS).map(([id, n]) => ({ name: speech.name("channels", id), n: speech.number(n) }));
  }

  function channelBoard(page, moment, speech) {
    const calls = moment.topic("channels"), board = part(page, "channels"), others = otherChannels(moment, speech);
    const rows = inOrder(calls.keys(), speech).slice(0, SHOWN_CALLS).map((id) => channelRow(id, calls.get(id), moment, speech));
    board.dataset.calls = rows.length ? "yes" : "no";
    show(board, rows.length + others.length > 0);
    fillList(part(page, "channel-rows"), rows, rowOfCalls, writeCalls);
    write(part(page, "channel-variant"), variantSaid(calls.values(), speech));
    fillList(part(page, "channel-others"), others, pair, writePair);
    show(part(page, "channel-others-head"), rows.length > 0 && others.length > 0);
  }

  function rowOfCalls() {
    const row = element("tr"), head = element("th");
    head.scope = "row";
    head.append(element("bdi", "label"));
    row.append(head);
    for (const name of ["waiting", "longest", "level", "connected"]) row.append(element("td", name));
    return row;
  }

  function writeCalls(node, row) {
    const [head, waiting, longest, level, connected] = node.children;
    write(head.firstChild, row.name);
    if (head.title !== row.name) head.title = row.name;
    write(waiting, row.waiting);
    write(longest, row.late ? `▲\u2009${row.longest}` : row.longest);
    write(level, row.missed ? `▼\u2009${row.level}` : row.level);
    write(connected, row.connected);
    longest.classList.toggle("late", row.late);
    level.classList.toggle("late", row.missed);
  }

  /* A number with its name, in a line of several. */
  function pair() {
    const node = element("li");
    node.append(element("bdi", "name"), element("b"));
    return node;
  }

  function writePair(node, { name, n }) {
    write(node.children[0], name);
    write(node.children[1], n);
  }

  function agents(page, moment, speech) {
    const states = moment.topic("agents");
    const known = AGENT_STATES.filter((state) => states.has(state)).map((state) => ({ name: speech.say(`agent.${state}`), n: speech.number(states.get(state)) }));
    show(part(page, "agents-line"), known.length > 0);
    fillList(part(page, "agents"), known, pair, writePair);
  }

  /* Units: busy as the figure, available and out of service beside it. */
  function duty(page, moment, speech) {
    const f = (name) => moment.figure(name);
    write(part(page, "incidents-note"), speech.say("incidents.today", { n: f("incidents.received_today") || 0 }));
    const busy = f("units.busy") || 0, total = f("units.total") || 0;
    const ready = f("units.by_status.available") ?? Math.max(0, total - busy);
    const free = ready + (f("units.by_status.returning") || 0), out = Math.max(0, total - busy - free);
    write(part(page, "units-note"), total ? speech.say("units.available", { n: free }) : speech.say("units.none"));
    write(part(page, "units-out"), out ? speech.say("units.out", { n: out }) : "");
  }

  hexwatch.addPanel(channelBoard, "channels", "figures", "clock");
  hexwatch.addPanel(agents, "agents");
  hexwatch.addPanel(duty, "figures");
  Object.assign(hexwatch, { channelRow, otherChannels, variantSaid, pair, writePair });
})(typeof window === "undefined" ? globalThis : window);
