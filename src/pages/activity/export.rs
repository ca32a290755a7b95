//! The requests of a list as a file: a line each, streamed; with what they said only where it is asked for and allowed.

use std::collections::BTreeMap;

use actix_web::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use actix_web::{HttpResponse, web};
use bytes::Bytes;
use chrono::SecondsFormat;
use futures_util::{Stream, StreamExt as _, stream};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::filters::{Address, Filters};
use super::{keys_by_id, paths, stretch};
use crate::audit::csv::cell;
use crate::auth::content;
use crate::id::ApiKeyId;
use crate::pages::error::{Error, Result};
use crate::pages::visit::Visitor;
use crate::state::State;
use crate::store::activity::{ListedRequest, Place, list_requests};
use crate::store::log::{self, NamedEntry};
use crate::store::{self, Tenant};

/// Requests that are read at a time.
const AT_ONCE: i64 = 1_000;

/// Requests that are read at a time with what they said, which is at most a megabyte each.
const AT_ONCE_WITH_CONTENT: i64 = 4;

/// Requests that are walked through at a time.
const WALKED_AT_ONCE: i64 = 50_000;

/// How a file is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Csv,
    JsonLines,
    JsonLinesWithContent,
}

const HEADER: &str = "time,id,outcome,status,broadcast,name,model,answered by,key,user,session,environment,trace id,latency ms,\
                      first token ms,input tokens,output tokens,cost usd\r\n";

/// `GET /activity.csv`
pub(in crate::pages) async fn csv(
    state: web::Data<State>,
    visitor: Visitor,
    address: Option<web::Query<Address>>,
) -> Result {
    export(state, visitor, address, Form::Csv).await
}

/// What else stands behind the question mark.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(in crate::pages) struct Asked {
    /// `with`: what the requests said, too.
    content: String,
}

/// `GET /activity.jsonl`
pub(in crate::pages) async fn json_lines(
    state: web::Data<State>,
    visitor: Visitor,
    address: Option<web::Query<Address>>,
    asked: Option<web::Query<Asked>>,
) -> Result {
    let with_content = asked.is_some_and(|asked| asked.content == paths::WITH_CONTENT);
    export(state, visitor, address, if with_content { Form::JsonLinesWithContent } else { Form::JsonLines }).await
}

/// All requests that the filters let through. An error in the middle breaks the download off.
async fn export(state: web::Data<State>, visitor: Visitor, address: Option<web::Query<Address>>, form: Form) -> Result {
    let address = address.map(web::Query::into_inner).unwrap_or_default();
    let Ok(filters) = address.read(visitor.now) else {
        return Ok(crate::pages::answer::see_other(&address.link("/activity", &[])));
    };
    let mut tenant = visitor.tenant(&state).await?;
    let keys = keys_by_id(&mut tenant).await?;
    if form == Form::JsonLinesWithContent {
        if !content::may_read(&mut tenant, visitor.session.role).await? {
            return Err(Error::Forbidden);
        }
        content::record_export(&state, &mut tenant, &visitor.actor(), &named(&filters, &address)).await?;
    }
    tenant.commit().await?;
    let (header, kind, name) = match form {
        Form::Csv => (HEADER, "text/csv; charset=utf-8; header=present", "requests.csv"),
        Form::JsonLines | Form::JsonLinesWithContent => ("", "application/jsonl; charset=utf-8", "requests.jsonl"),
    };
    let reading = Reading { state, visitor, filters, keys, form };
    let head = stream::iter([Ok::<_, Broken>(Bytes::from_static(header.as_bytes()))]);
    Ok(HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, kind))
        .insert_header((CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\"")))
        .streaming(head.chain(parts(reading))))
}

/// What a file holds, for the audit log. Ids of users and sessions are left out, because its entries stay: "2026-11-30 01:00 to 2026-12-01 01:00 UTC, by User, Model".
fn named(filters: &Filters, address: &Address) -> String {
    let [from, until] = [filters.from, filters.until].map(|at| at.format("%Y-%m-%d %H:%M").to_string());
    let by: Vec<&str> = address.set().map(|(_, label, _)| label).collect();
    let by = if by.is_empty() { String::new() } else { format!(", by {}", by.join(", ")) };
    format!("{from} to {until} UTC{by}")
}

/// Why a file ends too early.
#[derive(Debug, thiserror::Error)]
enum Broken {
    #[error(transparent)]
    Store(#[from] store::Error),
    #[error("the person may no longer read prompts and completions")]
    Refused,
}

/// What every part of a file needs.
#[derive(Debug)]
struct Reading {
    state: web::Data<State>,
    visitor: Visitor,
    filters: Filters,
    keys: BTreeMap<ApiKeyId, String>,
    form: Form,
}

/// The parts of a file, each read once the one before it is on its way: neither memory nor a transaction grows with the log or waits
/// for a slow reader.
fn parts(reading: Reading) -> impl Stream<Item = std::result::Result<Bytes, Broken>> {
    let begin = reading.filters.before.unwrap_or(Place::until(reading.filters.until));
    stream::try_unfold((reading, Some(begin)), |(reading, rest)| async move {
        let Some(before) = rest else { return Ok(None) };
        let at_once = reading.form.at_once();
        let mut stretch = stretch(&reading.filters, at_once);
        (stretch.before, stretch.walked) = (before, WALKED_AT_ONCE);
        let mut tenant = reading.visitor.tenant(&reading.state).await?;
        let listed = list_requests(&mut tenant, &reading.filters.wanted, &stretch).await?;
        let contents = if reading.form == Form::JsonLinesWithContent {
            // A download may last for hours.
            if !content::may_still_read(&mut tenant, reading.visitor.session.user).await? {
                return Err(Broken::Refused);
            }
            contents(&mut tenant, &listed.requests).await?
        } else {
            BTreeMap::new()
        };
        drop(tenant);
        let is_full = i64::try_from(listed.requests.len()).is_ok_and(|read| read == at_once);
        let rest = listed.requests.last().filter(|_| is_full).map(ListedRequest::place).or(listed.walked_to);
        let content = |number: usize| contents.get(&number).map(|content| &**content);
        let lines =
            listed.requests.iter().enumerate().map(|(number, request)| line(request, content(number), &reading));
        let lines: String = lines.collect();
        Ok(Some((Bytes::from(lines), (reading, rest))))
    })
}

/// What these requests said, by their numbers: the document that was recorded, which has the form of OpenTelemetry's messages. Those of
/// which nothing was recorded are missing.
async fn contents(tenant: &mut Tenant, requests: &[ListedRequest]) -> store::Result<BTreeMap<usize, Box<RawValue>>> {
    let entries: Vec<NamedEntry> = requests.iter().map(ListedRequest::entry).collect();
    let recorded = log::list_recorded(tenant, &entries.iter().collect::<Vec<_>>(), true).await?;
    Ok(recorded.into_iter().filter_map(|entry| Some((entry.number, in_one_line(entry.content?)?))).collect())
}

/// A document as it was recorded, without the line breaks that its caller put between its parts. Within texts they are escaped.
fn in_one_line(document: Vec<u8>) -> Option<Box<RawValue>> {
    let text = String::from_utf8(document).ok()?;
    RawValue::from_string(text.replace(['\n', '\r'], " ")).ok()
}

impl Form {
    fn at_once(self) -> i64 {
        if self == Self::JsonLinesWithContent { AT_ONCE_WITH_CONTENT } else { AT_ONCE }
    }
}

/// A request as a line of JSON.
#[derive(Debug, Serialize)]
struct Line<'a> {
    time: String,
    id: &'a str,
    outcome: &'a str,
    status: i16,
    /// Whether Broadcast was on.
    broadcast: bool,
    name: Option<&'a str>,
    model: &'a str,
    answered_by: Option<&'a str>,
    key: Option<&'a str>,
    user: Option<&'a str>,
    session: Option<&'a str>,
    environment: Option<&'a str>,
    trace_id: String,
    latency_ms: Option<i64>,
    first_token_ms: Option<i64>,
    input_tokens: Option<i64>,
    output_tokens: Option<i64>,
    cost_usd: Option<f64>,
    /// Missing where nothing was recorded, or nothing was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    content: Option<&'a RawValue>,
}

fn line(request: &ListedRequest, content: Option<&RawValue>, reading: &Reading) -> String {
    let line = Line {
        time: request.completed_at.to_rfc3339_opts(SecondsFormat::Micros, true),
        id: &request.generation_id,
        outcome: &request.outcome,
        status: request.status,
        broadcast: request.broadcast,
        name: request.name.as_deref(),
        model: &request.model,
        answered_by: request.answered_by.as_deref(),
        key: request.api_key.and_then(|key| reading.keys.get(&key)).map(String::as_str),
        user: request.user.as_deref(),
        session: request.session.as_deref(),
        environment: request.environment.as_deref(),
        trace_id: request.trace.simple().to_string(),
        latency_ms: request.latency_ms,
        first_token_ms: request.first_token_ms,
        input_tokens: request.input_tokens,
        output_tokens: request.output_tokens,
        cost_usd: request.cost,
        content,
    };
    match reading.form {
        Form::Csv => csv_line(&line),
        // Texts and numbers: nothing here can fail to be written.
        Form::JsonLines | Form::JsonLinesWithContent => {
            format!("{}\n", serde_json::to_string(&line).unwrap_or_default())
        }
    }
}

fn csv_line(line: &Line<'_>) -> String {
    let number = |number: Option<i64>| number.map(|number| number.to_string()).unwrap_or_default();
    let status = line.status.to_string();
    let texts = [
        line.time.as_str(),
        line.id,
        line.outcome,
        status.as_str(),
        if line.broadcast { "on" } else { "off" },
        line.name.unwrap_or_default(),
        line.model,
        line.answered_by.unwrap_or_default(),
        line.key.unwrap_or_default(),
        line.user.unwrap_or_default(),
        line.session.unwrap_or_default(),
        line.environment.unwrap_or_default(),
        line.trace_id.as_str(),
    ];
    let cost = line.cost_usd.map(|cost| cost.to_string()).unwrap_or_default();
    let numbers = [line.latency_ms, line.first_token_ms, line.input_tokens, line.output_tokens].map(number);
    let cells: Vec<String> = texts.into_iter().map(cell).chain(numbers).chain([cost]).collect();
    format!("{}\r\n", cells.join(","))
}
