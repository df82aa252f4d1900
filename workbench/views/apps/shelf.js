// The saved runs of a folder: a list to filter, sort and choose from, and what is to be shown of the chosen one.
//
// The one idea: the list is filtered here, at once; Python hears only which run was chosen and what to show of it.

const COLUMNS = ["total_return", "annual_return", "sharpe", "max_drawdown", "fills", "final_equity"];
const TABS = [
  ["tearsheet", "Tearsheet"],
  ["replay", "Replay"],
  ["compare", "Compare"],
];
const NOTHING = { text: "", strategy: "", first: "", last: "", ranges: [], by: "name", isDown: false };

/** The rows that fit what is sought, in its order; torn ones stand last. */
export function found(rows, sought) {
  return inOrder(rows.filter((row) => fits(row, { ...NOTHING, ...sought })), { ...NOTHING, ...sought });
}

function fits(row, { text, strategy, first, last, ranges }) {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  const told = [row.name, row.strategy, row.parameters, row.assets].join(" ").toLowerCase();
  if (!words.every((word) => told.includes(word))) return false;
  if (strategy && row.strategy !== strategy) return false;
  if (first && !(row.last >= first)) return false;
  if (last && !(row.first <= last)) return false;
  return ranges.every((range) => isWithin(row.figures?.[range.figure], range));
}

/** Without bounds everything is within; within bounds is only what has a value. */
function isWithin(value, { least, most }) {
  const bounds = [least, most].map((bound) => (bound === "" || bound == null ? null : Number(bound)));
  if (bounds.every((bound) => bound === null)) return true;
  if (value == null) return false;
  return (bounds[0] === null || value >= bounds[0]) && (bounds[1] === null || value <= bounds[1]);
}

function inOrder(rows, { by, isDown }) {
  const key = (row) => row.figures?.[by] ?? row[by] ?? null;
  const sign = isDown ? -1 : 1;
  return [...rows].sort((one, two) => {
    const [a, b] = [key(one), key(two)];
    const torn = Boolean(one.trouble) - Boolean(two.trouble);
    if (torn) return torn;
    if (a === null || b === null) return (a === null) - (b === null);
    return sign * compared(a, b) || compared(one.name, two.name);
  });
}

/** Texts as people sort them: 5 before 10, and capitals beside small letters. */
function compared(a, b) {
  return typeof a === "string" ? a.localeCompare(b, "en", { numeric: true, sensitivity: "base" }) : a - b;
}

/** The path of a curve in a box, with its start as a level line. */
export function spark(curve, width, height) {
  const [low, high] = [Math.min(...curve), Math.max(...curve)];
  const y = (value) => (high === low ? height / 2 : height - ((value - low) / (high - low)) * height);
  const x = (place) => (curve.length < 2 ? 0 : (place / (curve.length - 1)) * width);
  const line = curve.map((value, place) => `${place ? "L" : "M"}${x(place).toFixed(1)} ${y(value).toFixed(1)}`).join("");
  return { line, level: y(curve[0]).toFixed(1) };
}

class Shelf {
  constructor(model, element) {
    Object.assign(this, { model, element, ...JSON.parse(model.get("told")) });
    this.sought = { ...NOTHING, ...model.get("sought") };
    element.classList.add("wb", "wb-shelf");
    element.append(this.head(), this.filters(), this.list(), this.bar());
    this.fill();
    this.show();
  }

  set(name, value) {
    this.model.set(name, value);
    this.model.save_changes();
  }

  seek(changed) {
    this.sought = { ...this.sought, ...changed };
    this.set("sought", this.sought);
    this.fill();
  }

  head() {
    const isDark = this.theme === "dark";
    const other = isDark ? "default" : "dark";
    const address = new URL(location.href);
    address.searchParams.set("theme", other);
    const link = make("a", { href: address.href, text: isDark ? "Light" : "Dark", label: `Use the ${isDark ? "light" : "dark"} theme` });
    return make("header", {}, [make("h1", { text: "Saved runs" }), make("p", { text: this.folder, kind: "wb-sub" }), link]);
  }

  filters() {
    const strategies = [...new Set(this.rows.map((row) => row.strategy).filter(Boolean))].sort();
    const field = (name, options) => this.field(name, { value: this.sought[name], ...options });
    this.ranges = make("div", { kind: "wb-shelf-ranges" });
    this.drawRanges();
    const clear = make("button", { text: "Clear", type: "button" });
    clear.addEventListener("click", () => this.clear());
    return make("form", { kind: "wb-shelf-filters", role: "search", label: "Filter the runs" }, [
      field("text", { title: "Search", type: "search", placeholder: "name, parameter, asset" }),
      field("strategy", { title: "Strategy", choices: [["", "all"], ...strategies.map((name) => [name, name])] }),
      field("first", { title: "From", type: "date" }),
      field("last", { title: "To", type: "date" }),
      this.ranges,
      clear,
    ]);
  }

  /** A labelled field that seeks what it says; what is typed counts at once. */
  field(name, { title, choices, ...options }, change = (value) => this.seek({ [name]: value })) {
    const input = choices ? make("select", {}, choices.map(([value, text]) => make("option", { value, text }))) : make("input", options);
    input.value = options.value ?? "";
    input.addEventListener("input", () => change(input.value));
    return make("label", {}, [make("span", { text: title }), input]);
  }

  /** A range for each figure that is asked for, and an empty one after them. */
  drawRanges() {
    const choices = [["", "any figure"], ...Object.entries(this.figures).map(([name, { label }]) => [name, label])];
    const ranges = [...this.sought.ranges, { figure: "", least: "", most: "" }];
    this.ranges.replaceChildren(...ranges.map((range, place) => this.range(range, place, choices)));
  }

  range(range, place, choices) {
    const scale = this.figures[range.figure]?.unit === "percent" ? 100 : 1;
    const change = (changed) => {
      const ranges = [...this.sought.ranges];
      ranges[place] = { figure: "", least: "", most: "", ...ranges[place], ...changed };
      this.seek({ ranges: ranges.filter((each) => each.figure) });
      if ("figure" in changed) this.drawRanges();
    };
    const figure = this.field("figure", { title: "Figure", choices, value: range.figure }, (value) => change({ figure: value, least: "", most: "" }));
    if (!range.figure) return make("div", {}, [figure]);
    const bound = (name, title) => {
      const shown = range[name] === "" || range[name] == null ? "" : range[name] * scale;
      const took = (value) => change({ [name]: value === "" ? "" : Number(value) / scale });
      return this.field(name, { title: scale === 100 ? `${title}, %` : title, type: "number", step: "any", value: shown }, took);
    };
    return make("div", {}, [figure, bound("least", "At least"), bound("most", "At most")]);
  }

  clear() {
    const { by, isDown } = this.sought;
    this.seek({ ...NOTHING, by, isDown });
    this.element.querySelector(".wb-shelf-filters").replaceWith(this.filters());
    this.element.querySelector(".wb-shelf-filters input").focus();
  }

  list() {
    const titles = [["name", "Run"], ["assets", "Assets"], ["first", "Span"], [null, "Equity"]];
    titles.push(...COLUMNS.map((name) => [name, this.figures[name].label]), ["saved", "Saved"]);
    this.titles = titles.map(([by, text]) => this.title(by, text));
    this.body = make("tbody");
    this.count = make("p", { role: "status", kind: "wb-shelf-count" });
    const versus = make("th", { scope: "col", text: "Versus", kind: "wb-shelf-versus" });
    const head = make("thead", {}, [make("tr", {}, [...this.titles, versus])]);
    const table = make("table", { kind: "wb-shelf-table" }, [head, this.body]);
    table.addEventListener("keydown", (event) => this.walked(event));
    return make("section", { label: "Runs" }, [make("div", { kind: "wb-shelf-list" }, [table]), this.count]);
  }

  title(by, text) {
    const cell = make("th", { scope: "col", kind: by && by in this.figures ? "wb-number" : "" });
    cell.dataset.by = by ?? "";
    if (!by) return Object.assign(cell, { textContent: text });
    const button = make("button", { text, type: "button" });
    button.addEventListener("click", () => {
      const isSame = this.sought.by === by;
      this.seek({ by, isDown: isSame ? !this.sought.isDown : by in this.figures || by === "saved" });
    });
    cell.append(button);
    return cell;
  }

  /** The rows as they are sought now. */
  fill() {
    const rows = found(this.rows, this.sought);
    for (const title of this.titles) {
      const isSorted = title.dataset.by === this.sought.by;
      if (isSorted) title.setAttribute("aria-sort", this.sought.isDown ? "descending" : "ascending");
      else title.removeAttribute("aria-sort");
    }
    this.body.replaceChildren(...rows.map((row) => (row.trouble ? this.torn(row) : this.row(row))));
    const all = this.rows.length;
    this.count.textContent = rows.length === all ? `${all} runs` : `${rows.length} of ${all} runs`;
    if (!all) this.count.textContent = "No run was saved below this folder yet; run.save(folder) saves one.";
    this.mark();
  }

  row(row) {
    const open = make("button", { text: row.name, type: "button", kind: "wb-shelf-open" });
    const name = make("th", { scope: "row" }, [open, make("small", { text: `${row.strategy}${row.parameters ? `, ${row.parameters}` : ""}` })]);
    const versus = make("input", { type: "checkbox", label: `Compare with ${row.name}` });
    versus.addEventListener("change", () => this.against(versus.checked ? row.name : ""));
    const figures = COLUMNS.map((each) => make("td", { text: row.texts[each], kind: `wb-number ${tone(each, row.figures[each])}` }));
    const cells = [name, make("td", { text: row.assets }), make("td", { text: `${row.first ?? ""} – ${row.last ?? ""}`, kind: "wb-shelf-span" })];
    const drawn = make("td", {}, [curve(row.curve)]);
    const line = make("tr", {}, [...cells, drawn, ...figures, make("td", { text: row.saved }), make("td", { kind: "wb-shelf-versus" }, [versus])]);
    line.dataset.name = row.name;
    line.addEventListener("click", (event) => event.target.closest("input") || this.choose(row.name));
    return line;
  }

  torn(row) {
    const text = make("td", { text: row.trouble, kind: "wb-shelf-trouble" });
    text.colSpan = this.titles.length;
    return make("tr", { kind: "wb-shelf-torn" }, [make("th", { scope: "row", text: row.name }), text]);
  }

  /** The arrows go from run to run. */
  walked(event) {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!step || !event.target.matches(".wb-shelf-open")) return;
    event.preventDefault();
    const all = [...this.body.querySelectorAll(".wb-shelf-open")];
    all[all.indexOf(event.target) + step]?.focus();
  }

  choose(name) {
    this.set("chosen", name);
    if (this.model.get("versus") === name) this.against("");
    this.show();
  }

  against(name) {
    this.set("versus", name);
    if (name && this.model.get("chosen") && this.model.get("chosen") !== name) this.set("tab", "compare");
    else if (this.model.get("tab") === "compare") this.set("tab", "tearsheet");
    this.show();
  }

  bar() {
    this.chosen = make("h2");
    this.tabs = TABS.map(([name, text]) => {
      const tab = make("button", { text, type: "button", role: "tab" });
      tab.dataset.tab = name;
      tab.addEventListener("click", () => {
        this.set("tab", name);
        this.show();
      });
      return tab;
    });
    const list = make("div", { role: "tablist", label: "What to show of the run" }, this.tabs);
    list.addEventListener("keydown", (event) => {
      const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      if (!step) return;
      const able = this.tabs.filter((tab) => !tab.disabled);
      const next = able[(able.indexOf(event.target) + step + able.length) % able.length];
      next.focus();
      next.click();
    });
    return make("div", { kind: "wb-shelf-bar" }, [this.chosen, list]);
  }

  /** What is chosen, in the list and in the bar below it. */
  show() {
    const [chosen, versus, shown] = ["chosen", "versus", "tab"].map((name) => this.model.get(name));
    const isPair = Boolean(chosen && versus && versus !== chosen);
    this.chosen.textContent = chosen || "Choose a run";
    this.chosen.parentElement.classList.toggle("wb-shelf-idle", !chosen);
    for (const tab of this.tabs) {
      const name = tab.dataset.tab;
      tab.disabled = !chosen || (name === "compare" && !isPair);
      tab.setAttribute("aria-selected", String(!tab.disabled && name === shown));
      tab.tabIndex = name === shown ? 0 : -1;
      if (name === "compare") tab.textContent = isPair ? `Compare with ${versus}` : "Compare";
      if (name === "compare") tab.title = isPair ? "" : "Tick another run under Versus";
    }
    this.mark();
  }

  mark() {
    for (const line of this.body.querySelectorAll("tr[data-name]")) {
      const { name } = line.dataset;
      const isChosen = name === this.model.get("chosen");
      line.classList.toggle("wb-shelf-chosen", isChosen);
      line.querySelector(".wb-shelf-open").setAttribute("aria-pressed", String(isChosen));
      Object.assign(line.querySelector("input"), { checked: name === this.model.get("versus"), disabled: isChosen });
    }
  }
}

/** Losses in red; gains stay quiet. */
function tone(figure, value) {
  return figure.endsWith("_return") && value < 0 ? "wb-down" : "";
}

function curve(values) {
  const [width, height] = [96, 26];
  const drawn = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  drawn.setAttribute("viewBox", `0 -2 ${width} ${height + 4}`);
  drawn.setAttribute("aria-hidden", "true");
  if (!values?.length) return drawn;
  const { line, level } = spark(values, width, height);
  drawn.innerHTML = `<path class="wb-shelf-level" d="M0 ${level}H${width}"/><path class="wb-shelf-curve" d="${line}"/>`;
  return drawn;
}

function make(name, { text, kind, label, role, scope, ...properties } = {}, children = []) {
  const made = Object.assign(document.createElement(name), properties);
  if (text !== undefined) made.textContent = text;
  if (kind) made.className = kind;
  if (label) made.setAttribute("aria-label", label);
  if (role) made.setAttribute("role", role);
  if (scope) made.setAttribute("scope", scope);
  made.append(...children);
  return made;
}

/** An app that nobody asked for light or dark is as the system is. */
function asSystem() {
  const address = new URL(location.href);
  if (address.searchParams.has("theme") || !matchMedia("(prefers-color-scheme: dark)").matches) return false;
  address.searchParams.set("theme", "dark");
  location.replace(address.href);
  return true;
}

function render({ model, el }) {
  if (asSystem()) return undefined;
  const shelf = new Shelf(model, el.appendChild(document.createElement("main")));
  const follow = () => shelf.show();
  for (const name of ["chosen", "versus", "tab"]) model.on(`change:${name}`, follow);
  return () => ["chosen", "versus", "tab"].forEach((name) => model.off(`change:${name}`, follow));
}

export default { render };
