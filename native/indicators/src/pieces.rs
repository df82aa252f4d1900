//! One column on all cores: its rows in pieces, each value as if one indicator had taken all rows.
//!
//! The first thread takes piece after piece from the front. The others take pieces from the back, as many as they get to, so
//! that a core which comes late or has other work to do holds nobody up. What fills such a piece begins some rows before it:
//! what is made of a window has then seen all it needs, and what decays has mostly come to the same bits. Whether it has is
//! looked at where pieces meet: if what stands at the end of the piece before stands as it stood, it would have gone on
//! alike; if not, that one goes on itself over the piece.

use std::any::Any;
use std::collections::VecDeque;
use std::ops::Range;
use std::sync::Mutex;
use std::thread;

use crate::indicator::Indicator;
use crate::several::Several;

/// Fewer rows are not worth a thread.
const ROWS_MIN: usize = 200_000;
/// Pieces begin at a multiple of so many rows: blocks of decays and bytes of bits are whole there.
const STEP: usize = 64;
/// How many warm-ups long the rows before a piece are, and how many at least: a decay halves within its warm-up, and when
/// the last digit of what was before has gone it takes a while until roundings meet.
const WARMUPS: usize = 64;
const WARM_MIN: usize = 2048;
/// The part of a piece, or of all rows where those are but two, that may be read twice.
const WARM_SHARE: usize = 8;
/// Enough for nobody to wait long for the last one.
const PIECES_MAX: usize = 16;

/// How an indicator stands between two rows.
pub type State = Box<dyn Any + Send>;

/// What can tell how it stands.
pub trait Divisible: Send {
    /// How it stands now; `None` where that cannot be compared.
    fn state(&self) -> Option<State>;

    /// Whether it goes on as what stood like this.
    fn is_at(&self, state: &State) -> bool;

    /// How many rows it takes until the first value.
    fn warmup(&self) -> usize;
}

impl Divisible for Box<dyn Indicator> {
    fn state(&self) -> Option<State> {
        (**self).state()
    }

    fn is_at(&self, state: &State) -> bool {
        (**self).is_at(state)
    }

    fn warmup(&self) -> usize {
        (**self).warmup()
    }
}

impl Divisible for Box<dyn Several> {
    fn state(&self) -> Option<State> {
        (**self).state()
    }

    fn is_at(&self, state: &State) -> bool {
        (**self).is_at(state)
    }

    fn warmup(&self) -> usize {
        (**self).warmup()
    }
}

/// How many rows a piece has, and how many before it are read for it.
#[derive(Clone, Copy, Debug)]
pub struct Pieces {
    warm: usize,
    step: usize,
    rows: usize,
}

/// A piece that nobody has begun: its number, what fills it, and where to.
type Waiting<'a, I, T> = (usize, (I, &'a mut T));

/// A piece that was filled ahead: its number, how what fills it stood before it, what does, and where to.
type Ahead<'a, I, T> = (usize, Option<State>, I, &'a mut T);

impl Pieces {
    /// Parts so many rows; `None` where one core is as good.
    pub fn of(indicator: &impl Divisible, rows: usize) -> Option<Pieces> {
        let warm = indicator.warmup().saturating_mul(WARMUPS).max(WARM_MIN);
        (rows >= ROWS_MIN && warm <= rows / WARM_SHARE && indicator.state().is_some()).then(|| Pieces::at(rows, warm))
    }

    pub(crate) fn at(rows: usize, warm: usize) -> Pieces {
        let count = (rows / (warm * WARM_SHARE)).clamp(2, PIECES_MAX);
        Pieces { warm: warm.next_multiple_of(STEP), step: rows.div_ceil(count).next_multiple_of(STEP), rows }
    }

    pub fn count(self) -> usize {
        self.rows.div_ceil(self.step)
    }

    pub fn rows(self, piece: usize) -> Range<usize> {
        piece * self.step..self.rows.min((piece + 1) * self.step)
    }

    /// Fills all pieces, each with its place in `outputs`, `made` being as many of the same before their first row: `take`
    /// feeds some rows to one of them and puts what it gives in place of what is there. Says whether no piece was filled
    /// twice.
    pub fn fill<I: Divisible, T: Send>(
        self,
        threads: usize,
        made: Vec<I>,
        outputs: &mut [T],
        take: impl Fn(&mut I, Range<usize>, &mut T) + Sync,
    ) -> bool {
        self.fill_up_to(self.count(), threads, made, outputs, take)
    }

    /// The same where the first thread takes no more pieces than this before all are taken.
    pub(crate) fn fill_up_to<I: Divisible, T: Send>(
        self,
        most: usize,
        threads: usize,
        made: Vec<I>,
        outputs: &mut [T],
        take: impl Fn(&mut I, Range<usize>, &mut T) + Sync,
    ) -> bool {
        let mut waiting: VecDeque<Waiting<'_, I, T>> = made.into_iter().zip(outputs).enumerate().collect();
        let Some((_, (mut first, output))) = waiting.pop_front() else { return true };
        let waiting = Mutex::new(waiting);
        let mut ahead = thread::scope(|scope| {
            let work = || self.fill_ahead(&waiting, &take);
            let others: Vec<_> = (1..threads).map(|_| scope.spawn(work)).collect();
            take(&mut first, self.rows(0), output);
            for _ in 1..most {
                let next = waiting.lock().expect("a thread that takes cannot fail").pop_front();
                let Some((piece, (_, output))) = next else { break };
                take(&mut first, self.rows(piece), output);
            }
            others.into_iter().flat_map(|other| other.join().expect("what fills cannot fail")).collect::<Vec<_>>()
        });
        ahead.sort_unstable_by_key(|(piece, ..)| *piece);
        self.meet(first, ahead, take)
    }

    /// Fills pieces from the back until all are taken.
    fn fill_ahead<'a, I: Divisible, T>(
        self,
        waiting: &Mutex<VecDeque<Waiting<'a, I, T>>>,
        take: &impl Fn(&mut I, Range<usize>, &mut T),
    ) -> Vec<Ahead<'a, I, T>> {
        let next = || waiting.lock().expect("a thread that takes cannot fail").pop_back();
        let mut filled = Vec::new();
        while let Some((piece, (mut made, output))) = next() {
            let rows = self.rows(piece);
            take(&mut made, rows.start.saturating_sub(self.warm)..rows.start, output);
            let state = made.state();
            take(&mut made, rows, output);
            filled.push((piece, state, made, output));
        }
        filled
    }

    /// Goes through the pieces that were filled ahead, in their order, and fills those anew that did not meet what was before.
    fn meet<I: Divisible, T>(
        self,
        first: I,
        ahead: Vec<Ahead<'_, I, T>>,
        take: impl Fn(&mut I, Range<usize>, &mut T),
    ) -> bool {
        let (mut before, mut have_met) = (first, true);
        for (piece, state, made, output) in ahead {
            if state.is_some_and(|state| before.is_at(&state)) {
                before = made;
            } else {
                take(&mut before, self.rows(piece), output);
                have_met = false;
            }
        }
        have_met
    }
}
