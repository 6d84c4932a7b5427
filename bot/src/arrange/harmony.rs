//! Which chord lies under each bar?
//!
//! Each bar's sounding pitch classes are compared with the templates of the 24 major and minor
//! triads, and the best path through the bars is found by dynamic programming (Viterbi), with a
//! preference for chords of the key and for staying where a bar says little. The lowest sounding
//! note counts as a hint at the root. It finds no sevenths, inversions or changes within a bar.

use model::key::{Key, Mode};
use model::song::{Song, Voice};

/// Major or minor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Quality {
    /// Root, major third, fifth.
    Major,
    /// Root, minor third, fifth.
    Minor,
}

/// A triad.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Chord {
    /// Pitch class of the root, 0 (C) to 11 (B).
    pub root: u8,
    /// Major or minor.
    pub quality: Quality,
}

impl Chord {
    fn all() -> impl Iterator<Item = Self> {
        let of = |quality| (0..12).map(move |root| Self { root, quality });
        of(Quality::Major).chain(of(Quality::Minor))
    }

    /// Pitch classes of root, third and fifth.
    pub fn classes(self) -> [u8; 3] {
        let third = if self.quality == Quality::Major { 4 } else { 3 };
        [self.root, (self.root + third) % 12, (self.root + 7) % 12]
    }
}

/// What one bar says about its chord.
#[derive(Clone, Copy, Default)]
struct Evidence {
    /// Sounding time of each pitch class, weighted by voice and place.
    classes: [f64; 12],
    /// The same of the lowest voice only.
    low: [f64; 12],
}

/// How much a note counts, by voice. Chords say most, a melody passes through other notes.
const fn weight(voice: Voice) -> f64 {
    match voice {
        Voice::Bass => 1.2,
        Voice::Chords => 1.0,
        Voice::Lead => 0.7,
    }
}

/// One chord for each bar of the song.
pub fn harmony(song: &Song) -> Vec<Chord> {
    let evidence = gather(song);
    best_path(&evidence, song.key())
}

fn gather(song: &Song) -> Vec<Evidence> {
    let bar = song.steps_per_bar();
    let beat = model::song::STEPS_PER_BEAT;
    let mut bars = vec![Evidence::default(); song.n_bars() as usize];
    let has_bass = song.voice(Voice::Bass).next().is_some();
    let low_voice = if has_bass { Voice::Bass } else { Voice::Chords };
    for note in song.notes() {
        let on_beat = if note.onset % beat == 0 { 1.4 } else { 1.0 };
        let opens_bar = if note.onset % bar == 0 { 1.3 } else { 1.0 };
        let class = usize::from(note.pitch.class());
        let end = note.onset + note.duration;
        let bars_sounding = (note.onset / bar)..=((end - 1) / bar).min(song.n_bars() - 1);
        for index in bars_sounding {
            let from = note.onset.max(index * bar);
            let to = end.min((index + 1) * bar);
            let share = f64::from(to - from) * weight(note.voice) * on_beat * opens_bar;
            let evidence = &mut bars[index as usize];
            evidence.classes[class] += share;
            if note.voice == low_voice {
                // A chord's lowest note counts by how low it lies.
                let depth =
                    if has_bass { 1.0 } else { f64::from(96 - note.pitch.number().min(95)) };
                evidence.low[class] += share * depth;
            }
        }
    }
    bars
}

fn emission(evidence: &Evidence, chord: Chord, key: Key) -> f64 {
    let norm = evidence.classes.iter().map(|w| w * w).sum::<f64>().sqrt();
    if norm == 0.0 {
        return 0.0;
    }
    let [root, third, fifth] = chord.classes().map(usize::from);
    let template_norm = (1.0_f64 + 0.81 + 0.81).sqrt();
    let inner =
        evidence.classes[root] + 0.9 * evidence.classes[third] + 0.9 * evidence.classes[fifth];
    let low_total: f64 = evidence.low.iter().sum();
    let low = if low_total > 0.0 { evidence.low[root] / low_total } else { 0.0 };
    inner / (norm * template_norm) + 0.25 * low + 0.12 * f64::from(belongs(chord, key))
}

/// Whether a chord is of the key; the major dominant of a minor key is.
fn belongs(chord: Chord, key: Key) -> u8 {
    let scale = key.scale();
    let diatonic = chord.classes().iter().all(|class| scale.contains(class));
    let dominant = key.mode == Mode::Minor
        && chord.root == (key.tonic() + 7) % 12
        && chord.quality == Quality::Major;
    u8::from(diatonic || dominant)
}

fn best_path(evidence: &[Evidence], key: Key) -> Vec<Chord> {
    /// What staying on a chord is worth against changing it; small, as most bars speak clearly.
    const STAY: f64 = 0.04;
    let chords: Vec<Chord> = Chord::all().collect();
    let home = |chord: &Chord| if chord.root == key.tonic() { 0.05 } else { 0.0 };
    let mut score: Vec<f64> = chords.iter().map(home).collect();
    let mut back: Vec<Vec<usize>> = Vec::with_capacity(evidence.len());
    for bar in evidence {
        let best = (0..chords.len()).fold(0, |b, i| if score[i] > score[b] { i } else { b });
        let from: Vec<usize> = (0..chords.len())
            .map(|i| if score[i] + STAY >= score[best] { i } else { best })
            .collect();
        let next = |i: usize| {
            let came = from[i];
            let stay = if came == i { STAY } else { 0.0 };
            score[came] + stay + emission(bar, chords[i], key)
        };
        score = (0..chords.len()).map(next).collect();
        back.push(from);
    }
    let mut at = (0..chords.len()).fold(0, |b, i| if score[i] > score[b] { i } else { b });
    let mut path = Vec::with_capacity(evidence.len());
    for from in back.iter().rev() {
        path.push(chords[at]);
        at = from[at];
    }
    path.reverse();
    path
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::score::Pitch;
    use model::song::GridNote;

    const MINOR: Quality = Quality::Minor;
    const MAJOR: Quality = Quality::Major;

    /// Progressions as chord charts label them: roots as pitch classes.
    const LABELLED: [[(u8, Quality); 4]; 5] = [
        [(5, MINOR), (1, MAJOR), (8, MAJOR), (3, MAJOR)], // i VI III VII in F minor
        [(9, MINOR), (5, MAJOR), (0, MAJOR), (7, MAJOR)], // the same in A minor
        [(4, MINOR), (0, MAJOR), (9, MINOR), (11, MAJOR)], // i VI iv V in E minor
        [(0, MAJOR), (7, MAJOR), (9, MINOR), (5, MAJOR)], // I V vi IV in C major
        [(6, MINOR), (4, MAJOR), (2, MAJOR), (1, MAJOR)], // the Andalusian cadence in F sharp minor
    ];

    fn note(onset: u32, voice: Voice, pitch: u8, duration: u32) -> GridNote {
        GridNote { onset, voice, pitch: Pitch::new(pitch).expect("a pitch"), duration }
    }

    fn found(notes: Vec<GridNote>) -> Vec<(u8, Quality)> {
        let song = Song::new(150.0, 4, 8, notes);
        harmony(&song).into_iter().map(|chord| (chord.root, chord.quality)).collect()
    }

    #[test]
    fn block_chords_are_named_as_labelled() {
        for progression in LABELLED {
            let twice: Vec<_> = progression.into_iter().chain(progression).collect();
            let notes = (0..).zip(&twice).flat_map(|(bar, (root, quality))| {
                let classes = Chord { root: *root, quality: *quality }.classes();
                classes.map(|class| note(bar * 96, Voice::Chords, 60 + class, 96))
            });
            assert_eq!(found(notes.collect()), twice);
        }
    }

    #[test]
    fn a_melody_with_passing_notes_over_a_bass_is_named_as_labelled() {
        let mut right = 0;
        for progression in LABELLED {
            let twice: Vec<_> = progression.into_iter().chain(progression).collect();
            let mut notes = Vec::new();
            for (bar, (root, quality)) in (0..).zip(&twice) {
                let [r, t, f] = Chord { root: *root, quality: *quality }.classes();
                notes.push(note(bar * 96, Voice::Bass, 36 + r, 48));
                // Eighths: chord notes on the beats, a neighbour two semitones up between them.
                for (place, class) in (0..).zip([t, t + 2, f, r, t, t + 2, f, r]) {
                    notes.push(note(bar * 96 + place * 12, Voice::Lead, 72 + class, 12));
                }
            }
            right += found(notes).iter().zip(&twice).filter(|(a, b)| a == b).count();
        }
        assert!(right >= 36, "{right} of 40");
    }

    #[test]
    fn an_empty_bar_keeps_the_chord_before_it() {
        let notes = [5, 8, 12].map(|class| note(0, Voice::Chords, 60 + class, 96)).to_vec();
        assert_eq!(found(notes), vec![(5, MINOR); 8]);
        assert_eq!(found(Vec::new()).len(), 8);
    }
}
