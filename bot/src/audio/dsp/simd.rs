//! How are eight notes played at once?
//!
//! The notes of a part do not influence each other, so eight are computed side by side in the lanes of a
//! vector, each in its own time. The loops are plain Rust over arrays of eight, compiled once for AVX2 and once for
//! any processor. No fused multiplication is used, so both give the same bits.

/// Notes side by side.
pub(crate) const LANES: usize = 8;

/// One number for each of eight notes.
pub(crate) type Lanes = [f32; LANES];

/// Frames computed at a time; envelopes and filters get new targets once a block.
pub(crate) const BLOCK: usize = 32;

/// A block of eight notes in one channel.
pub(crate) type Block = [Lanes; BLOCK];

/// Defines a function whose body is compiled for AVX2 and for any processor, and which picks the faster
/// of them at run time. What the body calls must be inlined to gain anything.
macro_rules! dispatched {
    ($(#[$doc:meta])* $visible:vis fn $name:ident($($arg:ident: $type:ty),* $(,)?) $body:block) => {
        $(#[$doc])*
        $visible fn $name($($arg: $type),*) {
            #[inline(always)]
            fn portable($($arg: $type),*) $body

            #[cfg(target_arch = "x86_64")]
            {
                #[target_feature(enable = "avx2")]
                fn avx2($($arg: $type),*) { portable($($arg),*); }
                if std::arch::is_x86_feature_detected!("avx2") {
                    #[expect(unsafe_code, reason = "calls code for instructions just detected")]
                    // SAFETY: the processor has the instructions.
                    return unsafe { avx2($($arg),*) };
                }
            }
            portable($($arg),*);
        }
    };
}
pub(crate) use dispatched;
