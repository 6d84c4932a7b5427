//! What is there to learn from?
//!
//! Songs as tokens, each with a weight, split into training and validation by song: all versions of
//! a tune fall on the same side, and a song stays on its side when others come
//! or go (with fewer than about ten tunes, the one held out may change).

use music::song::Song;
use music::tokens::{LOOKBACKS, Lookback, Token, TokenId, absolute, encode};

use crate::conditions::Conditions;

/// One song to learn from.
#[derive(Clone, Debug)]
pub struct Piece {
    /// What it is called where it is kept (its content hash, or the track's number).
    pub id: String,
    /// Pieces of one group are the same tune and are never split.
    pub group: String,
    /// How much each of its tokens counts where it is learned from; 1 is the rule. Where it is held out,
    /// this counts for nothing.
    pub weight: f32,
    /// What the network is told of it besides its tokens, such as a number for its genre; 0 is nothing.
    pub label: u32,
    /// A narrower label, such as a number for its artist, under which it is learned half of the time.
    pub narrow_label: Option<u32>,
    /// Whether it may be held out for validation; a liked track may not.
    pub may_validate: bool,
    as_written: Written,
    parallel: Written,
}

/// A song as the network reads it.
#[derive(Clone, Debug)]
pub(crate) struct Written {
    pub(crate) tokens: Vec<TokenId>,
    /// For each token, the indices of the tokens that each lookback suggests to come next.
    pub(crate) suggested: Vec<[Option<usize>; LOOKBACKS.len()]>,
    pub(crate) conditions: Conditions,
}

impl Piece {
    /// Encodes a song, with weight 1.
    pub fn new(id: impl Into<String>, group: impl Into<String>, song: &Song) -> Self {
        Self {
            id: id.into(),
            group: group.into(),
            weight: 1.0,
            label: 0,
            narrow_label: None,
            may_validate: true,
            as_written: Written::of(song),
            parallel: Written::of(&song.parallel()),
        }
    }

    /// Its tokens, from start to end.
    pub fn tokens(&self) -> &[TokenId] {
        &self.as_written.tokens
    }

    /// For each token, the indices of the tokens that each lookback suggests to come next.
    pub fn suggested(&self) -> &[[Option<usize>; LOOKBACKS.len()]] {
        &self.as_written.suggested
    }

    /// The labels that the network is given at every step of the piece as it is written.
    pub fn labels(&self) -> Vec<u32> {
        std::iter::once(self.label).chain(self.as_written.conditions.labels()).collect()
    }

    pub(crate) fn as_written(&self) -> &Written {
        &self.as_written
    }

    /// The same music in the other mode of its tonic.
    pub(crate) fn parallel(&self) -> &Written {
        &self.parallel
    }

    /// The semitones, within ±`most`, by which it can be transposed with every pitch in range.
    pub fn transpositions(&self, most: i32) -> Vec<i32> {
        let key = self.as_written.tokens.iter().find_map(|id| match id.token() {
            Some(Token::Key(key)) => Some(key),
            _ => None,
        });
        let Some(key) = key else { return vec![0] };
        let fits = |shift: i32| {
            let key = key.transposed(shift);
            self.as_written.tokens.iter().all(|id| match id.token() {
                Some(Token::Pitch(written)) => absolute(written, key).is_some(),
                _ => true,
            })
        };
        (-most..=most).filter(|shift| fits(*shift)).collect()
    }
}

impl Written {
    fn of(song: &Song) -> Self {
        let tokens = encode(song);
        let mut lookback = Lookback::default();
        let suggested = tokens.iter().map(|token| lookback.push(*token)).collect();
        Self { tokens, suggested, conditions: Conditions::of(song) }
    }
}

/// Pieces to train on and pieces to validate on; no tune is in both.
#[derive(Clone, Debug, Default)]
pub struct Corpus {
    /// Learned from; weights average 1.
    pub train: Vec<Piece>,
    /// Held out.
    pub valid: Vec<Piece>,
    /// Every group whose name's hash, as a number from 0 to 1, is no higher than this is held out; 0 if
    /// none is. Who learned with at least as high an edge has learned from none of what is held out here.
    pub held_out_below: f64,
}

impl Corpus {
    /// Splits by group: about `valid_share` of the groups, chosen by their names' hash, and at
    /// least one if there are two. Training weights are scaled to average 1; pieces of weight 0 are
    /// left out.
    pub fn split(pieces: Vec<Piece>, valid_share: f64) -> Self {
        let place = |piece: &Piece| {
            let hash = blake3::hash(piece.group.as_bytes());
            let head: [u8; 8] = hash.as_bytes()[..8].try_into().expect("a hash has 32 bytes");
            u64::from_le_bytes(head) as f64 / u64::MAX as f64
        };
        let eligible = || pieces.iter().filter(|piece| piece.may_validate);
        let lowest = eligible().map(place).fold(f64::INFINITY, f64::min);
        let several = eligible().any(|piece| place(piece) > lowest);
        let edge = if several && valid_share > 0.0 { valid_share.max(lowest) } else { -1.0 };
        let (mut train, mut valid) = (Vec::new(), Vec::new());
        for piece in pieces {
            if !piece.may_validate || place(&piece) > edge {
                train.push(piece);
            } else {
                valid.push(piece);
            }
        }
        train.retain(|piece| piece.weight > 0.0);
        let mean =
            train.iter().map(|p| f64::from(p.weight)).sum::<f64>() / train.len().max(1) as f64;
        for piece in train.iter_mut().chain(&mut valid).filter(|_| mean > 0.0) {
            piece.weight = (f64::from(piece.weight) / mean) as f32;
        }
        if valid.is_empty() {
            train.sort_by_key(|piece| !piece.may_validate);
        }
        Self { train, valid, held_out_below: edge.max(0.0) }
    }

    /// What losses are measured on: what is held out. If nothing is, the songs that are learned from, and
    /// liked tracks only where there is nothing else.
    pub fn held_out(&self) -> &[Piece] {
        if !self.valid.is_empty() {
            return &self.valid;
        }
        match self.train.partition_point(|piece| piece.may_validate) {
            0 => &self.train,
            n_songs => &self.train[..n_songs],
        }
    }
}

/// The tune that a file's name refers to: its letters and digits in lower case, without what stands
/// in brackets or after a version mark ("remix", "edit", "v2", "copy").
pub fn group_of(file_name: &str) -> String {
    let stem = file_name.rsplit_once('.').map_or(file_name, |(stem, _)| stem).to_lowercase();
    let open = stem.find(['(', '[', '{']).filter(|at| *at > 0).unwrap_or(stem.len());
    let words = stem[..open].split(|c: char| !c.is_alphanumeric()).filter(|word| {
        let version = word
            .strip_prefix('v')
            .is_some_and(|n| !n.is_empty() && n.chars().all(char::is_numeric));
        !(word.is_empty()
            || version
            || ["remix", "edit", "copy", "mix", "final", "extended"].contains(word))
    });
    let group = words.collect::<Vec<_>>().join(" ");
    if group.is_empty() { stem } else { group }
}

#[cfg(test)]
mod tests {
    use super::*;
    use music::score::Pitch;
    use music::song::{GridNote, Voice};
    use music::tokens::decode;

    fn piece(group: &str, weight: f32) -> Piece {
        let mut piece = Piece::new(group, group, &Song::new(150.0, 4, 4, []));
        piece.weight = weight;
        piece
    }

    #[test]
    fn a_tune_is_never_on_both_sides_and_stays_on_its_side() {
        let pieces: Vec<Piece> = (0..100).map(|i| piece(&format!("tune {}", i / 2), 1.0)).collect();
        let corpus = Corpus::split(pieces.clone(), 0.1);
        assert!(!corpus.valid.is_empty() && corpus.valid.len() < 30);
        for held_out in &corpus.valid {
            assert!(corpus.train.iter().all(|p| p.group != held_out.group));
        }
        let fewer = Corpus::split(pieces[20..].to_vec(), 0.1);
        for kept in &fewer.train {
            assert!(corpus.train.iter().any(|p| p.group == kept.group));
        }
    }

    #[test]
    fn a_transposed_piece_is_the_same_music_in_another_key() {
        let pitch = |n| Pitch::new(n).expect("a pitch");
        let note = |onset, n| GridNote::new(onset, Voice::Lead, pitch(n), 12);
        let song = Song::new(150.0, 4, 1, [note(0, 57), note(24, 60), note(48, 64), note(72, 57)]);
        let piece = Piece::new("a", "a", &song);
        for shift in piece.transpositions(11) {
            let moved: Vec<TokenId> =
                piece.tokens().iter().map(|id| id.transposed(shift)).collect();
            let moved = decode(&moved).expect("a song");
            assert_eq!(moved.key(), song.key().transposed(shift));
            let intervals =
                song.notes().iter().zip(moved.notes()).map(|(old, new)| {
                    i32::from(new.pitch.number()) - i32::from(old.pitch.number())
                });
            let intervals: Vec<i32> = intervals.collect();
            assert!(intervals.iter().all(|i| *i == intervals[0] && (i - shift) % 12 == 0));
        }
    }

    #[test]
    fn two_tunes_are_enough_to_hold_one_out_and_one_is_not() {
        assert_eq!(Corpus::split(vec![piece("a", 1.0), piece("b", 1.0)], 0.01).valid.len(), 1);
        let single = Corpus::split(vec![piece("a", 1.0)], 0.5);
        assert_eq!((single.train.len(), single.valid.len()), (1, 0));
    }

    #[test]
    fn what_may_not_validate_is_always_learned_from() {
        let mut pieces: Vec<Piece> = (0..100).map(|i| piece(&format!("track {i}"), 1.0)).collect();
        for piece in &mut pieces {
            piece.may_validate = false;
        }
        pieces.extend((0..20).map(|i| piece(&format!("song {i}"), 1.0)));
        let corpus = Corpus::split(pieces, 0.3);
        assert_eq!(corpus.train.iter().filter(|piece| !piece.may_validate).count(), 100);
        assert!(corpus.valid.iter().all(|piece| piece.may_validate));
    }

    #[test]
    fn weights_average_one_and_zero_leaves_out() {
        let pieces = (0..50).map(|i| piece(&format!("t{i}"), (i % 5) as f32)).collect();
        let corpus = Corpus::split(pieces, 0.1);
        let mean = corpus.train.iter().map(|p| p.weight).sum::<f32>() / corpus.train.len() as f32;
        assert!((mean - 1.0).abs() < 1e-5);
        assert!(corpus.train.iter().all(|p| p.weight > 0.0));
    }

    #[test]
    fn versions_of_a_tune_share_a_group() {
        assert_eq!(group_of("A & B - Night (Extended Mix).mid"), group_of("a b - night v2.MID"));
        assert_ne!(group_of("Night 1.mid"), group_of("Night 2.mid"));
        assert_eq!(group_of("(intro).mid"), "intro");
    }
}
