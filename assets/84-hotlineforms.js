/* Small forms of the hotline desk: fields from a description, what was typed as the fields of a request. */
(function (root) {
  "use strict";
  const hexwatch = (root.hexwatch = root.hexwatch || {});
  const { hotline, element, write } = hexwatch;
  const MOST_TEXT = 2000;

  /*
   * `fields`: [{name, kind, label, options, value, needed}]; kinds are text, area, select, several, yesno, until.
   * `options`: [[value, text]]. An `until` is chosen in hours and asked for as an instant of the city's clock.
   */
  class Fields {
    constructor(desk, box, fields) {
      Object.assign(this, { desk, box, fields });
      this.nodes = new Map();
      box.replaceChildren(...fields.map((field) => this._field(field)));
    }

    _field(field) {
      const label = element("label", `field field-${field.kind}`), node = this._node(field);
      label.append(element("span", "field-label", this.desk.speech.say(field.label)), node);
      node.dataset.name = field.name;
      this.nodes.set(field.name, node);
      return label;
    }

    _node({ kind, options = [], value = "" }) {
      if (["select", "several", "yesno", "until"].includes(kind)) {
        const select = element("select", "desk-input");
        select.multiple = kind === "several";
        if (select.multiple) select.size = 4;
        const { speech } = this.desk;
        const offered = kind === "yesno" ? [["", "–"], ["yes", speech.say("word.yes")], ["no", speech.say("word.no")]] : options;
        select.append(...offered.map(([key, text]) => new Option(text, key, false, Array.isArray(value) ? value.includes(key) : String(key) === String(value))));
        return select;
      }
      const node = element(kind === "area" ? "textarea" : "input", "desk-input");
      if (kind === "area") node.rows = 3;
      else node.type = "text";
      Object.assign(node, { maxLength: MOST_TEXT, dir: "auto", value, autocomplete: "off" });
      return node;
    }

    focus() {
      this.nodes.values().next().value?.focus();
    }

    /* {values, missing}: what a request takes; empty fields that are not needed are left out. */
    read() {
      const values = {}, missing = [];
      for (const field of this.fields) {
        const node = this.nodes.get(field.name), value = this._value(field, node), empty = value === undefined || value === "" || (Array.isArray(value) && !value.length);
        node.setAttribute("aria-invalid", String(Boolean(field.needed && empty)));
        if (field.needed && empty) missing.push(field);
        if (!empty) values[field.name] = value;
      }
      return { values, missing };
    }

    _value({ kind, number }, node) {
      if (kind === "several") return [...node.selectedOptions].map((one) => one.value);
      if (kind === "yesno") return node.value === "" ? undefined : node.value === "yes";
      if (kind === "until") return node.value ? new Date(this.desk.store.now() + Number(node.value) * 3600000).toISOString() : "";
      const text = node.value.trim();
      return number && text ? Number(text) : text;
    }
  }

  /* Hours to choose from, said as durations. */
  function hours(speech, ...values) {
    return values.map((n) => [n, speech.duration(n * 3600)]);
  }

  /* A window with a form; `send(values)` answers {state, reason} of the request. */
  class FormWindow {
    constructor(desk) {
      this.desk = desk;
      this.nodes = Object.fromEntries([...desk.page.querySelectorAll("[data-form]")].map((node) => [node.dataset.form, node]));
      this.nodes.close.onclick = () => this.nodes.window.close();
      this.nodes.do.onclick = () => this._do();
      this.nodes.window.addEventListener("keydown", (event) => {
        if (event.key === "Enter" && event.ctrlKey && !hexwatch.isComposing(event)) this._do();
      });
    }

    leave() {
      this.nodes.window.close();
    }

    open(title, fields, act, send) {
      write(this.nodes.title, title);
      write(this.nodes.do, act);
      write(this.nodes.said, "");
      this.nodes.do.disabled = false;
      this.form = new Fields(this.desk, this.nodes.fields, fields);
      this.send = send;
      if (!this.nodes.window.open) this.nodes.window.showModal();
      this.form.focus();
    }

    async _do() {
      const { values, missing } = this.form.read(), { speech } = this.desk;
      if (missing.length) return void write(this.nodes.said, speech.say("form.missing", { what: missing.map((field) => speech.say(field.label)).join(", ") }));
      this.nodes.do.disabled = true;
      const answer = await this.send(values);
      this.nodes.do.disabled = false;
      if (answer.state === "done") return void this.nodes.window.close();
      write(this.nodes.said, [speech.say(`ask.${answer.state}`), answer.reason].filter(Boolean).join(": "));
    }
  }

  hotline.parts.push((desk) => (desk.page.querySelector('[data-form="window"]') ? (desk.formWindow = new FormWindow(desk)) : null));
  Object.assign(hexwatch, { Fields, hoursFrom: hours });
})(typeof window === "undefined" ? globalThis : window);
