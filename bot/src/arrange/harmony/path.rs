//! Which chords fit the evidence and each other best?
//!
//! Each chord of each slot gets a score, each pair of neighbours another; [`best`] finds the chords
//! with the highest sum. Scores are log-potentials in nats. Chords are numbered as by
//! [`Chord::index`], but from the tonic.

use music::key::Mode;
use music::song::Song;

use super::chord::{Chord, N_CHORDS, Quality};
use super::evidence::{self, BASS, CHORDS, Evidence, STRONG, WEAK};
use super::slots::Slots;
use super::weights::{N_CHANNELS, Weights};

/// What a share of 1 of the song's own chords on a triad's notes is worth. A triad shares two
/// notes at most with another, so the right one is ahead by a third of this.
const OWN_CHORDS: f32 = 15.0;

/// The score of a chord that is left out: so low that no other scores make up for it.
const FOREIGN: f32 = -1e6;

/// Degrees of the scale in semitones above the tonic: major, natural minor.
const SCALES: [[usize; 7]; 2] = [[0, 2, 4, 5, 7, 9, 11], [0, 2, 3, 5, 7, 8, 10]];

/// Which weight says how a pitch class speaks for a chord, both counted from the tonic: by the
/// chord's quality, the interval above its root, and whether the class is in the scale.
pub fn relation(mode: usize, chord: usize, class: usize) -> usize {
    let interval = (class + 12 - chord % 12) % 12;
    chord / 12 * 24 + interval * 2 + usize::from(SCALES[mode].contains(&class))
}

/// 0 in major, 1 in minor.
pub fn mode(song: &Song) -> usize {
    usize::from(song.key().mode == Mode::Minor)
}

/// The score of each chord in each slot, neighbours aside.
pub fn scores(weights: &Weights, evidence: &[Evidence], mode: usize) -> Vec<[f32; N_CHORDS]> {
    let score = |slot: &Evidence, chord: usize| {
        let mut sum = weights.degree[mode][chord];
        for class in 0..12 {
            let relation = relation(mode, chord, class);
            for (channel, classes) in slot.iter().take(N_CHANNELS).enumerate() {
                sum += classes[class] * weights.evidence[channel][relation];
            }
        }
        let own = Chord::from_index(chord).classes().map(|class| slot[CHORDS][usize::from(class)]);
        sum + OWN_CHORDS * own.iter().sum::<f32>()
    };
    let of_slot = |slot: &Evidence| std::array::from_fn(|chord| score(slot, chord));
    let mut all: Vec<[f32; N_CHORDS]> = evidence.iter().map(of_slot).collect();
    if let Some(first) = all.first_mut() {
        add(first, &weights.first[mode]);
    }
    if let Some(last) = all.last_mut() {
        add(last, &weights.last[mode]);
    }
    all
}

/// The chords of a song, one a slot.
pub fn best(weights: &Weights, song: &Song, slots: &Slots) -> Vec<Chord> {
    let mode = mode(song);
    let evidence = evidence::gather(song, slots);
    let mut scores = scores(weights, &evidence, mode);
    for (scores, slot) in scores.iter_mut().zip(&evidence) {
        leave_out_foreign(scores, slot, mode);
    }
    let change = |slot: usize| &weights.change[mode][usize::from(slots.is_mid_bar(slot))];
    let chords = viterbi(&scores, change);
    let tonic = song.key().tonic();
    chords.into_iter().map(|chord| Chord::from_index(chord).raised(tonic)).collect()
}

/// Leaves out the chords of a slot that would add a note which lies neither in the scale nor in the slot of
/// the song: what is played along brings no note from another key. Only the dominant of minor may bring its
/// third, the leading note.
fn leave_out_foreign(scores: &mut [f32; N_CHORDS], slot: &Evidence, mode: usize) {
    const DOMINANT: Chord = Chord { root: 7, quality: Quality::Major };
    let is_heard = |class: usize| {
        [STRONG, WEAK, BASS, CHORDS].iter().any(|channel| slot[*channel][class] > 0.0)
    };
    let is_foreign = |class: usize| !SCALES[mode].contains(&class) && !is_heard(class);
    for (index, score) in scores.iter_mut().enumerate() {
        let chord = Chord::from_index(index);
        if chord != DOMINANT && chord.classes().into_iter().map(usize::from).any(is_foreign) {
            *score = FOREIGN;
        }
    }
}

fn viterbi<'a>(
    scores: &[[f32; N_CHORDS]],
    change: impl Fn(usize) -> &'a [[f32; N_CHORDS]; N_CHORDS],
) -> Vec<usize> {
    let Some((first, rest)) = scores.split_first() else { return Vec::new() };
    let mut sum = *first;
    let mut came_from: Vec<[usize; N_CHORDS]> = Vec::with_capacity(rest.len());
    for (slot, score) in (1..).zip(rest) {
        let change = change(slot);
        let before = |to: usize| highest(&std::array::from_fn(|from| sum[from] + change[from][to]));
        let from: [usize; N_CHORDS] = std::array::from_fn(before);
        sum = std::array::from_fn(|to| sum[from[to]] + change[from[to]][to] + score[to]);
        came_from.push(from);
    }
    let mut chord = highest(&sum);
    let mut path = vec![chord];
    for from in came_from.iter().rev() {
        chord = from[chord];
        path.push(chord);
    }
    path.reverse();
    path
}

fn add(to: &mut [f32; N_CHORDS], more: &[f32; N_CHORDS]) {
    for (to, more) in to.iter_mut().zip(more) {
        *to += more;
    }
}

/// The place of the highest score, the first of equals.
fn highest(scores: &[f32; N_CHORDS]) -> usize {
    (1..N_CHORDS).fold(0, |best, i| if scores[i] > scores[best] { i } else { best })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_path_is_the_best_of_all_paths() {
        // Three chords that matter over four slots: few enough to try all paths.
        let score = |slot: usize, chord: usize| {
            if chord < 3 { ((slot * 7 + chord * 5) % 11) as f32 * 0.3 } else { -100.0 }
        };
        let scores: Vec<[f32; N_CHORDS]> =
            (0..4).map(|slot| std::array::from_fn(|chord| score(slot, chord))).collect();
        let change: [[f32; N_CHORDS]; N_CHORDS] = std::array::from_fn(|from| {
            std::array::from_fn(|to| ((from * 3 + to * 4) % 5) as f32 * 0.4)
        });
        let total = |path: &[usize]| {
            let own: f32 = path.iter().enumerate().map(|(slot, chord)| scores[slot][*chord]).sum();
            own + path.windows(2).map(|pair| change[pair[0]][pair[1]]).sum::<f32>()
        };
        let all = (0..81).map(|n| [n % 3, n / 3 % 3, n / 9 % 3, n / 27 % 3]);
        let most = all.map(|path| total(&path)).fold(f32::MIN, f32::max);
        assert!((total(&viterbi(&scores, |_| &change)) - most).abs() < 1e-5);
    }
}
