//! Which of bf16 and `f32` does this processor multiply faster?
//!
//! Having the instruction says nothing of its speed: some processors make a product of bf16 in the time
//! of one in `f32`, which is half the work, others in the time of four.

use std::sync::OnceLock;
use std::time::{Duration, Instant};

use super::Level;
use super::aligned::Aligned;
use super::product::{Product, Rows};

/// How much faster bf16 must be to be taken: enough to pay for what it rounds off, and far from what
/// either kind of processor shows (1.8, and 0.8), so that the answer does not change with the load.
const MARGIN: f64 = 1.15;

/// The instructions for bf16 if the processor has them and they are clearly faster than those for `f32`
/// on the products of a layer. Measured once a process, in some milliseconds.
pub(crate) fn faster_bf16() -> Option<Level> {
    static FASTER: OnceLock<Option<Level>> = OnceLock::new();
    *FASTER.get_or_init(|| {
        let bf16 = Level::native_bf16()?;
        let mut lanes = [Lane::new(bf16), Lane::new(Level::f32())];
        let mut best = [Duration::MAX; 2];
        // In turn, and the best of each: what else runs here slows both down.
        for _ in 0..24 {
            for (best, lane) in best.iter_mut().zip(&mut lanes) {
                *best = lane.time().min(*best);
            }
        }
        (best[1].as_secs_f64() > MARGIN * best[0].as_secs_f64()).then_some(bf16)
    })
}

/// One who runs: a level, and a product of a layer's size.
struct Lane {
    level: Level,
    a: Aligned<u32>,
    b: Aligned<u32>,
    out: Aligned<f32>,
}

impl Lane {
    const ROWS: usize = 12;
    const DEPTH: usize = 256;
    const WIDTH: usize = 512;

    fn new(level: Level) -> Self {
        let words = |n: usize| {
            let mut words = Aligned::zeros(n / level.group());
            // Ones or so: denormal numbers would be slow.
            words.fill(0x3f80_3f80);
            words
        };
        let (a, b) = (words(Self::ROWS * Self::DEPTH), words(Self::DEPTH * Self::WIDTH));
        Self { level, a, b, out: Aligned::zeros(Self::ROWS * Self::WIDTH) }
    }

    fn time(&mut self) -> Duration {
        let start = Instant::now();
        self.level.run(Product {
            a: Rows::dense(&self.a, Self::DEPTH / self.level.group()),
            words: None,
            b: &self.b,
            bias: &[],
            out: &mut self.out,
            stride: Self::WIDTH,
            n_rows: Self::ROWS,
        });
        start.elapsed()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_answer_stays_and_is_one_that_the_processor_can_give() {
        let faster = faster_bf16();
        assert!(faster.is_none() || faster == Level::native_bf16());
        assert!((0..100).all(|_| faster_bf16() == faster));
    }
}
