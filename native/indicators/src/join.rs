//! Whole columns joined at once: what [`crate::pair`] does at each bar, in loops that take several bars at a time.

use workbench_market::widened;

use crate::pair::{by_name, joined};
use crate::source::bounded;

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

/// The same for an operator that makes a rule.
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

#[inline(always)]
fn each(values: &mut [f64], at: impl Fn(usize) -> f64) {
    for (row, value) in values.iter_mut().enumerate() {
        *value = at(row);
    }
}

widened! {
    fn columns(name: &str, left: &[f64], right: &[f64], values: &mut [f64]) -> bool {
        let (left, right) = (&left[..values.len()], &right[..values.len()]);
        by_name!(name, operator => each(values, |row| joined(bounded(left[row]), bounded(right[row]), operator))).is_some()
    }
}

widened! {
    fn column_number(name: &str, left: &[f64], right: f64, values: &mut [f64]) -> bool {
        let (left, right) = (&left[..values.len()], bounded(right));
        by_name!(name, operator => each(values, |row| joined(bounded(left[row]), right, operator))).is_some()
    }
}

widened! {
    fn number_column(name: &str, left: f64, right: &[f64], values: &mut [f64]) -> bool {
        let (left, right) = (bounded(left), &right[..values.len()]);
        by_name!(name, operator => each(values, |row| joined(left, bounded(right[row]), operator))).is_some()
    }
}

fn numbers(name: &str, left: f64, right: f64, values: &mut [f64]) -> bool {
    by_name!(name, operator => values.fill(joined(bounded(left), bounded(right), operator))).is_some()
}

/// Eight bytes of 0 and 1 as eight bits, the first the lowest.
#[inline(always)]
fn eight(bytes: [u8; 8]) -> u64 {
    u64::from_le_bytes(bytes).wrapping_mul(0x0102_0408_1020_4080) >> 56
}

#[inline(always)]
fn word(bytes: &[u8; WORD]) -> u64 {
    let mut word = 0;
    for at in 0..8 {
        let mut part = [0; 8];
        part.copy_from_slice(&bytes[at * 8..at * 8 + 8]);
        word |= eight(part) << (at * 8);
    }
    word
}

/// Packs the values of as many rows as there are, a word at a time.
#[inline(always)]
fn packed(rows: usize, holds: &mut [u64], defined: &mut [u64], at: impl Fn(usize) -> f64) {
    for (word_at, (holds, defined)) in holds.iter_mut().zip(defined).enumerate() {
        let (mut yes, mut known) = ([0_u8; WORD], [0_u8; WORD]);
        let first = word_at * WORD;
        let count = WORD.min(rows - first);
        for lane in 0..count {
            let value = at(first + lane);
            yes[lane] = u8::from(value != 0.0 && !value.is_nan());
            known[lane] = u8::from(!value.is_nan());
        }
        (*holds, *defined) = (word(&yes), word(&known));
    }
}

widened! {
    fn pack(values: &[f64], holds: &mut [u64], defined: &mut [u64]) {
        packed(values.len(), holds, defined, |row| values[row]);
    }
}

widened! {
    fn judged_columns(name: &str, left: &[f64], right: &[f64], holds: &mut [u64], defined: &mut [u64]) -> bool {
        let right = &right[..left.len()];
        let at = |row: usize| (bounded(left[row]), bounded(right[row]));
        by_name!(name, operator => packed(left.len(), holds, defined, |row| {
            let (left, right) = at(row);
            joined(left, right, operator)
        }))
        .is_some()
    }
}

widened! {
    fn judged_by_number(name: &str, left: &[f64], right: f64, holds: &mut [u64], defined: &mut [u64]) -> bool {
        let right = bounded(right);
        by_name!(name, operator => packed(left.len(), holds, defined, |row| joined(bounded(left[row]), right, operator)))
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
        let bar = |(&open, &high): (&f64, &f64)| Ohlcv { open, high, low: 0.0, close: 0.0, volume: 0.0 };
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
