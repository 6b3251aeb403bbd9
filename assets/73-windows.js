/* Several windows of one person, one panel each: what is selected in one is selected in all. */
(function (root) {
  "use strict";
  const hexwatch = (root.hexwatch = root.hexwatch || {});
  const { desk } = hexwatch;

  class Windows {
    constructor(desk) {
      this.desk = desk;
      this._links();
      this.said = { incident: desk.store.selected(), unit: desk.store.unit(), chosen: "" };
      const { store } = desk;
      this.off = [
        store.subscribe("selection", (id) => this._say({ incident: id })),
        store.subscribe("unit", (id) => this._say({ unit: id })),
        store.subscribe("choice", () => this._choice()),
      ];
      if (!root.BroadcastChannel || desk.setup.replay) return; // what is chosen in the past is not chosen now
      // Only windows of the same person and city, and of one browser: others see each other by presence.
      this.channel = new BroadcastChannel(`hexwatch.desk.${desk.setup.city}.${desk.setup.who.name}`);
      this.channel.onmessage = (event) => this._heard(event.data || {});
      this.channel.postMessage({ hello: true });
    }

    leave() {
      for (const off of this.off) off();
      this.channel?.close();
    }

    /* A panel's own window has this page's address with the panel's name. */
    _links() {
      for (const link of this.desk.page.querySelectorAll("[data-own-window]")) {
        const address = new URL(root.location.href);
        address.searchParams.set("panel", link.dataset.ownWindow);
        link.href = address.search;
        link.hidden = Boolean(this.desk.setup.panel);
      }
    }

    _say(change) {
      if (Object.entries(change).every(([name, value]) => this.said[name] === value)) return;
      Object.assign(this.said, change);
      this.channel?.postMessage(change);
    }

    _choice() {
      const { choice } = this.desk;
      if (!choice?.incident_id) return;
      const units = [...choice.units].sort(), key = `${choice.incident_id} ${units.join(" ")}`;
      if (key === this.said.chosen) return;
      this.said.chosen = key;
      this.channel?.postMessage({ chosen: { incident: choice.incident_id, units } });
    }

    /* What another window says is done here and not said again. */
    _heard({ hello, incident, unit, chosen }) {
      const { store } = this.desk;
      if (hello) return void this._tellAll();
      if (typeof incident === "string" && incident !== store.selected()) {
        this.said.incident = incident;
        store.select(incident, { by: "code" });
      }
      if (typeof unit === "string" && unit !== store.unit()) {
        this.said.unit = unit;
        store.selectUnit(unit);
      }
      if (chosen) this._adopt(chosen);
    }

    _tellAll() {
      const { store } = this.desk;
      if (store.selected()) this.channel.postMessage({ incident: store.selected() });
      if (store.unit()) this.channel.postMessage({ unit: store.unit() });
      this.said.chosen = "";
      if (this.desk.choice?.units?.size) this._choice();
    }

    _adopt({ incident, units }) {
      const { choice } = this.desk;
      if (!choice || incident !== choice.incident_id || !Array.isArray(units)) return;
      this.said.chosen = `${incident} ${units.join(" ")}`;
      const wanted = new Set(units);
      const differ = [...new Set([...wanted, ...choice.units])].filter((id) => wanted.has(id) !== choice.units.has(id));
      for (const id of differ) choice.toggle(id);
    }
  }

  desk.parts.push((desk) => (desk.windows = new Windows(desk)));
})(typeof window === "undefined" ? globalThis : window);
