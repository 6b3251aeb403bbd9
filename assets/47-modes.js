/* What this screen is set to: palette, visitor mode, sound; kept by this browser, switched by one key each. */
(function (root) {
  "use strict";
  const hexwatch = (root.hexwatch = root.hexwatch || {});
  const { part, show } = hexwatch;
  const TONE_S = 0.35;
  const TONE_HZ = 740;
  const TONE_GAP_MS = 3000; // two incidents at once are one tone

  /* A browser may forbid storage: then a setting lasts as long as the page. */
  const kept = {
    get(name) {
      try {
        return root.localStorage.getItem(`hexwatch.${name}`) || "";
      } catch {
        return "";
      }
    },
    set(name, value) {
      try {
        if (value) root.localStorage.setItem(`hexwatch.${name}`, value);
        else root.localStorage.removeItem(`hexwatch.${name}`);
      } catch {
        /* lasts as long as the page */
      }
    },
  };

  /* One short tone of this page's own making; nothing is fetched. */
  class Tone {
    constructor() {
      this.last = -TONE_GAP_MS;
    }

    /* A browser lets a page sound only after a key or a click: the switch itself is one. */
    ready() {
      this.audio = this.audio || (root.AudioContext ? new root.AudioContext() : null);
      this.audio?.resume();
    }

    play(now) {
      if (now - this.last < TONE_GAP_MS) return false;
      this.last = now;
      this.ready();
      if (!this.audio) return false;
      const { audio } = this, tone = audio.createOscillator(), gain = audio.createGain(), at = audio.currentTime;
      tone.frequency.value = TONE_HZ;
      gain.gain.setValueAtTime(0.0001, at);
      gain.gain.exponentialRampToValueAtTime(0.25, at + 0.02);
      gain.gain.exponentialRampToValueAtTime(0.0001, at + TONE_S);
      tone.connect(gain).connect(audio.destination);
      tone.start(at);
      tone.stop(at + TONE_S);
      return true;
    }
  }

  /* Tells when an incident of priority 1 is new; what was open when the page began is not. */
  class Newness {
    constructor() {
      this.known = null;
    }

    hear(incidents) {
      const urgent = new Set();
      for (const [id, incident] of incidents) if (incident.priority === 1) urgent.add(id);
      const fresh = this.known !== null && [...urgent].some((id) => !this.known.has(id));
      this.known = urgent;
      return fresh;
    }
  }

  class Modes {
    constructor(page, setup, speech, changed) {
      Object.assign(this, { page, setup, speech, changed });
      this.palette = setup.palette;
      this.visitor = kept.get("visitor") === "on";
      this.sound = kept.get("sound") === "on";
      this.tone = new Tone();
      this.newness = new Newness();
      this.show();
    }

    toggle(name) {
      if (name === "palette") this.palette = this.palette === "night" ? "dark" : "night";
      else {
        this[name] = !this[name];
        kept.set(name, this[name] ? "on" : "");
      }
      if (name === "sound" && this.sound) this.tone.play(performance.now());
      this.show();
      this.changed(name);
    }

    show() {
      const { page } = this;
      document.documentElement.dataset.palette = this.palette;
      page.dataset.visitor = this.visitor ? "on" : "off";
      this.speech.visitor = this.visitor;
      show(part(page, "visitor"), this.visitor);
      show(part(page, "sound"), this.sound);
      const pressed = { palette: this.palette === "night", visitor: this.visitor, sound: this.sound };
      for (const button of page.querySelectorAll("[data-mode-switch]")) button.setAttribute("aria-pressed", String(pressed[button.dataset.modeSwitch]));
    }

    get colours() {
      return this.setup.palettes[this.palette];
    }

    hear(incidents) {
      if (this.newness.hear(incidents) && this.sound) this.tone.play(performance.now());
    }
  }

  Object.assign(hexwatch, { Modes, Newness, Tone });
})(typeof window === "undefined" ? globalThis : window);
