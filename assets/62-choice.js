/* What would be sent to the selected incident: the recommendation as displayed, and which of its rows are chosen. */
(function (root) {
  "use strict";
  const hexwatch = (root.hexwatch = root.hexwatch || {});
  const JUST_CHANGED_MS = 700; // a digit typed this soon after rows changed was meant for the row that stood there

  /* Knows no page, no network and no clock of its own. Rows keep their numbers while something is chosen: a newer
     recommendation waits in `newer` until it is asked for. */
  class Choice {
    constructor(now = () => performance.now()) {
      this.now = now;
      this.begin("");
    }

    begin(incidentId) {
      this.incident_id = incidentId;
      this.units = new Set();
      this.answer = null; // the recommendation on the screen
      this.newer = null;
      this.rows = [];
      this.rowsAt = -Infinity;
      this.wanted = false; // `d` came before the recommendation
      this.sending = false;
    }

    /* A recommendation came: shown at once while nothing is chosen, or when it names the same units in the same order. */
    recommend(answer) {
      if (answer.incident_id !== this.incident_id) return;
      const same = this.answer && ids(answer).join() === ids(this.answer).join();
      if (this.units.size && !same) this.newer = answer;
      else this._show(answer);
      if (this.wanted) this.take();
    }

    renew() {
      if (!this.newer) return false;
      const chosen = [...this.units];
      this._show(this.newer);
      const named = new Set(ids(this.answer));
      this.units = new Set(chosen.filter((id) => named.has(id)));
      this._rows();
      return true;
    }

    _show(answer) {
      this.answer = answer;
      this.newer = null;
      this._rows();
    }

    /* Picks, next best, then what was added from the map or the board. */
    _rows() {
      const before = this.rows.map((row) => row.unit_id).join();
      const told = this.answer ? [...this.answer.picks, ...this.answer.others] : [];
      const named = new Set(told.map((pick) => pick.unit_id));
      const picks = new Set((this.answer?.picks || []).map((pick) => pick.unit_id));
      const rows = told.map((pick) => ({ unit_id: pick.unit_id, pick, recommended: picks.has(pick.unit_id) }));
      for (const unit_id of this.units) if (!named.has(unit_id)) rows.push({ unit_id, pick: null, recommended: false });
      this.rows = rows.map((row, i) => ({ ...row, n: i + 1, chosen: this.units.has(row.unit_id) }));
      const after = this.rows.map((row) => row.unit_id).join();
      if (before && !after.startsWith(before)) this.rowsAt = this.now(); // added at the end, no number changed its unit
    }

    get settled() {
      return this.now() - this.rowsAt >= JUST_CHANGED_MS;
    }

    take() {
      if (!this.answer) {
        this.wanted = true;
        return false;
      }
      this.wanted = false;
      this.units = new Set(this.answer.picks.map((pick) => pick.unit_id));
      this._rows();
      return true;
    }

    toggle(unitId) {
      if (this.units.has(unitId)) this.units.delete(unitId);
      else this.units.add(unitId);
      this.wanted = false;
      this._rows();
    }

    /* The row with that number, "" when there is none. */
    numbered(n) {
      return this.rows[n - 1]?.unit_id || "";
    }

    clear() {
      this.units.clear();
      this.wanted = false;
      if (this.newer) this._show(this.newer);
      this._rows();
    }

    /* The request that sends exactly what is displayed. `versionOf` knows units that no recommendation named. */
    request(versionOf) {
      const chosen = this.rows.filter((row) => row.chosen);
      const expected = chosen.map((row) => ({ unit_id: row.unit_id, version: row.pick ? row.pick.version : versionOf(row.unit_id) }));
      return {
        incident_id: this.incident_id,
        unit_ids: chosen.map((row) => row.unit_id),
        expected: expected.filter((one) => Number.isInteger(one.version)),
      };
    }
  }

  function ids(answer) {
    return [...answer.picks, ...answer.others].map((pick) => pick.unit_id);
  }

  hexwatch.Choice = Choice;
})(typeof window === "undefined" ? globalThis : window);
