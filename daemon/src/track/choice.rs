//! Which of several samples becomes the track?
//!
//! Each sample is measured against the songs its version was learned from; one that takes over too
//! long a run of one of them is drawn again. Of the rest the one with the highest reward is taken.

use anyhow::Context as _;
use composer::copying::{Melodies, Shared};
use composer::sample::{Request, SampleError, sample};
use music::song::Song;
use network::infer::Predictor;
use taste::{Features, Taste, features};

use crate::control::answer::Misused;
use crate::store::Candidate;

/// Samples that are drawn beyond those wanted, in place of ones that copy.
const MAX_REDRAWS: usize = 8;

/// How the choice is made.
pub struct Choice<'a> {
    /// Samples to choose from.
    pub n_candidates: u32,
    /// What listeners like.
    pub taste: &'a Taste,
    /// What may not be copied.
    pub melodies: &'a Melodies,
    /// The longest run of notes in common with one of them.
    pub max_copied_notes: u32,
}

/// The chosen sample.
pub struct Chosen {
    /// The music.
    pub song: Song,
    /// Its features.
    pub features: Features,
    /// The longest run it shares with a song that was learned from.
    pub shared: Shared,
    /// Every sample that was drawn, in order.
    pub candidates: Vec<Candidate>,
}

/// Samples and chooses. If every sample copies, the one with the shortest run is taken.
///
/// # Errors
/// When nothing can be sampled.
pub fn choose(
    predictor: &Predictor,
    request: &Request,
    choice: &Choice<'_>,
) -> anyhow::Result<Chosen> {
    let wanted = choice.n_candidates.max(1) as usize;
    let mut best: Option<(Rank, Chosen)> = None;
    let mut candidates = Vec::new();
    let mut n_own = 0;
    while n_own < wanted && candidates.len() < wanted + MAX_REDRAWS {
        let seed = candidate_seed(request.seed, candidates.len() as u32);
        let song =
            sample(predictor, &Request { seed, ..request.clone() }).map_err(
                |error| match error {
                    SampleError::NoLead => anyhow::Error::from(error),
                    wrong => Misused(wrong.to_string()).into(),
                },
            )?;
        let shared = choice.melodies.longest_shared(&drawn_part(&song, request));
        let features = features(&song);
        let reward = choice.taste.reward(&features);
        candidates.push(Candidate { seed, score: reward as f32 });
        let excess = shared.n_notes.saturating_sub(choice.max_copied_notes);
        n_own += usize::from(excess == 0);
        let rank = Rank { excess, reward };
        if best.as_ref().is_none_or(|(most, _)| rank.is_above(*most)) {
            best = Some((rank, Chosen { song, features, shared, candidates: Vec::new() }));
        }
    }
    let (_, chosen) = best.context("at least one sample is drawn")?;
    Ok(Chosen { candidates, ..chosen })
}

/// The song without its opening, which is not the network's.
fn drawn_part(song: &Song, request: &Request) -> Song {
    let Some(opening) = &request.opening else { return song.clone() };
    let from = opening.n_bars() * song.steps_per_bar();
    let notes = song.notes().iter().filter(|note| note.onset >= from).copied();
    Song::new(song.tempo_bpm(), song.beats_per_bar(), song.n_bars(), notes)
}

/// What copies less comes first, then what is liked more.
#[derive(Clone, Copy)]
struct Rank {
    excess: u32,
    reward: f64,
}

impl Rank {
    fn is_above(self, other: Self) -> bool {
        self.excess < other.excess || (self.excess == other.excess && self.reward > other.reward)
    }
}

/// The first candidate has the seed itself, so that a plain sample is the one of that seed.
fn candidate_seed(seed: u64, idx: u32) -> u64 {
    seed ^ u64::from(idx).wrapping_mul(0x9E37_79B9_7F4A_7C15)
}

#[cfg(test)]
mod tests {
    use super::*;
    use music::key::{Key, Mode};
    use music::tokens::Polyphony;
    use network::Network;
    use network::train::Hyperparameters;
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;
    use taste::Usual;

    fn predictor() -> Predictor {
        let size = Hyperparameters { layers: 1, hidden: 16, embedding: 8, ..Default::default() };
        let size = size.size(composer::INTERFACE);
        let network = Network::new(size, &mut ChaCha8Rng::seed_from_u64(2)).expect("a network");
        Predictor::new(&network).expect("a predictor")
    }

    fn request() -> Request {
        Request {
            seed: 3,
            n_bars: 4,
            tempo_bpm: 150.0,
            beats_per_bar: 4,
            key: Key::new(5, Mode::Minor),
            notes_per_bar: 10.0,
            polyphony: Polyphony::ANY,
            temperature: 1.0,
            top_p: 1.0,
            condition: 0,
            opening: None,
        }
    }

    fn chosen(melodies: &Melodies, max_copied_notes: u32, n_candidates: u32) -> Chosen {
        let taste = Taste::fit(&Usual::default(), &[]);
        let choice = Choice { n_candidates, taste: &taste, melodies, max_copied_notes };
        choose(&predictor(), &request(), &choice).expect("a song")
    }

    #[test]
    fn a_sample_that_copies_is_drawn_again() {
        let free = chosen(&Melodies::default(), 4, 1);
        assert_eq!((free.candidates.len(), free.shared), (1, Shared::default()));
        // The very song it would play is in the library.
        let mut library = Melodies::default();
        library.add("own", &free.song);
        let own = library.longest_shared(&free.song).n_notes;
        assert_eq!(chosen(&library, own, 1).song, free.song);
        let other = chosen(&library, own - 1, 1);
        assert!(other.candidates.len() > 1);
        assert!(other.song != free.song && other.shared.n_notes < own);
    }

    #[test]
    fn what_copies_least_is_taken_if_all_do() {
        let first = chosen(&Melodies::default(), 0, 1);
        let mut library = Melodies::default();
        library.add("own", &first.song);
        let least = chosen(&library, 0, 2);
        assert!(least.candidates.len() > 2, "{} drawn", least.candidates.len());
        assert!(least.song != first.song);
    }
}
