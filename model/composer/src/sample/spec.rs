//! What is a new song to be like?

use music::dynamic::Dynamic;
use music::key::Key;
use music::song::{GridNote, Song};
use music::tokens::Polyphony;

use crate::conditions::{Conditions, relative_register};

/// What a new song is to be like, and how it is drawn.
#[derive(Clone, Debug, PartialEq)]
pub struct SongSpec {
    /// Decides everything random.
    pub seed: u64,
    /// Length in bars.
    pub n_bars: u32,
    /// Quarter notes a minute.
    pub tempo_bpm: f64,
    /// Quarter notes a bar.
    pub beats_per_bar: u32,
    /// The key to play in.
    pub key: Key,
    /// The share of the notes in the scale of the key, 0 to 1.
    pub in_scale: f64,
    /// How dense it should be, in notes a bar.
    pub notes_per_bar: f64,
    /// The mean pitch of the lead, as a key number; any if `None`.
    pub register: Option<f64>,
    /// The most notes that sound at once; more if the primer has more, and at least one, of any voice.
    pub polyphony: Polyphony,
    /// How loud each voice usually is, in the order of [`Voice::ALL`](music::song::Voice::ALL); a primer's
    /// own if there is one.
    pub dynamics: [Dynamic; 3],
    /// Which of these a person asked for.
    pub asked: Asked,
    /// Below 1 plays safer, above 1 wilder; 0 always takes the likeliest token.
    pub temperature: f64,
    /// Only the likeliest tokens that together have this probability are drawn from; 1 is all.
    pub top_p: f64,
    /// The label of its genre or artist, as in training; 0 is none.
    pub label: u32,
    /// What the song begins with; the rest is drawn to continue it.
    pub primer: Option<Song>,
}

/// What a person asked for: it is kept to more closely than songs would, and what is not it is drawn again.
/// What is not asked for is a hint.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is asked for or not, whatever the others are"
)]
pub struct Asked {
    /// The key: no fewer notes lie in its scale than [`SongSpec::in_scale`] says, a primer's not counted.
    pub key: bool,
    /// The density.
    pub density: bool,
    /// The register.
    pub register: bool,
    /// That as many notes sound at once, not only at most.
    pub polyphony: bool,
}

impl SongSpec {
    /// What of a song that was drawn is the network's own: all but the primer.
    pub fn drawn_part(&self, song: &Song) -> Song {
        let Some(primer) = &self.primer else { return song.clone() };
        let from = primer.n_bars() * song.steps_per_bar();
        let notes = song.notes().iter().filter(|note| note.onset >= from);
        let notes = notes.map(|note| GridNote { onset: note.onset - from, ..*note });
        let n_bars = song.n_bars().saturating_sub(primer.n_bars());
        Song::new(song.tempo_bpm(), song.beats_per_bar(), n_bars, notes)
    }

    /// Bars that are not drawn.
    pub(super) fn n_primer_bars(&self) -> u32 {
        self.primer.as_ref().map_or(0, Song::n_bars)
    }

    /// Bars that are drawn.
    pub(super) fn n_drawn_bars(&self) -> u32 {
        self.n_bars.saturating_sub(self.n_primer_bars())
    }

    /// The labels that the network is given at every step.
    ///
    /// It is told `density` times the notes a bar that are wanted.
    pub(super) fn labels(&self, density: f64) -> Vec<u32> {
        let conditions = Conditions {
            mode: self.key.mode,
            in_scale: self.in_scale,
            notes_per_bar: self.notes_per_bar * density,
            register: self.register.map(|pitch| relative_register(pitch, self.key)),
            polyphony: match self.polyphony.in_all {
                u32::MAX => 0,
                n => n.max(1),
            },
        };
        std::iter::once(self.label).chain(conditions.labels()).collect()
    }
}
