//! What was held and which orders worked in each slice of a run, found by going through it again.
//!
//! The one idea: both change seldom, so what comes out are spans: the first slice in which something is so, and the first
//! in which it is no longer.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow_array::{ArrayRef, Float64Array, Int64Array};
use pyo3::prelude::*;
use workbench_engine::driver::Driver;
use workbench_engine::state::State;
use workbench_market::number::{Fixed, Price, Quantity};

use crate::arrow::Table;

/// What a span is about: a holding of an asset, or an order of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Of {
    Held { asset: usize },
    Order { asset: usize, id: u64 },
}

/// What may change from slice to slice: what is held or left, and an order's prices.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Now {
    quantity: Quantity,
    limit: Option<Price>,
    stop: Option<Price>,
}

struct Span {
    of: Of,
    first: u64,
    until: u64,
    now: Now,
}

/// The spans of a run so far, and those that still go on.
#[derive(Default)]
pub struct Walk {
    over: Vec<Span>,
    going: BTreeMap<Of, (u64, Now)>,
    /// What there was in the slice before, and room for what there is: mostly the same, and then nothing is to do.
    before: Vec<(Of, Now)>,
    there: Vec<(Of, Now)>,
}

impl Walk {
    /// Notes what is so in the slice that a driver stands at, before its decisions.
    pub fn note(&mut self, driver: &Driver) {
        look(&driver.state, &mut self.there);
        if self.there == self.before {
            return;
        }
        std::mem::swap(&mut self.there, &mut self.before);
        let (slice, there) = (driver.slice.number, self.before.iter().copied().collect::<BTreeMap<_, _>>());
        let over = &mut self.over;
        self.going.retain(|&of, &mut (first, now)| {
            let goes_on = there.get(&of) == Some(&now);
            if !goes_on {
                over.push(Span { of, first, until: slice, now });
            }
            goes_on
        });
        for (of, now) in there {
            self.going.entry(of).or_insert((slice, now));
        }
    }

    /// The holdings and the orders, each with its spans in order of their ends; what still goes on ends at `last` + 1.
    pub fn tables(mut self, last: u64) -> PyResult<(Table, Table)> {
        for (of, (first, now)) in self.going {
            self.over.push(Span { of, first, until: last + 1, now });
        }
        let (held, orders): (Vec<_>, Vec<_>) = self.over.iter().partition(|span| matches!(span.of, Of::Held { .. }));
        Ok((Table::new(columns(&held))?, Table::new(columns(&orders))?))
    }
}

fn look(state: &State, there: &mut Vec<(Of, Now)>) {
    there.clear();
    let held = state.positions.iter().enumerate().filter(|(_, position)| !position.quantity.is_zero());
    there.extend(
        held.map(|(asset, position)| {
            (Of::Held { asset }, Now { quantity: position.quantity, limit: None, stop: None })
        }),
    );
    there.extend(state.working.iter().flatten().map(|&index| {
        let order = &state.orders[index];
        let kind = &order.ask.kind;
        let now = Now { quantity: order.quantity, limit: kind.limit(), stop: kind.stop() };
        (Of::Order { asset: order.ask.asset, id: order.id }, now)
    }));
}

fn columns(spans: &[&Span]) -> Vec<(&'static str, ArrayRef)> {
    let whole = |value: fn(&Span) -> i64| Arc::new(Int64Array::from_iter_values(spans.iter().map(|span| value(span))));
    let price = |value: fn(&Now) -> Option<Price>| {
        Arc::new(Float64Array::from_iter(spans.iter().map(|span| value(&span.now).map(Fixed::to_f64))))
    };
    vec![
        ("first", whole(|span| span.first as i64)),
        ("until", whole(|span| span.until as i64)),
        ("asset", whole(|span| span.of.asset() as i64)),
        ("order", whole(|span| span.of.order() as i64)),
        ("quantity", Arc::new(Float64Array::from_iter_values(spans.iter().map(|span| span.now.quantity.to_f64())))),
        ("limit", price(|now| now.limit)),
        ("stop", price(|now| now.stop)),
    ]
}

impl Of {
    fn asset(self) -> usize {
        match self {
            Self::Held { asset } | Self::Order { asset, .. } => asset,
        }
    }

    /// The order's id; 0 is none.
    fn order(self) -> u64 {
        match self {
            Self::Held { .. } => 0,
            Self::Order { id, .. } => id,
        }
    }
}
