/* The queue: which order its rows have now, and when that order may change. */
(function (root) {
  "use strict";
  const hexwatch = (root.hexwatch = root.hexwatch || {});
  const FRESH_MS = 60000; // a new incident stands on top until somebody here looked at it, a minute at most
  const MOST_FRESH = 5;

  /* By rank, place for place; equal ranks by id, so that equals keep their places. */
  function compare(a, b) {
    for (let i = 0; i < Math.max(a.rank.length, b.rank.length); i++) {
      if (a.rank[i] === b.rank[i]) continue;
      if (a.rank[i] === undefined) return -1;
      if (b.rank[i] === undefined) return 1;
      return a.rank[i] < b.rank[i] ? -1 : 1;
    }
    return a.id < b.id ? -1 : a.id > b.id ? 1 : 0;
  }

  /* The order on the screen. It is kept while somebody points at it or moves through it: then what is new waits in
     `waiting`, what is over stays as a row, and nothing changes its place. Knows no page and no clock of its own. */
  class Order {
    constructor() {
      this.shown = [];
      this.waiting = [];
      this.fresh = new Map(); // id -> until when it stands on top
      this.last = new Map(); // id -> row as last told, also of what is over by now
    }

    arrived(ids, now) {
      for (const id of ids) this.fresh.set(id, now + FRESH_MS);
    }

    seen(id) {
      this.fresh.delete(id);
    }

    /* Whether any row changed its place or left. */
    update(queue, now, held) {
      for (const [id, until] of this.fresh) if (until <= now || !queue.has(id)) this.fresh.delete(id);
      for (const [id, row] of queue) this.last.set(id, row);
      if (held) {
        const known = new Set(this.shown);
        this.waiting = this._sorted([...queue.values()].filter((row) => !known.has(row.id)));
        return false;
      }
      const before = this.shown;
      this.waiting = [];
      this.shown = this._sorted([...queue.values()]);
      for (const id of this.last.keys()) if (!queue.has(id)) this.last.delete(id);
      return before.some((id, i) => this.shown[i] !== id);
    }

    _sorted(rows) {
      const byRank = rows.map((row) => ({ id: row.id, rank: row.rank || [] })).sort(compare);
      const fresh = new Set(byRank.filter((row) => this.fresh.has(row.id)).slice(0, MOST_FRESH));
      return [...byRank.filter((row) => fresh.has(row)), ...byRank.filter((row) => !fresh.has(row))].map((row) => row.id);
    }

    isFresh(id) {
      return this.fresh.has(id);
    }

    /* The row `by` places further, from wherever the selection is; without one the first or the last. */
    beside(id, by, ids = this.shown) {
      if (!ids.length) return "";
      const at = ids.indexOf(id);
      if (at < 0) return by > 0 ? ids[0] : ids[ids.length - 1];
      return ids[Math.min(ids.length - 1, Math.max(0, at + by))];
    }
  }

  hexwatch.QueueOrder = Order;
})(typeof window === "undefined" ? globalThis : window);
