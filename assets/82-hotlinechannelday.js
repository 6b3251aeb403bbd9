/* The course of a channel's day in its card: calls by interval, peak and off-peak apart. Asked for while one is open. */
(function (root) {
  "use strict";
  const hexwatch = (root.hexwatch = root.hexwatch || {});
  const { hotline, write, show, element, fillList } = hexwatch;
  const NS = "http://www.w3.org/2000/svg";
  const EVERY_MS = 30000;
  const STEPS = [15, 30]; // minutes
  const WIDTH = 240, HEIGHT = 34, DAY_M = 1440;
  const PARTS = ["peak", "off_peak"];

  /* {x, width, height} of a bar for each interval since midnight, in the box; `since` and `at` are instants. */
  function bars(day, since, minutes) {
    const top = Math.max(1, ...day.intervals.map((one) => one.offered)), width = (WIDTH * minutes) / DAY_M;
    return day.intervals.map((one) => ({
      x: ((Date.parse(one.at) - Date.parse(since)) / 60000 / DAY_M) * WIDTH,
      width: Math.max(1, width - 1),
      height: (one.offered / top) * (HEIGHT - 2),
      missed: one.service_level.of > 0 && one.service_level.n / one.service_level.of < day.goal,
    }));
  }

  /* What is said of peak or off-peak hours; a part without calls says nothing. */
  function partFigures(day, part, speech) {
    const told = day[part];
    if (!told) return [];
    const { service_level: level } = told, said = [{ name: speech.say("channel.calls"), text: speech.number(told.offered) }];
    if (level.of) said.push({ name: speech.say("channel.level_goal", { goal: speech.shares.format(day.goal) }), text: speech.rate(level.n, level.of), late: level.of >= hexwatch.LEAST_SHARED && level.n / level.of < day.goal });
    said.push({ name: speech.say("channel.abandoned"), text: speech.rate(told.abandoned, told.offered) });
    if (typeof told.asa_s === "number") said.push({ name: speech.say("channel.asa"), text: hexwatch.channelWaits(told, speech) });
    return said;
  }

  class ChannelDay {
    constructor(desk) {
      Object.assign(this, { desk, minutes: STEPS[1], opened: new Set(), body: null });
      this.looking = new hexwatch.Looking(() => this._look(), EVERY_MS);
      this.off = desk.store.subscribe("figures", () => this.opened.size && this.looking.ask());
      const box = desk.part("channel-steps");
      box.replaceChildren(...STEPS.map((minutes) => hotline.button(desk.speech.say("channel.minutes", { n: minutes }), () => this._step(minutes), { look: "chip" })));
      this._steps();
    }

    leave() {
      this.off();
      this.looking.stop();
    }

    /* A closed fold for a card. */
    made() {
      const fold = element("details", "channel-day"), line = document.createElementNS(NS, "svg");
      for (const [name, value] of Object.entries({ class: "bars", viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img" })) line.setAttribute(name, value);
      fold.append(element("summary", "", this.desk.speech.say("channel.day")), line, element("div", "channel-parts"));
      fold.addEventListener("toggle", () => this._toggled(fold));
      return fold;
    }

    fill(fold, id) {
      if (fold.dataset.channel !== id) {
        fold.dataset.channel = id;
        fold.open = this.opened.has(id);
      }
      const day = this.body?.channels[id], [, line, parts] = fold.children;
      line.style.display = day ? "" : "none";
      if (!day || !fold.open) return;
      this._bars(line, day);
      const rows = PARTS.filter((part) => day[part]);
      fillList(parts, rows, partNode, (node, part) => {
        const { from_h: from, until_h: until } = this.body.peak;
        write(node.children[0], this.desk.speech.say(`channel.${part}`, { from, until }));
        fillList(node.children[1], partFigures(day, part, this.desk.speech), hexwatch.figureNode, hexwatch.writeFigure);
      });
    }

    _bars(line, day) {
      const { since, interval } = this.body;
      fillList(line, bars(day, since, interval), () => document.createElementNS(NS, "rect"), (node, bar) => {
        const said = { x: bar.x.toFixed(1), y: (HEIGHT - bar.height).toFixed(1), width: bar.width.toFixed(1), height: bar.height.toFixed(1), class: bar.missed ? "missed" : "" };
        for (const [name, value] of Object.entries(said)) if (node.getAttribute(name) !== value) node.setAttribute(name, value);
      });
      line.setAttribute("aria-label", this.desk.speech.say("channel.bars", { n: interval, top: Math.max(0, ...day.intervals.map((one) => one.offered)) }));
    }

    _toggled(fold) {
      const { channel } = fold.dataset;
      if (fold.open === this.opened.has(channel)) return;
      if (fold.open) this.opened.add(channel);
      else this.opened.delete(channel);
      this._steps();
      if (fold.open) this._anew();
    }

    _step(minutes) {
      this.minutes = minutes;
      this._steps();
      this._anew();
    }

    _steps() {
      const box = this.desk.part("channel-steps");
      show(box, this.opened.size > 0);
      [...box.children].forEach((button, i) => button.setAttribute("aria-pressed", String(STEPS[i] === this.minutes)));
    }

    _anew() {
      this.looking.next = 0; // a person asked
      this.looking.ask();
    }

    async _look() {
      const { desk } = this, { status, body } = await desk.get(`channels?interval=${this.minutes}`);
      if (status !== 200 || !desk.page.isConnected) return;
      this.body = body;
      for (const fold of desk.page.querySelectorAll(".channel-day")) this.fill(fold, fold.dataset.channel);
      if (body.interval !== this.minutes) this._anew();
    }
  }

  function partNode() {
    const node = element("div", "channel-part");
    node.append(element("span", "quiet"), element("dl", "channel-figures"));
    return node;
  }

  Object.assign(hexwatch, { ChannelDay, channelBars: bars, channelPart: partFigures });
})(typeof window === "undefined" ? globalThis : window);
