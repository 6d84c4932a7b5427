//! How is a genre's model doing, in words?

use std::fmt::Write;

use super::text::{count, plain};

/// What is said of the version of a genre's model that is played. Losses are in nats a token.
#[derive(Clone, Debug, PartialEq)]
pub struct ModelReport<'a> {
    /// The genre.
    pub genre: &'a str,
    /// The version.
    pub version: u32,
    /// When it was made, in seconds since 1970.
    pub made_at_s: u64,
    /// Songs of the genre that it learned from.
    pub n_songs: usize,
    /// Tracks that it learned from, because listeners like them.
    pub n_liked: usize,
    /// Songs on which it was measured; it did not learn from them.
    pub n_held_out: usize,
    /// Its loss on these.
    pub valid_nll: f64,
    /// What counting pairs of tokens reaches.
    pub bigram_nll: f64,
    /// What the network reached before it learned anything.
    pub untrained_nll: f64,
    /// Tracks of the genre with votes, and the listeners who gave them.
    pub n_rated: usize,
    /// See `n_rated`.
    pub n_listeners: usize,
    /// The least and the most that a song weighed in its training, 1 being usual; not known of an
    /// old version.
    pub weights: Option<(f32, f32)>,
    /// How often tracks that votes chose are liked and how often plain ones, in words that begin with
    /// a small letter; `None` without votes on them.
    pub like_rates: Option<&'a str>,
}

/// The text of the message that tells how well a genre's model does.
pub fn model_report(about: &ModelReport<'_>) -> String {
    let mut text = format!(
        "**{} v{}**, made <t:{}:D>\nLearned from {}",
        plain(about.genre, 100),
        about.version,
        about.made_at_s,
        count(about.n_songs, "song")
    );
    if about.n_liked > 0 {
        let _ = write!(text, " and {} that you liked", count(about.n_liked, "track"));
    }
    let measured = match about.n_held_out {
        0 => "the songs it learned from, as none could be held out".to_owned(),
        n => count(n, "held-out song"),
    };
    let _ = write!(
        text,
        "\nLoss on {measured} (lower is better): **{:.3}** nats a token; counting pairs of notes \
         {:.3}, untrained {:.3}",
        about.valid_nll, about.bigram_nll, about.untrained_nll
    );
    if about.n_rated == 0 {
        return text + "\nNobody has rated one of its tracks yet: react to one to teach me.";
    }
    let (tracks, listeners) = (count(about.n_rated, "track"), count(about.n_listeners, "listener"));
    let _ = write!(text, "\n{tracks} rated by {listeners}");
    match about.weights {
        Some((least, most)) if most - least >= 0.1 => {
            let _ = write!(
                text,
                ": songs like those you liked weighed up to {most:.1} in its training, their \
                 opposites down to {least:.1}"
            );
        }
        Some(_) => text += " since its training; the next one will follow these votes",
        None => {}
    }
    if let Some(rates) = about.like_rates {
        let _ = write!(
            text,
            "\nSome tracks are made plainly, as if nobody had voted, to see what your votes gain: \
             {rates}"
        );
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_says_what_was_learned_and_what_votes_changed() {
        let about = ModelReport {
            genre: "hard_style",
            version: 3,
            made_at_s: 1_700_000_000,
            n_songs: 214,
            n_liked: 1,
            n_held_out: 24,
            valid_nll: 1.5,
            bigram_nll: 2.25,
            untrained_nll: 6.0,
            n_rated: 2,
            n_listeners: 1,
            weights: Some((0.5, 2.0)),
            like_rates: None,
        };
        let expected = "**hard\\_style v3**, made <t:1700000000:D>\nLearned from 214 songs and 1 \
                        track that you liked\nLoss on 24 held-out songs (lower is \
                        better): **1.500** nats a token; counting pairs of notes 2.250, untrained \
                        6.000\n2 tracks rated by 1 listener: songs like those you liked weighed up \
                        to 2.0 in its training, their opposites down to 0.5";
        assert_eq!(model_report(&about), expected);
        let unheard = model_report(&ModelReport { weights: Some((1.0, 1.0)), ..about.clone() });
        assert!(unheard.ends_with("the next one will follow these votes"), "{unheard}");
        let rates = "chosen tracks are liked by 71 %";
        let compared = model_report(&ModelReport { like_rates: Some(rates), ..about.clone() });
        let gain = "down to 0.5\nSome tracks are made plainly, as if nobody had voted, to see what \
                    your votes gain: chosen tracks are liked by 71 %";
        assert!(compared.ends_with(gain), "{compared}");
        let unrated = model_report(&ModelReport { n_rated: 0, n_held_out: 0, n_liked: 0, ..about });
        assert!(unrated.contains("from 214 songs\nLoss on the songs it learned from"), "{unrated}");
        assert!(unrated.ends_with("react to one to teach me."), "{unrated}");
    }
}
