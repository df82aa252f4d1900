//! The bars of several assets in the order in which the engine goes through them.

use std::ops::Range;

use workbench_engine::driver::Driver;
use workbench_engine::due::ActionKind;
use workbench_engine::obstacle::{Foldable, Obstacle};

use crate::tape::Tape;

/// All Opens or all closes of one time.
pub struct Moment {
    pub time_ns: i64,
    pub is_open: bool,
    /// Which of the places it has.
    pub places: Range<usize>,
    /// Of closes: whether trading has begun, and whether the session is over behind it.
    pub is_traded: bool,
    pub ends_session: bool,
}

/// The bars of all assets in the order of their moments.
pub struct Market {
    pub tapes: Vec<Tape>,
    pub moments: Vec<Moment>,
    /// Asset and row.
    pub places: Vec<(usize, usize)>,
}

impl Market {
    pub fn new(driver: &Driver) -> Foldable<Self> {
        let assets = 0..driver.series.len();
        if assets.clone().flat_map(|asset| driver.actions(asset)).any(|act| matches!(act.kind, ActionKind::End(_))) {
            return Err(Obstacle::Ends);
        }
        let tape = |asset: usize| {
            let instrument = driver.state.instruments[asset].clone();
            Tape::new(instrument, driver.series[asset].clone(), driver.start(), driver.actions(asset))
        };
        let tapes = assets.map(tape).collect::<Foldable<Vec<_>>>()?;
        let mut all: Vec<(i64, bool, usize, usize)> = Vec::new();
        for (asset, tape) in tapes.iter().enumerate() {
            for row in 0..tape.rows() {
                let span = tape.series.span(row);
                all.extend([(span.open_ns, true, asset, row), (span.close_ns, false, asset, row)]);
            }
        }
        all.sort_unstable();
        let mut made = Self { tapes, moments: Vec::new(), places: Vec::with_capacity(all.len()) };
        for together in all.chunk_by(|a, b| (a.0, a.1) == (b.0, b.1)) {
            let first = made.places.len();
            made.places.extend(together.iter().map(|&(_, _, asset, row)| (asset, row)));
            let (places, (time_ns, is_open, ..)) = (first..made.places.len(), together[0]);
            made.moments.push(Moment { time_ns, is_open, places, is_traded: false, ends_session: false });
        }
        made.date(driver);
        Ok(made)
    }

    /// Finds where trading begins and where sessions end.
    fn date(&mut self, driver: &Driver) {
        let (start, mut session, mut open_ns, mut is_traded) = (driver.start(), i32::MIN, i64::MIN, false);
        let mut last: Option<(usize, i32)> = None;
        for at in 0..self.moments.len() {
            if self.moments[at].is_open {
                continue;
            }
            for &(asset, row) in &self.places[self.moments[at].places.clone()] {
                let span = self.tapes[asset].series.span(row);
                (session, open_ns) = (session.max(span.session), open_ns.max(span.open_ns));
            }
            is_traded |= session >= start.session && open_ns >= start.open_ns;
            self.moments[at].is_traded = is_traded;
            if let Some((before, _)) = last.filter(|&(_, of)| of != session) {
                self.moments[before].ends_session = true;
            }
            last = is_traded.then_some((at, session));
        }
        if let Some((before, _)) = last {
            self.moments[before].ends_session = true;
        }
    }
}
