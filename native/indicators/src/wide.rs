//! Loops over columns, compiled for the widest vectors of the machine at hand.
//!
//! Additions, products and quotients are rounded alike in vectors of every width, so results do not depend on it.

/// Runs a loop as compiled for AVX2 where the machine has it; what is called inside must be `#[inline(always)]` to be
/// compiled so.
#[inline(always)]
pub(crate) fn wide<R>(work: impl FnOnce() -> R) -> R {
    #[cfg(target_arch = "x86_64")]
    if std::arch::is_x86_feature_detected!("avx2") {
        // SAFETY: the machine was just asked whether it has what the function is compiled for.
        return unsafe { with_avx2(work) };
    }
    work()
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
fn with_avx2<R>(work: impl FnOnce() -> R) -> R {
    work()
}

/// The larger of two numbers, neither of them NaN: one instruction, which `f64::max` is not.
#[inline(always)]
pub(crate) fn larger(a: f64, b: f64) -> f64 {
    if a > b { a } else { b }
}
