/* The life of a case in words: its stage, its clock, and what happened in order. No page. */
(function (root) {
  "use strict";
  const hexwatch = (root.hexwatch = root.hexwatch || {});
  // What the document alone tells, for a server that tells no history.
  const STAMPS = ["received", "dispatched", "accepted", "return_asked", "contacted", "handled", "answered", "closed", "followed_up", "promoted", "paused"];

  /* As `hotline.cases.Case.stage`: the document's own word where it has one. */
  function stageOf(row) {
    if (row.stage) return row.stage;
    if (row.followed_up_at && row.closed_at) return "followed_up";
    if (row.closed_at) return "closed";
    if (row.handled_at) return "handled";
    if (row.contacted_at) return "contacted";
    if (row.return_asked_at) return "return_asked";
    if (row.accepted_at) return "accepted";
    return row.owner || row.dispatched_at ? "dispatched" : "received";
  }

  /* [{key, at}]: deadlines that still run, the nearest first. */
  function deadlinesOf(row) {
    const found = [];
    if (row.closed_at) {
      if (row.follow_up_due_at && !row.followed_up_at) found.push({ key: "follow_up", at: row.follow_up_due_at });
    } else {
      if (row.dispatch_due_at && !row.owner) found.push({ key: "dispatch", at: row.dispatch_due_at });
      if (row.target_at) found.push({ key: "feedback", at: row.target_at });
    }
    return found.sort((a, b) => Date.parse(a.at) - Date.parse(b.at));
  }

  /* One entry of the timeline, whatever the server calls its fields: {what, at, by, data}. */
  function entryOf(fact) {
    const type = String(fact.type || fact.what || fact.event || "");
    const by = fact.by || fact.actor || fact.source || "";
    return { what: type.replace(/^case\./, ""), at: fact.at || fact.recorded_at || fact.occurred_at || "", by, data: fact.data || fact.payload || fact.fields || {} };
  }

  /* Newest first. Without a history the stamps of the document, which name nobody. */
  function lifeOf(document, history) {
    const facts = history && (history.history || history.facts || history.events);
    const entries = facts ? facts.map(entryOf) : STAMPS.filter((name) => document[`${name}_at`]).map((name) => ({ what: name, at: document[`${name}_at`], by: "", data: {} }));
    return entries.map((entry, i) => ({ ...entry, i })).sort((a, b) => Date.parse(b.at) - Date.parse(a.at) || b.i - a.i);
  }

  Object.assign(hexwatch, { stageOf, deadlinesOf, lifeOf });
})(typeof window === "undefined" ? globalThis : window);
