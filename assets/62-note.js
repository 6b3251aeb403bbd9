/* Writing a note: opened by a key, sent by Enter, kept as a draft for its incident. */
(function (root) {
  "use strict";
  const hexwatch = (root.hexwatch = root.hexwatch || {});
  const { desk, show, element } = hexwatch;

  class NoteForm {
    constructor(desk) {
      this.desk = desk;
      this.drafts = new Map();
      this.form = desk.part("note-form");
      this.field = element("textarea", "note-field");
      this.field.rows = 2;
      this.field.maxLength = 2000;
      this.field.placeholder = desk.speech.say("note.placeholder");
      this.field.setAttribute("aria-label", desk.speech.say("note.placeholder"));
      this.form.replaceChildren(this.field);
      this.field.onkeydown = (event) => this._typed(event);
      this.field.oninput = () => this.drafts.set(this.incident, this.field.value);
      desk.part("note-button").onclick = () => this.open();
      desk.keys.add({ key: "n", act: "note", what: "key.note", run: () => this.open() });
      this.off = desk.store.subscribe("selection", () => this.close());
    }

    leave() {
      this.off();
    }

    open() {
      this.incident = this.desk.store.selected();
      if (!this.incident) return void this.desk.hint(this.desk.speech.say("incident.first"));
      this.field.value = this.drafts.get(this.incident) || "";
      show(this.form, true);
      this.field.focus();
      this.form.scrollIntoView({ block: "nearest" });
    }

    close() {
      show(this.form, false);
    }

    /* Enter of an input method chooses a word, it sends nothing. */
    _typed(event) {
      event.stopPropagation();
      if (hexwatch.isComposing(event)) return;
      if (event.key === "Escape") return void this.close();
      if (event.key !== "Enter" || event.shiftKey) return;
      event.preventDefault();
      this._send();
    }

    async _send() {
      const text = this.field.value.trim(), incident_id = this.incident;
      if (!text) return void this.close();
      this.close();
      const answer = await this.desk.ask("note", { incident_id, text });
      if (answer.state === "done" && this.drafts.get(incident_id)?.trim() === text) this.drafts.delete(incident_id);
    }
  }

  desk.parts.push((desk) => new NoteForm(desk));
})(typeof window === "undefined" ? globalThis : window);
