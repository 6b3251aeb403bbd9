/* A place that was clicked on the map: what may be done with it, in words. */
(function (root) {
  "use strict";
  const hexwatch = (root.hexwatch = root.hexwatch || {});
  const { write, show, isolated } = hexwatch;
  const DIGITS = 5; // about a metre
  const MARGIN_PX = 8;

  /* Put a menu where it was asked for, within the window. */
  function openAt(node, { x, y }) {
    show(node, true);
    const { width, height } = node.getBoundingClientRect();
    node.style.left = `${Math.max(MARGIN_PX, Math.min(x, root.innerWidth - width - MARGIN_PX))}px`;
    node.style.top = `${Math.max(MARGIN_PX, Math.min(y, root.innerHeight - height - MARGIN_PX))}px`;
  }

  /* Up and down within a menu of buttons, Escape to leave it. */
  function menuKeys(node, close) {
    node.addEventListener("keydown", (event) => {
      if (hexwatch.isComposing(event)) return;
      const items = [...node.querySelectorAll("[role=menuitem]:not([hidden])")], at = items.indexOf(document.activeElement);
      const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
      if (event.key === "Escape") close();
      else if (step) items[(at + step + items.length) % items.length]?.focus();
      else return void event.stopPropagation(); // no key of the desk while a menu is open
      event.preventDefault();
      event.stopPropagation();
    });
  }

  class PlaceMenu {
    constructor(desk, map) {
      Object.assign(this, { desk, map, node: desk.part("place-menu") });
      menuKeys(this.node, () => this.close());
      this.node.querySelector("[data-place-act=new]").onclick = () => this._new();
      this.node.querySelector("[data-place-act=relocate]").onclick = () => this._relocate();
      this.outside = (event) => !this.node.contains(event.target) && this.close();
      document.addEventListener("pointerdown", this.outside);
    }

    leave() {
      document.removeEventListener("pointerdown", this.outside);
    }

    open(latlng, event) {
      const { desk, node } = this, { speech } = desk, chosen = desk.store.topic("queue").get(desk.store.selected());
      this.latlng = { lat: Number(latlng.lat.toFixed(DIGITS)), lng: Number(latlng.lng.toFixed(DIGITS)) };
      write(desk.part("place-said"), isolated(`${this.latlng.lat}, ${this.latlng.lng}`));
      if (!desk.setup.who.may_ask) return;
      const relocate = node.querySelector("[data-place-act=relocate]");
      show(relocate, Boolean(chosen));
      if (chosen) write(relocate, speech.say("deskmap.relocate", { incident: desk.called(chosen.id) }));
      openAt(node, { x: event.clientX, y: event.clientY });
      desk.keys.hold("place");
      node.querySelector("[role=menuitem]").focus();
    }

    close() {
      if (this.node.hidden) return;
      show(this.node, false);
      this.desk.keys.free("place");
    }

    _new() {
      this.close();
      this.desk.emit("open-new", { prefill: { ...this.latlng } });
    }

    /* The version as displayed goes along: a place that somebody else has just corrected is not corrected back. */
    _relocate() {
      this.close();
      const chosen = this.desk.store.topic("queue").get(this.desk.store.selected());
      if (!chosen) return;
      const more = { about: `incident:${chosen.id}`, if_version: chosen.version };
      this.desk.ask("relocate", { incident_id: chosen.id, ...this.latlng }, more);
    }
  }

  Object.assign(hexwatch, { PlaceMenu, openAt, menuKeys });
})(typeof window === "undefined" ? globalThis : window);
