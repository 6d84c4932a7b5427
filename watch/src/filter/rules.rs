//! Which rule does a song break first?

use std::collections::BTreeSet;

use music::score::Score;
use music::song::{Song, Voice};

use super::reason::{Reason, Verdict};
use super::requirements::Requirements;
use crate::parts::{ClassifiedPart, Role};

/// Gives the reason where a song breaks it.
type Rule = fn(&Counts, &Requirements) -> Option<Reason>;

/// The rules in the order in which they are applied: the first broken one is the reason. Length comes
/// before anything that a longer excerpt might have enough of.
const RULES: [Rule; 5] = [is_empty, is_bass_or_rhythm, is_too_short, has_no_melody, is_too_sparse];

/// Judges a score by its classified parts and the song that they make.
pub fn judge(
    score: &Score,
    parts: &[ClassifiedPart],
    song: Option<&Song>,
    requirements: &Requirements,
) -> Verdict {
    let counts = Counts::of(score, parts, song);
    let broken = RULES.iter().find_map(|rule| rule(&counts, requirements));
    broken.map_or(Verdict::Accept, Verdict::Reject)
}

/// What the rules go by.
struct Counts {
    /// Notes of the file.
    notes: usize,
    /// Notes of the parts with each role; those of lead and chords count as melodic.
    melodic: usize,
    bass: usize,
    drums: usize,
    other: usize,
    /// Notes of the song's lead, and their pitch classes.
    lead: usize,
    lead_classes: usize,
    /// Bars from the first note to the last; `None` without a song.
    bars: Option<u32>,
    /// Bars in which any voice strikes a note.
    struck_bars: usize,
}

impl Counts {
    fn of(score: &Score, parts: &[ClassifiedPart], song: Option<&Song>) -> Self {
        let of_role = |role: Role| -> usize {
            parts.iter().filter(|part| part.role == role).map(|part| part.n_notes).sum()
        };
        let lead: Vec<u8> = song
            .into_iter()
            .flat_map(|song| song.voice(Voice::Lead))
            .map(|note| note.pitch.class())
            .collect();
        let struck = song
            .into_iter()
            .flat_map(|song| song.notes().iter().map(|note| note.onset / song.steps_per_bar()));
        Self {
            notes: score.n_notes(),
            melodic: of_role(Role::Lead) + of_role(Role::Chords),
            bass: of_role(Role::Bass),
            drums: of_role(Role::Drums),
            other: of_role(Role::Other),
            lead: lead.len(),
            lead_classes: lead.iter().collect::<BTreeSet<_>>().len(),
            bars: song.map(Song::n_bars),
            struck_bars: struck.collect::<BTreeSet<_>>().len(),
        }
    }

    fn has_classes(&self, requirements: &Requirements) -> bool {
        self.lead_classes >= requirements.min_lead_pitch_classes
    }

    fn has_melody(&self, requirements: &Requirements) -> bool {
        self.has_classes(requirements) && self.lead >= requirements.min_lead_notes
    }
}

fn is_empty(counts: &Counts, _: &Requirements) -> Option<Reason> {
    (counts.notes == 0).then_some(Reason::Empty { has_bytes: true })
}

fn is_bass_or_rhythm(counts: &Counts, requirements: &Requirements) -> Option<Reason> {
    if counts.has_melody(requirements) || counts.melodic >= requirements.min_lead_notes {
        return None;
    }
    if counts.bass > counts.melodic {
        return Some(Reason::BassOnly { n_notes: counts.bass, has_drums: counts.drums > 0 });
    }
    let n_notes = counts.drums + counts.other;
    (n_notes >= requirements.min_lead_notes).then_some(Reason::RhythmOnly { n_notes })
}

fn is_too_short(counts: &Counts, requirements: &Requirements) -> Option<Reason> {
    let min_bars = requirements.min_bars;
    let n_bars = counts.bars.filter(|n_bars| *n_bars < min_bars)?;
    Some(Reason::TooShort { n_bars, min_bars })
}

fn has_no_melody(counts: &Counts, requirements: &Requirements) -> Option<Reason> {
    if counts.has_melody(requirements) {
        return None;
    }
    let n_notes = counts.lead;
    Some(if counts.melodic >= requirements.min_lead_notes {
        let n_pitch_classes = (!counts.has_classes(requirements)).then_some(counts.lead_classes);
        Reason::NoMelody { n_notes, n_pitch_classes }
    } else {
        Reason::TooSparse { n_notes, min_notes: requirements.min_lead_notes }
    })
}

fn is_too_sparse(counts: &Counts, requirements: &Requirements) -> Option<Reason> {
    let min_notes = (requirements.min_lead_notes_a_bar * counts.struck_bars as f64).ceil() as usize;
    let n_notes = counts.lead;
    (n_notes < min_notes).then_some(Reason::TooSparse { n_notes, min_notes })
}
