//! Which facts does the picture state?

use music::key::Mode;
use music::notation;
use music::score::{Score, Tick};

/// Ticks a bar by the first time signature.
pub(crate) fn bar_ticks(score: &Score) -> u32 {
    let (numerator, denominator) =
        score.time_signatures.first().map_or((4, 4), |s| (s.numerator, s.denominator.max(1)));
    let quarter = u32::from(score.ticks_per_beat);
    (quarter * 4 * u32::from(numerator.max(1)) / u32::from(denominator)).max(1)
}

/// Bars from the start to the end.
pub(crate) fn n_bars(score: &Score) -> u32 {
    score.end.0.div_ceil(bar_ticks(score))
}

/// `150 BPM  ·  4/4  ·  F minor  ·  40 bars  ·  1:04`.
pub(crate) fn line(score: &Score) -> String {
    let tempo = format!("{} BPM", notation::tempo(score.tempo_bpm()));
    let meter = score
        .time_signatures
        .first()
        .map_or("4/4".to_owned(), |s| format!("{}/{}", s.numerator, s.denominator));
    let key = score.key_signature.map(|(sharps, is_minor)| {
        notation::signature(sharps, if is_minor { Mode::Minor } else { Mode::Major })
    });
    let n_bars = n_bars(score);
    let bars = if n_bars == 1 { "1 bar".to_owned() } else { format!("{n_bars} bars") };
    let seconds = score.seconds_at(Tick(score.end.0)).round() as u64;
    let length = format!("{}:{:02}", seconds / 60, seconds % 60);
    let facts = [Some(tempo), Some(meter), key, Some(bars), Some(length)];
    facts.into_iter().flatten().collect::<Vec<_>>().join("  ·  ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::post::{self, About};
    use music::key::Key;
    use music::song::Song;

    #[test]
    fn the_line_names_tempo_meter_key_bars_and_length() {
        let song = Song::new(150.0, 4, 40, []).with_key(Key::new(10, Mode::Minor));
        assert_eq!(line(&song.to_score()), "150 BPM  ·  4/4  ·  B♭ minor  ·  40 bars  ·  1:04");
    }

    #[test]
    fn a_post_and_its_picture_say_the_same_of_tempo_and_key() {
        for (index, tempo_bpm) in (0..24).zip([140.0, 155.5, 139.96, 128.04].iter().cycle()) {
            let song = Song::new(*tempo_bpm, 4, 40, []).with_key(Key::from_index(index));
            let about = About {
                track: 7,
                name: "Neon Dawn",
                genre: "hardstyle",
                artist: None,
                version: 3,
                seed: 1,
                tempo_bpm: song.tempo_bpm(),
                key: song.key(),
                bars: 40,
                not_reached: &[],
                listener: None,
                may_react: true,
            };
            let (post, picture) = (post::track(&about, &[]), line(&song.to_score()));
            let [tempo, _, key, ..] = picture.split("  ·  ").collect::<Vec<_>>()[..] else {
                panic!("{picture}");
            };
            assert!(post.contains(&format!(" · {tempo} · {key} · ")), "{post} beside {picture}");
        }
    }
}
