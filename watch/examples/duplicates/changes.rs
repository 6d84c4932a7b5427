//! How is a song changed so that it stays the same, and how so that it does not?

use music::score::{Note, Pitch, Score, Tempo, Tick};
use music::song::{Song, Voice};

/// The changes that leave a song the same.
pub(crate) const CHANGES: [(&str, Change); 30] = [
    ("transposed -6", |score, _| transpose(score, -6)),
    ("transposed -3", |score, _| transpose(score, -3)),
    ("transposed +1", |score, _| transpose(score, 1)),
    ("transposed +2", |score, _| transpose(score, 2)),
    ("transposed +5", |score, _| transpose(score, 5)),
    ("transposed +6", |score, _| transpose(score, 6)),
    ("another tempo", |score, _| tempo(score, 0.87)),
    ("480 ticks a beat", |score, _| resolution(score, 480)),
    ("other velocities", |score, dice| {
        each(score, |note| note.velocity = 1 + dice.below(127) as u8);
    }),
    ("a bar before", |score, _| later(score, 4, 1)),
    ("a beat before", |score, _| later(score, 1, 1)),
    ("half a beat before", |score, _| later(score, 1, 2)),
    ("1 % changed", |score, dice| change(score, dice, 1)),
    ("3 % changed", |score, dice| change(score, dice, 3)),
    ("5 % changed", |score, dice| change(score, dice, 5)),
    ("1 % missing", |score, dice| drop_some(score, dice, 1)),
    ("3 % missing", |score, dice| drop_some(score, dice, 3)),
    ("5 % missing", |score, dice| drop_some(score, dice, 5)),
    ("1 % added", |score, dice| add(score, dice, 1)),
    ("3 % added", |score, dice| add(score, dice, 3)),
    ("5 % added", |score, dice| add(score, dice, 5)),
    ("3 ticks of jitter", |score, dice| jitter(score, dice, 3)),
    ("1/32 beat of jitter", |score, dice| {
        let most = u32::from(score.ticks_per_beat) / 32;
        jitter(score, dice, most.max(1));
    }),
    ("double time", |score, _| stretch(score, 1, 2)),
    ("half time", |score, _| stretch(score, 2, 1)),
    ("shorter notes", |score, _| each(score, |note| note.duration.0 = note.duration.0.div_ceil(2))),
    ("key, tempo, 1 % each", |score, dice| {
        transpose(score, 2);
        tempo(score, 1.1);
        each_kind(score, dice, 1);
    }),
    ("all but time, 3 % each", |score, dice| {
        transpose(score, 4);
        tempo(score, 1.2);
        resolution(score, 960);
        each(score, |note| note.velocity = 1 + dice.below(127) as u8);
        later(score, 4, 1);
        each_kind(score, dice, 3);
        let most = u32::from(score.ticks_per_beat) / 64;
        jitter(score, dice, most);
    }),
    ("all but time, 5 % each", |score, dice| {
        transpose(score, -4);
        tempo(score, 0.9);
        later(score, 1, 1);
        each_kind(score, dice, 5);
        jitter(score, dice, 2);
    }),
    ("half time, key, 1 % each", |score, dice| {
        stretch(score, 2, 1);
        transpose(score, 3);
        each_kind(score, dice, 1);
    }),
];

/// Changes a score in place.
pub(crate) type Change = fn(&mut Score, &mut Dice);

/// The numbers of a change, always the same for one file.
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) fn of(change: &str, file: &str) -> Self {
        let digest = blake3::hash(format!("{change}/{file}").as_bytes());
        let seed =
            digest.as_bytes().iter().take(8).fold(0, |sum, byte| sum << 8 | u64::from(*byte));
        Self(seed | 1)
    }

    /// A number below `n`, by an xorshift generator.
    fn below(&mut self, n: u32) -> u32 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        ((self.0 >> 33) % u64::from(n.max(1))) as u32
    }

    fn is_one_in(&mut self, percent: u32) -> bool {
        self.below(1000) < 10 * percent
    }
}

fn each(score: &mut Score, mut change: impl FnMut(&mut Note)) {
    score.parts.iter_mut().flat_map(|part| &mut part.notes).for_each(&mut change);
}

fn transpose(score: &mut Score, semitones: i32) {
    for part in score.parts.iter_mut().filter(|part| !part.is_drum_channel()) {
        for note in &mut part.notes {
            note.pitch = note.pitch.transposed(semitones).unwrap_or(note.pitch);
        }
    }
}

fn tempo(score: &mut Score, factor: f64) {
    if score.tempos.is_empty() {
        score.tempos.push(Tempo::from_bpm(Tick(0), 120.0));
    }
    for tempo in &mut score.tempos {
        *tempo = Tempo::from_bpm(tempo.at, tempo.bpm() * factor);
    }
}

fn resolution(score: &mut Score, ticks_per_beat: u16) {
    let from = u64::from(score.ticks_per_beat);
    let scale = |tick: u32| (u64::from(tick) * u64::from(ticks_per_beat) / from) as u32;
    each(score, |note| {
        let end = scale(note.end().0);
        note.onset.0 = scale(note.onset.0);
        note.duration.0 = end.saturating_sub(note.onset.0).max(1);
    });
    score.tempos.iter_mut().for_each(|tempo| tempo.at.0 = scale(tempo.at.0));
    score.time_signatures.iter_mut().for_each(|signature| signature.at.0 = scale(signature.at.0));
    score.end.0 = scale(score.end.0);
    score.ticks_per_beat = ticks_per_beat;
}

fn later(score: &mut Score, beats: u32, over: u32) {
    let ticks = u32::from(score.ticks_per_beat) * beats / over;
    each(score, |note| note.onset.0 += ticks);
    score.end.0 += ticks;
}

fn stretch(score: &mut Score, by: u32, over: u32) {
    each(score, |note| {
        note.onset.0 = note.onset.0 * by / over;
        note.duration.0 = (note.duration.0 * by / over).max(1);
    });
    score.end.0 = score.end.0 * by / over + 1;
    tempo(score, f64::from(by) / f64::from(over));
}

fn change(score: &mut Score, dice: &mut Dice, percent: u32) {
    each(score, |note| {
        if dice.is_one_in(percent) {
            let by = [-5, -4, -3, -2, -1, 1, 2, 3, 4, 5][dice.below(10) as usize];
            note.pitch = note.pitch.transposed(by).unwrap_or(note.pitch);
        }
    });
}

fn drop_some(score: &mut Score, dice: &mut Dice, percent: u32) {
    for part in &mut score.parts {
        part.notes.retain(|_| !dice.is_one_in(percent));
    }
    score.parts.retain(|part| !part.notes.is_empty());
}

fn add(score: &mut Score, dice: &mut Dice, percent: u32) {
    let sixteenth = u32::from(score.ticks_per_beat) / 4;
    for part in &mut score.parts {
        for note in part.notes.clone() {
            if dice.is_one_in(percent) {
                let by = dice.below(11) as i32 - 5;
                let pitch = note.pitch.transposed(by).unwrap_or(Pitch::LOWEST);
                let onset = Tick(note.onset.0 + sixteenth * (1 + dice.below(3)));
                part.notes.push(Note { pitch, onset, ..note });
            }
        }
    }
}

fn each_kind(score: &mut Score, dice: &mut Dice, percent: u32) {
    change(score, dice, percent);
    drop_some(score, dice, percent);
    add(score, dice, percent);
}

fn jitter(score: &mut Score, dice: &mut Dice, most: u32) {
    each(score, |note| {
        note.onset.0 = (note.onset.0 + dice.below(2 * most + 1)).saturating_sub(most);
    });
}

/// The score as the writer wants it.
pub(crate) fn sorted(mut score: Score) -> Score {
    for part in &mut score.parts {
        part.notes.sort_by_key(|note| (note.onset, note.pitch));
    }
    let last = score.parts.iter().flat_map(|part| &part.notes).map(Note::end).max();
    score.end = score.end.max(last.unwrap_or_default());
    score
}

/// Gives a share of the bars another lead: its rhythm shifted, its pitches drawn from the song's.
pub(crate) fn rewrite(song: &Song, dice: &mut Dice, percent: u32) -> Song {
    let pitches: Vec<Pitch> = song.voice(Voice::Lead).map(|note| note.pitch).collect();
    let n_bars = song.n_bars();
    let mut bars: Vec<u32> = (0..n_bars).collect();
    for at in (1..bars.len()).rev() {
        bars.swap(at, dice.below(at as u32 + 1) as usize);
    }
    bars.truncate((n_bars * percent).div_ceil(100) as usize);
    let notes = song.notes().iter().map(|note| {
        let mut note = *note;
        let bar = note.onset / song.steps_per_bar();
        if note.voice == Voice::Lead && bars.contains(&bar) {
            note.pitch = pitches[dice.below(pitches.len() as u32) as usize];
            let start = bar * song.steps_per_bar();
            let sixteenths = song.steps_per_bar() / 6;
            note.onset = start + 6 * dice.below(sixteenths);
        }
        note
    });
    Song::new(song.tempo_bpm(), song.beats_per_bar(), n_bars, notes.collect::<Vec<_>>())
}

/// The notes of the first or second half of the bars that have notes.
pub(crate) fn half(score: &Score, is_first: bool) -> Score {
    let onsets = || score.parts.iter().flat_map(|part| &part.notes).map(|note| note.onset.0);
    let bar = 4 * u32::from(score.ticks_per_beat);
    let (first, last) = (onsets().min().unwrap_or(0) / bar, onsets().max().unwrap_or(0) / bar);
    let middle = (first + (last - first + 1).div_ceil(2)) * bar;
    let mut score = score.clone();
    for part in &mut score.parts {
        part.notes.retain(|note| (note.onset.0 < middle) == is_first);
    }
    score.parts.retain(|part| !part.notes.is_empty());
    if is_first {
        score.end = Tick(middle);
    }
    score
}

/// The song with some of its voices only.
pub(crate) fn only(song: &Song, voices: &[Voice]) -> Song {
    let notes: Vec<_> =
        song.notes().iter().filter(|note| voices.contains(&note.voice)).copied().collect();
    Song::new(song.tempo_bpm(), song.beats_per_bar(), song.n_bars(), notes)
}
