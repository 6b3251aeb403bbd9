/* The geometry of every cell ever occupied, by its number; coarser levels through a parent index, never by binning again. */
(function (root) {
  "use strict";
  const hexwatch = (root.hexwatch = root.hexwatch || {});
  const CORNERS = 6;
  const FINEST = 9;
  const COARSER = [8, 7, 6];

  function floats(base64) {
    const text = atob(base64);
    const bytes = new Uint8Array(text.length);
    for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
    return new Float32Array(bytes.buffer);
  }

  function grown(array, length, Type) {
    if (array.length >= length) return array;
    const larger = new Type(Math.max(length, array.length * 2, 1024));
    larger.set(array);
    return larger;
  }

  /* Cells of one resolution: ids, corners in world pixels at zoom 0, and which of them each finest cell lies in. */
  class Level {
    constructor(res) {
      this.res = res;
      this.ids = [];
      this.numberOf = new Map();
      this.corners = new Float64Array(0);
      this.memberOf = new Int32Array(0);
      this.members = 0;
    }

    get size() {
      return this.ids.length;
    }

    add(id, latLngs, from) {
      const known = this.numberOf.get(id);
      if (known !== undefined) return known;
      const number = this.ids.length;
      this.ids.push(id);
      this.numberOf.set(id, number);
      this.corners = grown(this.corners, (number + 1) * CORNERS * 2, Float64Array);
      for (let corner = 0; corner < CORNERS; corner++) {
        const at = (number * CORNERS + corner) * 2;
        this.corners[at] = hexwatch.worldX(latLngs[from + corner * 2 + 1]);
        this.corners[at + 1] = hexwatch.worldY(latLngs[from + corner * 2]);
      }
      return number;
    }

    join(member, number) {
      this.memberOf = grown(this.memberOf, member + 1, Int32Array);
      this.memberOf[member] = number;
      this.members = Math.max(this.members, member + 1);
    }

    /* The cell that holds a world point, among those for which `holds(number)` is true; -1 for none. */
    at(x, y, holds) {
      for (let number = 0; number < this.ids.length; number++) {
        if (holds(number) && this._contains(number, x, y)) return number;
      }
      return -1;
    }

    _contains(number, x, y) {
      const corners = this.corners, first = number * CORNERS * 2;
      let inside = false;
      for (let i = 0, j = CORNERS - 1; i < CORNERS; j = i++) {
        const xi = corners[first + 2 * i], yi = corners[first + 2 * i + 1];
        const xj = corners[first + 2 * j], yj = corners[first + 2 * j + 1];
        if (yi > y !== yj > y && x < ((xj - xi) * (y - yi)) / (yj - yi) + xi) inside = !inside;
      }
      return inside;
    }
  }

  class Grid {
    constructor() {
      this.clear();
    }

    clear() {
      this.levels = {};
      for (const res of [FINEST, ...COARSER]) this.levels[res] = new Level(res);
    }

    get size() {
      return this.levels[FINEST].size;
    }

    /* Whether an answer that starts inside what is known tells of the same grid. */
    agrees(answer) {
      return answer.cells.every((id, i) => {
        const known = this.levels[FINEST].ids[answer.from + i];
        return known === undefined || known === id;
      });
    }

    /* Take an answer of /live/grid. One that leaves a hole or repeats what is known changes nothing. */
    add(answer) {
      if (answer.from > this.size) return;
      const fresh = this.size - answer.from;
      const finest = this.levels[FINEST], corners = floats(answer.boundary);
      for (let i = fresh; i < answer.cells.length; i++) {
        const number = finest.add(answer.cells[i], corners, i * CORNERS * 2);
        finest.join(answer.from + i, number);
      }
      for (const res of COARSER) {
        const coarse = answer.coarse[res];
        if (coarse) this._addCoarse(this.levels[res], coarse, answer.from, fresh, answer.cells.length);
      }
    }

    _addCoarse(level, coarse, from, first, count) {
      const corners = floats(coarse.boundary);
      const numbers = coarse.ids.map((id, i) => level.add(id, corners, i * CORNERS * 2));
      for (let i = first; i < count; i++) level.join(from + i, numbers[coarse.index[i]]);
    }
  }

  Object.assign(hexwatch, { Grid, CORNERS, FINEST });
})(typeof window === "undefined" ? globalThis : window);
