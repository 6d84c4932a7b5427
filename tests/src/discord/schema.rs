//! Does what is sent fit Discord's own description of its API?
//!
//! Discord publishes it as `OpenAPI` (<https://github.com/discord/discord-api-spec>). It is large and not part
//! of this project: without it nothing is checked here, and [`is_described`] says so.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, OnceLock, PoisonError};

use jsonschema::Validator;
use serde_json::{Value, json};

/// Where the description is, unless it is in `shared` beside the project.
const VARIABLE: &str = "DISCORD_OPENAPI";

/// Whether Discord's description is here, so that every request is checked against it.
pub fn is_described() -> bool {
    description().is_some()
}

/// What is wrong with the body of a request.
pub(super) fn faults(method: &str, path: &str, body: &Value) -> Vec<String> {
    static VALIDATORS: OnceLock<Mutex<HashMap<String, Option<Validator>>>> = OnceLock::new();
    let Some(description) = description() else { return Vec::new() };
    let Some(described) = described(description, path) else {
        return vec![format!("{method} {path} is not described")];
    };
    let validators = VALIDATORS.get_or_init(Mutex::default);
    let mut validators = validators.lock().unwrap_or_else(PoisonError::into_inner);
    let validator = validators
        .entry(format!("{method} {described}"))
        .or_insert_with(|| validator(description, described, method));
    match validator {
        Some(validator) => {
            let found = validator.iter_errors(body);
            found
                .map(|error| format!("{method} {path}: {error} at {}", error.instance_path()))
                .collect()
        }
        None if body.is_null() => Vec::new(),
        None => vec![format!("{method} {path}: no body is described")],
    }
}

fn description() -> Option<&'static Value> {
    static DESCRIPTION: OnceLock<Option<Value>> = OnceLock::new();
    let read = || {
        let beside =
            Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/discord/openapi.json");
        let file = std::env::var_os(VARIABLE).map_or(beside, PathBuf::from);
        let text = std::fs::read_to_string(file).ok()?;
        Some(serde_json::from_str(&text).expect("Discord's description is JSON"))
    };
    DESCRIPTION.get_or_init(read).as_ref()
}

/// The described path that this one is of; one written out is meant before one with parameters.
fn described<'a>(description: &'a Value, path: &str) -> Option<&'a str> {
    let path = path.strip_prefix("/api/v10")?;
    let fits = |described: &str| {
        let (described, path) = (described.split('/'), path.split('/'));
        described.clone().count() == path.clone().count()
            && described.zip(path).all(|(part, sent)| part == sent || part.starts_with('{'))
    };
    let paths = description["paths"].as_object()?.keys().map(String::as_str);
    paths.filter(|described| fits(described)).min_by_key(|described| described.matches('{').count())
}

fn validator(description: &Value, path: &str, method: &str) -> Option<Validator> {
    let route = &description["paths"][path][method.to_lowercase()];
    let mut schema = route["requestBody"]["content"]["application/json"]["schema"].clone();
    // What it refers to is found from its root.
    schema.as_object_mut()?.insert("components".to_owned(), json!(description["components"]));
    Some(jsonschema::validator_for(&schema).expect("Discord's description is a schema"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[ignore = "needs Discord's description: ../shared/discord/openapi.json or DISCORD_OPENAPI"]
    fn what_does_not_fit_is_found() {
        assert!(is_described(), "Discord's description is not there");
        let wrong = |method, path: &str, body| {
            !faults(method, &format!("/api/v10{path}"), &body).is_empty()
        };
        assert!(!wrong("POST", "/channels/1/messages", json!({ "content": "a track" })));
        assert!(wrong("POST", "/channels/1/messages", json!({ "content": 5 })));
        assert!(wrong("POST", "/channels/1/messages", json!({ "nonce": "x".repeat(26) })));
        assert!(wrong(
            "PUT",
            "/applications/1/commands",
            json!([{ "name": "generate", "options": 1 }])
        ));
        assert!(wrong("POST", "/no/such/route", Value::Null));
    }
}
