//! Which calls of Discord's HTTP API are made, and how is one made?
//!
//! serenity knows the routes and the types, but its rate limiter asks discord.com whatever the address
//! is, and its errors hide the headers that say how long to wait. The calls are therefore sent here, when
//! [`Limits`] let them. Being held back is no failure; what is one, is told by [`super::rest`].

use std::time::{Duration, Instant};

use reqwest::header::{AUTHORIZATION, HeaderMap, USER_AGENT};
use reqwest::multipart::{Form, Part};
use reqwest::{Client, RequestBuilder, StatusCode};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use serenity::all::GuildId;
use serenity::builder::{
    CreateCommand, CreateInteractionResponseFollowup, CreateMessage, EditInteractionResponse,
};
use serenity::http::{
    CacheHttp, Http, HttpBuilder, LightMethod, MessagePagination, Request, Route,
};
use serenity::model::channel::ReactionType;
use serenity::model::gateway::BotGateway;
use serenity::model::id::{ApplicationId, ChannelId, MessageId};
use serenity::model::user::CurrentUser;

use super::limits::{Counted, Limits, Said, Wait};
use super::settings::{DISCORD, Settings, Token};
use crate::chat::File;

/// How long one call may take from being sent to its last byte, uploads included.
const PATIENCE: Duration = Duration::from_secs(60);
/// Nobody waits longer for a rate limit.
const LONGEST_WAIT: Duration = Duration::from_secs(600);
/// What is said beyond this, in seconds, is no time to reckon with.
const LONGEST_SAID: f64 = 86_400.0;
/// The wait after a refusal that does not say how long.
const UNNAMED_WAIT: Duration = Duration::from_secs(5);

/// Why a call did not give what it was to give.
#[derive(Debug)]
pub(super) enum Trouble {
    /// The request cannot be written.
    Unmade(String),
    /// There was no answer, or it broke off.
    Unanswered(String),
    /// Discord said no.
    Refused { status: u16, code: i64, text: String },
    /// Discord did it, but its answer is not of the form that it documents.
    Unreadable(String),
}

impl From<serenity::Error> for Trouble {
    fn from(error: serenity::Error) -> Self {
        Self::Unmade(error.to_string())
    }
}

/// Where a message stands: all that is needed of Discord's answer to one.
#[derive(Debug, Deserialize)]
pub(super) struct Placed {
    pub(super) id: MessageId,
    pub(super) channel_id: ChannelId,
}

/// Discord's HTTP API.
pub(super) struct Api {
    http: Http,
    client: Client,
    url: String,
    limits: Limits,
}

impl CacheHttp for Api {
    fn http(&self) -> &Http {
        &self.http
    }
}

/// serenity's client for the API that `settings` name.
pub(super) fn http(settings: &Settings, token: &Token) -> Http {
    let builder = HttpBuilder::new(token.reveal()).proxy(settings.api_url.as_str());
    builder.ratelimiter_disabled(true).build()
}

impl Api {
    pub(super) fn new(settings: &Settings, token: &Token) -> Self {
        let (http, url) = (http(settings, token), settings.api_url.clone());
        Self { http, client: Client::new(), url, limits: Limits::default() }
    }

    pub(super) fn set_application_id(&self, id: ApplicationId) {
        self.http.set_application_id(id);
    }

    fn application(&self) -> Result<ApplicationId, Trouble> {
        let id = self.http.application_id();
        id.ok_or_else(|| Trouble::Unmade("the application is not known yet".to_owned()))
    }

    pub(super) async fn get_bot_gateway(&self) -> Result<BotGateway, Trouble> {
        self.fire(Request::new(Route::GatewayBot, LightMethod::Get)).await
    }

    pub(super) async fn get_current_user(&self) -> Result<CurrentUser, Trouble> {
        self.fire(Request::new(Route::UserMe, LightMethod::Get)).await
    }

    /// A page of a channel's messages; `T` says what is needed of each.
    pub(super) async fn get_messages<T: DeserializeOwned>(
        &self,
        channel_id: ChannelId,
        which: MessagePagination,
        limit: u8,
    ) -> Result<Vec<T>, Trouble> {
        let (name, id) = match which {
            MessagePagination::After(id) => ("after", id),
            MessagePagination::Around(id) => ("around", id),
            MessagePagination::Before(id) => ("before", id),
            _ => return Err(Trouble::Unmade("an unknown way to page".to_owned())),
        };
        let params = vec![("limit", limit.to_string()), (name, id.to_string())];
        let route = Route::ChannelMessages { channel_id };
        self.fire(Request::new(route, LightMethod::Get).params(Some(params))).await
    }

    pub(super) async fn create_reaction(
        &self,
        channel_id: ChannelId,
        message_id: MessageId,
        emoji: &ReactionType,
    ) -> Result<(), Trouble> {
        let reaction = emoji.as_data();
        let route = Route::ChannelMessageReactionMe { channel_id, message_id, reaction: &reaction };
        self.done(Request::new(route, LightMethod::Put)).await
    }

    pub(super) async fn delete_original_interaction_response(
        &self,
        token: &str,
    ) -> Result<(), Trouble> {
        let application_id = self.application()?;
        let route = Route::WebhookOriginalInteractionResponse { application_id, token };
        self.done(Request::new(route, LightMethod::Delete)).await
    }

    /// The commands that are registered in `guild`, or everywhere.
    pub(super) async fn commands(&self, guild: Option<GuildId>) -> Result<Vec<Value>, Trouble> {
        self.fire(Request::new(self.commands_route(guild)?, LightMethod::Get)).await
    }

    /// Registers these commands in `guild`, or everywhere, in place of all others.
    pub(super) async fn set_commands(
        &self,
        guild: Option<GuildId>,
        commands: &[CreateCommand],
    ) -> Result<(), Trouble> {
        let body = serde_json::to_vec(commands).map_err(|e| Trouble::Unmade(e.to_string()))?;
        let route = self.commands_route(guild)?;
        self.done(Request::new(route, LightMethod::Put).body(Some(body))).await
    }

    fn commands_route(&self, guild: Option<GuildId>) -> Result<Route<'static>, Trouble> {
        let application_id = self.application()?;
        Ok(match guild {
            Some(guild_id) => Route::GuildCommands { application_id, guild_id },
            None => Route::Commands { application_id },
        })
    }

    pub(super) async fn send_message(
        &self,
        channel_id: ChannelId,
        message: &CreateMessage,
        files: &[File],
    ) -> Result<Placed, Trouble> {
        let route = Route::ChannelMessages { channel_id };
        self.upload(LightMethod::Post, route, message, files).await
    }

    /// Completes the answer that an interaction waits for.
    pub(super) async fn edit_answer(
        &self,
        token: &str,
        message: &EditInteractionResponse,
        files: &[File],
    ) -> Result<Placed, Trouble> {
        let application_id = self.application()?;
        let route = Route::WebhookOriginalInteractionResponse { application_id, token };
        self.upload(LightMethod::Patch, route, message, files).await
    }

    /// Answers an interaction once more.
    pub(super) async fn follow_up(
        &self,
        token: &str,
        message: &CreateInteractionResponseFollowup,
        files: &[File],
    ) -> Result<Placed, Trouble> {
        let application_id = self.application()?;
        let route = Route::WebhookFollowupMessages { application_id, token };
        self.upload(LightMethod::Post, route, message, files).await
    }

    /// What a call gives back.
    pub(super) async fn fire<T: DeserializeOwned>(
        &self,
        request: Request<'_>,
    ) -> Result<T, Trouble> {
        read(&self.answered(request).await?)
    }

    /// A call whose answer does not matter.
    async fn done(&self, request: Request<'_>) -> Result<(), Trouble> {
        self.answered(request).await.map(drop)
    }

    async fn answered(&self, request: Request<'_>) -> Result<Vec<u8>, Trouble> {
        let method = request.method_ref().reqwest_method();
        let counted = counted(method.as_str(), *request.route_ref());
        let build = || {
            let request = request.clone();
            Ok(request.build(&self.client, self.http.token(), Some(&self.url))?)
        };
        self.perform(&counted, build).await
    }

    /// A message with its files, if any. They are announced in the order in which they are sent.
    async fn upload(
        &self,
        method: LightMethod,
        route: Route<'_>,
        message: &impl Serialize,
        files: &[File],
    ) -> Result<Placed, Trouble> {
        let body = announced(message, files)?;
        if files.is_empty() {
            return self.fire(Request::new(route, method).body(Some(body.into_bytes()))).await;
        }
        let path = route.path().replace(DISCORD, self.url.trim_end_matches('/'));
        let method = method.reqwest_method();
        let build = || {
            let request = self.client.request(method.clone(), path.as_str());
            let request = request.header(USER_AGENT, serenity::constants::USER_AGENT);
            let request = request.header(AUTHORIZATION, self.http.token());
            Ok(request.multipart(form(&body, files)?))
        };
        read(&self.perform(&counted(method.as_str(), route), build).await?)
    }

    /// Sends a call as often as it is held back, and gives the body of the answer.
    async fn perform(
        &self,
        call: &Counted,
        build: impl Fn() -> Result<RequestBuilder, Trouble>,
    ) -> Result<Vec<u8>, Trouble> {
        loop {
            // Anew each time: an answer may have named another bucket.
            let turn = self.limits.turn(call).await;
            while let Some(wait) = self.limits.blocked_for(&turn, Instant::now()) {
                if wait > LONGEST_WAIT {
                    let seconds = wait.as_secs();
                    return Err(Trouble::Unanswered(format!("rate limited for {seconds} s")));
                }
                tokio::time::sleep(wait).await;
            }
            let sent = tokio::time::timeout(PATIENCE, exchange(build()?)).await;
            let late = |_| Trouble::Unanswered(format!("no answer within {PATIENCE:?}"));
            let (status, headers, body) = sent.map_err(late)??;
            self.limits.learn(call, said(&headers), Instant::now());
            if status != StatusCode::TOO_MANY_REQUESTS {
                return if status.is_success() { Ok(body) } else { Err(refused(status, &body)) };
            }
            let wait = wait(&headers, &body);
            tracing::info!(
                route = call.route(),
                seconds = wait.time.as_secs_f64(),
                wait.global,
                "rate limited"
            );
            self.limits.refused(call, wait, Instant::now());
        }
    }
}

fn counted(method: &str, route: Route<'_>) -> Counted {
    let path = route.path();
    Counted::of(method, path.trim_start_matches(DISCORD).trim_start_matches("/api/v10"))
}

async fn exchange(request: RequestBuilder) -> Result<(StatusCode, HeaderMap, Vec<u8>), Trouble> {
    let broken = |error: reqwest::Error| Trouble::Unanswered(root_cause(&error.without_url()));
    let answer = request.send().await.map_err(broken)?;
    let (status, headers) = (answer.status(), answer.headers().clone());
    Ok((status, headers, answer.bytes().await.map_err(broken)?.to_vec()))
}

fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, Trouble> {
    serde_json::from_slice(body).map_err(|error| Trouble::Unreadable(error.to_string()))
}

/// The message as JSON, with its attachments numbered: serenity only does so where it also sends them.
fn announced(message: &impl Serialize, files: &[File]) -> Result<String, Trouble> {
    let mut body = serde_json::to_value(message).map_err(|e| Trouble::Unmade(e.to_string()))?;
    let attachments = body.get_mut("attachments").and_then(Value::as_array_mut);
    let attachments = attachments.map(|list| list.iter_mut().enumerate()).into_iter().flatten();
    for (n, attachment) in attachments.take(files.len()) {
        attachment["id"] = n.to_string().into();
    }
    Ok(body.to_string())
}

fn form(body: &str, files: &[File]) -> Result<Form, Trouble> {
    let mut form = Form::new();
    for (n, file) in files.iter().enumerate() {
        let kind = match file.name.rsplit('.').next() {
            Some("mid") => "audio/midi",
            Some("ogg") => "audio/ogg",
            Some("png") => "image/png",
            _ => "application/octet-stream",
        };
        let part = Part::bytes(file.bytes.clone()).file_name(file.name.clone());
        let part = part.mime_str(kind).map_err(|error| Trouble::Unmade(error.to_string()))?;
        form = form.part(format!("files[{n}]"), part);
    }
    Ok(form.text("payload_json", body.to_owned()))
}

/// Discord's refusal: `{"code": .., "message": .., "errors": {..}}`, or anything from a server on the way.
fn refused(status: StatusCode, body: &[u8]) -> Trouble {
    #[derive(Default, Deserialize)]
    #[serde(default)]
    struct Refusal {
        code: i64,
        message: String,
        errors: Value,
    }
    let refusal: Refusal = serde_json::from_slice(body).unwrap_or_default();
    let mut text = refusal.message;
    if !refusal.errors.is_null() {
        text += &format!(" {}", refusal.errors);
    }
    Trouble::Refused { status: status.as_u16(), code: refusal.code, text }
}

fn said(headers: &HeaderMap) -> Said {
    let left = number(headers, "x-ratelimit-remaining").map(|left| left as u64);
    let full_after = number(headers, "x-ratelimit-reset-after").and_then(seconds);
    let bucket = headers.get("x-ratelimit-bucket").and_then(|name| name.to_str().ok());
    Said { bucket: bucket.map(str::to_owned), left: left.zip(full_after) }
}

fn wait(headers: &HeaderMap, body: &[u8]) -> Wait {
    let body: Value = serde_json::from_slice(body).unwrap_or_default();
    let time = body["retry_after"].as_f64().or_else(|| number(headers, "retry-after"));
    let global = body["global"] == true || headers.contains_key("x-ratelimit-global");
    Wait { time: time.and_then(seconds).unwrap_or(UNNAMED_WAIT), global }
}

fn number(headers: &HeaderMap, name: &str) -> Option<f64> {
    headers.get(name)?.to_str().ok()?.parse().ok()
}

fn seconds(seconds: f64) -> Option<Duration> {
    Duration::try_from_secs_f64(seconds.min(LONGEST_SAID)).ok()
}

/// What is at the bottom of a failed request ("connection refused").
fn root_cause(error: &dyn std::error::Error) -> String {
    let mut cause = error;
    while let Some(deeper) = cause.source() {
        cause = deeper;
    }
    cause.to_string()
}
