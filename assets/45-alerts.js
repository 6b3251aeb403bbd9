/* The list of alerts in force, how many notices there are, and the open incidents by name. */
(function (root) {
  "use strict";
  const hexwatch = (root.hexwatch = root.hexwatch || {});
  const { part, write, show, element, fillList } = hexwatch;
  const SHOWN_ALERTS = { emergency: 5 };
  const FEW_ALERTS = 2;
  const SHOWN_INCIDENTS = { full: 15, large: 6 };
  const SHOWN_KINDS = 8;

  function alertName(alert, speech) {
    const event = hexwatch.inLanguage(alert.events, speech) || alert.event || speech.say("attention.alert");
    return `${event} (${speech.name("severities", alert.severity || "Unknown")})`;
  }

  function alertWords(alert, moment, speech) {
    const said = [alertName(alert, speech)];
    if (alert.expires_at) said.push(speech.say("alert.until", { time: speech.when(alert.expires_at, moment.now) }));
    const areas = (alert.areas || []).map((area) => area.description).filter(Boolean);
    if (areas.length) said.push(areas.join(", "));
    return said.join(" · ");
  }

  function alerts(page, moment, speech) {
    const inForce = hexwatch.byGravity(moment.topic("alerts.public").values());
    const shown = inForce.slice(0, SHOWN_ALERTS[page.dataset.scene] || FEW_ALERTS);
    const items = shown.map((alert) => ({ severity: hexwatch.severityOf(alert), text: alertWords(alert, moment, speech) }));
    fillList(part(page, "alerts"), items, alertItem, (node, { severity, text }) => {
      node.style.setProperty("--severity", `var(--${severity.colour})`);
      write(node.children[0], "\u25AE".repeat(severity.level));
      write(node.children[1], text);
      if (node.title !== text) node.title = text;
    });
    const more = inForce.length - shown.length, notices = moment.topic("notices").size;
    write(part(page, "alerts-more"), more > 0 ? speech.say("source.more", { n: more }) : "");
    show(part(page, "alerts-none"), !inForce.length);
    write(part(page, "alerts-none"), speech.say("alert.none"));
    write(part(page, "notices"), notices ? speech.say("alert.notices", { n: notices }) : "");
  }

  function alertItem() {
    const node = element("li", "alert"), bars = element("span", "bars");
    bars.setAttribute("aria-hidden", "true");
    node.append(bars, element("bdi", "label"));
    return node;
  }

  /* Gravest first, then the oldest. Without a place an incident is one of a sensitive kind: its kind stays unsaid. */
  function incidentRows(moment, speech, shown) {
    const open = [...moment.topic("incidents.public").values()];
    open.sort((a, b) => a.priority - b.priority || String(a.received_at).localeCompare(String(b.received_at)));
    return open.slice(0, shown).map((incident) => ({
      priority: incident.priority,
      kind: typeof incident.lat === "number" ? speech.name("incident_kinds", incident.kind) : speech.say("attention.incident"),
      area: incident.area ? speech.name("areas", incident.area) : "",
      age: incident.received_at ? speech.duration((moment.now - Date.parse(incident.received_at)) / 1000) : "",
      units: speech.number(incident.units || 0),
    }));
  }

  function incidents(page, moment, speech) {
    if (page.dataset.scene !== "emergency") return;
    const rows = speech.visitor ? [] : incidentRows(moment, speech, SHOWN_INCIDENTS[page.dataset.room] || 0), empty = part(page, "incident-empty");
    fillList(part(page, "incident-rows"), rows, incidentRow, (node, row) => {
      const [head, area, age, units] = node.children, shape = head.children[0];
      const className = `shape priority-${row.priority}`;
      if (shape.className !== className) shape.className = className;
      write(shape, speech.shapes[row.priority] || speech.shapes[3]);
      write(head.children[1], speech.say("mark.priority", { n: row.priority }));
      write(head.children[2], row.kind);
      write(area, row.area);
      write(age, row.age);
      write(units, row.units);
    });
    write(empty, speech.say(speech.visitor ? "visitor.hidden" : "incident.none"));
    show(empty, !rows.length);
    unitKinds(page, moment, speech);
  }

  function incidentRow() {
    const row = element("tr"), head = element("th"), shape = element("span", "shape");
    shape.setAttribute("aria-hidden", "true");
    head.scope = "row";
    head.append(shape, element("span", "spoken"), element("bdi", "label"));
    row.append(head, element("td", "label"), element("td", "number"), element("td", "number"));
    return row;
  }

  /* Available and all units of each kind. */
  function unitKinds(page, moment, speech) {
    const kinds = new Map();
    for (const unit of moment.topic("units").values()) {
      const counts = kinds.get(unit.kind) || { free: 0, total: 0 };
      counts.total++;
      if (unit.status === "available" || unit.status === "returning") counts.free++;
      kinds.set(unit.kind, counts);
    }
    const rows = [...kinds].filter(([kind]) => kind).sort((a, b) => b[1].total - a[1].total || (a[0] < b[0] ? -1 : 1)).slice(0, SHOWN_KINDS);
    const items = speech.visitor ? [] : rows.map(([kind, { free, total }]) => ({ name: speech.name("unit_kinds", kind), n: speech.say("rate.few", { n: free, of: total }) }));
    fillList(part(page, "unit-kinds"), items, hexwatch.pair, hexwatch.writePair);
    show(part(page, "unit-kinds-panel"), items.length > 0);
  }

  hexwatch.addPanel(alerts, "alerts.public", "notices", "clock");
  hexwatch.addPanel(incidents, "incidents.public", "units", "clock");
  Object.assign(hexwatch, { alertName });
})(typeof window === "undefined" ? globalThis : window);
