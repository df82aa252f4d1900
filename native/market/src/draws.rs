//! Random numbers for tests and measurements; no run draws from them.

/// Xorshift64 (Marsaglia 2003).
pub struct Draws(u64);

impl Draws {
    pub const fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    /// All 64 bits.
    pub const fn bits(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    pub const fn below(&mut self, end: u64) -> u64 {
        (self.bits() >> 11) % end
    }

    /// A float from -0.5 to 0.5.
    pub fn centred(&mut self) -> f64 {
        (self.bits() >> 11) as f64 / (1_u64 << 53) as f64 - 0.5
    }
}
