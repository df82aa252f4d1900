"""Accounts in several currencies through the public face: what is refused, kept, told and given again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import polars as pl
import pytest

import workbench as wb
from workbench import journal
from workbench.engine.events import BALANCES, SEVERAL, exact_schema
from workbench.errors import JournalError, NumberError, ParameterError, UnknownNameError, UnsupportedError
from workbench.market.bars import ACTIONS

D = Decimal
FIRST = datetime(2024, 1, 2, tzinfo=UTC)


def bars(name, closes, *, begin=FIRST, **terms):
    """Daily bars that open where they close, so that every price is in plain sight."""
    times = [begin + timedelta(days=i) for i in range(len(closes))]
    prices = {field: [float(close) for close in closes] for field in ("open", "high", "low", "close")}
    frame = pl.DataFrame({"open_time": times, **prices, "volume": [1e6] * len(closes)})
    return wb.Bars.from_frame(frame, wb.Asset(name, price_digits=4, **terms), every="1d")


def together(*parts):
    """Several Bars as one."""
    assets = [asset for part in parts for asset in part.assets]
    frame = pl.concat([part.frame.with_columns(pl.col("asset").cast(pl.String)) for part in parts])
    columns = ["asset", "open_time", "open", "high", "low", "close", "volume"]
    return wb.Bars.from_frame(frame.select(columns), every="1d", assets=assets)


SAP = bars("SAP", [100, 102, 104, 110], currency="EUR")
BEFORE = FIRST - timedelta(days=1)
EURO = bars("EUR/USD", ["1.0", "1.1", "1.2", "1.15", "1.25"], kind="fx", begin=BEFORE)
LATE = bars("EUR/USD", ["1.1", "1.2"], kind="fx", begin=FIRST + timedelta(days=1))


class Script(wb.Strategy):
    """Carries out (slice, asset, quantity): buys above zero, sells below."""

    steps: tuple[tuple[int, str, int], ...] = ()

    def on_start(self, ctx):
        self.slice = 0

    def on_slice(self, ctx, bars):
        for number, asset, quantity in self.steps:
            if number == self.slice:
                (ctx.buy if quantity > 0 else ctx.sell)(asset, abs(quantity))
        ctx.record(**{f"balance_{name}": amount for name, amount in ctx.balances.items()}, cash=ctx.cash)
        self.slice += 1


@wb.signals
def held(fast: int = 2):
    """Rules, so that sweeps run it in the core."""
    return wb.Signals(entry=wb.ta.sma(fast) > 0, weight=0.5)


def euro_run(**options):
    given = {"cash": "50_000 USD", "fx": EURO, "fees": wb.fees.bps(10), **options}
    return wb.Backtest(Script(steps=((0, "SAP", 100), (2, "SAP", -60))), SAP, **given).run()


REFUSED = {
    "no rate": (lambda: wb.Backtest(Script(), SAP, cash="1_000 USD"), ParameterError, "no rate leads from EUR to USD"),
    "nothing to convert": (
        lambda: wb.Backtest(Script(), SAP, cash="1_000 EUR", fx=EURO),
        ParameterError,
        "fx= has nothing to convert: account, bars and fees are in EUR",
    ),
    "a rate that comes later": (
        lambda: wb.Backtest(Script(), SAP, cash="1_000 USD", fx=LATE),
        ParameterError,
        "EUR cannot be converted when the run begins at 2024-01-03 00:00:00",
    ),
    "USDT is not USD": (
        lambda: wb.Backtest(Script(), bars("BTC/USDT", [1, 2], kind="crypto"), cash="1_000 USD"),
        ParameterError,
        "no rate leads from USDT to USD (USDT is not USD)",
    ),
    "no pairs": (
        lambda: wb.Backtest(Script(), SAP, cash="1_000 USD", fx=SAP),
        ParameterError,
        "fx= holds 'SAP' of kind='equity'",
    ),
    "no bars": (
        lambda: wb.Backtest(Script(), SAP, cash="1_000 USD", fx=1.1),
        ParameterError,
        "fx=1.1: give Bars of pairs",
    ),
    "two currencies and none is named": (
        lambda: wb.Backtest(Script(), together(SAP, bars("IBM", [1, 2, 3, 4])), cash=1_000),
        ParameterError,
        "the bars are in EUR, USD: name the account's currency",
    ),
    "no code": (
        lambda: wb.Backtest(Script(), SAP, cash=1_000, currency="euro"),
        ParameterError,
        "'euro' in currency= is no currency; write its code in capitals, such as 'EURO'",
    ),
    "a code in small letters": (
        lambda: wb.Backtest(Script(), SAP, cash={"usd": 1_000}),
        ParameterError,
        "'usd' in cash= is no currency; write its code in capitals, such as 'USD'",
    ),
    "a code that is none": (
        lambda: wb.Backtest(Script(), SAP, cash=1_000, currency=5),
        ParameterError,
        "5 in currency= is no currency; write its code in capitals, such as 'EUR'",
    ),
    "a balance that is none": (
        lambda: wb.Backtest(Script(), SAP, cash={"USD": "x"}),
        NumberError,
        "cash={'USD': 'x'} is no amount; write cash={'USD': 50_000}",
    ),
    "an empty purse": (lambda: wb.Backtest(Script(), SAP, cash={}), NumberError, "cash={} is no amount"),
    "a negative balance": (
        lambda: wb.Backtest(Script(), SAP, cash={"USD": 10, "EUR": -1}, fx=EURO),
        NumberError,
        "start with more than 0",
    ),
    "an amount in another currency": (
        lambda: wb.Backtest(Script(), SAP, cash={"EUR": "5_000 USD"}, fx=EURO),
        ParameterError,
        "'EUR' has an amount in USD; write cash={'USD': ...} for that",
    ),
    "rates of other pairs": (
        lambda: wb.Backtest(Script(), SAP, cash="1_000 USD", fx=bars("GBP/USD", [1, 1], kind="fx")),
        ParameterError,
        "pairs that are there: GBP/USD",
    ),
    "a pair in lots": (
        lambda: wb.Backtest(Script(), bars("EUR/USD", [1, 1], kind="fx", multiplier=100), cash="1_000 USD"),
        ParameterError,
        "'EUR/USD' has multiplier=100; a unit of a pair is one EUR, so leave it out",
    ),
    "a pair with itself": (
        lambda: wb.Backtest(Script(), bars("EUR/EUR", [1, 1], kind="fx"), cash={"EUR": 10, "USD": 10}, fx=EURO),
        ParameterError,
        "'EUR/EUR' is a pair of EUR with itself; give two currencies",
    ),
    "a pair with a split": (
        lambda: wb.Backtest(Script(), _split(bars("EUR/USD", [1, 1, 1], kind="fx"))),
        UnsupportedError,
        "'EUR/USD' is a pair and has corporate actions",
    ),
}


def _split(given):
    row = {"asset": str(given.assets[0]), "ex": FIRST.date() + timedelta(days=1), "kind": "split", "ratio": None}
    known = {"new": 2, "old": 1, "numerator": 2, "denominator": 1}
    values = {name: {**row, **known}.get(name) for name in ACTIONS}
    actions = pl.DataFrame([values], schema=ACTIONS, orient="row")
    return wb.Bars(given.frame, actions, given.assets, given.every, given.source)


@pytest.mark.parametrize("case", REFUSED, ids=str)
def test_what_cannot_be_converted_is_refused_at_the_door(case):
    make, error, message = REFUSED[case]
    with pytest.raises(error) as raised:
        make()
    assert message in str(raised.value)


def test_a_foreign_share_is_paid_out_of_the_account_and_its_proceeds_stay():
    run = euro_run()
    # At the open of 3 January a euro is 1.1, the close of the day before. 100 x 102 EUR and 10.2 of fees are exchanged:
    # 10210.2 x 1.1 = 11231.22 USD. 60 x 110 EUR less 6.6 stay in euros.
    assert run.exact.ledger.filter(event="exchange")["amount"].to_list() == [
        D("10210.2"),
        D("-10210.2"),
        D("11231.22"),
        D("-11231.22"),
    ]
    last = run.exact.balances.tail(2).to_dicts()
    told = [(row["currency"], row["cash"], row["positions"], row["rate"]) for row in last]
    assert told == [
        ("USD", D("38768.78"), 0, 1),
        ("EUR", D("6593.4"), D(4400), D("1.25")),
    ]
    # 38768.78 + (6593.4 + 4400) x 1.25
    assert run.final_equity == D("52510.53")


def test_profit_by_currency_counts_an_exchange_as_no_profit():
    run = euro_run()
    found = dict(run.explain().exact.by_currency.select("currency", "change").iter_rows())
    assert found == {"USD": 0, "EUR": D("2510.53")}
    causes = run.explain(by="currency").total
    # Fees count at the close of their day: 10.2 at 1.2 and 6.6 at 1.25.
    assert causes["fees"] == -(D("10.2") * D("1.2") + D("6.6") * D("1.25"))
    assert sum(causes.values()) == run.final_equity - 50_000
    assert "EUR" in repr(run.explain(by="currency"))
    assert "price" in repr(run.explain())
    with pytest.raises(ParameterError, match="by='coin' is no way"):
        run.explain(by="coin")


def test_deposits_in_several_currencies():
    run = wb.Backtest(Script(), SAP, cash={"EUR": 20_000, "USD": "1_000"}, currency="USD", fx=EURO).run()
    assert run.currency == "USD"
    # 20000 euros are 22000 dollars when the first bar closes.
    assert (run.deposits, run.final_equity) == (23_000, 20_000 * D("1.25") + 1_000)
    assert run.spec["cash"] == "20000 EUR, 1000 USD"
    assert run.recorded.select("balance_EUR", "balance_USD", "cash").row(0) == (20_000.0, 1_000.0, 23_000.0)
    parts = run.explain().exact.frame
    assert parts.select("asset", "cause").unique().rows() == [("EUR", "fx")]


@pytest.mark.parametrize(
    ("options", "asked", "message"),
    [
        ({"cash": "1_000 USD", "fx": EURO}, "CHF", r"the account has no currency 'CHF'; there are USD, EUR"),
        (
            {"cash": "1_000 USD", "fx": EURO},
            "EURO",
            r"no currency 'EURO'; did you mean 'EUR'\? there are USD, EUR",
        ),
        ({"cash": 1_000}, "USD", r"the account has no currency 'USD'; there are EUR"),
    ],
    ids=["another", "misspelt", "one only"],
)
def test_a_currency_that_the_account_lacks_is_told(options, asked, message):
    class Asks(wb.Strategy):
        def on_slice(self, ctx, bars):
            assert (ctx.balances.get(asked, -1.0), asked in ctx.balances) == (-1.0, False)
            return ctx.balances[asked]

    with pytest.raises(UnknownNameError, match=message):
        wb.Backtest(Asks(), SAP, **options).run()


def test_a_run_in_one_currency_has_balances_too():
    run = wb.Backtest(Script(), SAP, cash=1_000).run()
    assert run.exact.balances.schema == exact_schema(BALANCES)
    assert run.balances.row(0)[2:] == ("EUR", 1_000.0, 0.0, 0.0, 1.0)
    assert run.explain().by_currency["currency"].to_list() == ["EUR"]


def test_frames_say_their_currency():
    run = euro_run()
    for name, more in SEVERAL.items():
        frame = run.explain().exact.frame if name == "explained" else getattr(run.exact, name)
        assert frame.columns[-len(more) :] == [column.name for column in more], name
    assert run.exact.balances.schema == exact_schema(BALANCES)
    # What was charged, in dollars of then.
    assert run.metrics.fees == pytest.approx(10.2 * 1.1 + 6.6 * 1.15, rel=1e-12)


def test_a_saved_run_and_its_journal_are_the_run(tmp_path):
    run = euro_run()
    again = wb.load(run.save(tmp_path / "run"))
    assert (again.state_hash, again.final_equity) == (run.state_hash, run.final_equity)
    assert again.balances.equals(run.balances)
    assert again.deposits == run.deposits
    assert again.at("2024-01-04").balances == run.at("2024-01-04").balances
    log = journal.read(tmp_path / "run" / "events.journal")
    assert log.rebuild(SAP, fx=EURO).state_hash == run.state_hash
    entry = log.seek(sequence=len(log) - 1)
    assert (entry.balances["cash EUR"], entry.balances["cash"]) == (D("6593.4"), D("38768.78"))
    for given, message in ((None, "took rates from fx= bars"), (LATE, "not from")):
        with pytest.raises(JournalError, match=message):
            log.rebuild(SAP, fx=given)


def test_a_sweep_has_the_figures_of_its_runs():
    test = wb.Backtest(held(), SAP, cash="50_000 USD", fx=EURO, fees=wb.fees.bps(10))
    row = test.sweep(fast=[2]).run().frame.row(0, named=True)
    alone = test.run()
    for name in ("total_return", "fees", "turnover"):
        assert row[name] == getattr(alone.metrics, name), name


def test_a_catalog_gives_the_rates(tmp_path):
    catalog = wb.Catalog(tmp_path)
    frame = EURO.frame.select("open_time", "open", "high", "low", "close", "volume")
    catalog.ingest(frame, EURO.assets[0], every="1d")
    assert euro_run(fx=catalog).final_equity == euro_run().final_equity
    catalog.close()


def test_the_journal_for_other_programs_balances_in_each_currency(tmp_path):
    text = euro_run().to_beancount(tmp_path / "run.beancount").read_text()
    assert "balance Assets:Cash  6593.40 ~ 0 EUR" in text
    assert "balance Assets:Cash  38768.78 ~ 0 USD" in text


CRYPTO = {
    "bought in dollars and sold for euros it is one holding": (
        (("BTC/USDT", ["100", "100", "110", "120", "120"]), ("BTC/EUR", ["80", "80", "88", "100", "100"])),
        ((0, "BTC/USDT", 2), (2, "BTC/EUR", -1)),
        # 2 x 100 USDT go; 1 is sold for 100 EUR, worth 100 x 1.25 USDT, at a cost of 100.
        {"USDT": "800", "EUR": "100"},
        {"realised USDT": "-25", "position USDT": "100"},
    ),
}


@pytest.mark.parametrize("case", CRYPTO, ids=str)
def test_a_base_is_one_holding_whatever_it_was_bought_with(case):
    pairs, steps, balances, sums = CRYPTO[case]
    given = together(*(bars(name, closes, kind="crypto") for name, closes in pairs))
    rates = bars("EUR/USDT", ["1.25"] * 6, kind="crypto", begin=BEFORE)
    run = wb.Backtest(Script(steps=steps), given, cash="1_000 USDT", fx=rates).run()
    last = run.exact.balances.tail(2)
    assert dict(last.select("currency", "cash").iter_rows()) == {name: D(cash) for name, cash in balances.items()}
    booked = run.exact.ledger.group_by("account", "currency").agg(pl.col("amount").sum()).iter_rows()
    found = {f"{account} {currency}": amount for account, currency, amount in booked}
    assert {name: found[name] for name in sums} == {name: D(amount) for name, amount in sums.items()}
    assert sum(run.explain().total.values()) == run.final_equity - run.deposits
