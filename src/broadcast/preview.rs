//! What would be sent of one recorded request, with today's settings and with others. Reads the log, saves and sends nothing (spec 10.3).
//!
//! The trace is built as the worker builds it and shown as OTLP, whatever the destination's own encoding is.

use chrono::{DateTime, Utc};
use serde_json::Value;

use crate::completed_request::CompletedRequest;
use crate::completed_request::content::{Content, ContentRef};
use crate::destination::redaction::{Redaction, Redactor};
use crate::otlp::{Encode as _, Json, Resource};
use crate::seal::HashKey;
use crate::store::log::{self, NewestEntry, Position};
use crate::store::{self, Tenant};
use crate::trace::{self, TraceSettings};

/// Requests to choose from: the newest. With content each may have a megabyte.
const MOST: i64 = 20;

/// What is to be found out.
#[derive(Debug)]
pub struct Question<'a> {
    /// Privacy Mode of the account or the destination: no content is sent.
    pub private: bool,
    pub traces: &'a TraceSettings,
    pub proposed: Redaction,
    pub stored: Redaction,
    pub key: HashKey,
    /// A generation id. Another one than those to choose from stands for the newest request with content.
    pub wanted: &'a str,
}

/// One request, sent in two ways.
#[derive(Debug, Default, PartialEq)]
pub struct Preview {
    /// The id of the request that is shown. None: there was none.
    pub shown: Option<String>,
    /// The newest requests.
    pub requests: Vec<Choice>,
    pub proposed: Body,
    pub stored: Body,
}

/// A request to choose.
#[derive(Debug, PartialEq)]
pub struct Choice {
    pub id: String,
    pub completed_at: DateTime<Utc>,
    pub trace_name: String,
}

/// A trace as it would be sent.
#[derive(Debug, Default, PartialEq)]
pub struct Body {
    /// Before compression.
    pub bytes: usize,
    /// Names and values, each name once.
    pub attributes: Vec<(String, String)>,
}

/// # Errors
/// When the database is away.
pub async fn preview(tenant: &mut Tenant, question: Question<'_>) -> Result<Preview, store::Error> {
    let entries = log::list_newest(tenant, Position::END, MOST, true).await?;
    let requests: Vec<_> = entries.iter().filter_map(Choice::of).collect();
    let is_wanted = |entry: &&NewestEntry| Choice::of(entry).is_some_and(|choice| choice.id == question.wanted);
    let with_content = entries.iter().find(|entry| entry.content.is_some());
    let entry = entries.iter().find(is_wanted).or(with_content).or(entries.first());
    let Some((entry, choice)) = entry.and_then(|entry| Some((entry, Choice::of(entry)?))) else {
        return Ok(Preview { requests, ..Preview::default() });
    };
    let Question { private, traces, proposed, stored, key, .. } = question;
    let body = |redaction| body(entry, private, traces, &Redactor::new(redaction, key.clone())).unwrap_or_default();
    Ok(Preview { shown: Some(choice.id), requests, proposed: body(proposed), stored: body(stored) })
}

impl Choice {
    /// None: another version recorded it.
    fn of(entry: &NewestEntry) -> Option<Self> {
        let request = CompletedRequest::from_bytes(&entry.payload).ok()?;
        let trace_name = request.context.trace_name.as_deref().unwrap_or(&request.request_model).to_owned();
        Some(Self { id: request.id.as_str().to_owned(), completed_at: entry.completed_at, trace_name })
    }
}

fn body(entry: &NewestEntry, private: bool, traces: &TraceSettings, redactor: &Redactor) -> Option<Body> {
    let mut request = CompletedRequest::from_bytes(&entry.payload).ok()?;
    let content = entry.content.as_deref().filter(|_| !private).map(ContentRef::from_bytes).transpose().ok()?;
    let (redacted, found) = redactor.apply(&mut request, content.as_ref());
    let content = redacted.as_ref().map(Content::as_borrowed).or(content);
    let mut trace = trace::build(&request, content.as_ref(), traces);
    if !found.is_empty() {
        trace.mark_redactions(&found.to_string());
    }
    let mut json = Json::new(&Resource::new(""));
    json.push(&trace);
    let bytes = json.encoded_len();
    let body: Value = serde_json::from_slice(json.finish()).ok()?;
    let mut attributes: Vec<(String, String)> = Vec::new();
    let spans = body["resourceSpans"][0]["scopeSpans"][0]["spans"].as_array();
    for attribute in spans.into_iter().flatten().filter_map(|span| span["attributes"].as_array()).flatten() {
        let name = attribute["key"].as_str().unwrap_or_default();
        if attributes.iter().all(|(known, _)| known != name) {
            attributes.push((name.to_owned(), value(&attribute["value"])));
        }
    }
    Some(Body { bytes, attributes })
}

/// A value of OTLP as people read it.
fn value(value: &Value) -> String {
    let only = value.as_object().and_then(|members| members.values().next());
    only.map(|value| value.as_str().map_or_else(|| value.to_string(), str::to_owned)).unwrap_or_default()
}
