//! Whole columns joined at once: what [`crate::pair`] does at each bar, in loops that take several bars at a time.

use workbench_market::widened;

use crate::pair::{by_name, compare_by_name};
use crate::source::is_bounded;

/// One side of a join.
#[derive(Clone, Copy, Debug)]
pub enum Operand<'a> {
    /// A value for each row, NaN where there is none.
    Column(&'a [f64]),
    Number(f64),
}

/// A rule over many rows, 64 to a word: where it holds, and where it is defined.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Bits {
    pub holds: Vec<u64>,
    pub defined: Vec<u64>,
}

/// Rows in a word.
pub const WORD: usize = 64;

impl Bits {
    /// Room for so many rows, none of which is defined.
    pub fn clear(&mut self, rows: usize) {
        for words in [&mut self.holds, &mut self.defined] {
            words.clear();
            words.resize(rows.div_ceil(WORD), 0);
        }
    }

    /// A column of 1 and 0 as a rule; NaN is undefined.
    pub fn read(&mut self, values: &[f64]) {
        self.clear(values.len());
        pack(values, &mut self.holds, &mut self.defined);
    }

    /// The same as a column.
    pub fn write(&self, values: &mut [f64]) {
        for (row, value) in values.iter_mut().enumerate() {
            let is = |words: &[u64]| words[row / WORD] >> (row % WORD) & 1 == 1;
            *value = if is(&self.defined) { f64::from(is(&self.holds)) } else { f64::NAN };
        }
    }
}

/// Joins two operands row by row with the operator of this name; false where there is none.
pub fn join(name: &str, left: Operand<'_>, right: Operand<'_>, values: &mut [f64]) -> bool {
    match (left, right) {
        (Operand::Column(left), Operand::Column(right)) => columns(name, left, right, values),
        (Operand::Column(left), Operand::Number(right)) => column_number(name, left, right, values),
        (Operand::Number(left), Operand::Column(right)) => number_column(name, left, right, values),
        (Operand::Number(left), Operand::Number(right)) => numbers(name, left, right, values),
    }
}

/// The same for a comparison, as a rule.
pub fn judge(name: &str, left: Operand<'_>, right: Operand<'_>, rows: usize, rule: &mut Bits) -> bool {
    rule.clear(rows);
    let Bits { holds, defined } = rule;
    match (left, right) {
        (Operand::Column(left), Operand::Column(right)) => {
            judged_columns(name, &left[..rows], &right[..rows], holds, defined)
        }
        (Operand::Column(left), Operand::Number(right)) => judged_by_number(name, &left[..rows], right, holds, defined),
        _ => {
            let mut values = vec![f64::NAN; rows];
            let is_known = join(name, left, right, &mut values);
            pack(&values, holds, defined);
            is_known
        }
    }
}

/// What becomes of two inputs; what is not bounded is undefined. All is asked at once, so that no row takes a turn.
#[inline(always)]
fn joined(left: f64, right: f64, operator: impl Fn(f64, f64) -> f64) -> f64 {
    let value = operator(left, right);
    if is_bounded(left) & is_bounded(right) & value.is_finite() { value } else { f64::NAN }
}

#[inline(always)]
fn each(values: &mut [f64], at: impl Fn(usize) -> f64) {
    for (row, value) in values.iter_mut().enumerate() {
        *value = at(row);
    }
}

widened! {
    fn columns(name: &str, left: &[f64], right: &[f64], values: &mut [f64]) -> bool {
        let (left, right) = (&left[..values.len()], &right[..values.len()]);
        by_name!(name, operator => each(values, |row| joined(left[row], right[row], operator))).is_some()
    }
}

widened! {
    fn column_number(name: &str, left: &[f64], right: f64, values: &mut [f64]) -> bool {
        let left = &left[..values.len()];
        by_name!(name, operator => each(values, |row| joined(left[row], right, operator))).is_some()
    }
}

widened! {
    fn number_column(name: &str, left: f64, right: &[f64], values: &mut [f64]) -> bool {
        let right = &right[..values.len()];
        by_name!(name, operator => each(values, |row| joined(left, right[row], operator))).is_some()
    }
}

fn numbers(name: &str, left: f64, right: f64, values: &mut [f64]) -> bool {
    by_name!(name, operator => values.fill(joined(left, right, operator))).is_some()
}

/// Lanes of a word: row r of 64 belongs to lane r % 4, so that four rows are packed at a time.
const LANES: usize = 4;

/// Packs what holds and what is defined at each row, a word at a time.
#[inline(always)]
fn packed(rows: usize, holds: &mut [u64], defined: &mut [u64], at: impl Fn(usize) -> (bool, bool)) {
    for (word, (holds, defined)) in holds.iter_mut().zip(defined).enumerate() {
        let first = word * WORD;
        if first + WORD > rows {
            for row in first..rows {
                let (yes, known) = at(row);
                *holds |= u64::from(yes) << (row - first);
                *defined |= u64::from(known) << (row - first);
            }
            return;
        }
        let (mut yes, mut known, mut bits) = ([0_u64; LANES], [0_u64; LANES], [1_u64, 2, 4, 8]);
        for four in 0..WORD / LANES {
            for lane in 0..LANES {
                let (is_so, is_known) = at(first + four * LANES + lane);
                yes[lane] |= if is_so { bits[lane] } else { 0 };
                known[lane] |= if is_known { bits[lane] } else { 0 };
                bits[lane] <<= LANES;
            }
        }
        *holds = yes.iter().fold(0, |all, lane| all | lane);
        *defined = known.iter().fold(0, |all, lane| all | lane);
    }
}

widened! {
    fn pack(values: &[f64], holds: &mut [u64], defined: &mut [u64]) {
        packed(values.len(), holds, defined, |row| {
            let value = values[row];
            (value != 0.0 && !value.is_nan(), !value.is_nan())
        });
    }
}

widened! {
    fn judged_columns(name: &str, left: &[f64], right: &[f64], holds: &mut [u64], defined: &mut [u64]) -> bool {
        let right = &right[..left.len()];
        compare_by_name!(name, holds_for => packed(left.len(), holds, defined, |row| {
            let (left, right) = (left[row], right[row]);
            let is_known = is_bounded(left) & is_bounded(right);
            (is_known & holds_for(left, right), is_known)
        }))
        .is_some()
    }
}

widened! {
    fn judged_by_number(name: &str, left: &[f64], right: f64, holds: &mut [u64], defined: &mut [u64]) -> bool {
        let is_right = is_bounded(right);
        compare_by_name!(name, holds_for => packed(left.len(), holds, defined, |row| {
            let is_known = is_bounded(left[row]) & is_right;
            (is_known & holds_for(left[row], right), is_known)
        }))
        .is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::field::Field;
    use crate::node::{Input, Node, build};
    use workbench_market::bar::Ohlcv;

    const EDGES: [f64; 9] = [0.0, -1.0, 1.0, f64::NAN, f64::INFINITY, 1e290, 1.1e290, 0.5, -0.0];

    /// Every pair of edges, more rows than a word has.
    fn sides() -> (Vec<f64>, Vec<f64>) {
        let pairs = EDGES.iter().flat_map(|&a| EDGES.iter().map(move |&b| (a, b)));
        pairs.chain([(1.0, 2.0); 50]).unzip()
    }

    fn streamed(name: &str, left: Input, right: Input, sides: &(Vec<f64>, Vec<f64>)) -> Vec<u64> {
        let node = Node { name: name.into(), params: vec![], inputs: vec![left, right], frame: None };
        let mut stream = build(&node).unwrap();
        let bar = |(&open, &high): (&f64, &f64)| Ohlcv {
            open,
            high,
            low: 0.0,
            close: 0.0,
            volume: 0.0,
            session: 0.0,
            time: 0.0,
        };
        let values = sides.0.iter().zip(&sides.1).map(|pair| stream.update(&bar(pair)).unwrap_or(f64::NAN));
        values.map(f64::to_bits).collect()
    }

    #[test]
    fn a_column_is_what_its_stream_gives() {
        let sides = sides();
        let (left, right) = (Input::Field(Field::Open), Input::Field(Field::High));
        for name in ["add", "sub", "mul", "div", "lt", "le", "gt", "ge"] {
            let table = [
                (left.clone(), Operand::Column(&sides.0), right.clone(), Operand::Column(&sides.1)),
                (left.clone(), Operand::Column(&sides.0), Input::Number(0.5), Operand::Number(0.5)),
                (Input::Number(0.5), Operand::Number(0.5), right.clone(), Operand::Column(&sides.1)),
                (Input::Number(2.0), Operand::Number(2.0), Input::Number(0.5), Operand::Number(0.5)),
            ];
            for (left, a, right, b) in table {
                let mut values = vec![0.0; sides.0.len()];
                assert!(join(name, a, b, &mut values));
                let bits: Vec<u64> = values.iter().map(|value| value.to_bits()).collect();
                assert_eq!(bits, streamed(name, left, right, &sides), "{name} {a:?} {b:?}");
                if !["lt", "le", "gt", "ge"].contains(&name) {
                    continue;
                }
                let (mut found, mut wanted, mut back) = (Bits::default(), Bits::default(), vec![0.0; values.len()]);
                wanted.read(&values);
                assert!(judge(name, a, b, values.len(), &mut found));
                assert_eq!(found, wanted, "{name} {a:?} {b:?}");
                wanted.write(&mut back);
                let ones = values.iter().map(|x| if x.is_nan() { *x } else { f64::from(*x != 0.0) }.to_bits());
                assert!(back.iter().map(|x| x.to_bits()).eq(ones));
            }
        }
        assert!(!join("sma", Operand::Number(1.0), Operand::Number(1.0), &mut [0.0]));
    }
}
