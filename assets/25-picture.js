/* The client's copy of the city's picture, and the one rule by which frames change it. No DOM, no network, no clock. */
(function (root) {
  "use strict";
  const hexwatch = (root.hexwatch = root.hexwatch || {});
  const KEPT_FRAMES = 120; // while a snapshot is on its way; older ones it will contain

  /*
   * A frame carries absolute values for what changed in (prev, seq]. It may be applied when
   * prev <= mine < seq, is old news when seq <= mine, and otherwise something is missing: ask for a snapshot.
   */
  class Picture {
    constructor(topics) {
      this.retopic(topics);
    }

    /* Listen to other topics. What is known stays to be looked at, but no frame fits until a snapshot came. */
    retopic(topics) {
      const before = this.topics || new Map();
      this.topics = new Map(topics.map((topic) => [topic, before.get(topic) || new Map()]));
      this.epoch = null;
      this.seq = -1;
      this.at = this.at || null;
      this.kept = [];
      this.changed = new Map(); // topic -> Set of keys, or null for all of it
    }

    get asking() {
      return this.epoch === null;
    }

    topic(name) {
      return this.topics.get(name) || new Map();
    }

    /* "applied", "old" or "missing". After "missing" the caller asks for a snapshot; frames are kept meanwhile. */
    receive(frame) {
      if (this.epoch === null) {
        this._keep(frame);
        return "missing";
      }
      if (frame.epoch === this.epoch && frame.seq <= this.seq) return "old";
      if (frame.epoch !== this.epoch || frame.prev > this.seq) {
        this._keep(frame);
        return "missing";
      }
      this._apply(frame);
      return "applied";
    }

    /* Take a snapshot and whatever kept frames follow it. "taken", "old", or "missing" when there is still a gap. */
    take(snapshot) {
      if (snapshot.epoch === this.epoch && snapshot.seq < this.seq) return "old";
      this.epoch = snapshot.epoch;
      this.seq = snapshot.seq;
      this.at = snapshot.at;
      for (const name of this.topics.keys()) {
        this.topics.set(name, new Map(Object.entries(snapshot.topics[name] || {})));
        this.changed.set(name, null);
      }
      const kept = this.kept;
      this.kept = [];
      let outcome = "taken";
      for (const frame of kept) {
        // Frames of another epoch are left: were they newer than the snapshot, the next live one will say so.
        if (frame.epoch === this.epoch && this.receive(frame) === "missing") outcome = "missing";
      }
      return outcome;
    }

    /* What changed since this was last called. */
    takeChanges() {
      const changes = this.changed;
      this.changed = new Map();
      return changes;
    }

    _keep(frame) {
      this.kept.push(frame);
      if (this.kept.length > KEPT_FRAMES) this.kept.shift();
    }

    _apply(frame) {
      for (const [name, change] of Object.entries(frame.topics)) {
        const values = this.topics.get(name);
        if (!values) continue;
        const keys = this._changedKeys(name);
        for (const [key, value] of Object.entries(change.set || {})) {
          values.set(key, value);
          if (keys) keys.add(key);
        }
        for (const key of change.remove || []) {
          values.delete(key);
          if (keys) keys.add(key);
        }
      }
      this.seq = frame.seq;
      this.at = frame.at;
    }

    _changedKeys(name) {
      if (!this.changed.has(name)) this.changed.set(name, new Set());
      return this.changed.get(name);
    }
  }

  hexwatch.Picture = Picture;
})(typeof window === "undefined" ? globalThis : window);
