//! Which bar of the song plays in which bar of the track, and how strongly?
//!
//! The song's bars are looped through the sections of a [`Profile`]. An intro, a break and a drop
//! start at the song's first bar; a build goes on where the section before it stopped.

use music::score::{Note, Pitch, Tick};
use music::song::{STEPS_PER_BEAT, Song, TICKS_PER_BEAT, Voice};

use super::accent;
use super::harmony::{Chord, Harmony};
use super::profile::{Profile, SectionKind};

/// Ticks of the score a step of the song's grid.
pub(crate) const TICKS_PER_STEP: u32 = TICKS_PER_BEAT / STEPS_PER_BEAT;

/// Bars a phrase; drops are whole phrases.
pub(crate) const PHRASE: u32 = 8;

/// A section as it lies in the track.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stretch {
    pub(crate) kind: SectionKind,
    /// The first bar of the track that it takes.
    pub(crate) bar: u32,
    pub(crate) n_bars: u32,
    /// The bar of the song with which it starts.
    pub(crate) song_bar: u32,
}

/// The form of one track.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Plan {
    pub(crate) stretches: Vec<Stretch>,
    /// Ticks a bar.
    pub(crate) bar: u32,
    n_song_bars: u32,
}

/// Bars of the track that play neighbouring bars of the song.
struct Span {
    kind: SectionKind,
    bar: u32,
    song_bar: u32,
    n_bars: u32,
}

impl Plan {
    pub(crate) fn new(song: &Song, profile: &Profile) -> Self {
        let n_song_bars = song.n_bars();
        let whole = n_song_bars.next_multiple_of(PHRASE);
        let mut stretches: Vec<Stretch> = Vec::new();
        let (mut bar, mut song_bar) = (0, 0);
        let mut dropped = false;
        for section in &profile.form {
            let first_drop = section.kind == SectionKind::Drop && !dropped;
            dropped |= first_drop;
            let n_bars = if first_drop { section.bars.max(whole) } else { section.bars }.max(1);
            if section.kind != SectionKind::Build {
                song_bar = 0;
            }
            stretches.push(Stretch { kind: section.kind, bar, n_bars, song_bar });
            bar += n_bars;
            song_bar = (song_bar + n_bars) % n_song_bars;
        }
        if stretches.is_empty() {
            let kind = SectionKind::Drop;
            stretches.push(Stretch { kind, bar: 0, n_bars: whole, song_bar: 0 });
        }
        Self { stretches, bar: song.beats_per_bar() * TICKS_PER_BEAT, n_song_bars }
    }

    pub(crate) fn n_bars(&self) -> u32 {
        self.stretches.last().map_or(0, |last| last.bar + last.n_bars)
    }

    /// The bars of the track in which a kind of section plays, each with its stretch.
    pub(crate) fn bars(&self, kind: SectionKind) -> impl Iterator<Item = (u32, Stretch)> + '_ {
        let of_kind = self.stretches.iter().filter(move |stretch| stretch.kind == kind);
        of_kind.flat_map(|stretch| {
            (stretch.bar..stretch.bar + stretch.n_bars).map(|bar| (bar, *stretch))
        })
    }

    /// The bar of the song that a bar of the track plays.
    pub(crate) fn song_bar(&self, stretch: Stretch, bar: u32) -> u32 {
        (stretch.song_bar + bar - stretch.bar) % self.n_song_bars
    }

    /// The notes of one of the song's voices, wherever it plays.
    pub(crate) fn voice(&self, song: &Song, voice: Voice) -> Vec<Note> {
        let notes = sounding(song, voice);
        let spans: Vec<Span> = self.spans().collect();
        spans.iter().flat_map(|span| self.placed(&notes, span)).collect()
    }

    /// The song's own bass, where no bass of the profile plays.
    pub(crate) fn low_line(&self, song: &Song) -> Vec<Note> {
        let notes = sounding(song, Voice::Bass);
        let quiet = self.spans().filter(|span| span.kind != SectionKind::Drop);
        quiet.flat_map(|span| self.placed(&notes, &span)).collect()
    }

    /// Held triads of the harmony in the bars where the song has neither chords nor bass.
    pub(crate) fn pad(&self, song: &Song, harmony: &Harmony) -> Vec<Note> {
        let mut filled = vec![false; self.n_song_bars as usize];
        let steps = song.steps_per_bar();
        for note in song.voice(Voice::Chords).chain(song.voice(Voice::Bass)) {
            let last = ((note.onset + note.duration - 1) / steps).min(self.n_song_bars - 1);
            filled[(note.onset / steps) as usize..=last as usize].fill(true);
        }
        let mut notes = Vec::new();
        for span in self.spans() {
            let bars = (0..span.n_bars).map(|index| (span.bar + index, span.song_bar + index));
            for (bar, song_bar) in bars.filter(|(_, song_bar)| !filled[*song_bar as usize]) {
                for (from, to, chord) in within_bar(harmony, song_bar * steps, steps) {
                    notes.extend(triad(chord).into_iter().map(|pitch| Note {
                        onset: Tick(bar * self.bar + from * TICKS_PER_STEP),
                        pitch,
                        duration: Tick((to - from) * TICKS_PER_STEP),
                        velocity: 96 - softer(span.kind),
                    }));
                }
            }
        }
        notes.sort_by_key(|note| (note.onset, note.pitch));
        notes
    }

    fn spans(&self) -> impl Iterator<Item = Span> + '_ {
        self.stretches.iter().flat_map(|stretch| {
            let mut spans = Vec::new();
            let mut done = 0;
            while done < stretch.n_bars {
                let song_bar = (stretch.song_bar + done) % self.n_song_bars;
                let n_bars = (self.n_song_bars - song_bar).min(stretch.n_bars - done);
                spans.push(Span { kind: stretch.kind, bar: stretch.bar + done, song_bar, n_bars });
                done += n_bars;
            }
            spans
        })
    }

    /// The notes that start in a span's bars, moved there and cut at its end.
    fn placed(&self, notes: &[Note], span: &Span) -> Vec<Note> {
        let from = span.song_bar * self.bar;
        let to = from + span.n_bars * self.bar;
        let shift = |tick: u32| tick - from + span.bar * self.bar;
        let within = notes.iter().filter(|note| (from..to).contains(&note.onset.0));
        let place = |note: &Note| Note {
            onset: Tick(shift(note.onset.0)),
            duration: Tick(note.end().0.min(to) - note.onset.0),
            velocity: accent(note.onset.0, TICKS_PER_BEAT, softer(span.kind)),
            ..*note
        };
        within.map(place).collect()
    }
}

/// The chords of a bar with the steps of the bar from and to which each lasts.
fn within_bar(harmony: &Harmony, bar_start: u32, bar_steps: u32) -> Vec<(u32, u32, Chord)> {
    let mut held: Vec<(u32, u32, Chord)> = Vec::new();
    for from in (0..bar_steps).step_by(harmony.steps() as usize) {
        let (to, chord) = (from + harmony.steps(), harmony.at(bar_start + from));
        match held.last_mut() {
            Some((_, end, last)) if *last == chord => *end = to,
            _ => held.push((from, to, chord)),
        }
    }
    held
}

/// What a section takes off every velocity: so much that a break is heard 4 to 5 LU below the drop,
/// where the kick pushes the same voices down and the limiter holds the peaks.
fn softer(kind: SectionKind) -> u8 {
    match kind {
        SectionKind::Intro => 42,
        SectionKind::Break => 50,
        SectionKind::Build => 26,
        SectionKind::Drop => 0,
    }
}

/// A voice's notes in ticks, none overlapping another on its pitch.
fn sounding(song: &Song, voice: Voice) -> Vec<Note> {
    let parts = song.to_score().parts;
    parts.into_iter().find(|part| part.name == voice.name()).map_or_else(Vec::new, |p| p.notes)
}

/// Root, third and fifth within the octave from G3, so that neighbouring triads lie close.
fn triad(chord: Chord) -> Vec<Pitch> {
    let near = |class: u8| Pitch::new(55 + (class + 12 - 7) % 12);
    let mut pitches: Vec<Pitch> = chord.classes().into_iter().filter_map(near).collect();
    pitches.sort_unstable();
    pitches
}
