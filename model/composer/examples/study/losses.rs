//! How many nats does it take to predict held-out songs: a token, a note of the lead, a beat?

use composer::corpus::Piece;
use composer::lessons::as_written;
use composer::ngram::Ngram;
use music::song::Voice;
use music::tokens::Token;
use network::infer::Predictor;
use network::{Network, Precision};

use crate::songs::Labelled;

/// Losses on held-out songs, in nats.
#[derive(Clone, Copy)]
pub(crate) struct Losses {
    /// A token.
    pub(crate) token: f64,
    /// A note of the lead: its position, pitch and duration, and where the lead begins and ends in
    /// each bar.
    pub(crate) lead_note: f64,
    /// A note of the lead without its duration.
    pub(crate) onset_and_pitch: f64,
    /// What of a lead note's loss tells how loud it is.
    pub(crate) velocity: f64,
    /// A quarter note of the whole song, its header left out.
    pub(crate) beat: f64,
}

/// Measures an n-gram.
pub(crate) fn of_ngram(ngram: &Ngram, songs: &[&Labelled]) -> Losses {
    measure(songs, 0, |piece| ngram.losses(piece))
}

/// Measures a network, which knows the songs' genre by a label, in a precision.
pub(crate) fn of_network(
    network: &Network,
    songs: &[&Labelled],
    label: u32,
    precision: Precision,
) -> Result<Losses, Box<dyn std::error::Error>> {
    let predictor = Predictor::with_precision(network, precision)?;
    let n_lookbacks = network.size().lookbacks;
    Ok(measure(songs, label, |piece| {
        let sequence = as_written(std::slice::from_ref(piece)).remove(0);
        let n_suggested = sequence.suggested.len() / (sequence.tokens.len() - 1);
        let mut stream = predictor.stream(&piece.labels());
        let steps = sequence.tokens.windows(2).zip(sequence.suggested.chunks(n_suggested));
        let loss = |(pair, suggested): (&[u32], &[u32])| {
            let logits = predictor.step(&mut stream, pair[0], &suggested[..n_lookbacks]);
            let max = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
            let sum: f64 = logits.iter().map(|logit| f64::from(logit - max).exp()).sum();
            sum.ln() - f64::from(logits[pair[1] as usize] - max)
        };
        steps.map(loss).collect()
    }))
}

fn measure(songs: &[&Labelled], label: u32, mut losses: impl FnMut(&Piece) -> Vec<f64>) -> Losses {
    let (mut all, mut n_tokens) = (0.0, 0usize);
    let (mut lead, mut durations, mut velocities, mut n_notes) = (0.0, 0.0, 0.0, 0usize);
    let (mut music, mut n_beats) = (0.0, 0.0);
    for song in songs {
        let piece = song.piece(label);
        let mut in_lead = false;
        for (loss, id) in losses(&piece).into_iter().zip(&piece.tokens()[1..]) {
            all += loss;
            n_tokens += 1;
            let token = id.token();
            if !is_header(token) {
                music += loss;
            }
            // What ends the lead in a bar tells where its notes are not.
            let was_in_lead = in_lead;
            match token {
                Some(Token::Voice(voice)) => in_lead = voice == Voice::Lead,
                Some(Token::Bar | Token::End) => in_lead = false,
                _ => {}
            }
            if in_lead || was_in_lead {
                lead += loss;
                match token {
                    Some(Token::Duration(_)) => durations += loss,
                    Some(Token::Velocity(_)) => velocities += loss,
                    _ => {}
                }
            }
        }
        n_notes += song.n_lead();
        n_beats += f64::from(song.song.n_bars() * song.song.beats_per_bar());
    }
    let n_notes = n_notes.max(1) as f64;
    Losses {
        token: all / n_tokens.max(1) as f64,
        lead_note: lead / n_notes,
        onset_and_pitch: (lead - durations - velocities) / n_notes,
        velocity: velocities / n_notes,
        beat: music / n_beats,
    }
}

fn is_header(token: Option<Token>) -> bool {
    !matches!(
        token,
        Some(
            Token::Bar
                | Token::Voice(_)
                | Token::Position(_)
                | Token::Velocity(_)
                | Token::Pitch(_)
                | Token::Duration(_)
                | Token::End
        )
    )
}
