//! Which families of features are there, and which features in all?

use super::schema::Feature;
use super::view::View;
use super::{
    contour, harmony, interval, length, loudness, onset, pitch, repetition, rhythm, texture,
};

/// The families, each a file of its own.
const FAMILIES: [&[&[Feature<View>]]; 10] = [
    texture::FEATURES,
    pitch::FEATURES,
    interval::FEATURES,
    contour::FEATURES,
    harmony::FEATURES,
    onset::FEATURES,
    rhythm::FEATURES,
    length::FEATURES,
    loudness::FEATURES,
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
