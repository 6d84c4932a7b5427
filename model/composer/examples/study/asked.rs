//! Is what is asked for heard?

use std::time::Instant;

use composer::conditions::{in_scale, register};
use composer::sample::{SampleError, SongSpec, sample_many};
use music::key::{Key, Mode};
use music::song::Song;
use music::tokens::Polyphony;
use network::infer::Predictor;
use network::{Network, Precision};

use crate::samples::{Way, spec_of};
use crate::songs::Labelled;

const N_SAMPLES: usize = 40;
/// The least share of the notes in the scale of a key that was asked for, as the daemon asks for it.
const IN_SCALE: f64 = 0.95;

/// Prints, for keys, densities, registers and polyphonies, what was asked for and what is heard.
pub(crate) fn study(
    network: &Network,
    way: Way,
    learned: &[&Labelled],
) -> Result<(), Box<dyn std::error::Error>> {
    let predictor = Predictor::new(network)?;
    let drawing = Drawing { predictor: &predictor, way, learned };
    keys(&drawing)?;
    numbers(&drawing)?;
    for precision in [Precision::Int4, Precision::Int8, Precision::F32] {
        let predictor = Predictor::with_precision(network, precision)?;
        speed(&Drawing { predictor: &predictor, ..drawing }, precision);
    }
    Ok(())
}

/// Songs and what they were to be like.
type Drawn = Vec<(SongSpec, Song)>;

struct Drawing<'a> {
    predictor: &'a Predictor,
    way: Way,
    learned: &'a [&'a Labelled],
}

impl Drawing<'_> {
    /// Samples like songs that were learned from, but for what `ask` changes.
    fn draw(&self, ask: &dyn Fn(&mut SongSpec)) -> Result<Drawn, SampleError> {
        let patterns = self.learned.iter().cycle().take(N_SAMPLES).zip(0..);
        let spec = |(pattern, seed): (&&Labelled, u64)| {
            let mut spec = spec_of(&pattern.song, self.way, (seed << 20) + 77);
            ask(&mut spec);
            spec
        };
        let specs: Vec<SongSpec> = patterns.map(spec).collect();
        let songs: Result<Vec<Song>, _> = sample_many(self.predictor, &specs).into_iter().collect();
        Ok(specs.into_iter().zip(songs?).collect())
    }
}

fn keys(drawing: &Drawing<'_>) -> Result<(), SampleError> {
    println!("\nkey asked            in scale: mean  worst   as asked, and how it is heard");
    print_keys("none", &drawing.draw(&|_| {})?);
    let majors = [2, 7, 0].map(|tonic| Key::new(tonic, Mode::Major));
    let minors = [5, 9].map(|tonic| Key::new(tonic, Mode::Minor));
    for key in majors.into_iter().chain(minors) {
        let ask = |spec: &mut SongSpec| {
            (spec.key, spec.in_scale, spec.asked.key) = (key, IN_SCALE, true);
        };
        print_keys(&key.to_string(), &drawing.draw(&ask)?);
    }
    Ok(())
}

fn numbers(drawing: &Drawing<'_>) -> Result<(), SampleError> {
    println!("\nasked              heard: mean   10 %   90 %");
    for asked in [4.0, 8.0, 16.0, 32.0] {
        let ask = |spec: &mut SongSpec| {
            spec.notes_per_bar = asked;
            spec.asked.density = true;
            spec.polyphony = Polyphony::ANY;
        };
        print_row("notes a bar", asked, &drawing.draw(&ask)?, Song::notes_per_bar);
    }
    for asked in [60.0, 66.0, 72.0, 78.0, 84.0] {
        let ask = |spec: &mut SongSpec| (spec.register, spec.asked.register) = (Some(asked), true);
        let heard = |song: &Song| register(song).unwrap_or(0.0);
        print_row("mean lead pitch", asked, &drawing.draw(&ask)?, heard);
    }
    for asked in [1, 2, 3, 4, 6] {
        let ask = |spec: &mut SongSpec| {
            spec.polyphony = Polyphony { in_all: asked, ..Polyphony::ANY };
            spec.asked.polyphony = true;
        };
        let heard = |song: &Song| f64::from(Polyphony::of(song).in_all);
        print_row("notes at once", f64::from(asked), &drawing.draw(&ask)?, heard);
    }
    Ok(())
}

/// How many candidates are drawn a second.
fn speed(drawing: &Drawing<'_>, precision: Precision) {
    let patterns = drawing.learned.iter().cycle().take(256).zip(0..);
    let spec = |(pattern, seed): (&&Labelled, u64)| SongSpec {
        n_bars: 16,
        ..spec_of(&pattern.song, drawing.way, seed)
    };
    let specs: Vec<SongSpec> = patterns.map(spec).collect();
    let began = Instant::now();
    let songs = sample_many(drawing.predictor, &specs);
    let seconds = began.elapsed().as_secs_f64();
    let n_notes: usize = songs.iter().flatten().map(|song| song.notes().len()).sum();
    println!(
        "256 candidates of 16 bars together, {precision:?}: {:.0} a second, {:.0} notes each",
        256.0 / seconds,
        n_notes as f64 / 256.0
    );
}

fn print_keys(asked: &str, drawn: &[(SongSpec, Song)]) {
    let shares: Vec<f64> = drawn.iter().map(|(_, song)| in_scale(song, song.key())).collect();
    let count = |is: &dyn Fn(&SongSpec, &Song) -> bool| {
        let n = drawn.iter().filter(|(spec, song)| is(spec, song)).count();
        100.0 * n as f64 / drawn.len() as f64
    };
    let profile = |song: &Song| Key::by_profile(&song.class_weights());
    println!(
        "{asked:<20} {:>14.1} % {:>5.1} % {:>7.0} % stated as asked, {:.0} % ours, {:.0} % mode by profile, {:.0} % key by profile",
        100.0 * shares.iter().sum::<f64>() / shares.len() as f64,
        100.0 * shares.iter().copied().fold(1.0, f64::min),
        count(&|spec, song| song.key() == spec.key),
        count(&|_, song| song.estimated_key().mode == song.key().mode),
        count(&|_, song| profile(song).mode == song.key().mode),
        count(&|_, song| profile(song) == song.key()),
    );
}

fn print_row(what: &str, asked: f64, drawn: &[(SongSpec, Song)], heard: fn(&Song) -> f64) {
    let mut values: Vec<f64> = drawn.iter().map(|(_, song)| heard(song)).collect();
    values.sort_by(f64::total_cmp);
    let at = |share: f64| values[((values.len() - 1) as f64 * share) as usize];
    println!(
        "{what:<16} {asked:>5.1} {:>10.2} {:>6.2} {:>6.2}",
        values.iter().sum::<f64>() / values.len() as f64,
        at(0.1),
        at(0.9)
    );
}
