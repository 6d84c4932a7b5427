//! How does a sound become a file that a chat plays in place?
//!
//! Ogg Opus (RFC 7845) in packets of 20 ms, coded by the crate `opus-rs` and put into the container by
//! `ogg`.

use std::ops::Range;

use ogg::writing::{PacketWriteEndInfo, PacketWriter};
use opus_rs::{Application, OpusEncoder};

use rayon::prelude::*;

use super::pcm::{Audio, SAMPLE_RATE};

/// What the file says about itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tags {
    /// The track's title.
    pub(crate) title: String,
    /// Its genre.
    pub(crate) genre: String,
    /// Free text: version and seed.
    pub(crate) comment: String,
}

/// Why a sound could not be encoded.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EncodeError {
    /// The coder takes no stream of this bit rate.
    #[error("the Opus coder does not start: {0}; ask for 32000 to 320000 bits a second")]
    Start(String),
    /// The coder failed at a packet.
    #[error("the Opus coder failed at packet {packet}: {why}")]
    Packet {
        /// The packet's index.
        packet: usize,
        /// The coder's own words.
        why: String,
    },
    /// The container could not be written.
    #[error("the Ogg container could not be written: {0}")]
    Container(String),
}

/// The lowest bit rate that is used: below it, music is no longer a pleasure.
pub(crate) const LEAST_BITS_PER_SECOND: u32 = 32_000;

/// Frames a packet: 20 ms.
const PACKET: usize = SAMPLE_RATE as usize / 50;

/// Frames that a decoder gives before the first frame that went in: the transform's overlap of 2.5 ms and
/// the 4 ms for which the coder holds its input back.
const PRE_SKIP: u16 = 312;

/// Turns 20 ms of stereo sound at a time into an Opus packet.
struct Coder {
    encoder: OpusEncoder,
    buffer: Vec<u8>,
}

impl Coder {
    fn new(bits_per_second: u32) -> Result<Self, EncodeError> {
        let asked = bits_per_second.clamp(LEAST_BITS_PER_SECOND, 320_000) as i32;
        let mut encoder = OpusEncoder::new(SAMPLE_RATE as i32, 2, Application::Audio)
            .map_err(|why| EncodeError::Start(why.to_owned()))?;
        encoder.bitrate_bps = asked;
        encoder.use_cbr = false;
        // Above 7 costs a quarter more time for a thirtieth of a decibel.
        encoder.complexity = 7;
        Ok(Self { encoder, buffer: vec![0; 1276] })
    }

    /// The packet of the next [`PACKET`] frames, given as left, right, left, right …
    fn packet(&mut self, samples: &[f32]) -> Result<Vec<u8>, String> {
        let n = self.encoder.encode(samples, PACKET, &mut self.buffer).map_err(str::to_owned)?;
        Ok(self.buffer[..n].to_vec())
    }
}

/// The bytes of an Ogg Opus file that decodes to exactly as many frames as `audio` has.
///
/// `bits_per_second` is held within 32,000 to 320,000.
///
/// # Errors
/// [`EncodeError`] if the coder fails; it does not for finite samples.
pub(crate) fn encode(
    audio: &Audio,
    tags: &Tags,
    bits_per_second: u32,
) -> Result<Vec<u8>, EncodeError> {
    // Silence follows until the last frame has come out of the coder.
    let n_packets = (audio.frames.len() + usize::from(PRE_SKIP)).div_ceil(PACKET).max(1);
    let runs = (0..n_packets.div_ceil(RUN)).into_par_iter();
    let coded = runs.map(|index| {
        let packets = index * RUN..n_packets.min((index + 1) * RUN);
        run(audio.interleaved(), packets, &mut Coder::new(bits_per_second)?)
    });
    let packets = coded.collect::<Result<Vec<_>, _>>()?.concat();
    mux(&packets, audio.frames.len() as u64, tags)
        .map_err(|error| EncodeError::Container(error.to_string()))
}

/// Packets that are coded in a row by one coder: 5 s. Other runs are coded at the same time.
const RUN: usize = 250;
/// Packets before a run that its coder hears first. What the format carries from packet to packet
/// fades by half in each, so that after as many as these the coder is where one that heard everything
/// would be, and the decoder does not notice the seam.
const LEAD_IN: usize = 12;

/// The packets of some indices.
fn run(
    samples: &[f32],
    indices: Range<usize>,
    coder: &mut Coder,
) -> Result<Vec<Vec<u8>>, EncodeError> {
    let mut window = vec![0.0; PACKET * 2];
    let mut packets = Vec::with_capacity(indices.len());
    for packet in indices.start.saturating_sub(LEAD_IN)..indices.end {
        let from = (packet * PACKET * 2).min(samples.len());
        let to = (from + PACKET * 2).min(samples.len());
        window.fill(0.0);
        window[..to - from].copy_from_slice(&samples[from..to]);
        let coded = coder.packet(&window).map_err(|why| EncodeError::Packet { packet, why })?;
        if packet >= indices.start {
            packets.push(coded);
        }
    }
    Ok(packets)
}

/// The packets in their container, cut to `n_frames` by the last page's position.
fn mux(packets: &[Vec<u8>], n_frames: u64, tags: &Tags) -> Result<Vec<u8>, std::io::Error> {
    /// Packets a page: a second, so that players can seek.
    const PAGE: usize = 50;
    const SERIAL: u32 = 0x6B69_636B;
    let mut writer = PacketWriter::new(Vec::new());
    writer.write_packet(head(), SERIAL, PacketWriteEndInfo::EndPage, 0)?;
    writer.write_packet(comments(tags), SERIAL, PacketWriteEndInfo::EndPage, 0)?;
    for (index, packet) in packets.iter().enumerate() {
        let so_far = (index as u64 + 1) * PACKET as u64;
        let (end, granule) = if index + 1 == packets.len() {
            (PacketWriteEndInfo::EndStream, n_frames + u64::from(PRE_SKIP))
        } else if (index + 1) % PAGE == 0 {
            (PacketWriteEndInfo::EndPage, so_far)
        } else {
            (PacketWriteEndInfo::NormalPacket, so_far)
        };
        writer.write_packet(packet.as_slice(), SERIAL, end, granule)?;
    }
    Ok(writer.into_inner())
}

/// The identification header of RFC 7845, section 5.1.
fn head() -> Vec<u8> {
    let mut head = b"OpusHead\x01\x02".to_vec();
    head.extend(PRE_SKIP.to_le_bytes());
    head.extend(SAMPLE_RATE.to_le_bytes());
    // No output gain, channel mapping family 0.
    head.extend([0, 0, 0]);
    head
}

/// The comment header of RFC 7845, section 5.2.
fn comments(tags: &Tags) -> Vec<u8> {
    let vendor = concat!("kickback ", env!("CARGO_PKG_VERSION"));
    let fields = [
        ("TITLE", tags.title.as_str()),
        ("ARTIST", "Kickback"),
        ("GENRE", &tags.genre),
        ("COMMENT", &tags.comment),
    ];
    let present: Vec<String> = fields
        .iter()
        .filter(|(_, value)| !value.is_empty())
        .map(|(key, value)| format!("{key}={value}"))
        .collect();
    let mut packet = b"OpusTags".to_vec();
    let text = |packet: &mut Vec<u8>, text: &str| {
        packet.extend((text.len() as u32).to_le_bytes());
        packet.extend(text.as_bytes());
    };
    text(&mut packet, vendor);
    packet.extend((present.len() as u32).to_le_bytes());
    for comment in &present {
        text(&mut packet, comment);
    }
    packet
}

#[cfg(test)]
mod tests {
    use super::*;
    use ogg::reading::PacketReader;
    use opus_rs::OpusDecoder;

    fn sound(n_frames: usize) -> Audio {
        let wave = |i: usize| {
            let t = i as f32 / 48e3;
            [0.4 * (t * 2764.6).sin(), 0.3 * (t * 1382.3).sin() + 0.1 * (t * 9000.0).sin()]
        };
        Audio { frames: (0..n_frames).map(wave).collect() }
    }

    fn tags() -> Tags {
        Tags { title: "Iron Sunrise".to_owned(), ..Tags::default() }
    }

    #[test]
    fn the_container_has_both_headers_and_the_exact_length() {
        let audio = sound(100_000);
        let bytes = encode(&audio, &tags(), 160_000).expect("encodes");
        let mut reader = PacketReader::new(std::io::Cursor::new(bytes));
        let head = reader.read_packet().expect("reads").expect("a header");
        assert!(head.data.starts_with(b"OpusHead") && head.first_in_stream());
        assert_eq!(head.data.len(), 19);
        let pre_skip = u64::from(u16::from_le_bytes([head.data[10], head.data[11]]));
        let comments = reader.read_packet().expect("reads").expect("comments");
        let text = String::from_utf8_lossy(&comments.data).into_owned();
        assert!(text.contains("TITLE=Iron Sunrise") && text.contains("ARTIST=Kickback"));
        let mut n_packets = 0;
        let mut last = None;
        while let Some(packet) = reader.read_packet().expect("reads") {
            n_packets += 1;
            last = Some((packet.last_in_stream(), packet.absgp_page()));
        }
        assert_eq!(last, Some((true, 100_000 + pre_skip)));
        assert_eq!(n_packets, (100_000 + pre_skip as usize).div_ceil(PACKET));
    }

    /// What a player hears, from the first frame on.
    fn decoded(bytes: &[u8]) -> Vec<f32> {
        let mut reader = PacketReader::new(std::io::Cursor::new(bytes));
        let mut decoder = OpusDecoder::new(48_000, 2).expect("a decoder");
        let mut heard: Vec<f32> = Vec::new();
        for index in 0.. {
            let Some(packet) = reader.read_packet().expect("reads") else { break };
            if index < 2 {
                continue;
            }
            let mut pcm = vec![0.0; PACKET * 2];
            let n = decoder.decode(&packet.data, PACKET, &mut pcm).expect("decodes");
            heard.extend(&pcm[..n * 2]);
        }
        heard.split_off(usize::from(PRE_SKIP) * 2)
    }

    /// Power to power of the error, in decibels.
    fn fidelity(audio: &Audio, heard: &[f32], frames: std::ops::Range<usize>) -> f64 {
        let (mut error, mut power) = (0.0, 0.0);
        let span = frames.start * 2..frames.end * 2;
        for (a, b) in audio.interleaved()[span.clone()].iter().zip(&heard[span]) {
            error += f64::from((a - b).powi(2));
            power += f64::from(a.powi(2));
        }
        10.0 * (power / error).log10()
    }

    #[test]
    fn what_is_decoded_is_what_went_in_at_the_same_time() {
        let audio = sound(96_000);
        let heard = decoded(&encode(&audio, &tags(), 160_000).expect("encodes"));
        let ratio_db = fidelity(&audio, &heard, 4_800..90_000);
        assert!(ratio_db > 20.0, "signal to error {ratio_db} dB");
    }

    #[test]
    fn seams_between_runs_are_as_good_as_the_rest() {
        let audio = sound(3 * RUN * PACKET);
        let heard = decoded(&encode(&audio, &tags(), 160_000).expect("encodes"));
        let usual = fidelity(&audio, &heard, PACKET * 20..PACKET * (RUN - 20));
        for seam in [RUN, 2 * RUN] {
            for packet in seam - 2..seam + 4 {
                let here = fidelity(&audio, &heard, packet * PACKET..(packet + 1) * PACKET);
                assert!(here > usual - 3.0, "packet {packet}: {here} dB, else {usual} dB");
            }
        }
    }

    #[test]
    fn nothing_still_makes_a_file() {
        let bytes = encode(&Audio::default(), &Tags::default(), 160_000).expect("encodes");
        assert!(bytes.starts_with(b"OggS"));
    }
}
