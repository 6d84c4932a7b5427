//! What do the tokens keep of real files, and which step loses the rest?
//!
//! `KICKBACK_DATA=DIR cargo run --release -p watch --example tokens -- [--all] [GENRE…]` reads the
//! accepted files (`--all`: all that make a song) below `DIR/genres/<genre>/` and prints a table. It
//! changes nothing.
//!
//! "The file" is every note of it that has a pitch (drums are counted apart), rounded to the grid of
//! 24 steps a beat. An F1 compares notes one to one: a note of the file that is written twice has to
//! come back twice.

#![expect(clippy::print_stdout, reason = "an example that prints")]

use std::collections::HashMap;
use std::hash::Hash;
use std::path::{Path, PathBuf};

use music::midi;
use music::score::{Note, Score};
use music::song::{MAX_BARS, STEPS_PER_BEAT, Song, durations};
use music::tokens::{HEADER, Token, TokenId, VOCABULARY, decode, encode};
use watch::filter::{self, Verdict};
use watch::parts::{self, ClassifiedPart, Role};

fn main() -> std::io::Result<()> {
    let Some(data) = std::env::var_os("KICKBACK_DATA").map(PathBuf::from) else {
        eprintln!("set KICKBACK_DATA to a folder that holds genres/<genre>/*.mid");
        std::process::exit(2);
    };
    let (flags, named): (Vec<_>, Vec<_>) =
        std::env::args().skip(1).partition(|argument| argument.starts_with("--"));
    let is_all = flags.iter().any(|flag| flag == "--all");
    let mut genres: Vec<PathBuf> = std::fs::read_dir(data.join("genres"))?
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<Result<_, _>>()?;
    genres.retain(|path| path.is_dir() && (named.is_empty() || named.contains(&name_of(path))));
    genres.sort();
    println!("{VOCABULARY} tokens in the vocabulary, {} durations", durations().count());
    let mut all = Sums::default();
    for genre in &genres {
        let mut sums = Sums::default();
        add_genre(&mut sums, genre, is_all)?;
        add_genre(&mut all, genre, is_all)?;
        sums.print(&name_of(genre));
    }
    all.print("all");
    Ok(())
}

fn name_of(path: &Path) -> String {
    path.file_name().map_or(String::new(), |name| name.to_string_lossy().into_owned())
}

fn add_genre(sums: &mut Sums, folder: &Path, is_all: bool) -> std::io::Result<()> {
    let entries = std::fs::read_dir(folder)?;
    let mut files: Vec<PathBuf> =
        entries.map(|entry| entry.map(|entry| entry.path())).collect::<Result<_, _>>()?;
    files.sort();
    for file in files.into_iter().filter(|file| watch::inbox::has_midi_name(file)) {
        let bytes = std::fs::read(&file)?;
        sums.n_files += 1;
        let Ok(reading) = midi::read(&bytes, &midi::Limits::default()) else { continue };
        let parts = parts::classify(&reading.score);
        let Some(song) = watch::examine::song::song(&reading.score, &parts) else { continue };
        let verdict =
            filter::judge(&reading.score, &parts, Some(&song), &filter::Requirements::default());
        if is_all || verdict == Verdict::Accept {
            sums.add_song(&file, &reading.score, &parts, &song);
        }
    }
    Ok(())
}

/// Notes found again, of two collections.
#[derive(Clone, Copy, Default)]
struct Match {
    common: usize,
    first: usize,
    second: usize,
}

impl Match {
    fn of<T: Copy + Hash + Eq>(first: &[T], second: &[T]) -> Self {
        let mut left: HashMap<T, usize> = HashMap::new();
        for item in first {
            *left.entry(*item).or_default() += 1;
        }
        let is_common = |item: &&T| match left.get_mut(*item) {
            Some(n) if *n > 0 => {
                *n -= 1;
                true
            }
            _ => false,
        };
        let common = second.iter().filter(is_common).count();
        Self { common, first: first.len(), second: second.len() }
    }

    fn add(&mut self, other: Self) {
        self.common += other.common;
        self.first += other.first;
        self.second += other.second;
    }

    fn f1(self) -> f64 {
        2.0 * self.common as f64 / (self.first + self.second).max(1) as f64
    }
}

#[derive(Default)]
struct Sums {
    n_files: usize,
    n_songs: usize,
    // Notes with a pitch, and where they stand in the file.
    n_notes: usize,
    n_onsets_on_grid: usize,
    n_durations_on_grid: usize,
    n_durations_allowed: usize,
    n_within_a_tick: usize,
    // What each step leaves out.
    n_drums: usize,
    n_other: usize,
    n_strays: usize,
    n_beyond: usize,
    n_doubled: usize,
    n_rounded: usize,
    // What comes back.
    of_song: Match,
    of_onsets: Match,
    of_notes: Match,
    of_distinct: Match,
    n_exact: usize,
    n_bars: usize,
    n_tokens: usize,
    n_velocities: usize,
    n_accented: usize,
    longest: (usize, u32, String),
    n_full: usize,
}

impl Sums {
    fn add_song(&mut self, file: &Path, score: &Score, parts: &[ClassifiedPart], song: &Song) {
        self.n_songs += 1;
        let beat = u32::from(score.ticks_per_beat.max(1));
        let mut pitched = Vec::new();
        for (part, judged) in score.parts.iter().zip(parts) {
            if judged.role == Role::Drums {
                self.n_drums += part.notes.len();
                continue;
            }
            let n_left_out = judged.voices.iter().filter(|voice| voice.is_none()).count();
            match judged.role {
                Role::Other => self.n_other += n_left_out,
                _ => self.n_strays += n_left_out,
            }
            pitched.extend(part.notes.iter().copied());
        }
        self.n_notes += pitched.len();
        for note in &pitched {
            self.count_grid(note, beat);
        }
        self.count_lost(score, parts, song);
        let ids = encode(song);
        let Ok(back) = decode(&ids) else {
            println!("{}: what was encoded does not decode", file.display());
            return;
        };
        self.of_song.add(Match::of(song.notes(), back.notes()));
        self.compare(&pitched, beat, skipped(score, parts, song), &back);
        self.n_bars += song.n_bars() as usize;
        self.n_tokens += ids.len() - HEADER - 1;
        let is_velocity = |id: &&TokenId| matches!(id.token(), Some(Token::Velocity(_)));
        self.n_velocities += ids.iter().filter(is_velocity).count();
        self.n_accented += usize::from(song.has_accents());
        self.n_full += usize::from(song.n_bars() == MAX_BARS);
        self.longest =
            std::mem::take(&mut self.longest).max((ids.len(), song.n_bars(), name_of(file)));
    }

    fn count_grid(&mut self, note: &Note, beat: u32) {
        let on_grid = |ticks: u32| u64::from(ticks) * u64::from(STEPS_PER_BEAT) % u64::from(beat);
        let is_duration = on_grid(note.duration.0) == 0;
        self.n_onsets_on_grid += usize::from(on_grid(note.onset.0) == 0);
        self.n_durations_on_grid += usize::from(is_duration);
        let steps = rounded(note.duration.0, beat);
        let is_allowed = durations().any(|duration| duration == steps);
        self.n_durations_allowed += usize::from(is_duration && is_allowed);
        let off = (f64::from(note.duration.0) / f64::from(beat) * 24.0 - f64::from(steps)).abs();
        self.n_within_a_tick +=
            usize::from(is_allowed && off * f64::from(beat) / 24.0 <= 1.0 + 1e-9);
    }

    /// Notes that have a voice but not all of themselves in the song.
    fn count_lost(&mut self, score: &Score, parts: &[ClassifiedPart], song: &Song) {
        let beat = u32::from(score.ticks_per_beat.max(1));
        let end = skipped(score, parts, song) + song.n_bars() * song.steps_per_bar();
        let (mut n_voiced, mut n_here) = (0, 0);
        for (part, judged) in score.parts.iter().zip(parts) {
            for (note, _) in part.notes.iter().zip(&judged.voices).filter(|(_, v)| v.is_some()) {
                n_voiced += 1;
                if rounded(note.onset.0, beat) < end {
                    n_here += 1;
                    let steps = rounded(note.duration.0, beat).max(1);
                    self.n_rounded += usize::from(!durations().any(|d| d == steps));
                }
            }
        }
        self.n_beyond += n_voiced - n_here;
        self.n_doubled += n_here - song.notes().len();
    }

    fn compare(&mut self, pitched: &[Note], beat: u32, skipped: u32, back: &Song) {
        let of_file = |note: &Note| {
            let (onset, duration) = (rounded(note.onset.0, beat), rounded(note.duration.0, beat));
            (i64::from(onset) - i64::from(skipped), note.pitch, duration.max(1))
        };
        let of_song = |n: &music::song::GridNote| (i64::from(n.onset), n.pitch, n.duration);
        let file: Vec<_> = pitched.iter().map(of_file).collect();
        let song: Vec<_> = back.notes().iter().map(of_song).collect();
        let onsets = |notes: &[(i64, _, u32)]| notes.iter().map(|n| (n.0, n.1)).collect::<Vec<_>>();
        let distinct = |notes: &[(i64, _, u32)]| {
            let mut notes = onsets(notes);
            notes.sort_unstable();
            notes.dedup();
            notes
        };
        let all = Match::of(&file, &song);
        self.n_exact += usize::from(all.common == all.first && all.first == all.second);
        self.of_notes.add(all);
        self.of_onsets.add(Match::of(&onsets(&file), &onsets(&song)));
        self.of_distinct.add(Match::of(&distinct(&file), &distinct(&song)));
    }

    fn print(&self, name: &str) {
        let share = |n: usize| 100.0 * n as f64 / self.n_notes.max(1) as f64;
        println!(
            "\n{name}: {} of {} files, {} notes with a pitch, {} of drums",
            self.n_songs, self.n_files, self.n_notes, self.n_drums
        );
        println!(
            "  exactly on the grid: {:.1} % of onsets, {:.1} % of durations; durations exactly as \
             allowed: {:.1} %, within one tick of the file: {:.1} %",
            share(self.n_onsets_on_grid),
            share(self.n_durations_on_grid),
            share(self.n_durations_allowed),
            share(self.n_within_a_tick)
        );
        println!(
            "  F1 against the song: {:.4}; against the file: onset and pitch {:.4} (unisons once \
             {:.4}), with duration {:.4}; {} files whole",
            self.of_song.f1(),
            self.of_onsets.f1(),
            self.of_distinct.f1(),
            self.of_notes.f1(),
            self.n_exact
        );
        println!(
            "  lost: {:.2} % in parts without a voice, {:.2} % strays of other parts, {:.2} % doubled \
             in a voice, {:.2} % beyond {MAX_BARS} bars ({} songs are as long); {:.2} % with another \
             duration",
            share(self.n_other),
            share(self.n_strays),
            share(self.n_doubled),
            share(self.n_beyond),
            self.n_full,
            share(self.n_rounded)
        );
        println!(
            "  {:.1} tokens a bar, {:.2} a note, {:.3} of them say how loud it is, in {:.1} % of the \
             songs; longest {} tokens, {} bars: {}",
            self.n_tokens as f64 / self.n_bars.max(1) as f64,
            self.n_tokens as f64 / self.of_song.second.max(1) as f64,
            self.n_velocities as f64 / self.of_song.second.max(1) as f64,
            100.0 * self.n_accented as f64 / self.n_songs.max(1) as f64,
            self.longest.0,
            self.longest.1,
            self.longest.2
        );
    }
}

/// Ticks as grid steps, rounded to the nearest.
fn rounded(ticks: u32, beat: u32) -> u32 {
    let (ticks, beat) = (u64::from(ticks), u64::from(beat));
    ((ticks * u64::from(STEPS_PER_BEAT) * 2 + beat) / (beat * 2)) as u32
}

/// Steps of the empty bars before the song.
fn skipped(score: &Score, parts: &[ClassifiedPart], song: &Song) -> u32 {
    let beat = u32::from(score.ticks_per_beat.max(1));
    let voiced = score.parts.iter().zip(parts).flat_map(|(part, judged)| {
        part.notes.iter().zip(&judged.voices).filter(|(_, voice)| voice.is_some())
    });
    let first = voiced.map(|(note, _)| rounded(note.onset.0, beat)).min().unwrap_or(0);
    first / song.steps_per_bar() * song.steps_per_bar()
}
