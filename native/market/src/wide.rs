//! Loops over many numbers, compiled twice: for any processor of the family, and for those that take four at a time.
//!
//! Both give the same bits, since Rust neither reorders nor fuses what is written; only the time differs.

/// Defines a function that runs the wide one of its two builds where the processor has what it needs.
#[macro_export]
macro_rules! widened {
    ($(#[$note:meta])* $vis:vis fn $name:ident($($arg:ident: $kind:ty),* $(,)?) $(-> $result:ty)? $body:block) => {
        $(#[$note])*
        $vis fn $name($($arg: $kind),*) $(-> $result)? {
            #[inline(always)]
            fn plain($($arg: $kind),*) $(-> $result)? $body

            #[cfg(target_arch = "x86_64")]
            {
                #[target_feature(enable = "avx2,fma")]
                fn wide($($arg: $kind),*) $(-> $result)? {
                    plain($($arg),*)
                }

                if std::arch::is_x86_feature_detected!("avx2") && std::arch::is_x86_feature_detected!("fma") {
                    // SAFETY: the processor has just been asked for what this build needs.
                    return unsafe { wide($($arg),*) };
                }
            }
            plain($($arg),*)
        }
    };
}
