//! Who asks the HTTP API, and does the answer get through?
//!
//! Tokens, rate limits and failures; what is answered is in [`super::routes`].

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Json;
use axum::body::Body;
use axum::extract::{Request, State as Extract};
use axum::http::header::{AUTHORIZATION, HeaderValue, USER_AGENT};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::json;

use super::form;
use super::routes::{Refusal, refusal, route, unknown_route};
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
    let mut state = state.lock();
    state.requests.push(name.clone());
    if let Some(response) = trouble(&mut state, &name) {
        return response;
    }
    let form = match form {
        Ok(form) => form,
        Err(error) => {
            state.violation(format!("{name}: {error}"));
            return refuse(&refusal(400, 50109, "The request body contains invalid JSON."));
        }
    };
    if let Err(refused) = identity(&mut state, &name, &headers) {
        return refuse(&refused);
    }
    let segments: Vec<String> = path.split('/').skip(1).map(unescape).collect();
    let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
    let answer = match segments.as_slice() {
        ["api", "v10", rest @ ..] => route(&mut state, method.as_str(), rest, &query, form),
        _ => Err(unknown_route(&mut state, &name)),
    };
    if answer.is_ok() && counted(&mut state.losses, &name) {
        return bad_gateway();
    }
    match answer {
        Ok(Some(body)) => Json(body).into_response(),
        Ok(None) => StatusCode::NO_CONTENT.into_response(),
        Err(refused) => refuse(&refused),
    }
}

/// What a test asked to go wrong with this request.
fn trouble(state: &mut Inner, name: &str) -> Option<Response> {
    if counted(&mut state.breakdowns, name) {
        return Some(bad_gateway());
    }
    let now = Instant::now();
    let limit = state.limits.iter_mut().find(|limit| name.contains(&limit.part))?;
    let early = limit.until.is_some_and(|until| now < until);
    let limited = early || limit.left > 0;
    limit.left = limit.left.saturating_sub(1);
    let seconds = limit.seconds;
    limit.until = limited.then(|| now + Duration::from_secs_f64(seconds));
    if early {
        state.violation(format!("{name} came back before its rate limit was over"));
    }
    limited.then(|| too_many(seconds))
}

/// Whether this request is among those that something shall happen to, which are counted down.
fn counted(left: &mut [(String, u32)], name: &str) -> bool {
    let found = left.iter_mut().find(|(part, n)| *n > 0 && name.contains(part.as_str()));
    let Some((_, n_left)) = found else { return false };
    *n_left -= 1;
    true
}

fn bad_gateway() -> Response {
    (StatusCode::BAD_GATEWAY, "<html>bad gateway</html>").into_response()
}

fn too_many(seconds: f64) -> Response {
    let body = json!({
        "message": "You are being rate limited.", "retry_after": seconds, "global": false,
    });
    let mut response = (StatusCode::TOO_MANY_REQUESTS, Json(body)).into_response();
    let value = HeaderValue::from_str(&format!("{seconds}")).expect("digits");
    for header in ["retry-after", "x-ratelimit-reset-after"] {
        response.headers_mut().insert(header, value.clone());
    }
    response
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
