//! One column in pieces against the same column in one.

use super::contract::{fields, usual};
use super::{GAP, average, difference, filled, node, walk};
use crate::{Columns, Divisible, Field, Indicator, Input, Node, Pieces, build, build_several};

const ROWS: usize = 20_000;
const WARM: usize = 4096;

/// The names of those that can be parted.
const PARTED: &[&str] =
    &["atr", "bbands", "cmo", "ema", "macd", "natr", "rolling_vwap", "rsi", "sma", "stoch", "stochf", "vwma"];

fn digits(values: &[f64]) -> Vec<u64> {
    values.iter().map(|x| if x.is_finite() { (x + 0.0).to_bits() } else { 1 }).collect()
}

/// Where the second of two pieces begins.
fn middle() -> usize {
    Pieces::at(ROWS, WARM).rows(1).start
}

/// The column in pieces, of which the first thread takes only so many, and whether they met.
fn in_pieces(node: &Node, closes: &[f64], pieces: Pieces, most: usize) -> (Vec<f64>, bool) {
    let made = (0..pieces.count()).map(|_| build(node).unwrap()).collect();
    let mut columns: Vec<Vec<f64>> = (0..pieces.count()).map(|piece| vec![0.0; pieces.rows(piece).len()]).collect();
    // Rows before a piece are filled into it and written over.
    let have_met = pieces.fill_up_to(most, 2, made, &mut columns, |indicator, rows, column| {
        indicator.fill(Columns([&closes[rows.clone()]; 7]), &mut column[..rows.len()]);
    });
    (columns.concat(), have_met)
}

fn whole(node: &Node, closes: &[f64]) -> Vec<f64> {
    filled(build(node).unwrap().as_mut(), closes, 0)
}

/// The walk with holes at these rows.
fn holed(rows: impl IntoIterator<Item = usize>) -> Vec<f64> {
    let mut closes = walk(ROWS);
    rows.into_iter().for_each(|row| closes[row] = GAP);
    closes
}

#[test]
fn pieces_are_the_column_to_the_digit() {
    let middle = middle();
    let tables = [
        ("no hole", holed([]), true),
        ("holes that decays count in eights", holed([100, 101, 102, 103, 104, 105, 106, 107]), true),
        ("holes before both have begun", holed(middle - 300..middle - 200), true),
        ("a hole at the middle", holed([middle]), true),
        ("a hole before it", holed([middle - 1]), true),
        ("all around it", holed((middle - 40..middle + 40).step_by(3)), true),
        ("a hole that only the first piece knows of", holed([3000]), false),
    ];
    for (name, node) in usual() {
        let can_be = PARTED.contains(&name.split('.').next().unwrap());
        for (what, closes, meets) in &tables {
            let (column, have_met) = in_pieces(&node, closes, Pieces::at(ROWS, WARM), 1);
            assert_eq!(digits(&column), digits(&whole(&node, closes)), "{name}: {what}");
            assert!(can_be || !have_met, "{name} needs a line in PARTED");
            assert!(!can_be || !meets || have_met, "{name}: {what}: the pieces meet");
        }
    }
}

#[test]
fn formulas_of_formulas_are_parted_too() {
    let inner = || Input::Node(average("ema", 9.0));
    let nested = node("sma", &[5.0], vec![inner()]);
    let rows = [
        ("nested", nested.clone(), true),
        ("an inner one that cannot", node("sma", &[5.0], vec![Input::Node(average("kama", 9.0))]), false),
        ("two of a sum", difference(nested, average("sma", 30.0)), true),
        ("one with a number", node("gt", &[], vec![inner(), Input::Number(90.0)]), true),
    ];
    let closes = holed([9000, 9001]);
    for (what, node, meets) in rows {
        let (column, have_met) = in_pieces(&node, &closes, Pieces::at(ROWS, WARM), 1);
        assert_eq!(digits(&column), digits(&whole(&node, &closes)), "{what}");
        assert_eq!(have_met, meets, "{what}");
    }
}

#[test]
fn pieces_that_do_not_meet_are_filled_by_the_one_before() {
    let hole_of_one = holed([3000]);
    let rows = [
        ("a decay that is out of step with its blocks", average("ema", 9.0), &hole_of_one, WARM),
        ("a decay too slow for so few rows", average("ema", 2000.0), &walk(ROWS), 2048),
        ("a window longer than the rows before", average("sma", 5000.0), &walk(ROWS), WARM),
    ];
    for (what, node, closes, warm) in rows {
        let (column, have_met) = in_pieces(&node, closes, Pieces::at(ROWS, warm), 1);
        assert_eq!(digits(&column), digits(&whole(&node, closes)), "{what}");
        assert!(!have_met, "{what}");
    }
}

#[test]
fn whoever_takes_a_piece_the_column_is_the_same() {
    let closes = holed([9, 10_000, 10_001, 17_777]).into_iter().chain(walk(ROWS)).collect::<Vec<_>>();
    let pieces = Pieces::at(closes.len(), 300);
    assert_eq!((pieces.count(), pieces.rows(15)), (16, 38_400..40_000));
    for node in [average("ema", 3.0), average("sma", 20.0), average("kama", 9.0), average("ema", 100.0)] {
        for most in [1, 2, 7, 15, 16] {
            let (column, _) = in_pieces(&node, &closes, pieces, most);
            assert_eq!(digits(&column), digits(&whole(&node, &closes)), "{node:?}: {most}");
        }
    }
}

#[test]
fn only_long_columns_are_parted() {
    let rows = [
        (average("sma", 20.0), 1_000_000, true),
        (average("sma", 20.0), 199_999, false),
        (average("sma", 2000.0), 1_000_000, false),
        (average("sma", 1_000_000.0), 10_000_000, false),
        (average("kama", 20.0), 1_000_000, false),
        (Node { frame: Some(0), ..average("sma", 20.0) }, 1_000_000, false),
    ];
    for (node, count, expected) in rows {
        assert_eq!(Pieces::of(&build(&node).unwrap(), count).is_some(), expected, "{node:?} over {count} rows");
    }
    let (macd, _) = build_several(&node("macd", &[12.0, 26.0, 9.0], vec![Input::Field(Field::Close)])).unwrap();
    assert!(Pieces::of(&macd, 1_000_000).is_some());
    assert_eq!(macd.warmup(), 34);
}

#[test]
fn states_are_alike_where_all_that_is_read_later_is() {
    let closes = walk(3000);
    let built = |node: &Node, closes: &[f64]| -> Box<dyn Indicator> {
        let mut indicator = build(node).unwrap();
        indicator.fill(Columns([closes; 7]), &mut vec![0.0; closes.len()]);
        indicator
    };
    let rows: [(&str, &[f64], usize); 4] =
        [("sma", &[], 1), ("bbands.upper", &[2.0], 1), ("stoch.k", &[1.0, 1.0], 3), ("vwma", &[], 2)];
    for (name, others, inputs) in rows {
        for n in [2, 3, 7, 8, 20, 21] {
            let params: Vec<f64> = [n as f64].iter().chain(others).copied().collect();
            let node = node(name, &params, fields(inputs));
            let whole = built(&node, &closes);
            for ago in 0..2 * n {
                let mut changed = closes.clone();
                changed[2999 - ago] = 1e6;
                // The next window is this one without its oldest input.
                let is_read = ago + 1 < n;
                let state = built(&node, &changed).state().unwrap();
                assert_eq!(whole.is_at(&state), !is_read, "{name} of {n}: another input {ago} rows ago");
            }
        }
    }
}
