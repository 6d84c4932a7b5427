//! How do the tracks of a file become one score?
//!
//! One part for each channel of each track. Tempo and signatures may stand in any track; of two at
//! one tick, the earlier track's holds. A format 2 file's patterns are laid end to end, each from a
//! multiple of four beats on.

use std::collections::BTreeMap;

use super::chunks::{self, ASSUMED_TICKS, Timing};
use super::length::Length;
use super::limits::Limits;
use super::reading::{ReadError, Reading};
use super::track::{LongNote, Track};
use super::warning::Warning;
use crate::score::{Note, Part, Pitch, Score, Tempo, Tick, TimeSignature};

/// Fewer ticks a beat than any program writes.
const FEWEST_TICKS: u16 = 24;

/// Reads a MIDI file of any format, sound or damaged.
///
/// # Errors
/// [`ReadError`] when there is nothing to keep or more than the limits allow. A file without notes
/// is not an error: its score has no parts.
pub fn read(bytes: &[u8], limits: &Limits) -> Result<Reading, ReadError> {
    let n_bytes = bytes.len() as u64;
    if n_bytes > limits.max_file_bytes {
        return Err(ReadError::TooLarge { bytes: n_bytes, limit: limits.max_file_bytes });
    }
    let mut warnings = Vec::new();
    let file = chunks::split(bytes, &mut warnings)?;
    if file.bodies.len() > limits.max_tracks {
        return Err(ReadError::TooMany { what: "tracks", limit: limits.max_tracks });
    }
    let (mut n_events, mut n_notes) = (0, 0);
    let mut tracks = Vec::with_capacity(file.bodies.len());
    for (index, body) in file.bodies.iter().enumerate() {
        let room = limits.max_events + 1 - n_events;
        let track = Track::read(body, index, room, &mut warnings);
        n_events += track.n_events;
        n_notes += track.n_notes();
        if n_events > limits.max_events {
            return Err(ReadError::TooMany { what: "events", limit: limits.max_events });
        }
        if n_notes > limits.max_notes {
            return Err(ReadError::TooMany { what: "notes", limit: limits.max_notes });
        }
        tracks.push(track);
    }
    if n_notes > 0 && tracks.iter().all(|track| track.tempos.is_empty()) {
        warnings.push(Warning::NoTempo);
    }
    let (ticks_per_beat, film_tempo) = resolution(file.timing, &tracks);
    let offsets = offsets(file.format, ticks_per_beat, &tracks, &mut warnings);
    let mut merge =
        Merge { tracks, offsets, is_single: file.format == 0, ticks_per_beat, film_tempo };
    let length = merge.fit(limits, &mut warnings)?;
    let score = merge.score(length.last, &mut warnings);
    Ok(Reading { score, warnings })
}

/// Ticks a beat, and the tempo that all of a file in film frames has.
fn resolution(timing: Timing, tracks: &[Track]) -> (u16, Option<Tempo>) {
    match timing {
        Timing::Beats(ticks) => (ticks, None),
        Timing::Seconds { centi_ticks } => {
            let first = tracks.iter().flat_map(|track| &track.tempos).min_by_key(|(at, _)| *at);
            let micros = first.map_or(500_000.0, |(_, micros)| f64::from(*micros));
            let ticks_a_second = f64::from(centi_ticks) / 100.0;
            let ticks = (ticks_a_second * micros / 1e6).round().clamp(1.0, 32_767.0);
            let micros = (ticks / ticks_a_second * 1e6).round().clamp(1.0, 16_777_215.0);
            (ticks as u16, Some(Tempo { at: Tick(0), micros_per_beat: micros as u32 }))
        }
    }
}

/// Where each track begins: at 0, except in a format 2 file. One whose first track holds only
/// tempo is taken for a mislabelled format 1.
fn offsets(format: u16, beat: u16, tracks: &[Track], warnings: &mut Vec<Warning>) -> Vec<u64> {
    let mut offsets = vec![0; tracks.len()];
    if format != 2 || tracks.len() < 2 {
        return offsets;
    }
    if tracks[0].n_notes() == 0 {
        warnings.push(Warning::OddFormat(format));
        return offsets;
    }
    warnings.push(Warning::Sequential);
    let bar = u64::from(beat) * 4;
    for index in 1..tracks.len() {
        let end = offsets[index - 1] + tracks[index - 1].end;
        offsets[index] = end.div_ceil(bar) * bar;
    }
    offsets
}

/// Tracks on their way into one score.
struct Merge {
    tracks: Vec<Track>,
    offsets: Vec<u64>,
    is_single: bool,
    ticks_per_beat: u16,
    /// The tempo of a file in film frames.
    film_tempo: Option<Tempo>,
}

impl Merge {
    /// What lies within the limits. A resolution that no program writes and that makes a song last
    /// for hours is taken for damage, and a common one is assumed. Far notes of a track with broken
    /// events are taken for damage too.
    fn fit(&mut self, limits: &Limits, warnings: &mut Vec<Warning>) -> Result<Length, ReadError> {
        let limit = limits.max_minutes;
        let length = self.length(limits);
        if !length.is_too_long(limit) {
            return Ok(length);
        }
        let written = self.ticks_per_beat;
        if written < FEWEST_TICKS && self.film_tempo.is_none() {
            self.ticks_per_beat = ASSUMED_TICKS;
            let assumed = self.length(limits);
            if !assumed.is_too_long(limit) {
                warnings.push(Warning::AssumedResolution(ASSUMED_TICKS));
                return Ok(assumed);
            }
            self.ticks_per_beat = written;
        }
        let is_damage = |warning: &Warning| matches!(warning, Warning::Mended(..));
        if warnings.iter().any(is_damage) {
            return Ok(length);
        }
        Err(ReadError::TooLong { minutes: length.minutes.ceil() as u64, limit })
    }

    fn length(&self, limits: &Limits) -> Length {
        Length::of(&self.tracks, &self.offsets, &self.tempos(), self.ticks_per_beat, limits)
    }

    fn score(self, last: u64, warnings: &mut Vec<Warning>) -> Score {
        let n_odd = self.tracks.iter().map(|track| track.n_odd_meta).sum();
        if n_odd > 0 {
            warnings.push(Warning::OddMeta(n_odd));
        }
        let tempos = self.tempos();
        let mut lost = Lost::default();
        let parts = self.parts(last, &mut lost);
        let notes_end = parts.iter().flat_map(|part| &part.notes).map(Note::end).max();
        let notes_end = notes_end.unwrap_or_default();
        let ends = self.tracks.iter().zip(&self.offsets).map(|(track, offset)| track.end + offset);
        let end = ends.max().unwrap_or(0);
        // A track that ends long after the last possible note says nothing about the music.
        let end = if end > last { notes_end } else { notes_end.max(Tick(end as u32)) };
        if lost.n_zero > 0 {
            warnings.push(Warning::ZeroLength(lost.n_zero));
        }
        if lost.n_late > 0 {
            warnings.push(Warning::TooLate(lost.n_late));
        }
        let has_conductor = self.is_single || self.tracks.first().is_some_and(|t| t.n_notes() == 0);
        let first = self.tracks.first().filter(|_| has_conductor);
        Score {
            ticks_per_beat: self.ticks_per_beat,
            title: first.map(|track| track.name.clone()).unwrap_or_default(),
            text: first.map(|track| track.text.clone()).unwrap_or_default(),
            time_signatures: self.time_signatures(last),
            key_signature: self.tracks.iter().find_map(|track| track.key_signature),
            tempos: tempos.into_iter().filter(|tempo| u64::from(tempo.at.0) <= last).collect(),
            parts,
            end,
        }
    }

    fn tempos(&self) -> Vec<Tempo> {
        if let Some(film) = self.film_tempo {
            return vec![film];
        }
        let all = self.with_offsets(|track| &track.tempos, |entry| entry.0);
        let tempo = |(at, (_, micros_per_beat)): (u64, (u64, u32))| Tempo {
            at: Tick(u32::try_from(at).unwrap_or(u32::MAX)),
            micros_per_beat,
        };
        all.into_iter().map(tempo).collect()
    }

    fn time_signatures(&self, last: u64) -> Vec<TimeSignature> {
        let all = self.with_offsets(|track| &track.time_signatures, |entry| entry.0);
        all.into_iter()
            .filter(|(at, _)| *at <= last)
            .map(|(at, (_, numerator, denominator))| TimeSignature {
                at: Tick(at as u32),
                numerator,
                denominator,
            })
            .collect()
    }

    /// Entries of all tracks by time; of several at one tick, the last of the first track.
    fn with_offsets<T: Copy>(
        &self,
        entries: impl Fn(&Track) -> &Vec<T>,
        tick: impl Fn(&T) -> u64,
    ) -> Vec<(u64, T)> {
        let mut all = Vec::new();
        for (index, (track, offset)) in self.tracks.iter().zip(&self.offsets).enumerate() {
            let newest_first = entries(track).iter().rev();
            all.extend(newest_first.map(|entry| (tick(entry) + offset, index, *entry)));
        }
        all.sort_by_key(|(at, index, _)| (*at, *index));
        all.dedup_by_key(|(at, ..)| *at);
        all.into_iter().map(|(at, _, entry)| (at, entry)).collect()
    }

    fn parts(&self, last: u64, lost: &mut Lost) -> Vec<Part> {
        let programs = Programs::of(&self.tracks, &self.offsets);
        let mut parts = Vec::new();
        for (index, (track, offset)) in self.tracks.iter().zip(&self.offsets).enumerate() {
            for channel in &track.channels {
                let mut notes: Vec<Note> =
                    channel.notes.iter().filter_map(|n| lost.keep(n, *offset, last)).collect();
                let Some(first) = notes.iter().map(|note| note.onset).min() else { continue };
                notes.sort_by_key(|note| (note.onset, note.pitch));
                parts.push(Part {
                    name: track.name.clone(),
                    channel: channel.number,
                    program: programs.in_force(index, channel.number, first),
                    controllers: channel.controllers.clone(),
                    notes,
                });
            }
        }
        parts
    }
}

/// Program changes by channel, of each track and of all.
struct Programs {
    of_track: BTreeMap<(usize, u8), Vec<(u64, u8)>>,
    of_all: BTreeMap<u8, Vec<(u64, u8)>>,
}

impl Programs {
    fn of(tracks: &[Track], offsets: &[u64]) -> Self {
        let mut programs = Self { of_track: BTreeMap::new(), of_all: BTreeMap::new() };
        for (index, (track, offset)) in tracks.iter().zip(offsets).enumerate() {
            for (at, channel, program) in &track.programs {
                let change = (at + offset, *program);
                programs.of_track.entry((index, *channel)).or_default().push(change);
                programs.of_all.entry(*channel).or_default().push(change);
            }
        }
        for changes in programs.of_all.values_mut() {
            changes.sort_by_key(|(at, _)| *at);
        }
        programs
    }

    /// The last program set at or before `at` by the track itself, or else by any.
    fn in_force(&self, track: usize, channel: u8, at: Tick) -> Option<u8> {
        let last = |changes: &Vec<(u64, u8)>| {
            let n_before = changes.partition_point(|(tick, _)| *tick <= u64::from(at.0));
            changes[..n_before].last().map(|(_, program)| *program)
        };
        let own = self.of_track.get(&(track, channel)).and_then(last);
        own.or_else(|| self.of_all.get(&channel).and_then(last))
    }
}

/// Notes that could not be kept as they were.
#[derive(Default)]
struct Lost {
    n_zero: usize,
    n_late: usize,
}

impl Lost {
    fn keep(&mut self, note: &LongNote, offset: u64, last: u64) -> Option<Note> {
        let onset = note.onset + offset;
        if onset > last {
            self.n_late += 1;
            return None;
        }
        if note.end <= note.onset {
            self.n_zero += 1;
        }
        let end = (note.end + offset).min(last + 1).max(onset + 1);
        Some(Note {
            onset: Tick(onset as u32),
            pitch: Pitch::new(note.pitch)?,
            duration: Tick((end - onset) as u32),
            velocity: note.velocity,
        })
    }
}
