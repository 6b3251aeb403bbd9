/* What may be done with the selected incident beyond its units: every word of the command line, offered to a pointer. */
(function (root) {
  "use strict";
  const hexwatch = (root.hexwatch = root.hexwatch || {});
  const { element } = hexwatch;
  const ELSEWHERE = new Set(["priority", "kind", "place", "note"]); // have a form or a key of their own

  class MoreActs {
    constructor(desk) {
      Object.assign(this, { desk, node: desk.part("more-acts"), button: desk.page.querySelector("[data-more]") });
      this.button.onclick = () => this.toggle();
      hexwatch.menuKeys(this.node, () => this.close());
      this.outside = (event) => !this.node.hidden && !this.node.contains(event.target) && event.target !== this.button && this.close();
      document.addEventListener("pointerdown", this.outside);
      this.off = desk.store.subscribe("selection", () => this.close());
    }

    leave() {
      this.off();
      document.removeEventListener("pointerdown", this.outside);
    }

    toggle() {
      if (!this.node.hidden) return void this.close();
      const { desk } = this, box = this.button.getBoundingClientRect();
      this.node.replaceChildren(...this.items());
      desk.keys.hold("more-acts");
      hexwatch.openAt(this.node, { x: box.left, y: box.bottom });
      this.button.setAttribute("aria-expanded", "true");
      this.node.querySelector("button")?.focus();
    }

    close() {
      if (this.node.hidden) return;
      this.node.hidden = true;
      this.button.setAttribute("aria-expanded", "false");
      this.desk.keys.free("more-acts");
    }

    /* The line is begun; what is still missing is typed there, with its completion and its echo. */
    items() {
      const { speech } = this.desk;
      return hexwatch.GRAMMAR.filter(({ name, of }) => of === "incident" && !ELSEWHERE.has(name)).map(({ name, words: [word] }) => {
        const button = element("button", "", speech.say(`command.is_${name}`));
        button.type = "button";
        button.setAttribute("role", "menuitem");
        button.append(element("kbd", "", word));
        button.onclick = () => {
          this.close();
          this.desk.command.open(`. ${word} `);
        };
        return button;
      });
    }
  }

  hexwatch.desk?.parts?.push((desk) => (desk.part("more-acts") ? (desk.more = new MoreActs(desk)) : { leave() {} }));
})(typeof window === "undefined" ? globalThis : window);
