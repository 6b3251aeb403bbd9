/* Fields of the desk's forms, and the list under a field of what may be meant: arrows choose, Enter and the pointer take. */
(function (root) {
  "use strict";
  const hexwatch = (root.hexwatch = root.hexwatch || {});
  const { write, show, element, fillList } = hexwatch;
  const MOST = 8;
  let lists = 0;

  class Offers {
    /* `take(offer)` is called with {value, text, hint, …}. The first offer is not chosen by itself: Enter alone leaves the field. */
    constructor(input, node, take) {
      Object.assign(this, { input, node, take, offers: [], chosen: -1 });
      input.setAttribute("role", "combobox");
      input.setAttribute("aria-autocomplete", "list");
      node.id = node.id || `desk-offers-${++lists}`;
      input.setAttribute("aria-controls", node.id);
      node.setAttribute("role", "listbox");
      input.addEventListener("keydown", (event) => this.key(event));
      input.addEventListener("blur", () => this.close());
      this.close();
    }

    list(offers) {
      this.offers = offers.slice(0, MOST);
      this.chosen = -1;
      this.draw();
    }

    close() {
      this.list([]);
    }

    draw() {
      fillList(this.node, this.offers, () => this.row(), (row, offer, i) => {
        row.id = `${this.node.id}-${i}`;
        write(row.children[0], offer.text);
        write(row.children[1], offer.hint || "");
        row.setAttribute("aria-selected", String(i === this.chosen));
      });
      const isOpen = this.offers.length > 0;
      show(this.node, isOpen);
      this.input.setAttribute("aria-expanded", String(isOpen));
      if (this.chosen >= 0) this.input.setAttribute("aria-activedescendant", `${this.node.id}-${this.chosen}`);
      else this.input.removeAttribute("aria-activedescendant");
    }

    row() {
      const row = element("li", "offer");
      row.setAttribute("role", "option");
      row.append(element("bdi", "offer-text"), element("span", "offer-hint"));
      row.onpointerdown = (event) => {
        event.preventDefault();
        this.pick([...this.node.children].indexOf(row));
      };
      return row;
    }

    pick(i) {
      const offer = this.offers[i];
      this.close();
      if (offer) this.take(offer);
    }

    key(event) {
      if (event.isComposing || event.keyCode === 229 || !this.offers.length) return;
      const acts = {
        ArrowDown: () => this.move(1),
        ArrowUp: () => this.move(-1),
        Enter: this.chosen >= 0 && !event.ctrlKey && (() => this.pick(this.chosen)),
        Escape: () => this.close(),
      };
      const act = acts[event.key];
      if (!act) return;
      event.preventDefault();
      event.stopPropagation();
      act();
    }

    move(by) {
      this.chosen = Math.max(-1, Math.min(this.offers.length - 1, this.chosen + by));
      this.draw();
    }
  }

  /*
   * The field in a placeholder that Python laid out (Dash has no plain inputs): what its data say, by attribute.
   * `data-input` is the type; `data-label`, `data-placeholder`, `data-complete` and `data-ltr` may stand beside it.
   */
  function fieldsIn(box) {
    const made = {};
    for (const place of box.querySelectorAll("[data-input]")) {
      const { input: type, field, label, placeholder, complete, ltr } = place.dataset;
      const node = element(type === "area" ? "textarea" : "input", "desk-input");
      if (type === "area") node.rows = 3;
      else node.type = type;
      if (label) node.setAttribute("aria-label", label);
      if (placeholder) node.placeholder = placeholder;
      node.autocomplete = complete || "off";
      node.spellcheck = type === "area";
      if (ltr) node.dir = "ltr";
      else node.dir = "auto";
      place.replaceChildren(node);
      made[field] = node;
    }
    return made;
  }

  /* A code of the engine in words; one that nobody has words for is made readable. */
  function coded(speech, group, code) {
    const plain = String(code || ""), known = [`${group}${plain}`, `${group}${plain.replace(/-/g, "_")}`].find((key) => speech.has(key));
    return known ? speech.say(known) : hexwatch.readable(plain);
  }

  Object.assign(hexwatch, { Offers, fieldsIn, coded });
})(typeof window === "undefined" ? globalThis : window);
