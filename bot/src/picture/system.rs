//! How is one system drawn: a stretch of bars with its bar numbers, roll, drum lanes and waveform?

use music::score::{Note, Pitch, Tick};

use super::axis::Axis;
use super::canvas::Canvas;
use super::colour::{ACCENT, BRIGHT, Colour, DARK_LANE, GROUND, LANE, LINE, SOFT, STRONG_LINE};
use super::facts;
use super::page::WIDTH;
use super::parts::Parts;
use super::text::Weight;
use crate::arrangement::Arrangement;
use crate::audio::{Audio, SAMPLE_RATE};
use crate::section::{Section, SectionKind};

/// Where a system stands on the page, in pixels.
#[derive(Clone, Copy)]
pub(crate) struct Place {
    pub(crate) top: f32,
    pub(crate) height: f32,
}

/// A stretch of bars, drawn as in sheet music from the left to the right edge.
pub(crate) struct System<'a> {
    pub(crate) arrangement: &'a Arrangement,
    pub(crate) parts: &'a Parts<'a>,
    pub(crate) axis: &'a Axis,
    pub(crate) audio: Option<&'a Audio>,
    pub(crate) first_bar: u32,
    /// Bars for which there is room; the last system may have fewer.
    pub(crate) n_bars: u32,
    pub(crate) n_bars_in_all: u32,
    /// Systems that share the page: 1 to 3.
    pub(crate) n_systems: u32,
    pub(crate) place: Place,
}

/// Pixels left of the roll for names, and right of it.
const LEFT: f32 = 84.0;
const RIGHT: f32 = 24.0;
const NUMBERS: f32 = 34.0;
const TEXT: f32 = 25.0;

/// Heights within a system, from the top down.
struct Heights {
    roll_top: f32,
    roll: f32,
    lanes_top: f32,
    lane: f32,
    wave_top: f32,
    wave: f32,
}

impl System<'_> {
    /// Draws everything, from the back to the front.
    pub(crate) fn draw(&self, canvas: &mut Canvas) {
        let heights = self.heights();
        self.rows(canvas, &heights);
        self.lanes(canvas, &heights);
        self.bar_lines(canvas, &heights);
        self.numbers(canvas, &heights);
        self.names(canvas, &heights);
        self.notes(canvas, &heights);
        self.strokes(canvas, &heights);
        self.wave(canvas, &heights);
    }

    fn heights(&self) -> Heights {
        let (lane, wave) = match self.n_systems {
            1 => (29.0, 92.0),
            2 => (15.0, 52.0),
            _ => (8.0, 32.0),
        };
        let lanes = lane * self.parts.drums.len() as f32;
        let wave = if self.audio.is_some() { wave } else { 0.0 };
        let gaps = if lanes > 0.0 { 8.0 } else { 0.0 } + if wave > 0.0 { 8.0 } else { 0.0 };
        let roll = self.place.height - NUMBERS - lanes - wave - gaps;
        let roll_top = self.place.top + NUMBERS;
        let lanes_top = roll_top + roll + if lanes > 0.0 { 8.0 } else { 0.0 };
        Heights { roll_top, roll, lanes_top, lane, wave_top: lanes_top + lanes + 8.0, wave }
    }

    /// Bars of the track that are in this system.
    fn n_bars_here(&self) -> u32 {
        self.n_bars.min(self.n_bars_in_all.saturating_sub(self.first_bar))
    }

    fn bar_ticks(&self) -> u32 {
        facts::bar_ticks(self.arrangement.score())
    }

    fn bar_width(&self) -> f32 {
        (WIDTH as f32 - LEFT - RIGHT) / self.n_bars as f32
    }

    fn right(&self) -> f32 {
        LEFT + self.bar_width() * self.n_bars_here() as f32
    }

    fn x(&self, tick: u32) -> f32 {
        let bars = f64::from(tick) / f64::from(self.bar_ticks());
        LEFT + (bars - f64::from(self.first_bar)) as f32 * self.bar_width()
    }

    fn rows(&self, canvas: &mut Canvas, heights: &Heights) {
        let row = self.axis.row(heights.roll);
        for (key, top) in self.axis.rows(heights.roll) {
            let is_black = matches!(key % 12, 1 | 3 | 6 | 8 | 10);
            let y = heights.roll_top + top;
            self.lane(canvas, y, row, if is_black { DARK_LANE } else { LANE });
            // The keyboard along the left edge, where its keys can be told apart.
            if row >= 6.0 {
                let colour = if is_black { DARK_LANE } else { SOFT };
                canvas.fill(LEFT - 18.0, y, 16.0, row - 1.0, colour);
            }
        }
        let width = self.right() - LEFT;
        for (_, top) in self.axis.rows(heights.roll).filter(|(key, _)| key % 12 == 0) {
            canvas.fill(LEFT, heights.roll_top + top + row - 1.0, width, 1.0, STRONG_LINE);
        }
    }

    /// A band over all bars, warmer where everything plays.
    fn lane(&self, canvas: &mut Canvas, y: f32, height: f32, colour: Colour) {
        canvas.fill(LEFT, y, self.right() - LEFT, height, colour);
        for section in
            self.arrangement.sections().iter().filter(|section| section.kind == SectionKind::Drop)
        {
            let (from, to) = self.clipped(section.bar, section.end());
            if to > from {
                canvas.fill(from, y, to - from, height, ACCENT.over(colour, 0.07));
            }
        }
    }

    /// Where the bars from one to another lie, within this system.
    fn clipped(&self, from: u32, to: u32) -> (f32, f32) {
        let x = |bar: u32| {
            let here = bar.clamp(self.first_bar, self.first_bar + self.n_bars_here());
            LEFT + (here - self.first_bar) as f32 * self.bar_width()
        };
        (x(from), x(to))
    }

    fn lanes(&self, canvas: &mut Canvas, heights: &Heights) {
        for (index, shown) in self.parts.drums.iter().enumerate() {
            let top = heights.lanes_top + heights.lane * index as f32;
            self.lane(canvas, top + 1.0, heights.lane - 2.0, LANE);
            if self.n_systems > 1 {
                let chip = (LEFT - 18.0, top + 2.0, 16.0, heights.lane - 4.0);
                canvas.pill(chip, 4.0, shown.colour());
            } else {
                let name = shown.kind.name().split(' ').next().unwrap_or_default();
                let name = canvas.fonts.fitted(name, TEXT, Weight::Regular, LEFT - 12.0);
                let at = (LEFT - 8.0, top + heights.lane / 2.0 + TEXT * 0.34);
                canvas.text_right(&name, at, TEXT, Weight::Regular, shown.colour());
            }
        }
    }

    fn bar_lines(&self, canvas: &mut Canvas, heights: &Heights) {
        let every = self.numbered_every();
        let lanes_bottom = heights.lanes_top + heights.lane * self.parts.drums.len() as f32;
        let spacing = self.bar_width();
        self.beat_lines(canvas, heights, lanes_bottom);
        for index in 0..=self.n_bars_here() {
            let is_strong = (self.first_bar + index).is_multiple_of(every);
            if !is_strong && spacing < 7.0 {
                continue;
            }
            let x = (LEFT + spacing * index as f32).round();
            let colour = if is_strong { STRONG_LINE } else { LINE };
            canvas.fill(x, heights.roll_top, 1.0, lanes_bottom - heights.roll_top, colour);
        }
    }

    /// Faint lines at the beats, where there is room between them.
    fn beat_lines(&self, canvas: &mut Canvas, heights: &Heights, bottom: f32) {
        let beats = self.bar_ticks() / u32::from(self.arrangement.score().ticks_per_beat).max(1);
        let spacing = self.bar_width() / beats.max(1) as f32;
        if spacing < 24.0 {
            return;
        }
        for beat in 0..self.n_bars_here() * beats {
            let x = (LEFT + spacing * beat as f32).round();
            let colour = LINE.over(LANE, 0.5);
            canvas.fill(x, heights.roll_top, 1.0, bottom - heights.roll_top, colour);
        }
    }

    /// The names of the sections and the numbers of bars, above the roll; a number that would stand
    /// in a name is left out.
    fn numbers(&self, canvas: &mut Canvas, heights: &Heights) {
        let every = self.numbered_every();
        let y = heights.roll_top - 8.0;
        let mut free_from = LEFT;
        for bar in self.first_bar..self.first_bar + self.n_bars_here() {
            let section = self.section_named_at(bar);
            let (x, _) = self.clipped(bar, bar);
            if !(bar.is_multiple_of(every) || section.is_some()) || x + 10.0 < free_from {
                continue;
            }
            let number = (bar + 1).to_string();
            let width = canvas.fonts.width(&number, TEXT, Weight::Regular) + 12.0;
            let (name, end) = section.map_or(("", x), |section| {
                let (_, end) = self.clipped(section.bar, section.end());
                (section.kind.name(), end)
            });
            let wide = canvas.fonts.width(name, TEXT, Weight::Bold);
            free_from = free_from.max(x + 2.0);
            // Where there is room for one of them only, the name says more.
            let has_name = section.is_some() && free_from + wide <= end + 2.0;
            if !has_name || free_from + width + wide <= end {
                canvas.text(&number, (free_from, y), TEXT, Weight::Regular, SOFT);
                free_from += width;
            }
            if let Some(section) = section.filter(|_| has_name) {
                let colour = if section.kind == SectionKind::Drop { ACCENT } else { BRIGHT };
                canvas.text(name, (free_from, y), TEXT, Weight::Bold, colour);
                free_from += wide + 8.0;
            }
        }
    }

    /// The section whose name stands at a bar: where it begins, and again where the system does.
    fn section_named_at(&self, bar: u32) -> Option<&Section> {
        let is_named = |section: &&Section| {
            let continues = bar == self.first_bar && (section.bar..section.end()).contains(&bar);
            section.bar == bar || continues
        };
        self.arrangement.sections().iter().find(is_named)
    }

    /// Bars from one number to the next, so that numbers stand well apart.
    fn numbered_every(&self) -> u32 {
        if self.bar_width() >= 110.0 {
            return 1;
        }
        let apart = |every: &u32| self.bar_width() * *every as f32 >= 66.0;
        [4, 8, 16, 32].into_iter().find(apart).unwrap_or(64)
    }

    /// Names of notes at the left, from the bottom up, where there is room.
    fn names(&self, canvas: &mut Canvas, heights: &Heights) {
        let row = self.axis.row(heights.roll);
        let mut last = f32::INFINITY;
        for pitch in self.axis.named().into_iter().filter_map(Pitch::new) {
            let Some(top) = self.axis.top(pitch, heights.roll) else { continue };
            let y = heights.roll_top + top + row / 2.0 + TEXT * 0.36;
            if last - y >= TEXT {
                let name = pitch.to_string().replace('#', "♯");
                canvas.text_right(&name, (LEFT - 24.0, y), TEXT, Weight::Bold, BRIGHT);
                last = y;
            }
        }
    }

    fn notes(&self, canvas: &mut Canvas, heights: &Heights) {
        let row = self.axis.row(heights.roll);
        // Thicker than its row where rows are thin: a chat shows a third of the pixels.
        let thick = (row * 1.6).clamp(4.0, 6.0).max(row.min(18.0));
        for shown in &self.parts.melodic {
            for note in shown.part.notes.iter().filter(|note| self.shows(note)) {
                let Some(top) = self.axis.top(note.pitch, heights.roll) else { continue };
                let left = self.x(note.onset.0).max(LEFT);
                let right = self.x(note.end().0).min(self.right());
                let y = heights.roll_top + top + (row - thick) / 2.0;
                let width = (right - left - 1.0).max(3.0);
                let left = left.min(self.right() - width);
                let colour = shown.colour().over(LANE, brightness(note.velocity));
                canvas.pill((left + 0.5, y, width, thick), 4.0, colour);
            }
        }
    }

    fn shows(&self, note: &Note) -> bool {
        let bar = self.bar_ticks();
        let from = self.first_bar * bar;
        note.end().0 > from && note.onset.0 < from + self.n_bars_here() * bar
    }

    fn strokes(&self, canvas: &mut Canvas, heights: &Heights) {
        let step = self.bar_width() / 16.0;
        let width = (step * 0.6).clamp(1.0, 5.0);
        let room = if self.n_systems > 2 { heights.lane - 2.0 } else { heights.lane - 4.0 };
        for (index, shown) in self.parts.drums.iter().enumerate() {
            let bottom =
                heights.lanes_top + heights.lane * (index + 1) as f32 - (heights.lane - room) / 2.0;
            let here = shown.part.notes.iter().filter(|note| self.shows(note));
            for note in here.filter(|note| self.x(note.onset.0) >= LEFT) {
                let height = room * (0.3 + 0.7 * f32::from(note.velocity) / 127.0);
                let colour = shown.colour().over(LANE, brightness(note.velocity));
                canvas.fill(self.x(note.onset.0), bottom - height, width, height, colour);
            }
        }
    }

    fn wave(&self, canvas: &mut Canvas, heights: &Heights) {
        let Some(audio) = self.audio else { return };
        let bar = f64::from(self.bar_ticks());
        let middle = heights.wave_top + heights.wave / 2.0;
        canvas.fill(LEFT, heights.wave_top, self.right() - LEFT, heights.wave, DARK_LANE);
        let columns = (self.right() - LEFT) as u32;
        let frame_at = |column: u32| {
            let bars = f64::from(self.first_bar) + f64::from(column) / f64::from(self.bar_width());
            let seconds = self.arrangement.score().seconds_at(Tick((bars * bar) as u32));
            (seconds * f64::from(SAMPLE_RATE)) as usize
        };
        let soft = ACCENT.over(GROUND, 0.42);
        for column in 0..columns {
            let from = frame_at(column).min(audio.frames.len());
            let to = frame_at(column + 1).clamp(from, audio.frames.len());
            let (peak, mean) = extent(&audio.frames[from..to]);
            for (size, colour) in [(peak, soft), (mean, ACCENT.over(BRIGHT, 0.8))] {
                let half = (size.min(1.0) * heights.wave / 2.0).max(0.5);
                canvas.fill(LEFT + column as f32, middle - half, 1.0, 2.0 * half, colour);
            }
        }
    }
}

/// How much of a note's colour shows over the ground.
fn brightness(velocity: u8) -> f32 {
    let along = (f32::from(velocity) - 40.0) / 80.0;
    0.42 + 0.58 * along.clamp(0.0, 1.0)
}

/// Highest sample and root mean square of both channels. Every fourth frame is enough for a column.
fn extent(frames: &[[f32; 2]]) -> (f32, f32) {
    let (mut peak, mut sum, mut n) = (0.0_f32, 0.0_f32, 0.0_f32);
    for frame in frames.iter().step_by(4) {
        peak = peak.max(frame[0].abs()).max(frame[1].abs());
        sum += frame[0] * frame[0] + frame[1] * frame[1];
        n += 2.0;
    }
    (peak, (sum / n.max(1.0)).sqrt())
}
