// What only Python can tell of a bar: the lines of code that ran there, and whether its decisions look ahead.
//
// The one idea: a question and its answer carry the number of a slice, so an answer that comes late is known to be of
// another bar. Nothing can be asked until a kernel has said that it is there.

import { element } from "./face.js";
import { say } from "./words.js";

const PATIENCE_MS = 20_000;

export class Asking {
  /** `model` hears the answers to what `send` sends. */
  constructor(replay, model, send) {
    Object.assign(this, { replay, model, send, isOpen: false, answer: null, asked: null, badge: null, waits: null });
    this.hears = (content) => this.heard(content);
    model.on("msg:custom", this.hears);
    send({ ask: "what" });
  }

  heard(content) {
    if (content?.answer === "what") {
      this.replay.asking = this;
      this.replay.find(".wb-replay-ask").hidden = false;
    } else if (content?.answer === "why") {
      this.told(content);
    } else if (content?.answer === "guard") {
      this.judged(content);
    }
  }

  /** Opens the lines that ran, or closes them; while they are open they follow the cursor. */
  toggle() {
    this.isOpen = !this.isOpen;
    this.replay.element.classList.toggle("wb-replay-wide", this.isOpen);
    this.replay.find("[data-does=why]").setAttribute("aria-pressed", String(this.isOpen));
    if (this.isOpen) this.ask();
    this.replay.tell();
  }

  ask() {
    const { slice } = this.replay;
    if (this.asked === slice || this.answer?.slice === slice) return;
    this.asked = slice;
    this.send({ ask: "why", slice });
  }

  told(answer) {
    if (answer.slice === this.asked) this.asked = null;
    this.answer = answer;
    this.replay.tell();
  }

  /** Runs the audit at the cursor, one at a time. */
  guard() {
    if (this.waits) return;
    const { slice } = this.replay;
    this.waits = setTimeout(() => this.judged({ slice, tone: "warn", text: say("guard_no_answer") }), PATIENCE_MS);
    this.replay.find("[data-does=guard]").setAttribute("aria-busy", "true");
    this.show("busy", say("guard_busy"));
    this.send({ ask: "guard", slice });
  }

  judged({ slice, tone, text }) {
    clearTimeout(this.waits);
    this.waits = null;
    this.replay.find("[data-does=guard]").removeAttribute("aria-busy");
    this.badge = slice;
    this.show(tone, text);
  }

  show(tone, text) {
    const badge = this.replay.find(".wb-replay-badge");
    badge.dataset.tone = tone;
    badge.textContent = text;
  }

  /** The cursor has come to rest on another bar: the lines follow, and a badge was about the bar it was left at. */
  rested() {
    if (this.badge !== null && this.badge !== this.replay.slice) {
      this.badge = null;
      if (!this.waits) this.show("", "");
    }
    if (this.isOpen) this.ask();
  }

  /** Another run is shown: what was told was about the one before. */
  forget() {
    Object.assign(this, { answer: null, asked: null, badge: null });
    if (!this.waits) this.show("", "");
    if (this.isOpen) this.ask();
  }

  /** The answer as elements, over the facts of a slice. */
  elements(slice) {
    if (!this.isOpen) return [];
    if (this.answer?.slice === slice) return answerOf(this.answer);
    return [element("p", say("why_waits"), "wb-replay-waits")];
  }

  remove() {
    clearTimeout(this.waits);
    this.model.off("msg:custom", this.hears);
  }
}

/** Notes, members, calls and rules, made of texts only. */
export function answerOf({ notes, calls, rules, members }) {
  const told = notes.map((note) => element("p", note, "wb-note"));
  const listed = members.map(([name, text]) => element("p", `${name}: ${text}`, "wb-replay-member"));
  return [...told, ...listed, ...calls.flatMap(callOf), ...rules.flatMap(ruleOf)];
}

function callOf({ name, unknown, lines }) {
  const list = element("ol", "", "wb-replay-code");
  for (const [number, text, ran, beside] of lines) {
    const line = element("li", "", ran ? "" : "wb-idle");
    line.append(element("i", String(number)), element("code", text || " "), element("span", beside));
    list.append(line);
  }
  return [element("h3", name), unknown ? element("p", unknown, "wb-replay-waits") : list];
}

function ruleOf({ name, lines }) {
  const list = element("ol", "", "wb-replay-code");
  for (const [depth, text, told, tone] of lines) {
    const line = element("li", "");
    const code = element("code", text);
    code.style.paddingLeft = `${depth * 16}px`;
    line.append(code, element("span", told, tone ? `wb-${tone}` : ""));
    list.append(line);
  }
  return [element("h3", name), list];
}
