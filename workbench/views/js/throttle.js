// When a slider's move is sent: at once where nothing is under way, else when the answer has come or some time has passed.
//
// The one idea: only the newest wish is kept, so whatever is sent is what the hand wants now.

export class Throttle {
  /** `send(wish)` is called at most once in `wait_ms` without an answer in between. */
  constructor(send, wait_ms = 100, clock = CLOCK) {
    Object.assign(this, { send, wait_ms, clock, wish: null, sent: -Infinity, isOpen: false, timer: null });
  }

  ask(wish) {
    this.wish = wish;
    this.go();
  }

  /** What was sent last has been answered. */
  answered() {
    this.isOpen = false;
    this.go();
  }

  /** Whether something is still to be sent. */
  get isWaiting() {
    return this.wish !== null;
  }

  go() {
    if (this.wish === null) return;
    const left = this.isOpen ? this.sent + this.wait_ms - this.clock.now() : 0;
    if (left > 0) {
      this.timer ??= this.clock.later(() => this.woken(), left);
      return;
    }
    const { wish } = this;
    Object.assign(this, { wish: null, sent: this.clock.now(), isOpen: true });
    this.send(wish);
  }

  woken() {
    this.timer = null;
    this.go();
  }
}

const CLOCK = { now: () => performance.now(), later: (call, wait_ms) => setTimeout(call, wait_ms) };
