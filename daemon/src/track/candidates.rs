//! How are the candidates for a track drawn and measured?
//!
//! Draws samples and measures each against the taste and against the songs that its version was
//! learned from; [`taste::choose`] decides which is taken.

use composer::memorisation::{Melodies, Shared};
use composer::sample::{SampleError, SongSpec, sample_many};
use music::song::Song;
use network::infer::Predictor;
use taste::{Merit, Rule};

use super::listeners_taste::Taste;
use crate::control::failure::Misused;
use crate::store::Candidate;

/// The most candidates whose merits are kept with a track.
const MAX_KEPT: usize = 16;

/// What the candidates are measured by.
pub(crate) struct Criteria<'a> {
    /// How many to choose from.
    pub(crate) n_candidates: u32,
    /// What listeners like, if that is known and asked for.
    pub(crate) taste: Option<&'a Taste>,
    /// What may not be copied.
    pub(crate) melodies: &'a Melodies,
    /// The longest run of notes in common with one of them.
    pub(crate) max_copied_notes: u32,
}

/// The chosen candidate.
pub(crate) struct ChosenSong {
    /// The music.
    pub(crate) song: Song,
    /// What it was to be like.
    pub(crate) spec: SongSpec,
    /// The longest run it shares with a song that was learned from.
    pub(crate) shared: Shared,
    /// How many samples were drawn.
    pub(crate) n_candidates: u32,
    /// The best of them, the best first.
    pub(crate) candidates: Vec<Candidate>,
    /// The number of the posterior by which it was chosen, if it was.
    pub(crate) posterior: Option<String>,
}

/// Samples and chooses; `spec_of` says what each candidate is to be like, and `seed` makes that of each.
///
/// # Errors
/// When nothing can be sampled.
pub(crate) fn choose(
    predictor: &Predictor,
    seed: u64,
    spec_of: impl Fn(u32) -> SongSpec,
    criteria: &Criteria<'_>,
) -> anyhow::Result<ChosenSong> {
    let rule =
        Rule { n_candidates: criteria.n_candidates, max_copied_notes: criteria.max_copied_notes };
    let chosen = taste::choose(rule, |which| {
        let spec = |idx| SongSpec { seed: candidate_seed(seed, idx), ..spec_of(idx) };
        let specs: Vec<SongSpec> = which.map(spec).collect();
        let songs = sample_many(predictor, &specs);
        let measured = |(song, spec)| measured(song, spec, criteria);
        songs.into_iter().zip(specs).map(measured).collect::<anyhow::Result<Vec<_>>>()
    })?;
    let candidate = |(idx, merit): (u32, &Merit)| Candidate {
        seed: candidate_seed(seed, idx),
        score: merit.reward as f32,
    };
    let mut candidates: Vec<Candidate> = (0..).zip(&chosen.merits).map(candidate).collect();
    candidates.sort_by(|a, b| b.score.total_cmp(&a.score));
    candidates.truncate(MAX_KEPT);
    let (song, spec, shared) = chosen.sample;
    let posterior = criteria.taste.map(|taste| taste.posterior.id());
    let n_candidates = chosen.merits.len() as u32;
    Ok(ChosenSong { song, spec, shared, n_candidates, candidates, posterior })
}

fn measured(
    song: Result<Song, SampleError>,
    spec: SongSpec,
    criteria: &Criteria<'_>,
) -> anyhow::Result<((Song, SongSpec, Shared), Merit)> {
    let song = song.map_err(into_misused)?;
    let shared = criteria.melodies.longest_shared(&spec.drawn_part(&song));
    let judged = criteria.taste.map(|taste| taste.judge(&taste::measure(&song)));
    let (reward, nearness) = judged.unwrap_or_default();
    let merit = Merit { n_copied_notes: shared.n_notes, nearness, reward };
    Ok(((song, spec, shared), merit))
}

/// What was asked for wrongly is a misuse; that no lead came of it is not.
fn into_misused(error: SampleError) -> anyhow::Error {
    match error {
        SampleError::NoLead => error.into(),
        wrong => Misused(wrong.to_string()).into(),
    }
}

/// The first candidate has the seed itself, so that a plain sample is the one of that seed.
fn candidate_seed(seed: u64, idx: u32) -> u64 {
    seed ^ u64::from(idx).wrapping_mul(0x9E37_79B9_7F4A_7C15)
}

#[cfg(test)]
mod tests {
    use super::*;
    use composer::sample::Asked;
    use music::dynamic::Dynamic;
    use music::key::{Key, Mode};
    use music::tokens::Polyphony;
    use network::Network;
    use network::train::Hyperparameters;
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;

    fn predictor() -> Predictor {
        let size = Hyperparameters { layers: 1, hidden: 16, embedding: 8, ..Default::default() };
        let size = size.size(composer::INTERFACE);
        let network = Network::new(size, &mut ChaCha8Rng::seed_from_u64(2));
        Predictor::new(&network).expect("a predictor")
    }

    fn spec() -> SongSpec {
        SongSpec {
            seed: 3,
            n_bars: 4,
            tempo_bpm: 150.0,
            beats_per_bar: 4,
            key: Key::new(5, Mode::Minor),
            in_scale: 0.0,
            notes_per_bar: 10.0,
            register: None,
            asked: Asked::default(),
            polyphony: Polyphony::ANY,
            dynamics: [Dynamic::USUAL; 3],
            temperature: 1.0,
            top_p: 1.0,
            label: 0,
            primer: None,
        }
    }

    fn chosen(melodies: &Melodies, max_copied_notes: u32, n_candidates: u32) -> ChosenSong {
        let criteria = Criteria { n_candidates, taste: None, melodies, max_copied_notes };
        choose(&predictor(), 3, |_| spec(), &criteria).expect("a song")
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
