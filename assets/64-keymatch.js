/* Which letter a key press means, on any layout. No page. */
(function (root) {
  "use strict";
  const hexwatch = (root.hexwatch = root.hexwatch || {});
  const COMPOSING = 229; // what browsers call a key that went to an input method
  const PLACES = { Slash: ["/", "?"], Semicolon: [";", ":"], Period: [".", ">"], Comma: [",", "<"], Minus: ["-", "_"], Equal: ["=", "+"] };

  function isComposing(event) {
    return event.isComposing || event.keyCode === COMPOSING || event.key === "Process";
  }

  /* The letter that is typed; where the layout has no Latin letters, the one that stands at that place on a Latin
     keyboard. Digits count by their place also where they need a shift (AZERTY), unless the sign there is a key itself. */
  function letterOf(event, known = new Set()) {
    const key = [...event.key].length === 1 ? event.key.toLowerCase() : event.key;
    if (known.has(key)) return key;
    const place = placeOf(event);
    if (/[^\x20-\x7e]/.test(key)) return place || key;
    return /^[0-9]$/.test(place) && key.length === 1 && !event.shiftKey ? place : key;
  }

  function placeOf({ code = "", shiftKey }) {
    if (/^Key[A-Z]$/.test(code)) return code[3].toLowerCase();
    if (/^(Digit|Numpad)[0-9]$/.test(code)) return code.at(-1);
    const signs = PLACES[code];
    return signs ? signs[shiftKey ? 1 : 0] : "";
  }

  /* `n`, `?`, `ArrowDown`, `ctrl+Enter`. A letter with alt or the system's key is somebody else's. */
  function chordOf(event, known) {
    if (event.altKey) return "";
    const letter = letterOf(event, known);
    return event.ctrlKey || event.metaKey ? `ctrl+${letter}` : letter;
  }

  Object.assign(hexwatch, { chordOf, letterOf, isComposing });
})(typeof window === "undefined" ? globalThis : window);
