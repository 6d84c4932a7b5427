//! What plays each part?
//!
//! Each kind of synthesis is a [`PartPlayer`] in a file of its own: the polysynth with its patches, the
//! bass of the drops, the riser, the drums. [`players`] says which of them plays which part. What
//! happens to their sound afterwards is decided in [`super::mix`].

mod bass;
mod drums;
mod note;
mod part_player;
mod patch;
mod polysynth;
mod riser;

pub(crate) use part_player::PartPlayer;

use bass::Bass;
use drums::Drum;
use music::score::Part;
use polysynth::Polysynth;
use riser::Riser;

use super::settings::SoundSettings;
use super::tempo_map::TempoMap;
use crate::arrangement::Arrangement;
use crate::part::PartKind;

/// The players of all parts, in their order.
pub(crate) fn players(
    arrangement: &Arrangement,
    tempo_map: &TempoMap<'_>,
    sound: &SoundSettings,
    seed: u64,
) -> Vec<Box<dyn PartPlayer>> {
    let tuning = drums::Tuning::new(arrangement, tempo_map);
    let of_part = |(kind, part): (PartKind, &Part)| -> Box<dyn PartPlayer> {
        let seed = seed ^ (u64::from(part.channel) << 40);
        match kind {
            PartKind::Lead | PartKind::Chords | PartKind::Pad | PartKind::LowLine => {
                Box::new(Polysynth::new(part, tempo_map, seed))
            }
            PartKind::Bass => Box::new(Bass::new(part, tempo_map, sound)),
            PartKind::Riser => Box::new(Riser::new(part, tempo_map, seed)),
            PartKind::Kick
            | PartKind::Snare
            | PartKind::Hat
            | PartKind::OpenHat
            | PartKind::Crash => Box::new(Drum::new(kind, part, tempo_map, &tuning, sound, seed)),
        }
    };
    arrangement.parts().map(of_part).collect()
}
