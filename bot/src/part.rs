//! Which parts may an arrangement have, and what is each of them in the file, the mix and the picture?
//!
//! The one list of parts. The arrangement writes them, the sound and the picture ask a [`PartKind`] what
//! it is; none of them looks at names or program numbers. What a part plays is decided in
//! [`crate::arrange`], how it sounds in `crate::audio::synth`.

/// A part of an arrangement.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum PartKind {
    /// The song's melody.
    Lead,
    /// The song's chords.
    Chords,
    /// Held triads where the song has neither chords nor bass.
    Pad,
    /// The song's own bass, outside the drops.
    LowLine,
    /// The bass of the genre in the drops; the song's own where nothing is arranged around it.
    Bass,
    /// A noise that rises towards a drop.
    Riser,
    /// Bass drum.
    Kick,
    /// Snare drum.
    Snare,
    /// Closed hi-hat.
    Hat,
    /// Open hi-hat.
    OpenHat,
    /// Crash cymbal.
    Crash,
}

/// How a part is written in a MIDI file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Midi {
    /// On a channel of its own, with this General MIDI program byte.
    Program(u8),
    /// On channel 9, with this General MIDI key.
    DrumKey(u8),
}

/// What there is to know about a kind of part.
struct Facts {
    kind: PartKind,
    name: &'static str,
    midi: Midi,
    /// MIDI controller 7, of 127; the synthesizer's own level is 100.
    volume: u8,
    /// Its place in the picture among its like: a part is drawn over those of lower layers, a drum's lane
    /// lies below theirs.
    layer: u8,
    /// Red, green and blue in the picture, a byte each.
    rgb: u32,
}

/// In the order of the tracks of the file.
const PARTS: [Facts; 11] = [
    // Pad 3 (polysynth) unless another instrument is chosen
    melodic(PartKind::Lead, "Lead", 90, 100, 5, 0x00FF_3D8F),
    melodic(PartKind::Chords, "Chords", 89, 84, 1, 0x0038_B6FF), // Pad 2 (warm)
    melodic(PartKind::Pad, "Pad", 88, 76, 0, 0x004B_7BEC),       // Pad 1 (new age)
    melodic(PartKind::LowLine, "Low line", 39, 90, 2, 0x00E0_7A2F), // Synth Bass 2
    melodic(PartKind::Bass, "Bass", 38, 96, 3, 0x00FF_A926),     // Synth Bass 1
    melodic(PartKind::Riser, "Riser", 119, 80, 4, 0x008A_84A6),  // Reverse Cymbal
    drum(PartKind::Kick, "Kick", 36, 4, 0x00FF_5A5F),            // Bass Drum 1
    drum(PartKind::Snare, "Snare", 38, 3, 0x00A8_86FF),          // Acoustic Snare
    drum(PartKind::Hat, "Hat", 42, 2, 0x004F_D8C2),              // Closed Hi-Hat
    drum(PartKind::OpenHat, "Open hat", 46, 1, 0x009B_E564),     // Open Hi-Hat
    drum(PartKind::Crash, "Crash", 49, 0, 0x00FF_D166),          // Crash Cymbal 1
];

const fn melodic(
    kind: PartKind,
    name: &'static str,
    program: u8,
    volume: u8,
    layer: u8,
    rgb: u32,
) -> Facts {
    Facts { kind, name, midi: Midi::Program(program), volume, layer, rgb }
}

const fn drum(kind: PartKind, name: &'static str, key: u8, layer: u8, rgb: u32) -> Facts {
    // Drum parts share a channel, and so its volume.
    Facts { kind, name, midi: Midi::DrumKey(key), volume: 110, layer, rgb }
}

impl PartKind {
    /// All kinds, in the order of the tracks of the file.
    pub(crate) fn all() -> impl DoubleEndedIterator<Item = Self> {
        PARTS.iter().map(|facts| facts.kind)
    }

    /// The name of its track in the file, of its stem and in the picture's legend.
    pub(crate) const fn name(self) -> &'static str {
        self.facts().name
    }

    /// Its program byte where nothing else is chosen; 0, the standard kit, for a drum.
    pub(crate) const fn program(self) -> u8 {
        match self.facts().midi {
            Midi::Program(program) => program,
            Midi::DrumKey(_) => 0,
        }
    }

    /// The General MIDI key of a drum, `None` for every other part.
    pub(crate) const fn drum_key(self) -> Option<u8> {
        match self.facts().midi {
            Midi::Program(_) => None,
            Midi::DrumKey(key) => Some(key),
        }
    }

    /// Whether it is a drum, which has no pitch and is written on channel 9.
    pub(crate) const fn is_drum(self) -> bool {
        self.drum_key().is_some()
    }

    /// Its volume as MIDI controller 7 says it, 0 to 127.
    pub(crate) const fn volume(self) -> u8 {
        self.facts().volume
    }

    /// Its place in the picture among its like: a part is drawn over those of lower layers, a drum's lane
    /// lies below theirs.
    pub(crate) const fn layer(self) -> u8 {
        self.facts().layer
    }

    /// Its colour in the picture: red, green and blue, a byte each.
    pub(crate) const fn rgb(self) -> u32 {
        self.facts().rgb
    }

    const fn facts(self) -> &'static Facts {
        &PARTS[self as usize]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn every_kind_finds_its_own_row_and_is_told_apart_by_name_and_colour() {
        assert!(PartKind::all().all(|kind| kind.facts().kind == kind));
        let n = PartKind::all().count();
        assert_eq!(PartKind::all().map(PartKind::name).collect::<HashSet<_>>().len(), n);
        assert_eq!(PartKind::all().map(PartKind::rgb).collect::<HashSet<_>>().len(), n);
    }
}
