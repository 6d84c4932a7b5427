//! How is a sound written without loss?
//!
//! RIFF WAVE of 24-bit samples, readable everywhere.

use super::pcm::{Audio, SAMPLE_RATE};

/// The bytes of a WAV file.
pub fn encode(audio: &Audio) -> Vec<u8> {
    const BYTES_A_FRAME: u32 = 6;
    let n_bytes = audio.frames.len() as u32 * BYTES_A_FRAME;
    let mut out = Vec::with_capacity(44 + n_bytes as usize);
    out.extend(b"RIFF");
    out.extend((36 + n_bytes).to_le_bytes());
    out.extend(b"WAVEfmt ");
    out.extend(16_u32.to_le_bytes());
    out.extend(1_u16.to_le_bytes());
    out.extend(2_u16.to_le_bytes());
    out.extend(SAMPLE_RATE.to_le_bytes());
    out.extend((SAMPLE_RATE * BYTES_A_FRAME).to_le_bytes());
    out.extend((BYTES_A_FRAME as u16).to_le_bytes());
    out.extend(24_u16.to_le_bytes());
    out.extend(b"data");
    out.extend(n_bytes.to_le_bytes());
    for sample in audio.interleaved() {
        let whole = (sample.clamp(-1.0, 1.0) * 8_388_607.0).round() as i32;
        out.extend(&whole.to_le_bytes()[..3]);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_and_samples_are_where_the_format_wants_them() {
        let bytes = encode(&Audio { frames: vec![[1.0, -1.0], [0.0, 2.0]] });
        assert_eq!(bytes.len(), 44 + 12);
        assert_eq!(bytes[4..8], 48_u32.to_le_bytes());
        assert_eq!(bytes[40..44], 12_u32.to_le_bytes());
        assert_eq!(bytes[44..50], [0xFF, 0xFF, 0x7F, 0x01, 0x00, 0x80]);
        assert_eq!(bytes[50..53], [0, 0, 0]);
    }
}
