/* The wall as a page: puts scripts, picture and connection together, and answers Dash's clientside callbacks. */
(function (root) {
  "use strict";
  const hexwatch = (root.hexwatch = root.hexwatch || {});
  const { part, show } = hexwatch;
  const CURVE_EVERY_MS = 3000;
  const CATEGORIES_EVERY_MS = 5000;
  const BESIDE_BAR = 0.93; // of the height is left by the bar and the frame of a wall of the past

  class Wall {
    constructor(page, setup) {
      this.page = page;
      this.setup = setup;
      this.speech = new hexwatch.Speech(setup.words, setup.lang.tag, setup.zone, setup.names);
      this.speech.shapes = setup.shapes;
      this.speech.warnings = setup.replay ? "" : setup.warnings; // where the evidence is, for who may read it
      this.link = new hexwatch.LinkBar(page, this.speech);
      this.curve = new hexwatch.Curve(part(page, "curve"), this.speech);
      this.measure = setup.measure;
      this.category = setup.category;
      this.due = { curve: 0, categories: 0 };
      this._size = () => this.resize();
      root.addEventListener("resize", this._size);
      this.modes = new hexwatch.Modes(page, setup, this.speech, (name) => this._modeChanged(name));
      this.scenes = new hexwatch.Scenes(page, this.speech, setup.scenes, () => this._sceneChanged());
      this.keys = new hexwatch.Keys(page, this._acts());
      this.resize();
      this._curveKeys();
      hexwatch.languageLinks(this.page);
      const Source = setup.replay ? hexwatch.Past : hexwatch.Live;
      this.live = hexwatch.live = new Source(setup.live, this.topics(), (...now) => this.paint(...now), (...now) => this.tell(...now));
      this.month = new hexwatch.Month(this.live, () => this._minute(), () => this.scenes.urgent, () => `${setup.live}/grid?from=${this.map?.grid.size || 0}`);
      this.tell("waiting", Date.now());
      this.story = new hexwatch.StoryBar(page, setup, this.speech);
      if (setup.replay) this.replay = new hexwatch.Replay(page, setup, this.speech, this.live);
      hexwatch.mapIn(part(page, "map")).then((map) => this._mapReady(map));
    }

    leave() {
      this.loader?.leave();
      for (const part of [this.live, this.scenes, this.keys, this.month, this.link, this.replay]) part?.stop();
      document.documentElement.style.fontSize = "";
      root.removeEventListener("resize", this._size);
    }

    topics() {
      const category = this.category === this.setup.allCategories ? "" : this.category;
      const cells = this.measure === "incidents" ? this.setup.incidentCells : `cells:${this.measure}:${category}`;
      return [...this.setup.topics, cells];
    }

    get cellTopic() {
      return this.topics().at(-1);
    }

    /* Smallest type by viewing distance or by the screen's height; parts that no longer fit leave by rank. */
    resize() {
      const { px, share, needs, rooms } = this.setup.scale, height = root.innerHeight * (this.setup.replay ? BESIDE_BAR : 1);
      this.remPx = px || height * share;
      document.documentElement.style.fontSize = `${this.remPx}px`;
      const ems = root.innerWidth / this.remPx;
      let lines = height / this.remPx;
      this.room = Object.keys(rooms).find((name) => lines >= rooms[name][0] && ems >= rooms[name][1]);
      if (this.room !== "full") lines = Math.min(lines, rooms.full[0] - 1);
      this.page.dataset.room = this.room;
      const scene = this.setup.scale.scenes[this.page.dataset.scene] || {};
      for (const node of this.page.querySelectorAll("[data-rank]")) {
        node.classList.toggle("left-out", !(lines >= (scene[node.dataset.rank] ?? needs[node.dataset.rank])));
      }
      if (this.map) this.map.resize(this.remPx, lines >= needs.names);
    }

    _mapReady(map) {
      this.map = new hexwatch.CityMap(this.page, this.setup, this.speech, map);
      this.resize();
      this.map.choose(this.measure, this.category);
      hexwatch.map = this.map;
      const { cells } = this.map;
      this.loader = new hexwatch.GridLoader(cells, `${this.setup.live}/grid`, () => this.live, () => cells.redraw());
      this.loader.load();
      hexwatch.focus = new hexwatch.Focus(this.map.focus, () => hexwatch.strip(this.page, this.moment, this.speech));
      this._modeChanged("palette");
      this._paintAll();
    }

    _paintAll() {
      const all = new Map([...this.live.picture.topics.keys()].map((topic) => [topic, null]));
      if (!this.live.picture.asking) this.paint(all, this.live.picture);
    }

    /* Minute of the city's day. */
    _minute() {
      const [hour, minute] = this.speech.minute.format(new Date(this.moment?.now ?? Date.now())).split(":").map(Number);
      return hour * 60 + minute;
    }

    _acts() {
      return {
        help: () => this.keys.open(),
        close: () => this.keys.close(),
        copy: (button) => this.keys.copy(button, this.speech.say("keys.copied")),
        palette: () => this.modes.toggle("palette"),
        visitor: () => this.modes.toggle("visitor"),
        sound: () => this.setup.replay || this.modes.toggle("sound"), // the past is silent
        pause: () => this.scenes.pause(),
        city: () => this.map?.act("refit"),
        closer: () => this.map?.act("zoom-in"),
        farther: () => this.map?.act("zoom-out"),
        all: () => this.scenes.choose(""),
        map: () => this.scenes.choose("map"),
        hotline: () => this.scenes.choose("hotline"),
        emergency: () => this.scenes.choose("emergency"),
      };
    }

    _modeChanged(name) {
      if (name === "palette") {
        this.map?.recolour(this.modes.colours);
        this._address({ palette: this.modes.palette === "night" ? "night" : "" });
      }
      if (name !== "visitor") return;
      this.map?.tip.remove();
      if (this.modes.visitor) root.dash_clientside.set_props(this.setup.ids.drawer, { opened: false });
      this._paintAll();
    }

    _sceneChanged() {
      this.resize();
      if (this.live) this._paintAll();
      this.due.curve = 0;
    }

    /* Called at most once per screen refresh with what changed. */
    paint(changes, picture) {
      if (!this.page.isConnected) return void this.leave(); // another page took its place
      const moment = (this.moment = new hexwatch.Moment(picture)), { page, speech } = this;
      this.scenes.hear(moment);
      if (this.setup.replay) this.due = { curve: 0, categories: 0 }; // each picture is whole, and may stay
      else if (changes.has("incidents.public")) this.modes.hear(picture.topic("incidents.public"));
      const drawn = new Set();
      for (const topic of changes.keys()) for (const panel of hexwatch.panels[topic] || []) drawn.add(panel);
      for (const panel of drawn) panel(page, moment, speech);
      page.classList.remove("waiting");
      if (this.map) this._paintMap(changes, picture, moment);
      this._paintSlowly(moment, picture);
    }

    _paintMap(changes, picture, moment) {
      const { map } = this, cells = this.cellTopic;
      if (changes.has(cells)) {
        map.showCells(picture.topic(cells), changes.get(cells));
        this.loader.heed();
      }
      if (changes.has("incidents.public")) map.showIncidents(picture.topic("incidents.public"));
      if (changes.has("units")) map.showUnits(picture.topic("units"), changes.get("units"), moment.now);
      if (changes.has("alerts.public") || changes.has("notices")) map.showAlerts(picture.topic("alerts.public"), picture.topic("notices"));
      if (changes.has("warnings.public")) map.showWarnings(picture.topic("warnings.public"));
      if (changes.has(cells) || changes.has("figures")) map.showAway(moment);
    }

    /* What need not follow every frame. */
    _paintSlowly(moment, picture) {
      const now = performance.now();
      if (now >= this.due.curve) {
        this.due.curve = now + CURVE_EVERY_MS;
        const day = moment.clock.get("day") || this.speech.iso.format(new Date(moment.now));
        const band = hexwatch.bandOf(moment);
        this.curve.draw(picture.topic("curve"), day, this._minute(), band);
        show(this.page.querySelector(".key-usual"), Boolean(band));
      }
      if (now >= this.due.categories) {
        this.due.categories = now + CATEGORIES_EVERY_MS;
        this._offerCategories(moment);
      }
    }

    /* The category switch offers what came today, most frequent first. */
    _offerCategories(moment) {
      const names = moment.named("cases.open_by_category.").concat(moment.named("cases.by_category.")).map(([name]) => name);
      if (this.category !== this.setup.allCategories) names.unshift(this.category);
      const offered = [...new Set(names)];
      const key = offered.slice().sort().join("\n");
      if (key === this.offeredKey) return;
      this.offeredKey = key;
      const every = { value: this.setup.allCategories, label: this.speech.say("category.all") };
      const data = [every, ...offered.map((id) => ({ value: id, label: this.speech.name("categories", id) }))];
      root.dash_clientside.set_props(this.setup.ids.category, { data });
    }

    tell(state, since) {
      this.link.tell(state, since);
    }

    choose(measure, category) {
      this.measure = measure;
      this.category = category;
      this.live.retopic(this.topics());
      this.map?.choose(measure, category);
      this._address({ measure, category: category === this.setup.allCategories ? "" : category });
    }

    _address(values) {
      hexwatch.inAddress(this.page, values);
    }

    _curveKeys() {
      const keys = ["today", "yesterday", "usual"].map((name) => hexwatch.element("span", `key key-${name}`, this.speech.say(`curve.${name}`)));
      part(this.page, "curve-keys").replaceChildren(...keys);
    }
  }

  const nothing = () => root.dash_clientside.no_update;

  /* Answers to Dash: each is one sentence, and none returns anything that a server would hear. */
  const answers = {
    mount(text) {
      if (!text) return nothing();
      const setup = JSON.parse(text), page = document.querySelector(".wall");
      document.documentElement.lang = setup.lang.html;
      document.documentElement.dir = setup.lang.dir;
      if (hexwatch.wall) hexwatch.wall.leave();
      hexwatch.desk?.leave?.();
      hexwatch.wall = new Wall(page, setup);
      return setup.city;
    },
    choose(measure, category, options) {
      const { wall } = hexwatch;
      if (!wall || (measure === wall.measure && category === wall.category)) return nothing();
      wall.choose(measure, category);
      if (wall.setup.replay) return nothing();
      return { ...options, auth: { ...options.auth, topics: wall.topics() } };
    },
    connected(socketId) {
      hexwatch.live?.connected(socketId);
      return nothing();
    },
    receive(frame) {
      hexwatch.live?.receive(frame);
      return nothing();
    },
  };

  root.dash_clientside = Object.assign({}, root.dash_clientside, { hexwatch: answers });
})(window);
