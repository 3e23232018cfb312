//! What a form sent, as it was typed: names and texts, and the files that came along. Knows no definition.

use std::collections::BTreeMap;

use axum::{
    RequestExt,
    body::Body,
    extract::{FromRequest, Multipart, Request},
    http::header::CONTENT_TYPE,
};
use kernel::Sent;
use web::Problem;

use crate::Upload;

/// Names of hidden fields that are the desk's own.
pub(crate) const STAGE: &str = "desk-stage";
pub(crate) const KEY: &str = "desk-key";
pub(crate) const SEEN: &str = "desk-seen";
pub(crate) const SEAT: &str = "desk-seat";
pub(crate) const OUTCOME: &str = "desk-outcome";
pub(crate) const ABOUT: &str = "desk-about";
/// Behind a field's name: the value that stands for a file received before.
pub(crate) const KEPT: &str = "--kept";

/// A form as it was sent.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Typed {
    fields: BTreeMap<String, Vec<String>>,
    /// Files, by field.
    pub(crate) files: Vec<(String, Upload)>,
}

impl Typed {
    /// The first value of a field, trimmed; empty without.
    pub(crate) fn get(&self, name: &str) -> &str {
        self.fields.get(name).and_then(|values| values.first()).map_or("", |value| value.trim())
    }

    /// All values of a field that are not blank.
    pub(crate) fn all(&self, name: &str) -> Vec<String> {
        let values = self.fields.get(name).map(Vec::as_slice).unwrap_or_default();
        values.iter().filter(|value| !value.trim().is_empty()).cloned().collect()
    }

    /// The request that it is: all that was answered, where it was sent to, and not how often.
    pub(crate) fn sent(&self, path: &str) -> Sent {
        let mut answered = self.fields.clone();
        for beside in [KEY, SEEN] {
            answered.remove(beside);
        }
        Sent::of(path, &answered)
    }

    /// Whether the field was sent at all.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.fields.contains_key(name)
    }

    /// Puts a value, replacing what was sent.
    pub(crate) fn put(&mut self, name: impl Into<String>, value: impl Into<String>) {
        self.fields.insert(name.into(), vec![value.into()]);
    }

    /// Adds a value.
    pub(crate) fn add(&mut self, name: impl Into<String>, value: impl Into<String>) {
        self.fields.entry(name.into()).or_default().push(value.into());
    }

    /// Takes a field away.
    pub(crate) fn remove(&mut self, name: &str) {
        self.fields.remove(name);
    }

    /// Everything as hidden fields, but what the desk puts anew.
    pub(crate) fn hidden(&self) -> Vec<(String, String)> {
        let kept = self.fields.iter().filter(|(name, _)| name.as_str() != STAGE);
        kept.flat_map(|(name, values)| values.iter().map(|value| (name.clone(), value.clone())))
            .collect()
    }

    /// Reads a form, with or without files.
    ///
    /// # Errors
    /// 413, 415 or 422.
    pub(crate) async fn read(request: Request<Body>) -> Result<Self, Problem> {
        let kind = request.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
        if kind.is_some_and(|kind| kind.starts_with("multipart/form-data")) {
            return Self::read_multipart(request.with_limited_body()).await;
        }
        let web::Form(pairs) =
            web::Form::<Vec<(String, String)>>::from_request(request, &()).await?;
        let mut typed = Self::default();
        for (name, value) in pairs {
            typed.add(name, value);
        }
        Ok(typed)
    }

    async fn read_multipart(request: Request<Body>) -> Result<Self, Problem> {
        let parts = Multipart::from_request(request, &()).await;
        let mut parts = parts.map_err(|_| Problem::generic("unsupported-media-type"))?;
        let mut typed = Self::default();
        loop {
            let part = parts.next_field().await.map_err(|error| broken(&error))?;
            let Some(part) = part else { return Ok(typed) };
            let name = part.name().unwrap_or_default().to_owned();
            let Some(file) = part.file_name().map(str::to_owned) else {
                let text = part.text().await.map_err(|error| broken(&error))?;
                typed.add(name, text);
                continue;
            };
            let media_type = part.content_type().unwrap_or("application/octet-stream").to_owned();
            let bytes = part.bytes().await.map_err(|error| broken(&error))?.to_vec();
            // A file input without a file sends an empty one without a name.
            if !(file.is_empty() && bytes.is_empty()) {
                let name_alone = file.rsplit(['/', '\\']).next().unwrap_or_default();
                let upload =
                    Upload { name: name_alone.chars().take(120).collect(), media_type, bytes };
                typed.files.push((name, upload));
            }
        }
    }
}

pub(crate) fn broken(error: &axum::extract::multipart::MultipartError) -> Problem {
    if error.status() == axum::http::StatusCode::PAYLOAD_TOO_LARGE {
        Problem::generic("too-large")
    } else {
        Problem::malformed(
            "",
            kernel::Text::new(
                "表单没有传完整，请重新提交。",
                "The form did not arrive whole; send it again.",
            ),
        )
    }
}
