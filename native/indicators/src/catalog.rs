//! Every indicator that is one formula, by name.
//!
//! A line here is all it takes to register a [`Kernel`]: what it is called, its numbers and how they are checked. One with
//! several outputs, a [`Fan`], has its line in [`SEVERAL`], with the names of its outputs in the order of its array.

use crate::accumulation::{Ad, Adosc, Cmf};
use crate::alma::Alma;
use crate::ao::Ao;
use crate::aroon::{Aroon, AroonOsc};
use crate::bbands::Bbands;
use crate::bop::Bop;
use crate::cascade::{dema, t3, tema};
use crate::cci::Cci;
use crate::change::Change;
use crate::channels::{Donchian, Keltner};
use crate::dpo::Dpo;
use crate::drawdown::{Drawdown, RollingDrawdown};
use crate::ease::Ease;
use crate::elementwise::{Elementwise, sign};
use crate::ema::Ema;
use crate::fisher::Fisher;
use crate::force::Force;
use crate::gap::Gap;
use crate::hma::Hma;
use crate::ichimoku::Ichimoku;
use crate::indicator::Indicator;
use crate::kama::Kama;
use crate::kst::{Kst, RATES};
use crate::macd::Macd;
use crate::mass_index::MassIndex;
use crate::mfi::Mfi;
use crate::midpoint::Midpoint;
use crate::midprice::Midprice;
use crate::movement::{Adx, Adxr, Di, Dx};
use crate::node::{IndicatorError, Node, numbers, sources};
use crate::nvi::Nvi;
use crate::obv::Obv;
use crate::over::{Kernel, Over};
use crate::patterns::{self, Candlesticks, Pattern};
use crate::pivots::{self, Pivots};
use crate::quantile::Quantile;
use crate::regression::{RSquared, Regression, Told};
use crate::rolling::Rolling;
use crate::sar::{Pace, Sar};
use crate::several::{Fan, Fed, Several};
use crate::shape::Shape;
use crate::shift::Shift;
use crate::since::Since;
use crate::sma::Sma;
use crate::spread::{GarmanKlass, Parkinson, YangZhang};
use crate::stoch::{Stoch, StochRsi};
use crate::supertrend::Supertrend;
use crate::swings::Swings;
use crate::together::{Beta, Correlation};
use crate::trima::Trima;
use crate::trix::Trix;
use crate::true_range::{Atr, TrueRange};
use crate::tsi::Tsi;
use crate::ulcer::Ulcer;
use crate::ultosc::Ultosc;
use crate::variance::{Stddev, Variance};
use crate::vortex::Vortex;
use crate::vwap::{RollingVwap, Vwap};
use crate::vwma::Vwma;
use crate::willr::Willr;
use crate::window::Window;
use crate::wma::Wma;
use crate::zlema::Zlema;
use crate::zscore::Zscore;

type Built = Result<Box<dyn Indicator>, IndicatorError>;
type Make = fn(&Node, usize) -> Built;
type Outputs = &'static [&'static str];
/// With the names of its outputs.
type Named = (Box<dyn Several>, Outputs);
type SeveralBuilt = Result<Box<dyn Several>, IndicatorError>;
type MakeSeveral = fn(&Node, usize) -> SeveralBuilt;

/// In the order of the alphabet.
pub(crate) const ALL: &[(&str, Make)] = &[
    ("abs", |node, depth| plain(node, depth, Elementwise(f64::abs))),
    ("ad", |node, depth| plain(node, depth, Ad::new())),
    ("adosc", |node, depth| {
        let (fast, slow) = two(node)?;
        over(node, depth, Adosc::new(fast, slow))
    }),
    ("adx", |node, depth| over(node, depth, Adx::new(window(node, 2)?))),
    ("adxr", |node, depth| over(node, depth, Adxr::new(window(node, 2)?))),
    ("alma", |node, depth| {
        let [n, offset, sigma] = numbers(node)?;
        let offset = within(node, offset, "an offset from 0 to 1", (0.0..=1.0).contains(&offset))?;
        let sigma = within(node, sigma, "a sigma from 0.01 to 100", (0.01..=100.0).contains(&sigma))?;
        over(node, depth, Alma::new(bars(node, n, 1)?, offset, sigma))
    }),
    ("ao", |node, depth| over(node, depth, Ao::new(gap(node, Sma::new, false)?))),
    ("apo", |node, depth| over(node, depth, gap(node, Sma::new, false)?)),
    ("apo_ema", |node, depth| over(node, depth, gap(node, Ema::new, false)?)),
    ("aroon_osc", |node, depth| over(node, depth, AroonOsc::new(window(node, 1)?))),
    ("atr", |node, depth| over(node, depth, Atr::new(window(node, 1)?, false))),
    ("beta", |node, depth| over(node, depth, Beta::new(window(node, 2)?))),
    ("bop", |node, depth| {
        numbers::<0>(node)?;
        over(node, depth, Bop)
    }),
    ("cci", |node, depth| over(node, depth, Cci::new(window(node, 2)?))),
    ("cmf", |node, depth| over(node, depth, Cmf::new(window(node, 1)?))),
    ("cmo", |node, depth| over(node, depth, Swings::cmo(window(node, 2)?))),
    ("correl", |node, depth| over(node, depth, Correlation::new(window(node, 2)?))),
    ("dark_cloud_cover", |node, depth| penetrating(node, depth, &patterns::DARK_CLOUD_COVER)),
    ("dema", |node, depth| over(node, depth, dema(window(node, 1)?))),
    ("doji", |node, depth| candles(node, depth, &patterns::DOJI)),
    ("dpo", |node, depth| over(node, depth, Dpo::new(window(node, 3)?))),
    ("drawdown", |node, depth| plain(node, depth, Drawdown::new())),
    ("dx", |node, depth| over(node, depth, Dx::new(window(node, 2)?))),
    ("ema", |node, depth| over(node, depth, Ema::new(window(node, 1)?))),
    ("engulfing", |node, depth| candles(node, depth, &patterns::ENGULFING)),
    ("eom", |node, depth| {
        let [n, unit] = numbers(node)?;
        let unit = within(node, unit, "a volume from 1e-8 to 1e12", (1e-8..=1e12).contains(&unit))?;
        over(node, depth, Ease::new(bars(node, n, 1)?, unit))
    }),
    ("evening_star", |node, depth| penetrating(node, depth, &patterns::EVENING_STAR)),
    ("exp", |node, depth| plain(node, depth, Elementwise(libm::exp))),
    ("fisher", |node, depth| over(node, depth, Fisher::new(window(node, 2)?))),
    ("force", |node, depth| over(node, depth, Force::new(window(node, 1)?))),
    ("garman_klass", |node, depth| over(node, depth, GarmanKlass::new(window(node, 1)?))),
    ("hammer", |node, depth| candles(node, depth, &patterns::HAMMER)),
    ("hanging_man", |node, depth| candles(node, depth, &patterns::HANGING_MAN)),
    ("harami", |node, depth| candles(node, depth, &patterns::HARAMI)),
    ("hma", |node, depth| over(node, depth, Hma::new(window(node, 2)?))),
    ("inverted_hammer", |node, depth| candles(node, depth, &patterns::INVERTED_HAMMER)),
    ("kama", |node, depth| over(node, depth, Kama::new(window(node, 2)?))),
    ("kst", |node, depth| over(node, depth, Kst::new(rates(node)?))),
    ("kurtosis", |node, depth| over(node, depth, Shape::kurtosis(window(node, 4)?))),
    ("linreg", |node, depth| over(node, depth, Regression::end(window(node, 2)?))),
    ("linreg_angle", |node, depth| over(node, depth, Regression::new(window(node, 2)?, Told::Angle))),
    ("linreg_intercept", |node, depth| over(node, depth, Regression::intercept(window(node, 2)?))),
    ("linreg_r2", |node, depth| over(node, depth, RSquared::new(window(node, 2)?))),
    ("linreg_slope", |node, depth| over(node, depth, Regression::new(window(node, 2)?, Told::Slope))),
    ("log", |node, depth| plain(node, depth, Elementwise(libm::log))),
    ("mass_index", |node, depth| {
        let [n, smooth] = lengths(node, 1)?;
        over(node, depth, MassIndex::new(n, smooth))
    }),
    ("mfi", |node, depth| over(node, depth, Mfi::new(window(node, 2)?))),
    ("midpoint", |node, depth| over(node, depth, Midpoint::new(window(node, 1)?))),
    ("midprice", |node, depth| over(node, depth, Midprice::new(window(node, 1)?))),
    ("minus_di", |node, depth| over(node, depth, Di::minus(window(node, 1)?))),
    ("mom", |node, depth| over(node, depth, Change::momentum(window(node, 1)?))),
    ("morning_star", |node, depth| penetrating(node, depth, &patterns::MORNING_STAR)),
    ("natr", |node, depth| over(node, depth, Atr::new(window(node, 1)?, true))),
    ("nvi", |node, depth| plain(node, depth, Nvi::new())),
    ("obv", |node, depth| plain(node, depth, Obv::new())),
    ("parkinson", |node, depth| over(node, depth, Parkinson::new(window(node, 1)?))),
    ("piercing", |node, depth| candles(node, depth, &patterns::PIERCING)),
    ("plus_di", |node, depth| over(node, depth, Di::plus(window(node, 1)?))),
    ("ppo", |node, depth| over(node, depth, gap(node, Sma::new, true)?)),
    ("ppo_ema", |node, depth| over(node, depth, gap(node, Ema::new, true)?)),
    ("roc", |node, depth| over(node, depth, Change::rate(window(node, 1)?))),
    ("rolling_argmax", |node, depth| over(node, depth, Since::max(window(node, 2)?))),
    ("rolling_argmin", |node, depth| over(node, depth, Since::min(window(node, 2)?))),
    ("rolling_drawdown", |node, depth| over(node, depth, RollingDrawdown::new(window(node, 2)?))),
    ("rolling_max", |node, depth| over(node, depth, Rolling::max(window(node, 1)?))),
    ("rolling_min", |node, depth| over(node, depth, Rolling::min(window(node, 1)?))),
    ("rolling_quantile", |node, depth| {
        let [n, q] = numbers(node)?;
        let q = within(node, q, "a quantile from 0 to 1", (0.0..=1.0).contains(&q))?;
        over(node, depth, Quantile::new(bars(node, n, 1)?, q))
    }),
    ("rolling_vwap", |node, depth| over(node, depth, RollingVwap::new(window(node, 1)?))),
    ("rsi", |node, depth| over(node, depth, Swings::rsi(window(node, 2)?))),
    ("sar", |node, depth| over(node, depth, Sar::new(pace(node)?))),
    ("shift", |node, depth| over(node, depth, Shift::new(window(node, 1)?))),
    ("shooting_star", |node, depth| candles(node, depth, &patterns::SHOOTING_STAR)),
    ("sign", |node, depth| plain(node, depth, Elementwise(sign))),
    ("skew", |node, depth| over(node, depth, Shape::skew(window(node, 3)?))),
    ("sma", |node, depth| over(node, depth, Sma::new(window(node, 1)?))),
    ("sqrt", |node, depth| plain(node, depth, Elementwise(f64::sqrt))),
    ("stddev", |node, depth| over(node, depth, Stddev::new(window(node, 2)?))),
    ("t3", |node, depth| {
        let [n, v] = numbers(node)?;
        let v = within(node, v, "a volume factor from 0 to 1", (0.0..=1.0).contains(&v))?;
        over(node, depth, t3(bars(node, n, 1)?, v))
    }),
    ("tema", |node, depth| over(node, depth, tema(window(node, 1)?))),
    ("trange", |node, depth| {
        numbers::<0>(node)?;
        over(node, depth, TrueRange::new())
    }),
    ("trima", |node, depth| over(node, depth, Trima::new(window(node, 1)?))),
    ("trix", |node, depth| over(node, depth, Trix::new(window(node, 1)?))),
    ("tsf", |node, depth| over(node, depth, Regression::forecast(window(node, 2)?))),
    ("tsi", |node, depth| over(node, depth, Tsi::new(lengths(node, 1)?))),
    ("ulcer", |node, depth| over(node, depth, Ulcer::new(window(node, 1)?))),
    ("ultosc", |node, depth| over(node, depth, Ultosc::new(rising(node)?))),
    ("var", |node, depth| over(node, depth, Variance::new(window(node, 1)?))),
    ("vwap", |node, depth| plain(node, depth, Vwap::new())),
    ("vwma", |node, depth| over(node, depth, Vwma::new(window(node, 1)?))),
    ("willr", |node, depth| over(node, depth, Willr::new(window(node, 1)?))),
    ("wma", |node, depth| over(node, depth, Wma::new(window(node, 1)?))),
    ("yang_zhang", |node, depth| over(node, depth, YangZhang::new(window(node, 2)?))),
    ("zlema", |node, depth| over(node, depth, Zlema::new(window(node, 1)?))),
    ("zscore", |node, depth| over(node, depth, Zscore::new(window(node, 2)?))),
];

const SEVEN_LEVELS: Outputs = &["pivot", "r1", "r2", "r3", "s1", "s2", "s3"];
const NINE_LEVELS: Outputs = &["pivot", "r1", "r2", "r3", "r4", "s1", "s2", "s3", "s4"];

/// In the order of the alphabet, with the names of their outputs.
pub(crate) const SEVERAL: &[(&str, Outputs, MakeSeveral)] = &[
    ("aroon", &["up", "down"], |node, depth| fan(node, depth, Aroon::new(window(node, 1)?))),
    ("bbands", &["upper", "middle", "lower", "percent_b", "bandwidth"], |node, depth| {
        let [n, k] = numbers(node)?;
        let k = within(node, k, "a number of deviations from 0.01 to 100", (0.01..=100.0).contains(&k))?;
        fan(node, depth, Bbands::new(bars(node, n, 2)?, k))
    }),
    ("donchian", &["upper", "middle", "lower"], |node, depth| fan(node, depth, Donchian::new(window(node, 1)?))),
    ("ichimoku", &["conversion", "base", "span_a", "span_b"], |node, depth| {
        let [conversion, base, span, displacement] = numbers(node)?;
        let windows = [bars(node, conversion, 1)?, bars(node, base, 1)?, bars(node, span, 1)?];
        fan(node, depth, Ichimoku::new(windows, steps(node, displacement)?))
    }),
    ("keltner", &["upper", "middle", "lower"], |node, depth| {
        let [n, k, range] = numbers(node)?;
        fan(node, depth, Keltner::new(bars(node, n, 1)?, multiplier(node, k)?, bars(node, range, 1)?))
    }),
    ("macd", &["line", "signal", "histogram"], |node, depth| {
        let [fast, slow, signal] = numbers(node)?;
        let fast = within(node, fast, "a fast window shorter than the slow one", fast < slow)?;
        fan(node, depth, Macd::new(bars(node, fast, 2)?, bars(node, slow, 3)?, bars(node, signal, 1)?))
    }),
    ("pivots", SEVEN_LEVELS, |node, depth| levels(node, depth, pivots::classic)),
    ("pivots_camarilla", NINE_LEVELS, |node, depth| levels(node, depth, pivots::camarilla)),
    ("pivots_fibonacci", SEVEN_LEVELS, |node, depth| levels(node, depth, pivots::fibonacci)),
    ("stoch", &["k", "d"], |node, depth| {
        let [n, k, d] = lengths(node, 1)?;
        fan(node, depth, Stoch::new(n, k, d))
    }),
    ("stochf", &["k", "d"], |node, depth| {
        let [n, d] = lengths(node, 1)?;
        fan(node, depth, Stoch::fast(n, d))
    }),
    ("stochrsi", &["k", "d"], |node, depth| {
        let [rsi, n, d] = numbers(node)?;
        fan(node, depth, StochRsi::new(bars(node, rsi, 2)?, bars(node, n, 1)?, bars(node, d, 1)?))
    }),
    ("supertrend", &["line", "direction"], |node, depth| {
        let [n, k] = numbers(node)?;
        fan(node, depth, Supertrend::new(bars(node, n, 1)?, multiplier(node, k)?))
    }),
    ("vortex", &["plus", "minus"], |node, depth| fan(node, depth, Vortex::new(window(node, 1)?))),
];

/// The indicator of this name, if it is one formula or one output of a formula.
pub(crate) fn build(node: &Node, depth: usize) -> Option<Built> {
    if let Some((name, output)) = node.name.split_once('.') {
        return picked(node, name, output, depth);
    }
    ALL.iter().find(|(name, _)| *name == node.name).map(|(_, make)| make(node, depth))
}

/// The formula of this name that has several outputs, and their names.
pub(crate) fn several(node: &Node, name: &str, depth: usize) -> Option<Result<Named, IndicatorError>> {
    let (_, outputs, make) = SEVERAL.iter().find(|(known, ..)| *known == name)?;
    Some(make(node, depth).map(|built| (built, *outputs)))
}

fn picked(node: &Node, name: &str, output: &str, depth: usize) -> Option<Built> {
    let (_, outputs, make) = SEVERAL.iter().find(|(known, ..)| *known == name)?;
    let output = outputs.iter().position(|known| *known == output)?;
    Some(make(node, depth).map(|built| built.pick(output)))
}

fn fan<const N: usize, const M: usize, F: Fan<N, M> + 'static>(node: &Node, depth: usize, fan: F) -> SeveralBuilt {
    Ok(Box::new(Fed::new(sources(node, depth)?, fan)))
}

fn over<const N: usize, K: Kernel<N> + 'static>(node: &Node, depth: usize, kernel: K) -> Built {
    Ok(Box::new(Over::new(sources(node, depth)?, kernel)))
}

/// Levels of the session before, or of the last longer bar.
fn levels<const M: usize>(node: &Node, depth: usize, levels: fn(f64, f64, f64) -> [f64; M]) -> SeveralBuilt {
    numbers::<0>(node)?;
    fan(node, depth, Pivots::new(levels, node.frame.is_some()))
}

/// One without numbers.
fn plain<const N: usize, K: Kernel<N> + 'static>(node: &Node, depth: usize, kernel: K) -> Built {
    numbers::<0>(node)?;
    over(node, depth, kernel)
}

fn candles(node: &Node, depth: usize, pattern: &'static Pattern) -> Built {
    plain(node, depth, Candlesticks::new(pattern, 0.0))
}

/// A pattern that goes into the body of an earlier candle.
fn penetrating(node: &Node, depth: usize, pattern: &'static Pattern) -> Built {
    let [share] = numbers(node)?;
    let share = within(node, share, "a part of the body from 0 to 10", (0.0..=10.0).contains(&share))?;
    over(node, depth, Candlesticks::new(pattern, share))
}

/// The one number of an indicator that has no other.
fn window(node: &Node, least: usize) -> Result<Window, IndicatorError> {
    let [n] = numbers(node)?;
    bars(node, n, least)
}

fn bars(node: &Node, n: f64, least: usize) -> Result<Window, IndicatorError> {
    Window::at_least(n, least).ok_or_else(|| IndicatorError::Window { name: node.name.clone(), given: n, least })
}

fn gap<A>(node: &Node, average: fn(Window) -> A, percent: bool) -> Result<Gap<A>, IndicatorError> {
    let (fast, slow) = two(node)?;
    Ok(Gap::new(average(fast), average(slow), percent))
}

/// Numbers that are all windows.
fn lengths<const N: usize>(node: &Node, least: usize) -> Result<[Window; N], IndicatorError> {
    let mut windows = [Window::part(least); N];
    for (window, n) in windows.iter_mut().zip(numbers::<N>(node)?) {
        *window = bars(node, n, least)?;
    }
    Ok(windows)
}

/// Windows each of which is longer than the one before.
fn rising<const N: usize>(node: &Node) -> Result<[Window; N], IndicatorError> {
    let given = numbers::<N>(node)?;
    for pair in given.windows(2) {
        within(node, pair[1], "windows that grow from the first to the last", pair[0] < pair[1])?;
    }
    lengths(node, 1)
}

/// Four rates of change, then the averages of them.
fn rates(node: &Node) -> Result<[(Window, Window); RATES], IndicatorError> {
    let windows = lengths::<{ 2 * RATES }>(node, 1)?;
    Ok(std::array::from_fn(|i| (windows[i], windows[RATES + i])))
}

fn multiplier(node: &Node, k: f64) -> Result<f64, IndicatorError> {
    within(node, k, "a multiplier from 0.01 to 100", (0.01..=100.0).contains(&k))
}

/// So many bars back; 0 is none.
fn steps(node: &Node, given: f64) -> Result<usize, IndicatorError> {
    if given == 0.0 { Ok(0) } else { bars(node, given, 0).map(Window::len) }
}

fn pace(node: &Node) -> Result<Pace, IndicatorError> {
    let [step, most] = numbers(node)?;
    let most = within(node, most, "a maximum from 0 to 1", (0.0..=1.0).contains(&most))?;
    let step = within(node, step, "an acceleration from 0 to the maximum", (0.0..=most).contains(&step))?;
    Ok(Pace { step, most })
}

/// A fast window and a slow one.
fn two(node: &Node) -> Result<(Window, Window), IndicatorError> {
    let [fast, slow] = numbers(node)?;
    let fast = within(node, fast, "a fast window shorter than the slow one", fast < slow)?;
    Ok((bars(node, fast, 1)?, bars(node, slow, 2)?))
}

fn within(node: &Node, given: f64, wanted: &'static str, allowed: bool) -> Result<f64, IndicatorError> {
    let refused = || IndicatorError::Number { name: node.name.clone(), given, wanted };
    if allowed { Ok(given) } else { Err(refused()) }
}
