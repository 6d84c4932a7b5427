//! `/generate`: what can be asked of a new track?
//!
//! To add an option: a field of [`Wish`], and here its row and its line in [`read`].

use std::ops::RangeInclusive;

use super::genre;
use super::offer::{Offer, find_name};
use super::option::{CommandOption, Given, Kind, MenuEntry};
use crate::arrangement_kind::ArrangementKind;
use crate::instrument::Instrument;
use crate::post;
use crate::wish::{Bpm, NotesAtOnce, NotesPerBar, Register, Wish};
use music::key::Key;
use music::notation;
use music::score::Pitch;

/// Discord sends integers as floating point numbers: above this they are not exact.
const MAX_SEED: u64 = (1 << 53) - 1;

/// `max_bars` is the longest track that may be asked for.
pub(super) fn options(max_bars: u32) -> Vec<CommandOption> {
    let artists = Kind::Name(|given, offer| offer.artists_of(given.text("genre")));
    let instruments = Kind::Name(|_, _| owned(Instrument::names()));
    let arrangements = Kind::Name(|_, _| owned(&ArrangementKind::ALL.map(ArrangementKind::name)));
    let notes = Kind::Name(|_, _| note_names());
    let keys = Kind::Menu((0..24).map(|index| menu_entry(Key::from_index(index))).collect());
    let voices = u64::from(*NotesAtOnce::RANGE.start())..=u64::from(*NotesAtOnce::RANGE.end());
    let option = CommandOption::new;
    vec![
        genre::option(),
        option("artist", "In whose manner, among those of the genre", artists),
        option("seed", "The same seed makes the same track again", Kind::Integer(0..=MAX_SEED)),
        option("bars", "How long it is, in bars", Kind::Integer(1..=u64::from(max_bars))),
        option("tempo", "Tempo in beats per minute", whole(Bpm::RANGE)),
        option("key", "The key of the track", keys),
        option("density", "How many notes a bar has", whole(NotesPerBar::RANGE)),
        option("register", "How high the lead is: C4, or 60, is middle C", notes),
        option("polyphony", "How many notes sound at once", Kind::Integer(voices)),
        option("instrument", "What plays the lead", instruments),
        option("arrangement", "What plays along", arrangements),
    ]
}

/// The wish that a listener makes.
pub(super) fn read(given: &Given, offer: &Offer) -> Result<Wish, String> {
    let genre = genre::read(given, offer)?;
    // Every field by name, so that a new option has to be read here or left out knowingly.
    Ok(Wish {
        artist: given.text("artist").map(|name| artist(name, &genre, offer)),
        genre,
        seed: given.parsed("seed").map_err(post::impossible)?,
        bars: given.parsed("bars").map_err(post::impossible)?,
        tempo: given.parsed("tempo").map_err(post::impossible)?,
        key: given.parsed("key").map_err(post::impossible)?,
        density: given.parsed("density").map_err(post::impossible)?,
        register: given.parsed("register").map_err(post::impossible)?,
        polyphony: given.parsed("polyphony").map_err(post::impossible)?,
        instrument: given.parsed("instrument").map_err(|error| post::unknown_instrument(&error))?,
        arrangement: given.parsed("arrangement").map_err(post::impossible)?,
        temperature: None,
        plain: false,
        community: None,
        primer: None,
    })
}

/// The artist who is meant. One that is not on offer is passed on: the daemon knows what is missing.
fn artist(name: &str, genre: &str, offer: &Offer) -> String {
    let known = offer.artists.get(genre).and_then(|artists| find_name(name, artists));
    known.cloned().unwrap_or_else(|| name.trim().to_owned())
}

/// The whole numbers of a range whose ends are whole.
fn whole(range: RangeInclusive<f64>) -> Kind {
    Kind::Integer(*range.start() as u64..=*range.end() as u64)
}

/// The notes that a lead can lie around; those on C, which tell one octave from another, first.
fn note_names() -> Vec<String> {
    let numbers = *Register::RANGE.start() as u8..=*Register::RANGE.end() as u8;
    let mut notes: Vec<Pitch> = numbers.filter_map(Pitch::new).collect();
    notes.sort_by_key(|pitch| pitch.class() != 0);
    notes.iter().map(ToString::to_string).collect()
}

/// Spelled as in posts; what is sent is the plain spelling that is read everywhere.
fn menu_entry(key: Key) -> MenuEntry {
    MenuEntry { label: notation::key(key), value: key.to_string() }
}

fn owned(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}
