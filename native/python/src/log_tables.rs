//! The frames of a log as Arrow tables, in floats; the records themselves hold every digit.

use std::sync::Arc;

use arrow_array::{ArrayRef, Date32Array, Float64Array, Int64Array, StringArray, TimestampMicrosecondArray};
use pyo3::prelude::*;
use workbench_journal::pack::Value;
use workbench_journal::reader::{Entry, Reader};
use workbench_journal::records::Kind;
use workbench_market::Result;
use workbench_market::decimal::to_f64;

use crate::arrow::Table;
use crate::errors::OrRaise;

const NUMBERS: [&str; 6] = ["quantity", "price", "value", "fee", "slippage", "amount"];
const TEXTS: [&str; 2] = ["side", "reason"];

/// Columns in the making; what has no column of its own is put into words.
#[derive(Default)]
struct Events {
    sequence: Vec<i64>,
    time_us: Vec<i64>,
    event: Vec<String>,
    order: Vec<Option<i64>>,
    asset: Vec<Option<String>>,
    texts: [Vec<Option<String>>; TEXTS.len()],
    numbers: [Vec<Option<f64>>; NUMBERS.len()],
    more: Vec<Option<String>>,
}

fn float(value: &Value) -> Option<f64> {
    if let Value::Exact { scale, raw } = value { Some(to_f64(*raw, *scale)) } else { None }
}

impl Events {
    fn push(&mut self, entry: &Entry, names: &[String]) -> Option<()> {
        let [_, _, _, _, _, event, fields, ..] = &entry.values[..] else { return None };
        let Value::Map(pairs) = fields else { return None };
        self.sequence.push(entry.sequence as i64);
        self.time_us.push(entry.time_ns.div_euclid(1_000));
        self.event.push(event.text()?.to_owned());
        self.order.push(fields.get("order").and_then(Value::integer));
        let asset = fields.get("asset").and_then(Value::count);
        self.asset.push(asset.and_then(|asset| names.get(asset as usize).cloned()));
        for (column, name) in self.texts.iter_mut().zip(TEXTS) {
            column.push(fields.get(name).and_then(Value::text).map(str::to_owned));
        }
        for (column, name) in self.numbers.iter_mut().zip(NUMBERS) {
            column.push(fields.get(name).and_then(float));
        }
        let has_column =
            |name: &str| ["order", "asset"].contains(&name) || TEXTS.contains(&name) || NUMBERS.contains(&name);
        let more: Vec<_> =
            pairs.iter().filter(|(name, _)| !has_column(name)).map(|(n, v)| format!("{n} {v}")).collect();
        self.more.push((!more.is_empty()).then(|| more.join(", ")));
        Some(())
    }
}

fn times(values: Vec<i64>) -> ArrayRef {
    Arc::new(TimestampMicrosecondArray::from_iter_values(values).with_timezone("UTC"))
}

fn collect(reader: &Reader, kind: Kind, mut push: impl FnMut(&Entry) -> Option<()>) -> Result<()> {
    reader.each(|entry| {
        let taken = if entry.kind == Some(kind) { push(&entry) } else { Some(()) };
        taken.ok_or_else(|| reader.foreign(entry.sequence))
    })
}

/// sequence, time, event, order, asset, side, quantity, price, value, fee, slippage, amount, reason, more.
pub fn events(reader: &Reader, names: &[String]) -> PyResult<Table> {
    let mut rows = Events::default();
    collect(reader, Kind::Event, |entry| rows.push(entry, names)).or_raise()?;
    let [side, reason] = rows.texts.map(|column| Arc::new(StringArray::from_iter(column)) as ArrayRef);
    let mut columns: Vec<(&str, ArrayRef)> = vec![
        ("sequence", Arc::new(Int64Array::from(rows.sequence))),
        ("time", times(rows.time_us)),
        ("event", Arc::new(StringArray::from_iter_values(rows.event))),
        ("order", Arc::new(Int64Array::from(rows.order))),
        ("asset", Arc::new(StringArray::from_iter(rows.asset))),
        ("side", side),
    ];
    for (name, values) in NUMBERS.into_iter().zip(rows.numbers) {
        columns.push((name, Arc::new(Float64Array::from(values))));
    }
    columns.push(("reason", reason));
    columns.push(("more", Arc::new(StringArray::from_iter(rows.more))));
    Table::new(columns)
}

/// sequence, time, session, cash, positions, receivable, equity: a row per slice of a full log.
pub fn slices(reader: &Reader) -> PyResult<Table> {
    let (mut sequence, mut time_us, mut session) = (Vec::new(), Vec::new(), Vec::new());
    let mut money: [Vec<f64>; 4] = Default::default();
    let push = |entry: &Entry| {
        let [_, _, _, _, day, cash, positions, receivable] = &entry.values[..] else { return None };
        let amounts = [cash.exact::<20>()?, positions.exact()?, receivable.exact()?];
        let equity = amounts[0].plus(amounts[1]).and_then(|sum| sum.plus(amounts[2])).ok()?;
        sequence.push(entry.sequence as i64);
        time_us.push(entry.time_ns.div_euclid(1_000));
        session.push(i32::try_from(day.integer()?).ok()?);
        let all = amounts.into_iter().chain([equity]);
        money.iter_mut().zip(all).for_each(|(column, amount)| column.push(amount.to_f64()));
        Some(())
    };
    collect(reader, Kind::Slice, push).or_raise()?;
    let mut columns: Vec<(&str, ArrayRef)> = vec![
        ("sequence", Arc::new(Int64Array::from(sequence))),
        ("time", times(time_us)),
        ("session", Arc::new(Date32Array::from(session))),
    ];
    for (name, values) in ["cash", "positions", "receivable", "equity"].into_iter().zip(money) {
        columns.push((name, Arc::new(Float64Array::from(values))));
    }
    Table::new(columns)
}
