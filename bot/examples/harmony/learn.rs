//! How are the weights of the harmony learned?
//!
//! By raising the log-likelihood of the labels of a conditional random field, slots without a label
//! summed over, with a penalty on large weights. Gradients are expectations by the forward-backward
//! algorithm; steps are Adam's. Each song is shown twice, with its lead and with lead and bass.

use bot::arrange::harmony::evidence::{Evidence, gather};
use bot::arrange::harmony::path::{mode, relation, scores};
use bot::arrange::harmony::slots::Slots;
use bot::arrange::harmony::{N_CHANNELS, N_CHORDS, Weights};

use super::labels::{Labelled, Shown};

const EPOCHS: usize = 24;
const SONGS_A_STEP: usize = 40;
const PENALTY: f64 = 1e-3;
const RATE: f64 = 0.06;

/// A song ready to learn from; chords are counted from its tonic.
struct Lesson {
    evidence: Vec<Evidence>,
    mode: usize,
    is_mid_bar: Vec<bool>,
    truth: Vec<Option<usize>>,
    n_labels: usize,
    set: String,
    weight: f64,
}

/// Scores or probabilities of the chords of one slot.
type Chords = [f64; N_CHORDS];

/// The weights that explain the labels of the songs that are not held out.
pub(crate) fn learn(songs: &[Labelled], mut say: impl FnMut(usize, f64)) -> Weights {
    let lessons = lessons(songs);
    let mut adam = Adam::new();
    let mut order: Vec<usize> = (0..lessons.len()).collect();
    let mut random = 7_u64;
    for epoch in 0..EPOCHS {
        shuffle(&mut order, &mut random);
        let mut likelihood = 0.0;
        let along = epoch as f64 / EPOCHS as f64;
        let rate = RATE * 0.5 * (1.0 + (std::f64::consts::PI * along).cos()) + 1e-3;
        for step in order.chunks(SONGS_A_STEP) {
            let weights = adam.weights();
            let mut gradient = vec![0.0; adam.values.len()];
            let mut n = 0.0;
            for lesson in step.iter().map(|index| &lessons[*index]) {
                likelihood += lesson.gradient(&weights, &mut gradient);
                n += lesson.weight * lesson.n_labels as f64;
            }
            adam.step(&gradient, n, rate);
        }
        let n: f64 = lessons.iter().map(|lesson| lesson.weight * lesson.n_labels as f64).sum();
        say(epoch, likelihood / n);
    }
    adam.weights()
}

fn lessons(songs: &[Labelled]) -> Vec<Lesson> {
    let known = songs.iter().filter(|song| !song.is_held_out);
    let both = known.flat_map(|song| [(song, Shown::Lead), (song, Shown::LeadAndBass)]);
    let mut lessons: Vec<Lesson> = both.map(|(song, shown)| lesson(song, shown)).collect();
    // A set counts by the root of its size, so that the largest does not drown the others.
    let sizes: Vec<usize> = lessons
        .iter()
        .map(|of| lessons.iter().filter(|l| l.set == of.set).map(|l| l.n_labels).sum())
        .collect();
    for (lesson, size) in lessons.iter_mut().zip(sizes) {
        lesson.weight = 1.0 / (size as f64).sqrt().max(1.0);
    }
    lessons
}

fn lesson(labelled: &Labelled, shown: Shown) -> Lesson {
    let song = labelled.shown(shown);
    let slots = Slots::of(&song);
    let tonic = song.key().tonic();
    let truth: Vec<Option<usize>> = labelled
        .truth(&slots)
        .into_iter()
        .map(|label| label.map(|chord| chord.raised(12 - tonic).index()))
        .collect();
    Lesson {
        evidence: gather(&song, &slots),
        mode: mode(&song),
        is_mid_bar: (0..slots.n_slots).map(|slot| slots.is_mid_bar(slot)).collect(),
        n_labels: truth.iter().flatten().count(),
        truth,
        set: labelled.set.clone(),
        weight: 1.0,
    }
}

/// Probabilities of chords and of pairs of neighbours.
struct Expected {
    chords: Vec<Chords>,
    /// For each slot but the first, from the chord before to this one.
    pairs: Vec<[Chords; N_CHORDS]>,
    log_sum: f64,
}

impl Lesson {
    /// Adds the gradient and gives the log-likelihood of the labels, both times the weight.
    fn gradient(&self, weights: &Weights, gradient: &mut [f64]) -> f64 {
        let free = scores(weights, &self.evidence, self.mode);
        let free: Vec<Chords> = free.into_iter().map(|slot| slot.map(f64::from)).collect();
        let told: Vec<Chords> = free
            .iter()
            .zip(&self.truth)
            .map(|(slot, truth)| {
                let is_open = |chord: usize| truth.is_none_or(|truth| truth == chord);
                std::array::from_fn(|chord| slot[chord] - if is_open(chord) { 0.0 } else { 80.0 })
            })
            .collect();
        let free = self.expected(weights, &free);
        let told = self.expected(weights, &told);
        let last = self.evidence.len() - 1;
        for slot in 0..=last {
            for chord in 0..N_CHORDS {
                let by = (told.chords[slot][chord] - free.chords[slot][chord]) * self.weight;
                gradient[degree(0, self.mode, chord)] += by;
                if slot == 0 {
                    gradient[degree(1, self.mode, chord)] += by;
                }
                if slot == last {
                    gradient[degree(2, self.mode, chord)] += by;
                }
                for class in 0..12 {
                    let relation = relation(self.mode, chord, class);
                    for channel in 0..N_CHANNELS {
                        let amount = f64::from(self.evidence[slot][channel][class]);
                        gradient[channel * 48 + relation] += by * amount;
                    }
                }
                if slot > 0 {
                    for to in 0..N_CHORDS {
                        let at = change(self.mode, self.is_mid_bar[slot], chord, to);
                        let (told, free) = (&told.pairs[slot - 1], &free.pairs[slot - 1]);
                        gradient[at] += (told[chord][to] - free[chord][to]) * self.weight;
                    }
                }
            }
        }
        (told.log_sum - free.log_sum) * self.weight
    }

    fn expected(&self, weights: &Weights, scores: &[Chords]) -> Expected {
        let n = scores.len();
        let change = |slot: usize, from: usize, to: usize| {
            let mid_bar = usize::from(self.is_mid_bar[slot]);
            f64::from(weights.change[self.mode][mid_bar][from][to]).exp()
        };
        let mut log_sum = 0.0;
        let likely: Vec<Chords> = scores
            .iter()
            .map(|slot| {
                let most = slot.iter().copied().fold(f64::MIN, f64::max);
                log_sum += most;
                slot.map(|score| (score - most).exp())
            })
            .collect();
        let mut forward = vec![likely[0]];
        let mut sums = vec![normalise(&mut forward[0])];
        for slot in 1..n {
            let before = forward[slot - 1];
            let mut now: Chords = std::array::from_fn(|to| {
                let came: f64 =
                    (0..N_CHORDS).map(|from| before[from] * change(slot, from, to)).sum();
                came * likely[slot][to]
            });
            sums.push(normalise(&mut now));
            forward.push(now);
        }
        log_sum += sums.iter().map(|sum| sum.ln()).sum::<f64>();
        let mut backward: Chords = [1.0; N_CHORDS];
        let mut chords = vec![[0.0; N_CHORDS]; n];
        let mut pairs = vec![[[0.0; N_CHORDS]; N_CHORDS]; n - 1];
        for slot in (0..n).rev() {
            chords[slot] = std::array::from_fn(|chord| forward[slot][chord] * backward[chord]);
            if slot == 0 {
                break;
            }
            let ahead: Chords =
                std::array::from_fn(|to| likely[slot][to] * backward[to] / sums[slot]);
            for from in 0..N_CHORDS {
                pairs[slot - 1][from] = std::array::from_fn(|to| {
                    forward[slot - 1][from] * change(slot, from, to) * ahead[to]
                });
            }
            backward = std::array::from_fn(|from| {
                (0..N_CHORDS).map(|to| change(slot, from, to) * ahead[to]).sum()
            });
        }
        Expected { chords, pairs, log_sum }
    }
}

fn normalise(chords: &mut Chords) -> f64 {
    let sum: f64 = chords.iter().sum::<f64>().max(1e-300);
    for chord in chords.iter_mut() {
        *chord /= sum;
    }
    sum
}

/// Where the weights lie in one long vector: evidence, then degree, first and last, then change.
fn degree(kind: usize, mode: usize, chord: usize) -> usize {
    N_CHANNELS * 48 + (kind * 2 + mode) * N_CHORDS + chord
}

fn change(mode: usize, is_mid_bar: bool, from: usize, to: usize) -> usize {
    let table = mode * 2 + usize::from(is_mid_bar);
    degree(3, 0, 0) + (table * N_CHORDS + from) * N_CHORDS + to
}

struct Adam {
    values: Vec<f64>,
    mean: Vec<f64>,
    square: Vec<f64>,
    n_steps: i32,
}

impl Adam {
    fn new() -> Self {
        let n = change(1, true, N_CHORDS - 1, N_CHORDS - 1) + 1;
        Self { values: vec![0.0; n], mean: vec![0.0; n], square: vec![0.0; n], n_steps: 0 }
    }

    fn step(&mut self, gradient: &[f64], n: f64, rate: f64) {
        self.n_steps += 1;
        let (early, late) = (1.0 - 0.9_f64.powi(self.n_steps), 1.0 - 0.99_f64.powi(self.n_steps));
        for (i, raising) in gradient.iter().enumerate() {
            let slope = raising / n - PENALTY * self.values[i];
            self.mean[i] = 0.9 * self.mean[i] + 0.1 * slope;
            self.square[i] = 0.99 * self.square[i] + 0.01 * slope * slope;
            let size = (self.square[i] / late).sqrt() + 1e-8;
            self.values[i] += rate * self.mean[i] / early / size;
        }
    }

    fn weights(&self) -> Weights {
        let value = |at: usize| self.values[at] as f32;
        let degrees = |kind: usize| {
            std::array::from_fn(|mode| std::array::from_fn(|c| value(degree(kind, mode, c))))
        };
        let mut weights = Weights::zero();
        weights.evidence = std::array::from_fn(|channel| {
            std::array::from_fn(|relation| value(channel * 48 + relation))
        });
        (weights.degree, weights.first, weights.last) = (degrees(0), degrees(1), degrees(2));
        for (mode, tables) in weights.change.iter_mut().enumerate() {
            for (mid_bar, table) in tables.iter_mut().enumerate() {
                for (from, row) in table.iter_mut().enumerate() {
                    *row = std::array::from_fn(|to| value(change(mode, mid_bar == 1, from, to)));
                }
            }
        }
        weights
    }
}

fn shuffle(order: &mut [usize], random: &mut u64) {
    for i in (1..order.len()).rev() {
        *random =
            random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        order.swap(i, (*random >> 33) as usize % (i + 1));
    }
}
