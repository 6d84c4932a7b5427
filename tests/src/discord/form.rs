//! What is in the body of a request?

use axum::body::{Body, to_bytes};
use axum::extract::{FromRequest, Multipart, Request};
use axum::http::header::CONTENT_TYPE;
use serde_json::Value;

/// A request's body, taken apart.
#[derive(Debug, Default)]
pub(super) struct Form {
    /// The JSON, or null if there is none.
    pub(super) json: Value,
    /// The files, with the number in `files[n]`.
    pub(super) files: Vec<Upload>,
}

/// One uploaded file.
#[derive(Debug)]
pub(super) struct Upload {
    pub(super) number: u64,
    pub(super) name: String,
    pub(super) bytes: Vec<u8>,
}

/// Reads the body, or says what is wrong with it.
pub(super) async fn read(request: Request<Body>) -> Result<Form, String> {
    let kind = request.headers().get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    let kind = kind.unwrap_or_default().to_owned();
    if kind.starts_with("multipart/form-data") {
        let parts = Multipart::from_request(request, &()).await.map_err(|e| e.to_string())?;
        return multipart(parts).await;
    }
    let bytes = to_bytes(request.into_body(), usize::MAX).await.map_err(|e| e.to_string())?;
    if bytes.is_empty() {
        return Ok(Form::default());
    }
    if kind != "application/json" {
        return Err(format!("a body of content type {kind:?}"));
    }
    let json = serde_json::from_slice(&bytes).map_err(|e| e.to_string())?;
    Ok(Form { json, ..Form::default() })
}

async fn multipart(mut parts: Multipart) -> Result<Form, String> {
    let mut form = Form::default();
    while let Some(part) = parts.next_field().await.map_err(|e| e.to_string())? {
        let field = part.name().unwrap_or_default().to_owned();
        let name = part.file_name().map(str::to_owned);
        let bytes = part.bytes().await.map_err(|e| e.to_string())?.to_vec();
        if field == "payload_json" {
            form.json = serde_json::from_slice(&bytes).map_err(|e| e.to_string())?;
            continue;
        }
        let number = field.strip_prefix("files[").and_then(|rest| rest.strip_suffix(']'));
        let number = number.and_then(|number| number.parse().ok());
        match (number, name) {
            (Some(number), Some(name)) => form.files.push(Upload { number, name, bytes }),
            _ => return Err(format!("a form field {field:?} that is not a file")),
        }
    }
    Ok(form)
}
