//! How is a new song drawn from the network?
//!
//! Token by token, with temperature and nucleus (top-p) sampling (Holtzman et al. 2020), masked by
//! the grammar: whatever is drawn is a song of the asked length, meter, key and tempo, with no more
//! notes at once than asked for. The same seed gives the same song.

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use music::dynamic::Dynamic;
use music::key::Key;
use music::song::{Song, Voice};
use music::tokens::{
    Grammar, HEADER, Lookback, Polyphony, Room, Token, TokenId, VOCABULARY, decode, encode,
    encode_header,
};
use network::infer::Predictor;

/// Tokens a bar after which the bar ends as soon as it may.
const MAX_TOKENS_PER_BAR: usize = 240;
/// Draws until a song has a lead.
const MAX_DRAWS: u64 = 8;

/// What a new song is to be like, and how it is drawn.
#[derive(Clone, Debug, PartialEq)]
pub struct SongSpec {
    /// Decides everything random.
    pub seed: u64,
    /// Length in bars.
    pub n_bars: u32,
    /// Quarter notes a minute.
    pub tempo_bpm: f64,
    /// Quarter notes a bar.
    pub beats_per_bar: u32,
    /// The key to play in.
    pub key: Key,
    /// How dense it should be, in notes a bar.
    pub notes_per_bar: f64,
    /// The most notes that sound at once; more if the primer has more, and at least one, of any voice.
    pub polyphony: Polyphony,
    /// Below 1 plays safer, above 1 wilder; 0 always takes the likeliest token.
    pub temperature: f64,
    /// Only the likeliest tokens that together have this probability are drawn from; 1 is all.
    pub top_p: f64,
    /// The label of what is asked for, as in training; 0 is none.
    pub label: u32,
    /// What the song begins with; the rest is drawn to continue it.
    pub primer: Option<Song>,
}

/// Why no song came.
#[derive(Debug, thiserror::Error)]
pub enum SampleError {
    /// Every draw was without a lead.
    #[error(
        "the network played no lead in {MAX_DRAWS} tries: train it longer, or ask for another seed"
    )]
    NoLead,
    /// The primer leaves nothing to draw.
    #[error("the primer has {primer} bars of the {asked} asked for: keep fewer or ask for more")]
    LongPrimer {
        /// Bars of the primer.
        primer: u32,
        /// Bars asked for.
        asked: u32,
    },
    /// The primer's bars are of another length.
    #[error("the primer has {primer} beats a bar, and {asked} were asked for")]
    OtherMeter {
        /// Quarter notes a bar of the primer.
        primer: u32,
        /// Quarter notes a bar asked for.
        asked: u32,
    },
    /// Some of its notes would leave the range of pitches in the key asked for.
    #[error("the primer has notes that do not exist in {0}: ask for another key")]
    PrimerOutOfRange(Key),
}

/// Draws a song. Its tempo and key are exactly those asked for.
///
/// # Errors
/// [`SampleError::NoLead`] when a barely trained network leaves the lead out again and again; the
/// others when the primer does not fit what is asked for.
pub fn sample(predictor: &Predictor, spec: &SongSpec) -> Result<Song, SampleError> {
    let forced = forced(spec)?;
    for draw in 0..MAX_DRAWS {
        let mut rng = ChaCha8Rng::seed_from_u64(spec.seed);
        rng.set_stream(draw);
        let tokens = draw_tokens(predictor, spec, &forced, &mut rng);
        let song = decode(&tokens).expect("the grammar allowed every token up to the end");
        let song = song.with_tempo(spec.tempo_bpm);
        if song.voice(Voice::Lead).next().is_some() {
            return Ok(song.with_key(spec.key));
        }
    }
    Err(SampleError::NoLead)
}

/// The tokens that are not drawn: the header and, if there is one, the primer up to the bar
/// line after it.
fn forced(spec: &SongSpec) -> Result<Vec<TokenId>, SampleError> {
    let SongSpec { tempo_bpm, beats_per_bar, key, notes_per_bar, n_bars, .. } = *spec;
    let dynamics = spec.primer.as_ref().map_or([Dynamic::USUAL; 3], Song::dynamics);
    let mut forced = encode_header(tempo_bpm, beats_per_bar, key, notes_per_bar, n_bars, dynamics);
    let Some(primer) = &spec.primer else { return Ok(forced) };
    if primer.beats_per_bar() != beats_per_bar {
        let primer = primer.beats_per_bar();
        return Err(SampleError::OtherMeter { primer, asked: beats_per_bar });
    }
    if primer.n_bars() >= n_bars {
        return Err(SampleError::LongPrimer { primer: primer.n_bars(), asked: n_bars });
    }
    let bars = encode(primer);
    let mut grammar = Grammar::new(Some(n_bars));
    forced.extend(&bars[HEADER..bars.len() - 1]);
    forced.push(Token::Bar.id());
    for token in &forced {
        grammar.advance(*token).map_err(|_| SampleError::PrimerOutOfRange(key))?;
    }
    Ok(forced)
}

fn draw_tokens(
    predictor: &Predictor,
    spec: &SongSpec,
    forced: &[TokenId],
    rng: &mut ChaCha8Rng,
) -> Vec<TokenId> {
    let mut grammar = Grammar::new(Some(spec.n_bars));
    let mut room = Room::new(limit(spec), forced.len());
    let mut lookback = Lookback::default();
    let mut stream = predictor.stream(&[spec.label]);
    let mut tokens: Vec<TokenId> = Vec::new();
    let mut bar_start = 0;
    let mut forced = forced.iter().copied();
    let mut logits: Vec<f32> = Vec::new();
    let mut allowed: Vec<u32> = Vec::new();
    while !grammar.is_ended() {
        let hurried = tokens.len() - bar_start > MAX_TOKENS_PER_BAR && grammar.may_end_bar();
        let token = forced.next().unwrap_or_else(|| {
            let ranges = if hurried { grammar.bar_or_end() } else { grammar.allowed() };
            allowed.clear();
            allowed.extend(ranges.into_iter().flatten().filter(|id| room.allows(TokenId(*id))));
            TokenId(choose(&logits, &allowed, spec.temperature, spec.top_p, rng))
        });
        grammar.advance(token).expect("only allowed tokens are chosen");
        for cut in room.advance(token) {
            tokens[cut.idx] = cut.duration;
        }
        if token == Token::Bar.id() {
            bar_start = tokens.len();
        }
        tokens.push(token);
        let suggested =
            lookback.push(token).map(|idx| idx.map_or(VOCABULARY as u32, |idx| tokens[idx].0));
        logits.clear();
        logits.extend_from_slice(predictor.step(&mut stream, token.0, &suggested));
    }
    tokens
}

/// How many notes may sound at once: a primer has what it has, and which voices play is left to the
/// network.
fn limit(spec: &SongSpec) -> Polyphony {
    const ONE: Polyphony = Polyphony { in_all: 1, by_voice: [1; 3] };
    let limit = spec.polyphony.or_more(ONE);
    spec.primer.as_ref().map_or(limit, |primer| limit.or_more(Polyphony::of(primer)))
}

/// One of the allowed ids.
fn choose(
    logits: &[f32],
    allowed: &[u32],
    temperature: f64,
    top_p: f64,
    rng: &mut ChaCha8Rng,
) -> u32 {
    let ids = || allowed.iter().copied();
    let logit = |id: u32| f64::from(logits[id as usize]);
    // Of equally likely ones the first.
    let best = ids().reduce(|best, id| if logit(id) > logit(best) { id } else { best });
    let Some(best) = best else {
        unreachable!("the grammar allows something until the song has ended")
    };
    if temperature <= 0.0 {
        return best;
    }
    let max = logit(best);
    let mut candidates: Vec<(u32, f64)> =
        ids().map(|id| (id, ((logit(id) - max) / temperature).exp())).collect();
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

#[cfg(test)]
mod tests {
    use super::*;
    use music::key::Mode;
    use music::score::Pitch;
    use music::song::GridNote;
    use network::Network;
    use network::train::Hyperparameters;

    fn predictor() -> Predictor {
        let size =
            Hyperparameters { layers: 1, hidden: 16, embedding: 8, ..Hyperparameters::default() }
                .size(crate::INTERFACE);
        let network = Network::new(size, &mut ChaCha8Rng::seed_from_u64(2));
        Predictor::new(&network).expect("a predictor")
    }

    fn spec(seed: u64) -> SongSpec {
        SongSpec {
            seed,
            n_bars: 5,
            tempo_bpm: 151.5,
            beats_per_bar: 3,
            key: Key::new(5, Mode::Minor),
            notes_per_bar: 10.0,
            polyphony: Polyphony::ANY,
            temperature: 1.0,
            top_p: 0.98,
            label: 0,
            primer: None,
        }
    }

    #[test]
    fn even_an_untrained_network_draws_valid_songs_as_asked() {
        let predictor = predictor();
        for seed in 0..20 {
            let song = sample(&predictor, &spec(seed)).expect("a song");
            assert_eq!((song.n_bars(), song.beats_per_bar()), (5, 3));
            assert_eq!(song.tempo_bpm().to_bits(), 151.5f64.to_bits());
            assert_eq!(song.key(), Key::new(5, Mode::Minor));
        }
    }

    #[test]
    fn a_seed_decides_the_song() {
        let predictor = predictor();
        let draw = |seed| sample(&predictor, &spec(seed)).expect("a song");
        assert_eq!(draw(7), draw(7));
        assert_ne!(draw(7), draw(8));
    }

    #[test]
    fn a_primer_is_kept_in_the_key_asked_for() {
        let predictor = predictor();
        let primer = |beats: u32, bars: u32| {
            let note = |onset: u32, number: u8| {
                GridNote::new(onset, Voice::Lead, Pitch::new(number).expect("a pitch"), 12)
            };
            Song::new(140.0, beats, bars, [note(0, 60), note(24, 63), note(48, 67), note(100, 72)])
                .with_key(Key::new(0, Mode::Minor))
        };
        let begun = |primer| sample(&predictor, &SongSpec { primer: Some(primer), ..spec(3) });
        let song = begun(primer(3, 2)).expect("a song");
        assert_eq!(song.n_bars(), 5);
        let kept: Vec<(u32, u8)> = song
            .notes()
            .iter()
            .filter(|note| note.onset < 2 * 72)
            .map(|note| (note.onset, note.pitch.number()))
            .collect();
        assert_eq!(kept, [(0, 65), (24, 68), (48, 72), (100, 77)]);
        assert!(song.notes().iter().any(|note| note.onset >= 2 * 72));
        assert!(matches!(begun(primer(3, 5)), Err(SampleError::LongPrimer { .. })));
        assert!(matches!(begun(primer(4, 2)), Err(SampleError::OtherMeter { .. })));
    }

    #[test]
    fn no_more_notes_sound_at_once_than_asked_for() {
        let predictor = predictor();
        let thickest = |polyphony: Polyphony, primer: Option<&Song>| {
            let songs = (0..40).map(|seed| {
                let primer = primer.cloned();
                sample(&predictor, &SongSpec { polyphony, primer, ..spec(seed) }).expect("a song")
            });
            let none = Polyphony { in_all: 0, by_voice: [0; 3] };
            songs.fold(none, |most, song| most.or_more(Polyphony::of(&song)))
        };
        let in_all = |n| Polyphony { in_all: n, ..Polyphony::ANY };
        assert_eq!(thickest(in_all(1), None), Polyphony { in_all: 1, by_voice: [1; 3] });
        assert_eq!(thickest(in_all(3), None).in_all, 3);
        assert!(thickest(Polyphony::ANY, None).in_all > 3);
        let thick_lead = Polyphony { in_all: 9, by_voice: [0, 1, 2] };
        assert_eq!(thickest(thick_lead, None), Polyphony { in_all: 4, by_voice: [1, 1, 2] });
        // Any voice may play, whatever is asked for.
        let silence = Polyphony { in_all: 0, by_voice: [0; 3] };
        assert_eq!(thickest(silence, None), thickest(in_all(1), None));
        // A primer keeps its notes, and what follows may be as thick.
        let note =
            |voice, number| GridNote::new(0, voice, Pitch::new(number).expect("a pitch"), 72);
        let notes = [note(Voice::Bass, 41), note(Voice::Lead, 72), note(Voice::Lead, 77)];
        let primer = Song::new(151.5, 3, 1, notes).with_key(Key::new(5, Mode::Minor));
        let thicker = Polyphony { in_all: 3, by_voice: [1, 1, 2] };
        assert_eq!(thickest(silence, Some(&primer)), thicker);
        assert_eq!(thickest(in_all(1), Some(&primer)).in_all, 3);
    }

    #[test]
    fn temperature_and_nucleus_narrow_the_choice() {
        let logits = [0.0, 3.0, 2.9, -5.0];
        let mut rng = ChaCha8Rng::seed_from_u64(0);
        let mut draw = |temperature, top_p| {
            let mut seen: Vec<u32> = (0..400)
                .map(|_| choose(&logits, &[0, 1, 2, 3], temperature, top_p, &mut rng))
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
