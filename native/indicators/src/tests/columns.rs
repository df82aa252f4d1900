//! Columns against streams.

use std::collections::BTreeSet;

use super::contract::{USUAL, fields, usual};
use super::{GAP, bar, filled, node, run, walk};
use crate::{Columns, Node, build, build_several};

#[test]
fn a_column_is_the_stream_to_the_digit() {
    let (mut closes, mut holes) = (walk(6000), walk(6000));
    closes[4000] = 1e18;
    (0..6000).filter(|row| row % 37 == 5 || *row > 3000).for_each(|row| holes[row] = f64::NAN);
    let part: Vec<f64> = holes.iter().chain(&closes).copied().collect();
    for (name, usual) in usual() {
        for n in [1.0, 2.0, 7.0, 20.0, 64.0, 300.0] {
            let params: Vec<f64> = usual.params.iter().map(|p| if *p == 9.0 { n } else { *p }).collect();
            let Ok(mut indicator) = build(&Node { params: params.clone(), ..usual.clone() }) else { continue };
            for closes in [&closes, &part] {
                let stream: Vec<u64> =
                    run(indicator.as_mut(), closes).iter().map(|x| digits(x.unwrap_or(GAP))).collect();
                for cut in [0, 3, 2500, 5990] {
                    indicator.reset();
                    let column: Vec<u64> = filled(indicator.as_mut(), closes, cut).into_iter().map(digits).collect();
                    assert_eq!(column, stream, "{name} {params:?} in two parts at {cut}");
                }
                indicator.reset();
            }
        }
    }
}

/// Windows longer than what streams work out ahead, in columns that are just too short for tiles of them, and long enough.
#[test]
fn long_windows_are_what_their_inputs_say() {
    for rows in [19_999, 20_000, 24_001] {
        let closes = walk(rows);
        let window = &closes[rows - 5_000..];
        let mean = window.iter().sum::<f64>() / 5_000.0;
        let var = window.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / 5_000.0;
        let weights = 5_000.0 * 5_001.0 / 2.0;
        let wma = window.iter().zip(1..).map(|(x, weight)| x * f64::from(weight)).sum::<f64>() / weights;
        for (name, expected) in [("sma", mean), ("var", var), ("stddev", var.sqrt()), ("wma", wma)] {
            let mut indicator = build(&node(name, &[5_000.0], fields(1))).unwrap();
            let stream: Vec<u64> = run(indicator.as_mut(), &closes).iter().map(|x| digits(x.unwrap_or(GAP))).collect();
            indicator.reset();
            let column = filled(indicator.as_mut(), &closes, 0);
            assert!((column[rows - 1] / expected - 1.0).abs() < 1e-12, "{name} of {rows}: {}", column[rows - 1]);
            assert_eq!(column.into_iter().map(digits).collect::<Vec<u64>>(), stream, "{name} of {rows}");
        }
    }
}

#[test]
fn values_said_to_be_defined_are() {
    let mut steps = walk(3000);
    steps[1200..1300].fill(5.0);
    steps[1500..1540].fill(0.0);
    let mut wide = walk(3000);
    (0..3000).step_by(7).for_each(|row| wide[row] = if row % 2 == 0 { 1e290 } else { -1e290 });
    let beyond: Vec<f64> =
        walk(3000).iter().enumerate().map(|(i, x)| if i % 900 == 899 { 1e291 } else { *x }).collect();
    let mut known = BTreeSet::new();
    for (name, node) in usual() {
        for closes in [&walk(3000), &steps, &wide, &beyond] {
            let (mut indicator, mut values) = (build(&node).unwrap(), [0.0; 500]);
            for rows in closes.chunks(500) {
                if indicator.fill(Columns([rows; 7]), &mut values) {
                    assert!(values.iter().all(|x| x.is_finite()), "{name}");
                    known.insert(name.clone());
                }
            }
        }
    }
    assert_eq!(Vec::from_iter(known), ["atr", "cmo", "ema", "rsi", "sma"]);
}

#[test]
fn outputs_said_to_be_defined_are() {
    let mut closes = walk(3000);
    closes[1200..1300].fill(5.0);
    let rows = [("macd", vec![4.0, 9.0, 5.0], 3), ("bbands", vec![9.0, 2.0], 5), ("stochf", vec![9.0, 3.0], 2)];
    let mut said = Vec::new();
    for (name, params, outputs) in rows {
        let inputs = fields(if name == "stochf" { 3 } else { 1 });
        let (mut several, names) = build_several(&node(name, &params, inputs)).unwrap();
        let (mut columns, mut known) = (vec![vec![0.0; 500]; outputs], vec![0; outputs]);
        for rows in closes.chunks(500) {
            let parts = columns.iter_mut().map(Vec::as_mut_slice).collect();
            for (output, is_known) in several.fill(Columns([rows; 7]), parts).into_iter().enumerate() {
                assert!(!is_known || columns[output].iter().all(|x| x.is_finite()), "{name}.{}", names[output]);
                known[output] += usize::from(is_known);
            }
        }
        said.push((name, known));
    }
    // All parts but the first, in which they begin.
    assert_eq!(said, [("macd", vec![5; 3]), ("bbands", vec![5, 5, 5, 0, 0]), ("stochf", vec![0, 0])]);
}

/// Equal for equal floats, and for any two that are not finite.
fn digits(x: f64) -> u64 {
    if x.is_finite() { (x + 0.0).to_bits() } else { 1 }
}

/// The same for a row of a column, beside that of a stream.
#[test]
#[ignore = "a measurement"]
fn nanoseconds_per_row() {
    let closes = walk(1_000_000);
    let mut values = vec![0.0; closes.len()];
    for (name, params, inputs) in USUAL {
        let params: Vec<f64> = params.iter().map(|p| if *p == 9.0 { 20.0 } else { *p }).collect();
        let node = node(name, &params, fields(*inputs));
        let mut indicator = build(&node).unwrap();
        let (mut column, mut stream) = (f64::MAX, f64::MAX);
        for _ in 0..5 {
            let began = std::time::Instant::now();
            for (part, values) in closes.chunks(65_536).zip(values.chunks_mut(65_536)) {
                indicator.fill(Columns([part; 7]), values);
            }
            column = column.min(began.elapsed().as_nanos() as f64 / 1e6);
            let began = std::time::Instant::now();
            closes.iter().for_each(|close| _ = std::hint::black_box(indicator.update(&bar(*close))));
            stream = stream.min(began.elapsed().as_nanos() as f64 / 1e6);
        }
        println!("{name}: {column:.2} ns in a column, {stream:.2} ns in a stream");
    }
}
