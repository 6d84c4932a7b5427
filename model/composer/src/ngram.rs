//! What does a model without a network predict?
//!
//! An interpolated n-gram with Witten-Bell smoothing (Witten and Bell 1991): the baseline that a
//! trained network has to beat. Nothing is generated with it.

use std::collections::HashMap;

use crate::corpus::Piece;
use music::tokens::{TokenId, VOCABULARY};

/// Counts of every context up to `order − 1` tokens.
pub struct Ngram {
    order: usize,
    counts: HashMap<Vec<TokenId>, HashMap<TokenId, f64>>,
}

impl Ngram {
    /// Counts the tokens of `pieces`, each by its weight; `order` 2 is a bigram.
    pub fn new(order: usize, pieces: &[Piece]) -> Self {
        let mut counts: HashMap<Vec<TokenId>, HashMap<TokenId, f64>> = HashMap::new();
        for piece in pieces {
            let tokens = piece.tokens();
            for idx in 1..tokens.len() {
                for length in 0..order.min(idx + 1) {
                    let context = tokens[idx - length..idx].to_vec();
                    let count = counts.entry(context).or_default().entry(tokens[idx]).or_default();
                    *count += f64::from(piece.weight);
                }
            }
        }
        Self { order, counts }
    }

    /// Mean loss of `pieces` in nats a token, every token counted alike; 0 without pieces.
    pub fn evaluate(&self, pieces: &[Piece]) -> f64 {
        let losses: Vec<f64> = pieces.iter().flat_map(|piece| self.losses(piece)).collect();
        losses.iter().sum::<f64>() / losses.len().max(1) as f64
    }

    /// The loss of each token of a piece but the first, in nats.
    pub fn losses(&self, piece: &Piece) -> Vec<f64> {
        let tokens = piece.tokens();
        let loss = |idx: usize| {
            let longest = (self.order - 1).min(idx);
            -self.probability(&tokens[idx - longest..idx], tokens[idx]).ln()
        };
        (1..tokens.len()).map(loss).collect()
    }

    fn probability(&self, context: &[TokenId], token: TokenId) -> f64 {
        let shorter = match context.split_first() {
            Some((_, shorter)) => self.probability(shorter, token),
            None => 1.0 / VOCABULARY as f64,
        };
        let Some(counts) = self.counts.get(context) else { return shorter };
        let total: f64 = counts.values().sum();
        let kinds = counts.len() as f64;
        (counts.get(&token).copied().unwrap_or(0.0) + kinds * shorter) / (total + kinds)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use music::song::Song;
    use music::tokens::HEADER;

    #[test]
    fn probabilities_sum_to_one_and_what_was_seen_is_likely() {
        let piece = Piece::new("a", "a", &Song::new(150.0, 4, 8, []));
        let ngram = Ngram::new(2, std::slice::from_ref(&piece));
        let bar = piece.tokens()[HEADER];
        let all = |context: &[TokenId]| -> f64 {
            (0..VOCABULARY as u32).map(|id| ngram.probability(context, TokenId(id))).sum()
        };
        assert!((all(&[bar]) - 1.0).abs() < 1e-9);
        assert!((all(&[]) - 1.0).abs() < 1e-9);
        assert!(ngram.probability(&[bar], bar) > 0.5);
        assert!(ngram.evaluate(&[piece]) < 1.5);
    }
}
