//! Who asks the HTTP API, and does the answer get through?
//!
//! Tokens; what goes wrong on a test's behalf is in [`super::trouble`], what is answered is in [`super::routes`].

use std::collections::HashMap;
use std::sync::Arc;

use axum::Json;
use axum::body::Body;
use axum::extract::{Request, State as Extract};
use axum::http::header::{AUTHORIZATION, HeaderValue, USER_AGENT};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::json;

use super::form::{self, Form};
use super::routes::{Refusal, refusal, route, unknown_route};
use super::schema;
use super::sloppy;
use super::state::{Inner, State};

pub(super) async fn answer(
    Extract(state): Extract<Arc<State>>,
    request: Request<Body>,
) -> Response {
    let method = request.method().clone();
    let path = request.uri().path().to_owned();
    let query = parameters(request.uri().query().unwrap_or_default());
    let headers = request.headers().clone();
    let form = form::read(request).await;
    let name = format!("{method} {path}");
    let late = {
        let mut state = state.lock();
        state.requests.push(name.clone());
        state.troubles.delay(&name)
    };
    tokio::time::sleep(late.unwrap_or_default()).await;
    let mut state = state.lock();
    let (instead, fault) = state.troubles.before(&name);
    state.violations.extend(fault);
    let mut response = instead.unwrap_or_else(|| {
        let request = Asked { name: &name, method: method.as_str(), path: &path, query: &query };
        obey(&mut state, &request, &headers, form)
    });
    response.headers_mut().extend(state.troubles.headers(&name));
    response
}

/// A request without its body.
struct Asked<'a> {
    name: &'a str,
    method: &'a str,
    path: &'a str,
    query: &'a HashMap<String, String>,
}

fn obey(
    state: &mut Inner,
    asked: &Asked<'_>,
    headers: &HeaderMap,
    form: Result<Form, String>,
) -> Response {
    let name = asked.name;
    let form = match form {
        Ok(form) => form,
        Err(error) => {
            state.violation(format!("{name}: {error}"));
            return refuse(&refusal(400, 50109, "The request body contains invalid JSON."));
        }
    };
    state.violations.extend(schema::faults(asked.method, asked.path, &form.json));
    if let Err(refused) = identity(state, name, headers) {
        return refuse(&refused);
    }
    let segments: Vec<String> = asked.path.split('/').skip(1).map(unescape).collect();
    let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
    let answer = match segments.as_slice() {
        ["api", "v10", rest @ ..] => route(state, asked.method, rest, asked.query, form),
        _ => Err(unknown_route(state, name)),
    };
    if answer.is_ok()
        && let Some(instead) = state.troubles.after(name)
    {
        if let ["api", "v10", "interactions", id, ..] = segments.as_slice() {
            state.lost_answer_to(id);
        }
        return instead;
    }
    match answer {
        Ok(Some(body)) if state.sloppy => Json(sloppy::answer(body)).into_response(),
        Ok(Some(body)) => Json(body).into_response(),
        Ok(None) => StatusCode::NO_CONTENT.into_response(),
        Err(refused) => refuse(&refused),
    }
}

fn identity(state: &mut Inner, name: &str, headers: &HeaderMap) -> Result<(), Refusal> {
    let text = |header| headers.get(header).and_then(|value: &HeaderValue| value.to_str().ok());
    // Discord's form of a bot's name: DiscordBot (address, version)
    let agent = text(USER_AGENT).unwrap_or_default();
    if !(agent.starts_with("DiscordBot (http") && agent.contains(", ")) {
        state.violation(format!("{name} by {agent:?}"));
    }
    let public = name.ends_with("/gateway")
        || name.contains("/webhooks/")
        || name.contains("/interactions/");
    let token = text(AUTHORIZATION).and_then(|value| value.strip_prefix("Bot "));
    if public || token == Some(state.token.as_str()) {
        return Ok(());
    }
    Err(refusal(401, 0, "401: Unauthorized"))
}

fn refuse(refusal: &Refusal) -> Response {
    let status = StatusCode::from_u16(refusal.status).unwrap_or(StatusCode::BAD_REQUEST);
    (status, Json(json!({ "code": refusal.code, "message": refusal.message }))).into_response()
}

fn parameters(query: &str) -> HashMap<String, String> {
    let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
    pairs.map(|(name, value)| (unescape(name), unescape(value))).collect()
}

/// Percent-decoding.
fn unescape(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let Some((first, tail)) = rest.split_first() {
        let escaped = tail.get(..2).and_then(|hex| std::str::from_utf8(hex).ok());
        let escaped = escaped.and_then(|hex| u8::from_str_radix(hex, 16).ok());
        let byte = escaped.filter(|_| *first == b'%');
        bytes.push(byte.unwrap_or(*first));
        rest = if byte.is_some() { &tail[2..] } else { tail };
    }
    String::from_utf8_lossy(&bytes).into_owned()
}
