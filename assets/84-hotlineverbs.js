/* What may be done with a case: when, with which fields, under which key. No page. */
(function (root) {
  "use strict";
  const hexwatch = (root.hexwatch = root.hexwatch || {});
  const GRADES = ["I", "II", "III", "IV"];
  const LANGUAGES = ["zh", "en", "ko", "ja", "de", "fr", "ru", "es", "ar", "pt"];
  const OPEN = ["received", "dispatched", "accepted", "return_asked", "contacted", "handled"];
  const WITH_BODY = ["dispatched", "accepted", "return_asked", "contacted", "handled"];

  const reason = { name: "reason", kind: "text", label: "field.reason" };
  const needed = { ...reason, needed: true };

  /*
   * verb -> {stages, when, key, bulk, own, fields(desk, case)}; `own`: for the body that has the case, too. `stages` only keep a button from being offered in vain:
   * the engine decides, and its reason is shown.
   */
  const VERBS = {
    dispatch_case: {
      stages: OPEN, key: "d", bulk: true, usual: ["received", "return_asked"],
      fields: (desk, row) => [
        { name: "owner", kind: "select", label: "field.owner", options: owners(desk, row), needed: true },
        { name: "supporters", kind: "several", label: "field.supporters", value: desk.suggestions?.get(row?.case_id)?.supporters, options: owners(desk, row).filter(([id]) => id) },
        reason,
      ],
    },
    accept_case: { stages: ["dispatched"], key: "a", bulk: true, own: true, usual: ["dispatched"] },
    review_return: {
      stages: ["return_asked"], key: "r", usual: ["return_asked"],
      fields: (desk, row) => [
        { name: "granted", kind: "yesno", label: "field.granted", needed: true },
        { name: "owner", kind: "select", label: "field.then_to", options: [["", desk.speech.say("word.nobody")], ...owners(desk, row)] },
        reason,
      ],
    },
    ask_return: {
      stages: ["dispatched", "accepted", "contacted"], own: true, usual: [],
      fields: (desk) => [{ name: "code", kind: "select", label: "field.code", options: desk.setup.rules.returns.map((code) => [code, hexwatch.coded(desk.speech, "return.", code)]), needed: true }, needed],
    },
    contact_case: { stages: ["dispatched", "accepted"], key: "o", own: true, usual: ["accepted"] },
    handle_case: { stages: ["dispatched", "accepted", "contacted"], key: "h", own: true, usual: ["contacted"], fields: () => [{ name: "result", kind: "area", label: "field.result", needed: true }] },
    answer_case: {
      stages: OPEN, when: (row) => row.kind === "enquiry", own: true, usual: OPEN,
      fields: (desk, row) => [
        { name: "answer", kind: "area", label: "field.answer", needed: true },
        { name: "language", kind: "select", label: "field.language", value: row.language || "zh", options: LANGUAGES.map((code) => [code, hexwatch.hotline.language(code)]) },
      ],
    },
    close_case: { stages: OPEN, key: "c", bulk: true, own: true, usual: ["handled"], fields: () => [reason] },
    follow_up: {
      stages: ["closed", "followed_up"], key: "f", usual: ["closed"],
      fields: () => [
        { name: "contacted", kind: "yesno", label: "field.contacted", needed: true },
        { name: "resolved", kind: "yesno", label: "field.resolved" },
        { name: "satisfied", kind: "select", label: "field.satisfied", number: true, options: [["", "–"], ...[1, 2, 3, 4, 5].map((n) => [n, `${n}/5`])] },
      ],
    },
    reopen_case: { stages: ["closed", "followed_up"], key: "p", usual: ["followed_up"], fields: () => [needed] },
    regrade_case: {
      stages: OPEN, key: "e", bulk: true, usual: [],
      fields: (desk, row) => [{ name: "grade", kind: "select", label: "field.grade", value: row?.grade, options: GRADES.map((grade) => [grade, desk.speech.say("case.grade", { grade })]), needed: true }, needed],
    },
    pause_case: {
      stages: OPEN, when: (row) => !row.paused_at, usual: [], bulk: true,
      fields: (desk, row) => [
        { name: "reason", kind: "select", label: "field.reason", options: pausesFor(desk, row).map(([code]) => [code, hexwatch.coded(desk.speech, "pause.", code)]), needed: true },
        { name: "until", kind: "until", label: "field.until", options: hexwatch.hoursFrom(desk.speech, 4, 24, 72, 120), needed: true },
      ],
    },
    resume_case: { stages: OPEN, when: (row) => Boolean(row.paused_at), usual: OPEN },
    note_case: { stages: null, key: "n", usual: [...OPEN, "closed", "followed_up"], fields: () => [{ name: "text", kind: "area", label: "field.note", needed: true }] },
    merge_cases: { stages: OPEN, when: (row) => !row.merged_into, bulk: true, usual: [], fields: () => [{ name: "into", kind: "text", label: "field.into", needed: true }] },
    unmerge_case: { stages: null, when: (row) => Boolean(row.merged_into), usual: OPEN },
    promote_case: {
      stages: OPEN, when: (row) => !row.promoted_at, role: "either", usual: [],
      fields: (desk) => [
        { name: "kind", kind: "select", label: "field.kind", options: Object.entries(desk.speech.names.incident_kinds || {}), needed: true },
        { name: "priority", kind: "select", label: "field.priority", number: true, value: 2, options: [1, 2, 3].map((n) => [n, desk.speech.say("priority.name", { n })]) },
      ],
    },
  };

  /* [[id, name]]: the catalogue's body for this kind of case first, then the area's own, then all. */
  function owners(desk, row) {
    const { names } = desk.speech, suggested = suggestionOf(desk, row);
    const none = suggested.length ? [] : [["", "–"]]; // nobody is chosen by standing first
    const all = [...Object.keys(names.agencies || {}), ...Object.keys(names.areas || {})].filter((id) => !suggested.includes(id));
    const said = (id) => hexwatch.hotline.owner(id);
    return [...none, ...suggested.map((id) => [id, desk.speech.say("field.suggested", { owner: said(id) })]), ...all.map((id) => [id, said(id)])];
  }

  /* What the catalogue told for this case, else what it says of its category. */
  function suggestionOf(desk, row) {
    if (!row) return [];
    const told = desk.suggestions?.get(row.case_id), first = told?.lead || desk.setup.owners[row.category];
    return [...new Set([first, row.area].filter(Boolean))];
  }

  /* The reasons for which the clock of such a case may stand. */
  function pausesFor(desk, row) {
    return Object.entries(desk.setup.rules.pauses).filter(([, { grades }]) => !row?.grade || !grades.length || grades.includes(row.grade));
  }

  /* Whether it is for this person at all. */
  function mayEver(verb, who) {
    const { role, own } = VERBS[verb];
    return who.may_case || (role === "either" && who.may_ask) || Boolean(own && who.bodies?.length);
  }

  /* Whether the desk offers it for this case. */
  function mayDo(verb, row, who) {
    const { stages, when, own } = VERBS[verb], stage = hexwatch.stageOf(row);
    if (!mayEver(verb, who)) return false;
    if (own && !who.may_case && !who.bodies.includes(row.owner)) return false;
    return (!stages || stages.includes(stage)) && (!when || when(row));
  }

  /* Acts for a case, the usual next ones first; the rest are behind "More". */
  function actsFor(row, who) {
    const stage = hexwatch.stageOf(row), offered = Object.keys(VERBS).filter((verb) => mayDo(verb, row, who));
    const usual = offered.filter((verb) => VERBS[verb].usual.includes(stage));
    return { usual, others: offered.filter((verb) => !usual.includes(verb)) };
  }

  Object.assign(hexwatch, { EACH_SUGGESTED: "*", CASE_VERBS: VERBS, mayDoCase: mayDo, mayEverDoCase: mayEver, actsForCase: actsFor, suggestedOwners: suggestionOf });
})(typeof window === "undefined" ? globalThis : window);
