//! Where an indicator takes its input from: a field of the bar, a plain number, or another indicator.

use workbench_market::bar::Ohlcv;

use crate::columns::Columns;
use crate::elsewhere::{Closed, Waiting};
use crate::field::Field;
use crate::indicator::Indicator;
use crate::pieces::State;
use crate::rows::Rows;

/// Inputs beyond this size count as undefined, so that no sum over a window can overflow.
pub(crate) const MAGNITUDE_MAX: f64 = 1e290;

/// An input as a formula sees it.
#[inline(always)]
pub(crate) fn bounded(x: f64) -> f64 {
    if is_bounded(x) { x } else { f64::NAN }
}

/// Whether a formula sees it as defined.
#[inline(always)]
pub(crate) fn is_bounded(x: f64) -> bool {
    // NaN and inf fail this comparison too.
    x.abs() <= MAGNITUDE_MAX
}

/// The columns of sources that are all fields.
pub(crate) fn fields<'a, const N: usize>(sources: &[Source; N], columns: Columns<'a>) -> Option<[&'a [f64]; N]> {
    let found =
        sources.each_ref().map(|source| if let Source::Field(it) = source { Some(columns.field(*it)) } else { None });
    found.iter().all(Option::is_some).then(|| found.map(Option::unwrap_or_default))
}

/// How all sources stand; `None` where one cannot tell.
pub(crate) fn states<'a>(sources: impl IntoIterator<Item = &'a Source>) -> Option<Vec<State>> {
    sources.into_iter().filter_map(Source::inner).map(|inner| inner.state()).collect()
}

/// Whether all of them go on as those that stood like this.
pub(crate) fn are_at<'a>(sources: impl IntoIterator<Item = &'a Source>, states: &[State]) -> bool {
    sources.into_iter().filter_map(Source::inner).zip(states).all(|(inner, state)| inner.is_at(state))
}

/// A field is read without a virtual call, which is most of an update's cost.
pub(crate) enum Source {
    Field(Field),
    Number(f64),
    Indicator(Box<dyn Indicator>),
}

impl Source {
    /// The input at this bar; undefined is NaN.
    #[inline]
    pub fn update(&mut self, bar: &Ohlcv) -> f64 {
        let x = match self {
            Source::Field(field) => field.read(bar),
            Source::Number(number) => *number,
            Source::Indicator(inner) => inner.update(bar).unwrap_or(f64::NAN),
        };
        bounded(x)
    }

    /// What has a past of its own.
    fn inner(&self) -> Option<&dyn Indicator> {
        if let Source::Indicator(inner) = self { Some(inner.as_ref()) } else { None }
    }

    /// The inputs at these rows.
    pub fn fill<'a>(&mut self, columns: Columns<'a>) -> Rows<'a> {
        match self {
            Source::Field(field) => Rows::lent(columns.field(*field)),
            Source::Number(number) => Rows::made(vec![*number; columns.len()]),
            Source::Indicator(inner) => {
                let mut values = vec![f64::NAN; columns.len()];
                inner.fill(columns, &mut values);
                Rows::made(values)
            }
        }
    }

    /// Hands on longer bars, and gives the value after them; a field has none between bars.
    pub fn close(&mut self, closed: Closed<'_>) -> Option<f64> {
        match self {
            Source::Field(_) => None,
            Source::Number(number) => Some(*number),
            Source::Indicator(inner) => {
                inner.close(closed);
                Some(inner.value().unwrap_or(f64::NAN))
            }
        }
    }

    pub fn waiting(&self) -> Option<Waiting> {
        match self {
            Source::Field(_) | Source::Number(_) => None,
            Source::Indicator(inner) => inner.waiting(),
        }
    }

    pub fn warmup(&self) -> usize {
        match self {
            Source::Field(_) | Source::Number(_) => 1,
            Source::Indicator(inner) => inner.warmup(),
        }
    }

    pub fn reset(&mut self) {
        if let Source::Indicator(inner) = self {
            inner.reset();
        }
    }
}
