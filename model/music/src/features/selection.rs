//! How does a consumer choose features, and what does it get?

use super::families::named;
use super::schema::{Feature, Measure};
use super::view::View;
use crate::song::Song;

/// Features of one number each, chosen by name, in the order of the names.
#[derive(Clone, Debug)]
pub struct Selection {
    chosen: Vec<Chosen>,
}

/// A feature of one number: its name and its function.
type Chosen = (&'static str, fn(&View) -> f64);

/// No feature that is a single number has this name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no musical feature of one number is called {0:?}")]
pub struct UnknownFeature(pub String);

/// Some features of one song: a number each, in the order of their selection.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Vector {
    names: Vec<&'static str>,
    values: Vec<f64>,
}

impl Selection {
    /// The features of these names.
    ///
    /// # Errors
    /// The first name that no feature of one number has.
    pub fn of(names: &[&str]) -> Result<Self, UnknownFeature> {
        let chosen = names.iter().map(|name| match named(name) {
            Some(Feature { name, measure: Measure::Number(measure), .. }) => Ok((*name, *measure)),
            _ => Err(UnknownFeature((*name).to_owned())),
        });
        Ok(Self { chosen: chosen.collect::<Result<_, _>>()? })
    }

    /// Measures a song.
    pub fn measure(&self, song: &Song) -> Vector {
        let view = View::of(song);
        let (names, values) =
            self.chosen.iter().map(|(name, measure)| (*name, measure(&view))).unzip();
        Vector { names, values }
    }
}

impl Vector {
    /// Features that were measured elsewhere; one that is not finite counts as 0.
    pub fn new(features: impl IntoIterator<Item = (&'static str, f64)>) -> Self {
        let finite = |value: f64| if value.is_finite() { value } else { 0.0 };
        let (names, values) =
            features.into_iter().map(|(name, value)| (name, finite(value))).unzip();
        Self { names, values }
    }

    /// The names of the features, in order.
    pub fn names(&self) -> &[&'static str] {
        &self.names
    }

    /// Their numbers, in the same order; every one is finite.
    pub fn values(&self) -> &[f64] {
        &self.values
    }

    /// The number of one feature, if it is among them.
    pub fn get(&self, name: &str) -> Option<f64> {
        let idx = self.names.iter().position(|own| *own == name)?;
        self.values.get(idx).copied()
    }
}
