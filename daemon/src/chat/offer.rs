//! What may listeners choose from?

use bot::command::Offer;
use composer::version;

use crate::context::Context;
use crate::cycle::label;

/// What listeners may choose from.
///
/// # Errors
/// When the genres cannot be listed.
pub(crate) fn offer(context: &Context) -> anyhow::Result<Offer> {
    let genres = context.genres()?;
    let artists = |genre: &String| {
        let names = names(context, genre).unwrap_or_else(|error| {
            tracing::warn!(genre, error = format!("{error:#}"), "its artists cannot be listed");
            Vec::new()
        });
        (genre.clone(), label::artists(&names, genre))
    };
    Ok(Offer {
        artists: genres.iter().map(artists).filter(|(_, known)| !known.is_empty()).collect(),
        genres,
    })
}

/// The genres and artists that the version of a genre that is played knows.
pub(super) fn names(context: &Context, genre: &str) -> anyhow::Result<Vec<String>> {
    let Some(promotion) = context.store.current_version(genre)? else { return Ok(Vec::new()) };
    Ok(version::manifest(&context.home.version(genre, promotion.version))?.genres)
}
