//! How do the slash commands look in Discord, and what was filled in?
//!
//! Turns the table of [`crate::command`] into Discord's form and an interaction back into an
//! [`Invocation`]. Pure: sends nothing, and knows no single command.

use std::time::SystemTime;

use serenity::builder::{
    AutocompleteChoice, CreateAutocompleteResponse, CreateCommand, CreateCommandOption,
};
use serenity::model::Permissions;
use serenity::model::application::{
    CommandInteraction, CommandOptionType, InstallationContext, InteractionContext, ResolvedValue,
};

use crate::chat::{Invocation, Open, ReplyTo};
use crate::command::{Command, CommandOption, Given, Kind, Offer, Question, commands};
use crate::id::{ChannelId, ListenerId};

/// The most choices that Discord shows, and the longest text of one in characters.
const MAX_CHOICES: usize = 25;
const MAX_CHOICE_CHARS: usize = 100;

/// The commands as they are registered; `max_bars` is the longest track that may be asked for.
pub(super) fn definitions(max_bars: u32) -> Vec<CreateCommand> {
    commands(max_bars).iter().map(definition).collect()
}

fn definition(command: &Command) -> CreateCommand {
    CreateCommand::new(command.name)
        .description(command.description)
        .integration_types(vec![InstallationContext::Guild])
        .contexts(vec![InteractionContext::Guild])
        .set_options(command.options.iter().map(option).collect())
}

fn option(option: &CommandOption) -> CreateCommandOption {
    let of_type = |kind| {
        CreateCommandOption::new(kind, option.name, option.description).required(option.is_required)
    };
    match &option.kind {
        Kind::Integer(range) => of_type(CommandOptionType::Integer)
            .min_int_value(*range.start())
            .max_int_value(*range.end()),
        Kind::Menu(entries) => {
            entries.iter().fold(of_type(CommandOptionType::String), |option, entry| {
                option.add_string_choice(entry.label.clone(), entry.value.clone())
            })
        }
        Kind::Name(_) => of_type(CommandOptionType::String).set_autocomplete(true),
    }
}

/// What completes the text that a listener has typed so far.
pub(super) fn completions(
    interaction: &CommandInteraction,
    offer: &Offer,
    max_bars: u32,
) -> CreateAutocompleteResponse {
    let names = match (find(interaction, max_bars), interaction.data.autocomplete()) {
        (Some(command), Some(typed)) => {
            command.completions(typed.name, typed.value, &given(interaction), offer)
        }
        _ => Vec::new(),
    };
    let names = names.into_iter().filter(|name| fits(name)).take(MAX_CHOICES);
    let choices = names.map(|name| AutocompleteChoice::new(name.clone(), name)).collect();
    CreateAutocompleteResponse::new().set_choices(choices)
}

/// Whether Discord can show this as a choice.
fn fits(name: &str) -> bool {
    (1..=MAX_CHOICE_CHARS).contains(&name.chars().count())
}

/// The invocation that an interaction makes.
///
/// # Errors
/// A text for the listener that says what is wrong with it.
pub(super) fn invocation(
    interaction: &CommandInteraction,
    offer: &Offer,
    max_bars: u32,
    at: SystemTime,
) -> Result<Invocation, String> {
    let command = find(interaction, max_bars);
    let command = command.ok_or_else(|| "I don't know this command (any more).".to_owned())?;
    let max_file_bytes = interaction.attachment_size_limit as usize;
    let may = |may: Permissions| may.administrator() || may.contains(Permissions::ADD_REACTIONS);
    let may_react = interaction.app_permissions.is_none_or(may);
    let open = Open::new(interaction.id.get(), &interaction.token, at, max_file_bytes);
    let open = Open { may_react, ..open };
    let mut question = command.read(&given(interaction), offer)?;
    let community = interaction.guild_id.map(|guild| guild.to_string());
    match &mut question {
        Question::Generate(wish) => wish.community.clone_from(&community),
        Question::Model(asked) => asked.community.clone_from(&community),
        Question::Help | Question::Privacy | Question::ForgetMe { .. } => {}
    }
    Ok(Invocation {
        question,
        listener: ListenerId(interaction.user.id.get()),
        community,
        reply_to: ReplyTo::question(ChannelId(interaction.channel_id.get()), open),
    })
}

fn find(interaction: &CommandInteraction, max_bars: u32) -> Option<Command> {
    commands(max_bars).into_iter().find(|command| command.name == interaction.data.name)
}

fn given(interaction: &CommandInteraction) -> Given {
    let options = interaction.data.options().into_iter();
    let values = options.filter_map(|option| match option.value {
        ResolvedValue::String(text) => Some((option.name.to_owned(), text.to_owned())),
        ResolvedValue::Integer(number) => Some((option.name.to_owned(), number.to_string())),
        _ => None,
    });
    values.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_discord_can_show_is_a_choice() {
        assert!(fits("x") && fits(&"ä".repeat(100)));
        assert!(!fits("") && !fits(&"x".repeat(101)));
    }
}
