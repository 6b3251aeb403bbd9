/* A further alarm of the plan: one press, seen by every desk, and what it asks for is recommended from then on. */
(function (root) {
  "use strict";
  const hexwatch = (root.hexwatch = root.hexwatch || {});
  const { desk, write, show } = hexwatch;

  class FurtherAlarm {
    constructor(desk) {
      this.desk = desk;
      this.button = desk.part("rec-alarm");
      this.button.onclick = () => this.raise();
      this.button.title = desk.speech.say("key.further_alarm");
      desk.keys.add({ key: "f", act: "further-alarm", what: "key.further_alarm", run: () => this.raise() });
      this.off = ["choice", "asks", "queue"].map((topic) => desk.store.subscribe(topic, () => this.draw()));
    }

    leave() {
      for (const off of this.off) off();
    }

    /* The alarm that would come next, 0 where the plan knows no further one. */
    get next() {
      const { store } = this.desk, row = store.topic("queue").get(store.selected()), plan = this.desk.recommendation(store.selected())?.plan;
      return row && plan && row.alarm < plan.alarms ? row.alarm + 1 : 0;
    }

    get isAsking() {
      return [...this.desk.asks.values()].some((ask) => ask.verb === "further_alarm" && ask.state === "pending");
    }

    draw() {
      const { desk, next } = this;
      show(this.button, next > 0);
      if (!next) return;
      write(desk.part("rec-alarm-text"), desk.speech.say("plan.further", { n: next }));
      write(this.button.querySelector("kbd"), hexwatch.keySaid(desk.keys.keyOf("further-alarm")));
      this.button.disabled = this.isAsking || !desk.setup.who.may_ask;
    }

    raise() {
      const { desk, next } = this, { speech } = desk;
      if (!next) return void desk.hint(speech.say("plan.no_further"));
      if (!desk.setup.who.may_ask) return void desk.hint(speech.say("ask.forbidden"));
      if (this.isAsking) return;
      desk.ask("further_alarm", { incident_id: desk.store.selected(), alarm: next });
    }
  }

  desk.parts.push((desk) => (desk.furtherAlarm = new FurtherAlarm(desk)));
})(typeof window === "undefined" ? globalThis : window);
