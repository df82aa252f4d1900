//! What lives on longer bars, on other assets, or outside of this crate.

use std::sync::Arc;

use super::*;
use crate::{Foreign, Origin, Outside, Waiting};

/// A longer bar that closes, and how many of length 0 are waited for.
fn closed(frame: usize, close: f64) -> (Origin, Ohlcv) {
    (Origin::longer(frame), bar(close))
}

fn hours(bars: usize) -> Waiting {
    Waiting { origin: Origin::longer(0), bars }
}

/// The same indicator, on longer bars.
fn longer(node: Node, frame: usize) -> Node {
    Node { frame: Some(frame), ..node }
}

#[test]
fn longer_bars_move_what_lives_on_them_and_nothing_else() {
    let mut sma = build(&longer(average("sma", 2.0), 0)).unwrap();
    assert_eq!(run(sma.as_mut(), &[1.0, 2.0, 3.0]), [None; 3], "bars of the run do not count");
    assert_eq!(sma.waiting(), Some(hours(2)));
    sma.close(&[closed(0, 4.0), closed(1, 100.0)]);
    assert_eq!(sma.value(), None);
    sma.close(&[closed(1, 100.0)]);
    sma.close(&[closed(0, 6.0)]);
    assert_eq!((sma.value(), sma.waiting()), (Some(5.0), None));
    assert_eq!(run(sma.as_mut(), &[7.0, 8.0]), [Some(5.0); 2], "the value stays between longer bars");
    sma.close(&[closed(0, 8.0), closed(0, 10.0)]);
    assert_eq!(sma.value(), Some(9.0), "two bars of one moment come in their order");
    sma.reset();
    assert_eq!((sma.value(), sma.waiting()), (None, Some(hours(2))));
}

#[test]
fn a_difference_moves_with_either_side() {
    let mut gap = build(&difference(longer(average("sma", 1.0), 0), average("sma", 1.0))).unwrap();
    assert_eq!(run(gap.as_mut(), &[3.0]), [None]);
    gap.close(&[closed(0, 10.0)]);
    assert_eq!(gap.value(), Some(7.0), "beside the last bar of the run");
    assert_eq!(run(gap.as_mut(), &[4.0]), [Some(6.0)]);
}

#[test]
fn what_is_read_comes_before_its_reader() {
    // Hours (0) of days (1) of hours: all three take their bar of this moment, from the inside out.
    let inner = longer(average("sma", 1.0), 0);
    let days = longer(node("sma", &[1.0], vec![Input::Node(inner)]), 1);
    let outer = longer(node("sma", &[2.0], vec![Input::Node(days)]), 0);
    let mut built = build(&outer).unwrap();
    assert_eq!(built.waiting(), Some(hours(1)), "the innermost is what is waited for");
    built.close(&[closed(0, 10.0), closed(1, 99.0)]);
    built.close(&[closed(0, 20.0), closed(1, 99.0)]);
    assert_eq!(built.value(), Some(15.0));
    assert_eq!((built.warmup(), outer.has_longer(), average("sma", 1.0).has_longer()), (1, true, false));
}

#[test]
fn an_average_of_something_longer_reads_it_at_its_own_bars() {
    let held = longer(average("ema", 1.0), 0);
    let mut sma = build(&node("ema", &[2.0], vec![Input::Node(held)])).unwrap();
    assert_eq!(sma.waiting(), Some(hours(1)));
    sma.close(&[closed(0, 4.0)]);
    assert_eq!(run(sma.as_mut(), &[1.0, 1.0]), [None, Some(4.0)]);
}

fn on(asset: usize, read: Input) -> Node {
    node("on", &[], vec![Input::Asset(asset), read])
}

/// A bar of another asset.
fn told(asset: usize, close: f64) -> (Origin, Ohlcv) {
    (Origin { asset: Some(asset), frame: None }, bar(close))
}

fn theirs(asset: usize, frame: Option<usize>, bars: usize) -> Option<Waiting> {
    Some(Waiting { origin: Origin { asset: Some(asset), frame }, bars })
}

#[test]
fn bars_of_another_asset_move_what_lives_on_them_and_nothing_else() {
    let mut sma = build(&on(7, Input::Node(average("sma", 2.0)))).unwrap();
    assert_eq!((sma.warmup(), sma.waiting()), (1, theirs(7, None, 2)));
    assert_eq!(run(sma.as_mut(), &[1.0, 2.0, 3.0]), [None; 3], "bars of the reader do not count");
    sma.close(&[told(7, 4.0), told(8, 100.0), closed(0, 100.0)]);
    sma.close(&[(Origin::longer(0).of(7), bar(100.0))]);
    assert_eq!(sma.value(), None);
    sma.close(&[told(7, 6.0)]);
    assert_eq!((sma.value(), sma.waiting()), (Some(5.0), None));
    assert_eq!(run(sma.as_mut(), &[7.0, 8.0]), [Some(5.0); 2], "the value stays between its bars");
    sma.reset();
    assert_eq!((sma.value(), sma.waiting()), (None, theirs(7, None, 2)));
}

#[test]
fn longer_bars_of_another_asset_are_its_own() {
    let mut hours = build(&on(7, Input::Node(longer(average("sma", 2.0), 0)))).unwrap();
    assert_eq!(hours.waiting(), theirs(7, Some(0), 2));
    hours.close(&[closed(0, 100.0), told(7, 100.0)]);
    hours.close(&[(Origin::longer(0).of(7), bar(4.0)), (Origin::longer(1).of(7), bar(100.0))]);
    hours.close(&[(Origin::longer(0).of(7), bar(6.0))]);
    assert_eq!(hours.value(), Some(5.0));
}

#[test]
fn an_asset_inside_of_another_comes_first() {
    // An average of 7 over the bars of 8: a bar of 7 at the very moment of one of 8 is in it, in whatever order they come.
    let seven = || Input::Node(on(7, Input::Field(Field::Close)));
    let mut sma = build(&on(8, Input::Node(node("sma", &[2.0], vec![seven()])))).unwrap();
    assert_eq!(sma.waiting(), theirs(7, None, 1));
    sma.close(&[told(8, 100.0), told(7, 4.0)]);
    assert_eq!(sma.waiting(), theirs(8, None, 2));
    sma.close(&[told(7, 5.0)]);
    sma.close(&[told(7, 6.0), told(8, 100.0)]);
    assert_eq!(sma.value(), Some(5.0));
    let both = difference(on(8, seven()), on(9, Input::Field(Field::Open)));
    assert_eq!((both.assets(), average("sma", 2.0).assets()), (vec![7, 8, 9], vec![]));
}

/// Pieces every close.
#[derive(Debug)]
struct Half(u64);

impl Foreign for Half {
    fn make(&self) -> Result<Box<dyn Indicator>, String> {
        match self.0 {
            0 => Err("there are no halves today".into()),
            _ => Ok(build(&pair("div", Input::Field(Field::Close), Input::Number(2.0))).unwrap()),
        }
    }

    fn of(&self, asset: usize) -> Arc<dyn Foreign> {
        Arc::new(Half(self.0 + 100 * asset as u64))
    }

    fn key(&self) -> u64 {
        self.0
    }
}

#[test]
fn an_indicator_from_outside_is_one_like_any_other() {
    let half = |key: u64| node("foreign", &[], vec![Input::Foreign(Outside(Arc::new(Half(key))))]);
    check("alone", &half(1), &[2.0, 4.0], &[1.0, 2.0]);
    check("read", &node("sma", &[2.0], vec![Input::Node(half(1))]), &[2.0, 4.0], &[GAP, 1.5]);
    assert!(half(1) == half(1) && half(1) != half(2));
    let both = difference(half(1), on(7, Input::Node(half(1))));
    assert_eq!(both.of(3), difference(half(301), on(7, Input::Node(half(701)))), "each is told whose bars it is fed");
    let rows = [
        (half(0), "there are no halves today"),
        (node("foreign", &[], vec![Input::Field(Field::Close)]), "foreign cannot read what it is given"),
        (node("sma", &[2.0], vec![Input::Asset(1)]), "sma cannot read what it is given"),
        (node("on", &[], vec![Input::Field(Field::Close)]), "on cannot read what it is given"),
    ];
    for (node, expected) in rows {
        assert_eq!(build(&node).err().map(|e| e.to_string()).as_deref(), Some(expected));
    }
}

#[test]
fn longer_bars_move_rules_but_not_the_past() {
    let held = || Input::Node(longer(node("field", &[], vec![Input::Field(Field::Close)]), 0));
    let mut shift = build(&node("shift", &[1.0], vec![held()])).unwrap();
    let mut cross = build(&pair("crosses_above", held(), Input::Number(2.0))).unwrap();
    for each in [&mut shift, &mut cross] {
        each.close(&[closed(0, 1.0)]);
        assert_eq!(run(each.as_mut(), &[9.0]), [None]);
    }
    assert_eq!((run(shift.as_mut(), &[9.0]), run(cross.as_mut(), &[9.0])), (vec![Some(1.0)], vec![Some(0.0)]));
    for each in [&mut shift, &mut cross] {
        each.close(&[closed(0, 3.0)]);
    }
    assert_eq!((shift.value(), cross.value()), (Some(1.0), Some(1.0)), "beside the last bar of the run");
    assert_eq!((run(shift.as_mut(), &[9.0]), run(cross.as_mut(), &[9.0])), (vec![Some(1.0)], vec![Some(1.0)]));
    assert_eq!((run(shift.as_mut(), &[9.0]), run(cross.as_mut(), &[9.0])), (vec![Some(3.0)], vec![Some(0.0)]));
}
