/* What a browser remembers of a desk's looks; one that forbids storage remembers as long as the page lives. */
(function (root) {
  "use strict";
  const hexwatch = (root.hexwatch = root.hexwatch || {});
  const PREFIX = "hexwatch.desk.";

  const kept = {
    get(name) {
      try {
        return JSON.parse(root.localStorage.getItem(PREFIX + name));
      } catch {
        return null;
      }
    },
    /* Whether it will be there after a reload. */
    set(name, value) {
      try {
        if (value === null) root.localStorage.removeItem(PREFIX + name);
        else root.localStorage.setItem(PREFIX + name, JSON.stringify(value));
        return true;
      } catch {
        return false;
      }
    },
  };

  hexwatch.keptLooks = kept;
})(typeof window === "undefined" ? globalThis : window);
