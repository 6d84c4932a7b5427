//! Which candidate is taken, by its reward and by what it copies or resembles?
//!
//! A candidate that takes over too long a run of a song that was learned from is drawn again. Of the
//! rest, those too like a recent post come last, and the one with the highest reward is taken.

use std::ops::Range;

/// Samples that are drawn beyond those wanted, in place of ones that copy.
const MAX_REDRAWS: usize = 8;

/// How the choice is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rule {
    /// Samples to choose from; at least one is drawn.
    pub n_candidates: u32,
    /// The longest run of notes that a sample may share with a song that was learned from.
    pub max_copied_notes: u32,
}

/// What speaks for and against a sample.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Merit {
    /// The longest run of notes that it shares with a song that was learned from.
    pub n_copied_notes: u32,
    /// How much too like a recent post it is; 0 for enough variety (see [`crate::Variety`]).
    pub nearness: f64,
    /// How much it should be liked.
    pub reward: f64,
}

/// The chosen sample.
#[derive(Clone, Debug, PartialEq)]
pub struct Chosen<S> {
    /// It.
    pub sample: S,
    /// The merit of every sample that was drawn, in order.
    pub merits: Vec<Merit>,
}

/// Draws samples (`draw` is told which, counted from 0, and gives one for each: several can be drawn
/// together) and takes the best. If every one copies too much, the one with the shortest run is taken.
///
/// # Errors
/// The first of `draw`.
pub fn choose<S, E>(
    rule: Rule,
    mut draw: impl FnMut(Range<u32>) -> Result<Vec<(S, Merit)>, E>,
) -> Result<Chosen<S>, E> {
    let wanted = rule.n_candidates.max(1) as usize;
    let mut merits: Vec<Merit> = Vec::new();
    let mut best: Option<(S, Merit)> = None;
    loop {
        let n_original = merits.iter().filter(|merit| rule.excess(**merit) == 0).count();
        let n_left = (wanted + MAX_REDRAWS).saturating_sub(merits.len());
        let n_missing = wanted.saturating_sub(n_original).min(n_left);
        match best {
            Some((sample, _)) if n_missing == 0 => return Ok(Chosen { sample, merits }),
            _ => {}
        }
        let first = merits.len() as u32;
        let drawn = draw(first..first + n_missing as u32)?;
        assert_eq!(drawn.len(), n_missing, "one sample for each that is asked for");
        for (sample, merit) in drawn {
            merits.push(merit);
            if best.as_ref().is_none_or(|(_, best)| rule.prefers(merit, *best)) {
                best = Some((sample, merit));
            }
        }
    }
}

impl Rule {
    /// Notes beyond those that may be copied.
    fn excess(self, merit: Merit) -> u32 {
        merit.n_copied_notes.saturating_sub(self.max_copied_notes)
    }

    /// What copies less comes first, then what resembles recent posts less, then what is liked more.
    fn prefers(self, one: Merit, other: Merit) -> bool {
        let order = self.excess(other).cmp(&self.excess(one));
        let order = order.then(other.nearness.total_cmp(&one.nearness));
        order.then(one.reward.total_cmp(&other.reward)).is_gt()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::convert::Infallible;

    /// Which is taken of samples with these copied notes and rewards, and how many were drawn.
    fn taken(rule: Rule, samples: &[(u32, f64)]) -> (u32, usize) {
        let one = |idx: u32| {
            let (n_copied_notes, reward) = samples[idx as usize % samples.len()];
            (idx, Merit { n_copied_notes, nearness: 0.0, reward })
        };
        let draw = |which: Range<u32>| -> Result<Vec<(u32, Merit)>, Infallible> {
            Ok(which.map(one).collect())
        };
        let chosen = choose(rule, draw).unwrap_or_else(|never| match never {});
        (chosen.sample, chosen.merits.len())
    }

    const FOUR: Rule = Rule { n_candidates: 4, max_copied_notes: 16 };

    #[test]
    fn the_best_liked_is_taken_and_of_equals_the_first() {
        assert_eq!(taken(FOUR, &[(0, 0.1), (3, 0.4), (16, 0.4), (0, -0.9)]), (1, 4));
    }

    #[test]
    fn one_that_copies_is_drawn_again_however_liked() {
        assert_eq!(taken(FOUR, &[(17, 1.0), (0, 0.1), (0, 0.2), (0, 0.0), (0, 0.3)]), (4, 5));
    }

    #[test]
    fn what_copies_least_is_taken_if_all_do() {
        assert_eq!(taken(FOUR, &[(30, 1.0), (20, 0.0), (25, 0.5)]), (1, 4 + MAX_REDRAWS));
    }

    #[test]
    fn what_is_too_like_a_recent_post_is_taken_only_if_all_are() {
        let merit = |nearness, reward| Merit { n_copied_notes: 0, nearness, reward };
        assert!(FOUR.prefers(merit(0.0, -1.0), merit(0.2, 2.0)));
        assert!(FOUR.prefers(merit(0.1, -1.0), merit(0.2, 2.0)));
        assert!(FOUR.prefers(merit(0.3, 1.0), Merit { n_copied_notes: 17, ..merit(0.0, 2.0) }));
    }

    #[test]
    fn one_is_drawn_even_of_none() {
        assert_eq!(taken(Rule { n_candidates: 0, ..FOUR }, &[(0, 0.0)]), (0, 1));
    }

    #[test]
    fn what_cannot_be_drawn_is_an_error() {
        assert_eq!(choose(FOUR, |which| Err::<Vec<((), Merit)>, u32>(which.end)), Err(4));
    }
}
