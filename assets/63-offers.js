/* What may be done about a refusal: the next request, made of what the engine said. No page. */
(function (root) {
  "use strict";
  const hexwatch = (root.hexwatch = root.hexwatch || {});

  /* Units that stand in the way of a dispatch: [{unit_id, incident_ids}] from the engine's detail. */
  function blocking(ask) {
    const { detail } = ask;
    if (Array.isArray(detail.changed)) return detail.changed.map((one) => ({ ...one, incident_ids: one.incident_ids || [] }));
    if (!detail.unit_id) return [];
    const on = detail.incident_id ? String(detail.incident_id).split(", ") : [];
    return [{ unit_id: detail.unit_id, incident_ids: on, version: detail.version, status: detail.status }];
  }

  /* [{act, verb, units, steps: [[verb, fields]]}], best first. Steps are asked one after the other. */
  function offers(ask) {
    if (ask.state !== "refused") return [];
    if (ask.verb === "dispatch") return ofDispatch(ask);
    const { verb, unit_id, incident_id } = ask.detail;
    if (ask.verb === "undo" && (verb === "stand_down" || verb === "clear_unit")) {
      return [{ act: verb, units: [unit_id], steps: [[verb, { unit_id, incident_id }]] }];
    }
    return [];
  }

  function ofDispatch(ask) {
    const { incident_id, unit_ids } = ask.fields, stopped = blocking(ask);
    if (!stopped.length) return [];
    const away = new Set(stopped.map((one) => one.unit_id));
    const rest = unit_ids.filter((id) => !away.has(id));
    const others = rest.length ? [["dispatch", { incident_id, unit_ids: rest }]] : [];
    const busy = stopped.filter((one) => one.incident_ids.some((id) => id !== incident_id)).map((one) => one.unit_id);
    const free = stopped.filter((one) => !one.incident_ids.length && one.status && one.status !== "out-of-service").map((one) => one.unit_id);
    const found = [];
    if (busy.length && busy.length + free.length === stopped.length) {
      const again = free.length || rest.length ? [["dispatch", { incident_id, unit_ids: [...rest, ...free] }]] : [];
      found.push({ act: "divert", units: busy, steps: [...busy.map((unit_id) => ["divert", { unit_id, incident_id }]), ...again] });
    } else if (free.length === stopped.length) {
      found.push({ act: "again", units: unit_ids, steps: [["dispatch", { incident_id, unit_ids }]] });
    }
    if (rest.length) found.push({ act: "without", units: [...away], steps: others });
    if (busy.length === 1) found.push({ act: "stack", units: busy, steps: [["stack", { unit_id: busy[0], incident_id }]] });
    return found;
  }

  Object.assign(hexwatch, { offersFor: offers, blockingUnits: blocking });
})(typeof window === "undefined" ? globalThis : window);
