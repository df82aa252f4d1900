//! Every indicator against values worked by hand, and against the obvious formula over long series.

mod columns;
mod contract;
mod longer;
mod pieces;
mod updates;

use workbench_market::bar::Ohlcv;

use crate::{Columns, Field, Indicator, IndicatorError, Input, Node, WINDOW_MAX, build};

const GAP: f64 = f64::NAN;

fn node(name: &str, params: &[f64], inputs: Vec<Input>) -> Node {
    Node { name: name.into(), params: params.into(), inputs, frame: None }
}

fn average(name: &str, n: f64) -> Node {
    node(name, &[n], vec![Input::Field(Field::Close)])
}

fn difference(left: Node, right: Node) -> Node {
    node("sub", &[], vec![Input::Node(left), Input::Node(right)])
}

fn bar(close: f64) -> Ohlcv {
    Ohlcv { open: close, high: close, low: close, close, volume: close, session: close, time: close }
}

fn run(indicator: &mut dyn Indicator, closes: &[f64]) -> Vec<Option<f64>> {
    closes.iter().map(|close| indicator.update(&bar(*close))).collect()
}

/// The column over two parts of the closes, one after the other.
fn filled(indicator: &mut dyn Indicator, closes: &[f64], cut: usize) -> Vec<f64> {
    let mut column = vec![0.0; closes.len()];
    for rows in [0..cut, cut..closes.len()] {
        indicator.fill(Columns([&closes[rows.clone()]; 7]), &mut column[rows]);
    }
    column
}

/// A table row: description, closes, the value at each close (NaN: none).
fn check(what: &str, node: &Node, closes: &[f64], expected: &[f64]) {
    let mut indicator = build(node).unwrap();
    let expected: Vec<Option<f64>> = expected.iter().map(|x| (!x.is_nan()).then_some(*x)).collect();
    assert_eq!(run(indicator.as_mut(), closes), expected, "{what}");
    assert_eq!(indicator.value(), *expected.last().unwrap(), "{what}: value() repeats the last update");
    indicator.reset();
    assert_eq!(indicator.value(), None, "{what}: nothing is left after reset");
    let column = filled(indicator.as_mut(), closes, closes.len() / 2);
    let column: Vec<Option<f64>> = column.into_iter().map(|x| (!x.is_nan()).then_some(x)).collect();
    assert_eq!(column, expected, "{what}: as a column in two parts");
    indicator.reset();
    assert_eq!(run(indicator.as_mut(), closes), expected, "{what}: again after reset");
}

#[test]
fn values_worked_by_hand() {
    let twice = node("sma", &[2.0], vec![Input::Node(average("sma", 2.0))]);
    check("sma", &average("sma", 3.0), &[3.0, 6.0, 9.0, 12.0], &[GAP, GAP, 6.0, 9.0]);
    check("sma of 1 is the input", &average("sma", 1.0), &[3.0, 6.0], &[3.0, 6.0]);
    // Seed (2 + 4 + 6) / 3 = 4, then half the way: (8 - 4) / 2 + 4 = 6 and (2 - 6) / 2 + 6 = 4.
    check("ema", &average("ema", 3.0), &[2.0, 4.0, 6.0, 8.0, 2.0], &[GAP, GAP, 4.0, 6.0, 4.0]);
    check("ema of 1 is the input", &average("ema", 1.0), &[3.0, 6.0], &[3.0, 6.0]);
    let gap = difference(average("sma", 1.0), average("sma", 2.0));
    check("difference", &gap, &[2.0, 4.0, 10.0], &[GAP, 1.0, 3.0]);
    check("nested", &twice, &[2.0, 4.0, 6.0, 8.0], &[GAP, GAP, 4.0, 6.0]);
}

fn pair(name: &str, left: Input, right: Input) -> Node {
    node(name, &[], vec![left, right])
}

#[test]
fn operators_worked_by_hand() {
    let close = || Input::Field(Field::Close);
    let two = || Input::Number(2.0);
    let closes = [0.0, 1.0, 2.0, GAP, 4.0];
    let rows: [(&str, [f64; 5]); 8] = [
        ("add", [2.0, 3.0, 4.0, GAP, 6.0]),
        ("sub", [2.0, 1.0, 0.0, GAP, -2.0]),
        ("mul", [0.0, 2.0, 4.0, GAP, 8.0]),
        ("div", [GAP, 2.0, 1.0, GAP, 0.5]),
        ("lt", [0.0, 0.0, 0.0, GAP, 1.0]),
        ("le", [0.0, 0.0, 1.0, GAP, 1.0]),
        ("gt", [1.0, 1.0, 0.0, GAP, 0.0]),
        ("ge", [1.0, 1.0, 1.0, GAP, 0.0]),
    ];
    for (name, expected) in rows {
        check(name, &pair(name, two(), close()), &closes, &expected);
    }
    check("an overflow", &pair("mul", Input::Number(1e290), close()), &[1.0, 1e20], &[1e290, GAP]);
    check("negated", &node("neg", &[], vec![close()]), &closes, &[0.0, -1.0, -2.0, GAP, -4.0]);
    check("a field", &node("field", &[], vec![close()]), &closes, &closes);
}

#[test]
fn rules_join_where_both_have_a_value() {
    let rule = |name: &str| Input::Node(pair(name, Input::Field(Field::Close), Input::Number(2.0)));
    let late = || Input::Node(pair("ge", Input::Node(average("sma", 2.0)), Input::Number(2.0)));
    let closes = [1.0, 2.0, 3.0, GAP];
    check("and", &pair("and", rule("ge"), rule("le")), &closes, &[0.0, 1.0, 0.0, GAP]);
    check("or", &pair("or", rule("gt"), rule("lt")), &closes, &[1.0, 0.0, 1.0, GAP]);
    check("or before the other has one", &pair("or", rule("lt"), late()), &closes, &[GAP, 0.0, 1.0, GAP]);
    check("not", &node("not", &[], vec![rule("lt")]), &closes, &[0.0, 1.0, 1.0, GAP]);
}

#[test]
fn what_bars_before_know() {
    let close = || Input::Field(Field::Close);
    let shift = |n: f64| node("shift", &[n], vec![close()]);
    check("shift", &shift(2.0), &[1.0, GAP, 3.0, 4.0, 5.0], &[GAP, GAP, 1.0, GAP, 3.0]);
    let closes = [1.0, 3.0, 2.0, 3.0, 1.0, 3.0, GAP, 1.0, 3.0];
    let above = [GAP, 1.0, 0.0, 1.0, 0.0, 1.0, GAP, GAP, 1.0];
    let below = [GAP, 0.0, 0.0, 0.0, 1.0, 0.0, GAP, GAP, 0.0];
    check("above", &pair("crosses_above", close(), Input::Number(2.0)), &closes, &above);
    check("below", &pair("crosses_below", close(), Input::Number(2.0)), &closes, &below);
    assert_eq!(build(&shift(3.0)).unwrap().warmup(), 4);
    assert_eq!(build(&pair("crosses_above", close(), Input::Node(average("sma", 5.0)))).unwrap().warmup(), 6);
}

#[test]
fn an_undefined_input_has_the_stated_effect() {
    let sma = average("sma", 2.0);
    check("sma: until it left the window", &sma, &[2.0, 4.0, GAP, 6.0, 8.0], &[GAP, 3.0, GAP, GAP, 7.0]);
    check("sma: in the warm-up", &sma, &[GAP, 2.0, 4.0], &[GAP, GAP, 3.0]);
    check("sma: inf counts as undefined", &sma, &[f64::INFINITY, 2.0, 4.0], &[GAP, GAP, 3.0]);
    check("sma: so does a number that overflows a sum", &sma, &[1e300, 2.0, 4.0], &[GAP, GAP, 3.0]);
    let ema = average("ema", 3.0);
    check("ema: at that bar", &ema, &[2.0, 4.0, 6.0, GAP, 8.0], &[GAP, GAP, 4.0, GAP, 6.0]);
    check("ema: in the seed", &ema, &[2.0, GAP, 4.0, 6.0], &[GAP, GAP, GAP, 4.0]);
    let gap = difference(average("sma", 1.0), average("ema", 1.0));
    check("difference", &gap, &[1.0, GAP, 1.0], &[0.0, GAP, 0.0]);
}

#[test]
fn warmup_is_the_number_of_the_first_bar_with_a_value() {
    let nested = node("ema", &[4.0], vec![Input::Node(average("sma", 3.0))]);
    let rows = [
        (average("sma", 1.0), 1),
        (average("sma", 20.0), 20),
        (average("ema", 20.0), 20),
        (difference(average("sma", 20.0), average("sma", 100.0)), 100),
        (difference(average("ema", 20.0), nested.clone()), 20),
        (nested, 6),
    ];
    for (node, expected) in rows {
        let mut indicator = build(&node).unwrap();
        assert_eq!(indicator.warmup(), expected, "{node:?}");
        let first = run(indicator.as_mut(), &[1.0; 200]).iter().position(Option::is_some);
        assert_eq!(first, Some(expected - 1), "{node:?}");
    }
}

#[test]
fn every_field_is_read() {
    let bar = Ohlcv { open: 1.0, high: 2.0, low: 3.0, close: 4.0, volume: 5.0, session: 6.0, time: 7.0 };
    for (i, (name, field)) in Field::ALL.into_iter().enumerate() {
        assert_eq!(Field::parse(name), Some(field));
        let mut sma = build(&node("sma", &[1.0], vec![Input::Field(field)])).unwrap();
        assert_eq!(sma.update(&bar), Some(i as f64 + 1.0), "{name}");
    }
    assert_eq!(Field::parse("Close"), None);
}

#[test]
fn refusals() {
    let close = || vec![Input::Field(Field::Close)];
    let deep = (0..100).fold(average("sma", 1.0), |inner, _| node("sma", &[1.0], vec![Input::Node(inner)]));
    let rows = [
        (node("xyz", &[14.0], close()), "there is no indicator 'xyz'; make one with workbench.ta"),
        (node("sma", &[], close()), "sma takes 1 numbers, got 0"),
        (node("sub", &[1.0], close()), "sub takes 0 numbers, got 1"),
        (node("sub", &[], close()), "sub reads 2 inputs, got 1"),
        (node("ema", &[3.0], vec![]), "ema reads 1 inputs, got 0"),
        (average("hma", 1.0), "hma needs a whole number of bars from 2 to 1000000, got 1"),
        (node("t3", &[5.0, -0.1], close()), "t3 needs a volume factor from 0 to 1, got -0.1"),
        (node("alma", &[5.0, 1.1, 6.0], close()), "alma needs an offset from 0 to 1, got 1.1"),
        (node("alma", &[5.0, 0.5, 0.0], close()), "alma needs a sigma from 0.01 to 100, got 0"),
        (node("apo", &[26.0, 12.0], close()), "apo needs a fast window shorter than the slow one, got 26"),
        (average("trange", 3.0), "trange takes 0 numbers, got 1"),
        (node("macd", &[4.0, 9.0, 5.0], close()), "there is no indicator 'macd'; make one with workbench.ta"),
        (node("macd.x", &[4.0, 9.0, 5.0], close()), "there is no indicator 'macd.x'; make one with workbench.ta"),
        (
            node("macd.line", &[9.0, 9.0, 5.0], close()),
            "macd.line needs a fast window shorter than the slow one, got 9",
        ),
        (
            node("bbands.upper", &[9.0, 0.0], close()),
            "bbands.upper needs a number of deviations from 0.01 to 100, got 0",
        ),
        (node("ultosc", &[7.0, 7.0, 28.0], vec![]), "ultosc needs windows that grow from the first to the last, got 7"),
        (node("kst", &[0.0; 8], close()), "kst needs a whole number of bars from 1 to 1000000, got 0"),
        (node("sar", &[0.3, 0.2], vec![]), "sar needs an acceleration from 0 to the maximum, got 0.3"),
        (node("sar", &[0.3, 1.1], vec![]), "sar needs a maximum from 0 to 1, got 1.1"),
        (node("keltner.upper", &[9.0, 0.0, 9.0], vec![]), "keltner.upper needs a multiplier from 0.01 to 100, got 0"),
        (
            node("ichimoku.span_a", &[9.0, 26.0, 52.0, -1.0], vec![]),
            "ichimoku.span_a needs a whole number of bars from 0 to 1000000, got -1",
        ),
        (average("sma", 0.0), "sma needs a whole number of bars from 1 to 1000000, got 0"),
        (average("sma", 2.5), "sma needs a whole number of bars from 1 to 1000000, got 2.5"),
        (average("ema", -1.0), "ema needs a whole number of bars from 1 to 1000000, got -1"),
        (average("ema", f64::NAN), "ema needs a whole number of bars from 1 to 1000000, got NaN"),
        (average("ema", 1e6 + 1.0), "ema needs a whole number of bars from 1 to 1000000, got 1000001"),
        (deep, "indicators nest at most 100 deep; split the expression into two watches"),
    ];
    for (node, expected) in rows {
        assert_eq!(build(&node).err().map(|e| e.to_string()).as_deref(), Some(expected));
    }
    assert!(build(&average("sma", WINDOW_MAX as f64)).is_ok());
    assert_eq!(build(&average("x", 1.0)).err(), Some(IndicatorError::UnknownName("x".into())));
}

#[test]
fn outputs_worked_by_hand() {
    let bands = |output: &str| node(&format!("bbands.{output}"), &[2.0, 2.0], vec![Input::Field(Field::Close)]);
    // Means 2 and 3, deviations 1 and 0: the bands of the second bar lie at 2 +- 2, and 3 is three quarters of the way.
    let closes = [1.0, 3.0, 3.0];
    check("upper", &bands("upper"), &closes, &[GAP, 4.0, 3.0]);
    check("middle", &bands("middle"), &closes, &[GAP, 2.0, 3.0]);
    check("lower", &bands("lower"), &closes, &[GAP, 0.0, 3.0]);
    check("no place between bands that touch", &bands("percent_b"), &closes, &[GAP, 0.75, GAP]);
    check("bandwidth", &bands("bandwidth"), &closes, &[GAP, 2.0, 0.0]);
    // Steps 2/3 and 1/2. Slow: 4 at the third bar, then 6; fast from (4 + 6) / 2 = 5: 5 + 2/3 * 3 = 7. The gap is 1, and 1.
    let macd = |output: &str| node(&format!("macd.{output}"), &[2.0, 3.0, 2.0], vec![Input::Field(Field::Close)]);
    let closes = [2.0, 4.0, 6.0, GAP, 8.0];
    check("line", &macd("line"), &closes, &[GAP, GAP, GAP, GAP, 1.0]);
    check("histogram", &macd("histogram"), &closes, &[GAP, GAP, GAP, GAP, 0.0]);
}

#[test]
fn a_weighted_average_leaves_nothing_behind() {
    // Thirds have all 53 digits, so n times one is not exact; what left must leave in full all the same.
    let mut closes: Vec<f64> = walk(100_000).iter().map(|close| close * 1e9 / 3.0).collect();
    closes.extend([0.0; 49]);
    let mut wma = build(&average("wma", 49.0)).unwrap();
    assert!(run(wma.as_mut(), &closes).last().unwrap().unwrap().abs() < 1e-12);
}

#[test]
fn a_variance_keeps_its_digits() {
    // Deviations of 1 and 0 around levels that differ by many orders of magnitude; the last two windows lie in one level.
    let levels = [1e9, 3.0, -7e12, 1e6];
    let closes: Vec<f64> = levels.iter().flat_map(|level| [*level, level + 1.0, level + 1.0, *level, *level]).collect();
    let mut var = build(&average("var", 4.0)).unwrap();
    let values = run(var.as_mut(), &closes);
    for (i, level) in levels.iter().enumerate() {
        assert_eq!(values[5 * i + 3], Some(0.25), "around {level}: two of four are one higher");
        assert_eq!(values[5 * i + 4], Some(0.25), "around {level}");
    }
    let mut stddev = build(&average("stddev", 3.0)).unwrap();
    assert_eq!(run(stddev.as_mut(), &[1e12, 0.1, 0.1, 0.1])[3], Some(0.0), "a constant has none");
}

/// A fixed pseudo-random walk of prices on a cent (Knuth's MMIX generator).
pub(crate) fn walk(n: usize) -> Vec<f64> {
    let mut state = 7_u64;
    let mut cents = 10_000_i64;
    (0..n)
        .map(|_| {
            state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            cents = (cents + (state >> 33) as i64 % 101 - 50).max(100);
            cents as f64 / 100.0
        })
        .collect()
}

#[test]
fn the_error_of_an_sma_does_not_grow() {
    let closes = walk(10_000_000);
    let mut sma = build(&average("sma", 50.0)).unwrap();
    let mut worst: f64 = 0.0;
    for (i, close) in closes.iter().enumerate() {
        let value = sma.update(&bar(*close));
        if i >= 49 && (i % 1000 == 0 || i > closes.len() - 1000) {
            // The sum of whole cents is exact in f64.
            let cents: f64 = closes[i - 49..=i].iter().map(|c| (c * 100.0).round()).sum();
            worst = worst.max((value.unwrap() - cents / 5000.0).abs() / (cents / 5000.0));
        }
    }
    assert!(worst < 4.0 * f64::EPSILON, "relative error {worst:e}");
}

#[test]
fn a_huge_input_leaves_no_trace_after_it_has_left() {
    let mut sma = build(&average("sma", 2.0)).unwrap();
    assert_eq!(run(sma.as_mut(), &[1.0, 1e18, 3.0, 5.0])[3], Some(4.0));
}

#[test]
fn an_ema_follows_its_formula() {
    let closes = walk(5000);
    let mut ema = build(&average("ema", 20.0)).unwrap();
    let values = run(ema.as_mut(), &closes);
    let mut expected = closes[..20].iter().sum::<f64>() / 20.0;
    for i in 20..closes.len() {
        expected = closes[i] * 2.0 / 21.0 + expected * 19.0 / 21.0;
        assert!((values[i].unwrap() - expected).abs() < 1e-11 * expected, "bar {i}");
    }
}

#[test]
fn extremes_are_those_of_each_window() {
    let mut closes = walk(400);
    [7, 40, 41, 120, 129, 250].into_iter().for_each(|hole| closes[hole] = GAP);
    for n in [1, 2, 3, 8, 50, 150] {
        let window = |i: usize| closes[(i + 1).saturating_sub(n)..=i].iter().copied();
        let known = |i: usize| i + 1 >= n && !window(i).any(f64::is_nan);
        for (name, most) in [("rolling_max", f64::max as fn(f64, f64) -> f64), ("rolling_min", f64::min)] {
            let mut indicator = build(&average(name, n as f64)).unwrap();
            let expected = (0..closes.len()).map(|i| known(i).then(|| window(i).reduce(most).unwrap()));
            assert_eq!(run(indicator.as_mut(), &closes), expected.collect::<Vec<_>>(), "{name} of {n}");
        }
    }
}
