"""From a strategy and bars to a result: `Backtest`, `Run`, and what keeps a run on disk."""
