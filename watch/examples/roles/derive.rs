//! Which parts have a role beyond doubt, and which files can be made of them?
//!
//! A role is certain where a name and nothing against it says so, or the label of the file, with a
//! plain check of the notes. From such parts come the files that people drop by mistake and the
//! traps: a bass alone, without its name, an octave up; drums on another channel; a lead three
//! octaves down. The filter is to judge them right in songs that it did not learn from.

use music::score::{Note, Part, Pitch, Score};
use watch::parts::Role;

use crate::table::Case;

/// The roles in a file with a label.
pub(crate) fn by_label(score: &Score, label: &str) -> Vec<Option<Role>> {
    let one = |role: Role| score.parts.iter().map(|part| enough(part).then_some(role)).collect();
    match label {
        "bass_only" => one(Role::Bass),
        "melody_only" => one(Role::Lead),
        "drums_only" => one(Role::Drums),
        "melody_bass" | "full" if score.parts.len() == 1 => one(Role::Lead),
        "chords_only" if score.parts.len() == 1 => one(Role::Chords),
        "bass_drums" => others(score, Role::Bass),
        "chords_drums" => others(score, Role::Chords),
        "melody_drums" => others(score, Role::Lead),
        "rhythm_only" | "empty" => vec![None; score.parts.len()],
        _ => certain(score),
    }
}

/// All parts but the drums play `role`.
fn others(score: &Score, role: Role) -> Vec<Option<Role>> {
    let role = |part: &Part| if part.is_drum_channel() { Role::Drums } else { role };
    score.parts.iter().map(|part| enough(part).then(|| role(part))).collect()
}

fn enough(part: &Part) -> bool {
    part.notes.len() >= 12
}

/// The roles that names tell beyond doubt.
pub(crate) fn certain(score: &Score) -> Vec<Option<Role>> {
    score.parts.iter().map(|part| by_words(part).filter(|role| fits(part, *role))).collect()
}

fn by_words(part: &Part) -> Option<Role> {
    let name = part.name.to_lowercase();
    let has = |words: &[&str]| words.iter().any(|word| name.contains(word));
    let has_bass = has(&["bass", "reese"]) && !has(&["bassoon", "drum", "kick"]);
    let has_lead = has(&["melod", "lead", "vocal", "soprano"]);
    let has_chords = has(&["chord", "pad", "string"]);
    let is_bass_program = matches!(part.program, Some(32..=39 | 87));
    if part.is_drum_channel() {
        return Some(Role::Drums);
    }
    match (has_bass, has_lead, has_chords) {
        (true, false, false) => Some(Role::Bass),
        (false, true, false) if !is_bass_program => Some(Role::Lead),
        (false, false, true) if !is_bass_program => Some(Role::Chords),
        (false, false, false) if name == "piano" => Some(Role::Chords),
        (false, false, false) if matches!(part.program, Some(32..=39)) => Some(Role::Bass),
        _ => None,
    }
}

/// Whether nothing in the notes speaks against what the words say.
fn fits(part: &Part, role: Role) -> bool {
    let mut pitches: Vec<u8> = part.notes.iter().map(|note| note.pitch.number()).collect();
    pitches.sort_unstable();
    let n_pitches = pitches.chunk_by(|a, b| a == b).count();
    let Some(median) = pitches.get(pitches.len() / 2).copied() else { return false };
    let width = part.notes.len() as f64
        / part.notes.chunk_by(|a, b| a.onset == b.onset).count().max(1) as f64;
    let long = part.notes.len() >= 16;
    match role {
        Role::Bass => long && median <= 60 && width < 1.6,
        Role::Lead => long && median >= 52 && width < 1.3 && n_pitches >= 4,
        Role::Chords => long && median >= 45 && width >= 1.8,
        Role::Drums => long && (36..=60).contains(&median) && n_pitches >= 2,
        Role::Other => false,
    }
}

/// Files made of the certain parts of `score`, and the whole itself to learn from.
pub(crate) fn variants(group: &str, file: &str, score: &Score) -> Vec<Case> {
    let roles = certain(score);
    let find = |role: Role| {
        let index = roles.iter().position(|found| *found == Some(role))?;
        Some(score.parts[index].clone())
    };
    let is_chorale = file.starts_with("chorale/");
    let (lead, bass, drums) = (find(Role::Lead), find(Role::Bass), find(Role::Drums));
    let mut made = Made { group, file, score, cases: Vec::new() };
    if roles.iter().any(Option::is_some) {
        made.push("whole", None, score.parts.clone(), roles.clone(), true);
    }
    if let ([part], true) = (&score.parts[..], file.starts_with("hard"))
        && is_interleaved(part)
    {
        made.push("interleaved", None, vec![part.clone()], vec![Some(Role::Lead)], true);
    }
    if let Some(bass) = bass.filter(|_| !is_chorale) {
        of_bass(&mut made, &bass, drums.as_ref());
    }
    if let Some(drums) = &drums {
        of_drums(&mut made, drums);
    }
    if let Some(lead) = lead.filter(|lead| is_whole(score, lead)) {
        of_lead(&mut made, &lead, drums.as_ref());
        if let (false, Some(chords)) = (is_chorale, find(Role::Chords)) {
            let both = merged(&lead, &chords);
            made.push("piano_merged", Some(true), vec![both], vec![Some(Role::Lead)], true);
        }
    }
    made.cases
}

/// Whether a lead is long and dense enough to be taken alone.
fn is_whole(score: &Score, lead: &Part) -> bool {
    let first = lead.notes.first().map_or(0, |note| note.onset.0);
    let last = lead.notes.last().map_or(0, |note| note.onset.0);
    let n_bars = (last - first) / u32::from(score.ticks_per_beat.max(1)) / 4;
    let classes = lead.notes.iter().fold(0u16, |set, note| set | 1 << note.pitch.class());
    n_bars >= 4 && lead.notes.len() >= n_bars as usize && classes.count_ones() >= 4
}

/// Whether the only part of a file is bass and melody by turns, as most of hardstyle's are.
fn is_interleaved(part: &Part) -> bool {
    let n_low = part.notes.iter().filter(|note| note.pitch.number() < 52).count();
    let low_share = n_low as f64 / part.notes.len().max(1) as f64;
    let classes = part.notes.iter().fold(0u16, |set, note| set | 1 << note.pitch.class());
    !part.is_drum_channel()
        && part.notes.len() >= 48
        && (0.2..=0.8).contains(&low_share)
        && classes.count_ones() >= 5
}

struct Made<'a> {
    group: &'a str,
    file: &'a str,
    score: &'a Score,
    cases: Vec<Case>,
}

impl Made<'_> {
    fn push(
        &mut self,
        kind: &str,
        is_taken: Option<bool>,
        parts: Vec<Part>,
        roles: Vec<Option<Role>>,
        is_row: bool,
    ) {
        self.cases.push(Case {
            group: self.group.to_owned(),
            file: self.file.to_owned(),
            kind: kind.to_owned(),
            score: Score { parts, ..self.score.clone() },
            is_taken,
            roles,
            is_row,
            is_made: true,
        });
    }

    fn alone(&mut self, kind: &str, is_taken: bool, part: Part, role: Role, is_row: bool) {
        self.push(kind, Some(is_taken), vec![part], vec![Some(role)], is_row);
    }
}

fn of_bass(made: &mut Made, bass: &Part, drums: Option<&Part>) {
    made.alone("bass_only", false, bass.clone(), Role::Bass, true);
    made.alone("bass_stripped", false, said(bass, "", None), Role::Bass, false);
    made.alone("bass_as_piano", false, said(bass, "Piano", Some(0)), Role::Bass, false);
    made.alone("bass_named_melody", false, said(bass, "Melody", None), Role::Bass, false);
    if let Some(up) = transposed(bass, 12) {
        let is_bass = matches!(bass.program, Some(32..=39));
        let program = if is_bass { bass.program } else { Some(38) };
        made.alone("bass_octave_up", false, said(&up, "Bass", program), Role::Bass, false);
    }
    if let Some(drums) = drums {
        let parts = vec![bass.clone(), drums.clone()];
        let roles = vec![Some(Role::Bass), Some(Role::Drums)];
        made.push("bass_drums", Some(false), parts, roles, true);
    }
}

fn of_drums(made: &mut Made, drums: &Part) {
    made.alone("drums_only", false, drums.clone(), Role::Drums, true);
    made.alone("drums_named_melody", false, said(drums, "Melody", None), Role::Drums, false);
    for name in ["", "Track 1", "Drums", "Melody"] {
        let moved = Part { channel: 0, ..said(drums, name, None) };
        made.alone("drums_on_channel_1", false, moved, Role::Drums, false);
    }
    let mut one = Part { channel: 0, ..said(drums, "", None) };
    for note in &mut one.notes {
        note.pitch = Pitch::new(60).unwrap_or(note.pitch);
    }
    one.notes.dedup_by_key(|note| note.onset);
    made.push("rhythm_one_pitch", Some(false), vec![one], vec![None], false);
}

fn of_lead(made: &mut Made, lead: &Part, drums: Option<&Part>) {
    made.alone("melody_only", true, lead.clone(), Role::Lead, true);
    made.alone("melody_stripped", true, said(lead, "", None), Role::Lead, false);
    made.alone("melody_named_bass", true, said(lead, "Bass", None), Role::Lead, false);
    for semitones in [-24, -36] {
        if let Some(low) = transposed(lead, semitones) {
            made.alone("low_lead", true, said(&low, "Lead", Some(81)), Role::Lead, false);
        }
    }
    if let Some(low) = transposed(lead, -12) {
        made.alone("octave_doubled", true, merged(lead, &low), Role::Lead, true);
    }
    if let Some(drums) = drums {
        let parts = vec![lead.clone(), drums.clone()];
        let roles = vec![Some(Role::Lead), Some(Role::Drums)];
        made.push("melody_drums", Some(true), parts, roles, true);
    }
}

fn said(part: &Part, name: &str, program: Option<u8>) -> Part {
    Part { name: name.to_owned(), program, ..part.clone() }
}

fn transposed(part: &Part, semitones: i32) -> Option<Part> {
    let up = |note: &Note| Some(Note { pitch: note.pitch.transposed(semitones)?, ..*note });
    let notes: Option<Vec<Note>> = part.notes.iter().map(up).collect();
    Some(Part { notes: notes?, ..part.clone() })
}

fn merged(one: &Part, other: &Part) -> Part {
    let mut notes = [&one.notes[..], &other.notes].concat();
    notes.sort_unstable();
    Part { notes, ..one.clone() }
}
