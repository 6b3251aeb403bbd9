/* Who else is at a desk and what each looks at: told to the others from here, shown where they look. */
(function (root) {
  "use strict";
  const hexwatch = (root.hexwatch = root.hexwatch || {});
  const { desk, write, show, element, isolated } = hexwatch;
  const SETTLED_MS = 250; // moving through the queue is not looking at each row
  const AGAIN_MS = 3000;
  const MOST_TRIES = 5; // of one socket: whoever signed in with a key has no desk that others could see

  /* Names of the others who look at `incident:ID` or `unit:ID`. */
  function othersAt(store, subject) {
    const found = new Set();
    for (const one of store.topic("presence").values()) if (!one.mine && one.selected === subject) found.add(one.who);
    return [...found].sort();
  }

  let last = null; // what the socket told, also before there was a page

  /* As the socket tells it: desk -> {who, position, selected, at}. One's own other desks are no others. */
  function hear(picture) {
    last = picture;
    if (!desk.store || !desk.setup) return;
    const mine = desk.setup.who.name;
    desk.store.set("presence", new Map(Object.entries(picture).map(([key, one]) => [key, { ...one, mine: one.who === mine }])));
  }

  class Presence {
    constructor(desk) {
      Object.assign(this, { desk, list: desk.part("others") });
      const { store } = desk;
      this.told = "";
      this.off = [
        store.subscribe("presence", () => this._draw()),
        store.subscribe("queue", () => this._draw()),
        store.subscribe("selection", () => this._later(SETTLED_MS)),
        store.subscribe("unit", () => this._later(SETTLED_MS)),
        store.subscribe("link", () => this._later(SETTLED_MS)),
      ];
      if (last) hear(last);
    }

    leave() {
      for (const off of this.off) off();
      clearTimeout(this.timer);
    }

    _draw() {
      const { desk, list } = this, others = [...desk.store.topic("presence").values()].filter((one) => !one.mine);
      show(list, others.length > 0);
      hexwatch.fillList(list, others, () => personNode(), (item, one) => this._person(item.firstChild, one));
    }

    _person(button, one) {
      const { desk } = this, { speech } = desk, [kind, id] = split(one.selected);
      const looks = kind === "incident" ? desk.called(id) : kind === "unit" ? isolated(id) : "";
      write(button.firstChild, one.who);
      write(button.lastChild, kind === "unit" ? isolated(id) : kind === "incident" ? shapeOf(desk, id) : "");
      const said = [one.who, one.position, looks ? speech.say("presence.at", { what: looks }) : ""].filter(Boolean).join(" · ");
      button.title = said;
      button.setAttribute("aria-label", said);
      button.disabled = !id;
      button.onclick = () => (kind === "unit" ? desk.store.selectUnit(id) : desk.store.select(id, { by: "pointer" }));
    }

    /* The others are told what stays looked at, once; a desk that was cut off tells it again. */
    _later(ms) {
      clearTimeout(this.timer);
      this.timer = setTimeout(() => this._tell(), ms);
    }

    async _tell() {
      const { desk } = this, { store } = desk, socket = desk.live?.socket;
      const incident = store.selected(), selected = incident ? `incident:${incident}` : store.unit() ? `unit:${store.unit()}` : "";
      if (!socket) return void this._later(AGAIN_MS);
      const key = `${socket} ${selected}`;
      if (socket !== this.socket) Object.assign(this, { socket, tries: 0 });
      if (key === this.told || this.tries >= MOST_TRIES) return;
      const { status } = await desk.post(`${desk.setup.live}/presence`, { socket, selected });
      if (status === 204 || status === 200) return void Object.assign(this, { told: key, tries: 0 });
      this.tries += 1; // a new socket is known a moment later
      this._later(AGAIN_MS);
    }
  }

  function personNode() {
    const item = element("li"), button = element("button", "person");
    button.type = "button";
    button.append(element("bdi"), element("span", "quiet"));
    item.append(button);
    return item;
  }

  function split(selected) {
    const at = String(selected || "").indexOf(":");
    return at < 0 ? ["", ""] : [selected.slice(0, at), selected.slice(at + 1)];
  }

  function shapeOf(desk, id) {
    const incident = desk.store.topic("queue").get(id);
    return incident ? `${desk.setup.shapes[incident.priority] || "●"} ${desk.kind(incident)}` : isolated(id);
  }

  desk.parts.push((desk) => (desk.part("others") ? new Presence(desk) : null));
  Object.assign(hexwatch, { othersAt, presence: hear });
})(typeof window === "undefined" ? globalThis : window);
