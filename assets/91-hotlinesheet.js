/* The floor's hand-over sheet: the dispatchers' window with what the hotline owns, unit by unit and matter by matter. */
(function (root) {
  "use strict";
  const hexwatch = (root.hexwatch = root.hexwatch || {});
  const { hotline, isolated } = hexwatch;
  const FLOOR = "hotline"; // the position
  const LISTS = ["overdue", "due_soon", "returns", "follow_ups"];
  const MATTERS = ["situation", "matter", "call"];

  class FloorSheet extends hexwatch.HandOver {
    get parts() {
      return [...LISTS, ...MATTERS];
    }

    get address() {
      return `/handover?position=${FLOOR}`;
    }

    get key() {
      return "s";
    }

    itemsOf(sheet, name) {
      return LISTS.includes(name) ? (sheet.lists || []).filter((one) => one.worklist === name) : (sheet.matters || []).filter((one) => one.kind === name);
    }

    /* A list counts its cases, not its units. */
    headOf(name, items) {
      const n = LISTS.includes(name) ? items.reduce((sum, one) => sum + one.n, 0) : items.length;
      return this.desk.speech.say(`floor.${name}`, { n: this.desk.speech.number(n) });
    }

    itemWords(name, item) {
      const { speech, store } = this.desk;
      if (LISTS.includes(name)) return speech.say("floor.unit", { unit: item.unit ? hotline.owner(item.unit) : speech.say("floor.no_unit"), n: speech.number(item.n) });
      const title = { situation: () => item.title, matter: () => item.title, call: () => hotline.language(item.state) || speech.say("call.no_language") }[name]();
      const areas = item.area.split(", ").filter(Boolean).map((area) => speech.name("areas", area)).join(", ");
      const state = name === "situation" ? hotline.coded("situation.", item.state) : name === "call" ? isolated(item.item_id.replace("call:", "")) : "";
      return [title, areas, state, speech.when(item.since, store.now())].filter(Boolean).join(" · ");
    }

    /* What is not mine to give may be read, and printed, all the same. */
    mayOffer() {
      return this.desk.duty.positions.includes(FLOOR);
    }

    offered(fields) {
      return { ...fields, positions: [FLOOR] };
    }

    positionName(position) {
      return position === FLOOR ? this.desk.speech.say("floor.name") : super.positionName(position);
    }

    /* Whoever dispatches as well has those sheets at that desk. */
    draw({ mine, offered, waiting }) {
      const ofFloor = (sheet) => sheet.positions.includes(FLOOR);
      super.draw({ mine, offered: offered.filter(ofFloor), waiting: waiting.filter(ofFloor) });
    }

    offerPositions() {
      hexwatch.fillList(this.nodes.position, [FLOOR], () => document.createElement("option"), (node, position) => {
        node.value = position;
        hexwatch.write(node, this.positionName(position));
      });
    }

    /* Sectors are the dispatchers'. */
    get held() {
      return super.held.filter((one) => one.position === FLOOR);
    }
  }

  hotline.parts.push((desk) => {
    if (!desk.setup.who.may_case || !desk.page.querySelector('[data-sheet="window"]')) return null;
    desk.duty = new hexwatch.Duty(desk);
    return (desk.handOver = new FloorSheet(desk));
  });
  hotline.parts.push((desk) => (desk.duty ? { leave: () => desk.duty.leave() } : null));
  Object.assign(hexwatch, { FloorSheet });
})(typeof window === "undefined" ? globalThis : window);
