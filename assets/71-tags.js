/* Words on a map: small labels that can be pointed at, focused and pressed, kept by id and moved with what they name. */
(function (root) {
  "use strict";
  const hexwatch = (root.hexwatch = root.hexwatch || {});
  const { write, element } = hexwatch;

  const LINE_PX = 21; // from one tag to the next below it
  const MOST_LINES = 8;

  /* Where tags go so that none lies on another: lines down from its own place, in the order given. `boxes`: [{x, y, width}]. */
  function stacked(boxes) {
    const taken = [];
    return boxes.map(({ x, y, width }) => {
      const free = (line) => !taken.some((one) => x < one.x + one.width && one.x < x + width && Math.abs(y + line * LINE_PX - one.y) < LINE_PX);
      let line = 0;
      while (line < MOST_LINES && !free(line)) line++;
      taken.push({ x, y: y + line * LINE_PX, width });
      return line;
    });
  }

  class Tags {
    /* `press(id)` is called for a click, Enter or the space bar; without it a tag is only read. */
    constructor(L, map, pane, zIndex, press = null) {
      Object.assign(this, { L, map, pane, press });
      this.tags = new Map(); // id -> {marker, lat, lng}
      if (!map.getPane(pane)) map.createPane(pane).style.zIndex = zIndex;
      map.on("zoomend viewreset", () => this._stack());
    }

    /* `wanted`: [{id, lat, lng, text, looks, said}]; `said` is what a screen reader and a tooltip say. */
    show(wanted) {
      const ids = new Set(wanted.map((one) => one.id));
      for (const [id, { marker }] of this.tags) {
        if (ids.has(id)) continue;
        marker.remove();
        this.tags.delete(id);
      }
      for (const one of wanted) this._put(one);
      this.order = wanted.map((one) => one.id);
      const key = wanted.map((one) => [one.id, one.lat, one.lng, one.text.length]).join();
      if (key !== this.key) this._stack();
      this.key = key;
    }

    _stack() {
      const nodes = (this.order || []).map((id) => this.tags.get(id)).filter(Boolean);
      const boxes = nodes.map(({ marker, lat, lng }) => {
        const { x, y } = this.map.latLngToLayerPoint([lat, lng]);
        return { x, y, width: marker.getElement().firstElementChild.offsetWidth };
      });
      stacked(boxes).forEach((line, i) => (nodes[i].marker.getElement().firstElementChild.style.marginBottom = `${-line * LINE_PX}px`));
    }

    _put({ id, lat, lng, text, looks, said }) {
      let tag = this.tags.get(id);
      if (!tag) {
        tag = { marker: this._marker(id, lat, lng), lat, lng };
        this.tags.set(id, tag);
      } else if (tag.lat !== lat || tag.lng !== lng) {
        tag.marker.setLatLng([lat, lng]);
        Object.assign(tag, { lat, lng });
      }
      const node = tag.marker.getElement().firstElementChild;
      write(node, text);
      if (node.className !== `tag ${looks}`) node.className = `tag ${looks}`;
      if (node.title === said) return;
      node.title = said;
      node.setAttribute("aria-label", said);
    }

    _marker(id, lat, lng) {
      const icon = this.L.divIcon({ className: "tag-anchor", html: element(this.press ? "button" : "span", "tag"), iconSize: null });
      const options = { icon, pane: this.pane, keyboard: false, bubblingMouseEvents: false, interactive: Boolean(this.press) };
      const marker = this.L.marker([lat, lng], options).addTo(this.map);
      const node = marker.getElement().firstElementChild;
      node.dataset.tag = id;
      if (!this.press) return marker;
      node.type = "button";
      node.onclick = (event) => {
        event.stopPropagation();
        this.press(id);
      };
      node.onkeydown = (event) => {
        if (event.key === "Enter" || event.key === " ") event.stopPropagation(); // the button's own click follows
      };
      return marker;
    }
  }

  Object.assign(hexwatch, { Tags, stackedTags: stacked });
})(typeof window === "undefined" ? globalThis : window);
