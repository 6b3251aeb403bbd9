/* How what stands in the blanks of a refusal is called on the hotline's desk; a case, a person and a grade are names and stay. */
(function (root) {
  "use strict";
  const hexwatch = (root.hexwatch = root.hexwatch || {});
  const { isolated } = hexwatch;

  Object.assign(hexwatch.CALLED_IN_REASONS, {
    owner: (desk, id) => hexwatch.hotline.owner(id),
    stage: (desk, said) => hexwatch.coded(desk.speech, "casestage.", said.replaceAll(" ", "_")),
    state: (desk, code) => hexwatch.coded(desk.speech, "situation.", code),
    situation: (desk, id) => desk.store.topic("situations").get(id)?.title || isolated(id),
  });
})(typeof window === "undefined" ? globalThis : window);
