//! Which numbers describe a song, whatever its key, tempo and length?

use music::features::{View, named};
use music::song::Song;

pub(crate) const N_MEASURES: usize = 8;
/// The features that are compared, each with what Yang and Lerch call it.
pub(crate) const MEASURES: [(&str, &str); N_MEASURES] = [
    ("pitch_class_entropy", "pitch-class entropy"),
    ("in_best_scale", "scale consistency"),
    ("notes_a_bar", "notes a bar"),
    ("onset_positions", "onset position"),
    ("lead_top_intervals", "lead interval"),
    ("note_lengths", "duration"),
    ("polyphony", "polyphony"),
    ("bar_similarity", "bar self-similarity"),
];

/// The numbers of one song; a measure of single notes has one value a note.
pub(crate) struct Measures {
    pub(crate) values: [Vec<f64>; N_MEASURES],
    /// Share of the bars, from the second on, that are note for note an earlier one.
    pub(crate) repeated_bars: f64,
}

/// The measures of a song; `None` without at least two lead notes.
pub(crate) fn measure(song: &Song) -> Option<Measures> {
    let view = View::of(song);
    if view.lead().notes.len() < 2 || song.n_bars() < 2 {
        return None;
    }
    let values = |name: &str| named(name).map(|feature| feature.values(&view)).unwrap_or_default();
    Some(Measures {
        values: MEASURES.map(|(name, _)| values(name)),
        repeated_bars: values("repeated_bars").iter().sum(),
    })
}
