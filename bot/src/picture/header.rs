//! What stands above the roll?
//!
//! Title, facts and legend.

use super::canvas::Canvas;
use super::colour::{ACCENT, BRIGHT, Colour, SOFT};
use super::page::{Caption, WIDTH};
use super::text::Weight;

/// Pixels from the top to below the coloured line.
pub(crate) const HEIGHT: f32 = 132.0;
const MARGIN: f32 = 32.0;
const BACKDROP: Colour = Colour(0x1C, 0x18, 0x2A);

/// `facts` stand to the right of the title, the `legend` below them.
pub(crate) fn draw(canvas: &mut Canvas, caption: &Caption, facts: &str, legend: &[(&str, Colour)]) {
    let width = WIDTH as f32;
    canvas.fill(0.0, 0.0, width, HEIGHT - 4.0, BACKDROP);
    canvas.fill(0.0, HEIGHT - 4.0, width, 4.0, ACCENT);
    let facts_size = 33.0;
    let facts_width = canvas.fonts.width(facts, facts_size, Weight::Regular);
    canvas.text_right(facts, (width - MARGIN, 56.0), facts_size, Weight::Regular, SOFT);
    title(canvas, &caption.title, width - 2.0 * MARGIN - facts_width - 40.0);
    // The legend takes the room it needs; the subtitle has the rest.
    let left = draw_legend(canvas, legend);
    let room = left - MARGIN - 30.0;
    let subtitle = canvas.fonts.fitted(&caption.subtitle, 28.0, Weight::Regular, room);
    canvas.text(&subtitle, (MARGIN, 107.0), 28.0, Weight::Regular, SOFT);
}

/// As large as fits, and shortened where even small letters do not.
fn title(canvas: &mut Canvas, title: &str, room: f32) {
    let sizes = [54.0, 48.0, 42.0, 36.0];
    let fits = |size: &f32| canvas.fonts.width(title, *size, Weight::Bold) <= room;
    let size = sizes.into_iter().find(fits).unwrap_or(34.0);
    let title = canvas.fonts.fitted(title, size, Weight::Bold, room);
    canvas.text(&title, (MARGIN, 60.0), size, Weight::Bold, BRIGHT);
}

/// Draws the legend at the right and gives the x at which it begins.
fn draw_legend(canvas: &mut Canvas, legend: &[(&str, Colour)]) -> f32 {
    const SIZE: f32 = 26.0;
    const CHIP: f32 = 20.0;
    let mut x = WIDTH as f32 - MARGIN;
    for (name, colour) in legend.iter().rev() {
        let name = canvas.fonts.fitted(name, SIZE, Weight::Regular, 220.0);
        x -= canvas.fonts.width(&name, SIZE, Weight::Regular);
        if x < 420.0 {
            break;
        }
        canvas.text(&name, (x, 106.0), SIZE, Weight::Regular, BRIGHT);
        x -= CHIP + 8.0;
        canvas.pill((x, 87.0, CHIP, CHIP), 5.0, *colour);
        x -= 22.0;
    }
    x
}
