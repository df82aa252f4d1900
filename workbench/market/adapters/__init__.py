"""Sources of price data: files and databases now, networks later, all behind one small interface.

The one idea: a source is named, not imported: `source("csv", path="prices.csv")`. A package adds its own by an entry
point in the group "workbench.sources" that names a subclass of `Source`.

    csv      text files in whatever layout, one or a folder            adapters/csv.py
    parquet  Parquet files, one or a folder                            adapters/parquet.py
    csvdir   a folder as Zipline's csvdir bundle wants it              adapters/csvdir.py
    bcolz    what Zipline's bundles store: bcolz, splits, assets       adapters/bcolz.py
    sql      any query, through SQLAlchemy or ADBC                     adapters/sql.py
"""

from __future__ import annotations

from workbench.market.adapters.source import Source, source, sources

__all__ = ["Source", "source", "sources"]
