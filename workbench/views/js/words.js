// The words of a bar's facts, which Python reads too, and their places filled.

import WORDS from "../wording.json" with { type: "json" };

/** The text of a key, with what is given in its places. */
export function say(key, given = {}) {
  return WORDS[key].replace(/\{(\w+)\}/g, (_, name) => given[name]);
}
