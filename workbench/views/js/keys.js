// The keys of a replay, and what they do: one table for the listener and for the help.

export const KEYS = [
  { keys: [" "], shown: "Space", does: "toggle", text: "play or pause" },
  { keys: ["ArrowRight"], shown: "→", does: "forward", text: "one bar on" },
  { keys: ["ArrowLeft"], shown: "←", does: "back", text: "one bar back" },
  { keys: ["PageDown"], shown: "Page down", does: "leap", text: "100 bars on" },
  { keys: ["PageUp"], shown: "Page up", does: "leapBack", text: "100 bars back" },
  { keys: ["Home"], shown: "Home", does: "first", text: "first bar" },
  { keys: ["End"], shown: "End", does: "last", text: "last bar" },
  { keys: ["n"], shown: "n", does: "nextTrade", text: "next bar with a fill" },
  { keys: ["p"], shown: "p", does: "previousTrade", text: "previous bar with a fill" },
  { keys: ["r"], shown: "r", does: "nextRefusal", text: "next refused order" },
  { keys: ["R"], shown: "Shift+r", does: "previousRefusal", text: "previous refused order" },
  { keys: ["ArrowUp"], shown: "↑", does: "faster", text: "faster" },
  { keys: ["ArrowDown"], shown: "↓", does: "slower", text: "slower" },
  { keys: ["+", "="], shown: "+", does: "zoomIn", text: "zoom in" },
  { keys: ["-"], shown: "−", does: "zoomOut", text: "zoom out" },
  { keys: ["0"], shown: "0", does: "fit", text: "show all of it" },
  { keys: ["d"], shown: "d", does: "jump", text: "go to a date" },
  { keys: ["w"], shown: "w", does: "why", text: "why: the lines of code that ran" },
  { keys: ["g"], shown: "g", does: "guard", text: "guard: does it look ahead here?" },
  { keys: ["?"], shown: "?", does: "help", text: "show or hide the keys" },
];

/** What a key press asks for, or null; presses with Ctrl, Alt or Meta belong to the page. */
export function meant(event) {
  if (event.ctrlKey || event.altKey || event.metaKey) return null;
  return KEYS.find(({ keys }) => keys.includes(event.key))?.does ?? null;
}
