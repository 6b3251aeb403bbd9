/* Keys of a desk: one table for all panels, changed or switched off by the person who sits there, and listed by `?`. */
(function (root) {
  "use strict";
  const hexwatch = (root.hexwatch = root.hexwatch || {});
  const { write, element } = hexwatch;
  const KEPT = "hexwatch.deskkeys";
  const FIELD = "input, textarea, select, [contenteditable], [role=combobox]";
  const PRESSED_BY_ENTER = "button, a, summary, [role=button], [role=separator]";
  const HINT_MS = 4000;
  const HINTED = [["next", "previous"], ["open"], ["take"], ["send"], ["note"], ["undo"], ["search"], ["help"]];
  const FIXED = new Set(["Escape", "ArrowDown", "ArrowUp", "Enter", ..."123456789"]);

  /* A browser may forbid storage: then what was changed lasts as long as the page. */
  function recall() {
    try {
      return JSON.parse(root.localStorage.getItem(KEPT)) || {};
    } catch {
      return {};
    }
  }

  function keep(value) {
    try {
      root.localStorage.setItem(KEPT, JSON.stringify(value));
    } catch {
      /* lasts as long as the page */
    }
  }

  class DeskKeys {
    constructor(desk) {
      this.desk = desk;
      this.acts = new Map(); // act -> {key, what, run, when}
      this.holders = new Set();
      this.own = { keys: {}, off: false, ...recall() };
      this.window = desk.part("desk-keys");
      this._pressed = (event) => this.press(event);
      document.addEventListener("keydown", this._pressed);
      this._wire();
      this.add({ key: "?", act: "help", what: "key.help", run: () => this.toggle() });
    }

    leave() {
      document.removeEventListener("keydown", this._pressed);
      clearTimeout(this.hinting);
    }

    add({ key, act, what, run, when }) {
      this.acts.set(act, { key, what, run, when });
      this._forget();
    }

    hold(name) {
      this.holders.add(name);
    }

    free(name) {
      this.holders.delete(name);
    }

    keyOf(act) {
      return this.own.keys[act] || this.acts.get(act)?.key || "";
    }

    _forget() {
      this.byKey = null;
      clearTimeout(this.telling);
      this.telling = setTimeout(() => this._hints(), 0);
    }

    get table() {
      if (!this.byKey) this.byKey = new Map([...this.acts.keys()].map((act) => [this.keyOf(act), act]));
      return this.byKey;
    }

    press(event) {
      if (this.changing) return void this._newKey(event);
      if (event.repeat || event.defaultPrevented) return;
      const field = event.target.closest?.(FIELD);
      if (hexwatch.isComposing(event)) {
        if (!field && event.keyCode === 229) this.desk.hint(this.desk.speech.say("key.ime"));
        return;
      }
      if (field || this.holders.size || this._otherWindow()) return;
      const chord = hexwatch.chordOf(event, new Set(this.table.keys())), act = this.acts.get(this.table.get(chord));
      if (!act || (this.own.off && chord.length === 1) || (act.when && !act.when())) return;
      if (chord === "Enter" && event.target.closest?.(PRESSED_BY_ENTER)) return;
      if (this.window.open && this.table.get(chord) !== "help") return;
      event.preventDefault();
      act.run(event);
    }

    _otherWindow() {
      return [...document.querySelectorAll("dialog[open]")].some((one) => one !== this.window);
    }

    // hints at the foot

    /* A sentence in place of the keys for a few seconds. */
    hint(text, { urgent = false } = {}) {
      const foot = this.desk.part("hints");
      clearTimeout(this.hinting);
      write(foot, text);
      foot.dataset.hint = urgent ? "urgent" : "plain";
      this.desk.sayOnce(text, { urgent });
      this.hinting = setTimeout(() => {
        delete foot.dataset.hint;
        this._hints();
      }, HINT_MS);
    }

    _hints() {
      const foot = this.desk.part("hints");
      if (!foot || foot.dataset.hint) return;
      const items = HINTED.map((acts) => acts.filter((act) => this.acts.has(act))).filter((acts) => acts.length).map((acts) => {
        const item = element("span", "hint");
        item.append(...acts.map((act) => element("kbd", "", keySaid(this.keyOf(act)))));
        item.append(` ${this.desk.speech.say(`hint.${acts[0]}`)}`);
        return item;
      });
      foot.replaceChildren(...items);
      foot.classList.toggle("off", this.own.off);
    }

    // the window

    _wire() {
      const { desk } = this;
      desk.part("keys-button").onclick = () => this.toggle();
      desk.part("keys-close").onclick = () => this.window.close();
      desk.part("keys-switch").onclick = () => this._set({ off: !this.own.off });
      desk.part("keys-reset").onclick = () => this._set({ keys: {}, off: false });
      this.window.addEventListener("close", () => (this.changing = ""));
    }

    toggle() {
      if (this.window.open) return void this.window.close();
      this._list();
      this.window.showModal();
    }

    _set(change) {
      Object.assign(this.own, change);
      keep(this.own);
      this._forget();
      this._list();
    }

    _list() {
      const { desk } = this, { speech } = desk, toggle = desk.part("keys-switch");
      toggle.setAttribute("aria-checked", String(!this.own.off));
      write(desk.part("keys-said"), "");
      write(toggle, speech.say(this.own.off ? "key.single_off" : "key.single_on"));
      desk.part("keys-rows").replaceChildren(...[...this.acts].filter(([, act]) => act.what).map(([name, act]) => this._row(name, act)));
    }

    _row(name, act) {
      const { speech } = this.desk, row = element("li"), key = element("kbd", "", keySaid(this.keyOf(name)));
      row.append(key, element("span", "", speech.say(act.what)));
      row.dataset.act = name;
      if (FIXED.has(act.key)) return row;
      const change = element("button", "tool", speech.say(this.changing === name ? "key.press" : "key.change"));
      change.type = "button";
      change.setAttribute("aria-label", `${speech.say("key.change")}: ${speech.say(act.what)}`);
      change.onclick = () => {
        this.changing = name;
        this._list();
      };
      row.append(change);
      return row;
    }

    /* The next key is the act's own; one that another act has is refused by name. */
    _newKey(event) {
      if (["Shift", "Control", "Alt", "Meta", "AltGraph"].includes(event.key) || hexwatch.isComposing(event)) return;
      event.preventDefault();
      event.stopPropagation();
      const name = this.changing, chord = hexwatch.chordOf(event, new Set(this.table.keys())), taken = this.table.get(chord);
      this.changing = "";
      if (event.key === "Escape" || !chord || chord === "Tab") return void this._list();
      if (taken && taken !== name) {
        this._list();
        const what = this.acts.get(taken).what;
        return void write(this.desk.part("keys-said"), this.desk.speech.say("key.taken", { key: keySaid(chord), what: what ? this.desk.speech.say(what) : taken }));
      }
      this._set({ keys: { ...this.own.keys, [name]: chord } });
    }
  }

  const SIGNS = { ArrowDown: "↓", ArrowUp: "↑", Escape: "Esc" };

  function keySaid(chord) {
    return SIGNS[chord] || chord.replace("ctrl+", "Ctrl+");
  }

  Object.assign(hexwatch, { DeskKeys, keySaid });
})(typeof window === "undefined" ? globalThis : window);
