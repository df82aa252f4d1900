// Plays: as many steps for each frame of the browser as its speed asks for.
//
// The one idea: time that was too short for a whole step is kept for the next frame, so 1000 bars a second are 1000.

const LONGEST_S = 0.25; // A tab that was hidden does not jump when it comes back.

export class Player {
  /** `step(n)` goes on by n bars and says whether there are more; `changed` hears of starts and stops. */
  constructor(step, changed, frame = (call) => requestAnimationFrame(call)) {
    Object.assign(this, { step, changed, frame, speed: 10, isPlaying: false });
  }

  toggle() {
    if (this.isPlaying) this.stop();
    else this.start();
  }

  start() {
    this.isPlaying = true;
    this.rest = 0;
    this.last = null;
    this.changed(true);
    this.frame((now) => this.tick(now));
  }

  stop() {
    if (!this.isPlaying) return;
    this.isPlaying = false;
    this.changed(false);
  }

  tick(now) {
    if (!this.isPlaying) return;
    const passed = this.last === null ? 0 : Math.min((now - this.last) / 1000, LONGEST_S);
    this.last = now;
    this.rest += passed * this.speed;
    const steps = Math.floor(this.rest);
    this.rest -= steps;
    if (steps && !this.step(steps)) this.stop();
    else this.frame((next) => this.tick(next));
  }
}
