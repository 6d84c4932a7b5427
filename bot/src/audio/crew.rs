//! How is work spread over the processor's cores, so that their number changes nothing?
//!
//! Pieces are taken in order by as many threads as there are cores; results come back in the order
//! of the pieces.

use std::sync::Mutex;
use std::thread;

/// Threads that work at the same time.
pub(crate) fn size() -> usize {
    thread::available_parallelism().map_or(1, usize::from).min(16)
}

/// The result of `work` on each piece, in order.
pub(crate) fn each<I: Send, T: Send>(
    pieces: impl ExactSizeIterator<Item = I> + Send,
    work: impl Fn(I) -> T + Sync,
) -> Vec<T> {
    let n_threads = size().min(pieces.len());
    let pieces = Mutex::new(pieces.enumerate());
    let (pieces, work) = (&pieces, &work);
    let share = move || {
        let mut done = Vec::new();
        // Only the iterator runs under the lock; it is poisoned if it panics, and then all is lost.
        while let Some((index, piece)) = pieces.lock().ok().and_then(|mut all| all.next()) {
            done.push((index, work(piece)));
        }
        done
    };
    let mut done: Vec<(usize, T)> = thread::scope(|scope| {
        let others: Vec<_> = (1..n_threads).map(|_| scope.spawn(share)).collect();
        let mut done = share();
        for other in others {
            done.extend(other.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
        }
        done
    });
    done.sort_unstable_by_key(|(index, _)| *index);
    done.into_iter().map(|(_, result)| result).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_come_in_the_order_of_the_pieces() {
        let squares = each(0..1000_usize, |piece| piece * piece);
        assert!(squares.into_iter().enumerate().all(|(index, square)| square == index * index));
        assert!(each(std::iter::empty::<u8>(), |piece| piece).is_empty());
    }
}
