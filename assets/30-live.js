/* The connection: frames in, snapshots when something is missing, and the watch that says when we are cut off. */
(function (root) {
  "use strict";
  const hexwatch = (root.hexwatch = root.hexwatch || {});
  const SILENCE_MS = 3000; // frames come at least every second
  const WATCH_MS = 500;
  const JITTER_MS = 300; // many pages must not ask in the same instant
  const RETRY_MS = [300, 600, 1200, 2400, 5000];
  const SNAPSHOT_TIMEOUT_MS = 10000;
  const DRAWINGS_KEPT = 4000;

  const stats = {
    seq: -1, epoch: null, framesReceived: 0, framesApplied: 0, framesOld: 0, gaps: 0, snapshots: 0, snapshotsFailed: 0,
    drawMs: 0, drawnCells: 0, resolution: null, state: "waiting", cutSince: null, log: [],
  };

  const decoder = new TextDecoder();

  /* A frame as it comes from the socket: an ArrayBuffer of UTF-8 JSON (a string or an object is taken too). */
  function parseFrame(raw) {
    if (raw instanceof ArrayBuffer || ArrayBuffer.isView(raw)) return JSON.parse(decoder.decode(raw));
    return typeof raw === "string" ? JSON.parse(raw) : raw;
  }

  class Live {
    /* `paint(changes, picture)` is called at most once per screen refresh, `tell(state, since)` when the link changes. */
    constructor(base, topics, paint, tell) {
      this.base = base;
      this.picture = new hexwatch.Picture(topics);
      this.paint = paint;
      this.tell = tell;
      this.heardAt = performance.now();
      this.heardTime = Date.now();
      this.checkedAt = this.heardAt;
      this.failures = 0;
      this.socket = null;
      this.expectsSocket = false; // topics were changed; frames of the old connection no longer fit
      this.watch = setInterval(() => this._check(), WATCH_MS);
      this._ask(0);
    }

    stop() {
      clearInterval(this.watch);
      clearTimeout(this.asking);
      cancelAnimationFrame(this.frame);
      this.stopped = true;
    }

    receive(raw) {
      if (this.stopped || raw === undefined || raw === null) return;
      this._heard();
      if (this.expectsSocket) return;
      const frame = parseFrame(raw);
      stats.framesReceived++;
      const outcome = this.picture.receive(frame);
      if (outcome === "applied") {
        stats.framesApplied++;
        this._changed();
      } else if (outcome === "old") {
        stats.framesOld++;
      } else {
        stats.gaps++;
        this._ask(Math.random() * JITTER_MS);
      }
    }

    /* A new connection is up. After a change of topics only a snapshot taken now is sure to lead on to its frames. */
    connected(socketId) {
      if (!socketId || socketId === this.socket) return;
      this.socket = socketId;
      if (!this.expectsSocket) return;
      this.expectsSocket = false;
      this._ask(0);
    }

    retopic(topics) {
      this.picture.retopic(topics);
      this.expectsSocket = true;
    }

    _heard() {
      this.heardAt = performance.now();
      this.heardTime = Date.now();
      if (stats.state === "cut") this._tell(this.picture.asking ? "waiting" : "live");
    }

    /* Between checks a busy or sleeping page may have heard nothing because it could not listen: look again first. */
    _check() {
      const now = performance.now(), slept = now - this.checkedAt > 2 * WATCH_MS;
      this.checkedAt = now;
      if (!slept && now - this.heardAt > SILENCE_MS && stats.state !== "refused") this._tell("cut");
    }

    _tell(state) {
      stats.state = state;
      stats.cutSince = state === "cut" ? this.heardTime : null;
      this.tell(state, this.heardTime);
    }

    _ask(delay) {
      if (this.stopped || this.asking || this.fetching) return;
      this.asking = setTimeout(() => {
        this.asking = 0;
        this._fetch();
      }, delay);
    }

    async _fetch() {
      const topics = [...this.picture.topics.keys()];
      this.fetching = true;
      let outcome = "failed";
      try {
        outcome = this._take(await this._snapshot(topics), topics);
        this.failures = 0;
      } catch (error) {
        stats.snapshotsFailed++;
        this.failures++;
        if (error.refused) this._tell("refused");
      }
      this.fetching = false;
      const wanted = this.picture.asking && !this.expectsSocket; // the choice changed while this was on its way
      if (outcome !== "taken" || wanted) this._ask(RETRY_MS[Math.min(this.failures, RETRY_MS.length - 1)] + Math.random() * JITTER_MS);
    }

    _take(snapshot, topics) {
      if (this.stopped || this.expectsSocket) return "taken";
      if (topics.join() !== [...this.picture.topics.keys()].join()) return "missing"; // asked before the choice changed
      const outcome = this.picture.take(snapshot);
      if (outcome === "old") return outcome;
      stats.snapshots++;
      if (stats.state !== "cut") this._tell("live");
      this._changed();
      return outcome;
    }

    async _snapshot(topics) {
      const query = topics.map((topic) => `topics=${encodeURIComponent(topic)}`).join("&");
      return this.fetchJson(`${this.base}/snapshot?${query}`);
    }

    async fetchJson(address) {
      const response = await fetch(address, { signal: AbortSignal.timeout(SNAPSHOT_TIMEOUT_MS), credentials: "same-origin" });
      if (!response.ok) {
        const error = new Error(`${address}: ${response.status}`);
        error.refused = response.status === 401 || response.status === 403;
        throw error;
      }
      return response.json();
    }

    _changed() {
      if (this.frame) return;
      this.frame = requestAnimationFrame(() => {
        this.frame = 0;
        this.paint(this.picture.takeChanges(), this.picture);
        stats.seq = this.picture.seq;
        stats.epoch = this.picture.epoch;
        stats.log.push([this.picture.seq, Date.now()]);
        if (stats.log.length > DRAWINGS_KEPT) stats.log.splice(0, stats.log.length - DRAWINGS_KEPT);
      });
    }
  }

  Object.assign(hexwatch, { Live, stats, parseFrame });
})(typeof window === "undefined" ? globalThis : window);
