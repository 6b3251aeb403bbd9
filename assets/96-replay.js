/* A page of the past: snapshots of any instant instead of frames, and the bar that moves it. */
(function (root) {
  "use strict";
  const hexwatch = (root.hexwatch = root.hexwatch || {});
  const { part, write, show } = hexwatch;
  const STEP_MS = 1000; // of real time between two pictures that play
  const MOST_LATE = 2; // a server that is slow slows the replay down; it never leaps
  const BOUNDS_MS = 30000;
  const PATIENCE_MS = 15000;
  const ARROW_S = { plain: 60, shift: 3600 };
  const AGAIN_MS = 1500;
  const PASSED = new Set(["replay.building", "replay.slow", "replay.busy"]); // said only until a picture comes
  const OTHERS_KEYS = "input:not([type=range]), textarea, select, dialog, [role=combobox], [role=separator], [role=tab], [role=gridcell]";
  const LOOK_MS = 50;
  // What desks may ask of a past instant besides its topics; similar cases, rankings, forecasts are known of now alone.
  const TOLD = /^(worklists|cases\/rows|cases\/[^/?]+(\/history)?|incidents\/[^/?]+)(\?|$)/;
  const PASSING = { 429: "replay.busy", 503: "replay.busy", 504: "replay.slow" };

  const whole = (ms) => Math.floor(ms / 1000) * 1000;
  const isoOf = (ms) => new Date(whole(ms)).toISOString().replace(".000Z", "Z");

  /* Where a replay that plays stands next: as much later as real time passed, but not more than a step or two. */
  function following(at, speed, passedMs, last) {
    return Math.min(last, at + speed * Math.min(passedMs, MOST_LATE * STEP_MS));
  }

  async function told(address) {
    const response = await fetch(address, { signal: AbortSignal.timeout(PATIENCE_MS), credentials: "same-origin" });
    if (response.ok) return response.json();
    throw Object.assign(new Error(`${address}: ${response.status}`), { status: response.status });
  }

  /* Stands where a page expects its connection. */
  class Past extends hexwatch.Live {
    _check() {} // nothing comes by itself, so silence says nothing

    _fetch() {
      this.retopiced?.();
    }

    receive() {}

    connected() {}

    retopic(topics) {
      this.picture.retopic(topics);
      this.retopiced?.();
    }

    /* The picture of one instant. */
    async load(address) {
      const topics = [...this.picture.topics.keys()];
      const query = topics.map((topic) => `topics=${encodeURIComponent(topic)}`).join("&");
      const snapshot = await told(`${address}&${query}`);
      if (this.stopped || topics.join() !== [...this.picture.topics.keys()].join()) return false;
      this.picture.epoch = null; // an earlier instant is no old news here
      this.picture.take(snapshot);
      hexwatch.stats.snapshots++;
      this._tell("live");
      this._changed();
      return true;
    }
  }

  class Replay {
    constructor(page, setup, speech, live) {
      Object.assign(this, { page, speech, live, base: setup.replay.base, speed: 1, playing: false, wanted: null, shown: null, asking: 0 });
      this._slider();
      this._buttons();
      this._pressed = (event) => this.press(event);
      document.addEventListener("keydown", this._pressed);
      this.timer = setInterval(() => this._tick(), STEP_MS / 4);
      live.retopiced = () => this.shown !== null && this.go(this.wanted);
      this._begin();
    }

    stop() {
      this.stopped = true;
      clearInterval(this.timer);
      document.removeEventListener("keydown", this._pressed);
    }

    async _begin() {
      if (!(await this._reach())) return;
      const asked = Date.parse(new URL(root.location.href).searchParams.get("at") || "");
      this.go(Number.isNaN(asked) ? this.last : asked);
    }

    /* How far the archive tells; it grows while one looks. */
    async _reach() {
      this.reachedAt = performance.now();
      try {
        const { first, last } = await told(`${this.base}/bounds`);
        const reach = { first: Math.ceil(Date.parse(first) / 1000) * 1000, last: whole(Date.parse(last)) };
        if (reach.last < reach.first) throw Object.assign(new Error("less than a second"), { status: 404 });
        Object.assign(this, reach);
      } catch (error) {
        this._say(error.status === 404 ? "replay.none" : "replay.slow");
        if (!this.stopped && !this.last) setTimeout(() => this._begin(), error.status === 404 ? 5 * AGAIN_MS : AGAIN_MS);
        return false;
      }
      Object.assign(this.range, { min: this.first / 1000, max: this.last / 1000 });
      write(part(this.page, "replay-first"), this._short(this.first));
      write(part(this.page, "replay-last"), this._short(this.last));
      this._stand();
      return true;
    }

    _slider() {
      const track = part(this.page, "replay-track"), range = (this.range = hexwatch.element("input", "replay-range"));
      Object.assign(range, { type: "range", step: 1 });
      range.setAttribute("aria-label", track.dataset.said);
      range.oninput = () => {
        this.dragging = true;
        this._stand(range.value * 1000);
      };
      range.onchange = () => {
        this.dragging = false;
        this.go(range.value * 1000);
      };
      track.replaceChildren(range);
    }

    _buttons() {
      for (const button of this.page.querySelectorAll("[data-replay-speed]")) button.onclick = () => this.hasten(Number(button.dataset.replaySpeed));
      for (const button of this.page.querySelectorAll("[data-replay-next]")) button.onclick = () => this.jump(button.dataset.replayNext);
      this.button = this.page.querySelector("[data-replay=play]");
      this.button.onclick = () => this.play(!this.playing);
      this.hasten(1);
    }

    play(on) {
      this.playing = on;
      this.playedAt = performance.now();
      write(this.button, on ? "❚❚" : "▶");
      this.button.setAttribute("aria-pressed", String(on));
      this.button.title = `${this.speech.say(on ? "replay.pause" : "replay.play")} (␣)`;
      if (on) this._say("");
    }

    hasten(speed) {
      this.speed = speed;
      for (const button of this.page.querySelectorAll("[data-replay-speed]")) {
        button.setAttribute("aria-pressed", String(Number(button.dataset.replaySpeed) === speed));
      }
    }

    press(event) {
      const typing = event.target.closest?.(OTHERS_KEYS);
      if (typing || event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || this.shown === null) return;
      if (event.key === " " && event.target.closest?.("button, a, summary")) return; // it presses that
      if (event.key === " ") this.play(!this.playing);
      else if (event.key === "ArrowRight" || event.key === "ArrowLeft") this._arrow(event);
      else return;
      event.preventDefault();
    }

    _arrow(event) {
      const later = (event.key === "ArrowRight") === (document.documentElement.dir !== "rtl");
      const seconds = event.shiftKey ? ARROW_S.shift : ARROW_S.plain;
      this.go(this.wanted + (later ? 1 : -1) * seconds * 1000);
    }

    /* What a desk asks besides its topics: {status, body} as of the instant that is shown, which stays meanwhile. */
    async get(path) {
      if (!TOLD.test(path)) return { status: 410, body: {} };
      this.asking += 1;
      try {
        while (!this.stopped) {
          const answer = this.shown === null || this.loading ? null : await this._told(path);
          if (answer && !PASSING[answer.status]) return answer;
          await new Promise((resolve) => setTimeout(resolve, answer ? AGAIN_MS : LOOK_MS));
        }
        return { status: 0, body: {} };
      } finally {
        this.asking -= 1;
      }
    }

    async _told(path) {
      const address = new URL(`${this.base}/${path}`, root.location.href);
      address.searchParams.delete("private"); // the archive holds nothing personal
      address.searchParams.set("at", isoOf(this.shown));
      try {
        return { status: 200, body: await told(address) };
      } catch (error) {
        return { status: error.status || 0, body: {} };
      }
    }

    async jump(kind) {
      this.play(false);
      try {
        const { at } = await told(`${this.base}/next?kind=${kind}&after=${isoOf(this.wanted)}`);
        this.go(Date.parse(at));
      } catch (error) {
        this._say(error.status === 404 ? `replay.last.${kind}` : PASSING[error.status] || "replay.slow");
      }
    }

    /* Show an instant. While a picture is on its way the newest wish waits; those between are never asked for. */
    go(at) {
      if (!this.last) return;
      this.wanted = Math.min(this.last, Math.max(this.first, at));
      this.note = at < this.first || at > this.last + 1000 ? "replay.bounds" : "";
      this._say(this.note);
      this.playedAt = performance.now();
      this._stand();
      this._address();
      this._load();
    }

    async _load() {
      if (this.loading || this.stopped) {
        this.again = true;
        return;
      }
      const at = this.wanted;
      Object.assign(this, { loading: true, again: false });
      const late = setTimeout(() => this._say("replay.building"), AGAIN_MS);
      let wait = 0;
      try {
        if (await this.live.load(`${this.base}/snapshot?at=${isoOf(at)}`)) this.shown = at;
        else this.again = true;
        if (this.saying !== this.note && PASSED.has(this.saying)) this._say(this.note);
      } catch (error) {
        wait = this._failed(error);
      }
      clearTimeout(late);
      this.loading = false;
      if ((this.again || wait) && !this.stopped) setTimeout(() => this._load(), wait);
    }

    /* How long to wait before it is asked again; nothing when that is of no use. */
    _failed(error) {
      if (error.status && !PASSING[error.status]) {
        this.play(false);
        this._say(error.status === 404 ? "replay.bounds" : "replay.slow");
        return 0;
      }
      this._say(PASSING[error.status] || "replay.slow");
      return AGAIN_MS;
    }

    _tick() {
      if (!this.page.isConnected) return void this.stop();
      const now = performance.now();
      if (this.last && now - this.reachedAt > BOUNDS_MS) this._reach();
      if (!this.playing || this.loading || this.asking || this.dragging || this.shown === null) return;
      const passed = now - this.playedAt;
      if (passed < STEP_MS) return;
      const next = following(this.wanted, this.speed, passed, this.last);
      if (next - this.wanted >= STEP_MS / 2) this.go(next);
      else {
        this.play(false);
        this._say("replay.end");
      }
    }

    _stand(at = this.wanted) {
      if (at === null) return;
      if (!this.dragging) this.range.value = at / 1000;
      write(part(this.page, "replay-at"), this._long(at));
      this.range.setAttribute("aria-valuetext", this._long(at));
    }

    _long(at) {
      const moment = new Date(at), { speech } = this;
      return `${speech.date.format(moment)} ${hexwatch.isolated(speech.clock.format(moment))}`;
    }

    _short(at) {
      return this.speech.dayMinute.format(new Date(at)); // alone in its place, it runs as its language does
    }

    _say(key) {
      this.saying = key;
      const line = part(this.page, "replay-said");
      const ends = this.last ? { first: this._long(this.first), last: this._long(this.last) } : {};
      write(line, key ? this.speech.say(key, ends) : "");
      show(line, Boolean(key));
    }

    /* The address names the instant, so that a link shows the same again. */
    _address() {
      hexwatch.inAddress(this.page, { at: isoOf(this.wanted) });
      for (const link of this.page.querySelectorAll("[data-replay-view]")) {
        const there = new URL(link.href);
        there.searchParams.set("at", isoOf(this.wanted));
        link.href = there.href;
      }
    }
  }

  Object.assign(hexwatch, { Past, Replay, followingInstant: following });
})(window);
