//! What is learned in a cycle, from which start, and with which settings?

use std::sync::atomic::AtomicBool;

use anyhow::Context as _;
use composer::corpus::Piece;
use composer::settings::Settings;
use composer::version::{self, VersionError};
use network::Network;
use network::train::{AUTO, Hyperparameters, Scope};

use super::identity::Identity;
use super::resume::Unfinished;
use super::speed::speed;
use super::training_request::{TrainingRequest, require_songs};
use crate::context::{Context, now_ms};
use crate::cycle::label;
use crate::cycle::material::{self, Material};
use crate::store::{Cycle, Outcome};

pub(super) struct Plan {
    pub(super) material: Material,
    n_songs: u64,
    vote_change: u64,
    pub(super) settings: Settings,
    /// The genres and artists that the network knows.
    pub(super) names: Vec<String>,
    pub(super) start: Option<Start>,
    /// Of everything above that decides how the training goes, before what the settings leave open is
    /// chosen.
    pub(super) identity: Identity,
}

/// A version that training begins with.
pub(super) struct Start {
    pub(super) genre: String,
    pub(super) version: u32,
    pub(super) network: Network,
    genres: Vec<String>,
    n_train: usize,
    held_out_below: Option<f64>,
}

impl Plan {
    /// Chooses what the settings leave open; if a training is resumed, the same as then, although this
    /// machine may since have turned out to be faster.
    pub(super) fn choose_size(
        &mut self,
        context: &Context,
        unfinished: Option<&Unfinished>,
    ) -> anyhow::Result<()> {
        let settings = &mut self.settings.hyperparameters;
        if let Some(unfinished) = unfinished {
            *settings = settings.filled(&unfinished.note.settings);
        }
        if settings.is_open() {
            let train = &self.material.corpus.train;
            let n_tokens = train.iter().map(|piece| piece.tokens().len()).sum();
            let is_measured = settings.hidden == AUTO;
            let speed = if is_measured { speed(context, settings)? } else { f64::MAX };
            *settings = settings.chosen(Scope { interface: composer::INTERFACE, n_tokens, speed });
        }
        Ok(())
    }

    pub(super) fn announcement(
        &self,
        request: &TrainingRequest,
        unfinished: Option<&Unfinished>,
    ) -> String {
        let corpus = &self.material.corpus;
        let n_own = corpus.train.len() - self.material.n_replayed;
        let mut text = format!(
            "training {} because {}: {n_own} songs to learn from, {} held out",
            request.genre,
            request.why,
            corpus.valid.len()
        );
        if self.material.n_replayed > 0 {
            text.push_str(&format!(", {} of other genres besides", self.material.n_replayed));
        }
        if let Some(start) = self.start.as_ref().filter(|start| start.genre != request.genre) {
            text.push_str(&format!(
                "; it starts from what {} v{} knows",
                start.genre, start.version
            ));
        }
        let Hyperparameters { layers, hidden, embedding, batch, sequence_length, .. } =
            self.settings.hyperparameters;
        text.push_str(&format!(
            "; {layers}×{hidden} units, embedding {embedding}, {batch}×{sequence_length} tokens a step"
        ));
        if let Some(Unfinished { snapshot, .. }) = unfinished {
            let (step, epoch) = (snapshot.step(), snapshot.epoch());
            text.push_str(&format!("; it resumes at step {step}, in epoch {epoch}"));
        }
        text
    }

    /// The version of the same genre that training begins with.
    pub(super) fn parent(&self, genre: &str) -> Option<u32> {
        self.start.as_ref().filter(|start| start.genre == genre).map(|start| start.version)
    }

    /// The edge below which the weights have learned from no song: this training's, or that of an
    /// ancestor whose weights it continues if that is lower. `None` if an ancestor did not note its own.
    pub(super) fn held_out_below(&self) -> Option<f64> {
        let own = Some(self.material.corpus.held_out_below);
        lowest_edge(self.start.as_ref().map(|start| start.held_out_below).into_iter().chain([own]))
    }

    /// What the store notes of this training.
    pub(super) fn cycle(
        &self,
        version: Option<u32>,
        valid_nll: Option<f64>,
        outcome: Outcome,
    ) -> Cycle {
        Cycle {
            at_ms: now_ms(),
            version,
            n_songs: self.n_songs,
            vote_change: self.vote_change,
            valid_nll,
            outcome,
        }
    }

    pub(super) fn held_out(&self) -> &[Piece] {
        self.material.corpus.held_out()
    }
}

/// The lowest edge of a training and of the version it begins with, if it begins with one; `None` if one
/// was not noted. What a version has noted is the lowest of its ancestors already.
fn lowest_edge(edges: impl IntoIterator<Item = Option<f64>>) -> Option<f64> {
    edges.into_iter().try_fold(f64::INFINITY, |lowest, edge| Some(lowest.min(edge?)))
}

pub(super) fn plan(
    context: &Context,
    request: &TrainingRequest,
    stop: &AtomicBool,
) -> anyhow::Result<Plan> {
    let genre = request.genre.as_str();
    require_songs(context, genre)?;
    let vote_change = context.store.vote_change()?;
    let n_songs = context.store.song_counts(genre)?.accepted;
    let mut settings = context.config.training.clone();
    let learning = &mut settings.hyperparameters;
    let mut start = start(context, genre, request.fresh, learning)?;
    if let Some(start) = &start {
        *learning = learning.of_size(start.network.size());
    }
    let is_own = start.as_ref().is_some_and(|start| start.genre == genre);
    let by_default = if is_own { settings.continue_epochs } else { learning.epochs };
    learning.epochs = request.epochs.unwrap_or(by_default);
    let current = context.store.current_version(genre)?.map(|promotion| promotion.version);
    // Each cycle sees the songs in another order and other keys.
    learning.seed ^= u64::from(current.unwrap_or(0)) << 20;
    let seed = learning.seed;
    let known = start.as_ref().map_or(&[][..], |start| &start.genres);
    let names = label::all(context, known)?;
    let n_known = known.len() as u32;
    if let Some(start) = &mut start {
        start.network.begin_labels(n_known + 1..names.len() as u32 + 1);
    }
    let learner = material::Learner { genre, names: &names, has_past: start.is_some(), seed };
    let material = material::gather(context, &learner, stop)?;
    let begun = start.as_ref().map(|start| (&start.genre, start.version));
    let identity = Identity::of(&settings, &names, begun, &material.corpus);
    Ok(Plan { material, n_songs, vote_change, settings, names, start, identity })
}

/// What training begins with: the version in force, or one of another genre, from which a new genre
/// takes what it knows of music. None if new weights are asked for or another size of network is set.
fn start(
    context: &Context,
    genre: &str,
    fresh: bool,
    settings: &Hyperparameters,
) -> anyhow::Result<Option<Start>> {
    if fresh {
        return Ok(None);
    }
    if let Some(own) = version_of(context, genre)? {
        return Ok(Some(own).filter(|start| settings.allow(start.network.size())));
    }
    let mut best: Option<Start> = None;
    for other in context.genres()?.iter().filter(|other| *other != genre) {
        // What is wrong with another genre's version is that genre's concern.
        let Ok(Some(start)) = version_of(context, other) else { continue };
        let is_better = best.as_ref().is_none_or(|best| start.n_train > best.n_train);
        if settings.allow(start.network.size()) && is_better {
            best = Some(start);
        }
    }
    Ok(best)
}

/// The version of a genre that is played; none after an upgrade that changed the tokens.
fn version_of(context: &Context, genre: &str) -> anyhow::Result<Option<Start>> {
    let Some(promotion) = context.store.current_version(genre)? else { return Ok(None) };
    match version::load(&context.home.version(genre, promotion.version)) {
        Ok((network, manifest)) => Ok(Some(Start {
            genre: genre.to_owned(),
            version: promotion.version,
            network,
            genres: manifest.genres,
            n_train: manifest.n_train,
            held_out_below: manifest.held_out_below,
        })),
        Err(VersionError::OtherTokens { .. }) => Ok(None),
        Err(error) => Err(error).context("loading the current version"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chat::posting::tests::context;
    use crate::cycle::fixtures::{GENRE, keep, played, songs};

    #[test]
    fn a_version_notes_the_lowest_edge_of_all_whose_weights_it_continues() {
        let (_folder, mut context) = context();
        let config = std::sync::Arc::make_mut(&mut context.config);
        (config.schedule.min_songs, config.training.valid_share) = (1, 0.5);
        let size = &mut config.training.hyperparameters;
        (size.layers, size.hidden, size.embedding) = (1, 8, 4);
        let edge = |fresh| {
            let request = TrainingRequest::by_person(GENRE.to_owned(), fresh, None);
            let plan = plan(&context, &request, &AtomicBool::new(false)).expect("a plan");
            (plan.parent(GENRE), plan.held_out_below())
        };
        songs(&context);
        let own = edge(false).1;
        assert!(own >= Some(0.5), "{own:?}");
        for (version, noted) in [(1, Some(0.01)), (2, None), (3, Some(1.0))] {
            keep(&context, version, noted);
            played(&context, version, 1.0);
            let expected = noted.and_then(|noted| own.map(|own| own.min(noted)));
            assert_eq!(edge(false), (Some(version), expected));
            assert_eq!(edge(true), (None, own), "new weights");
        }
    }

    #[test]
    fn weights_hold_out_only_what_all_their_ancestors_did() {
        assert_eq!(lowest_edge([Some(0.3)]), Some(0.3), "new weights");
        assert_eq!(lowest_edge([Some(0.1), Some(0.3)]), Some(0.1));
        assert_eq!(lowest_edge([Some(0.3), Some(0.1)]), Some(0.1));
        assert_eq!(lowest_edge([None, Some(0.3)]), None, "nobody knows");
    }
}
