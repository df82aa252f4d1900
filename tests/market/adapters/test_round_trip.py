"""The same bars, written in many layouts by a writer of its own, always come back as they were."""

from __future__ import annotations

import random
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest

from workbench.market.adapters.csv import Csv

DAYS = [datetime(2023, 12, 30) + timedelta(days=i) for i in range(40)]  # noqa: DTZ001  (dates without a zone)
DATES = ["%Y-%m-%d", "%Y/%m/%d", "%Y.%m.%d", "%Y%m%d", "%m/%d/%Y", "%d/%m/%Y", "%d.%m.%Y", "%d-%m-%Y", "%m-%d-%Y",
         "%d.%m.%y", "%m/%d/%y", "%d-%b-%Y", "%d %b %Y"]  # fmt: skip
CLOCKS = ["", " %H:%M", " %H:%M:%S", " %I:%M %p"]
STYLES = [(".", ""), (",", ""), (",", "."), (".", ","), (",", " "), (".", "'"), (",", "\u00a0")]
NAMES = ["Date", "Open", "High", "Low", "Close", "Volume"]


def number(value: float, style: tuple[str, str]) -> str:
    """1234.5 as 1.234,50 and the like."""
    decimal, thousands = style
    text = f"{value:,.2f}" if value != int(value) else f"{int(value):,}"
    return text.replace(",", "\0").replace(".", decimal).replace("\0", thousands)


def rows(chance: random.Random) -> list[tuple[float, ...]]:
    made = []
    for _ in DAYS:
        low = chance.randrange(10, 2_000_000) / 100
        prices = [low + chance.randrange(0, 5_000) / 100 for _ in range(2)]
        high = max(prices) + chance.randrange(0, 100) / 100
        shape = (round(v, 2) for v in (prices[0], high, low, prices[1]))
        made.append((*shape, float(chance.randrange(10**7))))
    return made


@pytest.mark.parametrize("seed", range(120))
def test_a_layout_by_chance(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    style, day, clock = chance.choice(STYLES), chance.choice(DATES), chance.choice(CLOCKS)
    delimiter = chance.choice([sign for sign in ",;\t|" if sign not in style])
    header, quoted, newest_first = (chance.random() < 0.5 for _ in range(3))
    encoding = chance.choice(["utf-8", "utf-8-sig", "utf-16", "cp1252"])
    line_end = chance.choice(["\n", "\r\n"])
    values = rows(chance)
    cells = [
        [(at + timedelta(hours=9, minutes=30) if clock else at).strftime(day + clock), *(number(v, style) for v in row)]
        for at, row in zip(DAYS, values, strict=True)
    ]
    lines = cells[::-1] if newest_first else cells
    body = [[f'"{cell}"' for cell in line] if quoted else line for line in ([NAMES] if header else []) + lines]
    path = tmp_path / "prices.csv"
    path.write_bytes(line_end.join(delimiter.join(line) for line in body).encode(encoding))

    frame = Csv(path, tz="UTC").fetch("prices")

    assert frame.select("open", "high", "low", "close", "volume").rows() == values
    expected: list[date | datetime] = [at.date() for at in DAYS]
    assert [at.date() if isinstance(at, datetime) else at for at in frame.to_series(0)] == expected
    assert (frame.columns[0] == "date") == (not clock)
