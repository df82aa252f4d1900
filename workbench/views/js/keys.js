// The keys of a replay, and what they do: one table for the listener, for the help and for the names of the buttons.
//
// The one idea: what only some replays can do comes first, and takes its keys from what all of them can; that is still
// reached by its other key.

export const KEYS = [
  { keys: [" "], does: "toggle", text: "play or pause" },
  { keys: ["ArrowRight"], does: "forward", text: "one bar on" },
  { keys: ["ArrowLeft"], does: "back", text: "one bar back" },
  { keys: ["PageDown"], does: "leap", text: "100 bars on" },
  { keys: ["PageUp"], does: "leapBack", text: "100 bars back" },
  { keys: ["Home"], does: "first", text: "first bar" },
  { keys: ["End"], does: "last", text: "last bar" },
  { keys: ["n", "f"], does: "nextTrade", text: "next bar with a fill" },
  { keys: ["p", "F"], does: "previousTrade", text: "previous bar with a fill" },
  { keys: ["r"], does: "nextRefusal", text: "next refused order" },
  { keys: ["R"], does: "previousRefusal", text: "previous refused order" },
  { keys: ["ArrowUp", ">"], does: "faster", text: "faster" },
  { keys: ["ArrowDown", "<"], does: "slower", text: "slower" },
  { keys: ["+", "="], does: "zoomIn", text: "zoom in" },
  { keys: ["-"], does: "zoomOut", text: "zoom out" },
  { keys: ["0"], does: "fit", text: "show all of it" },
  { keys: ["d"], does: "jump", text: "go to a date" },
  { keys: ["w"], does: "why", text: "why: the lines of code that ran" },
  { keys: ["g"], does: "guard", text: "guard: does it look ahead here?" },
  { keys: ["?"], does: "help", text: "show or hide the keys" },
];
const DIFFERENCES = [
  { keys: ["n"], does: "nextDifference", text: "next bar with other fills" },
  { keys: ["p"], does: "previousDifference", text: "previous bar with other fills" },
];
const ASSETS = [
  { keys: ["a"], does: "nextAsset", text: "next asset" },
  { keys: ["A"], does: "previousAsset", text: "previous asset" },
];
const STANCES = [
  { keys: ["ArrowUp"], does: "goLong", text: "go long" },
  { keys: ["ArrowDown"], does: "goShort", text: "go short" },
  { keys: ["x"], does: "goFlat", text: "go flat" },
];
const SHOWN = {
  " ": "Space", ArrowRight: "→", ArrowLeft: "←", ArrowUp: "↑", ArrowDown: "↓", PageDown: "Page down",
  PageUp: "Page up", "-": "−", R: "Shift+r", F: "Shift+f", A: "Shift+a",
};

/** The table of a run: rows of keys, what they do, the text of it, and how the first of the keys is shown. */
export function keysOf({ about }) {
  const own = [
    ...(about.rival ? DIFFERENCES : []),
    ...(about.hidden ? STANCES : []),
    ...((about.assets?.length ?? 0) > 1 ? ASSETS : []),
  ];
  const taken = new Set(own.flatMap(({ keys }) => keys));
  const rest = KEYS.map((row) => ({ ...row, keys: row.keys.filter((key) => !taken.has(key)) }));
  return [...rest.slice(0, 3), ...own, ...rest.slice(3)].map((row) => ({ ...row, shown: SHOWN[row.keys[0]] ?? row.keys[0] }));
}

/** What a key press asks for, or null; presses with Ctrl, Alt or Meta belong to the page. */
export function meant(event, table) {
  if (event.ctrlKey || event.altKey || event.metaKey) return null;
  return table.find(({ keys }) => keys.includes(event.key))?.does ?? null;
}
