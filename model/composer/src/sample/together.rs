//! How do many songs grow side by side?

use std::sync::Mutex;

use network::infer::{Predictor, Stream};

use super::drawing::Drawing;

/// Songs that advance together on one core.
const MAX_TOGETHER: usize = 32;

/// A song that has ended or paused.
pub(super) struct Stopped<'a> {
    pub(super) drawing: Drawing<'a>,
    /// Where the network stands in a song that has paused.
    pub(super) paused: Option<Stream>,
}

/// Draws each song, numbered, until it ends or is to pause; `stream` is where the network stands in all
/// of them.
pub(super) fn grow<'a>(
    predictor: &Predictor,
    mut stream: Stream,
    mut open: Vec<(usize, Drawing<'a>)>,
    is_to_pause: impl Fn(&Drawing<'a>) -> bool,
) -> Vec<(usize, Stopped<'a>)> {
    let (mut tokens, mut suggested, mut stopped) = (Vec::new(), Vec::new(), Vec::new());
    let mut keep = Vec::new();
    while !open.is_empty() {
        tokens.clear();
        suggested.clear();
        keep.clear();
        for (idx, (_, drawing)) in open.iter_mut().enumerate() {
            let is_paused = is_to_pause(drawing);
            let next = if is_paused { None } else { drawing.next(stream.logits(idx)) };
            keep.push(next.is_some());
            if let Some((token, suggestions)) = next {
                tokens.push(token);
                suggested.extend(suggestions);
            }
        }
        if keep.contains(&false) {
            let mut idx = 0..;
            let of = |_: &mut (usize, Drawing<'_>)| idx.next().is_some_and(|idx| !keep[idx]);
            let places = (0..keep.len()).filter(|idx| !keep[*idx]);
            for ((number, drawing), place) in open.extract_if(.., of).zip(places) {
                let paused = is_to_pause(&drawing).then(|| stream.part(place));
                stopped.push((number, Stopped { drawing, paused }));
            }
            stream.retain(&keep);
        }
        if !open.is_empty() {
            predictor.advance(&mut stream, &tokens, &suggested);
        }
    }
    stopped
}

/// Works on all things, as many together as pay, on all cores; what comes of them in their order.
pub(super) fn in_shares<T: Send, R: Send>(
    things: Vec<T>,
    work: impl Fn(Vec<T>) -> Vec<R> + Sync,
) -> Vec<R> {
    let n_cores = std::thread::available_parallelism().map_or(1, usize::from);
    let size = things.len().div_ceil(n_cores).clamp(1, MAX_TOGETHER);
    let mut things = things.into_iter();
    let mut shares: Vec<Vec<T>> = Vec::new();
    while things.len() > 0 {
        shares.push(things.by_ref().take(size).collect());
    }
    if shares.len() < 2 {
        return shares.into_iter().flat_map(work).collect();
    }
    let n_threads = n_cores.min(shares.len());
    let open = Mutex::new(shares.into_iter().enumerate());
    let next = || open.lock().unwrap_or_else(std::sync::PoisonError::into_inner).next();
    let run = || std::iter::from_fn(next).map(|(idx, share)| (idx, work(share))).collect();
    let mut done: Vec<(usize, Vec<R>)> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..n_threads).map(|_| scope.spawn(run)).collect();
        let joined = threads.into_iter().map(std::thread::ScopedJoinHandle::join);
        joined
            .flat_map(|done: std::thread::Result<Vec<_>>| {
                done.unwrap_or_else(|panic| std::panic::resume_unwind(panic))
            })
            .collect()
    });
    done.sort_unstable_by_key(|(idx, _)| *idx);
    done.into_iter().flat_map(|(_, results)| results).collect()
}
