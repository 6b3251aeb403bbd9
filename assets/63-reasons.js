/* Why the engine refused, in the page's language: patterns of its words come with the page, what fits none stays as it is. */
(function (root) {
  "use strict";
  const hexwatch = (root.hexwatch = root.hexwatch || {});
  const { isolated } = hexwatch;

  /* How what stands in the blanks is called here; anything else is a name and stays. */
  const CALLED = {
    status: statusOf,
    was: statusOf,
    step: (desk, code) => (desk.speech.has(`step.${code}`) ? desk.speech.say(`step.${code}`) : hexwatch.readable(code)),
    incident: (desk, id) => desk.called(id),
    lead: (desk, id) => desk.called(id),
    incidents: (desk, ids) => ids.split(", ").map((id) => desk.called(id)).join(", "),
    kind: (desk, code) => desk.speech.name("incident_kinds", code),
    agency: (desk, code) => desk.speech.name("agencies", code),
    agencies: (desk, codes) => codes.split(", ").map((code) => desk.speech.name("agencies", code)).join(", "),
    answer: (desk, code) => (desk.speech.has(`refused.answer_${code}`) ? desk.speech.say(`refused.answer_${code}`) : code),
    time: (desk, iso) => (Number.isNaN(Date.parse(iso)) ? isolated(iso) : desk.time(iso)),
    n: (desk, n) => Number(n),
  };

  function statusOf(desk, code) {
    const known = ["status.", "stage."].find((family) => desk.speech.has(family + code));
    return known ? desk.speech.say(known + code) : hexwatch.readable(code);
  }

  /* The first pattern that fits the whole reason says it. */
  function reasonIn(desk, reason) {
    for (const [name, pattern] of desk.setup.reasons || []) {
      const found = new RegExp(pattern, "u").exec(reason);
      if (!found) continue;
      const values = Object.entries(found.groups || {}).map(([blank, text]) => [blank, CALLED[blank] ? CALLED[blank](desk, text) : isolated(text)]);
      return desk.speech.say(`refused.${name}`, Object.fromEntries(values));
    }
    return reason;
  }

  Object.assign(hexwatch, { reasonIn, CALLED_IN_REASONS: CALLED });
})(typeof window === "undefined" ? globalThis : window);
