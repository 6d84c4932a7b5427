//! Where do the sections of a track begin?
//!
//! Read from the drums, as everyone hears them: where the kick plays is a drop, where only the snare
//! plays a build, and the rest is the intro or a break. A track without kick has no sections.

use music::score::{Part, Score};

use super::facts;
use crate::arrange::drum;

/// What a section is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Intro,
    Build,
    Drop,
    Break,
}

impl Kind {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Intro => "Intro",
            Self::Build => "Build",
            Self::Drop => "Drop",
            Self::Break => "Break",
        }
    }
}

/// Bars of one kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Section {
    pub(crate) kind: Kind,
    /// Its first bar, counted from 0.
    pub(crate) bar: u32,
    pub(crate) n_bars: u32,
}

impl Section {
    pub(crate) fn holds(&self, bar: u32) -> bool {
        (self.bar..self.bar + self.n_bars).contains(&bar)
    }
}

/// The sections in order; they cover all bars, or there is none.
pub(crate) fn sections(score: &Score) -> Vec<Section> {
    let n_bars = facts::n_bars(score);
    let kicks = bars_with(score, drum::KICK, n_bars);
    let snares = bars_with(score, drum::SNARE, n_bars);
    let Some(first_drop) = kicks.iter().position(|is_struck| *is_struck) else {
        return Vec::new();
    };
    let mut sections: Vec<Section> = Vec::new();
    for bar in 0..n_bars {
        let index = bar as usize;
        let kind = match (kicks[index], snares[index]) {
            (true, _) => Kind::Drop,
            (false, true) => Kind::Build,
            (false, false) if index < first_drop => Kind::Intro,
            (false, false) => Kind::Break,
        };
        match sections.last_mut() {
            Some(last) if last.kind == kind => last.n_bars += 1,
            _ => sections.push(Section { kind, bar, n_bars: 1 }),
        }
    }
    sections
}

fn bars_with(score: &Score, key: u8, n_bars: u32) -> Vec<bool> {
    let mut bars = vec![false; n_bars as usize];
    let drums = score.parts.iter().filter(|part| Part::is_drum_channel(part));
    for note in drums.flat_map(|part| &part.notes).filter(|note| note.pitch.number() == key) {
        if let Some(bar) = bars.get_mut((note.onset.0 / facts::bar_ticks(score)) as usize) {
            *bar = true;
        }
    }
    bars
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::arrange::arrange;
    use crate::request::{Request, Style};
    use music::song::Song;

    #[test]
    fn sections_are_those_of_the_form() {
        let song = Song::new(150.0, 4, 8, []);
        let mut request = Request::new("hardstyle", 1, 1, 1);
        let found: Vec<(Kind, u32, u32)> = sections(&arrange(&song, &request))
            .into_iter()
            .map(|section| (section.kind, section.bar, section.n_bars))
            .collect();
        let expected = [
            (Kind::Intro, 0, 4),
            (Kind::Build, 4, 4),
            (Kind::Drop, 8, 16),
            (Kind::Break, 24, 4),
            (Kind::Build, 28, 4),
            (Kind::Drop, 32, 16),
        ];
        assert_eq!(found, expected);
        request.style = Style::Lead;
        assert_eq!(sections(&arrange(&song, &request)), []);
    }
}
