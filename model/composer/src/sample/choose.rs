//! Which of the allowed tokens is taken?

use rand::Rng;
use rand_chacha::ChaCha8Rng;

/// Draws tokens with temperature and nucleus (top-p) sampling.
#[derive(Clone, Debug, Default)]
pub(super) struct Chooser {
    /// Room for the ids that may be drawn and their weights.
    candidates: Vec<(u32, f64)>,
}

impl Chooser {
    /// One of the allowed ids, of which there is at least one.
    pub(super) fn choose(
        &mut self,
        allowed: &[(u32, f32)],
        (temperature, top_p): (f64, f64),
        rng: &mut ChaCha8Rng,
    ) -> u32 {
        // Of equally likely ones the first.
        let best = allowed.iter().copied().reduce(|a, b| if b.1 > a.1 { b } else { a });
        let Some((best, max)) = best else {
            unreachable!("the grammar allows something until the song has ended")
        };
        if temperature <= 0.0 {
            return best;
        }
        let candidates = &mut self.candidates;
        candidates.clear();
        let weight = |logit: f32| (f64::from(logit - max) / temperature).exp();
        candidates.extend(allowed.iter().map(|(id, logit)| (*id, weight(*logit))));
        let total: f64 = candidates.iter().map(|(_, p)| p).sum();
        // All that are less likely than this are together too unlikely to reach into the nucleus: only
        // the others need an order.
        let least = (1.0 - top_p) * total / candidates.len() as f64;
        candidates.retain(|(_, p)| *p >= least);
        candidates.sort_unstable_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        let mut nucleus = 0.0;
        let n_kept = candidates.iter().take_while(|(_, p)| {
            let taken = nucleus < top_p * total;
            nucleus += p;
            taken
        });
        let n_kept = n_kept.count().max(1);
        let kept: f64 = candidates[..n_kept].iter().map(|(_, p)| p).sum();
        let mut left = rng.random_range(0.0..1.0) * kept;
        for (id, p) in &candidates[..n_kept] {
            left -= p;
            if left < 0.0 {
                return *id;
            }
        }
        candidates[n_kept - 1].0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;

    #[test]
    fn temperature_and_nucleus_narrow_the_choice() {
        let allowed = [(0, 0.0), (1, 3.0), (2, 2.9), (3, -5.0)];
        let mut rng = ChaCha8Rng::seed_from_u64(0);
        let mut chooser = Chooser::default();
        let mut draw = |temperature, top_p| {
            let mut seen: Vec<u32> = (0..400)
                .map(|_| chooser.choose(&allowed, (temperature, top_p), &mut rng))
                .collect();
            seen.sort_unstable();
            seen.dedup();
            seen
        };
        assert_eq!(draw(0.0, 1.0), [1]);
        assert_eq!(draw(1.0, 0.5), [1]);
        assert_eq!(draw(1.0, 0.9), [1, 2]);
        assert_eq!(draw(5.0, 1.0), [0, 1, 2, 3]);
    }
}
