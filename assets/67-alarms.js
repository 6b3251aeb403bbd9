/* What alarms say about a desk: whose they are, in which order they stand, how many came in ten minutes. No DOM. */
(function (root) {
  "use strict";
  const hexwatch = (root.hexwatch = root.hexwatch || {});
  const WINDOW_MS = 600000;
  const STATES = ["sounding", "acknowledged", "shelved"];
  const DISTRESS = "distress";
  const WHOLE_CITY = "city";
  const LOOK_MS = 30000;

  /*
   * Whether an alarm is for this desk: it sounds where it is owned, everywhere once nobody answered it, and at a desk
   * that looks after nothing in particular. `duty`: {positions, held}, where `held` are all positions that somebody has.
   */
  function isMine(alarm, duty) {
    return alarm.kind === DISTRESS || alarm.escalated || !duty.positions.length || duty.positions.some((position) => covers(position, alarm.owner, duty.held));
  }

  /* As dashboard/accounts/positions.py has it: the whole city is all that no other position covers. */
  function covers(position, area, held) {
    return position === (area || "") || (position === WHOLE_CITY && !held.has(area));
  }

  function isSounding(alarm, duty) {
    return alarm.state === "sounding" && isMine(alarm, duty);
  }

  /* Crews in danger first, then what still sounds, then the engine's own order; what is shelved stands last. */
  function inOrder(alarms, duty) {
    const key = (alarm) => [alarm.kind === DISTRESS ? 0 : 1, STATES.indexOf(alarm.state), isMine(alarm, duty) ? 0 : 1, ...(alarm.rank || [1, alarm.severity, 0, alarm.at])];
    const compare = (a, b) => {
      const [x, y] = [key(a), key(b)];
      for (let i = 0; i < x.length; i++) if (x[i] !== y[i]) return x[i] < y[i] ? -1 : 1;
      return a.id < b.id ? -1 : 1;
    };
    return [...alarms].sort(compare);
  }

  /*
   * How many alarms began to sound here within ten minutes. What is over leaves the topic, so it is remembered; each
   * beginning counts once, a return from the shelf again.
   */
  class Rate {
    constructor() {
      this.begun = new Map(); // id and instant -> ms
    }

    hear(alarms, duty, now) {
      for (const alarm of alarms) {
        if (!isMine(alarm, duty)) continue;
        this.begun.set(`${alarm.id} ${alarm.at}`, Date.parse(alarm.at));
        if (alarm.state === "sounding" && alarm.state_at) this.begun.set(`${alarm.id} ${alarm.state_at}`, Date.parse(alarm.state_at));
      }
      for (const [key, at] of this.begun) if (at <= now - WINDOW_MS) this.begun.delete(key);
      return this.count(now);
    }

    count(now) {
      return [...this.begun.values()].filter((at) => at > now - WINDOW_MS).length;
    }
  }

  /* Against the guidance: acceptable, manageable, too many, a flood. */
  function rateLevel(n, { acceptable, manageable, flood }) {
    if (n > flood) return "flood";
    return n > manageable ? "many" : n > acceptable ? "most" : "few";
  }

  /* What this desk looks after, and what others do; alarms follow it. Told as the pseudo topic "duty". */
  class Duty {
    constructor(desk) {
      this.desk = desk;
      this.positions = desk.setup.who.positions || [];
      this.held = new Set(this.positions);
      this.standing = [];
      if (!desk.setup.who.is_person) return; // a key looks after nothing
      this.timer = setInterval(() => this.look(), LOOK_MS);
      this.look();
    }

    leave() {
      clearInterval(this.timer);
    }

    async look() {
      const { status, body } = await this.desk.get("/positions");
      if (status === 200) this.hear(body.positions || []);
    }

    hear(standing) {
      const { who } = this.desk.setup;
      this.standing = standing;
      this.held = new Set(standing.filter((one) => one.held).map((one) => one.position));
      this.positions = who.positions = standing.filter((one) => one.held?.name === who.name).map((one) => one.position);
      this.desk.store.tell("duty", this.positions);
    }
  }

  hexwatch.desk?.parts?.push((desk) => (desk.duty = new Duty(desk)));
  Object.assign(hexwatch, { Duty, isMyAlarm: isMine, isSoundingHere: isSounding, alarmsInOrder: inOrder, AlarmRate: Rate, rateLevel, DISTRESS });
})(typeof window === "undefined" ? globalThis : window);
