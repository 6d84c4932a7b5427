//! How loud is a note?
//!
//! MIDI says it in 127 velocities, more than anybody hears apart; a [`Dynamic`] is one of few steps as
//! wide as each other. Velocity 100, which programs write where nobody chose one, is the middle of a
//! step and comes back as itself.

/// Velocities a step is wide: half a step is 0.7 dB around velocity 100, which nobody hears.
const WIDTH: u8 = 12;
/// The velocity in the middle of the softest step; eight steps above it lies 100.
const SOFTEST: u8 = 4;
/// How many steps there are.
pub(crate) const N_DYNAMICS: u32 = 11;

/// How loud a note is: a step of MIDI velocity.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Dynamic(u8);

impl Dynamic {
    /// That of a note of which nothing else is said: velocity 100.
    pub const USUAL: Self = Self::of_velocity(100);

    /// The step in which a velocity lies.
    pub const fn of_velocity(velocity: u8) -> Self {
        let step = velocity.saturating_add(WIDTH / 2 - SOFTEST) / WIDTH;
        Self(if step < N_DYNAMICS as u8 { step } else { N_DYNAMICS as u8 - 1 })
    }

    /// The velocity in the middle of the step; that of the file lies no further off than half a step.
    pub const fn velocity(self) -> u8 {
        SOFTEST + self.0 * WIDTH
    }

    /// The one that occurs most often, the louder of two as frequent; `None` of none.
    pub(crate) fn most_frequent(all: impl Iterator<Item = Self>) -> Option<Self> {
        let mut counts = [0u32; N_DYNAMICS as usize];
        for dynamic in all {
            counts[usize::from(dynamic.0)] += 1;
        }
        let (step, most) = (0..).zip(counts).max_by_key(|(_, count)| *count)?;
        (most > 0).then_some(Self(step))
    }

    /// Which step it is, the softest being 0.
    pub(crate) fn index(self) -> u32 {
        u32::from(self.0)
    }

    /// The step of a number; `None` beyond the loudest.
    pub(crate) fn of_index(index: u32) -> Option<Self> {
        (index < N_DYNAMICS).then_some(Self(index as u8))
    }

    /// How many steps it is above `other`.
    pub(crate) fn above(self, other: Self) -> i32 {
        i32::from(self.0) - i32::from(other.0)
    }

    /// That of so many steps more; `None` beyond the softest and the loudest.
    pub(crate) fn raised(self, steps: i32) -> Option<Self> {
        u32::try_from(i32::from(self.0) + steps).ok().and_then(Self::of_index)
    }
}

impl Default for Dynamic {
    fn default() -> Self {
        Self::USUAL
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_velocity_comes_back_within_half_a_step() {
        let kept = [30, 60, 90, 120].map(|velocity| Dynamic::of_velocity(velocity).velocity());
        assert_eq!(kept, [28, 64, 88, 124]);
        for velocity in 1..=127 {
            let dynamic = Dynamic::of_velocity(velocity);
            assert!(dynamic.velocity().abs_diff(velocity) <= WIDTH / 2, "{velocity}");
            assert_eq!(Dynamic::of_velocity(dynamic.velocity()), dynamic);
            assert_eq!(Dynamic::of_index(dynamic.index()), Some(dynamic));
        }
        assert_eq!(Dynamic::USUAL.velocity(), 100);
        assert_eq!(Dynamic::of_index(N_DYNAMICS), None);
    }

    #[test]
    fn steps_are_counted_up_and_down() {
        let (soft, loud) = (Dynamic::of_velocity(30), Dynamic::of_velocity(120));
        assert_eq!(soft.raised(loud.above(soft)), Some(loud));
        assert_eq!(loud.raised(soft.above(loud)), Some(soft));
        assert_eq!((loud.raised(1), soft.raised(-4)), (None, None));
    }
}
