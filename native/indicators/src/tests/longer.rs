//! Indicators that live on longer bars.

use super::{average, bar, build, difference, longer, node, run};
use crate::{Input, Waiting};

#[test]
fn longer_bars_move_what_lives_on_them_and_nothing_else() {
    let mut sma = build(&longer(average("sma", 2.0), 0)).unwrap();
    assert_eq!(run(sma.as_mut(), &[1.0, 2.0, 3.0]), [None; 3], "bars of the run do not count");
    assert_eq!(sma.waiting(), Some(Waiting { frame: 0, bars: 2 }));
    sma.close(&[(0, bar(4.0)), (1, bar(100.0))]);
    assert_eq!(sma.value(), None);
    sma.close(&[(1, bar(100.0))]);
    sma.close(&[(0, bar(6.0))]);
    assert_eq!((sma.value(), sma.waiting()), (Some(5.0), None));
    assert_eq!(run(sma.as_mut(), &[7.0, 8.0]), [Some(5.0); 2], "the value stays between longer bars");
    sma.close(&[(0, bar(8.0)), (0, bar(10.0))]);
    assert_eq!(sma.value(), Some(9.0), "two bars of one moment come in their order");
    sma.reset();
    assert_eq!((sma.value(), sma.waiting()), (None, Some(Waiting { frame: 0, bars: 2 })));
}

#[test]
fn a_difference_moves_with_either_side() {
    let mut gap = build(&difference(longer(average("sma", 1.0), 0), average("sma", 1.0))).unwrap();
    assert_eq!(run(gap.as_mut(), &[3.0]), [None]);
    gap.close(&[(0, bar(10.0))]);
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
    assert_eq!(built.waiting(), Some(Waiting { frame: 0, bars: 1 }), "the innermost is what is waited for");
    built.close(&[(0, bar(10.0)), (1, bar(99.0))]);
    built.close(&[(0, bar(20.0)), (1, bar(99.0))]);
    assert_eq!(built.value(), Some(15.0));
    assert_eq!((built.warmup(), outer.has_longer(), average("sma", 1.0).has_longer()), (1, true, false));
}

#[test]
fn an_average_of_something_longer_reads_it_at_its_own_bars() {
    let held = longer(average("ema", 1.0), 0);
    let mut sma = build(&node("ema", &[2.0], vec![Input::Node(held)])).unwrap();
    assert_eq!(sma.waiting(), Some(Waiting { frame: 0, bars: 1 }));
    sma.close(&[(0, bar(4.0))]);
    assert_eq!(run(sma.as_mut(), &[1.0, 1.0]), [None, Some(4.0)]);
}
