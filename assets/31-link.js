/* What a page says about its connection: the bar across the top, and links that keep everything else of the address. */
(function (root) {
  "use strict";
  const hexwatch = (root.hexwatch = root.hexwatch || {});
  const { part, write, show } = hexwatch;

  class LinkBar {
    constructor(page, speech) {
      Object.assign(this, { page, speech });
    }

    /* Dim what is old and say since when. */
    tell(state, since) {
      const bar = part(this.page, "cut");
      this.page.classList.toggle("cut", state === "cut" || state === "refused");
      this.page.classList.toggle("waiting", state === "waiting");
      clearInterval(this.telling);
      show(bar, state !== "live");
      bar.dataset.state = state;
      const say = () => write(bar, this._said(state, since));
      say();
      if (state === "cut") this.telling = setInterval(say, 1000);
    }

    stop() {
      clearInterval(this.telling);
    }

    _said(state, since) {
      if (state !== "cut") return state === "live" ? "" : this.speech.say(`link.${state}`);
      const age = this.speech.duration((Date.now() - since) / 1000);
      // The clock that the page showed: a simulated city has an hour of its own.
      const shown = hexwatch.live?.picture.topics.get("clock")?.get("now") ?? since;
      return this.speech.say("link.cut", { time: this.speech.clock.format(new Date(shown)), age });
    }
  }

  /* Language links keep everything else of the address. */
  function languageLinks(page) {
    for (const link of page.querySelectorAll("[data-lang]")) {
      const address = new URL(root.location.href);
      address.searchParams.set("lang", link.dataset.lang);
      link.href = address.search;
    }
  }

  /* The address says what is shown, so that a reload or a shared link shows the same; an empty value leaves it. */
  function inAddress(page, values) {
    const address = new URL(root.location.href);
    for (const [name, value] of Object.entries(values)) {
      if (value) address.searchParams.set(name, value);
      else address.searchParams.delete(name);
    }
    root.history.replaceState(root.history.state, "", address);
    languageLinks(page);
  }

  Object.assign(hexwatch, { LinkBar, languageLinks, inAddress });
})(typeof window === "undefined" ? globalThis : window);
