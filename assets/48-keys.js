/* Keys of the wall and the window that lists them; every key has a button there. */
(function (root) {
  "use strict";
  const hexwatch = (root.hexwatch = root.hexwatch || {});
  const { part, write } = hexwatch;

  class Keys {
    /* `acts`: name -> what it does; a button in the window names its act, its key stands beside it. */
    constructor(page, acts) {
      this.page = page;
      this.acts = acts;
      this.window = part(page, "keys");
      this.actOf = {};
      for (const button of page.querySelectorAll("[data-key-act]")) this._button(button);
      this._pressed = (event) => this.press(event);
      document.addEventListener("keydown", this._pressed);
    }

    stop() {
      document.removeEventListener("keydown", this._pressed);
    }

    _button(button) {
      const { keyAct, key } = button.dataset;
      if (key) this.actOf[key] = keyAct;
      button.onclick = () => this.acts[keyAct](button);
    }

    press(event) {
      const typing = event.target.closest?.("input, textarea, select, [contenteditable], [role=combobox]");
      if (typing || event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
      const act = this.actOf[event.key.length === 1 ? event.key.toLowerCase() : event.key];
      if (!act) return;
      event.preventDefault();
      this.acts[act]();
    }

    /* The window over the wall; Escape closes it. The address of this very screen stands in it. */
    open() {
      if (this.window.open) return void this.window.close();
      part(this.page, "kiosk-link").value = kioskAddress(root.location.href);
      this.window.showModal();
    }

    close() {
      this.window.close();
    }

    async copy(button, done) {
      const field = part(this.page, "kiosk-link");
      field.select();
      try {
        await root.navigator.clipboard.writeText(field.value);
        write(button, done);
      } catch {
        document.execCommand("copy"); // an address without TLS has no clipboard of its own
      }
    }
  }

  /* This wall as a link for a screen of its own, with a place for a key of role kiosk. */
  function kioskAddress(href) {
    const address = new URL(href);
    address.searchParams.delete("kiosk");
    const query = address.searchParams.toString();
    return `${address.origin}${address.pathname}?${query ? `${query}&` : ""}kiosk=KEY`;
  }

  Object.assign(hexwatch, { Keys, kioskAddress });
})(typeof window === "undefined" ? globalThis : window);
