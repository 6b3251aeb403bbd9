/* Who else is in it: agencies that were asked, the hand-over with its clock, the major incident with its casualties. */
(function (root) {
  "use strict";
  const hexwatch = (root.hexwatch = root.hexwatch || {});
  const { desk, element, isolated } = hexwatch;

  class Together {
    constructor(desk) {
      Object.assign(this, { desk, node: desk.part("incident-together") });
      this.off = ["selection", "queue", "second", "document"].map((topic) => desk.store.subscribe(topic, () => this.draw()));
    }

    leave() {
      for (const off of this.off) off();
    }

    draw() {
      const { store } = this.desk, row = store.topic("queue").get(store.selected());
      const lines = row ? [...this.agencies(row), ...this.handOver(row), ...this.major(row)] : [];
      hexwatch.replaceChildrenOf(this.node, lines.map(([text, isLoud]) => element("p", isLoud ? "loud" : "", text)));
    }

    /* `120: asked · 122: accepted`. */
    agencies({ agencies = {} }) {
      const { speech } = this.desk, told = Object.entries(agencies);
      const said = told.map(([agency, state]) => `${speech.name("agencies", agency)}: ${speech.say(`together.${state}`)}`);
      return said.length ? [[said.join(" · "), told.some(([, state]) => state === "declined")]] : [];
    }

    handOver({ handover }) {
      if (!handover) return [];
      const { speech, store } = this.desk, left = (Date.parse(handover.due_at) - store.now()) / 1000;
      const to = speech.name("agencies", handover.to), giver = handover.giver ? speech.name("agencies", handover.giver) : "–";
      const text = speech.say(`together.handover_${handover.state}`, { to, giver, left: this.desk.clock(Math.max(0, left)) });
      const caller = handover.informed ? "" : ` · ${speech.say("together.uninformed")}`;
      return [[text + caller, handover.state === "declined" || handover.state === "returned"]];
    }

    major({ major }) {
      if (!major) return [];
      const { desk } = this, { speech } = desk;
      const who = speech.say("together.major", { commander: isolated(major.commander || "–"), staging: isolated(major.staging || "–") });
      const hurt = speech.say("together.hurt", { numbers: isolated([major.t1, major.t2, major.t3, major.dead].join(" / ")) });
      const due = major.overdue ? speech.say("together.report_late") : major.report_due_at ? speech.say("together.report_due", { time: desk.time(major.report_due_at) }) : "";
      return [[who, false], [[hurt, due].filter(Boolean).join(" · "), major.overdue]];
    }
  }

  desk.parts.push((desk) => (desk.together = new Together(desk)));
})(typeof window === "undefined" ? globalThis : window);
