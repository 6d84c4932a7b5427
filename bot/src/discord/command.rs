//! What do `/generate` and `/model` look like, and what did a listener ask for with them?
//!
//! Pure: builds and reads the commands, sends nothing.

use std::collections::BTreeSet;
use std::ops::RangeInclusive;
use std::time::SystemTime;

use serenity::builder::{
    AutocompleteChoice, CreateAutocompleteResponse, CreateCommand, CreateCommandOption,
};
use serenity::model::application::{
    CommandInteraction, CommandOptionType, InstallationContext, InteractionContext, ResolvedValue,
};

use music::key::Key;

use crate::arrange::Instrument;
use crate::chat::{ChannelId, ListenerId, Offer, Open, Request, Wish, meant};
use crate::post;

/// The name of the command that makes a track.
pub(super) const GENERATE: &str = "generate";
/// The name of the command that tells how a genre's model stands.
pub(super) const MODEL: &str = "model";
/// The most choices that Discord shows, and the longest text of one in characters.
const MAX_CHOICES: usize = 25;
const MAX_CHOICE_CHARS: usize = 100;
/// Discord sends integers as floating point numbers: above this they are not exact.
const MAX_INTEGER: u64 = (1 << 53) - 1;
/// Tempos that a listener may ask for, in quarter notes a minute.
const TEMPO_BPM: RangeInclusive<u64> = 40..=300;

/// The commands as they are registered; `max_bars` is the longest track that may be asked for.
pub(super) fn definitions(max_bars: u32) -> [CreateCommand; 2] {
    let model = command(MODEL, "Shows what I have learned of a genre, and how well");
    let genre = chosen("genre", "What kind of music").required(true);
    [generate(max_bars), model.set_options(vec![genre])]
}

fn command(name: &str, description: &str) -> CreateCommand {
    CreateCommand::new(name)
        .description(description)
        .integration_types(vec![InstallationContext::Guild])
        .contexts(vec![InteractionContext::Guild])
}

fn generate(max_bars: u32) -> CreateCommand {
    let key = CreateCommandOption::new(CommandOptionType::String, "key", "The key of the track");
    let key = (0..24)
        .map(|index| Key::from_index(index).to_string())
        .fold(key, |option, key| option.add_string_choice(key.clone(), key));
    command(GENERATE, "Makes a new track: MIDI, sound and picture").set_options(vec![
        chosen("genre", "What kind of music").required(true),
        chosen("artist", "In whose manner, among those of the genre"),
        integer("seed", "The same seed makes the same track again", 0..=MAX_INTEGER),
        integer("bars", "How long it is, in bars", 1..=u64::from(max_bars)),
        integer("tempo", "Beats a minute", TEMPO_BPM),
        key,
        chosen("instrument", "What plays the lead"),
        chosen("arrangement", "What plays along"),
    ])
}

/// What fits to what a listener has typed so far: names that start with it, then names that hold
/// each word of it, in the order of the offer. Artists are those of the genre, if one is chosen already.
pub(super) fn completions(
    interaction: &CommandInteraction,
    offer: &Offer,
) -> CreateAutocompleteResponse {
    let typed = interaction.data.autocomplete();
    let artists;
    let (names, typed): (&[String], &str) = match &typed {
        Some(option) if option.name == "genre" => (&offer.genres, option.value),
        Some(option) if option.name == "artist" => {
            artists = artists_on_offer(interaction, offer);
            (&artists, option.value)
        }
        Some(option) if option.name == "instrument" => (&offer.instruments, option.value),
        Some(option) if option.name == "arrangement" => (&offer.arrangements, option.value),
        _ => (&[], ""),
    };
    let choices = matching(names, typed).map(|name| AutocompleteChoice::new(name, name)).collect();
    CreateAutocompleteResponse::new().set_choices(choices)
}

/// The artists of the genre that is chosen; those of all genres as long as none is.
fn artists_on_offer(interaction: &CommandInteraction, offer: &Offer) -> Vec<String> {
    let chosen = interaction.data.options().into_iter().find_map(|option| match option.value {
        ResolvedValue::String(genre) if option.name == "genre" => Some(genre),
        _ => None,
    });
    let names: BTreeSet<&String> = match chosen {
        None => offer.artists.values().flatten().collect(),
        Some(genre) => {
            let genre = meant(genre, &offer.genres);
            genre.and_then(|genre| offer.artists.get(genre)).into_iter().flatten().collect()
        }
    };
    names.into_iter().cloned().collect()
}

/// An option that is completed while it is typed.
fn chosen(name: &str, description: &str) -> CreateCommandOption {
    CreateCommandOption::new(CommandOptionType::String, name, description).set_autocomplete(true)
}

fn integer(name: &str, description: &str, range: RangeInclusive<u64>) -> CreateCommandOption {
    CreateCommandOption::new(CommandOptionType::Integer, name, description)
        .min_int_value(*range.start())
        .max_int_value(*range.end())
}

fn matching<'a>(names: &'a [String], typed: &str) -> impl Iterator<Item = &'a str> {
    let typed = typed.trim().to_lowercase();
    let (starting, rest): (Vec<&str>, Vec<&str>) = names
        .iter()
        .map(String::as_str)
        .filter(|name| (1..=MAX_CHOICE_CHARS).contains(&name.chars().count()))
        .partition(|name| name.to_lowercase().starts_with(&typed));
    let holding = rest.into_iter().filter(move |name| {
        let name = name.to_lowercase();
        let mut words = typed.split(|c: char| !c.is_alphanumeric());
        name.contains(&typed) || words.all(|word| name.contains(word))
    });
    starting.into_iter().chain(holding).take(MAX_CHOICES)
}

/// The request that an interaction makes.
///
/// # Errors
/// A text for the listener that says what is wrong with it.
pub(super) fn request(
    interaction: &CommandInteraction,
    offer: &Offer,
    at: SystemTime,
) -> Result<Request, String> {
    let mut wish = Wish::default();
    let mut artist = None;
    for option in interaction.data.options() {
        match (option.name, option.value) {
            ("genre", ResolvedValue::String(genre)) => {
                wish.genre = meant(genre, &offer.genres)
                    .cloned()
                    .ok_or_else(|| post::unknown_genre(genre, &offer.genres))?;
            }
            ("artist", ResolvedValue::String(name)) => artist = Some(name),
            ("seed", ResolvedValue::Integer(seed)) => wish.seed = u64::try_from(seed).ok(),
            ("bars", ResolvedValue::Integer(bars)) => wish.bars = u32::try_from(bars).ok(),
            ("tempo", ResolvedValue::Integer(bpm)) => wish.tempo_bpm = Some(bpm as f64),
            ("key", ResolvedValue::String(key)) => wish.key = Some(key.parse()?),
            ("instrument", ResolvedValue::String(name)) => {
                wish.instrument = Some(instrument(name, &offer.instruments)?);
            }
            ("arrangement", ResolvedValue::String(name)) => {
                wish.arrangement = Some(named("arrangement", name, &offer.arrangements)?);
            }
            _ => {}
        }
    }
    if wish.genre.is_empty() {
        return Err(post::unknown_genre("", &offer.genres));
    }
    // One that is not on offer is passed on: the daemon knows what is missing.
    wish.artist = artist.filter(|name| !name.trim().is_empty()).map(|name| {
        let artists = offer.artists.get(&wish.genre);
        let known = artists.and_then(|artists| meant(name, artists));
        known.cloned().unwrap_or_else(|| name.trim().to_owned())
    });
    Ok(Request {
        channel: ChannelId(interaction.channel_id.get()),
        listener: ListenerId(interaction.user.id.get()),
        listener_name: shown_name(interaction),
        at,
        wish,
        open: Some(Open {
            id: interaction.id.get(),
            token: interaction.token.clone(),
            max_file_bytes: interaction.attachment_size_limit as usize,
        }),
    })
}

fn named(what: &'static str, text: &str, names: &[String]) -> Result<String, String> {
    meant(text, names).cloned().ok_or_else(|| post::unknown_choice(what, text, names))
}

/// The instrument that `text` means: the name of one on offer, or a looser spelling of it
/// (`saw_lead`, a General MIDI number).
fn instrument(text: &str, offered: &[String]) -> Result<String, String> {
    if let Some(name) = meant(text, offered) {
        return Ok(name.clone());
    }
    let is_offered = |name: &str| offered.iter().any(|offered| offered == name);
    match text.parse::<Instrument>() {
        Ok(meant) if is_offered(meant.name()) => Ok(meant.name().to_owned()),
        Err(error) if is_offered(error.nearest) => {
            Err(post::unknown_instrument(text, error.nearest))
        }
        _ => Err(post::unknown_choice("instrument", text, offered)),
    }
}

fn shown_name(interaction: &CommandInteraction) -> String {
    let nick = interaction.member.as_ref().and_then(|member| member.nick.clone());
    nick.or_else(|| interaction.user.global_name.clone())
        .unwrap_or_else(|| interaction.user.name.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(all: &[&str]) -> Vec<String> {
        all.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn names_that_start_with_the_text_come_first() {
        let names = names(&["euphoric hardstyle", "Hardstyle", "trance", "hardcore"]);
        let found: Vec<&str> = matching(&names, " hard").collect();
        assert_eq!(found, ["Hardstyle", "hardcore", "euphoric hardstyle"]);
        assert_eq!(matching(&names, "").count(), 4);
        let names = self::names(&["Lead 1 (square)", "Lead 2 (sawtooth)", "Leadership"]);
        let found: Vec<&str> = matching(&names, "saw_lead").collect();
        assert_eq!(found, ["Lead 2 (sawtooth)"]);
    }

    #[test]
    fn no_more_and_no_longer_choices_than_discord_takes() {
        let many: Vec<String> = (0..40).map(|n| format!("genre {n}")).collect();
        assert_eq!(matching(&many, "genre").count(), MAX_CHOICES);
        let long = vec!["x".repeat(101), String::new()];
        assert_eq!(matching(&long, "").count(), 0);
    }

    #[test]
    fn instruments_are_understood_as_people_write_them() {
        let offered: Vec<String> = Instrument::names().iter().map(ToString::to_string).collect();
        for (typed, meant) in [
            ("saw_lead", "Lead 2 (sawtooth)"),
            ("lead 2 (SAWTOOTH)", "Lead 2 (sawtooth)"),
            ("91", "Pad 3 (polysynth)"),
        ] {
            assert_eq!(instrument(typed, &offered).as_deref(), Ok(meant));
        }
        let error = instrument("polisinth", &offered).expect_err("no such instrument");
        assert!(error.contains("Did you mean Pad 3 (polysynth)?"), "{error}");
        let few = names(&["supersaw"]);
        assert!(instrument("saw_lead", &few).expect_err("not on offer").contains("supersaw"));
    }
}
