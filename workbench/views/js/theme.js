// The colours of the page around us, as the canvas needs them, and a word whenever they change.
//
// The one idea: a hidden element takes each colour by a transition, so the browser itself tells of every change, whether
// the notebook's theme, the system's or a style sheet that came late is behind it.

const ROLES = ["ink", "dim", "edge", "ground", "panel", "accent", "muted", "gain", "loss", "warn"];

/** The colours by role, as rgb() texts. */
export function colours(probes) {
  return Object.fromEntries(ROLES.map((role) => [role, getComputedStyle(probes[role]).color]));
}

/** A colour with another opacity. */
export function faded(colour, alpha) {
  const [red, green, blue] = colour.match(/[\d.]+/g);
  return `rgba(${red}, ${green}, ${blue}, ${alpha})`;
}

/** Puts the probes into an element and calls `changed(colours)` at every change; gives the first colours. */
export function follow(element, changed) {
  const probes = {};
  for (const role of ROLES) {
    probes[role] = document.createElement("i");
    probes[role].className = "wb-replay-probe";
    probes[role].style.color = `var(--wb-${role})`;
    probes[role].setAttribute("aria-hidden", "true");
    element.append(probes[role]);
  }
  let waiting = 0;
  element.addEventListener("transitionend", (event) => {
    if (!event.target.classList?.contains("wb-replay-probe")) return;
    cancelAnimationFrame(waiting);
    waiting = requestAnimationFrame(() => changed(colours(probes)));
  });
  return colours(probes);
}
