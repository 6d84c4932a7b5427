//! What can be set about how a genre sounds?

use bounds::{OutOfRange, require};
use serde::{Deserialize, Serialize};

/// Levels, effects and drum sounds of the synthesizer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SoundSettings {
    /// Integrated loudness of the whole track. Louder leaves less punch.
    pub loudness_lufs: f64,
    /// The highest true peak. Lossy coding raises peaks by up to 3 dB, so leave room.
    pub ceiling_dbtp: f64,
    /// Length of the kick. Longer is heavier and leaves less room for the bass.
    pub kick_ms: f32,
    /// Distortion of the kick's tail, 0 (round) to 1 (hard).
    pub kick_drive: f32,
    /// How much a bass note grows from its start to its end, 0 (plucked) to 1 (reverse bass).
    pub bass_swell: f32,
    /// Distortion of the bass, 0 to 1.
    pub bass_drive: f32,
    /// How far the kick ducks lead and chords.
    pub pump_db: f32,
    /// How much of lead and chords goes to the reverb, 0 to 1.
    pub reverb: f32,
    /// How much of the lead goes to the ping-pong delay, 0 to 1.
    pub delay: f32,
    /// How long the end rings after the last bar.
    pub tail_ms: u32,
}

impl Default for SoundSettings {
    fn default() -> Self {
        Self {
            loudness_lufs: -10.0,
            ceiling_dbtp: -3.2,
            kick_ms: 240.0,
            kick_drive: 0.3,
            bass_swell: 0.0,
            bass_drive: 0.3,
            pump_db: 8.0,
            reverb: 0.22,
            delay: 0.24,
            tail_ms: 2500,
        }
    }
}

impl SoundSettings {
    /// Whether every value is allowed.
    ///
    /// # Errors
    /// [`OutOfRange`] names the first value that is not.
    pub fn check(&self) -> Result<(), OutOfRange> {
        let loudness = (-24.0..=-7.0).contains(&self.loudness_lufs);
        require(loudness, "loudness_lufs", self.loudness_lufs, "a number from -24 to -7")?;
        let ceiling = (-9.0..=-0.1).contains(&self.ceiling_dbtp);
        require(ceiling, "ceiling_dbtp", self.ceiling_dbtp, "a number from -9 to -0.1")?;
        let kick = (60.0..=1000.0).contains(&self.kick_ms);
        require(kick, "kick_ms", self.kick_ms, "a number from 60 to 1000")?;
        let shares = [
            ("kick_drive", self.kick_drive),
            ("bass_swell", self.bass_swell),
            ("bass_drive", self.bass_drive),
            ("reverb", self.reverb),
            ("delay", self.delay),
        ];
        for (key, value) in shares {
            require((0.0..=1.0).contains(&value), key, value, "a number from 0 to 1")?;
        }
        require((0.0..=30.0).contains(&self.pump_db), "pump_db", self.pump_db, "0 to 30")?;
        require(
            (200..=10_000).contains(&self.tail_ms),
            "tail_ms",
            self.tail_ms,
            "a whole number from 200 to 10000",
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_out_of_range_are_named() {
        assert_eq!(SoundSettings::default().check(), Ok(()));
        let wrong = SoundSettings { delay: 1.5, ..SoundSettings::default() };
        assert_eq!(wrong.check().map_err(|e| e.key), Err("delay"));
        let wrong = SoundSettings { loudness_lufs: f64::NAN, ..SoundSettings::default() };
        assert_eq!(wrong.check().map_err(|e| e.key), Err("loudness_lufs"));
    }
}
