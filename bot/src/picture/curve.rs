//! How did a version learn, at one look?
//!
//! The losses of training and held-out songs after each epoch, against what counting pairs of tokens
//! reaches, with the epoch that was kept. It draws what it is told and judges nothing.

use super::canvas::Canvas;
use super::colour::{ACCENT, BRIGHT, Colour, GROUND, LANE, LINE, SOFT};
use super::error::PictureError;
use super::header;
use super::page::{Caption, HEIGHT, WIDTH};
use super::text::Weight;

/// Losses after one epoch, in nats a token.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CurvePoint {
    /// Counted from 1.
    pub epoch: usize,
    /// On the songs learned from.
    pub train_nll: f64,
    /// On the songs held out.
    pub valid_nll: f64,
}

/// What a picture of a training shows. Losses are in nats a token; those that are not numbers are
/// left out.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Curve {
    /// The version's name, and what stands below it.
    pub caption: Caption,
    /// The losses by epoch.
    pub losses: Vec<CurvePoint>,
    /// What a bigram model reaches on the held-out songs.
    pub bigram_nll: Option<f64>,
    /// The epoch whose weights were kept, counted as in `losses`.
    pub kept_epoch: Option<usize>,
    /// Whether the version is or was played.
    pub is_promoted: bool,
}

const TRAIN: Colour = Colour(0x38, 0xB6, 0xFF);
const BIGRAM: Colour = Colour(0xFF, 0xA9, 0x26);
const PROMOTED: Colour = Colour(0x9B, 0xE5, 0x64);
const TEXT: f32 = 27.0;
const LEFT: f32 = 130.0;
const RIGHT: f32 = WIDTH as f32 - 60.0;
const TOP: f32 = header::HEIGHT + 62.0;
const BOTTOM: f32 = HEIGHT as f32 - 84.0;

/// The bytes of a PNG of 1600 × 900 pixels.
///
/// # Errors
/// [`PictureError`] if the embedded font cannot be read or the PNG not be written.
pub fn curve(curve: &Curve) -> Result<Vec<u8>, PictureError> {
    let mut canvas = Canvas::new(WIDTH, HEIGHT)?;
    let plot = Plot::new(curve);
    let mut legend = vec![("Held-out songs", ACCENT), ("Training", TRAIN)];
    if plot.bigram.is_some() {
        legend.push(("Bigram", BIGRAM));
    }
    header::draw(&mut canvas, &curve.caption, &facts(curve), &legend);
    canvas.fill(LEFT, TOP, RIGHT - LEFT, BOTTOM - TOP, LANE);
    plot.grid(&mut canvas);
    plot.bigram(&mut canvas, curve.kept_epoch);
    for (colour, nll) in [(TRAIN, train as fn(&CurvePoint) -> f64), (ACCENT, valid)] {
        plot.line(&mut canvas, &curve.losses, colour, nll);
    }
    plot.kept(&mut canvas, curve);
    if curve.losses.is_empty() {
        canvas.text("no epoch yet", (LEFT + 40.0, TOP + 70.0), 33.0, Weight::Regular, SOFT);
    }
    canvas.png()
}

fn train(loss: &CurvePoint) -> f64 {
    loss.train_nll
}

fn valid(loss: &CurvePoint) -> f64 {
    loss.valid_nll
}

/// `24 epochs  ·  kept 18  ·  promoted`.
fn facts(curve: &Curve) -> String {
    let n = curve.losses.len();
    let epochs = format!("{n} epoch{}", if n == 1 { "" } else { "s" });
    let kept = curve.kept_epoch.map(|epoch| format!("kept {epoch}"));
    let state = if curve.is_promoted { "promoted" } else { "not promoted" };
    let all = [Some(epochs), kept, Some(state.to_owned())];
    all.into_iter().flatten().collect::<Vec<_>>().join("  ·  ")
}

/// Which epochs and losses are shown.
struct Plot {
    first: f64,
    last: f64,
    low: f64,
    high: f64,
    bigram: Option<f64>,
}

impl Plot {
    fn new(curve: &Curve) -> Self {
        let epochs = || curve.losses.iter().map(|loss| loss.epoch as f64);
        let bigram = curve.bigram_nll.filter(|nll| nll.is_finite());
        let losses = curve.losses.iter().flat_map(|loss| [loss.train_nll, loss.valid_nll]);
        let shown: Vec<f64> = losses.chain(bigram).filter(|nll| nll.is_finite()).collect();
        let least = shown.iter().copied().fold(f64::INFINITY, f64::min);
        let most = shown.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let (least, most) = if shown.is_empty() { (0.0, 1.0) } else { (least, most) };
        let margin = (0.06 * (most - least)).max(0.02);
        let first = epochs().fold(f64::INFINITY, f64::min).min(1.0);
        let last = epochs().fold(first + 1.0, f64::max);
        Self { first, last, low: (least - margin).max(0.0), high: most + margin, bigram }
    }

    fn x(&self, epoch: f64) -> f32 {
        let along = ((epoch - self.first) / (self.last - self.first)) as f32;
        LEFT + 24.0 + along * (RIGHT - LEFT - 48.0)
    }

    fn y(&self, nll: f64) -> f32 {
        BOTTOM - ((nll - self.low) / (self.high - self.low)) as f32 * (BOTTOM - TOP)
    }

    fn grid(&self, canvas: &mut Canvas) {
        self.losses(canvas);
        self.epochs(canvas);
        canvas.text("nats a token", (24.0, TOP - 22.0), TEXT, Weight::Regular, SOFT);
        let (x, y) = (RIGHT, HEIGHT as f32 - 14.0);
        canvas.text_right("epoch", (x, y), TEXT, Weight::Regular, SOFT);
    }

    /// The lines across, and what loss each stands for.
    fn losses(&self, canvas: &mut Canvas) {
        let step = round_step((self.high - self.low) / 5.0);
        let digits = usize::from(step < 1.0) + usize::from(step < 0.1) + usize::from(step < 0.01);
        let mut tick = (self.low / step).ceil();
        while tick * step <= self.high {
            let y = self.y(tick * step);
            canvas.fill(LEFT, y, RIGHT - LEFT, 1.0, LINE);
            let label = format!("{:.digits$}", tick * step);
            let at = (LEFT - 16.0, y + TEXT * 0.36);
            canvas.text_right(&label, at, TEXT, Weight::Regular, SOFT);
            tick += 1.0;
        }
    }

    /// The lines down, and the number of each one's epoch.
    fn epochs(&self, canvas: &mut Canvas) {
        let step = round_step((self.last - self.first) / 9.0).max(1.0);
        let mut epoch = (self.first / step).ceil() * step;
        while epoch <= self.last {
            let label = format!("{epoch:.0}");
            let width = canvas.fonts.width(&label, TEXT, Weight::Regular);
            let x = self.x(epoch);
            canvas.fill(x, TOP, 1.0, BOTTOM - TOP, LINE.over(LANE, 0.6));
            let at = (x - width / 2.0, BOTTOM + 36.0);
            canvas.text(&label, at, TEXT, Weight::Regular, SOFT);
            epoch += step;
        }
    }

    /// The loss of the bigram; its name stands at the right, or left of the line of the kept epoch.
    fn bigram(&self, canvas: &mut Canvas, kept_epoch: Option<usize>) {
        let Some(nll) = self.bigram else { return };
        let y = self.y(nll);
        canvas.line(&[(LEFT, y), (RIGHT, y)], 4.0, BIGRAM, true);
        let (text, above) = (format!("bigram {nll:.3}"), y - TOP > 48.0);
        let y = if above { y - 16.0 } else { y + 36.0 };
        let width = canvas.fonts.width(&text, TEXT, Weight::Bold) + 32.0;
        let kept = kept_epoch.map(|epoch| self.x(epoch as f64));
        let is_crossed = |x: &f32| (RIGHT - width..=RIGHT).contains(x) && *x - width > LEFT;
        let right = kept.filter(is_crossed).unwrap_or(RIGHT) - 16.0;
        canvas.text_right(&text, (right, y), TEXT, Weight::Bold, BIGRAM);
    }

    fn line(
        &self,
        canvas: &mut Canvas,
        losses: &[CurvePoint],
        colour: Colour,
        nll: fn(&CurvePoint) -> f64,
    ) {
        let known = losses.iter().filter(|loss| nll(loss).is_finite());
        let points: Vec<(f32, f32)> =
            known.map(|loss| (self.x(loss.epoch as f64), self.y(nll(loss)))).collect();
        canvas.line(&points, 6.0, colour, false);
        // Few epochs are dots too: one alone would not be seen as a line.
        if points.len() <= 30 {
            for (x, y) in points {
                canvas.pill((x - 7.0, y - 7.0, 14.0, 14.0), 7.0, colour);
            }
        }
    }

    /// The kept epoch: a line down, a ring on the curve, and its loss.
    fn kept(&self, canvas: &mut Canvas, curve: &Curve) {
        let kept = curve.losses.iter().find(|loss| Some(loss.epoch) == curve.kept_epoch);
        let Some(loss) = kept.filter(|loss| loss.valid_nll.is_finite()) else { return };
        let (x, y) = (self.x(loss.epoch as f64), self.y(loss.valid_nll));
        let colour = if curve.is_promoted { PROMOTED } else { SOFT };
        canvas.line(&[(x, TOP), (x, BOTTOM)], 3.0, colour, true);
        for (radius, colour) in [(16.0, colour), (11.0, GROUND), (7.0, ACCENT)] {
            canvas.pill((x - radius, y - radius, 2.0 * radius, 2.0 * radius), radius, colour);
        }
        let text = format!("epoch {}: {:.3}", loss.epoch, loss.valid_nll);
        let width = canvas.fonts.width(&text, 33.0, Weight::Bold);
        let left = (x - width / 2.0).clamp(LEFT, RIGHT - width);
        canvas.text(&text, (left, TOP - 14.0), 33.0, Weight::Bold, BRIGHT);
    }
}

/// The round number (1, 2 or 5 times a power of ten) that is at least `step`.
fn round_step(step: f64) -> f64 {
    let power = 10_f64.powf(step.max(1e-6).log10().floor());
    let round = [1.0, 2.0, 5.0].into_iter().find(|factor| factor * power >= step * 0.999);
    round.unwrap_or(10.0) * power
}

#[cfg(test)]
mod tests {
    use super::*;

    fn loss(epoch: usize, train_nll: f64, valid_nll: f64) -> CurvePoint {
        CurvePoint { epoch, train_nll, valid_nll }
    }

    #[test]
    fn steps_are_round() {
        assert!((round_step(0.13) - 0.2).abs() < 1e-9);
        assert!((round_step(0.5) - 0.5).abs() < 1e-9);
        assert!((round_step(7.0) - 10.0).abs() < 1e-9);
    }

    #[test]
    fn any_training_is_drawn() {
        let usual: Vec<CurvePoint> =
            (1..=24).map(|i| loss(i, 3.0 / i as f64, 3.2 / i as f64 + 0.02 * i as f64)).collect();
        let cases = [
            Vec::new(),
            vec![loss(1, 2.0, 2.5)],
            vec![loss(1, f64::NAN, f64::INFINITY), loss(2, 1.0, 1.0)],
            (1..=400).map(|i| loss(i, 2.0, 2.0)).collect(),
            usual,
        ];
        for losses in cases {
            for is_promoted in [true, false] {
                let kept_epoch = losses.last().map(|loss| loss.epoch);
                let caption = Caption { title: "x".repeat(200), subtitle: String::new() };
                let bigram_nll = Some(2.4);
                let shown =
                    Curve { caption, losses: losses.clone(), bigram_nll, kept_epoch, is_promoted };
                let png = curve(&shown).expect("draws");
                assert!(png.starts_with(b"\x89PNG") && png.len() < 200_000, "{}", png.len());
                assert_eq!(png[16..20], WIDTH.to_be_bytes());
            }
        }
    }

    #[test]
    fn what_is_told_changes_the_picture() {
        let base = Curve { losses: vec![loss(1, 2.0, 2.5), loss(2, 1.5, 2.2)], ..Curve::default() };
        let bytes = |curve_of: &Curve| curve(curve_of).expect("draws");
        let promoted = Curve { is_promoted: true, ..base.clone() };
        let kept = Curve { kept_epoch: Some(2), ..base.clone() };
        let bigram = Curve { bigram_nll: Some(2.3), ..base.clone() };
        for other in [promoted, kept, bigram] {
            assert_ne!(bytes(&base), bytes(&other));
        }
    }
}
