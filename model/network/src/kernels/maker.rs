//! Which of bf16 and `f32` does this processor multiply faster?
//!
//! Having the instruction says nothing of its speed: a product of bf16 takes AMD's processors the time of
//! one in `f32`, which is half the work, and Intel's that of three or four. So the maker decides. A
//! measurement would know processors that are not made yet, but it errs on a busy machine, and with it
//! the same seed and songs would no longer give the same weights.

use super::Level;

/// The instructions for bf16 if the processor has them and its maker's are faster than those for `f32`.
pub(crate) fn faster_bf16() -> Option<Level> {
    Level::native_bf16().filter(|_| is_fast())
}

#[cfg(target_arch = "x86_64")]
fn is_fast() -> bool {
    let vendor = raw_cpuid::CpuId::new().get_vendor_info();
    vendor.is_some_and(|vendor| matches!(vendor.as_str(), "AuthenticAMD" | "HygonGenuine"))
}

#[cfg(not(target_arch = "x86_64"))]
fn is_fast() -> bool {
    false
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn bf16_is_taken_where_the_kernel_names_amd_and_the_instruction() {
        let processor = std::fs::read_to_string("/proc/cpuinfo").expect("Linux tells");
        let says = |word: &str| processor.contains(word);
        let expected = says("avx512_bf16") && (says("AuthenticAMD") || says("HygonGenuine"));
        assert_eq!(faster_bf16().is_some(), expected);
    }
}
