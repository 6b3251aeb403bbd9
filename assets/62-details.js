/* What the server knows of the selected incident beyond its row: its document and its recommendation, kept fresh. */
(function (root) {
  "use strict";
  const hexwatch = (root.hexwatch = root.hexwatch || {});
  const { desk } = hexwatch;
  const RECOMMEND_EVERY_MS = 10000; // arrivals change as units drive
  const SETTLE_MS = 150; // several facts of one moment are one question
  const RETRY_MS = 2000;

  /* One address asked again and again for one subject: never two questions at once, and a late answer is dropped. */
  class Asked {
    constructor(address, heard) {
      Object.assign(this, { address, heard, subject: "", body: null, state: "empty", at: 0 });
    }

    about(subject) {
      Object.assign(this, { subject, body: null, state: subject ? "loading" : "empty" });
      this.again(0);
    }

    again(delay = SETTLE_MS) {
      if (!this.subject) return;
      if (this.asking) return void (this.stale = true);
      clearTimeout(this.timer);
      this.timer = setTimeout(() => this._ask(), delay);
    }

    stop() {
      clearTimeout(this.timer);
      this.subject = "";
    }

    async _ask() {
      const { subject } = this;
      if (!subject) return;
      this.asking = true;
      this.stale = false;
      const { status, body } = await desk.get(this.address(subject));
      this.asking = false;
      if (subject !== this.subject) return void (this.subject && this.again(0));
      this._take(status, body);
      if (this.stale) this.again();
      else if (this.state === "failed") this.again(RETRY_MS);
    }

    _take(status, body) {
      this.status = status;
      if (status === 200) Object.assign(this, { body, state: "known", at: performance.now() });
      else this.state = status === 0 || status >= 500 ? "failed" : "none";
      this.heard(this);
    }
  }

  class Details {
    constructor(desk) {
      this.desk = desk;
      this.private = {};
      this.notes = -1;
      this.document = new Asked((id) => this._address(id), (asked) => this._heard(asked));
      this.recommendation = new Asked((id) => `recommendation?incident=${encodeURIComponent(id)}`, (asked) => this._recommended(asked));
      desk.choice = new hexwatch.Choice();
      desk.recommendation = (id) => (id && id === this.recommendation.subject ? this.recommendation.body : null);
      desk.details = this;
      const { store } = desk;
      this.off = [
        store.subscribe("selection", (id) => this._selected(id)),
        store.subscribe("queue", (keys) => this._queue(keys)),
        store.subscribe("roster", (keys) => this._roster(keys)),
        store.subscribe("link", (state) => state === "live" && this.again()),
      ];
      this.timer = setInterval(() => this._open() && this.recommendation.again(0), RECOMMEND_EVERY_MS);
    }

    leave() {
      for (const off of this.off) off();
      clearInterval(this.timer);
      this.document.stop();
      this.recommendation.stop();
    }

    again() {
      this.document.again();
      if (this._open()) this.recommendation.again();
    }

    /* Personal fields only when there may be new ones: every reveal is written down. */
    _address(id) {
      const row = this.desk.store.topic("queue").get(id), notes = row ? row.notes : 0;
      const wanted = this.notes !== notes;
      this.asked = notes;
      return `incidents/${encodeURIComponent(id)}${wanted ? "" : "?private=0"}`;
    }

    _open() {
      return this.desk.store.topic("queue").has(this.desk.store.selected());
    }

    _selected(id) {
      this.private = {};
      this.notes = -1;
      this.desk.choice.begin(id);
      this.document.about(id);
      this.recommendation.about(this._open() ? id : "");
      this._tell();
    }

    _queue(keys) {
      const id = this.desk.store.selected();
      if (!id || (keys && !keys.has(id))) return;
      this.document.again();
      if (this._open() && !this.recommendation.subject) this.recommendation.about(id);
      else if (this._open()) this.recommendation.again();
      else this.recommendation.stop();
      this._tell();
    }

    /* A unit on the screen changed what it does: the recommendation may be another. */
    _roster(keys) {
      if (!keys || !this.desk.choice.rows.some((row) => keys.has(row.unit_id))) return;
      if (this._open()) this.recommendation.again();
      this._tell();
    }

    _heard(asked) {
      if (asked.state === "known" && asked.body.private) {
        this.private = asked.body.private;
        this.notes = this.asked;
      }
      this.desk.store.tell("document", asked);
    }

    _recommended(asked) {
      if (asked.state === "known") this.desk.choice.recommend(asked.body);
      this._tell();
    }

    _tell() {
      this.desk.store.tell("choice", this.desk.choice);
    }
  }

  hexwatch.Asked = Asked;
  desk.parts.push((desk) => new Details(desk));
})(typeof window === "undefined" ? globalThis : window);
