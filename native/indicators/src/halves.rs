//! One column on two cores: its rows in two halves at once, each value as if one indicator had taken all rows.
//!
//! A second indicator begins some rows before the second half. What is made of a window has then seen all it needs, and
//! what decays has mostly come to the same bits. Whether it has is looked at where the halves meet: if the first indicator
//! stands there as the second one stood, it would have gone on alike; if not, it goes on itself over the second half.

use std::any::Any;
use std::ops::Range;
use std::thread;

use crate::indicator::Indicator;
use crate::several::Several;

/// Fewer rows are not worth a thread.
const ROWS_MIN: usize = 200_000;
/// Halves begin at a multiple of so many rows: blocks of decays and bytes of bits are whole there.
const STEP: usize = 64;
/// How many warm-ups long the rows before the second half are, and how many at least: a decay halves within its warm-up, and
/// when the last digit of what was before has gone it takes a while until roundings meet.
const WARMUPS: usize = 64;
const WARM_MIN: usize = 2048;
/// The part of all rows that may be read twice.
const WARM_SHARE: usize = 8;

/// How an indicator stands between two rows.
pub type State = Box<dyn Any + Send>;

/// What can tell how it stands.
pub trait Halvable: Send {
    /// How it stands now; `None` where that cannot be compared.
    fn state(&self) -> Option<State>;

    /// Whether it goes on as what stood like this.
    fn is_at(&self, state: &State) -> bool;

    /// How many rows it takes until the first value.
    fn warmup(&self) -> usize;
}

impl Halvable for Box<dyn Indicator> {
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

impl Halvable for Box<dyn Several> {
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

/// Where the second half begins, and where what fills it does.
#[derive(Clone, Copy, Debug)]
pub struct Halves {
    warm: usize,
    middle: usize,
    rows: usize,
}

impl Halves {
    /// Parts so many rows so that both sides have as much to do; `None` where one core is as good.
    pub fn of(indicator: &impl Halvable, rows: usize) -> Option<Halves> {
        let warm = indicator.warmup().saturating_mul(WARMUPS).max(WARM_MIN);
        (rows >= ROWS_MIN && warm <= rows / WARM_SHARE && indicator.state().is_some()).then(|| Halves::at(rows, warm))
    }

    pub(crate) fn at(rows: usize, warm: usize) -> Halves {
        let warm = warm.next_multiple_of(STEP);
        let middle = ((rows + warm) / 2).next_multiple_of(STEP).min(rows);
        Halves { warm: middle.saturating_sub(warm), middle, rows }
    }

    pub fn middle(self) -> usize {
        self.middle
    }

    /// Fills both halves, `first` and `second` being two of the same before their first row: `take` feeds some rows to one
    /// of them and puts what it gives in place of what is there. Says whether both went at once.
    pub fn fill<I: Halvable, T: Send>(
        self,
        [mut first, mut second]: [I; 2],
        [earlier, later]: [&mut T; 2],
        take: impl Fn(&mut I, Range<usize>, &mut T) + Sync,
    ) -> bool {
        let state = thread::scope(|scope| {
            let second = scope.spawn(|| {
                take(&mut second, self.warm..self.middle, later);
                let state = second.state();
                take(&mut second, self.middle..self.rows, later);
                state
            });
            take(&mut first, 0..self.middle, earlier);
            second.join().expect("a half cannot fail")
        });
        let have_met = state.is_some_and(|state| first.is_at(&state));
        if !have_met {
            take(&mut first, self.middle..self.rows, later);
        }
        have_met
    }
}
