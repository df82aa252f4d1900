//! Longer bars out of the bars of an asset: folded as those close, closed when their time has come.
//!
//! Where a longer bar begins and ends is a matter of calendars, so its slots are handed in with the rows. It is closed
//! by time: at the first moment at or after the end of its slot (of its last row, where that reaches further), with or
//! without a row at its end. Only a row that began before that end and is still running holds it back.

use std::collections::VecDeque;

use workbench_market::bar::Ohlcv;
use workbench_market::decimal::{ticks, to_f64};
use workbench_market::instrument::Instrument;
use workbench_market::{Error, Result};

use crate::series::{Series, micros};

/// Where a longer bar lies: the first of its rows, its open and its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Slot {
    pub row: usize,
    pub open_ns: i64,
    pub close_ns: i64,
}

/// A longer bar that has closed, and when.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Ended {
    pub time_ns: i64,
    pub frame: usize,
    pub bar: Ohlcv,
}

/// A longer bar in the making, in the units of its last row.
#[derive(Clone, Copy, Debug)]
struct Running {
    slot: usize,
    row: usize,
    close_ns: i64,
    bar: Ohlcv,
    /// Volume before the last split inside, and since then in ticks; None once a part of it is unknown.
    moved: f64,
    volume: Option<i128>,
    has_split: bool,
}

impl Running {
    fn new(slot: usize, row: usize, series: &Series) -> Self {
        let (bar, close_ns) = (series.bar(row), i64::MIN);
        Self { slot, row, close_ns, bar, moved: 0.0, volume: Some(0), has_split: false }
    }

    fn add(&mut self, slot: &Slot, row: usize, series: &Series, instrument: &Instrument) {
        let is_inside = row > self.row;
        for (new, old) in series.splits_at(row).filter(|_| is_inside) {
            self.split(new, old, instrument);
        }
        let bar = series.bar(row);
        self.bar.high = self.bar.high.max(bar.high);
        self.bar.low = self.bar.low.min(bar.low);
        (self.bar.close, self.bar.session) = (bar.close, bar.session);
        let more = series.ticks(row, instrument).volume();
        self.volume = self.volume.zip(more).map(|(sum, more)| sum + i128::from(more));
        (self.row, self.close_ns) = (row, slot.close_ns.max(series.span(row).close_ns));
        self.bar.time = micros(self.close_ns);
    }

    /// What there is so far, in the units after a split.
    fn split(&mut self, new: f64, old: f64, instrument: &Instrument) {
        let price = |x: f64| x * old / new;
        let Ohlcv { open, high, low, close, .. } = self.bar;
        self.bar = Ohlcv { open: price(open), high: price(high), low: price(low), close: price(close), ..self.bar };
        let so_far = self.moved + self.volume.map_or(0.0, |sum| to_f64(sum, instrument.quantity_digits));
        (self.moved, self.volume, self.has_split) = (so_far * new / old, self.volume.map(|_| 0), true);
    }

    /// The bar as `Bars.resample` makes it: prices that a split moved are put back on the digits of the asset.
    fn finished(&self, instrument: &Instrument) -> Result<Ohlcv> {
        let since = self.volume.map_or(f64::NAN, |sum| to_f64(sum, instrument.quantity_digits));
        if !self.has_split {
            return Ok(Ohlcv { volume: since, ..self.bar });
        }
        let put = |x: f64, digits: u32| ticks(x, digits).map(|steps| to_f64(i128::from(steps), digits));
        let price = |x: f64| put(x, instrument.price_digits);
        let Ohlcv { open, high, low, close, .. } = self.bar;
        let total = self.moved + since;
        let volume = if total.is_nan() { total } else { put(total, instrument.quantity_digits)? };
        let (open, high, low, close) = (price(open)?, price(high)?, price(low)?, price(close)?);
        Ok(Ohlcv { open, high, low, close, volume, ..self.bar })
    }
}

/// One asset at one length.
#[derive(Clone, Debug, Default)]
struct Lane {
    slots: Vec<Slot>,
    /// The slot of the row that was folded last.
    at: usize,
    /// Oldest first; more than one only where slots overlap, after the close of a session.
    running: VecDeque<Running>,
    closed: usize,
}

impl Lane {
    fn fold(&mut self, row: usize, series: &Series, instrument: &Instrument) -> Result<()> {
        while self.slots.get(self.at + 1).is_some_and(|next| next.row <= row) {
            self.at += 1;
        }
        let Some(slot) = self.slots.get(self.at) else {
            return Err(Error::Bars(format!("row {row} of {} came without its longer bars", instrument.name)));
        };
        if self.running.back().is_none_or(|last| last.slot != self.at) {
            self.running.push_back(Running::new(self.at, row, series));
        }
        if let Some(last) = self.running.back_mut() {
            last.add(slot, row, series, instrument);
        }
        Ok(())
    }

    fn next_ns(&self) -> i64 {
        self.running.front().map_or(i64::MAX, |first| first.close_ns)
    }
}

/// Bars of one length over all assets.
#[derive(Clone, Debug)]
struct Frame {
    every: String,
    lanes: Vec<Lane>,
}

/// Every length that is watched, in the order of asking.
#[derive(Clone, Debug)]
pub struct Frames {
    list: Vec<Frame>,
    assets: usize,
    /// Before this time no longer bar ends.
    next_ns: i64,
}

impl Frames {
    pub fn new(assets: usize) -> Self {
        Self { list: Vec::new(), assets, next_ns: i64::MAX }
    }

    /// The number of a length; a new one is made.
    pub fn number(&mut self, every: &str) -> usize {
        let known = self.list.iter().position(|frame| frame.every == every);
        known.unwrap_or_else(|| {
            self.list.push(Frame { every: every.into(), lanes: vec![Lane::default(); self.assets] });
            self.list.len() - 1
        })
    }

    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// The same lengths for one asset alone, as number 0, before its first row.
    pub fn of(&self, asset: usize) -> Frames {
        let fresh = |lane: &Lane| Lane { slots: lane.slots.clone(), ..Lane::default() };
        let alone = |frame: &Frame| Frame { every: frame.every.clone(), lanes: vec![fresh(&frame.lanes[asset])] };
        Frames { list: self.list.iter().map(alone).collect(), assets: 1, next_ns: i64::MAX }
    }

    /// Every length, by number.
    pub fn lengths(&self) -> impl Iterator<Item = &str> {
        self.list.iter().map(|frame| frame.every.as_str())
    }

    /// How many bars of a length have closed.
    pub fn closed(&self, frame: usize, asset: usize) -> usize {
        self.list[frame].lanes[asset].closed
    }

    /// Adds slots of rows that come next; the first may be the one that the rows before ended in.
    pub fn cut(&mut self, frame: usize, asset: usize, slots: impl Iterator<Item = Slot>) {
        let known = &mut self.list[frame].lanes[asset].slots;
        for slot in slots {
            if known.last().is_none_or(|last| last.open_ns != slot.open_ns) {
                known.push(slot);
            }
        }
    }

    /// Takes a row that has closed.
    pub fn fold(&mut self, asset: usize, row: usize, series: &Series, instrument: &Instrument) -> Result<()> {
        for frame in &mut self.list {
            let lane = &mut frame.lanes[asset];
            lane.fold(row, series, instrument)?;
            self.next_ns = self.next_ns.min(lane.next_ns());
        }
        Ok(())
    }

    /// Whether a longer bar may have ended by now.
    pub fn is_due(&self, now_ns: i64) -> bool {
        self.next_ns <= now_ns
    }

    /// Takes out the bars of an asset that have closed by now, in the order of their ends, in today's units.
    ///
    /// `running_ns` is when the asset's bar opened that is still running.
    pub fn end(
        &mut self,
        asset: usize,
        now_ns: i64,
        running_ns: Option<i64>,
        series: &Series,
        instrument: &Instrument,
    ) -> Result<Vec<Ended>> {
        let before_ns = running_ns.unwrap_or(i64::MAX);
        let mut ended = Vec::new();
        for (frame, lane) in self.list.iter_mut().map(|frame| &mut frame.lanes[asset]).enumerate() {
            let mut time_ns = i64::MIN;
            while let Some(first) = lane.running.front().filter(|r| r.close_ns <= now_ns && r.close_ns <= before_ns) {
                time_ns = time_ns.max(first.close_ns);
                let bar = series.in_todays_units(&first.finished(instrument)?, first.row);
                ended.push(Ended { time_ns, frame, bar });
                lane.running.pop_front();
                lane.closed += 1;
            }
        }
        ended.sort_by_key(|each| each.time_ns);
        Ok(ended)
    }

    /// Looks up anew when the next longer bar ends.
    pub fn look_ahead(&mut self) {
        let lanes = self.list.iter().flat_map(|frame| &frame.lanes);
        self.next_ns = lanes.map(Lane::next_ns).min().unwrap_or(i64::MAX);
    }

    /// Forgets the rows of an asset, so that they can be folded again.
    pub fn reset(&mut self, asset: usize) {
        for lane in self.list.iter_mut().map(|frame| &mut frame.lanes[asset]) {
            lane.running.clear();
            (lane.at, lane.closed) = (0, 0);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::series::Span;

    fn share() -> Instrument {
        Instrument::new("X", 1, 1)
    }

    /// Rows of ten nanoseconds that open at these times, each 0.1 of volume.
    fn series(rows: &[(i64, f64)]) -> Series {
        let mut series = Series::default();
        for &(open_ns, price) in rows {
            let bar = Ohlcv {
                open: price,
                high: price,
                low: price,
                close: price,
                volume: 0.1,
                session: f64::NAN,
                time: f64::NAN,
            };
            series.push(Span { open_ns, close_ns: open_ns + 10, session: 0 }, bar, &share()).unwrap();
        }
        series
    }

    fn frames(slots: &[(usize, i64, i64)]) -> Frames {
        let mut frames = Frames::new(1);
        let number = frames.number("1h");
        let slot = |&(row, open_ns, close_ns): &(usize, i64, i64)| Slot { row, open_ns, close_ns };
        frames.cut(number, 0, slots.iter().map(slot));
        frames
    }

    /// Times and closes of what has ended.
    fn ended(frames: &mut Frames, series: &Series, now_ns: i64, running_ns: Option<i64>) -> Vec<(i64, f64)> {
        let ended = frames.end(0, now_ns, running_ns, series, &share()).unwrap();
        ended.iter().map(|each| (each.time_ns, each.bar.close)).collect()
    }

    #[test]
    fn a_bar_ends_by_the_clock() {
        let series = series(&[(0, 1.0), (10, 2.0), (40, 3.0)]);
        let mut frames = frames(&[(0, 0, 30), (2, 30, 60)]);
        for row in 0..2 {
            frames.fold(0, row, &series, &share()).unwrap();
        }
        assert!(!frames.is_due(29) && frames.is_due(30));
        assert_eq!(ended(&mut frames, &series, 29, None), []);
        assert_eq!(ended(&mut frames, &series, 30, Some(25)), [], "a row still runs over its end");
        assert_eq!(ended(&mut frames, &series, 30, Some(30)), [(30, 2.0)]);
        assert_eq!(frames.closed(0, 0), 1);
        frames.look_ahead();
        assert!(!frames.is_due(i64::MAX - 1), "nothing runs");
        frames.fold(0, 2, &series, &share()).unwrap();
        assert_eq!(ended(&mut frames, &series, 60, None), [(60, 3.0)]);
        frames.reset(0);
        assert_eq!(frames.closed(0, 0), 0);
    }

    #[test]
    fn bars_that_overlap_keep_their_order() {
        let series = series(&[(0, 1.0), (10, 2.0)]);
        let mut frames = frames(&[(0, 0, 90), (1, 10, 20)]);
        for row in 0..2 {
            frames.fold(0, row, &series, &share()).unwrap();
        }
        assert_eq!(ended(&mut frames, &series, 50, None), []);
        assert_eq!(ended(&mut frames, &series, 90, None), [(90, 1.0), (90, 2.0)]);
    }

    #[test]
    fn the_slot_of_a_torn_feed_is_one() {
        let series = series(&[(0, 1.0), (10, 2.0)]);
        let mut frames = frames(&[(0, 0, 30)]);
        frames.cut(0, 0, [Slot { row: 1, open_ns: 0, close_ns: 30 }].into_iter());
        for row in 0..2 {
            frames.fold(0, row, &series, &share()).unwrap();
        }
        let bar = frames.end(0, 30, None, &series, &share()).unwrap()[0].bar;
        assert_eq!((bar.open, bar.close, bar.volume), (1.0, 2.0, 0.2));
        assert!(frames.number("1h") == 0 && !frames.is_empty());
    }

    #[test]
    fn a_split_inside_leaves_digits() {
        // 3:1 before the last row: 1.0 becomes 0.3, the volume 3 x 0.1 + 0.1.
        let mut series = series(&[(0, 1.0), (10, 0.5)]);
        let mut frames = frames(&[(0, 0, 20)]);
        frames.fold(0, 0, &series, &share()).unwrap();
        series.split(1, 3, 1);
        frames.fold(0, 1, &series, &share()).unwrap();
        let bar = frames.end(0, 20, None, &series, &share()).unwrap()[0].bar;
        assert_eq!(bar, Ohlcv { open: 0.3, high: 0.5, low: 0.3, close: 0.5, volume: 0.4, session: 0.0, time: 0.0 });
    }

    #[test]
    fn rows_without_slots_are_refused() {
        let series = series(&[(0, 1.0)]);
        let refused = frames(&[]).fold(0, 0, &series, &share());
        assert!(matches!(refused, Err(Error::Bars(_))));
    }
}
