//! Is what people hear the music that is written?
//!
//! Tracks are rendered, their Ogg Opus is decoded by a decoder of another make, and an analysis that
//! shares no code with the synthesizer looks for the written music in it. Two random songs and one
//! of the starter songs by default; `KICKBACK_HEARD=100 cargo test -p tests --test heard -- --nocapture`
//! takes a hundred random ones and all starter songs, and prints every figure.

mod decoded;
mod judge;
#[path = "../daemon/midi_facts.rs"]
mod midi_facts;
mod songs;
mod spectrum;
#[path = "../daemon/wav_facts.rs"]
mod wav_facts;

use std::thread;

use bot::render::{Rendered, render, stems};
use bot::render_spec::RenderSpec;
use ebur128::{EbuR128, Mode};
use music::score::{Part, Score};
use music::song::Song;

use decoded::{RATE, decoded};
use judge::{Heard, Strengths};
use midi_facts::Facts;

/// What was found out about one track.
#[derive(Debug)]
struct Findings {
    /// Heard tempo to written one.
    tempo_ratio: f64,
    lag_ms: f64,
    transposition: i32,
    /// Of the lead's notes, and of notes a semitone above them that were not played.
    found: f64,
    found_wrongly: f64,
    loudness_lufs: f64,
    /// Before and after coding.
    peaks_dbtp: [f64; 2],
    kick_rise_db: f64,
    pump_db: f64,
    /// How much quieter than the drop, by loudness.
    break_lu: f64,
    longest_silence_s: f64,
    /// The highest sample of the last 10 ms.
    end: f32,
}

#[test]
fn what_is_heard_is_what_is_written() {
    let asked = std::env::var("KICKBACK_HEARD").ok().and_then(|n| n.parse::<usize>().ok());
    let genres = ["hardstyle", "hardcore", "trance", "house"];
    let mut songs = songs::starters(if asked.is_some() { usize::MAX } else { 1 });
    let random = (0..asked.unwrap_or(2)).map(|seed| {
        let genre = genres[seed % genres.len()];
        (format!("random {seed}"), genre.to_owned(), songs::random(genre, seed as u64))
    });
    songs.extend(random);
    let mut failed = Vec::new();
    for (name, genre, song) in &songs {
        let findings = listen(genre, song);
        println!("{name} ({genre}): {findings:.3?}");
        failed.extend(complaints(&findings).into_iter().map(|what| format!("{name}: {what}")));
    }
    assert!(failed.is_empty(), "{failed:#?}");
}

fn complaints(findings: &Findings) -> Vec<&'static str> {
    let Findings { peaks_dbtp: [before, after], .. } = *findings;
    let claims = [
        ((findings.tempo_ratio - 1.0).abs() < 0.004, "another tempo is heard"),
        (findings.lag_ms.abs() <= 100.0, "the sound is late or early"),
        (findings.transposition == 0, "the sound is transposed"),
        (findings.found >= 0.9, "lead notes are missing"),
        (findings.found_wrongly < 0.3, "the analysis finds notes that are not there"),
        ((findings.loudness_lufs + 10.0).abs() <= 1.0, "too loud or too quiet"),
        (before <= -1.0 && after <= 0.0, "peaks are too high"),
        (findings.kick_rise_db >= 8.0, "the kick does not stand out"),
        (
            findings.pump_db >= 6.0 || findings.pump_db.is_nan(),
            "the kick does not push the lead down",
        ),
        ((3.0..=9.0).contains(&findings.break_lu), "the break is too loud or lost"),
        (findings.longest_silence_s <= 2.0, "there is silence inside"),
        (findings.end < 1e-3, "it ends with a click"),
    ];
    claims.into_iter().filter(|(holds, _)| !holds).map(|(_, what)| what).collect()
}

fn listen(genre: &str, song: &Song) -> Findings {
    let mut spec = RenderSpec::new(genre, 1, 11, 7);
    (spec.picture, spec.wav) = (false, true);
    let rendered = render(song, &spec).expect("a track");
    let facts = Facts::of(&rendered.midi);
    assert_eq!(facts.notes.len(), rendered.arrangement.score().n_notes());
    let coded = rendered.audio.as_deref().expect("a sound");
    let [left, right] = decoded(coded);
    let mono: Vec<f32> = left.iter().zip(&right).map(|(l, r)| (l + r) * 0.5).collect();
    let score = rendered.arrangement.score();
    let all: Vec<Heard> = score.parts.iter().flat_map(|part| of(score, part)).collect();
    let (onsets, lead) = (spectrum::onsets(&mono), heard(score, "Lead"));
    let high = judge::filtered(&mono, 180.0, true);
    let notes = strengths(&high, &lead);
    let share = |up: i32| notes.iter().filter(|n| n.has(up)).count() as f64 / notes.len() as f64;
    let wav = wav_facts::channels(rendered.wav.as_deref().expect("a sound"));
    let (loudness_lufs, before) = levels(&wav);
    let channels = [left, right];
    let (_, after) = levels(&channels);
    let low = judge::filtered(&mono, 150.0, false);
    let kicks = heard(score, "Kick");
    let kick_rise_db = judge::median(kicks.iter().map(|kick| rise(&low, kick.onset)).collect());
    Findings {
        tempo_ratio: judge::tempo(&onsets) / song.tempo_bpm(),
        lag_ms: judge::lag(&onsets, &all) * 1e3,
        transposition: judge::transposition(&notes),
        found: share(0),
        found_wrongly: share(1),
        loudness_lufs,
        peaks_dbtp: [before, after],
        kick_rise_db,
        pump_db: pump(&rendered, &spec, &kicks),
        break_lu: break_lu(score, &channels),
        longest_silence_s: longest_silence(&mono, score.seconds_at(score.end)),
        end: mono[mono.len() - 480..].iter().map(|s| s.abs()).fold(0.0, f32::max),
    }
}

fn of(score: &Score, part: &Part) -> Vec<Heard> {
    let note = |note: &music::score::Note| Heard {
        onset: score.seconds_at(note.onset),
        end: score.seconds_at(note.end()),
        key: note.pitch.number(),
    };
    part.notes.iter().map(note).collect()
}

fn heard(score: &Score, name: &str) -> Vec<Heard> {
    score.parts.iter().filter(|part| part.name == name).flat_map(|p| of(score, p)).collect()
}

/// What sounds at each note, found on all cores.
fn strengths(samples: &[f32], notes: &[Heard]) -> Vec<Strengths> {
    let n_threads = thread::available_parallelism().map_or(1, usize::from);
    let share = notes.len().div_ceil(n_threads).max(1);
    thread::scope(|scope| {
        let of = |some: &[Heard]| -> Vec<Strengths> {
            some.iter().map(|note| Strengths::of(samples, note)).collect()
        };
        let work: Vec<_> = notes.chunks(share).map(|s| scope.spawn(move || of(s))).collect();
        work.into_iter().flat_map(|handle| handle.join().expect("an analysis")).collect()
    })
}

/// Integrated loudness and true peak.
fn levels(channels: &[Vec<f32>; 2]) -> (f64, f64) {
    let mut meter = EbuR128::new(2, 48_000, Mode::I | Mode::TRUE_PEAK).expect("a meter");
    let planes = [channels[0].as_slice(), channels[1].as_slice()];
    meter.add_frames_planar_f32(&planes).expect("samples");
    let peak = (0..2).map(|side| meter.true_peak(side).expect("a peak")).fold(0.0, f64::max);
    (meter.loudness_global().expect("a loudness"), 20.0 * peak.log10())
}

/// By how much the level is higher right after a moment than right before it.
fn rise(samples: &[f32], at: f64) -> f64 {
    judge::level(samples, at + 0.005, at + 0.055) - judge::level(samples, at - 0.03, at)
}

/// By how much notes of lead and chords that sound on through a kick are lower after it; not a number
/// where hardly any does.
fn pump(rendered: &Rendered, spec: &RenderSpec, kicks: &[Heard]) -> f64 {
    let mut falls = Vec::new();
    let each = |stem: bot::render::Stem| {
        let name = match stem.name.as_str() {
            "lead" => "Lead",
            "chords" => "Chords",
            _ => return Ok(()),
        };
        let [left, right] = wav_facts::channels(&stem.wav);
        let mono: Vec<f32> = left.iter().zip(&right).map(|(l, r)| (l + r) * 0.5).collect();
        let notes = heard(rendered.arrangement.score(), name);
        for kick in kicks {
            let (from, to) = (kick.onset - 0.06, kick.onset + 0.06);
            let sounds_on = notes.iter().any(|note| note.onset < from && note.end > to);
            if sounds_on && !notes.iter().any(|note| (from..to).contains(&note.onset)) {
                falls.push(-rise(&mono, kick.onset));
            }
        }
        Ok::<(), bot::render::RenderError>(())
    };
    stems(&rendered.arrangement, spec, each).expect("stems");
    if falls.len() < 4 { f64::NAN } else { judge::median(falls) }
}

/// By how much the break, where no drum and no bass plays, is less loud than the drop before it.
fn break_lu(score: &Score, channels: &[Vec<f32>; 2]) -> f64 {
    let kicks = heard(score, "Kick");
    let pauses = kicks.windows(2).map(|two| (two[0].onset, two[1].onset));
    let (from, to) =
        pauses.max_by(|a, b| (a.1 - a.0).total_cmp(&(b.1 - b.0))).expect("at least two kicks");
    let beat = 60.0 / score.tempo_bpm();
    let loudness = |from: f64, to: f64| {
        let frames = (from * RATE) as usize..(to * RATE) as usize;
        levels(&channels.each_ref().map(|samples| samples[frames.clone()].to_vec())).0
    };
    // The break comes first in the pause, the build after it.
    loudness(kicks[0].onset, from) - loudness(from + 2.0 * beat, from + (to - from) * 0.45)
}

/// Seconds in a row below -55 dB, before the end of the music.
fn longest_silence(mono: &[f32], end: f64) -> f64 {
    let step = 0.05;
    let (mut longest, mut here) = (0.0_f64, 0.0);
    for index in 0..(end / step) as usize {
        let from = index as f64 * step;
        here = if judge::level(mono, from, from + step) < -55.0 { here + step } else { 0.0 };
        longest = longest.max(here);
    }
    assert!(mono.len() as f64 / RATE > end, "the sound is as long as the music");
    longest
}
