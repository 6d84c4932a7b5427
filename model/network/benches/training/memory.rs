//! How fast could one stream sample, if multiplying took no time?
#![expect(unsafe_code, reason = "calls code for instructions that were detected")]

use std::time::Instant;

use network::Size;

use crate::{Rival, Task};

/// Tokens a round.
const N_TOKENS: usize = 500;

/// A line of the cache.
#[derive(Clone, Copy)]
#[repr(align(64))]
struct Line([u64; 8]);

/// Reads as many bytes a token as there are weights in eight bits beside the embeddings'.
pub(crate) struct Memory {
    lines: Vec<Line>,
}

impl Memory {
    pub(crate) fn new(task: Task) -> Self {
        let Size { embedding, hidden, .. } = task.size;
        let n_bytes = task.products() - 4 * hidden * embedding;
        let lines = (0..n_bytes.div_ceil(64) as u64).map(|idx| Line([idx; 8]));
        Self { lines: lines.collect() }
    }
}

impl Rival for Memory {
    fn name(&self) -> String {
        "limit by memory, int8".to_owned()
    }

    fn round(&mut self) -> Option<f64> {
        let start = Instant::now();
        for _ in 0..N_TOKENS {
            std::hint::black_box(read(std::hint::black_box(&self.lines)));
        }
        Some(N_TOKENS as f64 / start.elapsed().as_secs_f64())
    }
}

#[cfg(target_arch = "x86_64")]
fn read(lines: &[Line]) -> u64 {
    if std::arch::is_x86_feature_detected!("avx2") {
        // SAFETY: it was detected.
        return unsafe { read_avx2(lines) };
    }
    mixed(lines)
}

#[cfg(not(target_arch = "x86_64"))]
fn read(lines: &[Line]) -> u64 {
    mixed(lines)
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
fn read_avx2(lines: &[Line]) -> u64 {
    mixed(lines)
}

#[inline(always)]
#[expect(clippy::inline_always, reason = "must be compiled for the instructions")]
fn mixed(lines: &[Line]) -> u64 {
    let mut mixed = [[0u64; 8]; 4];
    for four in lines.chunks_exact(4) {
        for (mixed, line) in mixed.iter_mut().zip(four) {
            for (mixed, word) in mixed.iter_mut().zip(line.0) {
                *mixed ^= word;
            }
        }
    }
    mixed.as_flattened().iter().fold(0, |all, word| all ^ word)
}
