/* The idle lock: texts go, alarms sound on, nobody is signed out; the PIN or the password brings everything back. */
(function (root) {
  "use strict";
  const hexwatch = (root.hexwatch = root.hexwatch || {});
  const { write, show } = hexwatch;
  const LOOK_MS = 1000;
  const TELL_OTHERS_MS = 3000;
  const KEEP_FRESH_MS = 300000; // a desk in use keeps its cookie
  const INPUTS = ["keydown", "pointerdown", "pointermove", "wheel"];

  /* When a desk is left alone: pure. `warn` for the last half minute, so that a person who only looks can move a hand. */
  function idleness(idleMs, afterMs, warnMs = 30000) {
    if (!afterMs) return "here";
    return idleMs >= afterMs ? "away" : idleMs >= afterMs - warnMs ? "soon" : "here";
  }

  class DeskLock {
    constructor(desk) {
      this.desk = desk;
      this.nodes = Object.fromEntries([...desk.page.querySelectorAll("[data-lock]")].map((node) => [node.dataset.lock, node]));
      this.nodes.secret = hexwatch.fieldsIn(this.nodes.form).secret;
      this.afterMs = Number(this.nodes.window.dataset.afterS) * 1000;
      this.inputAt = performance.now();
      this.toldAt = -TELL_OTHERS_MS;
      this.isLocked = false;
      this.windows = root.BroadcastChannel ? new root.BroadcastChannel(`hexwatch-desk-${desk.setup.city}`) : null;
      this.wire();
      this.account();
    }

    leave() {
      clearInterval(this.timer);
      clearInterval(this.freshener);
      for (const name of INPUTS) document.removeEventListener(name, this.touched, true);
      this.off?.();
      this.windows?.close();
    }

    wire() {
      const { nodes, desk } = this;
      this.touched = () => this.touch();
      for (const name of INPUTS) document.addEventListener(name, this.touched, { capture: true, passive: true });
      nodes.button.onclick = () => this.lock();
      nodes.form.addEventListener("submit", (event) => {
        event.preventDefault();
        this.unlock();
      });
      nodes.window.addEventListener("cancel", (event) => event.preventDefault());
      nodes.window.addEventListener("close", () => this.isLocked && nodes.window.showModal());
      if (this.windows) this.windows.onmessage = ({ data }) => this.hear(data);
      this.off = desk.store.subscribe("second", () => this.isLocked && this.tell());
    }

    /* A person's session can be locked and opened; a key's cannot, for a key is nobody's secret to type. */
    async account() {
      if (!this.desk.setup.who.is_person) return;
      const { status, body } = await this.desk.get("/account");
      if (status === 423) return void this.close();
      if (status !== 200 || !body.name) return;
      const { desk, nodes } = this;
      this.hasPin = body.has_pin;
      show(nodes.button, true);
      desk.keys.add({ key: "l", act: "lock", what: "lock.key", run: () => this.lock() });
      this.timer = setInterval(() => this.look(), LOOK_MS);
      this.freshener = setInterval(() => this.isLocked || desk.get("/account"), KEEP_FRESH_MS);
      if (body.locked) this.close();
    }

    touch(now = performance.now()) {
      if (this.isLocked) return;
      this.inputAt = now;
      show(this.nodes.soon, false);
      if (now - this.toldAt < TELL_OTHERS_MS) return;
      this.toldAt = now;
      this.windows?.postMessage("input");
    }

    /* What another window of this desk did. */
    hear(said) {
      if (said === "input") this.inputAt = performance.now();
      if (said === "lock") this.close();
      if (said === "unlock") this.reveal();
    }

    look() {
      if (this.isLocked) return;
      const idleMs = performance.now() - this.inputAt, how = idleness(idleMs, this.afterMs);
      show(this.nodes.soon, how === "soon");
      if (how === "soon") write(this.nodes.soon, this.desk.speech.say("lock.soon", { n: Math.ceil((this.afterMs - idleMs) / 1000) }));
      if (how === "away") this.lock();
    }

    /* Hidden at once; the server is told too, so that no other way in is open. */
    async lock() {
      this.close();
      this.windows?.postMessage("lock");
      await this.desk.post("/account/lock", {});
    }

    close() {
      const { desk, nodes } = this;
      if (this.isLocked) return;
      this.isLocked = true;
      show(nodes.soon, false);
      for (const open of desk.page.querySelectorAll("dialog[open]")) if (open !== nodes.window && open.dataset.sound !== "window") open.close();
      desk.page.classList.add("locked");
      desk.keys.hold("lock");
      nodes.secret.value = "";
      write(nodes.told, "");
      nodes.window.showModal();
      this.tell();
      nodes.secret.focus();
    }

    reveal() {
      if (!this.isLocked) return;
      this.isLocked = false;
      this.inputAt = performance.now();
      this.nodes.window.close();
      this.desk.page.classList.remove("locked");
      this.desk.keys.free("lock");
    }

    async unlock() {
      const { desk, nodes } = this, secret = nodes.secret.value;
      if (!secret) return;
      nodes.secret.value = "";
      write(nodes.told, desk.speech.say("lock.checking"));
      const { status, body } = await desk.post("/account/unlock", { secret });
      if (status === 200) {
        this.reveal();
        this.windows?.postMessage("unlock");
        return;
      }
      if (!this.isLocked) return; // another window was quicker
      const left = body.pin_tries_left, why = { 401: "ended", 403: "wrong", 429: "often" }[status] || "unsent";
      write(nodes.told, desk.speech.say(`lock.${why}`) + (status === 403 && this.hasPin ? ` ${desk.speech.say("lock.tries", { n: left })}` : ""));
      nodes.secret.focus();
    }

    /* How many alarms sound, by shape and number only: whoever passes by learns that somebody is needed, not why. */
    tell() {
      const { desk, nodes } = this, counts = new Map();
      for (const alarm of desk.store.topic("alarms").values()) {
        if (alarm.state === "sounding") counts.set(alarm.severity, (counts.get(alarm.severity) || 0) + 1);
      }
      const said = [...counts].sort(([a], [b]) => a - b).map(([severity, n]) => `${desk.setup.shapes[severity]} ${desk.speech.number(n)}`).join("   ");
      write(nodes.alarms, said ? desk.speech.say("lock.alarms", { said: hexwatch.isolated(said) }) : desk.speech.say("lock.quiet"));
      write(nodes.time, desk.speech.clock.format(new Date(desk.store.now())));
    }
  }

  Object.assign(hexwatch, { DeskLock, idleness });
  hexwatch.desk?.parts?.push((desk) => (desk.page.querySelector('[data-lock="window"]') ? (desk.lock = new DeskLock(desk)) : { leave() {} }));
})(typeof window === "undefined" ? globalThis : window);
