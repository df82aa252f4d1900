// The facts of every slice of a packed run, as JSON: what a browser would show.

import { readFileSync } from "node:fs";

import { factsAt } from "../../../workbench/views/js/facts.js";
import { unpack } from "../../../workbench/views/js/packed.js";
import { runOf } from "../../../workbench/views/js/run.js";

const run = runOf(await unpack(new Uint8Array(readFileSync(process.argv[2]))));
const told = Array.from({ length: run.count }, (_, slice) => factsAt(run, slice));
process.stdout.write(JSON.stringify(told));
