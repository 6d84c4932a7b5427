//! Is what the bot sends within Discord's rules?
//!
//! Types and limits are twilight's; unknown fields are faults.

use std::collections::BTreeSet;

use serde::Deserialize;
use serde_json::{Value, json};
use twilight_model::application::command::{
    Command, CommandOptionChoice, CommandOptionChoiceValue,
};
use twilight_model::channel::message::{AllowedMentions, Component, Embed, MessageFlags};
use twilight_model::http::attachment::Attachment;
use twilight_validate::{command, message};

use super::form::Form;
use super::state::{Attached, BOT, Inner, MAX_FILE_BYTES};

/// The fields that a message may be sent with.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Body {
    content: Option<String>,
    tts: Option<bool>,
    embeds: Option<Vec<Embed>>,
    allowed_mentions: Option<AllowedMentions>,
    components: Option<Vec<Component>>,
    attachments: Option<Vec<Attachment>>,
    flags: Option<MessageFlags>,
    nonce: Option<String>,
    enforce_nonce: Option<bool>,
    sticker_ids: Option<Vec<u64>>,
}

/// A message that was sent or edited.
#[derive(Debug, Default)]
pub(super) struct Sent {
    pub(super) content: String,
    pub(super) files: Vec<Attached>,
    pub(super) private: bool,
    pub(super) nonce: Option<String>,
}

/// The message in a form, and what is wrong with it.
pub(super) fn message(state: &mut Inner, form: Form) -> Result<Sent, Vec<String>> {
    let mut json = form.json.clone();
    number_attachments(&mut json);
    let body: Body = match serde_json::from_value(json) {
        Ok(body) => body,
        Err(error) => return Err(vec![format!("message: {error} in {}", form.json)]),
    };
    let mut faults = limits(&body);
    let described = body.attachments.unwrap_or_default();
    for attachment in &described {
        note(&mut faults, message::attachment(attachment));
        if !form.files.iter().any(|file| file.number == attachment.id) {
            faults.push(format!("attachment {} has no file", attachment.id));
        }
    }
    let mut files = Vec::new();
    for file in form.files {
        let Some(attachment) = described.iter().find(|a| a.id == file.number) else {
            faults.push(format!("files[{}] is not among the attachments", file.number));
            continue;
        };
        if attachment.filename != file.name {
            faults.push(format!("{} is announced as {}", file.name, attachment.filename));
        }
        if file.bytes.len() > MAX_FILE_BYTES || file.bytes.is_empty() {
            faults.push(format!("{} has {} bytes", file.name, file.bytes.len()));
        }
        files.push(Attached {
            id: state.new_id(),
            name: file.name,
            description: attachment.description.clone(),
            bytes: file.bytes,
        });
    }
    let content = body.content.unwrap_or_default();
    let nothing =
        content.is_empty() && files.is_empty() && body.embeds.is_none_or(|e| e.is_empty());
    if nothing {
        faults.push("an empty message".to_owned());
    }
    if !faults.is_empty() {
        return Err(faults);
    }
    let private = body.flags.is_some_and(|flags| flags.contains(MessageFlags::EPHEMERAL));
    Ok(Sent { content, files, private, nonce: body.nonce })
}

/// Discord writes ids as texts and takes numbers too; twilight reads numbers here.
fn number_attachments(json: &mut Value) {
    let attachments = json.get_mut("attachments").and_then(Value::as_array_mut);
    for attachment in attachments.into_iter().flatten() {
        let number = attachment["id"].as_str().and_then(|id| id.parse::<u64>().ok());
        if let Some(number) = number {
            attachment["id"] = json!(number);
        }
    }
}

fn limits(body: &Body) -> Vec<String> {
    let mut faults = Vec::new();
    note(&mut faults, message::content(body.content.as_deref().unwrap_or_default()));
    note(&mut faults, message::embeds(body.embeds.as_deref().unwrap_or_default()));
    note(&mut faults, message::components(body.components.as_deref().unwrap_or_default(), false));
    // Names of genres come from folders: they must not ping anybody. A person can be called by id.
    let content = body.content.as_deref().unwrap_or_default();
    match &body.allowed_mentions {
        Some(allowed)
            if allowed.parse.is_empty()
                && allowed.roles.is_empty()
                && allowed.users.iter().all(|id| content.contains(&format!("<@{id}>"))) => {}
        other => faults.push(format!("the message may ping: {other:?}")),
    }
    if body.nonce.as_ref().is_some_and(|nonce| nonce.chars().count() > 25) {
        faults.push("a nonce of more than 25 characters".to_owned());
    }
    if body.enforce_nonce == Some(true) && body.nonce.is_none() {
        faults.push("a nonce to be enforced that is not there".to_owned());
    }
    if body.tts == Some(true) || body.sticker_ids.as_ref().is_some_and(|ids| !ids.is_empty()) {
        faults.push("speech or stickers".to_owned());
    }
    faults
}

fn note<E: std::fmt::Display>(faults: &mut Vec<String>, outcome: Result<(), E>) {
    if let Err(error) = outcome {
        faults.push(error.to_string());
    }
}

/// The commands in a body as Discord gives them back, and what is wrong with them.
pub(super) fn commands(
    state: &mut Inner,
    guild: Option<u64>,
    json: &Value,
) -> Result<Vec<Value>, Vec<String>> {
    let Some(list) = json.as_array() else {
        return Err(vec![format!("commands that are not a list: {json}")]);
    };
    let (mut faults, mut commands) = (Vec::new(), Vec::new());
    for sent in list {
        let mut full = sent.clone();
        let id = state.new_id().to_string();
        full["id"] = json!(id);
        full["version"] = json!(id);
        full["application_id"] = json!(BOT.to_string());
        full["guild_id"] = json!(guild.map(|guild| guild.to_string()));
        if full.get("type").is_none() {
            full["type"] = json!(1);
        }
        if full.get("default_member_permissions").is_none() {
            full["default_member_permissions"] = Value::Null;
        }
        match serde_json::from_value::<Command>(full.clone()) {
            Ok(read) => {
                note(&mut faults, command::command(&read));
                note(&mut faults, command::chat_input_name(&read.name));
                note(&mut faults, command::options(&read.options));
            }
            Err(error) => faults.push(format!("command: {error} in {sent}")),
        }
        commands.push(full);
    }
    if faults.is_empty() { Ok(commands) } else { Err(faults) }
}

/// The answer to somebody who types.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Completion {
    #[serde(rename = "type")]
    _kind: u8,
    data: Choices,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Choices {
    choices: Vec<Value>,
}

/// The choices in an autocompletion of an option that takes text, and what is wrong with them.
pub(super) fn choices(json: &Value) -> Result<Vec<String>, Vec<String>> {
    let fault = |error: serde_json::Error| vec![format!("choices: {error} in {json}")];
    let Completion { data, .. } = serde_json::from_value(json.clone()).map_err(fault)?;
    let (mut faults, mut names) = (Vec::new(), BTreeSet::new());
    if data.choices.len() > 25 {
        faults.push(format!("{} choices", data.choices.len()));
    }
    let mut shown = Vec::new();
    for sent in data.choices {
        let choice: CommandOptionChoice = serde_json::from_value(sent.clone()).map_err(fault)?;
        note(&mut faults, command::choice(&choice));
        let has_others = sent.as_object().is_none_or(|fields| {
            fields.keys().any(|key| !["name", "name_localizations", "value"].contains(&&**key))
        });
        if has_others || !matches!(choice.value, CommandOptionChoiceValue::String(_)) {
            faults.push(format!("a choice that is not a text: {sent}"));
        }
        if !names.insert(choice.name.clone()) {
            faults.push(format!("{:?} is to choose twice", choice.name));
        }
        shown.push(choice.name);
    }
    if faults.is_empty() { Ok(shown) } else { Err(faults) }
}

/// Why nobody could do that: the command was not registered so. An interaction of `kind` 4 is
/// somebody who types.
pub(super) fn impossible(command: &Value, kind: u8, options: &Value) -> Option<String> {
    let name = |option: &Value| option["name"].as_str().unwrap_or_default().to_owned();
    let options = options.as_array().map(Vec::as_slice).unwrap_or_default();
    let registered = command["options"].as_array().map(Vec::as_slice).unwrap_or_default();
    let mut n_focused = 0;
    for option in options {
        let Some(known) = registered.iter().find(|known| name(known) == name(option)) else {
            return Some(format!("there is no option {:?}", name(option)));
        };
        if known["type"] != option["type"] {
            return Some(format!("the option {:?} is of type {}", name(option), known["type"]));
        }
        if option["focused"] == true {
            n_focused += 1;
            if known["autocomplete"] != true {
                return Some(format!("the option {:?} is not completed", name(option)));
            }
        }
    }
    if n_focused != usize::from(kind == 4) {
        return Some(format!("{n_focused} options are being typed"));
    }
    let is_missing = |known: &&Value| {
        known["required"] == true && !options.iter().any(|option| name(option) == name(known))
    };
    let missing = registered.iter().filter(|_| kind == 2).find(is_missing);
    missing.map(|known| format!("the option {:?} is required", name(known)))
}

#[cfg(test)]
mod tests {
    use super::super::form::Upload;
    use super::super::state::State;
    use super::*;

    /// The first fault of a message with one file.
    fn fault(change: impl FnOnce(&mut Value, &mut Upload)) -> Option<String> {
        let mut json = json!({
            "content": "a track",
            "allowed_mentions": { "parse": [], "users": [], "roles": [], "replied_user": false },
            "attachments": [{ "id": 0, "filename": "a.mid" }],
        });
        let mut file = Upload { number: 0, name: "a.mid".to_owned(), bytes: vec![1] };
        change(&mut json, &mut file);
        let state = State::new(String::new());
        let form = Form { json, files: vec![file] };
        let sent = message(&mut state.lock(), form);
        sent.err().map(|faults| faults.join("; "))
    }

    #[test]
    fn a_message_is_held_to_the_rules() {
        assert_eq!(fault(|_, _| {}), None);
        let faults = [
            fault(|json, _| json["content"] = json!("x".repeat(2001))),
            fault(|json, _| json["allowed_mentions"]["parse"] = json!(["everyone"])),
            fault(|json, _| json["allowed_mentions"] = Value::Null),
            fault(|json, _| json["contents"] = json!("a wrong field")),
            fault(|json, _| json["nonce"] = json!("x".repeat(26))),
            fault(|json, _| json["attachments"] = json!([])),
            fault(|json, _| json["attachments"][0]["filename"] = json!("b.mid")),
            fault(|json, _| json["attachments"][0]["description"] = json!("x".repeat(1025))),
            fault(|_, file| file.number = 1),
            fault(|_, file| file.bytes = vec![0; MAX_FILE_BYTES + 1]),
        ];
        for (n, fault) in faults.iter().enumerate() {
            assert!(fault.is_some(), "fault {n} was not seen");
        }
    }

    #[test]
    fn a_command_is_held_to_the_rules() {
        let state = State::new(String::new());
        let check = |name: &str, description: &str| {
            let list = json!([{ "name": name, "description": description, "options": [] }]);
            commands(&mut state.lock(), None, &list).is_ok()
        };
        assert!(check("generate", "makes a track"));
        assert!(!check("Generate", "upper case"));
        assert!(!check("generate", ""));
        assert!(!check("two words", "a blank"));
    }

    #[test]
    fn choices_are_held_to_the_rules() {
        let check = |choices: Value| choices_of(&json!({ "choices": choices })).is_ok();
        let choice = |name: &str| json!({ "name": name, "value": name });
        assert!(check(json!([])) && check(json!([choice("x"), choice("y")])));
        assert!(!check(json!([choice("x"), choice("x")])), "twice the same");
        assert!(!check(json!([choice("")])) && !check(json!([choice(&"x".repeat(101))])));
        assert!(!check(json!([{ "name": "x", "value": 1 }])), "a number for a text");
        assert!(!check(json!([{ "name": "x", "value": "x", "values": "x" }])));
        assert!(!check(json!(vec![choice("x"); 26])));
        assert!(choices_of(&json!({})).is_err() && choices_of(&Value::Null).is_err());
        assert!(choices_of(&json!({ "choices": [], "content": "x" })).is_err());
    }

    fn choices_of(data: &Value) -> Result<Vec<String>, Vec<String>> {
        choices(&json!({ "type": 8, "data": data }))
    }

    #[test]
    fn nobody_does_what_the_command_does_not_offer() {
        let command = json!({ "name": "generate", "options": [
            { "name": "genre", "type": 3, "required": true, "autocomplete": true },
            { "name": "seed", "type": 4 },
        ] });
        let genre = || json!({ "name": "genre", "type": 3, "value": "x" });
        let focused = || json!({ "name": "genre", "type": 3, "value": "x", "focused": true });
        let seed = json!({ "name": "seed", "type": 4, "value": 1 });
        assert_eq!(impossible(&command, 2, &json!([genre(), seed])), None);
        assert_eq!(impossible(&command, 4, &json!([focused()])), None);
        let wrong = [
            (2, json!([seed])),
            (2, json!([focused()])),
            (4, json!([genre()])),
            (4, json!([{ "name": "seed", "type": 4, "value": 1, "focused": true }])),
            (2, json!([genre(), { "name": "seed", "type": 3, "value": "1" }])),
            (2, json!([genre(), { "name": "artist", "type": 3, "value": "x" }])),
        ];
        for (kind, options) in wrong {
            assert!(impossible(&command, kind, &options).is_some(), "{kind}: {options}");
        }
    }
}
