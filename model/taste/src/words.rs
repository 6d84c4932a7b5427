//! How is a feature called among musicians?

/// What people say of a feature.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Words {
    /// Its name in the schema of `music::features`.
    pub feature: &'static str,
    /// Of a song that has more of it, within a sentence: "denser", "more leaps".
    pub more: &'static str,
    /// Of a song that has less.
    pub less: &'static str,
    /// What there is a middle amount of: "leaps".
    pub of_what: &'static str,
}

/// Every feature of the taste, in its order.
pub const WORDS: [Words; 36] = [
    words("lead_notes_a_bar", "denser", "sparser", "notes"),
    words("chords_notes_a_bar", "more chords", "fewer chords", "chords"),
    words("bass_notes_a_bar", "a busier bass", "a calmer bass", "bass notes"),
    words("polyphony", "fuller", "thinner", "notes at once"),
    words("felt_tempo", "faster", "slower", "tempo"),
    words("beats_a_bar", "more beats in a bar", "fewer beats in a bar", "beats in a bar"),
    words("minor", "minor", "major", "minor"),
    words("lead_pitch_mean", "higher", "lower", "height"),
    words("lead_pitch_spread", "a wider range", "a narrower range", "range"),
    words("lead_top_leaps", "more leaps", "fewer leaps", "leaps"),
    words("lead_top_steps", "more stepwise", "less stepwise", "steps"),
    words("lead_top_repeats", "more repeated notes", "fewer repeated notes", "repeated notes"),
    words("lead_rising", "rising more often", "falling more often", "rising"),
    words("lead_turns", "turning more often", "longer runs one way", "turns"),
    words("lead_phrase_rise", "climbing phrases", "sinking phrases", "climbing"),
    words("bass_changes_a_bar", "faster chord changes", "slower chord changes", "chord changes"),
    words("dissonance", "harsher", "sweeter", "dissonance"),
    words("lead_on_beat", "more on the beat", "more off the beat", "notes on the beat"),
    words("lead_off_sixteenths", "more triplets", "straighter", "triplets"),
    words("bass_on_beat", "the bass on the beat", "the bass off the beat", "bass on the beat"),
    words("lead_syncopation", "more syncopated", "less syncopated", "syncopation"),
    words("lead_gap_entropy", "a more varied rhythm", "a more even rhythm", "variety of rhythm"),
    words("lead_rhythms", "a rhythm new in each bar", "a rhythm that stays", "new rhythms"),
    words("lead_length", "longer notes", "shorter notes", "length of notes"),
    words("lead_legato", "more legato", "more staccato", "legato"),
    words("lead_rests", "more rests", "fewer rests", "rests"),
    words("loudness", "louder", "softer", "loudness"),
    words("lead_loudness_spread", "more dynamic", "less dynamic", "dynamics"),
    words("returning_after_1_bar", "repeating each bar", "changing each bar", "repeated bars"),
    words("returning_after_2_bars", "two-bar phrases", "no two-bar phrases", "two-bar phrases"),
    words("returning_after_4_bars", "four-bar phrases", "no four-bar phrases", "four-bar phrases"),
    words(
        "returning_after_8_bars",
        "eight-bar phrases",
        "no eight-bar phrases",
        "eight-bar phrases",
    ),
    words("lead_repeated_bars", "more repetitive", "less repetitive", "repetition"),
    words(
        "lead_pitch_class_entropy",
        "more different pitches",
        "fewer pitches",
        "different pitches",
    ),
    words("lead_in_key", "more in the scale", "more chromatic", "notes in the scale"),
    words("lead_on_triad", "more notes of the tonic chord", "more passing notes", "tonic notes"),
];

const fn words(
    feature: &'static str,
    more: &'static str,
    less: &'static str,
    of_what: &'static str,
) -> Words {
    Words { feature, more, less, of_what }
}

/// What people say of the feature with this name.
pub fn words_of(feature: &str) -> Option<&'static Words> {
    WORDS.iter().find(|words| words.feature == feature)
}
