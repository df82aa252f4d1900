//! The set-up of a run, read once from its frozen Python object.

use std::sync::Arc;

use pyo3::prelude::*;
use workbench_engine::agenda::{Agenda, Dated, What};
use workbench_engine::cost::{Fee, FeeKind, Fees, Slippage, Tier};
use workbench_engine::currency::{Currencies, Listing, Pairing};
use workbench_engine::driver::{Driver, Start};
use workbench_engine::due::{Action, ActionKind};
use workbench_engine::ends::{End, EndKind, Successor};
use workbench_engine::expiry::Claim;
use workbench_engine::latency::Latency;
use workbench_engine::limits::{Limits, OnBreach};
use workbench_engine::lots::LotRule;
use workbench_engine::margin::Margin;
use workbench_engine::order::Side;
use workbench_engine::rates::{Pair, Rates};
use workbench_engine::series::Series;
use workbench_engine::state::{FillRule, Path, Rules};
use workbench_market::Error;
use workbench_market::instrument::{Instrument, Kind, Margins};
use workbench_market::number::{Fixed, Money, Rounding};

use crate::errors::{OrRaise, raise};
use crate::time::nanoseconds;
use crate::user::UserCost;

/// The assets as Python knows them.
type Objects = Arc<Vec<Py<PyAny>>>;

/// An exact number from an attribute whose text spells it.
fn exact<const SCALE: u32>(of: &Bound<'_, PyAny>, name: &str) -> PyResult<Fixed<SCALE>> {
    Fixed::parse(&of.getattr(name)?.str()?.to_string()).or_raise()
}

fn optional<const SCALE: u32>(of: &Bound<'_, PyAny>, name: &str) -> PyResult<Option<Fixed<SCALE>>> {
    if of.getattr(name)?.is_none() { Ok(None) } else { exact(of, name).map(Some) }
}

pub struct Setup {
    pub driver: Driver,
    pub objects: Vec<Py<PyAny>>,
    pub names: Vec<String>,
    pub cash: Money,
    pub currency: String,
    pub warms_up: bool,
}

pub fn read(setup: &Bound<'_, PyAny>) -> PyResult<Setup> {
    let objects: Vec<Bound<'_, PyAny>> = setup.getattr("assets")?.extract()?;
    let has_volume: Vec<bool> = setup.getattr("has_volume")?.extract()?;
    let mut instruments = Vec::with_capacity(objects.len());
    for (asset, has_volume) in objects.iter().zip(has_volume) {
        instruments.push(instrument(asset, has_volume)?);
    }
    let names = instruments.iter().map(|i| i.name.clone()).collect();
    let cash = exact(setup, "cash")?;
    let session = setup.getattr("start")?.extract::<Option<i32>>()?.unwrap_or(i32::MIN);
    let open_ns = setup.getattr("start_us")?.extract::<Option<i64>>()?.map_or(Ok(i64::MIN), nanoseconds)?;
    let shared = Arc::new(objects.iter().map(|object| object.clone().unbind()).collect());
    let mut driver = Driver::new(instruments, rules(setup, &shared)?, cash, Start { session, open_ns });
    for (asset, actions) in setup.getattr("actions")?.try_iter()?.enumerate() {
        let actions = actions?.try_iter()?.map(|action| self::action(&action?)).collect::<PyResult<_>>()?;
        driver.set_actions(asset, actions);
    }
    driver.state.books = crate::books::read(setup, objects.len())?;
    let agenda = setup.getattr("agenda")?.try_iter()?.map(|row| dated(&row?)).collect::<PyResult<_>>()?;
    driver.state.agenda = Agenda::new(agenda);
    if let Some(currencies) = currencies(setup)? {
        driver.set_currencies(currencies);
    }
    Ok(Setup {
        driver,
        objects: objects.into_iter().map(Bound::unbind).collect(),
        names,
        cash,
        currency: setup.getattr("currency")?.extract()?,
        warms_up: setup.getattr("warmup")?.extract()?,
    })
}

/// What a run in several currencies knows of them; None in a run in one.
fn currencies(setup: &Bound<'_, PyAny>) -> PyResult<Option<Currencies>> {
    let names: Vec<String> = setup.getattr("currencies")?.extract()?;
    if names.is_empty() {
        return Ok(None);
    }
    let list = |name: &str| setup.getattr(name)?.try_iter()?.collect::<PyResult<Vec<_>>>();
    let pairs = list("pairs")?.iter().map(pair).collect::<PyResult<_>>()?;
    let rates = Rates::new(pairs, names.len(), names.iter().position(|name| name == "USD"));
    let listings = list("listings")?.iter().map(listing).collect::<PyResult<_>>()?;
    let deposit = |given: &Bound<'_, PyAny>| {
        let (currency, amount): (usize, Bound<'_, PyAny>) = given.extract()?;
        Ok((currency, Money::parse(&amount.str()?.to_string()).or_raise()?))
    };
    let deposits = list("deposits")?.iter().map(deposit).collect::<PyResult<_>>()?;
    Ok(Some(Currencies::new(names, rates, listings, deposits)))
}

/// The currency of an asset, and what it moves, as (currency, "exchange" or "shared" or None, number).
fn listing(given: &Bound<'_, PyAny>) -> PyResult<Listing> {
    let (currency, pairing, number): (usize, Option<String>, usize) = given.extract()?;
    let pairing = match pairing.as_deref() {
        Some("exchange") => Pairing::Exchange { base: number },
        Some("shared") => Pairing::Shared { home: number },
        _ => Pairing::None,
    };
    Ok(Listing { currency, pairing })
}

/// A pair that tells a rate, as (base, quote, its asset in this run or None, the pair, its rows or None).
fn pair(given: &Bound<'_, PyAny>) -> PyResult<Pair> {
    type Given<'py> = (usize, usize, Option<usize>, Bound<'py, PyAny>, Option<Bound<'py, PyAny>>);
    let (base, quote, traded, asset, rows): Given<'_> = given.extract()?;
    if let Some(traded) = traded {
        return Ok(Pair::traded(base, quote, traded));
    }
    let (instrument, mut series) = (instrument(&asset, true)?, Series::default());
    if let Some(rows) = rows {
        crate::rows::push(&mut series, &instrument, &rows)?;
    }
    let close = |row: usize| (series.span(row).close_ns, instrument.price(series.ticks(row, &instrument).close));
    Ok(Pair::given(base, quote, (0..series.len()).map(close).collect()))
}

fn instrument(asset: &Bound<'_, PyAny>, has_volume: bool) -> PyResult<Instrument> {
    let digits = |of: &str| asset.getattr(of)?.extract::<u32>();
    let plain = Instrument::new(asset.str()?.to_string(), digits("price_digits")?, digits("quantity_digits")?);
    let instrument = Instrument {
        price_step: exact(asset, "price_step")?,
        quantity_step: exact(asset, "quantity_step")?,
        min_notional: exact(asset, "min_notional")?,
        multiplier: exact(asset, "multiplier")?,
        kind: kind(asset)?,
        margins: margins(asset)?,
        has_volume,
        ..plain
    };
    instrument.checked().or_raise()
}

/// How what is held of an asset is paid for, by what it is.
fn kind(asset: &Bound<'_, PyAny>) -> PyResult<Kind> {
    let is_settled_apart = !asset.getattr("settlement")?.is_none();
    Ok(match asset.getattr("kind")?.extract::<String>()?.as_str() {
        "future" => Kind::Future,
        "perpetual" if is_settled_apart => Kind::Inverse,
        "perpetual" => Kind::Perpetual,
        "continuous" | "index" => Kind::Reference,
        _ => Kind::Spot,
    })
}

/// What an asset itself wants of one's own on margin.
fn margins(asset: &Bound<'_, PyAny>) -> PyResult<Option<Margins>> {
    let (initial, maintenance) = (optional(asset, "initial_margin")?, optional(asset, "maintenance_margin")?);
    Ok(initial.zip(maintenance).map(|(initial, maintenance)| Margins { initial, maintenance }))
}

/// What has a date of its own: `Dated` rows of Python; what a kind does not say is None.
fn dated(row: &Bound<'_, PyAny>) -> PyResult<Dated> {
    let kind: String = row.getattr("kind")?.extract()?;
    let price = || optional(row, "price");
    let what = match kind.as_str() {
        "funding" => What::Funding { rate: exact(row, "rate")?, mark: price()? },
        "settlement" => What::Settlement { price: price()? },
        "expiry" => What::Expiry { price: price()?, claim: claim(row)? },
        _ => return Err(raise(Error::Unsupported(format!("{kind:?} is not available in this version")))),
    };
    let time_ns = nanoseconds(row.getattr("time_us")?.extract()?)?;
    Ok(Dated { time_ns, asset: row.getattr("asset")?.extract()?, what })
}

fn claim(row: &Bound<'_, PyAny>) -> PyResult<Option<Claim>> {
    let Some(underlying) = row.getattr("underlying")?.extract()? else { return Ok(None) };
    let is_call = row.getattr("right")?.extract::<String>()? == "call";
    Ok(Some(Claim { underlying, strike: exact(row, "strike")?, is_call }))
}

fn rules(setup: &Bound<'_, PyAny>, objects: &Objects) -> PyResult<Rules> {
    let fill: String = setup.getattr("fill")?.extract()?;
    let fill = match fill.as_str() {
        "next_open" => FillRule::NextOpen,
        "next_close" => FillRule::NextClose,
        "same_close" => FillRule::SameClose,
        _ => {
            return Err(raise(Error::Parameter(format!(
                "fill={fill:?} is unknown; use next_open, next_close or same_close"
            ))));
        }
    };
    Ok(Rules {
        fill,
        path: path(&setup.getattr("path")?)?,
        limit_through: setup.getattr("limit_through")?.extract()?,
        lots: lots(&setup.getattr("lots")?)?,
        latency: latency(setup)?,
        volume_cap: optional(setup, "volume_cap")?,
        fees: fees(&setup.getattr("fees")?, objects, &setup.getattr("currencies")?.extract::<Vec<_>>()?)?,
        slippage: slippage(&setup.getattr("slippage")?, objects)?,
        limits: limits(setup)?,
        margin: margin(&setup.getattr("account")?)?,
    })
}

/// The terms of a margin account; None is a cash account.
fn margin(account: &Bound<'_, PyAny>) -> PyResult<Option<Margin>> {
    if account.is_none() {
        return Ok(None);
    }
    Ok(Some(Margin {
        initial: exact(account, "initial")?,
        maintenance: exact(account, "maintenance")?,
        maintenance_short: exact(account, "maintenance_short")?,
        borrow_bps: exact(account, "borrow_bps")?,
        interest_bps: exact(account, "interest_bps")?,
        credit_bps: exact(account, "credit_bps")?,
    }))
}

fn latency(setup: &Bound<'_, PyAny>) -> PyResult<Latency> {
    let (least_us, most_us) = setup.getattr("latency_us")?.extract::<(i64, i64)>()?;
    let bits = setup.getattr("seed")?.call_method1("__and__", (u64::MAX,))?;
    Ok(Latency { least_ns: nanoseconds(least_us)?, most_ns: nanoseconds(most_us)?, seed: bits.extract()? })
}

fn path(path: &Bound<'_, PyAny>) -> PyResult<Path> {
    match path.extract::<String>()?.as_str() {
        "pessimistic" => Ok(Path::Pessimistic),
        "open_high_low_close" => Ok(Path::OpenHighLowClose),
        "open_low_high_close" => Ok(Path::OpenLowHighClose),
        "finer" => Ok(Path::Finer),
        name => Err(raise(Error::Parameter(format!(
            "path={name:?} is unknown; use pessimistic, open_high_low_close or open_low_high_close"
        )))),
    }
}

fn lots(lots: &Bound<'_, PyAny>) -> PyResult<LotRule> {
    match lots.extract::<String>()?.as_str() {
        "average" => Ok(LotRule::Average),
        "fifo" => Ok(LotRule::FirstInFirstOut),
        "lifo" => Ok(LotRule::LastInFirstOut),
        name => Err(raise(Error::Parameter(format!("lots={name:?} is unknown; use average, fifo or lifo")))),
    }
}

/// The parts of a schedule; none of them is no fee.
fn fees(fees: &Bound<'_, PyAny>, objects: &Objects, names: &[String]) -> PyResult<Fees> {
    let parts = fees.getattr("parts")?.try_iter()?.map(|part| fee(&part?, objects, names)).collect::<PyResult<_>>()?;
    Ok(Fees::new(parts))
}

fn fee(fee: &Bound<'_, PyAny>, objects: &Objects, names: &[String]) -> PyResult<Fee> {
    let kind: String = fee.getattr("kind")?.extract()?;
    let kind = match kind.as_str() {
        "bps" => FeeKind::Bps(exact(fee, "rate")?),
        "per_share" | "per_contract" => FeeKind::PerUnit(exact(fee, "rate")?),
        "per_trade" => FeeKind::PerTrade(exact(fee, "rate")?),
        "tiered" => FeeKind::Tiered(fee.getattr("tiers")?.try_iter()?.map(|t| tier(&t?)).collect::<PyResult<_>>()?),
        "custom" => FeeKind::User(Arc::new(user(fee, "fees.custom", objects, Rounding::FEE)?)),
        _ => return Err(raise(Error::Unsupported(format!("fees of kind {kind:?} are not available in this version")))),
    };
    let (side, currency) =
        (fee.getattr("side")?.extract::<Option<String>>()?, fee.getattr("currency")?.extract::<String>()?);
    Ok(Fee {
        kind,
        side: side.map(|side| if side == "buy" { Side::Buy } else { Side::Sell }),
        minimum: exact(fee, "minimum")?,
        cap: optional(fee, "cap")?,
        cap_bps: optional(fee, "cap_bps")?,
        round_to: optional(fee, "round_to")?,
        in_base: currency == "base",
        // In a run in one currency a fee that names it is one in the currency of the prices.
        currency: names.iter().position(|name| *name == currency),
    })
}

fn tier(tier: &Bound<'_, PyAny>) -> PyResult<Tier> {
    Ok(Tier { from: exact(tier, "above")?, maker: exact(tier, "maker")?, taker: exact(tier, "taker")? })
}

fn user(cost: &Bound<'_, PyAny>, name: &str, objects: &Objects, rounding: Rounding) -> PyResult<UserCost> {
    let call = cost.getattr("function")?.unbind();
    Ok(UserCost { call, name: name.into(), objects: Arc::clone(objects), rounding })
}

fn slippage(slippage: &Bound<'_, PyAny>, objects: &Objects) -> PyResult<Slippage> {
    let kind: String = slippage.getattr("kind")?.extract()?;
    let rate = || exact::<12>(slippage, "rate");
    match kind.as_str() {
        "none" => Ok(Slippage::None),
        "bps" => Ok(Slippage::Bps(rate()?)),
        "spread" => Ok(Slippage::Spread(rate()?)),
        "volume_share" => Ok(Slippage::VolumeShare(rate()?)),
        "square_root" => Ok(Slippage::SquareRoot(rate()?)),
        "custom" => Ok(Slippage::User(Arc::new(user(slippage, "slippage.custom", objects, Rounding::SLIPPED_BUY)?))),
        _ => Err(raise(Error::Unsupported(format!("slippage of kind {kind:?} is not available in this version")))),
    }
}

fn limits(setup: &Bound<'_, PyAny>) -> PyResult<Option<Arc<Limits>>> {
    let limits = setup.getattr("limits")?;
    if limits.is_none() {
        return Ok(None);
    }
    let names: Vec<String> = setup.getattr("assets")?.extract()?;
    let allowed: Option<Vec<String>> = limits.getattr("allowed")?.extract()?;
    let restricted: Vec<String> = limits.getattr("restricted")?.extract()?;
    Ok(Some(Arc::new(Limits {
        order_quantity: optional(&limits, "order_quantity")?,
        order_notional: optional(&limits, "order_notional")?,
        position_weight: optional(&limits, "position_weight")?,
        position_notional: optional(&limits, "position_notional")?,
        leverage: optional(&limits, "leverage")?,
        orders_per_day: limits.getattr("orders_per_day")?.extract()?,
        open_positions: limits.getattr("open_positions")?.extract()?,
        is_left_out: names.iter().map(|name| allowed.as_ref().is_some_and(|all| !all.contains(name))).collect(),
        is_restricted: names.iter().map(|name| restricted.contains(name)).collect(),
        long_only: limits.getattr("long_only")?.extract()?,
        daily_loss: optional(&limits, "daily_loss")?,
        drawdown: optional(&limits, "drawdown")?,
        price_collar: optional(&limits, "price_collar")?,
        on_breach: on_breach(&limits.getattr("on_breach")?)?,
    })))
}

fn on_breach(on_breach: &Bound<'_, PyAny>) -> PyResult<OnBreach> {
    match on_breach.extract::<String>()?.as_str() {
        "deny" => Ok(OnBreach::Deny),
        "halt" => Ok(OnBreach::Halt),
        "raise" => Ok(OnBreach::Raise),
        name => Err(raise(Error::Parameter(format!("on_breach={name:?} is unknown; use deny, halt or raise")))),
    }
}

/// An `Action` of Python; what a kind does not say is None.
fn action(action: &Bound<'_, PyAny>) -> PyResult<Action> {
    let kind: String = action.getattr("kind")?.extract()?;
    let pay_ns = action.getattr("pay_us")?.extract::<Option<i64>>()?.map(nanoseconds).transpose()?;
    let kind = match kind.as_str() {
        "split" => {
            ActionKind::Split { numerator: whole(action, "numerator")?, denominator: whole(action, "denominator")? }
        }
        "dividend" => ActionKind::Dividend { amount: exact(action, "amount")?, pay_ns },
        "symbol_change" => ActionKind::End(end(action, EndKind::SymbolChange, pay_ns)?),
        "merger" => ActionKind::End(end(action, EndKind::Merger, pay_ns)?),
        "delisting" => ActionKind::End(end(action, EndKind::Delisting, pay_ns)?),
        _ => {
            return Err(raise(Error::Unsupported(format!(
                "actions of kind {kind:?} are not available in this version"
            ))));
        }
    };
    Ok(Action { session: action.getattr("session")?.extract()?, rank: action.getattr("rank")?.extract()?, kind })
}

fn whole(action: &Bound<'_, PyAny>, name: &str) -> PyResult<i64> {
    action.getattr(name)?.extract()
}

/// The terms on which an asset ends; `other` is the index of the asset whose units take its place.
fn end(action: &Bound<'_, PyAny>, kind: EndKind, pay_ns: Option<i64>) -> PyResult<End> {
    let other: Option<usize> = action.getattr("other")?.extract()?;
    let into = |asset: usize| {
        Ok::<_, PyErr>(Successor {
            asset,
            numerator: whole(action, "numerator")?,
            denominator: whole(action, "denominator")?,
        })
    };
    Ok(End {
        kind,
        open_ns: nanoseconds(whole(action, "open_us")?)?,
        into: other.map(into).transpose()?,
        amount: optional(action, "amount")?,
        pay_ns,
    })
}
