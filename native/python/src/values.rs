//! The frozen values a strategy is handed: bars, orders, fills and positions, float64 with exact twins.

use std::sync::Arc;

use pyo3::prelude::*;
use workbench_engine::event::Fill as FillEvent;
use workbench_engine::life::Status;
use workbench_engine::order::Order as EngineOrder;
use workbench_engine::series::Span;
use workbench_engine::state::Position as Holding;
use workbench_market::Error;
use workbench_market::bar::Ohlcv;
use workbench_market::decimal::ticks;
use workbench_market::instrument::Instrument;
use workbench_market::number::{Fixed, Money, Price, Quantity};

use crate::errors::{OrRaise, raise};
use crate::gil_cell::GilSlot;
use crate::number::to_decimal;
use crate::time::{to_date, to_datetime};

/// An exact twin: the NamedTuple of that name in `workbench.engine.exact`, filled with Decimals.
pub fn exact_twin<'py>(py: Python<'py>, class: &str, values: Vec<Bound<'py, PyAny>>) -> PyResult<Bound<'py, PyAny>> {
    let class = py.import("workbench.engine.exact")?.getattr(class)?;
    class.call1(pyo3::types::PyTuple::new(py, values)?)
}

pub fn optional<const SCALE: u32>(py: Python<'_>, number: Option<Fixed<SCALE>>) -> PyResult<Bound<'_, PyAny>> {
    number.map_or_else(|| Ok(py.None().into_bound(py)), |number| to_decimal(py, number))
}

/// A finished bar, as it was traded.
#[pyclass(frozen, module = "workbench._native")]
pub struct Bar {
    // Read as a plain member, without a call into Rust: it is the key of every look-up in a callback.
    #[pyo3(get)]
    pub asset: Py<PyAny>,
    pub row: GilSlot<(Span, Ohlcv)>,
    pub digits: (u32, u32),
}

impl Bar {
    fn span(&self, py: Python<'_>) -> Span {
        self.row.get(py).0
    }

    fn values(&self, py: Python<'_>) -> Ohlcv {
        self.row.get(py).1
    }
}

#[pymethods]
impl Bar {
    #[getter]
    fn open_time<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        to_datetime(py, self.span(py).open_ns)
    }
    #[getter]
    fn time<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        to_datetime(py, self.span(py).close_ns)
    }
    #[getter]
    fn session<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        to_date(py, self.span(py).session)
    }
    #[getter]
    fn open(&self, py: Python<'_>) -> f64 {
        self.values(py).open
    }
    #[getter]
    fn high(&self, py: Python<'_>) -> f64 {
        self.values(py).high
    }
    #[getter]
    fn low(&self, py: Python<'_>) -> f64 {
        self.values(py).low
    }
    #[getter]
    fn close(&self, py: Python<'_>) -> f64 {
        self.values(py).close
    }
    #[getter]
    fn volume(&self, py: Python<'_>) -> PyResult<f64> {
        let volume = self.values(py).volume;
        if volume.is_nan() {
            return Err(raise(Error::Undefined(format!(
                "the volume of {} is unknown in this bar; test for it in bars.frame first",
                self.asset
            ))));
        }
        Ok(volume)
    }
    #[getter]
    fn exact<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let price =
            |x: f64| ticks(x, self.digits.0).map(|n| Price::from_raw(i128::from(n) * 10_i128.pow(12 - self.digits.0)));
        let v = self.values(py);
        let mut fields = Vec::with_capacity(5);
        for x in [v.open, v.high, v.low, v.close] {
            fields.push(to_decimal(py, price(x).or_raise()?)?);
        }
        let volume = if v.volume.is_nan() { None } else { Some(ticks(v.volume, self.digits.1).or_raise()?) };
        let volume = volume.map(|n| Quantity::from_raw(i128::from(n) * 10_i128.pow(8 - self.digits.1)));
        fields.push(optional(py, volume)?);
        exact_twin(py, "ExactBar", fields)
    }
    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        let (v, time) = (self.values(py), self.time(py)?);
        Ok(format!(
            "Bar({} {time}: open {}, high {}, low {}, close {}, volume {})",
            self.asset, v.open, v.high, v.low, v.close, v.volume
        ))
    }
}

/// An order as it stood when it was looked at.
#[pyclass(frozen, module = "workbench._native")]
pub struct Order {
    pub asset: Py<PyAny>,
    pub order: EngineOrder,
}

#[pymethods]
impl Order {
    #[getter]
    fn id(&self) -> u64 {
        self.order.id
    }
    #[getter]
    fn asset(&self, py: Python<'_>) -> Py<PyAny> {
        self.asset.clone_ref(py)
    }
    #[getter]
    fn time<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        to_datetime(py, self.order.asked_ns)
    }
    #[getter]
    fn side(&self) -> &'static str {
        self.order.ask.side.name()
    }
    #[getter(r#type)]
    fn kind(&self) -> &'static str {
        self.order.ask.kind.name(self.order.ask.terms.on)
    }
    #[getter]
    fn quantity(&self) -> f64 {
        self.order.quantity.to_f64()
    }
    #[getter]
    fn filled(&self) -> f64 {
        self.order.filled.to_f64()
    }
    #[getter]
    fn limit(&self) -> Option<f64> {
        self.order.ask.kind.limit().map(Fixed::to_f64)
    }
    #[getter]
    fn stop(&self) -> Option<f64> {
        self.order.ask.kind.stop().map(Fixed::to_f64)
    }
    /// GTC, DAY, GTD, IOC or FOK.
    #[getter]
    fn tif(&self) -> &'static str {
        self.order.ask.terms.tif.name()
    }
    /// Who asked for it: order, target, bracket, protect, or liquidation by the account itself.
    #[getter]
    fn origin(&self) -> &'static str {
        self.order.ask.origin.name()
    }
    /// The id of the order whose position it protects; None for all others.
    #[getter]
    fn parent(&self) -> Option<u64> {
        self.order.ask.origin.entry()
    }
    #[getter]
    fn status(&self) -> &'static str {
        self.order.status.name()
    }
    #[getter]
    fn reason(&self) -> Option<&'static str> {
        self.order.reason.map(|reason| reason.name())
    }
    /// The limit that a refusal names.
    #[getter]
    fn allowed(&self) -> Option<f64> {
        self.order.reason.and_then(|reason| reason.amounts()).map(|(allowed, _)| allowed.to_f64())
    }
    /// What the order would have needed.
    #[getter]
    fn actual(&self) -> Option<f64> {
        self.order.reason.and_then(|reason| reason.amounts()).map(|(_, actual)| actual.to_f64())
    }
    #[getter]
    fn exact<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let o = &self.order;
        let fields = vec![
            to_decimal(py, o.quantity)?,
            to_decimal(py, o.filled)?,
            optional(py, o.ask.kind.limit())?,
            optional(py, o.ask.kind.stop())?,
        ];
        exact_twin(py, "ExactOrder", fields)
    }
    fn __repr__(&self) -> String {
        let o = &self.order;
        let price = o.ask.kind.price().map_or_else(String::new, |price| format!(" at {price}"));
        let why = o.reason.map_or_else(String::new, |reason| format!(" ({})", reason.name()));
        let status = if o.status == Status::Intent { "asked" } else { o.status.name() };
        let (side, kind) = (o.ask.side.name(), o.ask.kind.name(o.ask.terms.on));
        format!("Order(#{} {side} {} {} {kind}{price}: {status}{why})", o.id, o.quantity, self.asset)
    }
}

/// One execution.
#[pyclass(frozen, module = "workbench._native")]
pub struct Fill {
    pub asset: Py<PyAny>,
    pub time_ns: i64,
    /// Whether it came about at the venue, not between two books of the account.
    #[pyo3(get)]
    pub venue: bool,
    pub fill: FillEvent,
}

#[pymethods]
impl Fill {
    #[getter]
    fn order(&self) -> u64 {
        self.fill.order
    }
    #[getter]
    fn asset(&self, py: Python<'_>) -> Py<PyAny> {
        self.asset.clone_ref(py)
    }
    #[getter]
    fn time<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        to_datetime(py, self.time_ns)
    }
    #[getter]
    fn side(&self) -> &'static str {
        self.fill.side.name()
    }
    #[getter]
    fn quantity(&self) -> f64 {
        self.fill.quantity.to_f64()
    }
    #[getter]
    fn price(&self) -> f64 {
        self.fill.price.to_f64()
    }
    #[getter]
    fn reference(&self) -> f64 {
        self.fill.reference.to_f64()
    }
    #[getter]
    fn value(&self) -> f64 {
        self.fill.value.to_f64()
    }
    #[getter]
    fn fee(&self) -> f64 {
        self.fill.fee.to_f64()
    }
    #[getter]
    fn slippage(&self) -> f64 {
        self.fill.slippage.to_f64()
    }
    #[getter]
    fn moment(&self) -> &'static str {
        self.fill.moment.name()
    }
    /// Whether the bar leaves open that it happened like this.
    #[getter]
    fn ambiguous(&self) -> bool {
        self.fill.is_ambiguous
    }
    #[getter]
    fn exact<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let f = &self.fill;
        let fields = vec![
            to_decimal(py, f.quantity)?,
            to_decimal(py, f.price)?,
            to_decimal(py, f.reference)?,
            to_decimal(py, f.value)?,
            to_decimal(py, f.fee)?,
            to_decimal(py, f.slippage)?,
        ];
        exact_twin(py, "ExactFill", fields)
    }
    fn __repr__(&self) -> String {
        let f = &self.fill;
        format!(
            "Fill(order #{}: {} {} {} at {}, fee {})",
            f.order,
            f.side.name(),
            f.quantity,
            self.asset,
            f.price,
            f.fee
        )
    }
}

/// What is held, worth what it is, and the price of a margin call.
#[derive(Clone, Copy)]
pub struct Held {
    pub holding: Holding,
    pub liquidation_price: Option<Price>,
}

/// A holding as it stands now; false when nothing is held.
#[pyclass(frozen, module = "workbench._native")]
pub struct Position {
    pub asset: Py<PyAny>,
    pub instruments: Arc<[Instrument]>,
    pub index: usize,
    pub held: GilSlot<Held>,
}

impl Position {
    fn mean_price(&self, py: Python<'_>) -> PyResult<Option<Price>> {
        let held = self.held.get(py).holding;
        self.instruments[self.index].average(held.cost, held.quantity).or_raise()
    }

    fn gain(&self, py: Python<'_>) -> PyResult<Money> {
        let held = self.held.get(py).holding;
        held.value.minus(held.cost).or_raise()
    }
}

#[pymethods]
impl Position {
    #[getter]
    fn asset(&self, py: Python<'_>) -> Py<PyAny> {
        self.asset.clone_ref(py)
    }
    #[getter]
    fn quantity(&self, py: Python<'_>) -> f64 {
        self.held.get(py).holding.quantity.to_f64()
    }
    /// Average cost per unit; None when nothing is held.
    #[getter]
    fn average_price(&self, py: Python<'_>) -> PyResult<Option<f64>> {
        Ok(self.mean_price(py)?.map(Fixed::to_f64))
    }
    /// The last close, in today's units; None before the first.
    #[getter]
    fn price(&self, py: Python<'_>) -> Option<f64> {
        self.held.get(py).holding.last.map(Fixed::to_f64)
    }
    #[getter]
    fn value(&self, py: Python<'_>) -> f64 {
        self.held.get(py).holding.value.to_f64()
    }
    #[getter]
    fn cost(&self, py: Python<'_>) -> f64 {
        self.held.get(py).holding.cost.to_f64()
    }
    /// Value less cost, before fees.
    #[getter]
    fn profit(&self, py: Python<'_>) -> PyResult<f64> {
        Ok(self.gain(py)?.to_f64())
    }
    /// The price at which a margin call comes while everything else stays as it is; None where there is none.
    #[getter]
    fn liquidation_price(&self, py: Python<'_>) -> Option<f64> {
        self.held.get(py).liquidation_price.map(Fixed::to_f64)
    }
    #[getter]
    fn exact<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let Held { holding: held, liquidation_price } = self.held.get(py);
        let fields = vec![
            to_decimal(py, held.quantity)?,
            optional(py, self.mean_price(py)?)?,
            optional(py, held.last)?,
            to_decimal(py, held.value)?,
            to_decimal(py, held.cost)?,
            to_decimal(py, self.gain(py)?)?,
            optional(py, liquidation_price)?,
        ];
        exact_twin(py, "ExactPosition", fields)
    }
    fn __bool__(&self, py: Python<'_>) -> bool {
        !self.held.get(py).holding.quantity.is_zero()
    }
    fn __repr__(&self, py: Python<'_>) -> String {
        let held = self.held.get(py).holding;
        format!("Position({} {}, value {})", held.quantity, self.asset, held.value)
    }
}

/// The digits of an instrument, as a bar needs them for its exact twin.
pub const fn digits(instrument: &Instrument) -> (u32, u32) {
    (instrument.price_digits, instrument.quantity_digits)
}

pub fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<Bar>()?;
    module.add_class::<Order>()?;
    module.add_class::<Fill>()?;
    module.add_class::<Position>()
}
