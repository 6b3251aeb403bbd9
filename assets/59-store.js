/* What a desk knows: the live topics, what is selected, the city's running clock, and who wants to be told of changes. */
(function (root) {
  "use strict";
  const hexwatch = (root.hexwatch = root.hexwatch || {});
  const RUNS_ON_MS = 3000; // without a frame the clock stands: a time nobody told is worse than an old one
  const NOTHING = new Map();

  /* Answers `topic`, tells subscribers once per screen refresh. Knows no page. */
  class Store {
    constructor(wall = () => performance.now(), still = false) {
      this.wall = wall;
      this.still = still; // an instant that is over: no clock runs on from it
      this.picture = null;
      this.own = new Map(); // topics that do not come in frames
      this.listeners = new Map();
      this.known = null; // incidents of the last picture
      this.clock = null;
      this.link = "waiting";
      this.selection = { incident: "", unit: "" };
    }

    topic(name) {
      if (name === "incidents") return this.topic("queue");
      return this.own.get(name) || (this.picture ? this.picture.topic(name) : NOTHING);
    }

    /* A topic that comes from elsewhere, whole. */
    set(name, values) {
      this.own.set(name, values);
      this.tell(name, null, values);
    }

    subscribe(name, fn) {
      if (!this.listeners.has(name)) this.listeners.set(name, new Set());
      this.listeners.get(name).add(fn);
      if (this.picture && this.picture.topics.has(name)) fn(null, this.topic(name));
      return () => this.listeners.get(name).delete(fn);
    }

    /* One that fails must not keep the others from hearing it. */
    tell(name, ...said) {
      for (const fn of [...(this.listeners.get(name) || [])]) {
        try {
          fn(...said);
        } catch (error) {
          root.console.error(error);
        }
      }
    }

    /* Called with what changed, at most once per screen refresh; answers the incidents that are new. */
    paint(changes, picture) {
      this.picture = picture;
      if (changes.has("clock")) this._hearClock(picture);
      for (const [name, keys] of changes) this.tell(name, keys, picture.topic(name));
      return changes.has("queue") ? this._arrived(picture.topic("queue")) : [];
    }

    _arrived(queue) {
      const before = this.known;
      this.known = new Set(queue.keys());
      return before === null ? [] : [...queue.keys()].filter((id) => !before.has(id));
    }

    _hearClock(picture) {
      const clock = picture.topic("clock"), speed = clock.get("speed");
      const at = Date.parse(clock.get("now") || picture.at || "");
      if (Number.isNaN(at)) return;
      const moves = !this.still && !clock.get("standing") && (typeof speed === "number" || clock.get("mode") !== "replay");
      this.clock = { at, heard: this.wall(), rate: moves ? (typeof speed === "number" ? speed : 1) : 0 };
    }

    /* The city's time in milliseconds; it runs on between frames. */
    now() {
      if (!this.clock) return Date.now();
      const passed = Math.min(RUNS_ON_MS, this.wall() - this.clock.heard);
      return this.clock.at + passed * this.clock.rate;
    }

    linked(state, since) {
      this.link = state;
      this.tell("link", state, since);
    }

    selected() {
      return this.selection.incident;
    }

    unit() {
      return this.selection.unit;
    }

    /* Bound to the id: no arrival and no ending changes what is selected, only a person does. */
    select(id, { by = "code" } = {}) {
      this._choose("incident", "selection", id, by);
    }

    selectUnit(id, { by = "code" } = {}) {
      this._choose("unit", "unit", id, by);
    }

    _choose(what, topic, id, by) {
      const before = this.selection[what];
      if (before === id) return;
      this.selection[what] = id;
      this.tell(topic, id, before, by);
    }
  }

  hexwatch.Store = Store;
})(typeof window === "undefined" ? globalThis : window);
