//! What every indicator of the catalog does, whatever it computes.

use workbench_market::bar::Ohlcv;

use crate::catalog;
use crate::tests::{average, node, run, walk};
use crate::{Columns, Field, Input, Node, build, build_several};

/// Those with one output, then every output of the others.
fn every_name() -> Vec<String> {
    let outputs =
        catalog::SEVERAL.iter().flat_map(|(name, outputs, _)| outputs.iter().map(move |o| format!("{name}.{o}")));
    catalog::ALL.iter().map(|(name, _)| (*name).to_owned()).chain(outputs).collect()
}

/// Numbers and how many inputs, for every indicator of the catalog.
pub(super) const USUAL: &[(&str, &[f64], usize)] = &[
    ("abs", &[], 1),
    ("ad", &[], 4),
    ("adosc", &[3.0, 10.0], 4),
    ("adx", &[9.0], 3),
    ("adxr", &[9.0], 3),
    ("alma", &[9.0, 0.85, 6.0], 1),
    ("ao", &[4.0, 9.0], 2),
    ("apo", &[4.0, 9.0], 1),
    ("apo_ema", &[4.0, 9.0], 1),
    ("aroon_osc", &[9.0], 2),
    ("atr", &[9.0], 3),
    ("beta", &[9.0], 2),
    ("bop", &[], 4),
    ("cci", &[9.0], 3),
    ("cmf", &[9.0], 4),
    ("cmo", &[9.0], 1),
    ("correl", &[9.0], 2),
    ("dark_cloud_cover", &[0.5], 4),
    ("dema", &[9.0], 1),
    ("doji", &[], 4),
    ("dpo", &[9.0], 1),
    ("drawdown", &[], 1),
    ("dx", &[9.0], 3),
    ("ema", &[9.0], 1),
    ("engulfing", &[], 4),
    ("eom", &[9.0, 1e8], 3),
    ("evening_star", &[0.3], 4),
    ("exp", &[], 1),
    ("fisher", &[9.0], 2),
    ("force", &[9.0], 2),
    ("garman_klass", &[9.0], 4),
    ("hammer", &[], 4),
    ("hanging_man", &[], 4),
    ("harami", &[], 4),
    ("hma", &[9.0], 1),
    ("inverted_hammer", &[], 4),
    ("kama", &[9.0], 1),
    ("kst", &[10.0, 15.0, 20.0, 30.0, 10.0, 10.0, 10.0, 15.0], 1),
    ("kurtosis", &[9.0], 1),
    ("linreg", &[9.0], 1),
    ("linreg_angle", &[9.0], 1),
    ("linreg_intercept", &[9.0], 1),
    ("linreg_r2", &[9.0], 1),
    ("linreg_slope", &[9.0], 1),
    ("log", &[], 1),
    ("mass_index", &[25.0, 9.0], 2),
    ("mfi", &[9.0], 4),
    ("midpoint", &[9.0], 1),
    ("midprice", &[9.0], 2),
    ("minus_di", &[9.0], 3),
    ("mom", &[9.0], 1),
    ("morning_star", &[0.3], 4),
    ("natr", &[9.0], 3),
    ("nvi", &[], 2),
    ("obv", &[], 2),
    ("parkinson", &[9.0], 2),
    ("piercing", &[], 4),
    ("plus_di", &[9.0], 3),
    ("ppo", &[4.0, 9.0], 1),
    ("ppo_ema", &[4.0, 9.0], 1),
    ("roc", &[9.0], 1),
    ("rolling_argmax", &[9.0], 1),
    ("rolling_argmin", &[9.0], 1),
    ("rolling_drawdown", &[9.0], 1),
    ("rolling_max", &[9.0], 1),
    ("rolling_min", &[9.0], 1),
    ("rolling_quantile", &[9.0, 0.25], 1),
    ("rolling_vwap", &[9.0], 4),
    ("rsi", &[9.0], 1),
    ("sar", &[0.02, 0.2], 2),
    ("shift", &[9.0], 1),
    ("shooting_star", &[], 4),
    ("sign", &[], 1),
    ("skew", &[9.0], 1),
    ("sma", &[9.0], 1),
    ("sqrt", &[], 1),
    ("stddev", &[9.0], 1),
    ("t3", &[9.0, 0.7], 1),
    ("tema", &[9.0], 1),
    ("trange", &[], 3),
    ("trima", &[9.0], 1),
    ("trix", &[9.0], 1),
    ("tsf", &[9.0], 1),
    ("tsi", &[25.0, 13.0], 1),
    ("ulcer", &[9.0], 1),
    ("ultosc", &[3.0, 7.0, 9.0], 3),
    ("var", &[9.0], 1),
    ("vwap", &[], 5),
    ("vwma", &[9.0], 2),
    ("willr", &[9.0], 3),
    ("wma", &[9.0], 1),
    ("yang_zhang", &[9.0], 4),
    ("zlema", &[9.0], 1),
    ("zscore", &[9.0], 1),
];

/// The same for those with several outputs.
const USUAL_SEVERAL: &[(&str, &[f64], usize)] = &[
    ("aroon", &[9.0], 2),
    ("bbands", &[9.0, 2.0], 1),
    ("donchian", &[9.0], 2),
    ("ichimoku", &[3.0, 5.0, 9.0, 4.0], 2),
    ("keltner", &[9.0, 2.0, 4.0], 3),
    ("macd", &[4.0, 9.0, 5.0], 1),
    ("pivots", &[], 4),
    ("pivots_camarilla", &[], 4),
    ("pivots_fibonacci", &[], 4),
    ("stoch", &[9.0, 3.0, 4.0], 3),
    ("stochf", &[9.0, 3.0], 3),
    ("stochrsi", &[6.0, 9.0, 3.0], 1),
    ("supertrend", &[9.0, 3.0], 3),
    ("vortex", &[9.0], 3),
];

/// So many fields as indicators read them.
pub(super) fn fields(inputs: usize) -> Vec<Input> {
    let read: &[Field] = match inputs {
        1 => &[Field::Close],
        2 => &[Field::High, Field::Low],
        3 => &[Field::High, Field::Low, Field::Close],
        4 => &[Field::Open, Field::High, Field::Low, Field::Close],
        _ => &[Field::High, Field::Low, Field::Close, Field::Volume, Field::Session],
    };
    read.iter().copied().map(Input::Field).collect()
}

/// Every indicator of the catalog as it is usually called, those with several outputs once for each.
pub(super) fn usual() -> Vec<(String, Node)> {
    let known = USUAL.iter().chain(USUAL_SEVERAL);
    let of = |name: &String| known.clone().find(|row| row.0 == name.split('.').next().unwrap());
    let made = |name: String| {
        let (_, params, inputs) = of(&name).unwrap_or_else(|| panic!("{name} needs a line in USUAL"));
        (name.clone(), node(&name, params, fields(*inputs)))
    };
    every_name().into_iter().map(made).collect()
}

#[test]
fn every_list_is_in_the_order_of_the_alphabet() {
    assert!(catalog::ALL.is_sorted_by_key(|row| row.0));
    assert!(catalog::SEVERAL.is_sorted_by_key(|row| row.0));
    assert_eq!(USUAL.len() + USUAL_SEVERAL.len(), catalog::ALL.len() + catalog::SEVERAL.len());
}

#[test]
fn every_indicator_keeps_the_contract() {
    let closes = walk(200);
    for (name, node) in usual() {
        let mut indicator = build(&node).unwrap();
        let values = run(indicator.as_mut(), &closes);
        let first = values.iter().position(Option::is_some);
        assert_eq!(first, Some(indicator.warmup() - 1), "{name}: warm-up");
        assert!(values[indicator.warmup()..].iter().all(Option::is_some), "{name}: values without a gap");
        assert_eq!(indicator.value(), values[199], "{name}: value() repeats the last update");
        indicator.reset();
        assert_eq!(indicator.value(), None, "{name}: nothing is left after reset");
        assert_eq!(run(indicator.as_mut(), &closes), values, "{name}: again after reset");
        let unbounded = run(indicator.as_mut(), &[1e289, -1e289, f64::MAX, f64::INFINITY]);
        assert!(unbounded.iter().flatten().all(|value| value.is_finite()), "{name}: no infinite value");
    }
}

#[test]
fn nothing_a_float_can_hold_stays_for_ever() {
    let closes = walk(600);
    let wild = [1e-300_f64, 1e9, -1e9, 0.0, 5e-324, 1e9, 1e-300, -1e9, 1e-9, 3.0];
    for (name, node) in usual() {
        let mut indicator = build(&node).unwrap();
        for pair in wild.windows(2) {
            let (high, low) = (pair[0].max(pair[1]), pair[0].min(pair[1]));
            indicator.update(&Ohlcv { open: pair[0], high, low, close: pair[1], volume: 1.0, session: 0.0, time: 0.0 });
            indicator.update(&Ohlcv {
                open: 1e-300,
                high: 2e-300,
                low: 1e-300,
                close: pair[1],
                volume: 1.0,
                session: 0.0,
                time: 0.0,
            });
        }
        let values = run(indicator.as_mut(), &closes);
        assert!(values[200..].iter().all(Option::is_some), "{name}: values again");
    }
}

#[test]
fn all_outputs_in_one_pass_are_each_of_them() {
    let closes = walk(3000);
    for (name, params, inputs) in USUAL_SEVERAL {
        let whole = node(name, params, vec![Input::Field(Field::Close); *inputs]);
        let (mut several, outputs) = build_several(&whole).unwrap();
        let mut columns = vec![vec![0.0; closes.len()]; outputs.len()];
        for rows in [0..30, 30..closes.len()] {
            let parts = columns.iter_mut().map(|column| &mut column[rows.clone()]).collect();
            several.fill(Columns([&closes[rows.clone()]; 7]), parts);
        }
        for (output, column) in outputs.iter().zip(columns) {
            let mut one = build(&Node { name: format!("{name}.{output}"), ..whole.clone() }).unwrap();
            let column: Vec<Option<f64>> = column.into_iter().map(|x| (!x.is_nan()).then_some(x)).collect();
            assert_eq!(run(one.as_mut(), &closes), column, "{name}.{output}");
        }
    }
    assert!(build_several(&average("sma", 3.0)).is_err(), "it has but one");
}
