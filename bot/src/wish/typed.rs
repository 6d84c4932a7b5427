//! What is a person told whose option holds something else than it can?
//!
//! The command line says itself which value of which option is wrong; here stands only what may be given
//! instead. Numbers with a range have that in [`super::number`].

use music::key::Key;

use crate::arrangement_kind::ArrangementKind;
use crate::instrument::{Instrument, UnknownInstrument};

pub(super) fn seed(text: &str) -> Result<u64, String> {
    text.trim().parse().map_err(|_| format!("give a whole number from 0 to {}", u64::MAX))
}

pub(super) fn key(text: &str) -> Result<Key, &'static str> {
    text.parse().map_err(|_| "write it like \"F minor\", \"F#m\" or \"Bb major\"")
}

pub(super) fn instrument(text: &str) -> Result<Instrument, String> {
    text.parse().map_err(|unknown: UnknownInstrument| unknown.hint())
}

pub(super) fn arrangement(text: &str) -> Result<ArrangementKind, &'static str> {
    text.parse().map_err(|_| "give \"full\" or \"lead\"")
}
