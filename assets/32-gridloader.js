/* Fetches the geometry of cells once per cell: only what is new, part after part until nothing is missing. */
(function (root) {
  "use strict";
  const hexwatch = (root.hexwatch = root.hexwatch || {});
  const PAUSE_MS = 1000; // when a part brought nothing: the server does not know those cells yet either

  class GridLoader {
    /* `live()` is the page's connection, `changed()` is called after each part that came. */
    constructor(cells, address, live, changed) {
      Object.assign(this, { cells, address, live, changed, epoch: null, loading: false });
    }

    leave() {
      clearTimeout(this.again);
      this.gone = true;
    }

    get isShort() {
      return this.cells.counts.reach > this.cells.grid.size;
    }

    /* After a change of counts. A new epoch may mean another grid, so its last cell is checked. */
    heed() {
      if (this.isShort || this.live().picture.epoch !== this.epoch) this.load();
    }

    async load() {
      if (this.loading || this.gone) return;
      this.loading = true;
      clearTimeout(this.again);
      let before;
      try {
        do {
          before = this.cells.grid.size;
          await this._part();
        } while (this.isShort && this.cells.grid.size > before && !this.gone);
      } catch {
        hexwatch.stats.snapshotsFailed++;
      }
      this.loading = false;
      if (this.isShort && !this.gone) this.again = setTimeout(() => this.load(), PAUSE_MS);
    }

    async _part() {
      const { grid, counts } = this.cells, live = this.live(), { epoch } = live.picture;
      const answer = await live.fetchJson(`${this.address}?from=${Math.max(0, grid.size - 1)}`);
      if (!grid.agrees(answer) || answer.total < grid.size) {
        grid.clear();
        grid.add(await live.fetchJson(`${this.address}?from=0`));
      } else {
        grid.add(answer);
      }
      this.epoch = epoch;
      counts.version++;
      this.changed();
    }
  }

  hexwatch.GridLoader = GridLoader;
})(typeof window === "undefined" ? globalThis : window);
