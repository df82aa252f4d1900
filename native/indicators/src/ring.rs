//! The last n inputs: each push takes the place of the oldest one and gives it back.
//!
//! A place not yet filled holds NaN, which is what an undefined input is too.

pub(crate) struct Ring {
    places: Box<[f64]>,
    next: usize,
}

impl Ring {
    pub fn new(len: usize) -> Ring {
        Ring { places: vec![f64::NAN; len].into_boxed_slice(), next: 0 }
    }

    pub fn len(&self) -> usize {
        self.places.len()
    }

    /// The input of `len` pushes ago; a ring without places gives back what it takes.
    #[inline]
    pub fn push(&mut self, x: f64) -> f64 {
        let Some(place) = self.places.get_mut(self.next) else { return x };
        let old = std::mem::replace(place, x);
        self.next = if self.next + 1 == self.places.len() { 0 } else { self.next + 1 };
        old
    }

    /// What stands at one of the places, which are in no order of age.
    pub fn place(&self, at: usize) -> f64 {
        self.places[at]
    }

    /// From the oldest to the newest.
    pub fn iter(&self) -> impl Iterator<Item = f64> {
        let (newer, older) = self.places.split_at(self.next);
        older.iter().chain(newer).copied()
    }
}
