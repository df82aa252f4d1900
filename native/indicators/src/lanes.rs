//! Four floats that are worked on together, for loops in which the compiler does not find the four by itself.
//!
//! Both kinds give the same bits, as each of the four is added and multiplied as a float alone is. Lanes are made only by
//! who holds the proof that the processor has their instructions; that of the wide ones comes from asking it.

use std::array;

pub(crate) const LANES: usize = 4;

pub(crate) trait Lanes: Copy {
    /// That the processor has what these lanes are worked on with.
    type Proof: Copy;

    fn load(proof: Self::Proof, from: &[f64; LANES]) -> Self;
    fn store(self, to: &mut [f64; LANES]);
    fn plus(self, other: Self) -> Self;
    fn minus(self, other: Self) -> Self;
    fn times(self, other: Self) -> Self;

    /// The rows of a square as its columns.
    fn turned(square: [Self; LANES]) -> [Self; LANES];

    #[inline(always)]
    fn all(proof: Self::Proof, x: f64) -> Self {
        Self::load(proof, &[x; LANES])
    }
}

impl Lanes for [f64; LANES] {
    type Proof = ();

    #[inline(always)]
    fn load((): (), from: &[f64; LANES]) -> Self {
        *from
    }

    #[inline(always)]
    fn store(self, to: &mut [f64; LANES]) {
        *to = self;
    }

    #[inline(always)]
    fn plus(self, other: Self) -> Self {
        array::from_fn(|i| self[i] + other[i])
    }

    #[inline(always)]
    fn minus(self, other: Self) -> Self {
        array::from_fn(|i| self[i] - other[i])
    }

    #[inline(always)]
    fn times(self, other: Self) -> Self {
        array::from_fn(|i| self[i] * other[i])
    }

    #[inline(always)]
    fn turned(square: [Self; LANES]) -> [Self; LANES] {
        array::from_fn(|i| array::from_fn(|j| square[j][i]))
    }
}

#[cfg(target_arch = "x86_64")]
pub(crate) use wide::{HasAvx, Wide};

#[cfg(target_arch = "x86_64")]
mod wide {
    use std::arch::x86_64::{
        __m256d, _mm256_add_pd, _mm256_loadu_pd, _mm256_mul_pd, _mm256_permute2f128_pd, _mm256_storeu_pd,
        _mm256_sub_pd, _mm256_unpackhi_pd, _mm256_unpacklo_pd,
    };

    use super::{LANES, Lanes};

    /// The proof that the processor has AVX: there is no other way to one than to ask it.
    #[derive(Clone, Copy)]
    pub(crate) struct HasAvx(());

    impl HasAvx {
        pub(crate) fn ask() -> Option<HasAvx> {
            std::arch::is_x86_feature_detected!("avx").then_some(HasAvx(()))
        }
    }

    /// A register of processors that have AVX, made by `load` alone.
    #[derive(Clone, Copy)]
    pub(crate) struct Wide(__m256d);

    impl Lanes for Wide {
        type Proof = HasAvx;

        #[inline(always)]
        fn load(_: HasAvx, from: &[f64; LANES]) -> Wide {
            // SAFETY: the four floats are there, and the processor has AVX by the proof.
            Wide(unsafe { _mm256_loadu_pd(from.as_ptr()) })
        }

        #[inline(always)]
        fn store(self, to: &mut [f64; LANES]) {
            // SAFETY: there is room for four floats, and the processor has AVX, or there would be no such register.
            unsafe { _mm256_storeu_pd(to.as_mut_ptr(), self.0) }
        }

        #[inline(always)]
        fn plus(self, other: Wide) -> Wide {
            // SAFETY: the processor has AVX, or there would be no such register.
            Wide(unsafe { _mm256_add_pd(self.0, other.0) })
        }

        #[inline(always)]
        fn minus(self, other: Wide) -> Wide {
            // SAFETY: the processor has AVX, or there would be no such register.
            Wide(unsafe { _mm256_sub_pd(self.0, other.0) })
        }

        #[inline(always)]
        fn times(self, other: Wide) -> Wide {
            // SAFETY: the processor has AVX, or there would be no such register.
            Wide(unsafe { _mm256_mul_pd(self.0, other.0) })
        }

        #[inline(always)]
        fn turned([a, b, c, d]: [Wide; LANES]) -> [Wide; LANES] {
            // SAFETY: the processor has AVX, or there would be no such register.
            unsafe {
                let (even, odd) = (_mm256_unpacklo_pd(a.0, b.0), _mm256_unpackhi_pd(a.0, b.0));
                let (even_below, odd_below) = (_mm256_unpacklo_pd(c.0, d.0), _mm256_unpackhi_pd(c.0, d.0));
                [
                    Wide(_mm256_permute2f128_pd::<0x20>(even, even_below)),
                    Wide(_mm256_permute2f128_pd::<0x20>(odd, odd_below)),
                    Wide(_mm256_permute2f128_pd::<0x31>(even, even_below)),
                    Wide(_mm256_permute2f128_pd::<0x31>(odd, odd_below)),
                ]
            }
        }
    }
}
