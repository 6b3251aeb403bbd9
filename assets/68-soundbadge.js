/* Whether this window sounds: one per desk does, after its sound was tested; when it cannot, that is the loudest thing on the page. */
(function (root) {
  "use strict";
  const hexwatch = (root.hexwatch = root.hexwatch || {});
  const { write, show } = hexwatch;
  const TESTED = "hexwatch.sound.tested";
  const OFF = "hexwatch.sound.off";
  const EVERY_MS = 200;

  const kept = {
    get(name) {
      try {
        return root.localStorage.getItem(name) || "";
      } catch {
        return "";
      }
    },
    set(name, value) {
      try {
        root.localStorage.setItem(name, value);
      } catch {
        /* lasts as long as the page */
      }
    },
  };

  /* A mark of this sign-in, from which nothing of its token can be told. */
  function markOf(token) {
    let mark = 2166136261;
    for (const letter of String(token)) mark = Math.imul(mark ^ letter.charCodeAt(0), 16777619);
    return (mark >>> 0).toString(36).slice(0, 5);
  }

  class SoundBadge {
    constructor(desk) {
      this.desk = desk;
      this.nodes = Object.fromEntries([...desk.page.querySelectorAll("[data-sound]")].map((node) => [node.dataset.sound, node]));
      this.sounding = new hexwatch.Sounding();
      this.speaker = new hexwatch.Loudspeaker(() => this.tell());
      this.mark = markOf(desk.setup.who.csrf);
      this.isOurs = false; // this window holds the desk's sound
      this.isOff = kept.get(OFF) === this.mark;
      this.wire();
      this.claim();
      this.timer = setInterval(() => this.tick(), EVERY_MS);
      this.ends = [desk.store.subscribe("alarms", () => this.hear())];
      this.arrived = ({ detail }) => {
        if (!detail.first) this.sounding.arrived((detail.incidents || []).filter((incident) => this.concerns(incident)));
        this.tick();
      };
      document.addEventListener("desk:arrived", this.arrived);
      this.tell();
    }

    leave() {
      this.isGone = true;
      clearInterval(this.timer);
      for (const end of this.ends) end();
      document.removeEventListener("desk:arrived", this.arrived);
      for (const name of ["keydown", "pointerdown"]) document.removeEventListener(name, this.woken, true);
      this.release?.();
      this.speaker.leave();
    }

    wire() {
      const { nodes, desk } = this;
      nodes.badge.onclick = () => this.press();
      nodes.play.onclick = () => this.test();
      nodes.heard.onclick = () => this.confirm();
      nodes.unheard.onclick = () => this.refuse();
      nodes.window.addEventListener("cancel", (event) => event.preventDefault());
      nodes.banner.onclick = () => this.enable();
      // Any key or click lets a reloaded page sound again; until then the banner stands.
      this.woken = () => !this.isOff && !this.speaker.isOn && this.wake();
      for (const name of ["keydown", "pointerdown"]) document.addEventListener(name, this.woken, true);
      desk.keys.add({ key: "s", act: "sound", what: "sound.key", run: () => this.press() });
    }

    /* Of all windows of this browser at this city, the first one sounds; when it closes, the next. */
    claim() {
      const { locks } = root.navigator;
      if (!locks) return void this.own(); // without locks better twice than never
      const held = new Promise((resolve) => (this.release = resolve));
      locks.request(`hexwatch-sound-${this.desk.setup.city}`, () => {
        if (this.isGone) return undefined;
        this.own();
        return held;
      }).catch(() => this.own());
    }

    own() {
      this.isOurs = true;
      if (kept.get(TESTED) !== this.mark) this.openTest();
      this.tell();
    }

    // the test that ends a sign-in

    openTest() {
      const { nodes, desk } = this;
      if (nodes.window.open) return;
      desk.keys.hold("sound");
      show(nodes.heard, false);
      show(nodes.unheard, false);
      nodes.window.showModal();
      nodes.play.focus();
    }

    async test() {
      const { nodes } = this;
      await this.speaker.wake();
      const played = this.speaker.play("urgent");
      write(nodes.told, this.desk.speech.say(played ? "sound.listen" : "sound.none"));
      show(nodes.heard, played);
      show(nodes.unheard, true);
      (played ? nodes.heard : nodes.unheard).focus();
    }

    confirm() {
      kept.set(TESTED, this.mark);
      this.setOff(false);
      this.closeTest();
    }

    /* Nothing was heard: the desk works on, and says so loudly. */
    refuse() {
      kept.set(TESTED, this.mark);
      this.setOff(true);
      this.closeTest();
    }

    closeTest() {
      this.nodes.window.close();
      this.desk.keys.free("sound");
      this.tell();
    }

    setOff(isOff) {
      this.isOff = isOff;
      kept.set(OFF, isOff ? this.mark : "");
    }

    /* The key and the badge: hear it, or get it back. */
    press() {
      if (this.state === "off") return void this.enable();
      this.openTest();
    }

    async enable() {
      this.setOff(false);
      await this.wake();
      if (this.isOurs) this.speaker.play("notice");
    }

    /* What went unheard meanwhile and still sounds is heard now. */
    async wake() {
      await this.speaker.wake();
      this.sounding.heard.clear();
      this.tell();
    }

    // what is heard

    get state() {
      if (!this.isOurs) return "other";
      if (this.nodes.window.open) return "testing";
      return this.isOff || !this.speaker.isOn ? "off" : "on";
    }

    hear() {
      const { desk } = this;
      const here = [...desk.store.topic("alarms").values()].filter((alarm) => hexwatch.isSoundingHere(alarm, desk.duty));
      this.sounding.hear(here, performance.now());
      this.tick();
    }

    /* A new incident sounds where its alarm will. */
    concerns({ area }) {
      return hexwatch.isMyAlarm({ kind: "new", owner: area || "" }, this.desk.duty);
    }

    tick() {
      if (this.isGone) return;
      const now = performance.now();
      if (!(now - this.repeated < 1000)) {
        this.repeated = now;
        return void this.hear();
      }
      const name = this.sounding.take(now);
      if (name && this.isOurs && !this.isOff) this.speaker.play(name);
    }

    tell() {
      const { nodes, desk, state } = this;
      nodes.badge.dataset.state = state;
      write(nodes.badge, desk.speech.say(`sound.${state}`));
      show(nodes.banner, state === "off");
      desk.page.classList.toggle("sound-off", state === "off");
    }
  }

  Object.assign(hexwatch, { SoundBadge });
  hexwatch.desk?.parts?.push((desk) => (desk.page.querySelector("[data-sound]") ? (desk.sound = new SoundBadge(desk)) : { leave() {} }));
})(typeof window === "undefined" ? globalThis : window);
