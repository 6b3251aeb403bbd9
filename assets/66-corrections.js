/* What a form has told the engine and what it must still tell it: pure. */
(function (root) {
  "use strict";
  const hexwatch = (root.hexwatch = root.hexwatch || {});
  const EMPTY = { kind: "", priority: 2, place: null, address: "", phone: "", name: "", text: "", exercise: false };
  const FIRST = ["kind", "place", "address", "phone", "text"]; // a priority or a name alone is no incident yet

  /*
   * What must still be asked so that the engine knows `now`, given that it knows `saved`: pure. Without an id that is
   * one create; afterwards a triage, a relocate and a note at most.
   */
  function corrections(id, saved, now) {
    if (!id) return FIRST.some((name) => now[name]) ? [creation(now)] : [];
    const asked = [];
    if (now.kind !== saved.kind || now.priority !== saved.priority) {
      const changed = { ...(now.kind !== saved.kind && now.kind ? { kind: now.kind } : {}), ...(now.priority !== saved.priority ? { priority: now.priority } : {}) };
      if (Object.keys(changed).length) asked.push({ verb: "triage", incident_id: id, ...changed });
    }
    if (placeKey(now) !== placeKey(saved)) asked.push({ verb: "relocate", incident_id: id, ...placeOf(now) });
    const said = ["phone", "name", "text"].filter((name) => now[name] && now[name] !== saved[name]);
    if (said.length) asked.push({ verb: "note", incident_id: id, said: said.map((name) => [name, now[name]]) });
    return asked;
  }

  function creation(now) {
    const plain = ["kind", "phone", "name", "text", "at", "exercise"].filter((name) => now[name]).map((name) => [name, now[name]]);
    return { verb: "create_incident", priority: now.priority, ...Object.fromEntries(plain), ...placeOf(now) };
  }

  const placeKey = ({ place, address }) => JSON.stringify([place?.lat ?? null, place?.lng ?? null, address || ""]);

  function placeOf({ place, address }) {
    if (place) return { lat: place.lat, lng: place.lng, ...(place.area ? { area: place.area } : {}), ...(address ? { address } : {}) };
    return address ? { address } : {};
  }

  /* Which of the fields a granted correction has settled. */
  function answered(verb, going) {
    const of = { triage: ["kind", "priority"], relocate: ["place", "address"], note: ["phone", "name", "text"] }[verb];
    return Object.fromEntries(of.map((name) => [name, going[name]]));
  }

  Object.assign(hexwatch, { corrections, answered, EMPTY_CALL: EMPTY, FIRST_FIELDS: FIRST });
})(typeof window === "undefined" ? globalThis : window);
