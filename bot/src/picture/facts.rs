//! Which facts does the picture state?

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

/// `150 BPM · 4/4 · F minor · 40 bars · 1:04`.
pub(crate) fn line(score: &Score) -> String {
    let tempo = score.tempo_bpm();
    let tempo = if (tempo - tempo.round()).abs() < 0.05 {
        format!("{tempo:.0} BPM")
    } else {
        format!("{tempo:.1} BPM")
    };
    let meter = score
        .time_signatures
        .first()
        .map_or("4/4".to_owned(), |s| format!("{}/{}", s.numerator, s.denominator));
    let n_bars = n_bars(score);
    let bars = if n_bars == 1 { "1 bar".to_owned() } else { format!("{n_bars} bars") };
    let seconds = score.seconds_at(Tick(score.end.0)).round() as u64;
    let length = format!("{}:{:02}", seconds / 60, seconds % 60);
    let facts = [Some(tempo), Some(meter), key(score), Some(bars), Some(length)];
    facts.into_iter().flatten().collect::<Vec<_>>().join("  ·  ")
}

fn key(score: &Score) -> Option<String> {
    let (sharps, minor) = score.key_signature?;
    // Along the circle of fifths; a minor key lies three fifths beyond its major.
    let fifths = i32::from(sharps.clamp(-7, 7)) + if minor { 3 } else { 0 };
    let letter = ["F", "C", "G", "D", "A", "E", "B"][(fifths + 1).rem_euclid(7) as usize];
    let sign = match (fifths + 1).div_euclid(7) {
        ..0 => "♭",
        0 => "",
        _ => "♯",
    };
    Some(format!("{letter}{sign} {}", if minor { "minor" } else { "major" }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use music::key::{Key, Mode};
    use music::song::Song;

    #[test]
    fn the_line_names_tempo_meter_key_bars_and_length() {
        let song = Song::new(150.0, 4, 40, []).with_key(Key::new(10, Mode::Minor));
        let of = |tonic, mode| {
            key(&Song::new(150.0, 4, 1, []).with_key(Key::new(tonic, mode)).to_score())
        };
        assert_eq!(of(8, Mode::Major).as_deref(), Some("A♭ major"));
        assert_eq!(of(6, Mode::Minor).as_deref(), Some("F♯ minor"));
        assert_eq!(of(0, Mode::Major).as_deref(), Some("C major"));
        assert_eq!(line(&song.to_score()), "150 BPM  ·  4/4  ·  B♭ minor  ·  40 bars  ·  1:04");
    }
}
