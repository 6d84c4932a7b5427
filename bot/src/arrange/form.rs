//! Which bar of the song plays in which bar of the track, and how strongly?
//!
//! The song's bars are looped through the sections of a [`Profile`](super::Profile). An intro, a break
//! and a drop start at the song's first bar; a build continues where the section before it stopped.

use music::score::{Note, Pitch, Tick};
use music::song::{STEPS_PER_BEAT, Song, TICKS_PER_BEAT, Voice};

use super::harmony::{Chord, Harmony};
use super::profile::FormSection;
use super::voice::{self, Accents};
use crate::section::{Section, SectionKind};

/// Ticks of the score a step of the song's grid.
pub(super) const TICKS_PER_STEP: u32 = TICKS_PER_BEAT / STEPS_PER_BEAT;

/// Bars a phrase; drops are whole phrases.
pub(super) const PHRASE: u32 = 8;

/// A section of the track with the music that it plays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Placed {
    pub(super) section: Section,
    /// The bar of the song with which it starts.
    song_bar: u32,
}

/// The form of one track.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Form {
    pub(super) sections: Vec<Placed>,
    /// Ticks a bar.
    pub(super) bar: u32,
    n_song_bars: u32,
}

/// Bars of the track that play neighbouring bars of the song.
struct Span {
    kind: SectionKind,
    bar: u32,
    song_bar: u32,
    n_bars: u32,
}

impl Form {
    /// The sections of a profile, the first drop as long as the song at least.
    pub(super) fn new(song: &Song, form: &[FormSection]) -> Self {
        let n_song_bars = song.n_bars();
        let whole = n_song_bars.next_multiple_of(PHRASE);
        let mut sections: Vec<Placed> = Vec::new();
        let (mut bar, mut song_bar) = (0, 0);
        let mut dropped = false;
        for FormSection { kind, bars } in form.iter().copied() {
            let first_drop = kind == SectionKind::Drop && !dropped;
            dropped |= first_drop;
            let n_bars = if first_drop { bars.max(whole) } else { bars }.max(1);
            if kind != SectionKind::Build {
                song_bar = 0;
            }
            sections.push(Placed { section: Section { kind, bar, n_bars }, song_bar });
            bar += n_bars;
            song_bar = (song_bar + n_bars) % n_song_bars;
        }
        if sections.is_empty() {
            let section = Section { kind: SectionKind::Drop, bar: 0, n_bars: whole };
            sections.push(Placed { section, song_bar: 0 });
        }
        Self { sections, bar: song.beats_per_bar() * TICKS_PER_BEAT, n_song_bars }
    }

    pub(super) fn n_bars(&self) -> u32 {
        self.sections.last().map_or(0, |last| last.section.end())
    }

    /// The sections as they are heard: those of one kind in a row are one.
    pub(super) fn sections(&self) -> Vec<Section> {
        let mut heard: Vec<Section> = Vec::new();
        for Placed { section, .. } in &self.sections {
            match heard.last_mut() {
                Some(last) if last.kind == section.kind => last.n_bars += section.n_bars,
                _ => heard.push(*section),
            }
        }
        heard
    }

    /// The bars of the track in which a kind of section plays, each with its section.
    pub(super) fn bars(&self, kind: SectionKind) -> impl Iterator<Item = (u32, Placed)> + '_ {
        let of_kind = self.sections.iter().filter(move |placed| placed.section.kind == kind);
        of_kind
            .flat_map(|placed| (placed.section.bar..placed.section.end()).map(|bar| (bar, *placed)))
    }

    /// The bar of the song that a bar of the track plays.
    pub(super) fn song_bar(&self, placed: Placed, bar: u32) -> u32 {
        (placed.song_bar + bar - placed.section.bar) % self.n_song_bars
    }

    /// The notes of one of the song's voices, wherever it plays.
    pub(super) fn voice(&self, song: &Song, voice: Voice) -> Vec<Note> {
        let notes = voice::notes(song, voice);
        let accents = Accents::of(song);
        let spans: Vec<Span> = self.spans().collect();
        spans.iter().flat_map(|span| self.placed(&notes, accents, span)).collect()
    }

    /// The song's own bass, where no bass of the profile plays.
    pub(super) fn low_line(&self, song: &Song) -> Vec<Note> {
        let notes = voice::notes(song, Voice::Bass);
        let quiet = self.spans().filter(|span| span.kind != SectionKind::Drop);
        let accents = Accents::of(song);
        quiet.flat_map(|span| self.placed(&notes, accents, &span)).collect()
    }

    /// Held triads of the harmony in the bars where the song has neither chords nor bass.
    pub(super) fn pad(&self, song: &Song, harmony: &Harmony) -> Vec<Note> {
        let filled = self.accompanied_bars(song);
        let steps = song.steps_per_bar();
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

    /// Of each bar of the song, whether chords or bass sound in it.
    fn accompanied_bars(&self, song: &Song) -> Vec<bool> {
        let mut filled = vec![false; self.n_song_bars as usize];
        let steps = song.steps_per_bar();
        for note in song.voice(Voice::Chords).chain(song.voice(Voice::Bass)) {
            let last = ((note.onset + note.duration - 1) / steps).min(self.n_song_bars - 1);
            filled[(note.onset / steps) as usize..=last as usize].fill(true);
        }
        filled
    }

    fn spans(&self) -> impl Iterator<Item = Span> + '_ {
        self.sections.iter().flat_map(|placed| {
            let Section { kind, bar, n_bars: length } = placed.section;
            let mut spans = Vec::new();
            let mut done = 0;
            while done < length {
                let song_bar = (placed.song_bar + done) % self.n_song_bars;
                let n_bars = (self.n_song_bars - song_bar).min(length - done);
                spans.push(Span { kind, bar: bar + done, song_bar, n_bars });
                done += n_bars;
            }
            spans
        })
    }

    /// The notes that start in a span's bars, moved there and cut at its end.
    fn placed(&self, notes: &[Note], accents: Accents, span: &Span) -> Vec<Note> {
        let from = span.song_bar * self.bar;
        let to = from + span.n_bars * self.bar;
        let shift = |tick: u32| tick - from + span.bar * self.bar;
        let within = notes.iter().filter(|note| (from..to).contains(&note.onset.0));
        let place = |note: &Note| Note {
            onset: Tick(shift(note.onset.0)),
            duration: Tick(note.end().0.min(to) - note.onset.0),
            velocity: accents.velocity(note, softer(span.kind)),
            ..*note
        };
        within.map(place).collect()
    }
}

/// The chords of a bar, each with the steps of the bar at which it begins and ends.
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

/// Root, third and fifth within the octave from G3, so that neighbouring triads lie close.
fn triad(chord: Chord) -> Vec<Pitch> {
    let near = |class: u8| Pitch::new(55 + (class + 12 - 7) % 12);
    let mut pitches: Vec<Pitch> = chord.classes().into_iter().filter_map(near).collect();
    pitches.sort_unstable();
    pitches
}
