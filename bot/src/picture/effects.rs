//! What is liked, and how surely is that known, at one look?
//!
//! A bar for each thing that is liked, as long as it is strong, with a whisker of two standard
//! deviations to each side, and beside it how that came to be over the versions. It draws what it is told and judges nothing.

use super::canvas::Canvas;
use super::colour::{ACCENT, BRIGHT, Colour, DARK_LANE, LANE, SOFT, STRONG_LINE};
use super::error::PictureError;
use super::header;
use super::page::{Caption, HEIGHT, WIDTH};
use super::past::{Course, FAR, Past};
use super::text::Weight;

/// One thing that is liked.
#[derive(Clone, Debug, PartialEq)]
pub struct Effect {
    /// What, in words.
    pub words: String,
    /// How strongly, in logits; at least 0.
    pub size: f64,
    /// The standard deviation of that.
    pub deviation: f64,
    /// Whether it is sure and not merely likely.
    pub is_sure: bool,
    /// The size and its standard deviation when each of the versions was made; below 0 where the opposite was
    /// liked.
    pub before: Vec<(f64, f64)>,
}

/// What a picture of a taste shows.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Effects {
    /// Whose taste it is, and what stands below that.
    pub caption: Caption,
    /// What it rests on.
    pub facts: String,
    /// The strongest first; as many as fit are drawn.
    pub effects: Vec<Effect>,
    /// The names of the versions that are looked back on, the oldest first.
    pub versions: Vec<String>,
    /// What stands there instead of bars if there are none.
    pub nothing: String,
}

/// Bars that fit.
const MAX_BARS: usize = 10;
const LIKELY: Colour = Colour(0x8E, 0x3A, 0x66);
const WHISKER: Colour = BRIGHT;
const TEXT: f32 = 31.0;
const SMALL: f32 = 27.0;
const LEFT: f32 = 480.0;
const RIGHT: f32 = 950.0;
/// Where the numbers end.
const NUMBERS: f32 = 1180.0;
/// Where the versions stand.
const VERSIONS: (f32, f32) = (1225.0, WIDTH as f32 - 30.0);
const TOP: f32 = header::HEIGHT + 24.0;
const BOTTOM: f32 = HEIGHT as f32 - 76.0;
/// The height of a row at most, and the share of it that its bar has.
const ROW: f32 = 120.0;
const BAR: f32 = 0.45;

/// The bytes of a PNG of 1600 × 900 pixels.
///
/// # Errors
/// [`PictureError`] if the embedded font cannot be read or the PNG not be written.
pub fn effects(taste: &Effects) -> Result<Vec<u8>, PictureError> {
    let mut canvas = Canvas::new(WIDTH, HEIGHT)?;
    let legend = [("Sure", ACCENT), ("Likely", LIKELY), ("95 %", WHISKER)];
    header::draw(&mut canvas, &taste.caption, &taste.facts, &legend);
    let shown = &taste.effects[..taste.effects.len().min(MAX_BARS)];
    if shown.is_empty() {
        let nothing = canvas.fonts.fitted(&taste.nothing, 33.0, Weight::Regular, 1500.0);
        canvas.text(&nothing, (50.0, TOP + 70.0), 33.0, Weight::Regular, SOFT);
        return canvas.png();
    }
    let scale = Scale::of(shown);
    let row = ((BOTTOM - TOP) / shown.len() as f32).min(ROW);
    let courses: Vec<Course> = shown.iter().map(course).collect();
    let past = Past::new(&taste.versions, &courses, VERSIONS);
    for (idx, (effect, course)) in shown.iter().zip(&courses).enumerate() {
        let place = (TOP + row * idx as f32, row);
        draw(&mut canvas, &scale, effect, place, idx % 2 == 0);
        past.draw(&mut canvas, course, place, colour_of(effect));
    }
    let bottom = TOP + row * shown.len() as f32;
    let zero = scale.x(0.0);
    canvas.fill(zero - 1.0, TOP, 3.0, bottom - TOP, STRONG_LINE);
    let about = "the further right, the more it is liked";
    canvas.text(about, (zero, bottom + 44.0), SMALL, Weight::Regular, SOFT);
    past.name(&mut canvas, bottom + 44.0);
    canvas.png()
}

/// Which sizes are shown.
struct Scale {
    low: f64,
    high: f64,
}

impl Scale {
    fn of(effects: &[Effect]) -> Self {
        let low = effects.iter().map(|effect| whisker(effect).0).fold(0.0, f64::min);
        let high = effects.iter().map(|effect| whisker(effect).1).fold(0.0, f64::max);
        Self { low, high: if high > low { high } else { low + 1.0 } }
    }

    fn x(&self, size: f64) -> f32 {
        let along = ((size - self.low) / (self.high - self.low)).clamp(0.0, 1.0);
        LEFT + along as f32 * (RIGHT - LEFT)
    }
}

fn whisker(effect: &Effect) -> (f64, f64) {
    (effect.size - FAR * effect.deviation, effect.size + FAR * effect.deviation)
}

fn course(effect: &Effect) -> Course {
    effect.before.iter().copied().chain([(effect.size, effect.deviation)]).collect()
}

fn colour_of(effect: &Effect) -> Colour {
    if effect.is_sure { ACCENT } else { LIKELY }
}

/// One row: words, bar, whisker, number.
fn draw(
    canvas: &mut Canvas,
    scale: &Scale,
    effect: &Effect,
    (top, row): (f32, f32),
    is_light: bool,
) {
    let ground = if is_light { LANE } else { DARK_LANE };
    canvas.fill(0.0, top, WIDTH as f32, row, ground);
    let (middle, zero) = (top + row / 2.0, scale.x(0.0));
    let baseline = middle + TEXT * 0.36;
    let words = canvas.fonts.fitted(&effect.words, TEXT, Weight::Bold, LEFT - 60.0);
    canvas.text_right(&words, (LEFT - 24.0, baseline), TEXT, Weight::Bold, BRIGHT);
    let (colour, height) = (colour_of(effect), row * BAR);
    let length = scale.x(effect.size) - zero;
    canvas.pill((zero, middle - height / 2.0, length, height), 6.0, colour);
    let (low, high) = whisker(effect);
    let (low, high) = (scale.x(low), scale.x(high));
    canvas.line(&[(low, middle), (high, middle)], 3.0, WHISKER, false);
    for x in [low, high] {
        canvas.line(&[(x, middle - 9.0), (x, middle + 9.0)], 3.0, WHISKER, false);
    }
    let number = format!("+{:.2} ± {:.2}", effect.size, FAR * effect.deviation);
    canvas.text_right(&number, (NUMBERS, baseline), SMALL, Weight::Regular, SOFT);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn effect(size: f64, deviation: f64) -> Effect {
        let (words, is_sure) = ("denser".to_owned(), size > 2.0 * deviation);
        Effect { words, size, deviation, is_sure, before: Vec::new() }
    }

    #[test]
    fn any_taste_is_drawn() {
        let none = Vec::new();
        let one = vec![effect(0.8, 0.2)];
        let flat = vec![effect(0.0, 0.0)];
        let many = (0..30).map(|i| effect(1.0 / f64::from(i + 1), 0.2)).collect();
        let odd = vec![Effect { words: "Ω ".repeat(200), ..effect(900.0, 1e-9) }];
        for effects_shown in [none, one, flat, many, odd] {
            let nothing = "nobody has voted ".repeat(20);
            let taste = Effects { effects: effects_shown, nothing, ..Effects::default() };
            let png = effects(&taste).expect("draws");
            assert!(png.starts_with(b"\x89PNG") && png.len() < 200_000, "{}", png.len());
            assert_eq!(png[16..20], WIDTH.to_be_bytes());
        }
    }

    #[test]
    fn strength_and_uncertainty_are_seen() {
        let bytes = |effect: Effect| {
            effects(&Effects { effects: vec![effect], ..Effects::default() }).expect("draws")
        };
        let base = bytes(effect(0.8, 0.2));
        let unsure = Effect { is_sure: false, ..effect(0.8, 0.2) };
        for other in [effect(0.7, 0.2), effect(0.8, 0.3), unsure] {
            assert_ne!(base, bytes(other));
        }
    }

    #[test]
    fn what_was_liked_before_is_seen() {
        let bytes = |before: &[(f64, f64)]| {
            let effects_shown = vec![Effect { before: before.to_vec(), ..effect(0.8, 0.2) }];
            let versions = (1..=before.len()).map(|version| format!("v{version}")).collect();
            let taste = Effects { effects: effects_shown, versions, ..Effects::default() };
            effects(&taste).expect("draws")
        };
        let base = bytes(&[(0.1, 0.4), (0.5, 0.3)]);
        for other in [vec![(0.5, 0.3)], vec![(-0.3, 0.4), (0.5, 0.3)], vec![(0.1, 0.1), (0.5, 0.3)]]
        {
            assert_ne!(base, bytes(&other));
        }
        let many = bytes(&[(f64::MAX, 0.0); 8]);
        assert!(many.starts_with(b"\x89PNG") && many.len() < 200_000, "{}", many.len());
    }

    #[test]
    fn a_whisker_across_nothing_stays_on_the_page() {
        let scale = Scale::of(&[effect(0.4, 0.3), effect(0.2, 0.05)]);
        assert!((scale.x(-0.2) - LEFT).abs() < 0.01 && (scale.x(1.0) - RIGHT).abs() < 0.01);
        assert!(scale.x(0.0) > LEFT);
    }
}
