/* The person at this desk: a PIN for the quick way back from the lock, and signing out here or everywhere. */
(function (root) {
  "use strict";
  const hexwatch = (root.hexwatch = root.hexwatch || {});
  const { write } = hexwatch;
  const WHY = { 400: "lock.pin_bad", 403: "lock.pin_wrong", 429: "lock.often" };

  class Account {
    constructor(desk) {
      this.desk = desk;
      this.nodes = Object.fromEntries([...desk.page.querySelectorAll("[data-account]")].map((node) => [node.dataset.account, node]));
      this.fields = hexwatch.fieldsIn(this.nodes.form);
      this.opener = desk.part("who");
      this.opener.disabled = !desk.setup.who.is_person; // a key is nobody
      this.opener.onclick = () => this.open();
      this.nodes.close.onclick = () => this.nodes.window.close();
      this.nodes.out.onclick = () => this.signOut(false);
      this.nodes.everywhere.onclick = () => this.signOut(true);
      this.nodes.window.addEventListener("close", () => this.closed());
      this.nodes.form.addEventListener("submit", (event) => {
        event.preventDefault();
        this.setPin();
      });
    }

    leave() {}

    async open() {
      const { desk, nodes } = this;
      if (nodes.window.open) return;
      desk.keys.hold("account");
      this.tell("");
      write(nodes["has-pin"], "");
      nodes.window.showModal();
      const { status, body } = await desk.get("/account");
      if (status === 200) this.tellPin(body.has_pin);
    }

    /* What was typed is gone when the window is. */
    closed() {
      this.fields.password.value = this.fields.pin.value = "";
      this.desk.keys.free("account");
    }

    tell(text, isBad = false) {
      write(this.nodes.told, text);
      this.nodes.told.dataset.state = isBad ? "failed" : "";
    }

    tellPin(hasPin) {
      write(this.nodes["has-pin"], this.desk.speech.say(hasPin ? "lock.pin_known" : "lock.pin_none"));
      if (this.desk.lock) this.desk.lock.hasPin = hasPin;
    }

    async setPin() {
      const { desk, fields } = this, { speech } = desk;
      const { status, body } = await desk.post("/account/pin", { password: fields.password.value, pin: fields.pin.value.trim() });
      fields.password.value = "";
      if (status !== 200) return void this.tell(speech.say(WHY[status] || "lock.unsent"), true);
      fields.pin.value = "";
      this.tell(speech.say("lock.pin_set"));
      this.tellPin(body.has_pin);
    }

    /* The page that says goodbye also asks once more whoever still owns incidents. */
    signOut(everywhere) {
      this.desk.paper?.forget();
      const form = document.createElement("form"), said = { csrf: this.desk.setup.who.csrf, ...(everywhere ? { everywhere: "1" } : {}) };
      form.method = "post";
      form.action = `/signout?lang=${this.desk.setup.lang.id}`;
      for (const [name, value] of Object.entries(said)) form.append(Object.assign(document.createElement("input"), { type: "hidden", name, value }));
      document.body.append(form);
      form.submit();
    }
  }

  hexwatch.Account = Account;
  hexwatch.desk?.parts?.push((desk) => (desk.page.querySelector("[data-account=window]") ? (desk.account = new Account(desk)) : { leave() {} }));
})(typeof window === "undefined" ? globalThis : window);
