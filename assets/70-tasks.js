/* Callers who must be called back: a silent or abandoned emergency call is not forgotten until somebody said how it ended. */
(function (root) {
  "use strict";
  const hexwatch = (root.hexwatch = root.hexwatch || {});
  const { write, show, element, fillList } = hexwatch;
  const RESULTS = ["reached", "no-answer", "resolved"];

  /* Due first; what has no time yet comes last. */
  function tasksInOrder(tasks) {
    const due = (task) => Date.parse(task.due_at || "") || Infinity;
    return [...tasks].sort((a, b) => due(a) - due(b) || (a.id < b.id ? -1 : 1));
  }

  class Tasks {
    constructor(desk) {
      this.desk = desk;
      this.nodes = Object.fromEntries([...desk.page.querySelectorAll("[data-task]")].map((node) => [node.dataset.task, node]));
      this.numbers = new Map(); // task id -> phone, as long as the window is open
      this.nodes.button.onclick = () => this.open();
      this.nodes.close.onclick = () => this.nodes.window.close();
      this.nodes.window.addEventListener("close", () => this.closed());
      desk.keys.add({ key: "q", act: "call-backs", what: "task.key", run: () => this.open() });
      this.ends = [desk.store.subscribe("tasks", () => this.draw()), desk.store.subscribe("second", () => this.tick())];
      this.draw();
    }

    leave() {
      for (const end of this.ends) end();
    }

    tasks() {
      return tasksInOrder(this.desk.store.topic("tasks").values());
    }

    open() {
      if (this.nodes.window.open) return;
      this.desk.keys.hold("tasks");
      this.draw();
      this.nodes.window.showModal();
    }

    /* Numbers are personal: they are shown when asked for, and gone when the window is. */
    closed() {
      this.numbers.clear();
      this.desk.keys.free("tasks");
    }

    tick() {
      this.tellCount();
      if (this.nodes.window.open) this.draw();
    }

    isLate(task) {
      return Boolean(task.due_at) && Date.parse(task.due_at) <= this.desk.store.now();
    }

    tellCount() {
      const tasks = this.tasks(), late = tasks.filter((task) => this.isLate(task)).length, { button } = this.nodes;
      write(button, this.desk.speech.say("task.count", { n: tasks.length }));
      button.classList.toggle("late", late > 0);
      show(button, tasks.length > 0);
    }

    draw() {
      const { desk, nodes } = this, { speech } = desk, tasks = this.tasks();
      this.tellCount();
      fillList(nodes.rows, tasks, () => this.row(), (row, task) => {
        const [what, due, tries, number, acts] = row.children;
        row.classList.toggle("late", this.isLate(task));
        write(what, [speech.say("task.from", { time: task.at ? speech.when(task.at, desk.store.now()) : "–" }), task.lang && languageName(task.lang, speech), task.incident_id && hexwatch.isolated(task.incident_id)].filter(Boolean).join(" · "));
        write(due, this.dueWords(task));
        write(tries, [task.tries ? speech.say("task.tries", { n: task.tries }) : "", task.owner || ""].filter(Boolean).join(" · "));
        this.numberIn(number, task);
        this.actsIn(acts, task);
      });
      show(nodes.none, !tasks.length);
    }

    dueWords(task) {
      const { desk } = this, { speech } = desk;
      if (!task.due_at) return "–";
      const seconds = (Date.parse(task.due_at) - desk.store.now()) / 1000;
      return seconds <= 0 ? speech.say("task.late", { age: speech.duration(-seconds) }) : speech.say("task.due", { age: speech.duration(seconds) });
    }

    row() {
      const row = element("tr");
      for (const tag of ["th", "td", "td", "td", "td"]) row.append(element(tag));
      row.children[0].scope = "row";
      row.children[3].append(element("bdi"), Object.assign(element("button", "tool"), { type: "button" }));
      return row;
    }

    numberIn(cell, task) {
      const [number, button] = cell.children, known = this.numbers.get(task.id);
      write(number, known === undefined ? (task.phone_known ? "" : this.desk.speech.say("task.no_number")) : known || this.desk.speech.say("task.no_number"));
      write(button, this.desk.speech.say("task.reveal"));
      show(button, Boolean(task.phone_known) && known === undefined);
      button.onclick = () => this.reveal(task);
    }

    /* Every reveal is written into the audit. */
    async reveal(task) {
      const { body } = await this.desk.get(`tasks/${encodeURIComponent(task.id)}`);
      this.numbers.set(task.id, body.private?.phone || body.phone || "");
      this.draw();
    }

    actsIn(cell, task) {
      fillList(cell, RESULTS, () => Object.assign(element("button", "tool"), { type: "button" }), (button, result) => {
        write(button, this.desk.speech.say(`task.${result.replace("-", "_")}`));
        button.onclick = () => this.desk.ask("call_back", { task_id: task.id, result }, { about: `task:${task.id}` });
      });
    }
  }

  /* The caller's language in the page's words; a code that no browser knows stays. */
  function languageName(code, speech) {
    try {
      return new Intl.DisplayNames([speech.tag], { type: "language" }).of(code);
    } catch {
      return code;
    }
  }

  Object.assign(hexwatch, { Tasks, tasksInOrder });
  hexwatch.desk?.parts?.push((desk) => (desk.page.querySelector('[data-task="window"]') ? (desk.tasks = new Tasks(desk)) : { leave() {} }));
})(typeof window === "undefined" ? globalThis : window);
