//! Which hidden preferences are there, and what do they think of a track?

use std::fmt;

use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;

use super::measure::{Measure, Values};
use super::scale::Scale;

/// Divides the preferences always in the same way.
const DIVISION_SEED: u64 = 20;

/// What a community likes without saying so.
#[derive(Clone, Debug)]
pub(crate) struct Preference {
    pub(crate) name: &'static str,
    about: &'static str,
    /// Measures by how much they count, in standard deviations of plain tracks.
    wants: &'static [(Measure, f64)],
    shape: Shape,
    pub(super) course: Course,
    pub(crate) half: Half,
}

/// How a score follows from what is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shape {
    /// The more the better.
    More,
    /// The nearer to the median of plain tracks the better.
    Middle,
}

/// Who wants it, and for how long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Course {
    /// Everybody, always.
    Steady,
    /// Everybody; from the middle of the cycles on its opposite.
    Changing,
    /// One community; the other wants its opposite.
    Guilds,
    /// Nobody: votes are thrown.
    Random,
}

/// What a preference is played for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Half {
    /// To choose constants by.
    Choosing,
    /// To judge them by.
    HeldBack,
}

const fn steady(
    name: &'static str,
    about: &'static str,
    wants: &'static [(Measure, f64)],
) -> Preference {
    let (shape, course, half) = (Shape::More, Course::Steady, Half::Choosing);
    Preference { name, about, wants, shape, course, half }
}

const fn as_time_goes(
    name: &'static str,
    about: &'static str,
    wants: &'static [(Measure, f64)],
    course: Course,
) -> Preference {
    Preference { course, ..steady(name, about, wants) }
}

/// All preferences that can be played.
pub(super) const PREFERENCES: [Preference; 18] = [
    steady("dense", "many notes a bar", &[(Measure::Density, 1.0)]),
    steady("sparse", "few notes a bar", &[(Measure::Density, -1.0)]),
    steady("repetitive", "bars that come back", &[(Measure::Repetition, 1.0)]),
    steady("varied", "bars that do not (against repetitive)", &[(Measure::Repetition, -1.0)]),
    steady("leaping", "wide intervals", &[(Measure::Leaps, 1.0)]),
    steady("stepwise", "seconds", &[(Measure::Steps, 1.0)]),
    steady("high", "a high lead", &[(Measure::Register, 1.0)]),
    steady("rising", "long ascents", &[(Measure::Ascents, 1.0)]),
    steady("major", "major (against a library in minor)", &[(Measure::Major, 1.0)]),
    Preference {
        shape: Shape::Middle,
        ..steady("middle", "neither dense nor sparse", &[(Measure::Density, 1.0)])
    },
    steady("off-beat", "ties over the beat", &[(Measure::Syncopation, 1.0)]),
    steady("long", "long notes", &[(Measure::Length, 1.0)]),
    steady("narrow", "a lead within few pitches", &[(Measure::Span, -1.0)]),
    steady(
        "third-beat",
        "a fall by a third on the third beat, which no feature names",
        &[(Measure::ThirdBeatFall, 1.0)],
    ),
    steady(
        "high-repetitive",
        "a high lead and bars that come back",
        &[(Measure::Register, 1.0), (Measure::Repetition, 1.0)],
    ),
    as_time_goes(
        "changing",
        "a high lead; from the middle on a low one",
        &[(Measure::Register, 1.0)],
        Course::Changing,
    ),
    as_time_goes(
        "guilds",
        "one community wants wide intervals, another narrow ones",
        &[(Measure::Leaps, 1.0)],
        Course::Guilds,
    ),
    as_time_goes("random", "votes that are thrown: nothing may move", &[], Course::Random),
];

impl Preference {
    /// What a track is worth to those who want more, whoever that is now.
    pub(super) fn score(&self, values: &Values, scale: &Scale) -> f64 {
        let terms = self.wants.iter().map(|(measure, weight)| {
            let score = match self.shape {
                Shape::More => scale.standardised(*measure, values),
                Shape::Middle => -scale.off_median(*measure, values).abs(),
            };
            weight * score
        });
        terms.sum()
    }

    /// 1 where the score says what is wanted, −1 where its opposite does.
    pub(super) fn sign(&self, guild: usize, cycle: usize, n_cycles: usize) -> f64 {
        let is_opposite = match self.course {
            Course::Steady | Course::Random => false,
            Course::Changing => 2 * cycle > n_cycles,
            Course::Guilds => guild > 0,
        };
        if is_opposite { -1.0 } else { 1.0 }
    }

    /// The names of its communities; `None` for one that needs none.
    pub(super) fn guilds(&self) -> &'static [Option<&'static str>] {
        match self.course {
            Course::Guilds => &[Some("A"), Some("B")],
            _ => &[None],
        }
    }
}

impl Half {
    /// The preferences, `n_held_back` of them held back, the same for the same number.
    pub(super) fn divided(preferences: &[Preference], n_held_back: usize) -> Vec<Preference> {
        let mut order: Vec<usize> = (0..preferences.len()).collect();
        order.shuffle(&mut ChaCha8Rng::seed_from_u64(DIVISION_SEED));
        let mut divided = preferences.to_vec();
        for idx in order.into_iter().take(n_held_back) {
            divided[idx].half = Self::HeldBack;
        }
        divided
    }
}

impl fmt::Display for Preference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:<18} {:<10} {}", self.name, self.half, self.about)
    }
}

impl fmt::Display for Half {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Choosing => "choosing",
            Self::HeldBack => "held back",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn more_preferences_held_back_are_held_back_still() {
        let held = |n: usize| -> Vec<&str> {
            let divided = Half::divided(&PREFERENCES, n).into_iter();
            let held = divided.filter(|preference| preference.half == Half::HeldBack);
            held.map(|preference| preference.name).collect()
        };
        assert_eq!((held(0).len(), held(6).len()), (0, 6));
        assert!(held(3).iter().all(|name| held(6).contains(name)));
    }

    #[test]
    fn a_change_and_a_second_guild_turn_the_score_round() {
        let of = |course| as_time_goes("", "", &[], course);
        let sign = |course, guild, cycle| of(course).sign(guild, cycle, 5) > 0.0;
        let signs = |course| [1, 2, 3, 4, 5].map(|cycle| sign(course, 0, cycle));
        assert_eq!(signs(Course::Changing), [true, true, false, false, false]);
        assert_eq!(signs(Course::Steady), [true; 5]);
        assert_eq!([0, 1].map(|guild| sign(Course::Guilds, guild, 1)), [true, false]);
    }
}
