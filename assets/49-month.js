/* A screen that runs for a month: a fresh page each night at a quiet minute, and a session that does not run out. */
(function (root) {
  "use strict";
  const hexwatch = (root.hexwatch = root.hexwatch || {});
  const FIRST_MINUTE = 3 * 60, MINUTES = 2 * 60; // 03:00 to 05:00 city time
  const LEAST_AGE_MS = 6 * 3600 * 1000;
  const LOOK_MS = 20 * 1000;
  const GREET_MS = 30 * 60 * 1000; // the server renews a session with each answer

  /*
   * Whether this is the night's moment: the client's own minute (or later) of the quiet hours, an old enough page, frames
   * that flow and no priority-1 incident.
   */
  function isTimeToReload({ minuteOfDay, jitter, ageMs, state, urgent }) {
    const from = FIRST_MINUTE + Math.floor(jitter * MINUTES);
    const quiet = minuteOfDay >= from && minuteOfDay < FIRST_MINUTE + MINUTES;
    return quiet && ageMs >= LEAST_AGE_MS && state === "live" && !urgent;
  }

  class Month {
    constructor(live, now, isUrgent, greetAddress) {
      Object.assign(this, { live, now, isUrgent, greetAddress });
      this.jitter = Math.random();
      this.timers = [setInterval(() => this._look(), LOOK_MS), setInterval(() => this._greet(), GREET_MS)];
    }

    stop() {
      this.timers.forEach(clearInterval);
    }

    _look() {
      const due = { minuteOfDay: this.now(), jitter: this.jitter, ageMs: performance.now(), state: hexwatch.stats.state, urgent: this.isUrgent() };
      const lostKey = due.state === "refused" && root.location.search.includes("kiosk=") && due.ageMs > LOOK_MS;
      if (lostKey || isTimeToReload(due)) this._reload(); // a link with a key signs itself in again
    }

    /* A page that is not there would leave the screen blank until someone comes. */
    async _reload() {
      try {
        const answer = await fetch(root.location.href, { credentials: "same-origin", signal: AbortSignal.timeout(5000) });
        if (answer.ok && !answer.redirected) root.location.reload();
      } catch {
        /* tomorrow, or at the next look */
      }
    }

    async _greet() {
      try {
        await this.live.fetchJson(this.greetAddress());
      } catch {
        /* the connection says itself when it is cut */
      }
    }
  }

  Object.assign(hexwatch, { Month, isTimeToReload });
})(typeof window === "undefined" ? globalThis : window);
