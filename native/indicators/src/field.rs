//! The leaf of every description: one number of a bar.

use workbench_market::bar::Ohlcv;

/// Which of a bar's numbers is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Field {
    Open,
    High,
    Low,
    Close,
    Volume,
    /// Only what begins anew with a session reads it; nobody chooses it.
    Session,
    /// When the bar closed; only what users write reads it.
    Time,
}

impl Field {
    /// Every field with its name in Python.
    pub const ALL: [(&'static str, Field); 7] = [
        ("open", Field::Open),
        ("high", Field::High),
        ("low", Field::Low),
        ("close", Field::Close),
        ("volume", Field::Volume),
        ("session", Field::Session),
        ("time", Field::Time),
    ];

    /// The field of this name, if there is one.
    pub fn parse(name: &str) -> Option<Field> {
        Self::ALL.iter().find(|(known, _)| *known == name).map(|(_, field)| *field)
    }

    pub fn name(self) -> &'static str {
        Self::ALL[self as usize].0
    }

    /// The number itself; an unknown volume is NaN.
    #[inline]
    pub fn read(self, bar: &Ohlcv) -> f64 {
        match self {
            Field::Open => bar.open,
            Field::High => bar.high,
            Field::Low => bar.low,
            Field::Close => bar.close,
            Field::Volume => bar.volume,
            Field::Session => bar.session,
            Field::Time => bar.time,
        }
    }
}
