/* Names, words and number formats shared by the page's scripts. */
(function (root) {
  "use strict";
  const hexwatch = (root.hexwatch = root.hexwatch || {});
  const SECONDS = [["day", 86400], ["hour", 3600], ["minute", 60], ["second", 1]];

  const LEAST_SHARED = 20; // below this many no percentage is shown
  const PLAIN_ID = /^[a-z0-9]+([_-][a-z0-9]+)*$/;

  /* `gas_smell` as a person would write it; what is already written that way stays. */
  function readable(id) {
    if (!PLAIN_ID.test(id)) return id;
    const words = id.replace(/[_-]/g, " ");
    return words[0].toUpperCase() + words.slice(1);
  }

  /* How one page speaks: its words, its language's numbers (Latin digits everywhere), the city's zone, its names. */
  class Speech {
    constructor(words, tag, zone, names = {}) {
      this.words = words;
      this.names = names; // table -> id -> name
      this.tag = tag;
      this.plural = new Intl.PluralRules(tag);
      this.numbers = new Intl.NumberFormat(tag);
      this.tenths = new Intl.NumberFormat(tag, { maximumFractionDigits: 1 });
      this.shares = new Intl.NumberFormat(tag, { style: "percent", maximumFractionDigits: 0 });
      const signed = { signDisplay: "exceptZero", maximumFractionDigits: 0 };
      this.signed = new Intl.NumberFormat(tag, signed);
      this.signedShares = new Intl.NumberFormat(tag, { ...signed, style: "percent" });
      const at = (options) => new Intl.DateTimeFormat(tag, { timeZone: zone, hourCycle: "h23", ...options });
      const hm = { hour: "2-digit", minute: "2-digit" };
      this.clock = at({ ...hm, second: "2-digit" });
      this.minute = at(hm);
      this.dayMinute = at({ ...hm, day: "numeric", month: "numeric" });
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

    /* A name of the city's catalogue in the page's language; an id that nobody named is made readable. */
    name(table, id) {
      return this.names[table]?.[id] || readable(id);
    }

    /* `91 % of 340`; below twenty `5 of 7`; nothing of nothing is a dash. */
    rate(n, of) {
      if (!of) return "–";
      return of < LEAST_SHARED ? this.say("rate.few", { n, of }) : this.say("rate.share", { share: this.share(n, of), of });
    }

    /* Against an earlier count: `+18 %`, or `+3` where the count is too small for a percentage. */
    change(now, before) {
      const text = before < LEAST_SHARED ? this.signed.format(now - before) : this.signedShares.format(now / before - 1);
      return isolated(text);
    }

    /* A date within a sentence: the clock time, with the day when it is another one. A day runs as its language does. */
    when(iso, now) {
      const at = new Date(iso), same = this.iso.format(at) === this.iso.format(new Date(now));
      return same ? isolated(this.minute.format(at)) : `\u2068${this.dayMinute.format(at)}\u2069`;
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

  /* Left-to-right whatever stands around it: times, ranges and speeds keep the order of their digits. */
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

  /* Keep as many children as items and let `fill` write each; nodes are reused. */
  function fillList(list, items, make, fill) {
    while (list.children.length > items.length) list.lastElementChild.remove();
    while (list.children.length < items.length) list.append(make());
    items.forEach((item, i) => fill(list.children[i], item, i));
  }

  Object.assign(hexwatch, { Speech, LEAST_SHARED, readable, isolated, part, write, show, element, fillList });
})(typeof window === "undefined" ? globalThis : window);
