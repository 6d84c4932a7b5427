//! What does a player hear in an Ogg Opus file? By a decoder that has nothing to do with the coder.

use mousiki::c_style_api::opus_decoder::{opus_decode_float, opus_decoder_create};

/// Frames a second.
pub(crate) const RATE: f64 = 48_000.0;

/// Left and right, as many frames as the file says.
pub(crate) fn decoded(bytes: &[u8]) -> [Vec<f32>; 2] {
    let (packets, granule) = packets(bytes);
    let head = &packets[0];
    assert!(head.starts_with(b"OpusHead") && packets[1].starts_with(b"OpusTags"));
    let pre_skip = usize::from(u16::from_le_bytes([head[10], head[11]]));
    let mut decoder = opus_decoder_create(48_000, 2).expect("a decoder");
    let mut channels = [Vec::new(), Vec::new()];
    for packet in &packets[2..] {
        let mut pcm = vec![0.0; 2 * 5760];
        let n_frames =
            opus_decode_float(&mut decoder, Some(packet), packet.len(), &mut pcm, 5760, false)
                .expect("a packet that can be decoded");
        for frame in pcm[..n_frames * 2].chunks(2) {
            channels[0].push(frame[0]);
            channels[1].push(frame[1]);
        }
    }
    channels.map(|samples| samples[pre_skip..granule as usize].to_vec())
}

/// The packets of the only stream and its last granule position, by RFC 3533.
fn packets(bytes: &[u8]) -> (Vec<Vec<u8>>, u64) {
    let (mut packets, mut open) = (Vec::new(), Vec::new());
    let (mut rest, mut granule) = (bytes, 0);
    while !rest.is_empty() {
        assert!(rest.starts_with(b"OggS"), "a page");
        granule = u64::from_le_bytes(rest[6..14].try_into().expect("eight bytes"));
        let n_segments = usize::from(rest[26]);
        let (lacing, mut body) = rest[27..].split_at(n_segments);
        for size in lacing {
            let (segment, later) = body.split_at(usize::from(*size));
            open.extend(segment);
            body = later;
            if *size < 255 {
                packets.push(std::mem::take(&mut open));
            }
        }
        rest = body;
    }
    (packets, granule)
}
