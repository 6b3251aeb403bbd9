/* The story bar: asks the demonstration what plays, and tells it what somebody clicked. */
(function (root) {
  "use strict";
  const hexwatch = (root.hexwatch = root.hexwatch || {});
  const { part, write, show } = hexwatch;
  const EVERY_MS = 1000;
  const FOLDED = "hexwatch.story.folded";

  class StoryBar {
    constructor(page, setup, speech) {
      this.page = page;
      this.speech = speech;
      this.lang = setup.lang.id;
      this.bar = part(page, "story");
      if (!this.bar || root.sessionStorage.getItem(FOLDED)) return;
      const acts = { next: () => this.ask({ act: "next" }), kill: () => this.ask({ act: "kill", name: "engine" }), fold: () => this.fold() };
      for (const button of this.bar.querySelectorAll("button[data-story]")) button.onclick = acts[button.dataset.story];
      this.timer = setInterval(() => this.look(), EVERY_MS);
      this.look();
    }

    leave() {
      clearInterval(this.timer);
    }

    fold() {
      this.leave();
      root.sessionStorage.setItem(FOLDED, "yes");
      show(this.bar, false);
    }

    async ask(act) {
      const headers = { "Content-Type": "application/json", "X-Hexwatch-Story": "1" };
      await fetch("/story", { method: "POST", headers, body: JSON.stringify(act) }).catch(() => undefined);
      this.look();
    }

    /* The address in the page's language; what stands after # stays last. */
    spoken(address) {
      const url = new URL(address, root.location.href);
      url.searchParams.set("lang", this.lang);
      return url.href;
    }

    async look() {
      const answer = await fetch(`/story?lang=${this.lang}`).catch(() => undefined);
      if (!answer?.ok) return;
      const told = await answer.json(), { speech } = this;
      show(this.bar, true);
      write(part(this.page, "story-title"), told.title);
      write(this.bar.querySelector("[data-story=next]"), speech.say("story.next", { title: told.next_title }));
      const { sent, counted } = told.proof, proof = part(this.page, "story-proof");
      write(proof, speech.say("story.proof", { sent: speech.number(sent), counted: speech.number(counted) }));
      proof.classList.toggle("equal", sent === counted);
      for (const link of this.bar.querySelectorAll("[data-stop]")) {
        const address = told.stops[link.dataset.stop];
        show(link.parentElement, Boolean(address));
        if (address) link.href = this.spoken(address);
      }
    }
  }

  Object.assign(hexwatch, { StoryBar });
})(window);
