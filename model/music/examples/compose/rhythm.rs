//! When do the notes of a bar begin and end?
//!
//! A bar is written as text, one letter for each step of its grid: 8 letters are eighths, 12 are
//! eighth triplets, 16 are sixteenths. `x` strikes a note, `o` strikes it an octave higher, `-` holds
//! the note before it (over the bar line too), `.` is silence.

use music::song::STEPS_PER_BEAT;

/// Steps in a bar of 4/4.
pub(crate) const BAR: u32 = 4 * STEPS_PER_BEAT;

/// A note without its pitch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stroke {
    /// Steps from the first bar's start.
    pub(crate) onset: u32,
    /// Steps.
    pub(crate) duration: u32,
    /// Struck an octave higher.
    pub(crate) lifted: bool,
}

impl Stroke {
    /// Its bar, from 0.
    pub(crate) fn bar(self) -> usize {
        (self.onset / BAR) as usize
    }

    /// Steps into its bar.
    pub(crate) fn position(self) -> u32 {
        self.onset % BAR
    }

    /// How heavy its place in the bar is: 4 on the first beat, 3 on the third, 2 on the others, 1 on
    /// the eighth between, 0 elsewhere.
    pub(crate) fn weight(self) -> i32 {
        match self.position() {
            0 => 4,
            48 => 3,
            24 | 72 => 2,
            12 | 36 | 60 | 84 => 1,
            _ => 0,
        }
    }
}

/// The strokes of consecutive bars.
pub(crate) fn read(bars: &[&str]) -> Vec<Stroke> {
    let mut strokes: Vec<Stroke> = Vec::new();
    for (bar_idx, bar) in bars.iter().enumerate() {
        let step = BAR / bar.len() as u32;
        assert_eq!(step * bar.len() as u32, BAR, "{bar:?} does not fill a bar evenly");
        for (place, letter) in bar.bytes().enumerate() {
            let onset = bar_idx as u32 * BAR + place as u32 * step;
            match letter {
                b'x' | b'o' => {
                    strokes.push(Stroke { onset, duration: step, lifted: letter == b'o' });
                }
                b'-' => {
                    let held = strokes.last_mut().expect("a hold follows a note");
                    held.duration = onset + step - held.onset;
                }
                _ => assert_eq!(letter, b'.', "{bar:?} has a letter that means nothing"),
            }
        }
    }
    strokes
}
