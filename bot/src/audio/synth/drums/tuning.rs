//! Which pitch has a kick?

use crate::arrangement::Arrangement;
use crate::audio::tempo_map::TempoMap;
use crate::part::PartKind;

/// The bass of a track, which its kicks follow.
pub(crate) struct Tuning {
    /// Frame and pitch class of the bass notes, in order.
    bass: Vec<(usize, u8)>,
    /// Pitch class of the key's tonic.
    tonic: u8,
    /// Frames a quarter note.
    beat: f64,
}

impl Tuning {
    pub(crate) fn new(arrangement: &Arrangement, tempo_map: &TempoMap<'_>) -> Self {
        let notes = arrangement.part(PartKind::Bass).map_or(&[][..], |part| &part.notes);
        let mut bass: Vec<(usize, u8)> =
            notes.iter().map(|note| (tempo_map.frame(note.onset), note.pitch.class())).collect();
        bass.sort_unstable();
        let (sharps, is_minor) = arrangement.score().key_signature.unwrap_or((0, true));
        let major = (i32::from(sharps) * 7).rem_euclid(12) as u8;
        let tonic = if is_minor { (major + 9) % 12 } else { major };
        Self { bass, tonic, beat: tempo_map.beat }
    }

    /// The pitch class to which a kick at a frame is tuned: that of the next bass note, if it comes
    /// within a beat, else the tonic.
    pub(super) fn at(&self, frame: usize) -> u8 {
        let next = self.bass.get(self.bass.partition_point(|root| root.0 < frame));
        let near = next.filter(|root| ((root.0 - frame) as f64) < self.beat);
        near.map_or(self.tonic, |root| root.1)
    }
}
