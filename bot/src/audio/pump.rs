//! How does the kick push the other parts down?
//!
//! A gain curve made from the kick's onsets, not from its sound, so it is exact and the same in
//! every part: down within 3 ms, held, and back before the next beat.

use super::SAMPLE_RATE;

/// The gain at each frame, 1 where no kick is near.
pub(crate) fn curve(kicks: &[usize], beat: f64, depth_db: f32, n_frames: usize) -> Vec<f32> {
    let mut gains = vec![1.0_f32; n_frames];
    let floor = 10.0_f32.powf(-depth_db / 20.0);
    let down = SAMPLE_RATE as f32 * 0.003;
    let hold = (beat * 0.12) as f32;
    let rise = (beat * 0.5) as f32;
    for onset in kicks {
        let n = (down + hold + rise) as usize;
        let reach = (onset + n).min(n_frames);
        for (index, gain) in gains[(*onset).min(n_frames)..reach].iter_mut().enumerate() {
            let at = index as f32;
            let shape = if at < down {
                1.0 - at / down
            } else {
                let back = ((at - down - hold) / rise).clamp(0.0, 1.0);
                back * back * (3.0 - 2.0 * back)
            };
            // Kicks closer than the curve is long: the lower of the two counts.
            *gain = gain.min(floor + (1.0 - floor) * shape);
        }
    }
    gains
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pump_is_as_deep_as_asked_and_lets_go() {
        let gains = curve(&[1000], 19_200.0, 10.0, 20_000);
        let lowest = gains.iter().copied().fold(1.0, f32::min);
        assert!((20.0 * lowest.log10() + 10.0).abs() < 0.1);
        assert!(gains[..1000].iter().all(|g| *g > 0.999) && gains[19_000] > 0.999);
    }
}
