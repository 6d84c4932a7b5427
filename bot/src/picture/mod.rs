//! What does a track look like?
//!
//! [`draw`] makes a piano roll of 1600 × 900 pixels: title and facts, parts in colours, sections and
//! bar numbers, drum lanes and the waveform. Up to 32 bars stand in one system, up to 112 in two, longer
//! tracks in three. [`curve()`] shows in the same look how a version learned, [`effects()`] what is liked. Text is never below 25
//! pixels, as a chat shows the picture smaller. Fonts are embedded; nothing is read from the system.

mod axis;
mod canvas;
mod colour;
mod curve;
mod effects;
mod error;
mod facts;
mod header;
mod page;
mod parts;
mod past;
mod system;
mod text;

pub use curve::{Curve, CurvePoint, curve};
pub use effects::{Effect, Effects, effects};
pub use error::PictureError;
pub use page::Caption;

use axis::Axis;
use canvas::Canvas;
use page::{HEIGHT, WIDTH};
use parts::Parts;
use system::{Place, System};

use crate::arrangement::Arrangement;
use crate::audio::Audio;

/// Pixels between two systems, and below the last one.
const GAP: f32 = 12.0;
const BOTTOM: f32 = 14.0;

/// The picture of a track as the bytes of a PNG.
///
/// # Errors
/// [`PictureError`] if the embedded font cannot be read or the PNG not be written.
pub fn draw(
    arrangement: &Arrangement,
    caption: &Caption,
    audio: Option<&Audio>,
) -> Result<Vec<u8>, PictureError> {
    let mut canvas = Canvas::new(WIDTH, HEIGHT)?;
    let parts = Parts::new(arrangement);
    let n_bars = facts::n_bars(arrangement.score()).max(1);
    let n_systems = match n_bars {
        0..=32 => 1,
        33..=112 => 2,
        _ => 3,
    };
    // Where lanes are high enough they bear their names.
    let legend = parts.legend(n_systems > 1);
    header::draw(&mut canvas, caption, &facts::line(arrangement.score()), &legend);
    // Each system after the first starts at a bar that has a number.
    let evenly = n_bars.div_ceil(n_systems);
    let bars_each = if n_systems == 1 { n_bars } else { evenly.next_multiple_of(4) };
    let top = header::HEIGHT + 4.0;
    let room = HEIGHT as f32 - BOTTOM - top - GAP * (n_systems - 1) as f32;
    let height = room / n_systems as f32;
    let axis = Axis::new(&parts.melodic);
    for index in 0..n_systems {
        let system = System {
            arrangement,
            parts: &parts,
            axis: &axis,
            audio,
            first_bar: index * bars_each,
            n_bars: bars_each,
            n_bars_in_all: n_bars,
            n_systems,
            place: Place { top: top + (height + GAP) * index as f32, height },
        };
        system.draw(&mut canvas);
    }
    canvas.png()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::arrangement_kind::ArrangementKind;
    use crate::render::arrange;
    use crate::render_spec::RenderSpec;
    use music::score::Pitch;
    use music::song::{GridNote, Song, Voice};

    fn picture(n_bars: u32, arrangement: ArrangementKind, title: &str) -> Vec<u8> {
        let notes = (0..n_bars * 8).map(|i| {
            GridNote::new(
                i * 12,
                Voice::Lead,
                Pitch::new(65 + (i * 5 % 13) as u8).expect("a pitch"),
                12,
            )
        });
        let song = Song::new(150.0, 4, n_bars, notes);
        let mut spec = RenderSpec::new("hardstyle", 1, 2, 3);
        spec.arrangement = arrangement;
        let caption = Caption { title: title.to_owned(), subtitle: "hardstyle".to_owned() };
        draw(&arrange(&song, &spec), &caption, None).expect("draws")
    }

    #[test]
    fn any_length_and_title_gives_a_small_png_of_the_right_size() {
        let long = "Ω long title that never ends and never will ".repeat(9);
        for (bars, arrangement, title) in [
            (1, ArrangementKind::Lead, ""),
            (8, ArrangementKind::Full, "Iron Sunrise"),
            (33, ArrangementKind::Lead, long.as_str()),
            (256, ArrangementKind::Full, "x"),
        ] {
            let png = picture(bars, arrangement, title);
            assert!(png.len() < 400_000, "{} bytes", png.len());
            assert_eq!(png[1..4], *b"PNG");
            assert_eq!(png[16..20], WIDTH.to_be_bytes());
            assert_eq!(png[20..24], HEIGHT.to_be_bytes());
        }
    }

    #[test]
    fn the_same_music_gives_the_same_picture() {
        assert_eq!(picture(4, ArrangementKind::Full, "a"), picture(4, ArrangementKind::Full, "a"));
        assert_ne!(picture(4, ArrangementKind::Full, "a"), picture(4, ArrangementKind::Full, "b"));
    }

    #[test]
    fn a_score_without_notes_is_drawn_too() {
        let empty = arrange(&Song::new(150.0, 4, 4, []), &{
            let mut spec = RenderSpec::new("x", 1, 1, 1);
            spec.arrangement = ArrangementKind::Lead;
            spec
        });
        assert!(draw(&empty, &Caption::default(), None).is_ok());
    }
}
