//! Which families of features are there, and which features in all??

use super::schema::Feature;
use super::view::View;
use super::{interval, length, onset, pitch, repetition, texture};

/// The families, each a file of its own.
const FAMILIES: [&[&[Feature<View>]]; 6] = [
    texture::FEATURES,
    pitch::FEATURES,
    interval::FEATURES,
    onset::FEATURES,
    length::FEATURES,
    repetition::FEATURES,
];

/// Every feature of a song.
pub fn of_songs() -> impl Iterator<Item = &'static Feature<View>> {
    FAMILIES.into_iter().flatten().copied().flatten()
}

/// The feature of a song that has this name.
pub fn named(name: &str) -> Option<&'static Feature<View>> {
    of_songs().find(|feature| feature.name == name)
}
