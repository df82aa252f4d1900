//! The context of a callback: what a strategy can see now, and what it can ask for.

use std::sync::Arc;

use pyo3::prelude::*;
use pyo3::types::{PyBool, PyDict, PyTuple};
use workbench_engine::command::Command;
use workbench_engine::ledger::Account;
use workbench_engine::order::Side;
use workbench_indicators::Field;
use workbench_market::Error;

use crate::checks::{self, Bounds, Threshold};
use crate::desk::{Desk, Phase, Shared};
use crate::errors::{OrRaise, check_arguments, raise};
use crate::gil_cell::Reading;
use crate::number::to_decimal;
use crate::time::{to_date, to_datetime};
use crate::values::{Order, Position, exact_twin};
use crate::window::{Of, Window};

/// What a strategy sees and can ask for at one moment.
///
/// Reading gives floats, `exact` on what was read gives Decimals. Orders are carried out after all callbacks of the
/// slice, in the order they were asked for.
#[pyclass(frozen, module = "workbench._native")]
pub struct Context(pub Arc<Shared>);

impl Context {
    /// The desk once there is a slice to speak of.
    fn sliced<'a>(&'a self, py: Python<'a>) -> PyResult<Reading<'a, Desk>> {
        let desk = self.0.desk(py)?;
        if desk.driver.slice.number == 0 {
            return Err(raise(Error::Context("there is no market yet in on_start; ask from on_bar on".into())));
        }
        Ok(desk)
    }

    /// The time of the slice to record in; only a callback has one.
    fn recording(&self, py: Python<'_>, verb: &str) -> PyResult<i64> {
        let desk = self.sliced(py)?;
        if matches!(desk.phase, Phase::Deciding | Phase::End) {
            return Ok(desk.driver.slice.time_ns);
        }
        Err(raise(Error::Context(format!("{verb} what a callback sees; it cannot add to a run from outside of one"))))
    }
}

#[pymethods]
impl Context {
    /// The time of this slice, in UTC.
    #[getter]
    fn now<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        to_datetime(py, self.sliced(py)?.driver.slice.time_ns)
    }

    /// The session this slice belongs to.
    #[getter]
    fn session<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        to_date(py, self.sliced(py)?.driver.slice.session)
    }

    /// Every asset of the run, in the order of its Bars.
    #[getter]
    fn assets(&self, py: Python<'_>) -> Vec<Py<PyAny>> {
        self.0.assets.objects.iter().map(|asset| asset.clone_ref(py)).collect()
    }

    /// Cash in the account's currency, reserved cash included; other currencies are translated.
    #[getter]
    fn cash(&self, py: Python<'_>) -> PyResult<f64> {
        Ok(self.0.desk(py)?.own_cash().or_raise()?.to_f64())
    }

    /// Cash by currency, untranslated and reserved cash included: `ctx.balances["EUR"]`; raises UnknownNameError for a
    /// currency that the account does not have.
    #[getter]
    fn balances<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let (desk, found) = (self.0.desk(py)?, PyDict::new(py));
        match &desk.driver.state.currencies {
            None => found.set_item(&self.0.currency, desk.own_cash().or_raise()?.to_f64())?,
            Some(all) => all.names.iter().enumerate().try_for_each(|(number, name)| {
                found.set_item(name, desk.driver.state.ledger.balance_in(Account::Cash, number).to_f64())
            })?,
        }
        py.import("workbench.engine.currencies")?.getattr("Balances")?.call1((found,))
    }

    /// Cash, market value at the last closes and dividends to be paid; less than nothing of what is short or owed.
    #[getter]
    fn equity(&self, py: Python<'_>) -> PyResult<f64> {
        Ok(self.0.desk(py)?.own_equity().or_raise()?.to_f64())
    }

    /// Cash and equity as Decimals.
    #[getter]
    fn exact<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let desk = self.0.desk(py)?;
        let fields = vec![to_decimal(py, desk.own_cash().or_raise()?)?, to_decimal(py, desk.own_equity().or_raise()?)?];
        exact_twin(py, "ExactAccount", fields)
    }

    /// The strategy's own random numbers: a numpy Generator seeded by the run.
    #[getter]
    fn rng<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        if self.0.desk(py)?.phase == Phase::Frozen {
            let message = "the random numbers of a finished run are not kept; seed a Generator of your own";
            return Err(raise(Error::Context(message.into())));
        }
        self.0.host.bind(py).getattr("rng")
    }

    /// What is held of an asset; it is false when that is nothing, and its quantity is below 0 when it is short.
    ///
    /// Raises UnknownAssetError for an asset that is not in this run.
    fn position(&self, py: Python<'_>, asset: &Bound<'_, PyAny>) -> PyResult<Py<Position>> {
        let asset = self.0.assets.find(asset)?;
        self.0.position(py, &mut *self.0.desk_mut(py)?, asset)
    }

    /// Every asset that is held.
    #[getter]
    fn positions<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let (mut desk, held) = (self.0.desk_mut(py)?, PyDict::new(py));
        for asset in desk.own_assets() {
            held.set_item(self.0.assets.object(py, asset), self.0.position(py, &mut desk, asset)?)?;
        }
        Ok(held)
    }

    /// Orders that work at the venue, oldest first; those asked in this slice are not among them yet.
    #[getter]
    fn open_orders(&self, py: Python<'_>) -> PyResult<Vec<Order>> {
        let desk = self.0.desk(py)?;
        let state = &desk.driver.state;
        let mut working = desk.own_orders();
        working.sort_unstable();
        let of = |index: usize| {
            let order = state.orders[index].clone();
            Order { asset: self.0.assets.object(py, order.ask.asset), order }
        };
        Ok(working.into_iter().map(of).collect())
    }

    /// Whether the asset has a bar in this slice.
    fn can_trade(&self, py: Python<'_>, asset: &Bound<'_, PyAny>) -> PyResult<bool> {
        let asset = self.0.assets.find(asset)?;
        Ok(self.sliced(py)?.driver.slice.assets.contains(&asset))
    }

    /// The last `n` values of a field (open, high, low, close, volume), adjusted for the splits known now.
    ///
    /// With `every` ("1h", "1d", "1w") these are longer bars, of which only closed ones are seen.
    ///
    /// Raises UndefinedError while fewer bars have closed, LookaheadError for n below 1, ParameterError for a length
    /// that the run's bars do not make up.
    #[pyo3(signature = (asset, n, *, field = None, every = None),
        text_signature = "($self, asset, n, *, field='close', every=None)")]
    fn history(
        &self,
        py: Python<'_>,
        asset: &Bound<'_, PyAny>,
        n: &Bound<'_, PyAny>,
        field: Option<&Bound<'_, PyAny>>,
        every: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<Window> {
        let text = field.map(|field| field.str()).transpose()?;
        let name = text.as_ref().map_or("close".into(), |text| text.to_string_lossy());
        let (asset, (field, column)) = (self.0.assets.find(asset)?, named_field(&name)?);
        let (name, n) = (&self.0.instruments[asset].name, bars_back(n)?);
        if n < 1 {
            let message =
                format!("history of {n} bars of {name} would lie ahead; n counts bars back from now, from 1 on");
            return Err(raise(Error::Lookahead(message)));
        }
        if let Some(every) = every {
            let time_ns = self.sliced(py)?.driver.slice.time_ns;
            return crate::frames::window(py, &self.0, time_ns, asset, n as usize, field, every);
        }
        let desk = self.0.desk(py)?;
        let rows = desk.driver.rows(asset);
        if (rows as i64) < n {
            let message =
                format!("history of {n} bars of {name}: {rows} have closed; watch an indicator or start later");
            return Err(raise(Error::Undefined(message)));
        }
        let values = desk.driver.series[asset].window(rows, n as usize, column);
        if column == Field::Volume {
            check_volumes(name, &values)?;
        }
        Ok(Window { values, of: Of { field, asset: self.0.assets.object(py, asset), every: None } })
    }

    /// Every bar closed by now, all assets, adjusted for the splits known now; with `every` ("1h", "1d", "1w") longer
    /// bars, aligned to sessions, of which only closed ones are seen.
    ///
    /// Raises ParameterError for a length that the run's bars do not make up.
    ///
    /// Example: `ctx.bars(every="1h").last(20).frame`
    #[pyo3(signature = (*, every = None))]
    fn bars<'py>(&self, py: Python<'py>, every: Option<&Bound<'py, PyAny>>) -> PyResult<Bound<'py, PyAny>> {
        let time_ns = self.sliced(py)?.driver.slice.time_ns;
        crate::frames::bars(py, &self.0, time_ns, every)
    }

    /// The contract of a future that is held now, and the rolls up to now, by the rules of `workbench.market.continuous`:
    /// `ctx.chain("ES").front`, `.rolls`.
    ///
    /// `roll` is "calendar" or "volume", `days` how many sessions before the anchor, `before` the anchor. `wb.roll` sends
    /// the orders that belong to it.
    ///
    /// Raises UnknownNameError for a root without contracts in this run, ParameterError and BarsError as `rolls` does.
    ///
    /// Example: `ctx.chain("ES", roll="volume").front`
    #[pyo3(signature = (root, **options), text_signature = "($self, root, *, roll='calendar', days=None, before='expiry')")]
    fn chain<'py>(
        &self,
        py: Python<'py>,
        root: &Bound<'py, PyAny>,
        options: Option<&Bound<'py, PyDict>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        check_arguments(("chain", "root"), options, &["roll", "days", "before"])?;
        let now_us = self.sliced(py)?.driver.slice.time_ns.div_euclid(1_000);
        self.0.host.bind(py).call_method("chain", (now_us, root), options)
    }

    /// The datasets of the run by name, each cut to the rows known now.
    #[getter]
    fn data<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let now_us = self.sliced(py)?.driver.slice.time_ns.div_euclid(1_000);
        self.0.host.bind(py).call_method1("data", (now_us,))
    }

    /// Watches an indicator on every asset and gives its Stream, a mapping of asset to value; only in on_start.
    ///
    /// Of an indicator with several outputs it gives an object with a Stream for each.
    ///
    /// Example: `self.gap = ctx.watch(ta.sma(20) - ta.sma(100))`
    fn watch<'py>(&self, py: Python<'py>, indicator: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        if self.0.desk(py)?.phase != Phase::Start {
            let message = "watch belongs into on_start, so that the indicator sees every bar; move the call there";
            return Err(raise(Error::Context(message.into())));
        }
        crate::stream::watch(&self.0, indicator)
    }

    /// Calls `function(ctx)` in session number `on` of every period ("1d", "1w", "1mo", "1y"; within the day "1h",
    /// "15m"), at "close", "open+30m" or "close-5m"; only in on_start.
    ///
    /// The call comes with the first slice that closes at or after that time.
    ///
    /// Example: `ctx.schedule(self.rotate, every="1mo", on=-1)`
    #[pyo3(
        signature = (function, *, every, on = None, at = None),
        text_signature = "($self, function, *, every, on=0, at='close')"
    )]
    fn schedule(
        &self,
        py: Python<'_>,
        function: Py<PyAny>,
        every: &Bound<'_, PyAny>,
        on: Option<&Bound<'_, PyAny>>,
        at: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<()> {
        if self.0.desk(py)?.phase != Phase::Start {
            return Err(raise(Error::Context("schedule belongs into on_start; move the call there".into())));
        }
        if !function.bind(py).is_callable() {
            let message = format!("schedule needs a function of one argument, the context, got {function}");
            return Err(raise(Error::Parameter(message)));
        }
        let given = PyDict::new(py);
        for (name, value) in [("on", on), ("at", at)] {
            if let Some(value) = value {
                given.set_item(name, value)?;
            }
        }
        let schedule = self.0.host.bind(py).call_method("schedule", (every,), Some(&given))?.unbind();
        self.0.desk_mut(py)?.add_timer(function, schedule);
        Ok(())
    }

    /// Keeps numbers of this slice for `run.recorded`; None leaves a hole.
    #[pyo3(signature = (**values))]
    fn record(&self, py: Python<'_>, values: Option<&Bound<'_, PyDict>>) -> PyResult<()> {
        let time_ns = self.recording(py, "record keeps")?;
        let Some(values) = values else { return Ok(()) };
        let mut numbers = Vec::with_capacity(values.len());
        for (name, value) in values {
            let name = name.extract::<String>()?;
            if name == "time" {
                return Err(raise(Error::Parameter("record cannot be given 'time'; every row has it already".into())));
            }
            let number = if value.is_none() { None } else { Some(crate::number::to_f64(&name, &value)?) };
            numbers.push((name, number));
        }
        let mut desk = self.0.desk_mut(py)?;
        let book = desk.driver.state.book_now();
        for (name, number) in numbers {
            desk.recorder.put(time_ns, &name, book, number);
        }
        Ok(())
    }

    /// Notes under a name whether a value is above or below a threshold, or a truth, and says whether it holds.
    ///
    /// `above` and `below` leave their threshold out, `at_least` and `at_most` let it through; both ends may be given. A
    /// value that is None or NaN does not hold, with the reason "no value"; so does a threshold without a value. With
    /// `asset` it is a check of that asset. What was checked is kept in `run.checks`, and shown by `run.why` and by the
    /// replay; it never changes a run.
    ///
    /// Raises ParameterError for a number without a threshold, or a truth with one.
    ///
    /// Example: `if ctx.check("trend", self.gap[bar.asset], above=0): ctx.target(bar.asset, weight=1)`
    #[pyo3(signature = (name, value, *, above = Threshold::Absent, at_least = Threshold::Absent,
        below = Threshold::Absent, at_most = Threshold::Absent, asset = None, **unknown),
        text_signature = "($self, name, value, *, above=None, at_least=None, below=None, at_most=None, asset=None)")]
    #[expect(clippy::too_many_arguments, reason = "each is a keyword of the face")]
    fn check(
        &self,
        name: &Bound<'_, PyAny>,
        value: &Bound<'_, PyAny>,
        above: Threshold,
        at_least: Threshold,
        below: Threshold,
        at_most: Threshold,
        asset: Option<&Bound<'_, PyAny>>,
        unknown: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<bool> {
        check_arguments(("check", "name, value"), unknown, &["above", "at_least", "below", "at_most", "asset"])?;
        let (py, name) = (name.py(), checks::named(name)?);
        let time_ns = self.recording(py, "check notes")?;
        let asset = asset.map(|asset| self.0.assets.find(asset)).transpose()?;
        let looked = checks::looked(&name, value, Bounds { above, at_least, below, at_most })?;
        let mut desk = self.0.desk_mut(py)?;
        let book = desk.driver.state.book_now();
        desk.checks.note((time_ns, asset, book), &name, &looked)
    }

    /// Buys a quantity: at the market, at `limit` or better, once the price reaches `stop`, with both as a stop-limit,
    /// or once it has turned by `trail` (an amount) or `trail_pct` (a part, 0.05 for 5%) from its best.
    ///
    /// Numbers may be ints, floats, text or Decimals; quantities are put on the asset's step toward zero, prices to the
    /// safe side. `tif` is GTC (default), DAY, GTD (with `until`), IOC or FOK; `on="open"` or `on="close"` trades at
    /// that moment of a session only. `post_only` never takes, `reduce_only` never opens. Orders of one asset with the
    /// same `oco` name cancel each other.
    ///
    /// What fills is protected by `stop_loss` and `take_profit` (prices), by `trailing_stop` (a distance to the best price
    /// since), or their `_pct` (parts of the fill price); of two stops the tighter one counts. `take_profit` may be pairs
    /// of a price and the part that is sold there, as in [(110, 0.5), (120, 0.25)]; the rest stays with the stop. Once a
    /// bar has gained `break_even` (an amount, or `break_even_pct`), the stop moves to what was paid. Returns the order as
    /// it was asked; raises OrderError, NumberError, UnknownAssetError, or UnsupportedError for what needs more than the
    /// account and bars.
    ///
    /// Example: `order = ctx.buy("AAPL", 100, limit=bar.close * 0.98, stop_loss_pct=0.05)`
    #[pyo3(signature = (asset, quantity = None, **options),
        text_signature = "($self, asset, quantity, *, limit=None, stop=None, trail=None, trail_pct=None, tif='GTC', \
        until=None, on=None, post_only=False, reduce_only=False, oco=None, stop_loss=None, stop_loss_pct=None, \
        take_profit=None, take_profit_pct=None, trailing_stop=None, trailing_stop_pct=None, break_even=None, \
        break_even_pct=None)")]
    fn buy(
        &self,
        asset: &Bound<'_, PyAny>,
        quantity: Option<&Bound<'_, PyAny>>,
        options: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<Order> {
        crate::wish::order(&self.0, Side::Buy, asset, quantity, options)
    }

    /// Sells a quantity, with the options of `buy`. A cash account sells at most what it holds when the order fills; a
    /// margin account goes on into a short position, which `stop_loss` (above), `take_profit` (below) and the others
    /// protect.
    ///
    /// Example: `ctx.sell("AAPL", 100, stop=bar.close * 0.95)`
    #[pyo3(signature = (asset, quantity = None, **options),
        text_signature = "($self, asset, quantity, *, limit=None, stop=None, trail=None, trail_pct=None, tif='GTC', \
        until=None, on=None, post_only=False, reduce_only=False, oco=None, stop_loss=None, stop_loss_pct=None, \
        take_profit=None, take_profit_pct=None, trailing_stop=None, trailing_stop_pct=None, break_even=None, \
        break_even_pct=None)")]
    fn sell(
        &self,
        asset: &Bound<'_, PyAny>,
        quantity: Option<&Bound<'_, PyAny>>,
        options: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<Order> {
        crate::wish::order(&self.0, Side::Sell, asset, quantity, options)
    }

    /// Puts a stop and targets on what is held of an asset now, in the place of what protects it so far.
    ///
    /// The options are those of `buy`: `_pct` counts from the average price paid, a trailing stop starts from the last
    /// close. Its orders only reduce and are linked: what one fills the others lose. What is opened later is not
    /// protected. Of a short position stops lie above and targets below.
    ///
    /// Example: `ctx.protect("AAPL", stop_loss_pct=0.05, take_profit=[(110, 0.5), (120, 0.5)])`
    #[pyo3(signature = (asset, **options),
        text_signature = "($self, asset, *, stop_loss=None, stop_loss_pct=None, take_profit=None, take_profit_pct=None, \
        trailing_stop=None, trailing_stop_pct=None, break_even=None, break_even_pct=None)")]
    fn protect(&self, asset: &Bound<'_, PyAny>, options: Option<&Bound<'_, PyDict>>) -> PyResult<()> {
        crate::wish::protect(&self.0, asset, options)
    }

    /// Orders the difference between what is held and coming and what is wanted: a quantity, a weight of equity, a
    /// value, or `all_in=True` for all that cash pays.
    ///
    /// Orders of earlier targets for the asset are canceled first. What cash cannot pay is trimmed; where nothing is
    /// missing there is no order. What it buys is protected as by `buy`. On margin less than 0 is a short position, what
    /// is not within the margin is denied, and an order that lets go of a part or all of a position never opens another.
    ///
    /// Example: `ctx.target("AAPL", weight=0.5, stop_loss_pct=0.05)`
    #[pyo3(signature = (asset, *unnamed, quantity = None, weight = None, value = None, all_in = None, **options),
        text_signature = "($self, asset, *, quantity=None, weight=None, value=None, all_in=False, stop_loss=None, \
        stop_loss_pct=None, take_profit=None, take_profit_pct=None, trailing_stop=None, trailing_stop_pct=None, \
        break_even=None, break_even_pct=None)")]
    #[expect(clippy::too_many_arguments, reason = "each is a keyword of the face")]
    fn target(
        &self,
        asset: &Bound<'_, PyAny>,
        unnamed: &Bound<'_, PyTuple>,
        quantity: Option<&Bound<'_, PyAny>>,
        weight: Option<&Bound<'_, PyAny>>,
        value: Option<&Bound<'_, PyAny>>,
        all_in: Option<&Bound<'_, PyAny>>,
        options: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<()> {
        if !unnamed.is_empty() {
            return Err(crate::asking::unnamed_size(asset, unnamed));
        }
        let (py, asset) = (asset.py(), self.0.tradable(asset)?);
        let goal = crate::asking::goal(&self.0, py, asset, quantity, weight, value, all_in)?;
        let exits = crate::wish::targeted(&self.0, py, (asset, goal.side()), options)?;
        crate::asking::push(&self.0, py, Command::Target { asset, goal, exits })
    }

    /// A weight for each asset of the group, from a mapping or a frame with asset and weight; assets left out go to zero.
    ///
    /// Differences within `band` are left alone.
    ///
    /// Example: `ctx.rebalance({"AAPL": 0.5, "MSFT": 0.4}, band=0.02)`
    #[pyo3(signature = (weights, *, band = None))]
    fn rebalance(&self, py: Python<'_>, weights: &Bound<'_, PyAny>, band: Option<&Bound<'_, PyAny>>) -> PyResult<()> {
        let command = crate::asking::rebalance(&self.0, weights, band)?;
        crate::asking::push(&self.0, py, command)
    }

    /// Cancels the asset's orders and closes its position; without an asset, everything.
    #[pyo3(signature = (asset = None))]
    fn flatten(&self, py: Python<'_>, asset: Option<&Bound<'_, PyAny>>) -> PyResult<()> {
        for asset in crate::asking::assets(&self.0, asset)? {
            crate::asking::push(&self.0, py, Command::Flatten { asset })?;
        }
        Ok(())
    }

    /// Cancels an order, an order id, or every working order of an asset; without an argument, all of them.
    #[pyo3(signature = (order = None, *, asset = None))]
    fn cancel(
        &self,
        py: Python<'_>,
        order: Option<&Bound<'_, PyAny>>,
        asset: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<()> {
        crate::asking::cancel(&self.0, py, order, asset)
    }

    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        let desk = self.0.desk(py)?;
        if desk.driver.slice.number == 0 {
            return Ok("Context(before the first bar)".into());
        }
        let now = to_datetime(py, desk.driver.slice.time_ns)?;
        let (cash, equity) = (desk.own_cash().or_raise()?, desk.own_equity().or_raise()?);
        let (held, working) = (desk.own_assets().len(), desk.own_orders().len());
        Ok(format!("Context({now}: equity {equity}, cash {cash}, {held} held, {working} orders working)"))
    }
}

fn named_field(name: &str) -> PyResult<(&'static str, Field)> {
    let unknown = || format!("field {name:?} is unknown; use open, high, low, close or volume");
    let found =
        Field::ALL.into_iter().find(|(known, field)| *known == name && !matches!(field, Field::Session | Field::Time));
    found.ok_or_else(|| raise(Error::Parameter(unknown())))
}

/// Prices are always known; a volume that is not must not travel on as NaN.
fn check_volumes(name: &str, values: &[f64]) -> PyResult<()> {
    let (unknown, n) = (values.iter().filter(|x| x.is_nan()).count(), values.len());
    if unknown == 0 {
        return Ok(());
    }
    let message = format!("the volume of {name} is unknown in {unknown} of its last {n} bars; ask for fewer bars");
    Err(raise(Error::Undefined(message)))
}

/// A whole number of bars.
fn bars_back(n: &Bound<'_, PyAny>) -> PyResult<i64> {
    let whole = if n.is_instance_of::<PyBool>() { None } else { n.extract::<i64>().ok() };
    whole.ok_or_else(|| raise(Error::Parameter(format!("history of n={n} bars: n is a whole number from 1 on"))))
}
