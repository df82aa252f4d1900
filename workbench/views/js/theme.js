// The colours of the page around us, as the canvas needs them, and a word whenever they change.
//
// The one idea: a theme says that it changes by an attribute, and its style sheet comes some time later; so after each sign
// the colours are looked at a few times, and told when they differ.

const ROLES = ["ink", "dim", "edge", "ground", "panel", "accent", "muted", "gain", "loss", "warn"];
const LOOKS_MS = [0, 60, 250, 800, 2000];
const UNKNOWN = "rgb(128, 128, 128)"; // Of what is not in a page yet, or not any more.

/** The colours by role, as rgb() texts. */
export function colours(probes) {
  return Object.fromEntries(ROLES.map((role) => [role, getComputedStyle(probes[role]).color || UNKNOWN]));
}

/** A colour with another opacity. */
export function faded(colour, alpha) {
  const [red, green, blue] = colour.match(/[\d.]+/g);
  return `rgba(${red}, ${green}, ${blue}, ${alpha})`;
}

/** Whether a colour is nearer to black than to white, as an eye sees it. */
export function isDark(colour) {
  const [red, green, blue] = colour.match(/[\d.]+/g).map(Number);
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue < 128;
}

/** Puts the probes into an element and calls `changed(colours)` at every change; gives the first colours, and an end. */
export function follow(element, changed) {
  const probes = Object.fromEntries(ROLES.map((role) => [role, probe(element, role)]));
  let known = colours(probes);
  // What the browser draws itself, such as lists and the signs in fields, is light or dark as a whole.
  const tell = () => (element.style.colorScheme = isDark(known.ground) ? "dark" : "light");
  tell();
  const look = () => {
    const now = colours(probes);
    if (ROLES.every((role) => now[role] === known[role])) return;
    known = now;
    tell();
    changed(now);
  };
  const sign = () => LOOKS_MS.forEach((wait) => setTimeout(look, wait));
  if (!element.isConnected) sign();
  const watcher = new MutationObserver(sign);
  for (const each of [document.documentElement, document.body]) watcher.observe(each, { attributes: true });
  const system = matchMedia("(prefers-color-scheme: dark)");
  system.addEventListener("change", sign);
  const end = () => {
    watcher.disconnect();
    system.removeEventListener("change", sign);
  };
  return { first: known, end };
}

function probe(element, role) {
  const made = document.createElement("i");
  made.className = "wb-replay-probe";
  made.style.color = `var(--wb-${role})`;
  made.setAttribute("aria-hidden", "true");
  element.append(made);
  return made;
}
