/* The dispatch desk as a page: puts store, connection, keys, requests and parts together, and answers Dash. */
(function (root) {
  "use strict";
  const hexwatch = (root.hexwatch = root.hexwatch || {});
  const { desk, part, write, show } = hexwatch;
  const SECOND_MS = 1000;

  class DispatchPage {
    constructor(page, setup) {
      Object.assign(this, { page, setup });
      desk.begin(page, setup);
      this.link = new hexwatch.LinkBar(page, desk.speech);
      this.live = desk.connect((...now) => this.paint(...now), (...now) => this.tell(...now));
      this.tell("waiting", Date.now());
      this.timer = setInterval(() => this._second(), SECOND_MS);
      hexwatch.languageLinks(page);
      document.documentElement.dataset.palette = setup.palette;
      this._select();
    }

    leave() {
      this.link.stop();
      clearInterval(this.timer);
      desk.end();
      desk.leave = null;
    }

    /* Called at most once per screen refresh with what changed. */
    paint(changes, picture) {
      if (!this.page.isConnected) return void this.leave(); // another page took its place
      const ids = desk.store.paint(changes, picture);
      this.page.classList.remove("waiting");
      this._head(changes, picture);
      if (ids.length && !this.setup.replay) desk.emit("arrived", { ids, incidents: ids.map((id) => picture.topic("queue").get(id)), first: false });
    }

    _head(changes, picture) {
      if (changes.has("clock")) {
        const moment = new hexwatch.Moment(picture), badge = part(this.page, "mode"), mode = moment.clock.get("mode") || "live";
        badge.dataset.mode = mode;
        write(badge, hexwatch.modeText(mode, new Date(moment.now), moment, desk.speech));
      }
      if (changes.has("queue")) this._counts(picture.topic("queue"));
      this._time();
    }

    _counts(queue) {
      const waiting = { 1: 0, 2: 0, 3: 0 }, mine = new Set(this.setup.who.positions);
      let own = 0;
      for (const row of queue.values()) {
        if (!row.units?.length) waiting[row.priority] = (waiting[row.priority] || 0) + 1;
        if (mine.has(row.area)) own += 1;
      }
      for (const node of this.page.querySelectorAll("[data-waiting]")) write(node, desk.speech.number(waiting[node.dataset.waiting]));
      show(part(this.page, "mine"), mine.size > 0);
      write(part(this.page, "mine-count"), desk.speech.number(own));
    }

    _time() {
      write(part(this.page, "time"), desk.speech.clock.format(new Date(desk.store.now())));
    }

    _second() {
      if (!this.page.isConnected) return void this.leave();
      if (desk.store.link === "live") this._time();
      desk.store.tell("second", desk.store.now());
    }

    tell(state, since) {
      this.link.tell(state, since);
      desk.store.linked(state, since);
    }

    /* `?incident=` opens one; the address follows the selection, so that a reload stands where one was. */
    _select() {
      const asked = new URL(root.location.href).searchParams.get("incident");
      desk.store.subscribe("selection", (id) => {
        hexwatch.inAddress(this.page, { incident: id });
      });
      if (asked) desk.store.select(asked);
    }
  }

  const nothing = () => root.dash_clientside.no_update;

  Object.assign(root.dash_clientside.hexwatch, {
    mountDesk(text) {
      if (!text) return nothing();
      const setup = JSON.parse(text), page = document.querySelector(".desk");
      document.documentElement.lang = setup.lang.html;
      document.documentElement.dir = setup.lang.dir;
      hexwatch.wall?.leave();
      hexwatch.wall = null;
      desk.leave?.();
      const made = (hexwatch.dispatch = new DispatchPage(page, setup));
      desk.leave = () => made.leave();
      return setup.city;
    },
    /* Who else sits at a desk, and what they look at. */
    presence(payload) {
      if (payload) hexwatch.presence?.(payload);
      return nothing();
    },
  });
})(window);
