//! What may be missing from Discord's JSON?
//!
//! Fields that its reference marks as optional or nullable are left out, with some that only newer or older
//! servers send, and others that it does not know are there.

use serde_json::{Value, json};

/// Fields that are missing wherever they occur.
const OPTIONAL: [&str; 25] = [
    "activity",
    "app_permissions",
    "attachment_size_limit",
    "authorizing_integration_owners",
    "avatar",
    "bot",
    "burst_colors",
    "communication_disabled_until",
    "components",
    "context",
    "entitlements",
    "flags",
    "global_name",
    "guild",
    "guild_locale",
    "locale",
    "message_author_id",
    "nick",
    "nonce",
    "pending",
    "premium_since",
    "public_flags",
    "resolved",
    "shard",
    "unavailable",
];
/// Fields that older events of reactions did not have.
const NEW_IN_REACTIONS: [&str; 2] = ["burst", "type"];

/// An event with as little in it as there may be.
pub(super) fn event(name: &str, data: &Value) -> Value {
    let mut data = data.clone();
    // A session cannot be begun without these.
    let kept = if name == "READY" { data.get("application").cloned() } else { None };
    strip(&mut data);
    if let (Some(fields), "MESSAGE_REACTION_ADD" | "MESSAGE_REACTION_REMOVE") =
        (data.as_object_mut(), name)
    {
        fields.retain(|field, _| !NEW_IN_REACTIONS.contains(&field.as_str()));
    }
    if let Some(application) = kept {
        data["application"] = application;
    }
    data
}

/// An answer with as little in it as there may be.
pub(super) fn answer(mut body: Value) -> Value {
    strip(&mut body);
    body
}

/// Leaves out what may be missing, at every depth; who is a bot is kept.
fn strip(value: &mut Value) {
    match value {
        Value::Array(entries) => entries.iter_mut().for_each(strip),
        Value::Object(fields) => {
            fields.retain(|field, value| {
                let is_optional = OPTIONAL.contains(&field.as_str());
                let may_go = is_optional && *value != json!(true);
                let says_nothing = value.is_null() || field == "reactions" && *value == json!([]);
                !may_go && !says_nothing
            });
            fields.values_mut().for_each(strip);
            if fields.contains_key("id") {
                fields.insert("not_known_yet".to_owned(), json!({ "since": "tomorrow" }));
            }
        }
        _ => {}
    }
}
