//! How long does a track take from its song to its files, how much memory, and how does the
//! synthesizer compare with FluidSynth on the same MIDI file?
//!
//! `cargo bench -p bot --bench render [-- ROUNDS]`, on an idle machine. Every measurement is taken in a
//! process of its own, the programs compared in turns. FluidSynth is left out, loudly, where it or a
//! SoundFont is not installed.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a bench talks to its reader")]

use std::error::Error;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

use bot::audio;
use bot::render::{Seconds, arrange, render};
use bot::render_spec::RenderSpec;
use music::score::Pitch;
use music::song::{GridNote, STEPS_PER_BEAT, Song, Voice};

type Outcome<T> = Result<T, Box<dyn Error>>;

/// Where Debian puts `SoundFonts`.
const FONTS: [&str; 2] =
    ["/usr/share/sounds/sf2/TimGM6mb.sf2", "/usr/share/sounds/sf2/FluidR3_GM.sf2"];

fn main() -> Outcome<()> {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|a| a != "--bench").collect();
    let spec = RenderSpec::new("hardstyle", 1, 7, 42);
    match arguments.first().map(String::as_str) {
        Some("--all") => print_stages(&render(&song(), &spec)?.seconds),
        Some("--sound") => {
            let arrangement = arrange(&song(), &spec);
            let sound = audio::play(&arrangement, &spec.profile.sound, None, spec.seed)?;
            println!("{}", sound.seconds());
            Ok(())
        }
        rounds => compare(&spec, rounds.map_or(Ok(5), str::parse)?),
    }
}

/// One measured process.
struct Cost {
    wall: f64,
    /// Seconds of all its threads.
    cpu: f64,
    output: String,
}

fn compare(spec: &RenderSpec, rounds: usize) -> Outcome<()> {
    let folder = std::env::temp_dir().join(format!("kickback-bench-{}", std::process::id()));
    fs::create_dir_all(&folder)?;
    let midi = folder.join("track.mid");
    fs::write(&midi, music::midi::write(arrange(&song(), spec).score()))?;
    let own = std::env::current_exe()?;
    let (mut all, mut sound) = (Vec::new(), Vec::new());
    let fonts: Vec<&str> = FONTS.into_iter().filter(|font| Path::new(font).exists()).collect();
    let mut others: Vec<Vec<Cost>> = fonts.iter().map(|_| Vec::new()).collect();
    let has_fluidsynth = Command::new("fluidsynth").arg("--version").output().is_ok();
    for _ in 0..rounds {
        all.push(cost(Command::new(&own).arg("--all"))?);
        sound.push(cost(Command::new(&own).arg("--sound"))?);
        for (font, costs) in fonts.iter().zip(&mut others).filter(|_| has_fluidsynth) {
            let raw = folder.join("track.raw");
            let mut fluidsynth = Command::new("fluidsynth");
            fluidsynth.args(["-n", "-i", "-q", "-r", "48000", "-O", "s16", "-F"]).arg(&raw);
            costs.push(cost(fluidsynth.arg(font).arg(&midi))?);
        }
    }
    fs::remove_dir_all(&folder)?;
    let seconds: f64 = sound[0].output.trim().parse()?;
    println!("{seconds:.1} s of a full hardstyle arrangement, median of {rounds} rounds");
    println!("last round, stage by stage, with the peak memory of the process:");
    print!("{}", all.last().map_or("", |cost| cost.output.as_str()));
    report("all files", seconds, &all);
    let ours = report("synthesis and mastering", seconds, &sound);
    if !has_fluidsynth || fonts.is_empty() {
        eprintln!(
            "SKIPPED: no FluidSynth or none of {FONTS:?} is installed, nothing to compare with"
        );
        return Ok(());
    }
    for (font, costs) in fonts.iter().zip(&others) {
        let theirs = report(&format!("FluidSynth, {font}"), seconds, costs);
        println!("  which takes {:.2} times as much CPU", theirs / ours);
    }
    Ok(())
}

/// Prints medians and gives the one of CPU seconds.
fn report(what: &str, seconds: f64, costs: &[Cost]) -> f64 {
    let median = |of: fn(&Cost) -> f64| {
        let mut values: Vec<f64> = costs.iter().map(of).collect();
        values.sort_by(f64::total_cmp);
        values[values.len() / 2]
    };
    let (wall, cpu) = (median(|cost| cost.wall), median(|cost| cost.cpu));
    println!(
        "{what}: {wall:.3} s wall, {cpu:.3} s CPU, {:.0} times real time a core",
        seconds / cpu
    );
    cpu
}

fn cost(command: &mut Command) -> Outcome<Cost> {
    let before = childrens_cpu()?;
    let start = Instant::now();
    let output = command.stderr(Stdio::inherit()).stdin(Stdio::null()).output()?;
    let wall = start.elapsed().as_secs_f64();
    if !output.status.success() {
        return Err(format!("{command:?} failed").into());
    }
    let cpu = childrens_cpu()? - before;
    Ok(Cost { wall, cpu, output: String::from_utf8_lossy(&output.stdout).into_owned() })
}

/// Seconds that all ended children took together, by proc(5), in steps of 10 ms.
fn childrens_cpu() -> Outcome<f64> {
    let stat = fs::read_to_string("/proc/self/stat")?;
    // The name, in brackets, may hold spaces; the fields 16 and 17 follow it.
    let (_, fields) = stat.rsplit_once(')').ok_or("an unknown /proc/self/stat")?;
    let ticks = fields.split_whitespace().skip(13).take(2).map(str::parse::<f64>);
    Ok(ticks.sum::<Result<f64, _>>()? / 100.0)
}

fn print_stages(seconds: &Seconds) -> Outcome<()> {
    let Seconds { score, synthesis, coding, picture, total } = seconds;
    println!("  score {score:.3} s, synthesis and mastering {synthesis:.3} s,");
    println!("  then Opus {coding:.3} s and picture {picture:.3} s side by side: {total:.3} s");
    let status = fs::read_to_string("/proc/self/status")?;
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kib: f64 = peak.and_then(|p| p.split_whitespace().next()).unwrap_or("0").parse()?;
    println!("  peak memory {:.0} MiB", kib / 1024.0);
    Ok(())
}

/// Sixteen bars over i VI III VII in A minor with a lead in eighths and quarters.
fn song() -> Song {
    const CHORDS: [[u8; 3]; 4] = [[57, 60, 64], [53, 57, 60], [60, 64, 67], [55, 59, 62]];
    const STEPS: [usize; 6] = [0, 2, 1, 2, 0, 1];
    let beat = STEPS_PER_BEAT;
    let mut notes = Vec::new();
    for bar in 0..16 {
        let chord = CHORDS[bar as usize % 4];
        let start = bar * 4 * beat;
        notes.extend(chord.map(|key| (start, Voice::Chords, key, 4 * beat)));
        let mut at = 0;
        for (index, step) in STEPS.iter().enumerate() {
            let length = if index % 3 == 0 { beat } else { beat / 2 };
            notes.push((start + at, Voice::Lead, chord[*step] + 12, length));
            at += length;
        }
    }
    let note = |(onset, voice, key, duration): (u32, Voice, u8, u32)| {
        Pitch::new(key).map(|pitch| GridNote::new(onset, voice, pitch, duration))
    };
    Song::new(150.0, 4, 16, notes.into_iter().filter_map(note))
}
