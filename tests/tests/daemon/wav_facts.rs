//! What does a WAV file hold, read chunk by chunk as the format is laid out?

/// The sound of a WAV file of 24-bit stereo at 48 kHz: the samples of the left and the right channel.
///
/// # Panics
/// When it is anything else, or when a size in it is wrong.
pub(crate) fn channels(bytes: &[u8]) -> [Vec<f32>; 2] {
    let (riff, rest) = chunk(bytes);
    assert!(riff == *b"RIFF" && rest.len() + 8 == bytes.len(), "one RIFF chunk is the whole file");
    let mut rest = rest.strip_prefix(b"WAVE").expect("a WAVE file");
    let mut format = None;
    loop {
        let (name, contents) = chunk(rest);
        match &name {
            b"fmt " => format = Some(contents),
            b"data" => {
                let format = format.expect("the format comes before the samples");
                let word = |at: usize| u32::from(u16::from_le_bytes([format[at], format[at + 1]]));
                assert_eq!((word(0), word(2), word(12), word(14)), (1, 2, 6, 24), "24-bit stereo");
                assert_eq!(word(4) | word(6) << 16, 48_000, "its rate");
                assert_eq!(word(8) | word(10) << 16, 48_000 * 6, "its bytes a second");
                return samples(contents);
            }
            _ => {}
        }
        rest = &rest[8 + contents.len().next_multiple_of(2)..];
    }
}

fn samples(data: &[u8]) -> [Vec<f32>; 2] {
    assert!(data.len().is_multiple_of(6), "whole frames");
    let sample = |b: &[u8]| (i32::from_le_bytes([0, b[0], b[1], b[2]]) >> 8) as f32 / 8_388_608.0;
    let frames = data.chunks_exact(6);
    let (left, right) = frames.map(|frame| (sample(&frame[..3]), sample(&frame[3..]))).unzip();
    [left, right]
}

/// The name and the contents of the chunk that comes first.
fn chunk(bytes: &[u8]) -> ([u8; 4], &[u8]) {
    let name = bytes[..4].try_into().expect("four bytes");
    let size = u32::from_le_bytes(bytes[4..8].try_into().expect("four bytes")) as usize;
    (name, &bytes[8..8 + size])
}
