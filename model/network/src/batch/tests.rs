//! Do the windows hold what the sequences say, and does only the ratio of weights matter?

use super::*;
use proptest::prelude::*;

const INTERFACE: Interface = Interface { vocabulary: 50, lookbacks: 4, labels: 3 };

fn sequences(n: u32) -> Vec<Sequence> {
    (0..n).map(|i| sequence(i, 5 + i % 5 * 3, 1.0)).collect()
}

fn sequence(seed: u32, n_tokens: u32, weight: f32) -> Sequence {
    let tokens: Vec<u32> = (0..n_tokens).map(|j| (seed + j * j) % 50).collect();
    let suggested = (0..4 * n_tokens.saturating_sub(1)).map(|j| (seed + j * 7) % 60).collect();
    Sequence { tokens, suggested, labels: vec![seed % 3], weight }
}

/// The same windows, each found by walking along the lanes from their start.
fn plain_windows(sequences: &[Sequence], n_lanes: usize, n_steps: usize) -> Vec<Window> {
    let n_lanes = n_lanes.min(sequences.len()).max(1);
    let mut lanes: Vec<Vec<&Sequence>> = vec![Vec::new(); n_lanes];
    let length = |lane: &[&Sequence]| lane.iter().map(|own| own.n_steps()).sum::<usize>();
    for sequence in sequences {
        let shortest = (0..n_lanes).min_by_key(|lane| length(&lanes[*lane])).expect("a lane");
        lanes[shortest].push(sequence);
    }
    let longest = lanes.iter().map(|lane| length(lane)).max().expect("a lane");
    let mean = mean_weight(sequences);
    let window = |from: usize| {
        let mut window = Window::empty(INTERFACE, 1, n_steps, n_lanes);
        for (lane, sequences) in lanes.iter().enumerate() {
            let steps =
                sequences.iter().flat_map(|own| (0..own.n_steps()).map(move |at| (*own, at)));
            for (t, (own, at)) in steps.skip(from).take(n_steps).enumerate() {
                window.put(INTERFACE, t * n_lanes + lane, own, at);
            }
        }
        window.targets.divisor = (window.n_tokens().max(1) as f64 * mean) as f32;
        window
    };
    (0..longest.div_ceil(n_steps)).map(|idx| window(idx * n_steps)).collect()
}

proptest! {
    #[test]
    fn windows_are_those_of_the_plain_walk(
        sequences in proptest::collection::vec((0u32..99, 0u32..40, 0u8..4), 0..12),
        (n_lanes, n_steps) in (1usize..6, 1usize..20),
        n_skipped in 0usize..9,
    ) {
        let sequences: Vec<Sequence> = sequences
            .into_iter()
            .map(|(seed, n, weight)| sequence(seed, n, f32::from(weight)))
            .collect();
        let expected = plain_windows(&sequences, n_lanes, n_steps);
        let windows = Windows::new(INTERFACE, sequences, n_lanes, n_steps);
        prop_assert_eq!(windows.len(), expected.len());
        let text = |windows: &[Window]| format!("{windows:?}");
        let whole: Vec<Window> = windows.clone().collect();
        prop_assert_eq!(text(&whole), text(&expected));
        let rest: Vec<Window> = windows.skip(n_skipped).collect();
        prop_assert_eq!(text(&rest), text(&expected[n_skipped.min(expected.len())..]));
    }
}

#[test]
fn an_epoch_holds_every_token_of_every_sequence_once() {
    let sequences = sequences(13);
    let total: usize = sequences.iter().map(Sequence::n_steps).sum();
    for n_lanes in [1, 4, 50] {
        let windows = || Windows::new(INTERFACE, sequences.clone(), n_lanes, 7);
        let seen: usize = windows().map(|w| w.n_tokens()).sum();
        assert_eq!(seen, total);
        let starts: usize =
            windows().map(|w| w.resets.iter().filter(|reset| **reset).count()).sum();
        assert_eq!(starts, sequences.len());
    }
}

#[test]
fn one_lane_reads_the_sequence_as_it_is_written() {
    let sequences = sequences(1);
    let read: Vec<u32> = Windows::new(INTERFACE, sequences.clone(), 1, 5)
        .flat_map(|w| w.targets.tokens.into_iter().zip(w.targets.weights))
        .filter(|(_, weight)| *weight > 0.0)
        .map(|(token, _)| token)
        .collect();
    assert_eq!(read, sequences[0].tokens[1..]);
}

/// What each token contributes to the gradient of its window.
fn shares(sequences: &[Sequence], factor: f32) -> Vec<f32> {
    let scaled =
        sequences.iter().map(|own| Sequence { weight: own.weight * factor, ..own.clone() });
    Windows::new(INTERFACE, scaled.collect(), 2, 7)
        .flat_map(|w| {
            let divisor = w.targets.divisor;
            w.targets.weights.into_iter().map(move |weight| weight / divisor)
        })
        .collect()
}

#[test]
fn only_ratios_of_weights_matter() {
    let mut sequences = sequences(9);
    for (own, weight) in sequences.iter_mut().zip([0.5, 1.0, 3.0, 0.0].into_iter().cycle()) {
        own.weight = weight;
    }
    let expected = shares(&sequences, 1.0);
    for factor in [1e-3, 0.5, 7.0, 1e4] {
        for (a, b) in shares(&sequences, factor).iter().zip(&expected) {
            assert!((a - b).abs() <= b * 1e-6, "{a}, not {b}, at {factor} times the weight");
        }
    }
}

#[test]
fn a_weight_counts_also_where_its_sequence_is_alone_in_a_window() {
    let (light, heavy) = (sequence(1, 8, 0.5), sequence(2, 8, 1.5));
    let windows = Windows::new(INTERFACE, vec![light, heavy], 1, 7);
    let shares: Vec<f32> = windows.map(|w| w.targets.weights[0] / w.targets.divisor).collect();
    assert_eq!(shares.len(), 2);
    assert!((shares[1] / shares[0] - 3.0).abs() < 1e-6, "{shares:?}");
}
