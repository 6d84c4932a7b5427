//! How are many songs begun, and only the most promising drawn to their end?
//!
//! What a song is like shows early: its first quarter tells most of how it will be liked. To begin four of 16
//! bars and go on with the best takes 1.75 times as long as to draw one, and is worth nearly as much as to draw
//! all four (successive halving, Jamieson and Talwalkar 2016).

use music::song::Song;
use music::tokens::decode;
use network::infer::Predictor;

use super::drawing::Drawing;
use super::together::{Stopped, grow, in_shares};
use super::{MAX_DRAWS, SampleError, SongSpec, Task, opened, redraw};

/// A song is judged by the first of so many parts.
const PARTS: u32 = 4;

/// A song that was begun.
struct Begun<'a> {
    idx: usize,
    task: Task<'a>,
    /// `None` where there is nothing to draw.
    stopped: Option<Stopped<'a>>,
    promise: f64,
}

/// Begins a song for each spec and draws the `n_kept` to their end of which `promise` expects most by their
/// first quarter; each as [`sample`](super::sample) would, with the place of its spec, in the order of the
/// specs.
pub fn sample_promising(
    predictor: &Predictor,
    specs: &[SongSpec],
    n_kept: usize,
    promise: impl Fn(&Song) -> f64 + Sync,
) -> Vec<(usize, Result<Song, SampleError>)> {
    let tasks = specs.iter().map(Task::new).enumerate().collect();
    let mut begun = in_shares(tasks, |share| begin(predictor, share, &promise));
    begun.sort_by(|a, b| b.promise.total_cmp(&a.promise).then(a.idx.cmp(&b.idx)));
    begun.truncate(n_kept);
    begun.sort_unstable_by_key(|begun| begun.idx);
    in_shares(begun, |share| go_on(predictor, share))
}

/// Draws the first quarter of each.
fn begin<'a>(
    predictor: &Predictor,
    tasks: Vec<(usize, Task<'a>)>,
    promise: &impl Fn(&Song) -> f64,
) -> Vec<Begun<'a>> {
    let begun = |(idx, task)| Begun { idx, task, stopped: None, promise: f64::NEG_INFINITY };
    let mut begun: Vec<Begun<'a>> = tasks.into_iter().map(begun).collect();
    let (open, labels) = opened(begun.iter().map(|begun| &begun.task), 0);
    let n_begun_bars = |spec: &SongSpec| spec.n_drawn_bars().div_ceil(PARTS);
    let is_told = |drawing: &Drawing<'a>| drawing.n_drawn_bars() >= n_begun_bars(drawing.spec());
    for (place, stopped) in grow(predictor, predictor.streams(&labels), open, is_told) {
        let beginning = decode(&stopped.drawing.beginning()).expect("a song may end with any bar");
        let beginning = beginning.with_tempo(stopped.drawing.spec().tempo_bpm);
        begun[place].promise = promise(&beginning);
        begun[place].stopped = Some(stopped);
    }
    begun
}

/// Draws each to its end, and again if that is not what was asked for.
fn go_on(predictor: &Predictor, begun: Vec<Begun<'_>>) -> Vec<(usize, Result<Song, SampleError>)> {
    let (mut tasks, mut places) = (Vec::new(), Vec::new());
    let none: [Vec<u32>; 0] = [];
    let (mut open, mut stream) = (Vec::new(), predictor.streams(&none));
    for (place, Begun { idx, mut task, stopped, .. }) in begun.into_iter().enumerate() {
        match stopped {
            Some(Stopped { drawing, paused: Some(paused) }) => {
                open.push((place, drawing));
                stream.append(&paused);
            }
            Some(Stopped { drawing, paused: None }) => task.take(&drawing.tokens()),
            None => {}
        }
        tasks.push(task);
        places.push(idx);
    }
    for (place, stopped) in grow(predictor, stream, open, |_| false) {
        tasks[place].take(&stopped.drawing.tokens());
    }
    redraw(predictor, &mut tasks, 1..MAX_DRAWS);
    places.into_iter().zip(tasks.into_iter().map(Task::end)).collect()
}
