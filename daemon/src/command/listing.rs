//! What do the lists of songs and tracks have in common?

use std::collections::HashMap;

use crate::context::Context;
use crate::store::Weighted;

/// The genres to list: the one named, or all.
pub(super) fn genres(context: &Context, named: Option<&str>) -> anyhow::Result<Vec<String>> {
    match named {
        Some(name) => Ok(vec![context.known_genre(name)?.to_owned()]),
        None => context.genres(),
    }
}

/// The weights that the last training of a genre used.
pub(super) fn weights(context: &Context, genre: &str) -> anyhow::Result<HashMap<Weighted, f32>> {
    let trained = context.store.cycles(genre)?.into_iter().rev();
    let last = trained.into_iter().find(|(_, cycle)| cycle.version.is_some());
    match last {
        Some((number, _)) => Ok(context.store.weights(genre, number)?.into_iter().collect()),
        None => Ok(HashMap::new()),
    }
}
