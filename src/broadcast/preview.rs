//! What would be sent of one recorded request, with today's settings and with others. Reads the log, saves and sends nothing (spec 10.3).
//!
//! The trace is built as the worker builds it and shown as OTLP, whatever the destination's own encoding is.

use chrono::{DateTime, Utc};
use serde_json::Value;

use super::building::Building;
use crate::audit::Actor;
use crate::auth::content;
use crate::completed_request::CompletedRequest;
use crate::completed_request::content::ContentRef;
use crate::destination::redaction::{Redaction, Redactor};
use crate::otlp::{Encode as _, Json, Resource};
use crate::state::State;
use crate::store::destinations::Destination;
use crate::store::log::{self, NewestEntry, Position};
use crate::store::members::Role;
use crate::store::{self, Tenant, accounts};

/// Requests to choose from: the newest. With content each may have a megabyte.
const MOST: i64 = 20;

/// What is to be found out.
#[derive(Debug)]
pub struct Question<'a> {
    pub destination: &'a Destination,
    pub proposed: Redaction,
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

/// A preview for somebody in this role. None: the account does not let them read content. That they read it is recorded; the caller
/// commits.
///
/// # Errors
/// When the database is away.
pub async fn preview(
    state: &State,
    tenant: &mut Tenant,
    (reader, role): (&Actor, Role),
    question: Question<'_>,
) -> Result<Option<Preview>, store::Error> {
    let Some(account) = accounts::find(tenant).await?.filter(|account| account.content_readers.include(role)) else {
        return Ok(None);
    };
    let Question { destination, proposed, wanted } = question;
    let building = Building::of(state, &account, destination);
    let entries = log::list_newest(tenant, Position::END, MOST, true).await?;
    let requests: Vec<_> = entries.iter().filter_map(Choice::of).collect();
    let is_wanted = |entry: &&NewestEntry| Choice::of(entry).is_some_and(|choice| choice.id == wanted);
    let with_content = entries.iter().find(|entry| entry.content.is_some());
    let entry = entries.iter().find(is_wanted).or(with_content).or(entries.first());
    let Some((entry, choice)) = entry.and_then(|entry| Some((entry, Choice::of(entry)?))) else {
        return Ok(Some(Preview { requests, ..Preview::default() }));
    };
    let body = |redaction| Body::of(entry, &building, redaction).unwrap_or_default();
    let (stored, proposed) = (body(destination.sent().unwrap_or_default()), body(proposed));
    // What was written holds back every reader of the log until it is committed, so it comes last.
    content::record_reading(state, tenant, reader, &choice.id).await?;
    Ok(Some(Preview { shown: Some(choice.id), requests, proposed, stored }))
}

impl Preview {
    /// Names of the attributes that differ, in the order of the stored settings, then those that are new.
    pub fn different(&self) -> impl Iterator<Item = &str> {
        let is_new = |(name, _): &&(String, String)| self.stored.find(name).is_none();
        let all = self.stored.attributes.iter().chain(self.proposed.attributes.iter().filter(is_new));
        all.map(|(name, _)| name.as_str()).filter(|name| self.stored.find(name) != self.proposed.find(name))
    }
}

impl Body {
    /// None: another version recorded the request.
    fn of(entry: &NewestEntry, building: &Building, redaction: Redaction) -> Option<Self> {
        let request = CompletedRequest::from_bytes(&entry.payload).ok()?;
        let content = entry.content.as_deref().map(ContentRef::from_bytes).transpose().ok()?;
        let redactor = Redactor::new(redaction, building.key.clone());
        building.build(request, content.as_ref(), &redactor, |export| {
            let mut json = Json::new(&Resource::new(""));
            json.push(export.trace);
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
            Some(Self { bytes, attributes })
        })
    }

    /// The value of an attribute.
    pub fn find(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

impl Choice {
    /// None: another version recorded it.
    fn of(entry: &NewestEntry) -> Option<Self> {
        let request = CompletedRequest::from_bytes(&entry.payload).ok()?;
        let trace_name = request.context.trace_name.as_deref().unwrap_or(&request.request_model).to_owned();
        Some(Self { id: request.id.as_str().to_owned(), completed_at: entry.completed_at, trace_name })
    }
}

/// A value of OTLP as people read it.
fn value(value: &Value) -> String {
    let only = value.as_object().and_then(|members| members.values().next());
    only.map(|value| value.as_str().map_or_else(|| value.to_string(), str::to_owned)).unwrap_or_default()
}
