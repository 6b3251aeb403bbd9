/* The panels below the map, one at a time: the opened case, clusters, situations, known matters, ranking. */
(function (root) {
  "use strict";
  const hexwatch = (root.hexwatch = root.hexwatch || {});
  const { hotline, write, show } = hexwatch;
  const FIRST = ["clusters", "case"]; // the first of these that the page has

  class Lower {
    constructor(desk) {
      this.desk = desk;
      this.tabs = [...desk.page.querySelectorAll("[data-tab]")];
      this.panels = new Map([...desk.page.querySelectorAll("[data-lower]")].map((node) => [node.dataset.lower, node]));
      this.first = FIRST.find((name) => this.panels.has(name));
      this.before = this.first; // what stood there before a case was opened
      for (const tab of this.tabs) tab.onclick = () => this.show(tab.dataset.tab);
      desk.part("tabs").addEventListener("keydown", (event) => hexwatch.arrowTabs(event, this.tabs));
      const asked = new URL(root.location.href).searchParams.get("panel"); // `?panel=situations`
      this.show(asked !== "case" && this.panels.has(asked) ? asked : this.first);
    }

    leave() {
      this.desk.page.removeAttribute("data-shown");
    }

    show(name) {
      if (this.shown === name) return;
      if (this.shown && this.shown !== "case") this.before = this.shown;
      this.shown = name;
      for (const [key, panel] of this.panels) show(panel, key === name);
      for (const tab of this.tabs) {
        const chosen = tab.dataset.tab === name;
        tab.setAttribute("aria-selected", String(chosen));
        tab.tabIndex = chosen ? 0 : -1;
      }
      this.desk.page.dataset.shown = name; // a case takes more room than a list
      this.desk.store.tell("lower", name);
    }

    count(name, n) {
      const tab = this.tabs.find((one) => one.dataset.tab === name);
      write(tab.lastElementChild, n ? this.desk.speech.number(n) : "");
    }
  }

  hotline.parts.push((desk) => (desk.lower = new Lower(desk)));
})(typeof window === "undefined" ? globalThis : window);
