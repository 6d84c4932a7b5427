//! What is known of the liking of one feature?

use super::predict::Posterior;
use crate::words::words_of;

/// Standard deviations from 0 from which on an effect is worth a word.
const SURE: f64 = 1.3;

/// How liking depends on one feature, the others being equal; effects are in logits for a standard
/// deviation of the feature.
#[derive(Clone, Debug, PartialEq)]
pub struct Strength {
    /// The feature's name.
    pub feature: String,
    /// The mean effect of more of it.
    pub more: f64,
    /// Its standard deviation.
    pub more_deviation: f64,
    /// The mean effect of a middle amount of it, negative where both little and much are liked.
    pub middle: f64,
    /// Its standard deviation.
    pub middle_deviation: f64,
}

impl Strength {
    /// How surely there is an effect, in standard deviations.
    pub fn sureness(&self) -> f64 {
        let sure =
            |mean: f64, deviation: f64| if deviation > 0.0 { mean.abs() / deviation } else { 0.0 };
        sure(self.more, self.more_deviation).max(sure(self.middle, self.middle_deviation))
    }

    /// What is liked in words within a sentence, such as "denser" or "a middle amount of leaps";
    /// `None` where nothing is known.
    pub fn in_words(&self) -> Option<String> {
        let words = words_of(&self.feature)?;
        if self.sureness() < SURE {
            return None;
        }
        if self.is_linear() {
            return Some(if self.more > 0.0 { words.more } else { words.less }.to_owned());
        }
        let amount = if self.middle > 0.0 { "a middle amount of" } else { "either much or little" };
        Some(format!("{amount} {}", words.of_what))
    }

    /// The size of the effect that [`Self::in_words`] tells, and its standard deviation.
    pub fn size(&self) -> (f64, f64) {
        self.size_towards(self)
    }

    /// The same of the effect that `other` tells of the feature, negative where the opposite is liked.
    pub fn size_towards(&self, other: &Self) -> (f64, f64) {
        if other.is_linear() {
            (self.more * other.more.signum(), self.more_deviation)
        } else {
            (self.middle * other.middle.signum(), self.middle_deviation)
        }
    }

    /// Whether more or less is known to be liked more surely than a middle amount.
    fn is_linear(&self) -> bool {
        self.more.abs() * self.middle_deviation >= self.middle.abs() * self.more_deviation
    }
}

impl Posterior {
    /// What is known of each feature in which songs or tracks differ.
    pub fn strengths(&self) -> Vec<Strength> {
        let covariance = self.precision.inverse();
        let deviation = |term: usize| covariance.row(term)[term].sqrt();
        let of = |(idx, feature): (usize, &String)| {
            let (linear, quadratic) = (1 + idx, 1 + idx + self.features.len());
            Strength {
                feature: feature.clone(),
                more: self.mean[linear],
                more_deviation: deviation(linear),
                middle: -self.mean[quadratic],
                middle_deviation: deviation(quadratic),
            }
        };
        let each = self.features.iter().enumerate();
        each.filter(|(_, feature)| self.statistics.varies(feature)).map(of).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn strength(more: f64, middle: f64) -> Strength {
        let feature = "loudness".to_owned();
        Strength { feature, more, more_deviation: 0.2, middle, middle_deviation: 0.1 }
    }

    #[test]
    fn what_was_liked_is_measured_by_what_is_liked_today() {
        let less = strength(-0.8, 0.0);
        assert_eq!(less.size(), (0.8, 0.2));
        assert_eq!(strength(0.5, 0.3).size_towards(&less), (-0.5, 0.2));
        let middle = strength(0.1, 0.6);
        assert_eq!(less.size_towards(&middle), (0.0, 0.1));
        assert_eq!(strength(0.9, -0.4).size_towards(&middle), (-0.4, 0.1));
    }
}
