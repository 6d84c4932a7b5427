//! How does each General MIDI instrument sound on the polysynth?
//!
//! Not like the instrument it names: there are a few synthesizer patches, one for each kind of sound that
//! the names stand for.

/// One saw wave of a patch.
pub(super) struct Oscillator {
    /// Its distance from the note, in cents.
    pub(super) cents: f32,
    pub(super) gain: f32,
    /// -1 (left) to 1 (right).
    pub(super) pan: f32,
    /// Whether it is the saw before it, inverted and half a cycle late: together they are a square.
    pub(super) completes_square: bool,
}

/// Oscillators, envelopes and filter of a sound.
pub(super) struct Patch {
    pub(super) oscillators: &'static [Oscillator],
    /// Level of the whole patch.
    pub(super) gain: f32,
    /// Seconds from the onset to full level.
    pub(super) attack: f32,
    /// Seconds in which the level falls most of the way to `sustain`.
    pub(super) decay: f32,
    /// The level that is held, 0 to 1.
    pub(super) sustain: f32,
    /// Seconds to silence after the key is released.
    pub(super) release: f32,
    /// The filter's cutoff once its envelope has fallen, for middle C.
    pub(super) cutoff_hz: f32,
    /// Octaves by which the envelope opens the filter at the start of a note.
    pub(super) open_octaves: f32,
    /// Seconds in which the filter closes.
    pub(super) close: f32,
    /// Resonance of the filter; 0 is flat.
    pub(super) resonance: f32,
}

/// The patch of a program byte.
pub(super) fn for_program(program: u8) -> &'static Patch {
    match program {
        0..=15 | 24..=31 | 45..=47 | 96..=108 | 112..=118 => &PLUCK,
        16..=23 | 72..=80 | 82..=83 => &SQUARE,
        32..=39 | 87 => &LOW,
        40..=44 | 48..=55 | 85 | 88 | 89 | 91..=95 => &WARM,
        56..=71 => &BRASS,
        _ => &SUPERSAW,
    }
}

const fn saw(cents: f32, gain: f32, pan: f32) -> Oscillator {
    Oscillator { cents, gain, pan, completes_square: false }
}

const fn inverted(cents: f32, gain: f32, pan: f32) -> Oscillator {
    Oscillator { cents, gain, pan, completes_square: true }
}

/// Seven saws, unevenly detuned so that they never beat together, and one an octave up.
const SEVEN: [Oscillator; 8] = [
    saw(0.0, 1.0, 0.0),
    saw(-6.5, 0.72, -0.35),
    saw(7.0, 0.72, 0.35),
    saw(-14.5, 0.62, 0.7),
    saw(15.5, 0.62, -0.7),
    saw(-23.0, 0.5, -1.0),
    saw(24.5, 0.5, 1.0),
    saw(1203.0, 0.42, 0.1),
];

const SUPERSAW: Patch = Patch {
    oscillators: &SEVEN,
    gain: 0.56,
    attack: 0.002,
    decay: 0.22,
    sustain: 0.78,
    release: 0.11,
    cutoff_hz: 6200.0,
    open_octaves: 1.7,
    close: 0.2,
    resonance: 0.15,
};

const WARM: Patch = Patch {
    oscillators: &[
        saw(-9.0, 0.8, -0.8),
        saw(8.0, 0.8, 0.8),
        saw(-3.0, 0.7, 0.3),
        saw(1195.0, 0.25, -0.3),
    ],
    gain: 0.36,
    attack: 0.03,
    decay: 0.4,
    sustain: 0.85,
    release: 0.28,
    cutoff_hz: 2200.0,
    open_octaves: 0.9,
    close: 0.5,
    resonance: 0.0,
};

const SQUARE: Patch = Patch {
    oscillators: &[
        saw(-4.0, 0.8, -0.4),
        inverted(-4.0, 0.8, -0.4),
        saw(5.0, 0.8, 0.4),
        inverted(5.0, 0.8, 0.4),
    ],
    gain: 0.5,
    attack: 0.003,
    decay: 0.25,
    sustain: 0.75,
    release: 0.08,
    cutoff_hz: 3000.0,
    open_octaves: 1.2,
    close: 0.25,
    resonance: 0.1,
};

const PLUCK: Patch = Patch {
    oscillators: &[saw(-6.0, 0.9, -0.5), saw(6.0, 0.9, 0.5), saw(1200.0, 0.3, 0.0)],
    gain: 0.7,
    attack: 0.001,
    decay: 0.3,
    sustain: 0.12,
    release: 0.2,
    cutoff_hz: 1000.0,
    open_octaves: 3.2,
    close: 0.12,
    resonance: 0.3,
};

const BRASS: Patch = Patch {
    oscillators: &[saw(-5.0, 0.9, -0.4), saw(6.0, 0.9, 0.4), saw(0.0, 0.7, 0.0)],
    gain: 0.55,
    attack: 0.02,
    decay: 0.3,
    sustain: 0.8,
    release: 0.1,
    cutoff_hz: 2200.0,
    open_octaves: 1.2,
    close: 0.3,
    resonance: 0.1,
};

const LOW: Patch = Patch {
    oscillators: &[saw(-4.0, 0.9, -0.15), saw(5.0, 0.9, 0.15)],
    gain: 0.5,
    attack: 0.003,
    decay: 0.3,
    sustain: 0.8,
    release: 0.06,
    cutoff_hz: 900.0,
    open_octaves: 1.6,
    close: 0.18,
    resonance: 0.2,
};
