/* Scenes: arrangements of the wall that take turns, and stand still while a priority-1 incident is open. */
(function (root) {
  "use strict";
  const hexwatch = (root.hexwatch = root.hexwatch || {});
  const EMERGENCY = "emergency";
  const CHOSEN_MS = 60000;

  /* Which scene is due. Knows no page and no clock of its own, so that its law can be tested. */
  class Turns {
    constructor(scenes, everyMs, now) {
      this.scenes = scenes;
      this.everyMs = everyMs;
      this.index = 0;
      this.since = now;
      this.paused = false;
      this.urgent = false;
      this.chosenUntil = 0;
    }

    /* {scene, why}: why is "", "urgent" or "paused". An emergency wall is shown even if the address did not name it. */
    at(now, urgent) {
      if (!this.scenes.length) return { scene: "", why: "" };
      if (urgent && now >= this.chosenUntil) {
        this.urgent = true;
        return { scene: EMERGENCY, why: "urgent" };
      }
      if (this.urgent) Object.assign(this, { urgent: false, since: now }); // go on where the turn was broken
      if (this.paused) return { scene: this.scenes[this.index], why: "paused" };
      const turns = Math.floor((now - this.since) / this.everyMs);
      if (turns > 0 && this.scenes.length > 1) {
        this.index = (this.index + turns) % this.scenes.length;
        this.since += turns * this.everyMs;
      }
      return { scene: this.scenes[this.index], why: "" };
    }

    pause(now) {
      this.paused = !this.paused;
      this.since = now;
    }

    /* What a person chose stays until the turns go on; before an emergency it keeps its place for a minute. */
    choose(scene, now) {
      if (!this.scenes.includes(scene)) this.scenes = [...this.scenes, scene];
      Object.assign(this, { index: this.scenes.indexOf(scene), paused: true, since: now, chosenUntil: now + CHOSEN_MS });
    }
  }

  class Scenes {
    constructor(page, speech, { names, every_s }, changed) {
      Object.assign(this, { page, speech, changed });
      this.turns = new Turns(names, every_s * 1000, performance.now());
      this.urgent = false;
      this.timer = setInterval(() => this.show(), 500);
      this.show();
    }

    stop() {
      clearInterval(this.timer);
    }

    /* Whether a priority-1 incident is open. */
    hear(moment) {
      const urgent = (moment.figure("incidents.by_priority.1") || 0) > 0;
      if (urgent === this.urgent) return;
      this.urgent = urgent;
      this.show();
    }

    show() {
      const { scene, why } = this.turns.at(performance.now(), this.urgent), { page } = this;
      hexwatch.write(hexwatch.part(page, "scene"), this._said(scene, why));
      hexwatch.show(hexwatch.part(page, "scene"), Boolean(scene));
      if (page.dataset.scene === scene) return;
      page.dataset.scene = scene;
      this.changed();
    }

    _said(scene, why) {
      if (!scene) return "";
      const name = this.speech.say(`scene.${scene}`);
      return why ? `${name}: ${this.speech.say(`scene.${why}`)}` : name;
    }

    pause() {
      if (!this.turns.scenes.length) return;
      this.turns.pause(performance.now());
      this.show();
    }

    /* `""` is the whole wall. */
    choose(scene) {
      if (scene === "") this.turns.scenes = [];
      else this.turns.choose(scene, performance.now());
      this.show();
    }
  }

  Object.assign(hexwatch, { Turns, Scenes });
})(typeof window === "undefined" ? globalThis : window);
