//! Rows of a column as an indicator reads them, and which of them can be done together.

use std::borrow::Cow;
use std::ops::Range;

use workbench_market::widened;

use crate::source::{MAGNITUDE_MAX, bounded};

/// How many rows are done together: what is made on the way stays in the nearest cache.
pub(crate) const TILE: usize = 960;

pub(crate) const SIGN: u64 = 1 << 63;

/// One number a row, NaN where it is undefined.
pub(crate) struct Rows<'a> {
    pub values: Cow<'a, [f64]>,
    is_whole: bool,
}

impl<'a> Rows<'a> {
    /// Lends a column as it stands where all of it is defined.
    pub fn lent(column: &'a [f64]) -> Rows<'a> {
        match is_whole(column) {
            true => Rows { values: Cow::Borrowed(column), is_whole: true },
            false => Rows::made(column.to_vec()),
        }
    }

    /// Takes values, of which those beyond the bound are undefined.
    pub fn made(mut values: Vec<f64>) -> Rows<'a> {
        let is_whole = is_whole(&values);
        if !is_whole {
            values.iter_mut().for_each(|x| *x = bounded(*x));
        }
        Rows { values: Cow::Owned(values), is_whole }
    }
}

/// The rows of some columns in stretches, each with whether all columns are defined in all of it.
pub(crate) fn stretches<const N: usize>(
    columns: &[Rows<'_>; N],
    len: usize,
) -> impl Iterator<Item = (Range<usize>, bool)> {
    let are_whole = columns.iter().all(|column| column.is_whole);
    let step = if are_whole { len.max(1) } else { TILE };
    (0..len).step_by(step).map(move |start| {
        let rows = start..len.min(start + step);
        let is_part_whole =
            are_whole || columns.iter().all(|column| column.is_whole || is_whole(&column.values[rows.clone()]));
        (rows, is_part_whole)
    })
}

/// Tile after tile of a column, with the rows it has.
pub(crate) fn tiles(values: &mut [f64]) -> impl Iterator<Item = (Range<usize>, &mut [f64])> {
    values.chunks_mut(TILE).enumerate().map(|(i, values)| (i * TILE..i * TILE + values.len(), values))
}

/// Whether all of some columns are defined in every row.
pub(crate) fn are_whole(columns: &[&[f64]]) -> bool {
    columns.iter().all(|column| is_whole(column))
}

fn is_whole(xs: &[f64]) -> bool {
    are_within(MAGNITUDE_MAX, xs)
}

/// Whether every value is defined, as `Indicator::fill` tells it.
pub fn are_finite(values: &[f64]) -> bool {
    are_within(f64::MAX, values)
}

/// Whether the first value is defined, and with it all later ones of a formula that never stops once it has begun.
pub(crate) fn has_begun(values: &[f64]) -> bool {
    values.first().is_some_and(|first| first.is_finite())
}

/// Whether no value is undefined or beyond a bound.
pub(crate) fn are_within(bound: f64, xs: &[f64]) -> bool {
    beyond(bound, xs) & SIGN == 0
}

widened! {
    /// Its sign says whether some input is beyond: floats without their sign are in the order of their bits, NaN the last.
    fn beyond(bound: f64, xs: &[f64]) -> u64 {
        let mut beyond = 0;
        for x in xs {
            beyond |= bound.to_bits().wrapping_sub(x.to_bits() & !SIGN);
        }
        beyond
    }
}
