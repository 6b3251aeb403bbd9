/* Requests of this desk and what became of each: pending, solid, refused, denied or not sent. No page. */
(function (root) {
  "use strict";
  const hexwatch = (root.hexwatch = root.hexwatch || {});
  const POLL_MS = 1000;
  const LATER_POLL_MS = 3000;
  const UNHEARD_MS = 5000; // the connection broke: this long an answer may still be found
  const LATER_MS = 60000; // after NOT SENT: an answer that comes after all is said, too
  const SOLID_MS = 3500;
  const UNDO_MS = 30000;
  const NOT_TAKEN = new Set([429, 503, 504]);
  const ENDED = new Set(["done", "refused", "denied"]);

  const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

  /* What an answer of the server means. */
  function outcome(status, body) {
    if (status === 200) return { state: "done", detail: body.detail || {}, seq: body.seq || 0 };
    if (status === 409) return { state: "refused", reason: body.reason || "", detail: body.detail || {}, seq: body.seq || 0 };
    const reason = body.error?.message || "", code = body.error?.code || "";
    if (status === 0) return { state: "unheard" };
    return { state: NOT_TAKEN.has(status) || status >= 500 ? "unsent" : "denied", reason, detail: { code, status } };
  }

  /* Also where a page has no TLS, and `randomUUID` does not exist. */
  function newId() {
    const bytes = root.crypto.getRandomValues(new Uint8Array(16));
    return `desk-${[...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("")}`;
  }

  class Asks extends Map {
    /* `server`: {post, get}; `changed` is called after every change. */
    constructor(server, changed, now = () => performance.now()) {
      super();
      Object.assign(this, { server, changed, now, last: null });
    }

    async ask(verb, fields, { if_version, about = "", quiet = false } = {}) {
      const request_id = newId();
      const one = { request_id, verb, fields, about, quiet, state: "pending", at: this.now(), reason: "", detail: {}, late: false };
      this.set(request_id, one);
      this.changed();
      const version = if_version === undefined ? {} : { if_version };
      const { status, body } = await this.server.post("requests", { verb, request_id, ...version, ...fields });
      let found = outcome(status, body);
      if (found.state === "unheard") found = await this._look(one);
      this._became(one, found);
      return { state: one.state, reason: one.reason, detail: one.detail, seq: one.seq || 0, request_id };
    }

    /* The connection broke, the request may have arrived: it is never sent twice, only looked for. */
    async _look(one) {
      while (this.now() - one.at < UNHEARD_MS) {
        await sleep(POLL_MS);
        const found = await this._known(one);
        if (found) return found;
      }
      this._later(one);
      return { state: "unsent", detail: { uncertain: true } };
    }

    async _known({ request_id }) {
      const { status, body } = await this.server.get(`requests/${request_id}`);
      const found = outcome(status, body);
      return status === 200 || status === 409 ? found : null;
    }

    async _later(one) {
      const until = this.now() + LATER_MS;
      while (this.now() < until && this.has(one.request_id)) {
        await sleep(LATER_POLL_MS);
        const found = await this._known(one);
        if (!found) continue;
        one.late = true;
        return void this._became(one, found);
      }
    }

    _became(one, found) {
      Object.assign(one, found, { reason: found.reason || "", detail: found.detail || {}, answered: this.now() });
      if (one.state === "done" && one.verb !== "undo") this.last = one;
      if (one.state === "done" && one.verb === "undo") this.last = null;
      if (ENDED.has(one.state) && one.state === "done" && !one.late) setTimeout(() => this.drop(one.request_id), SOLID_MS);
      this.changed();
    }

    drop(request_id) {
      if (this.delete(request_id)) this.changed();
    }

    /* The own last act while it may be undone, else null. */
    undoable() {
      return this.last && this.now() - this.last.answered < UNDO_MS ? this.last : null;
    }

    undoLeft() {
      return this.last ? Math.max(0, (UNDO_MS - (this.now() - this.last.answered)) / 1000) : 0;
    }
  }

  Object.assign(hexwatch, { Asks, outcomeOf: outcome });
})(typeof window === "undefined" ? globalThis : window);
