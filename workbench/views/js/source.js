// Where the runs of a widget come from: the trait `data`, and for a long run the traits `asked` and `parts`.
//
// The one idea: traits change in the order in which Python sets them, so parts that come belong to the newest data, and
// data belong to the asset that was set before them.

import { unpack } from "./packed.js";
import { partOf, wholeOf } from "./whole.js";

export class Source {
  constructor(model) {
    Object.assign(this, { model, asked: 0, newest: null, ends: [] });
  }

  /** The run that `data` is now, with the parts that came along. */
  run() {
    this.newest = this.made();
    return this.newest;
  }

  async made() {
    const run = wholeOf(await unpack(this.model.get("data")), (places) => this.ask(places));
    await this.take(run);
    return run;
  }

  ask(places) {
    this.model.set("asked", [++this.asked, ...places]);
    this.model.save_changes();
  }

  async take(run) {
    for (const [level, number, block] of (this.model.get("parts") ?? []).slice(1)) {
      run.parts.put(level, number, partOf(run, await unpack(block)));
    }
  }

  /** Calls `shown(run)` whenever there is another run that is wanted; of several that come at once with the last one. */
  changed(shown) {
    this.on("change:data", async () => {
      const latest = this.run();
      const run = await latest;
      if (latest === this.newest && this.isWanted(run)) shown(run);
    });
    this.on("change:parts", async () => this.take(await this.newest));
  }

  /** Whether another asset has been asked for meanwhile: then its run is on the way, and this one comes too late. */
  isWanted({ about }) {
    return (this.model.get("asset") ?? about.asset) === about.asset;
  }

  on(event, call) {
    this.model.on(event, call);
    this.ends.push(() => this.model.off(event, call));
  }

  end() {
    this.ends.forEach((end) => end());
  }
}
