/* Ranking of the units: three rates with what they are of, ranks as ranges, and the rule that made the order. */
(function (root) {
  "use strict";
  const hexwatch = (root.hexwatch = root.hexwatch || {});
  const { hotline, write, show, element, fillList, isolated } = hexwatch;
  const MONTHS = 12;
  const RATES = ["response", "resolution", "satisfaction"];

  /* The last months as YYYY-MM by the city's day, the running one first. */
  function months(day, n = MONTHS) {
    const [year, month] = day.split("-").map(Number);
    return Array.from({ length: n }, (_, i) => {
      const at = new Date(Date.UTC(year, month - 1 - i, 1));
      return at.toISOString().slice(0, 7);
    });
  }

  class Ranking {
    constructor(desk) {
      this.desk = desk;
      this.level = desk.part("ranking-level");
      this.period = desk.part("ranking-period");
      this.level.onchange = this.period.onchange = () => this.look();
      this.off = [desk.store.subscribe("lower", (name) => name === "ranking" && this._begin())];
    }

    leave() {
      this.gone = true;
      for (const off of this.off) off();
    }

    _begin() {
      const { desk } = this, { speech } = desk, said = new Intl.DateTimeFormat(speech.tag, { month: "long", year: "numeric", timeZone: "UTC" });
      const wanted = months(speech.iso.format(new Date(desk.store.now())));
      if (this.period.options.length !== wanted.length || this.period.options[0].value !== wanted[0]) this.period.replaceChildren(...wanted.map((month) => new Option(said.format(new Date(`${month}-15T00:00:00Z`)), month)));
      this.look();
    }

    async look() {
      const { desk } = this, { speech } = desk, asked = `${this.level.value} ${this.period.value}`;
      if (!this.drawn) hotline.empty(desk.part("ranking-empty"), speech.say("case.loading"));
      const { status, body } = await desk.get(`rankings?${hotline.query({ level: this.level.value, period: this.period.value })}`);
      if (this.gone || asked !== `${this.level.value} ${this.period.value}`) return;
      const rows = status === 200 ? body.rows || [] : [];
      this.drawn = status === 200;
      hotline.empty(desk.part("ranking-empty"), rows.length ? "" : status === 200 ? speech.say("ranking.none") : hotline.trouble(status));
      show(desk.part("ranking-table"), rows.length > 0);
      fillList(desk.part("ranking-rows"), rows, () => rankRow(), (node, row) => this._fill(node, row));
      this._rule(status === 200 ? body : null);
    }

    /* The rule's version and date stand with every ranking; what was left out is said below it. */
    _rule(body) {
      const { speech } = this.desk, rule = body?.rule;
      write(this.desk.part("ranking-rule"), rule ? [speech.say("ranking.rule", { version: rule.version ?? "–", dated: isolated(rule.dated || "–") }), rule.label && speech.say("ranking.label", { label: rule.label }), rule.weights && RATES.map((name) => `${speech.say(`ranking.${name}`)} ${speech.shares.format(rule.weights[name])}`).join(", ")].filter(Boolean).join(" · ") : "");
      const excluded = body?.excluded || {}, n = typeof excluded === "number" ? excluded : Object.values(excluded).reduce((sum, one) => sum + (typeof one === "number" ? one : 0), 0);
      write(this.desk.part("ranking-foot"), body ? [n ? speech.say("ranking.excluded", { n }) : "", body.waiting ? speech.say("ranking.waiting", { n: body.waiting }) : "", speech.say("ranking.few")].filter(Boolean).join(" · ") : "");
    }

    _fill(node, row) {
      const { speech } = this.desk, [rank, unit, cases, ...rates] = node.children, score = rates.pop();
      const [low, high] = row.rank || [];
      write(rank, low === undefined || low === null ? "–" : low === high ? speech.number(low) : speech.range(low, high));
      write(unit, hotline.owner(row.unit));
      write(cases, speech.number(row.dispatched ?? 0));
      RATES.forEach((name, i) => this._rate(rates[i], row[name]));
      const points = (n) => speech.tenths.format(n);
      write(score.children[0], row.score ? points(row.score.value) : "–");
      write(score.children[1], row.score ? isolated(`${points(row.score.low)}–${points(row.score.high)}`) : "");
    }

    /* 91 % of 340, with its interval below; nothing where there are too few. */
    _rate(cell, rate) {
      const { speech } = this.desk, [value, interval] = cell.children, percent = (n) => speech.shares.format(n);
      write(value, rate ? speech.say("rate.share", { share: percent(rate.value), of: rate.of }) : "–");
      write(interval, rate && typeof rate.low === "number" ? isolated(`${percent(rate.low)}–${percent(rate.high)}`) : "");
      cell.title = rate ? speech.say("ranking.of", { n: rate.n, of: rate.of }) : speech.say("ranking.few");
    }
  }

  function rankRow() {
    const row = element("tr"), unit = element("th");
    unit.scope = "row";
    row.append(element("td", "number"), unit, element("td", "number"));
    for (let i = 0; i <= RATES.length; i++) {
      const cell = element("td", "number");
      cell.append(element("span"), element("small", "quiet"));
      row.append(cell);
    }
    return row;
  }

  hotline.panel("ranking-rows", (desk) => (desk.ranking = new Ranking(desk)));
  Object.assign(hexwatch, { monthsBack: months });
})(typeof window === "undefined" ? globalThis : window);
