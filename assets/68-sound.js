/* Four sounds made by the page itself, and the rule which of them is heard when. */
(function (root) {
  "use strict";
  const hexwatch = (root.hexwatch = root.hexwatch || {});
  const GAP_MS = 700; // what comes together is one sound: the gravest

  /*
   * The four, gravest first. `notes` are [Hz, begins at s, lasts s]; `again_ms`: how often it is repeated while nobody
   * acknowledges (0: once). Pitch, number and rhythm differ, so that they are told apart without looking.
   */
  const SOUNDS = {
    distress: { notes: [[960, 0, 0.18], [700, 0.2, 0.18], [960, 0.4, 0.18], [700, 0.6, 0.18], [960, 0.8, 0.3]], loud: 0.5, again_ms: 3000 },
    urgent: { notes: [[660, 0, 0.14], [880, 0.16, 0.14], [1175, 0.32, 0.26]], loud: 0.4, again_ms: 8000 },
    alarm: { notes: [[740, 0, 0.16], [740, 0.24, 0.16]], loud: 0.3, again_ms: 30000 },
    notice: { notes: [[520, 0, 0.22]], loud: 0.18, again_ms: 0 },
  };
  const ORDER = Object.keys(SOUNDS);

  function soundOf(alarm) {
    if (alarm.kind === hexwatch.DISTRESS) return "distress";
    return { 1: "urgent", 2: "alarm" }[alarm.severity] || "notice";
  }

  /*
   * Decides from the state alone what is to be heard now: what sounds in the topic is repeated until it does not, so an
   * acknowledgement anywhere silences every desk. Times are milliseconds of a steady clock. No audio here.
   */
  class Sounding {
    constructor() {
      this.heard = new Map(); // alarm's sounding -> when it was last heard
      this.told = new Set(); // incidents heard as new
      this.waiting = null; // the gravest that is due
      this.last = -GAP_MS;
    }

    /* New incidents; of the first picture only what nobody acknowledged sounds, as an alarm. */
    arrived(incidents) {
      for (const incident of incidents) {
        if (this.told.has(incident.id)) continue;
        this.told.add(incident.id);
        this.wish(incident.priority === 1 ? "urgent" : "notice");
      }
    }

    /* `alarms`: those that sound at this desk. */
    hear(alarms, now) {
      const names = new Set();
      for (const alarm of alarms) {
        const name = soundOf(alarm), again = SOUNDS[name].again_ms, key = `${alarm.id} ${alarm.state_at || alarm.at} ${alarm.escalated ? "escalated" : ""}`, last = this.heard.get(key);
        names.add(key);
        if (last !== undefined && !(again && now - last >= again)) continue;
        if (last === undefined && alarm.kind === "new" && this.told.has(String(alarm.subject).split(":").slice(1).join(":"))) {
          this.heard.set(key, now); // its arrival has been heard: the next is the first repetition
          continue;
        }
        this.heard.set(key, now);
        this.wish(name);
      }
      for (const key of this.heard.keys()) if (!names.has(key)) this.heard.delete(key);
    }

    wish(name) {
      if (this.waiting === null || ORDER.indexOf(name) < ORDER.indexOf(this.waiting)) this.waiting = name;
    }

    /* What to play now, or null; two sounds never run into each other. */
    take(now) {
      if (this.waiting === null || now - this.last < lasts(this.playing) + GAP_MS) return null;
      const name = this.waiting;
      this.waiting = null;
      this.last = now;
      this.playing = name;
      return name;
    }
  }

  function lasts(name) {
    return name ? Math.max(...SOUNDS[name].notes.map(([, at, s]) => (at + s) * 1000)) - GAP_MS / 2 : 0;
  }

  /* The page's own tones; nothing is fetched. A browser lets a page sound only after a key or a click. */
  class Loudspeaker {
    constructor(changed) {
      this.audio = root.AudioContext ? new root.AudioContext() : null;
      this.played = []; // [name, ms]: the last ones, for whoever asks whether something was heard
      if (this.audio) this.audio.onstatechange = changed;
    }

    get isOn() {
      return this.audio?.state === "running";
    }

    async wake() {
      await this.audio?.resume().catch(() => undefined);
      return this.isOn;
    }

    play(name) {
      if (!this.isOn) return false;
      const { audio } = this, { notes, loud } = SOUNDS[name], begin = audio.currentTime + 0.01;
      for (const [hz, at, s] of notes) this.note(audio, hz, begin + at, s, loud);
      this.played = [...this.played.slice(-49), [name, Date.now()]];
      return true;
    }

    /* Soft edges: a tone that begins at once clicks. */
    note(audio, hz, at, s, loud) {
      const tone = audio.createOscillator(), gain = audio.createGain();
      tone.type = "triangle";
      tone.frequency.value = hz;
      gain.gain.setValueAtTime(0.0001, at);
      gain.gain.exponentialRampToValueAtTime(loud, at + 0.015);
      gain.gain.setValueAtTime(loud, at + Math.max(0.02, s - 0.05));
      gain.gain.exponentialRampToValueAtTime(0.0001, at + s);
      tone.connect(gain).connect(audio.destination);
      tone.start(at);
      tone.stop(at + s + 0.02);
    }

    leave() {
      this.audio?.close();
    }
  }

  Object.assign(hexwatch, { SOUNDS, Sounding, Loudspeaker, soundOf });
})(typeof window === "undefined" ? globalThis : window);
