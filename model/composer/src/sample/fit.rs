//! Is a drawn song what was asked for?

use music::key::Key;
use music::song::{Song, Voice};
use music::tokens::Polyphony;

use super::spec::SongSpec;
use crate::conditions::{in_scale, register};

/// A density asked for is met within this share.
const DENSITY_WITHIN: f64 = 0.1;
/// A register asked for is met within so many semitones.
const REGISTER_WITHIN: f64 = 3.0;
/// How far off a song is that has no note to tell by.
const FAR: f64 = 60.0;
/// A lead with fewer notes a bar is none that anybody would follow.
const LEAST_LEAD: f64 = 0.5;
/// A song whose key is heard as another is said to be in that, unless so many notes lie in the scale.
const CLEARLY_IN_SCALE: f64 = 0.92;

/// How far a song is from what was asked for: 0 if it is that, infinite if it is no song at all.
pub(super) fn distance(song: &Song, spec: &SongSpec) -> f64 {
    if song.voice(Voice::Lead).next().is_none() {
        return f64::INFINITY;
    }
    let drawn = &spec.drawn_part(song);
    let mut distance = match spec.primer {
        _ if spec.asked.key => key_distance(drawn, spec.key),
        None => mode_distance(song, spec.key),
        Some(_) => 0.0,
    };
    let n_lead_notes = drawn.voice(Voice::Lead).count() as f64;
    distance += (LEAST_LEAD - n_lead_notes / f64::from(drawn.n_bars().max(1))).max(0.0) * 10.0;
    if spec.asked.density {
        let off = (drawn.notes_per_bar() / spec.notes_per_bar.max(0.5)).ln().abs();
        distance += (off.min(FAR) - DENSITY_WITHIN).max(0.0) * 10.0;
    }
    if let Some(asked) = spec.register.filter(|_| spec.asked.register) {
        let off = register(drawn).map_or(FAR, |heard| (heard - asked).abs());
        distance += (off - REGISTER_WITHIN).max(0.0) / 3.0;
    }
    if spec.asked.polyphony {
        distance += f64::from(spec.polyphony.in_all.abs_diff(Polyphony::of(song).in_all)) / 2.0;
    }
    distance
}

/// How many times the notes a bar that are wanted the network is told after `song` came of telling it
/// `told` times.
pub(super) fn corrected(told: f64, song: &Song, spec: &SongSpec) -> f64 {
    if !spec.asked.density {
        return told;
    }
    let heard = spec.drawn_part(song).notes_per_bar().max(0.5) / spec.notes_per_bar.max(0.5);
    (told / heard.sqrt()).clamp(0.5, 2.0)
}

/// 0 if every estimate hears the mode of this key; more with each that hears the other.
fn mode_distance(song: &Song, key: Key) -> f64 {
    let heard = [song.estimated_key(), Key::by_profile(&song.class_weights())];
    heard.iter().filter(|heard| heard.mode != key.mode).count() as f64 / 4.0
}

/// 0 if every estimate hears this key; more for another tonic, and more still for another mode.
fn key_distance(song: &Song, key: Key) -> f64 {
    let heard = [song.estimated_key(), Key::by_profile(&song.class_weights())];
    let off = |heard: &Key| match heard {
        heard if *heard == key => 0.0,
        heard if heard.mode == key.mode => 0.6,
        _ => 1.0,
    };
    heard.iter().map(off).sum()
}

/// The key that a song is said to be in: the one it was to be in where that is heard, or where the notes
/// keep to its scale and nothing speaks for the other mode; else the one that is heard.
pub(super) fn stated_key(song: &Song, spec: &SongSpec) -> Key {
    let is_in_scale = || in_scale(song, spec.key) >= CLEARLY_IN_SCALE;
    let is_in_mode = || Key::by_profile(&song.class_weights()).mode == spec.key.mode;
    let is_asked = song.estimated_key() == spec.key
        || spec.primer.is_some()
        || is_in_scale() && (spec.asked.key || is_in_mode());
    if is_asked { spec.key } else { song.estimated_key() }
}
