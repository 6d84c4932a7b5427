//! How are the candidates for a track drawn and measured?
//!
//! Draws samples and measures each against the taste and against the songs that its version was
//! learned from; [`taste::choose`] decides which is taken.

use std::ops::Range;

use composer::memorisation::{Melodies, Shared};
use composer::sample::{SampleError, SongSpec, sample_many, sample_promising};
use music::song::Song;
use network::infer::Predictor;
use taste::{Merit, Rule};

use super::listeners_taste::Taste;
use crate::control::failure::Misused;
use crate::store::Candidate;

/// The most candidates whose merits are kept with a track.
const MAX_KEPT: usize = 16;

/// Songs that are begun for each candidate.
const BEGUN: u32 = 4;

/// The merit of a sample that has no lead.
const WITHOUT_LEAD: Merit =
    Merit { n_copied_notes: u32::MAX, nearness: 0.0, reward: f64::NEG_INFINITY };

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

/// Samples and chooses; `spec_of` says what each song that is begun is to be like, and `seed` makes that of
/// each.
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
    let spec_of = |idx| SongSpec { seed: candidate_seed(seed, idx), ..spec_of(idx) };
    let mut seeds = Vec::new();
    let chosen = taste::choose(rule, |which| {
        let songs = if let Some(taste) = criteria.taste.filter(|_| rule.n_candidates > 1) {
            let promise = |song: &Song| taste.posterior.mean_score(&taste::measure(song));
            promising(predictor, which, spec_of, promise)
        } else {
            let specs: Vec<SongSpec> = which.map(spec_of).collect();
            sample_many(predictor, &specs).into_iter().zip(specs).collect()
        };
        seeds.extend(songs.iter().map(|(_, spec)| spec.seed));
        on_all_cores(songs, |(song, spec)| measured(song, spec, criteria)).into_iter().collect()
    })?;
    let candidate = |(seed, merit): (u64, &Merit)| Candidate { seed, score: merit.reward as f32 };
    let with_lead = seeds.into_iter().zip(&chosen.merits);
    let with_lead = with_lead.filter(|(_, merit)| merit.reward.is_finite());
    let mut candidates: Vec<Candidate> = with_lead.map(candidate).collect();
    candidates.sort_by(|a, b| b.score.total_cmp(&a.score));
    candidates.truncate(MAX_KEPT);
    let (song, spec, shared) = chosen.sample?;
    let posterior = criteria.taste.map(|taste| taste.posterior.id());
    let n_candidates = chosen.merits.len() as u32;
    Ok(ChosenSong { song, spec, shared, n_candidates, candidates, posterior })
}

/// Draws as many candidates as these, the most promising of more that are begun.
fn promising(
    predictor: &Predictor,
    which: Range<u32>,
    spec_of: impl Fn(u32) -> SongSpec,
    promise: impl Fn(&Song) -> f64 + Sync,
) -> Vec<(Result<Song, SampleError>, SongSpec)> {
    let specs: Vec<SongSpec> = (which.start * BEGUN..which.end * BEGUN).map(spec_of).collect();
    let songs = sample_promising(predictor, &specs, which.len(), promise);
    songs.into_iter().map(|(idx, song)| (song, specs[idx].clone())).collect()
}

/// A song, what it was to be like and what it shares; or that it has no lead.
type Sample = Result<(Song, SongSpec, Shared), SampleError>;

/// A sample without a lead comes after all others, and is an error only where there is no other.
fn measured(
    song: Result<Song, SampleError>,
    spec: SongSpec,
    criteria: &Criteria<'_>,
) -> anyhow::Result<(Sample, Merit)> {
    let song = match song {
        Ok(song) => song,
        Err(SampleError::NoLead) => return Ok((Err(SampleError::NoLead), WITHOUT_LEAD)),
        // What was asked for wrongly is a misuse; that no lead came of it is not.
        Err(wrong) => return Err(Misused(wrong.to_string()).into()),
    };
    let shared = criteria.melodies.longest_shared(&spec.drawn_part(&song));
    let judged = criteria.taste.map(|taste| taste.judge(&taste::measure(&song)));
    let (reward, nearness) = judged.unwrap_or_default();
    let merit = Merit { n_copied_notes: shared.n_notes, nearness, reward };
    Ok((Ok((song, spec, shared)), merit))
}

/// Does the same to each, in order, divided among the cores.
fn on_all_cores<T: Send, R: Send>(things: Vec<T>, work: impl Fn(T) -> R + Sync) -> Vec<R> {
    let n_cores = std::thread::available_parallelism().map_or(1, usize::from);
    let share = things.len().div_ceil(n_cores).max(1);
    let mut things = things.into_iter();
    let shares: Vec<Vec<T>> = std::iter::from_fn(|| {
        Some(things.by_ref().take(share).collect::<Vec<_>>()).filter(|share| !share.is_empty())
    })
    .collect();
    let work = &work;
    std::thread::scope(|scope| {
        let each =
            |share: Vec<T>| scope.spawn(move || share.into_iter().map(work).collect::<Vec<_>>());
        let threads: Vec<_> = shares.into_iter().map(each).collect();
        let joined = threads.into_iter().map(std::thread::ScopedJoinHandle::join);
        joined
            .flat_map(|done| done.unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
            .collect()
    })
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
    fn the_candidates_are_the_most_promising_of_those_that_are_begun() {
        let tempo_bpm = |idx: u32| 100.0 + f64::from(idx * 7 % 12);
        let spec_of = |idx| SongSpec { seed: u64::from(idx), tempo_bpm: tempo_bpm(idx), ..spec() };
        let songs = promising(&predictor(), 2..5, spec_of, Song::tempo_bpm);
        let begun = 2 * BEGUN..5 * BEGUN;
        let mut expected: Vec<u32> = begun.collect();
        expected.sort_by(|a, b| tempo_bpm(*b).total_cmp(&tempo_bpm(*a)));
        expected.truncate(3);
        expected.sort_unstable();
        let seeds: Vec<u32> = songs.iter().map(|(_, spec)| spec.seed as u32).collect();
        assert_eq!(seeds, expected);
        for (song, spec) in songs {
            assert_eq!(song.ok(), sample_many(&predictor(), &[spec]).remove(0).ok());
        }
    }

    #[test]
    fn a_sample_without_a_lead_is_an_error_only_where_there_is_no_other() {
        let melodies = Melodies::default();
        let criteria =
            Criteria { n_candidates: 1, taste: None, melodies: &melodies, max_copied_notes: 0 };
        let song = chosen(&melodies, 0, 1).song;
        let sample = |has_lead: bool| {
            let song = if has_lead { Ok(song.clone()) } else { Err(SampleError::NoLead) };
            measured(song, spec(), &criteria)
        };
        let choose = |have_leads: [bool; 2]| {
            let rule = Rule { n_candidates: 1, max_copied_notes: 0 };
            let one = |idx| sample(have_leads[usize::from(idx > 0)]);
            let draw = |which: std::ops::Range<u32>| -> anyhow::Result<Vec<_>> {
                which.map(one).collect()
            };
            taste::choose(rule, draw).expect("no misuse").sample
        };
        assert!(choose([false, true]).is_ok() && choose([false, false]).is_err());
        let misuse = SampleError::LongPrimer { primer: 4, asked: 2 };
        assert!(measured(Err(misuse), spec(), &criteria).is_err());
    }

    #[test]
    fn things_are_done_in_order_on_all_cores() {
        for n in [0, 1, 2, 7, 64] {
            let done = on_all_cores((0..n).collect(), |idx: i32| idx * 2);
            assert_eq!(done, (0..n).map(|idx| idx * 2).collect::<Vec<_>>());
        }
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
