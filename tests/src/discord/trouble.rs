//! What goes wrong with a request?
//!
//! Whatever a test asked for: rate limits as Discord counts them, refusals, answers that come late,
//! broken or not at all.

use std::io::{Error, ErrorKind};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use axum::Json;
use axum::body::{Body, Bytes, HttpBody};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use http_body::Frame;
use serde_json::json;

/// What shall happen to some requests.
#[derive(Clone, Copy, Debug)]
pub(super) enum Fault {
    /// Not done, answered with status 502.
    BrokenDown,
    /// Not done, answered with this status and code.
    Refused(u16, u32),
    /// Not done, and the connection ends without an answer.
    CutOff,
    /// Done, answered with status 502.
    AnswerLost,
    /// Done, and the connection ends without an answer.
    AnswerCutOff,
    /// Done, answered with JSON that breaks off.
    Garbled,
    /// Done when this time is over.
    Late(Duration),
}

impl Fault {
    /// Whether the request is still done.
    fn comes_after(self) -> bool {
        matches!(self, Self::AnswerLost | Self::AnswerCutOff | Self::Garbled)
    }
}

/// Refusals that a test asked for: so many requests are limited, each for so long.
pub(super) struct Limit {
    part: String,
    left: u32,
    seconds: f64,
    global: bool,
    until: Option<Instant>,
}

impl Limit {
    pub(super) fn new(part: &str, left: u32, seconds: f64, global: bool) -> Self {
        Self { part: part.to_owned(), left, seconds, global, until: None }
    }
}

/// A bucket that is really counted: so many requests in so many seconds.
pub(super) struct Bucket {
    part: String,
    size: u32,
    seconds: f64,
    left: u32,
    full_at: Option<Instant>,
}

impl Bucket {
    pub(super) fn new(part: &str, size: u32, seconds: f64) -> Self {
        Self { part: part.to_owned(), size, seconds, left: size, full_at: None }
    }
}

/// Everything that a test asked to go wrong.
#[derive(Default)]
pub(super) struct Troubles {
    pub(super) faults: Vec<(String, u32, Fault)>,
    pub(super) limits: Vec<Limit>,
    pub(super) buckets: Vec<Bucket>,
    /// Requests that were answered with status 429.
    pub(super) n_limited: usize,
}

impl Troubles {
    /// How long this request shall wait before anything happens.
    pub(super) fn delay(&mut self, name: &str) -> Option<Duration> {
        match self.take(name, |fault| matches!(fault, Fault::Late(_)))? {
            Fault::Late(time) => Some(time),
            _ => None,
        }
    }

    /// What is answered although the request was done.
    pub(super) fn after(&mut self, name: &str) -> Option<Response> {
        self.take(name, Fault::comes_after).map(respond)
    }

    fn take(&mut self, name: &str, fits: impl Fn(Fault) -> bool) -> Option<Fault> {
        let planned = |(part, left, fault): &&mut (String, u32, Fault)| {
            *left > 0 && name.contains(part.as_str()) && fits(*fault)
        };
        let (_, left, fault) = self.faults.iter_mut().find(planned)?;
        *left -= 1;
        Some(*fault)
    }

    /// What is answered instead of doing what is requested, and what is wrong with the request.
    pub(super) fn before(&mut self, name: &str) -> (Option<Response>, Option<String>) {
        let instead = |fault: Fault| !fault.comes_after() && !matches!(fault, Fault::Late(_));
        if let Some(fault) = self.take(name, instead) {
            return (Some(respond(fault)), None);
        }
        let (mut limited, early) = self.planned(name);
        limited = limited.or_else(|| self.counted(name));
        self.n_limited += usize::from(limited.is_some());
        (limited, early.then(|| format!("{name} came back before its rate limit was over")))
    }

    /// The refusal that a test planned, and whether the request comes too early after another.
    fn planned(&mut self, name: &str) -> (Option<Response>, bool) {
        let now = Instant::now();
        let concerns = |limit: &&mut Limit| {
            let running = limit.until.is_some_and(|until| now < until);
            name.contains(&limit.part) || limit.global && running
        };
        let Some(limit) = self.limits.iter_mut().find(concerns) else { return (None, false) };
        let early = limit.until.is_some_and(|until| now < until);
        let limited = early || limit.left > 0;
        limit.left = limit.left.saturating_sub(1);
        limit.until = limited.then(|| now + Duration::from_secs_f64(limit.seconds));
        (limited.then(|| too_many(limit.seconds, limit.global)), early)
    }

    /// The refusal for a bucket that is empty.
    fn counted(&mut self, name: &str) -> Option<Response> {
        let now = Instant::now();
        let bucket = self.buckets.iter_mut().find(|bucket| name.contains(&bucket.part))?;
        if bucket.full_at.is_none_or(|full_at| full_at <= now) {
            bucket.full_at = Some(now + Duration::from_secs_f64(bucket.seconds));
            bucket.left = bucket.size;
        }
        if bucket.left == 0 {
            let left = bucket.full_at.map_or(Duration::ZERO, |full_at| full_at - now);
            return Some(too_many(left.as_secs_f64(), false));
        }
        bucket.left -= 1;
        None
    }

    /// What every answer says about the bucket that it was counted in.
    pub(super) fn headers(&self, name: &str) -> HeaderMap {
        let mut headers = HeaderMap::new();
        let bucket = self.buckets.iter().find(|bucket| name.contains(&bucket.part));
        let Some(bucket) = bucket else { return headers };
        let reset_after = bucket
            .full_at
            .map_or(Duration::ZERO, |full_at| full_at.saturating_duration_since(Instant::now()));
        let texts = [
            ("x-ratelimit-limit", bucket.size.to_string()),
            ("x-ratelimit-remaining", bucket.left.to_string()),
            ("x-ratelimit-reset-after", format!("{:.3}", reset_after.as_secs_f64() + 0.001)),
            ("x-ratelimit-bucket", format!("{:016x}", bucket.part.len())),
        ];
        for (name, text) in texts {
            headers.insert(name, HeaderValue::from_str(&text).expect("visible letters"));
        }
        headers
    }
}

fn respond(fault: Fault) -> Response {
    match fault {
        Fault::BrokenDown | Fault::AnswerLost | Fault::Late(_) => {
            (StatusCode::BAD_GATEWAY, "<html>bad gateway</html>").into_response()
        }
        Fault::Refused(status, code) => {
            let status = StatusCode::from_u16(status).expect("a status");
            (status, Json(json!({ "code": code, "message": "refused" }))).into_response()
        }
        Fault::CutOff | Fault::AnswerCutOff => Response::new(Body::new(Broken)),
        Fault::Garbled => (StatusCode::OK, "{\"id\": \"1").into_response(),
    }
}

fn too_many(seconds: f64, global: bool) -> Response {
    let body = json!({
        "message": "You are being rate limited.", "retry_after": seconds, "global": global,
    });
    let mut response = (StatusCode::TOO_MANY_REQUESTS, Json(body)).into_response();
    // Discord rounds the header up to whole seconds.
    let whole = HeaderValue::from(seconds.ceil() as u64);
    response.headers_mut().insert("retry-after", whole);
    let scope = if global { "global" } else { "user" };
    response.headers_mut().insert("x-ratelimit-scope", HeaderValue::from_static(scope));
    if global {
        response.headers_mut().insert("x-ratelimit-global", HeaderValue::from_static("true"));
    }
    response
}

/// A body that breaks off before its first byte, and the connection with it.
struct Broken;

impl HttpBody for Broken {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        Poll::Ready(Some(Err(ErrorKind::ConnectionReset.into())))
    }
}
