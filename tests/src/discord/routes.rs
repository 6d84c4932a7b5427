//! What does the HTTP API answer?
//!
//! Only the routes that a bot like this one needs; any other is a violation.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::check::{self, Sent};
use super::form::Form;
use super::payload;
use super::state::{BOT, CHANNEL, Inner, Message, Stage};

/// What is given back: a body, or none.
pub(super) type Answer = Result<Option<Value>, Refusal>;

/// Discord's way to say no.
pub(super) struct Refusal {
    pub(super) status: u16,
    pub(super) code: u32,
    pub(super) message: String,
}

pub(super) fn refusal(status: u16, code: u32, message: &str) -> Refusal {
    Refusal { status, code, message: message.to_owned() }
}

pub(super) fn route(
    state: &mut Inner,
    method: &str,
    path: &[&str],
    query: &HashMap<String, String>,
    form: Form,
) -> Answer {
    match (method, path) {
        ("GET", ["gateway"]) => Ok(Some(json!({ "url": state.gateway_url }))),
        ("GET", ["gateway", "bot"]) => Ok(Some(json!({
            "url": state.gateway_url,
            "shards": state.n_shards,
            "session_start_limit": {
                "total": 1000,
                "remaining": state.session_limit.0,
                "reset_after": state.session_limit.1,
                "max_concurrency": 1,
            },
        }))),
        ("GET", ["users", "@me"]) => Ok(Some(payload::me(state))),
        ("GET", ["applications", "@me"] | ["oauth2", "applications", "@me"]) => {
            Ok(Some(payload::application(state)))
        }
        (_, ["applications", application, "commands"]) if is_bot(application) => {
            commands(state, method, None, &form)
        }
        (_, ["applications", application, "guilds", guild, "commands"]) if is_bot(application) => {
            commands(state, method, Some(number(guild)?), &form)
        }
        ("POST", ["interactions", id, token, "callback"]) => {
            callback(state, number(id)?, token, form)
        }
        (_, ["webhooks", application, token, "messages", "@original"]) if is_bot(application) => {
            original(state, method, token, form)
        }
        ("POST", ["webhooks", application, token]) if is_bot(application) => {
            followup(state, token, form)
        }
        (_, ["channels", channel, "messages", rest @ ..]) => {
            if number(channel)? != CHANNEL {
                return Err(refusal(404, 10003, "Unknown Channel"));
            }
            channel_messages(state, method, rest, query, form)
        }
        _ => Err(unknown_route(state, &format!("{method} {path:?}"))),
    }
}

fn commands(state: &mut Inner, method: &str, guild: Option<u64>, form: &Form) -> Answer {
    match method {
        "GET" => {}
        "PUT" => {
            let checked = check::commands(state, guild, &form.json);
            let commands = checked.map_err(|faults| blame(state, faults))?;
            state.commands.insert(guild, commands);
        }
        _ => return Err(unknown_route(state, "commands")),
    }
    Ok(Some(json!(state.commands.get(&guild).cloned().unwrap_or_default())))
}

fn callback(state: &mut Inner, id: u64, token: &str, form: Form) -> Answer {
    let unknown = || refusal(404, 10062, "Unknown interaction");
    let interaction = state.interactions.get(&id).cloned().filter(|i| i.token == token);
    let Some(interaction) = interaction else {
        return Err(unknown());
    };
    if interaction.at.elapsed() > Duration::from_secs(3) {
        state.violation(format!(
            "interaction {id} was answered after {:?}",
            interaction.at.elapsed()
        ));
        return Err(unknown());
    }
    if !matches!(interaction.stage, Stage::Open) {
        if !interaction.answer_lost {
            state.violation(format!("interaction {id} was answered twice"));
        }
        return Err(refusal(400, 40060, "Interaction has already been acknowledged."));
    }
    let kind = form.json["type"].as_u64();
    let stage = match (kind, interaction.kind) {
        (Some(4), 2) => {
            let data = Form { json: form.json["data"].clone(), ..form };
            let sent = check::message(state, data).map_err(|faults| blame(state, faults))?;
            let message = new_answer(state, id, interaction.user, Some(sent));
            Stage::Answered { message }
        }
        (Some(5), 2) => {
            let private = form.json["data"]["flags"].as_u64().unwrap_or(0) & 64 != 0;
            let message = new_answer(state, id, interaction.user, None);
            state.messages.entry(message).and_modify(|m| {
                m.private_to = private.then_some(interaction.user);
            });
            Stage::Deferred { message }
        }
        (Some(8), 4) => {
            let choices = check::choices(&form.json).map_err(|faults| blame(state, faults))?;
            Stage::Completed(choices)
        }
        _ => {
            let fault = format!("a response of type {kind:?} to a kind {}", interaction.kind);
            return Err(blame(state, vec![fault]));
        }
    };
    let now = Instant::now();
    let is_answer = matches!(stage, Stage::Answered { .. });
    state.interactions.entry(id).and_modify(|i| {
        i.stage = stage;
        i.acknowledged_at = Some(now);
        i.answered_at.extend(is_answer.then_some(now));
    });
    Ok(None)
}

/// A message that answers an interaction; without content it is "is thinking".
fn new_answer(state: &mut Inner, interaction: u64, user: u64, sent: Option<Sent>) -> u64 {
    let id = state.new_message(CHANNEL, BOT, String::new());
    let finished = sent.is_some();
    let sent = sent.unwrap_or_default();
    state.messages.entry(id).and_modify(|message| {
        message.answers = Some(interaction);
        message.finished = finished;
        message.private_to = sent.private.then_some(user);
        message.content = sent.content;
        message.files = sent.files;
    });
    id
}

/// The interaction of a token that is still valid.
fn valid(state: &mut Inner, token: &str) -> Result<u64, Refusal> {
    let id = state.by_token(token).ok_or_else(|| refusal(404, 10015, "Unknown Webhook"))?;
    if state.interactions[&id].expired {
        return Err(refusal(401, 50027, "Invalid Webhook Token"));
    }
    if matches!(state.interactions[&id].stage, Stage::Open) {
        state.violation(format!("interaction {id} is used before it was answered"));
        return Err(refusal(404, 10015, "Unknown Webhook"));
    }
    Ok(id)
}

fn original(state: &mut Inner, method: &str, token: &str, form: Form) -> Answer {
    let id = valid(state, token)?;
    let (Stage::Deferred { message } | Stage::Answered { message }) = state.interactions[&id].stage
    else {
        return Err(refusal(404, 10008, "Unknown Message"));
    };
    match method {
        "GET" => {}
        "PATCH" => {
            let sent = check::message(state, form).map_err(|faults| blame(state, faults))?;
            let with_files = !sent.files.is_empty();
            state.messages.entry(message).and_modify(|message| {
                message.content = sent.content;
                message.files = sent.files;
                message.finished = true;
            });
            let answered = Stage::Answered { message };
            state.interactions.entry(id).and_modify(|i| {
                i.stage = answered;
                i.answered_at.extend(with_files.then(Instant::now));
            });
        }
        "DELETE" => {
            state.messages.remove(&message);
            state.interactions.entry(id).and_modify(|i| i.stage = Stage::Deleted);
            return Ok(None);
        }
        _ => return Err(unknown_route(state, "@original")),
    }
    find(state, message)
}

fn followup(state: &mut Inner, token: &str, form: Form) -> Answer {
    let id = valid(state, token)?;
    let user = state.interactions[&id].user;
    let sent = check::message(state, form).map_err(|faults| blame(state, faults))?;
    let message = if let Stage::Deferred { message } = state.interactions[&id].stage {
        // The first followup takes the place of "is thinking", with its visibility.
        let answered = Stage::Answered { message };
        state.interactions.entry(id).and_modify(|i| i.stage = answered);
        state.messages.entry(message).and_modify(|message| {
            message.content = sent.content;
            message.files = sent.files;
            message.finished = true;
        });
        message
    } else {
        new_answer(state, id, user, Some(sent))
    };
    find(state, message)
}

fn channel_messages(
    state: &mut Inner,
    method: &str,
    path: &[&str],
    query: &HashMap<String, String>,
    form: Form,
) -> Answer {
    match (method, path) {
        ("POST", []) => post(state, form),
        ("GET", []) => {
            let after = query.get("after").map(|after| number(after)).transpose()?;
            let before = query.get("before").map_or(Ok(u64::MAX), |before| number(before))?;
            let limit = query.get("limit").map_or(Ok(50), |limit| number(limit))?;
            if !(1..=100).contains(&limit) {
                return Err(blame(state, vec![format!("a page of {limit} messages")]));
            }
            let is_in = |m: &&Message| m.id > after.unwrap_or(0) && m.id < before;
            let public = |m: &&Message| is_in(m) && m.private_to.is_none();
            let mut page: Vec<&Message> = state.messages.values().filter(public).collect();
            if after.is_some() {
                page.truncate(limit as usize);
            }
            page.reverse();
            page.truncate(limit as usize);
            Ok(Some(page.into_iter().map(|message| payload::message(state, message)).collect()))
        }
        ("GET", [message]) => find(state, number(message)?),
        (_, [message, "reactions", rest @ ..]) => {
            let message = number(message)?;
            find(state, message)?;
            reactions(state, method, message, rest, query)
        }
        _ => Err(unknown_route(state, &format!("{method} messages {path:?}"))),
    }
}

fn post(state: &mut Inner, form: Form) -> Answer {
    let enforced = form.json["enforce_nonce"] == json!(true);
    let sent = check::message(state, form).map_err(|faults| blame(state, faults))?;
    let twin = |m: &&Message| enforced && m.nonce.is_some() && m.nonce == sent.nonce;
    if let Some(twin) = state.messages.values().find(twin).map(|message| message.id) {
        return find(state, twin);
    }
    let id = state.new_message(CHANNEL, BOT, sent.content);
    state.messages.entry(id).and_modify(|message| {
        message.files = sent.files;
        message.nonce = sent.nonce;
    });
    find(state, id)
}

fn reactions(
    state: &mut Inner,
    method: &str,
    message: u64,
    path: &[&str],
    query: &HashMap<String, String>,
) -> Answer {
    match (method, path) {
        ("PUT" | "DELETE", [emoji, "@me"]) => {
            if emoji.is_ascii() && !emoji.contains(':') {
                return Err(refusal(400, 10014, "Unknown Emoji"));
            }
            state.react(message, BOT, emoji, method == "PUT");
            Ok(None)
        }
        ("GET", [emoji]) => {
            let after = query.get("after").map_or(Ok(0), |after| number(after))?;
            let limit = query.get("limit").map_or(Ok(25), |limit| number(limit))?;
            let burst = query.get("type").is_some_and(|kind| kind == "1");
            // A guild's own emoji is found by its id, whatever its name.
            let id = |emoji: &str| emoji.split_once(':').map(|(_, id)| id.to_owned());
            let is_meant = |e: &str| {
                let shown = payload::sign(e);
                (shown == *emoji || id(shown).is_some_and(|own| id(emoji) == Some(own)))
                    && e.ends_with(payload::BURST) == burst
            };
            let found = state.messages[&message].reactions.iter();
            let mut users: Vec<u64> =
                found.filter(|(e, _)| is_meant(e)).map(|(_, user)| *user).collect();
            users.sort_unstable();
            let after = if state.ignores_after { 0 } else { after };
            let page = users.into_iter().filter(|user| *user > after).take(limit as usize);
            Ok(Some(page.map(|user| payload::user(state, user)).collect()))
        }
        _ => Err(unknown_route(state, &format!("{method} reactions {path:?}"))),
    }
}

fn find(state: &Inner, id: u64) -> Answer {
    let message = state.messages.get(&id);
    let message = message.ok_or_else(|| refusal(404, 10008, "Unknown Message"))?;
    Ok(Some(payload::message(state, message)))
}

pub(super) fn unknown_route(state: &mut Inner, name: &str) -> Refusal {
    state.violation(format!("there is no {name}"));
    refusal(404, 0, "404: Not Found")
}

/// Keeps the faults and refuses the request for them.
fn blame(state: &mut Inner, faults: Vec<String>) -> Refusal {
    let message = format!("Invalid Form Body: {}", faults.join("; "));
    for fault in faults {
        state.violation(fault);
    }
    refusal(400, 50035, &message)
}

fn is_bot(id: &str) -> bool {
    id == BOT.to_string()
}

fn number(text: &str) -> Result<u64, Refusal> {
    text.parse().map_err(|_| refusal(400, 50035, "Value is not snowflake."))
}
