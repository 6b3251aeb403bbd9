/* Names, words and number formats shared by the page's scripts. */
(function (root) {
  "use strict";
  const hexwatch = (root.hexwatch = root.hexwatch || {});
  const SECONDS = [["day", 86400], ["hour", 3600], ["minute", 60], ["second", 1]];

  /* How one page speaks: its words, its language's numbers (Latin digits everywhere), the city's zone. */
  class Speech {
    constructor(words, tag, zone) {
      this.words = words;
      this.tag = tag;
      this.plural = new Intl.PluralRules(tag);
      this.numbers = new Intl.NumberFormat(tag);
      this.tenths = new Intl.NumberFormat(tag, { maximumFractionDigits: 1 });
      this.shares = new Intl.NumberFormat(tag, { style: "percent", maximumFractionDigits: 0 });
      const at = (options) => new Intl.DateTimeFormat(tag, { timeZone: zone, hourCycle: "h23", ...options });
      const hm = { hour: "2-digit", minute: "2-digit" };
      this.clock = at({ ...hm, second: "2-digit" });
      this.minute = at(hm);
      this.date = at({ weekday: "long", day: "numeric", month: "long", year: "numeric" });
      this.iso = new Intl.DateTimeFormat("en-CA", { timeZone: zone, year: "numeric", month: "2-digit", day: "2-digit" });
    }

    /* A text by key; `{name}` in it is filled, numbers in the page's format. Plural texts choose by `n`. */
    say(key, values = {}) {
      let text = this.words[key];
      if (text === undefined) return key;
      if (typeof text === "object") text = text[this.plural.select(values.n)] || text.other;
      return text.replace(/\{(\w+)\}/g, (_, name) => {
        const value = values[name];
        return typeof value === "number" ? this.numbers.format(value) : String(value);
      });
    }

    has(key) {
      return key in this.words;
    }

    number(value) {
      return this.numbers.format(value);
    }

    /* `low–high`, kept in this order inside right-to-left text. */
    range(low, high) {
      return isolated(`${this.number(low)}–${this.number(high)}`);
    }

    share(part, whole) {
      return this.shares.format(part / whole);
    }

    /* 2 s, 6 min, 3 h, 2 d: one unit, rounded down. */
    duration(seconds) {
      const whole = Math.max(0, Math.floor(seconds));
      const [unit, size] = SECONDS.find(([, s]) => whole >= s) || SECONDS[3];
      return this.say(`age.${unit}`, { n: Math.floor(whole / size) });
    }

    /* Area in km² with the digits that matter. */
    area(km2) {
      const digits = new Intl.NumberFormat(this.tag, { maximumSignificantDigits: 2 });
      return `${digits.format(km2)} km²`;
    }
  }

  /* Left-to-right whatever stands around it: dates, ranges and speeds keep the order of their digits. */
  function isolated(text) {
    return `\u2066${text}\u2069`;
  }

  /*
   * Dash drops a property update that its `equals` finds unchanged, and Ramda finds any two ArrayBuffers equal:
   * they have no properties to compare. Every frame after the first would be lost (seen with Dash 4.4.1). Ramda asks
   * this method first; two frames are the same only when they are one object.
   */
  Object.defineProperty(ArrayBuffer.prototype, "fantasy-land/equals", {
    configurable: true,
    value(other) {
      return this === other;
    },
  });

  function part(page, name) {
    return page.querySelector(`[data-part="${name}"]`);
  }

  /* Write only what changed: an untouched node costs no layout. */
  function write(node, text) {
    if (node && node.textContent !== text) node.textContent = text;
  }

  function show(node, visible) {
    if (node && node.hidden === visible) node.hidden = !visible;
  }

  function element(tag, className, text) {
    const node = document.createElement(tag);
    if (className) node.className = className;
    if (text !== undefined) node.textContent = text;
    return node;
  }

  Object.assign(hexwatch, { Speech, isolated, part, write, show, element });
})(typeof window === "undefined" ? globalThis : window);
