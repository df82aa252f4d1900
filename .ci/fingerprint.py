"""Print what must not differ between two Pythons: hashes and exact results on the sample and on a simulation."""

from __future__ import annotations

import workbench as wb
from workbench.research import demo

__all__: list[str] = []

walk = wb.simulate.bars("BTC/USDT", every="1m", n=20_000, seed=7)
runs = {
    "sample": demo.run(),
    "simulated": wb.Backtest(demo.Cross(), walk, cash="1_000_000 USDT", fees=wb.fees.bps(10)).run(),
}
for name, run in runs.items():
    print(name, "bars", run.bars.fingerprint)
    print(name, "state", run.state_hash)
    print(name, "final equity", run.final_equity, "fills", run.fills.height)
    print(name, "code", run.provenance["code hash"])
