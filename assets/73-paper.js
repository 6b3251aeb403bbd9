/* The printed board: fetched once a minute, kept by the browser, and shown when nobody else can tell any more. */
(function (root) {
  "use strict";
  const hexwatch = (root.hexwatch = root.hexwatch || {});
  const { desk, write, show, isolated } = hexwatch;
  const EVERY_MS = 60000;
  const FIRST_MS = 4000; // after the page has its first picture
  const OLD_AFTER_MS = 24 * 3600 * 1000;
  const TIMEOUT_MS = 8000;

  class PaperBoard {
    constructor(desk) {
      Object.assign(this, { desk, window: desk.part("paper"), link: desk.part("paper-link") });
      // Boards of another city or another person are nobody's business here.
      this.name = `paper.${desk.setup.city}.${desk.setup.who.name}`;
      this.kept = this._recall();
      this.link.onclick = (event) => this._open(event);
      const acts = { close: () => this.window.close(), print: () => desk.part("paper-sheet").contentWindow?.print() };
      for (const button of this.window.querySelectorAll("[data-paper-act]")) if (acts[button.dataset.paperAct]) button.onclick = acts[button.dataset.paperAct];
      desk.keys.add({ key: "p", act: "paper", what: "key.paper", run: () => this.open() });
      this.off = desk.store.subscribe("link", (state) => this._link(state));
      this.timer = setTimeout(() => this._keepUp(), FIRST_MS);
      this._offer();
    }

    leave() {
      this.off();
      clearTimeout(this.timer);
      if (this.address) URL.revokeObjectURL(this.address);
    }

    _recall() {
      const kept = hexwatch.keptLooks.get(this.name);
      if (!kept?.html || Date.now() - kept.kept_at > OLD_AFTER_MS) return null;
      return kept;
    }

    /* Signing out takes it away, too. */
    forget() {
      hexwatch.keptLooks.set(this.name, null);
      this.kept = null;
      this._offer();
    }

    async _keepUp() {
      clearTimeout(this.timer);
      await this.fetch();
      this.timer = setTimeout(() => this._keepUp(), EVERY_MS - (Date.now() % EVERY_MS) + Math.random() * 2000);
    }

    /* Whether a newer board is kept now. What the server refuses (signed out, locked) changes nothing. */
    async fetch() {
      try {
        const at = this.desk.store.now();
        const response = await fetch(`/board?lang=${this.desk.setup.lang.id}`, { credentials: "same-origin", cache: "no-store", signal: AbortSignal.timeout(TIMEOUT_MS) });
        if (!response.ok || !response.headers.get("Content-Type")?.startsWith("text/html")) return false;
        this.kept = { html: await response.text(), at, kept_at: Date.now() };
        hexwatch.keptLooks.set(this.name, this.kept);
        this._offer();
        return true;
      } catch {
        return false;
      }
    }

    /* Who may not see the picture any more keeps no board of it either. */
    _link(state) {
      if (state === "refused") this.forget();
      this.cut = state === "cut";
      this._offer();
    }

    get title() {
      const { speech } = this.desk;
      return this.kept ? speech.say("paper.board", { time: isolated(speech.minute.format(new Date(this.kept.at))) }) : speech.say("paper.none");
    }

    /* The link stands there while the page is cut off; by key it opens at any time. */
    _offer() {
      write(this.link, this.title);
      show(this.link, Boolean(this.cut && this.kept));
      if (!this.kept) return void this.link.removeAttribute("href");
      if (this.address) URL.revokeObjectURL(this.address);
      this.address = URL.createObjectURL(new Blob([this.kept.html], { type: "text/html;charset=utf-8" }));
      this.link.href = this.window.querySelector("[data-paper-act=window]").href = this.address;
    }

    /* The kept one at once, and the newest when it has come. */
    async open() {
      this._show();
      if (!this.cut && (await this.fetch()) && this.window.open) this._show();
    }

    _open(event) {
      event.preventDefault();
      this._show();
    }

    _show() {
      const { desk } = this, sheet = desk.part("paper-sheet"), none = desk.part("paper-none");
      write(desk.part("paper-title"), this.title);
      write(none, desk.speech.say("paper.why_none"));
      show(none, !this.kept);
      show(sheet, Boolean(this.kept));
      if (this.kept) sheet.srcdoc = this.kept.html;
      if (!this.window.open) this.window.showModal();
    }
  }

  desk.parts.push((desk) => (desk.part("paper") ? (desk.paper = new PaperBoard(desk)) : null));
})(typeof window === "undefined" ? globalThis : window);
