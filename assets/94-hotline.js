/* The hotline desk as a page: puts store, connection, keys, requests and parts together, and answers Dash. */
(function (root) {
  "use strict";
  const hexwatch = (root.hexwatch = root.hexwatch || {});
  const { desk, hotline, part, write, show, element, fillList } = hexwatch;
  const SECOND_MS = 1000;
  const SHOWN_SOURCES = 2;
  const LOUD = new Set(["cases.overdue"]);

  class HotlinePage {
    constructor(page, setup) {
      Object.assign(this, { page, setup });
      this._palette(setup.palette);
      hotline.begin(page, setup);
      this.link = new hexwatch.LinkBar(page, desk.speech);
      this.live = desk.connect((...now) => this.paint(...now), (...now) => this.tell(...now));
      this.tell("waiting", Date.now());
      this.timer = setInterval(() => this._second(), SECOND_MS);
      part(page, "night").onclick = () => this._palette(document.documentElement.dataset.palette === "night" ? "dark" : "night", true);
      hexwatch.languageLinks(page);
      this._select();
    }

    leave() {
      this.link.stop();
      clearInterval(this.timer);
      desk.end();
      desk.leave = null;
    }

    _palette(name, by_hand = false) {
      document.documentElement.dataset.palette = name;
      part(this.page, "night").setAttribute("aria-pressed", String(name === "night"));
      if (by_hand) hexwatch.inAddress(this.page, { palette: name === "night" ? name : "" });
    }

    /* Called at most once per screen refresh with what changed. */
    paint(changes, picture) {
      if (!this.page.isConnected) return void this.leave(); // another page took its place
      desk.store.paint(changes, picture);
      this.page.classList.remove("waiting");
      const moment = new hexwatch.Moment(picture);
      if (changes.has("clock")) this._mode(moment);
      if (changes.has("figures")) this._counts(moment);
      if (changes.has("sources")) this._sources(moment);
      this._time();
    }

    _mode(moment) {
      const badge = part(this.page, "mode"), mode = moment.clock.get("mode") || "live";
      badge.dataset.mode = mode;
      write(badge, hexwatch.modeText(mode, new Date(moment.now), moment, desk.speech));
    }

    /* Figures that nobody sends are a dash, and a floor without calls has no waiting ones. */
    _counts(moment) {
      for (const node of this.page.querySelectorAll("[data-figure]")) {
        const name = node.dataset.figure, value = moment.figure(name), loud = LOUD.has(name) && value > 0;
        write(node, value === undefined ? "–" : `${loud ? "▲\u2009" : ""}${desk.speech.number(value)}`);
        node.classList.toggle("late", loud);
      }
      show(this.page.querySelector('[data-count="calls.waiting"]'), moment.figure("calls.waiting") !== undefined);
    }

    _sources(moment) {
      const rows = moment.aged(), items = rows.slice(0, SHOWN_SOURCES).map((source) => {
        const age = source.age === null ? "–" : desk.speech.duration(source.age), key = source.age === null ? "silent" : source.stale ? "late" : "fresh";
        return { text: `${source.stale ? "▲" : "●"} ${source.name} ${age}`, late: source.stale, title: desk.speech.say(`source.${key}`, { name: source.name, age }) };
      });
      if (rows.length > SHOWN_SOURCES) items.push({ text: desk.speech.say("source.more", { n: rows.length - SHOWN_SOURCES }), title: rows.slice(SHOWN_SOURCES).map((one) => one.name).join(", ") });
      fillList(part(this.page, "sources"), items, () => element("li", "source"), (node, item) => {
        write(node, item.text);
        node.classList.toggle("late", Boolean(item.late));
        if (node.title !== item.title) node.title = item.title;
      });
    }

    _time() {
      write(part(this.page, "time"), desk.speech.clock.format(new Date(desk.store.now())));
    }

    _second() {
      if (!this.page.isConnected) return void this.leave();
      if (desk.store.link === "live") {
        this._time();
        this._sources(new hexwatch.Moment(this.live.picture));
      }
      desk.store.tell("second", desk.store.now());
    }

    tell(state, since) {
      this.link.tell(state, since);
      desk.store.linked(state, since);
    }

    /* `?case=` opens one; the address follows, so that a reload stands where one was. */
    _select() {
      const asked = new URL(root.location.href).searchParams.get("case");
      desk.store.subscribe("selection", (id) => {
        hexwatch.inAddress(this.page, { case: id });
      });
      if (asked) desk.openCase(asked);
    }
  }

  root.dash_clientside = root.dash_clientside || {};
  Object.assign(root.dash_clientside.hexwatch, {
    mountHotline(text) {
      if (!text) return root.dash_clientside.no_update;
      const setup = JSON.parse(text), page = document.querySelector(".desk.hotline");
      document.documentElement.lang = setup.lang.html;
      document.documentElement.dir = setup.lang.dir;
      hexwatch.wall?.leave();
      hexwatch.wall = null;
      desk.leave?.();
      const made = (hotline.page = new HotlinePage(page, setup));
      desk.leave = () => made.leave();
      return setup.city;
    },
    /* The grid may ask before the page is put together. */
    async worklistRows(request) {
      if (!request) return root.dash_clientside.no_update;
      while (!desk.grid) await new Promise((resolve) => setTimeout(resolve, 30));
      return desk.grid.rows(request);
    },
  });
})(window);
