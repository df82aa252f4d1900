//! Two inputs joined by arithmetic, a comparison or a rule's `&` and `|`, defined at the bars where both are.
//!
//! A rule is 1 where it holds and 0 where it does not. What is not finite (a division by zero, an overflow) is undefined.

use workbench_market::bar::Ohlcv;

use crate::columns::Columns;
use crate::elsewhere::{Closed, Waiting};
use crate::indicator::Indicator;
use crate::join::{Operand, join};
use crate::pieces::State;
use crate::rows::Rows;
use crate::source::{Source, are_at, bounded, states};

/// What becomes of two defined inputs.
type Operator = fn(f64, f64) -> f64;

/// The comparisons, in the same way.
macro_rules! compare_by_name {
    ($name:expr, $holds:ident => $body:expr) => {
        match $name {
            "lt" => compare_by_name!(@ $holds, |a, b| a < b, $body),
            "le" => compare_by_name!(@ $holds, |a, b| a <= b, $body),
            "gt" => compare_by_name!(@ $holds, |a, b| a > b, $body),
            "ge" => compare_by_name!(@ $holds, |a, b| a >= b, $body),
            _ => None,
        }
    };
    (@ $holds:ident, |$a:ident, $b:ident| $value:expr, $body:expr) => {{
        #[inline(always)]
        fn $holds($a: f64, $b: f64) -> bool {
            $value
        }
        Some($body)
    }};
}
pub(crate) use compare_by_name;

/// The one table of operators: what is made with the operator of a name, compiled anew for each, if there is one.
macro_rules! by_name {
    ($name:expr, $operator:ident => $body:expr) => {
        match $name {
            "add" => by_name!(@ $operator, |a, b| a + b, $body),
            "sub" => by_name!(@ $operator, |a, b| a - b, $body),
            "mul" => by_name!(@ $operator, |a, b| a * b, $body),
            "div" => by_name!(@ $operator, |a, b| a / b, $body),
            // Both are 1 or 0 here.
            "and" => by_name!(@ $operator, |a, b| f64::min(a, b), $body),
            "or" => by_name!(@ $operator, |a, b| f64::max(a, b), $body),
            name => $crate::pair::compare_by_name!(name, holds => {
                let $operator = |a: f64, b: f64| f64::from(holds(a, b));
                $body
            }),
        }
    };
    (@ $operator:ident, |$a:ident, $b:ident| $value:expr, $body:expr) => {{
        let $operator = |$a: f64, $b: f64| $value;
        Some($body)
    }};
}
pub(crate) use by_name;

/// The operator of this name, if there is one.
fn operator(name: &str) -> Option<Operator> {
    by_name!(name, operator => operator as Operator)
}

/// Whether there is an operator of this name.
pub(crate) fn is_join(name: &str) -> bool {
    operator(name).is_some()
}

/// What becomes of two inputs; NaN is undefined.
#[inline(always)]
pub(crate) fn joined(left: f64, right: f64, operator: impl Fn(f64, f64) -> f64) -> f64 {
    let value = operator(left, right);
    // A comparison with NaN would be 0, and a minimum would forget it.
    if left.is_nan() || right.is_nan() || !value.is_finite() { f64::NAN } else { value }
}

pub(crate) struct Pair {
    left: Source,
    right: Source,
    values: [f64; 2],
    name: String,
    operator: Operator,
}

/// One side over some rows.
enum Side<'a> {
    Number(f64),
    Rows(Rows<'a>),
}

impl Side<'_> {
    fn of<'a>(source: &mut Source, columns: Columns<'a>) -> Side<'a> {
        match source {
            Source::Number(number) => Side::Number(bounded(*number)),
            source => Side::Rows(source.fill(columns)),
        }
    }

    fn operand(&self) -> Operand<'_> {
        match self {
            Side::Number(number) => Operand::Number(*number),
            Side::Rows(rows) => Operand::Column(&rows.values),
        }
    }

    fn last(&self) -> f64 {
        match self {
            Side::Number(number) => *number,
            Side::Rows(rows) => rows.values.last().copied().unwrap_or(f64::NAN),
        }
    }
}

impl Pair {
    /// The join of this name, if there is one.
    pub fn new(left: Source, right: Source, name: &str) -> Option<Pair> {
        operator(name).map(|operator| Pair { left, right, values: [f64::NAN; 2], name: name.into(), operator })
    }
}

impl Indicator for Pair {
    #[inline]
    fn update(&mut self, bar: &Ohlcv) -> Option<f64> {
        // Both sides take the bar, whether or not the other has a value.
        self.values = [self.left.update(bar), self.right.update(bar)];
        self.value()
    }

    fn fill(&mut self, columns: Columns<'_>, values: &mut [f64]) -> bool {
        if values.is_empty() {
            return false;
        }
        let (left, right) = (Side::of(&mut self.left, columns), Side::of(&mut self.right, columns));
        join(&self.name, left.operand(), right.operand(), values);
        self.values = [left.last(), right.last()];
        false
    }

    /// A side that lives on longer bars moves at once, without waiting for the next bar of the other.
    fn close(&mut self, closed: Closed<'_>) {
        let [left, right] = self.values;
        self.values = [self.left.close(closed).unwrap_or(left), self.right.close(closed).unwrap_or(right)];
    }

    #[inline]
    fn value(&self) -> Option<f64> {
        let [left, right] = self.values;
        Some(joined(left, right, self.operator)).filter(|value| !value.is_nan())
    }

    fn warmup(&self) -> usize {
        self.left.warmup().max(self.right.warmup())
    }

    fn waiting(&self) -> Option<Waiting> {
        self.left.waiting().or_else(|| self.right.waiting())
    }

    fn state(&self) -> Option<State> {
        Some(Box::new(states([&self.left, &self.right])?))
    }

    fn is_at(&self, state: &State) -> bool {
        state.downcast_ref::<Vec<State>>().is_some_and(|inner| are_at([&self.left, &self.right], inner))
    }

    fn reset(&mut self) {
        self.left.reset();
        self.right.reset();
        self.values = [f64::NAN; 2];
    }
}
