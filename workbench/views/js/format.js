// Numbers and times as text, the same on every machine: UTC, a comma for thousands, a point for parts.

const PLACES = new Map();

/** A number with so many digits behind the point; nothing for none. */
export function fixed(value, digits) {
  if (value === null || value === undefined || Number.isNaN(value)) return "–";
  if (!PLACES.has(digits)) {
    const places = { minimumFractionDigits: digits, maximumFractionDigits: digits };
    PLACES.set(digits, new Intl.NumberFormat("en-US", places));
  }
  return PLACES.get(digits).format(value);
}

/** A number with at most so many digits behind the point. */
export function number(value, digits = 8) {
  const text = fixed(value, digits);
  return text.includes(".") ? text.replace(/\.?0+$/, "") : text;
}

/** A value of an indicator: six digits that mean something. */
export function value(given) {
  if (Number.isNaN(given)) return "–";
  const power = given === 0 ? 0 : Math.floor(Math.log10(Math.abs(given)));
  return number(given, Math.max(0, Math.min(12, 5 - power)));
}

/** A volume or another large count, short: 1.25M. */
export function short(given) {
  if (Number.isNaN(given)) return "–";
  for (const [size, unit] of [[1e9, "B"], [1e6, "M"], [1e3, "k"]]) {
    if (Math.abs(given) >= size) return `${fixed(given / size, 2)}${unit}`;
  }
  return number(given, 2);
}

export function percent(part, digits = 2) {
  return Number.isNaN(part) ? "–" : `${fixed(100 * part, digits)}%`;
}

/** The day of a number of days since 1970. */
export function day(days) {
  return new Date(days * 86_400_000).toISOString().slice(0, 10);
}

/** A time in seconds since 1970, to the minute, or to the second where it has any. */
export function clock(seconds) {
  const text = new Date(seconds * 1000).toISOString().slice(0, 19).replace("T", " ");
  return text.endsWith(":00") ? text.slice(0, 16) : text;
}

/** What a slice is called: its session, or its time where days have several. */
export function moment(run, slice) {
  return run.about.daily ? day(run.slices.session[slice]) : `${clock(run.slices.time[slice])} UTC`;
}
