//! A row for each span, one JSON object on each line: ClickHouse's `JSONEachRow`, with the columns that OpenRouter writes
//! (spec 7.7).

use bytes::Bytes;
use serde::Serialize;

use super::body::Body;
use super::facts::{self, Attributes, INPUT, Metadata, OUTPUT, Object, time, to_json};
use crate::completed_request::Cost;
use crate::otlp::{Checkpoint, Encode, Resource};
use crate::trace::{Export, Span, Tokens};

/// Lines as they grow.
#[derive(Debug, Default)]
pub struct Lines {
    body: Body,
    /// JSON.
    resource: String,
}

impl Encode for Lines {
    fn begin(&mut self, resource: &Resource) {
        self.resource = to_json(&Object(resource.attributes()));
        self.rewind(Checkpoint::default());
    }

    fn push(&mut self, export: &Export<'_>) {
        for span in &export.trace.spans {
            let before = self.body.bytes.len();
            // Texts and finite numbers cannot fail to be written.
            if serde_json::to_writer(&mut self.body.bytes, &row(export, span, &self.resource)).is_err() {
                self.body.bytes.truncate(before);
                continue;
            }
            self.body.bytes.push(b'\n');
        }
        self.body.count(export.trace.spans.len());
    }

    fn checkpoint(&self) -> Checkpoint {
        self.body.checkpoint()
    }

    fn rewind(&mut self, checkpoint: Checkpoint) {
        self.body.rewind(checkpoint);
    }

    fn encoded_len(&self) -> usize {
        self.body.bytes.len()
    }

    fn finish(&mut self) -> &[u8] {
        &self.body.bytes
    }

    fn take(&mut self) -> Bytes {
        self.body.take()
    }
}

/// The columns, in the order of the statement that makes the table.
#[derive(Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
struct Row<'a> {
    trace_id: String,
    span_id: String,
    parent_span_id: Option<String>,
    request_id: &'a str,
    span_type: &'static str,
    span_name: String,
    trace_name: String,
    user_id: Option<&'a str>,
    session_id: Option<&'a str>,
    organization_id: Option<&'a str>,
    entity_id: String,
    api_key_name: Option<String>,
    timestamp: String,
    start_time: String,
    end_time: String,
    duration_ms: f64,
    status: &'static str,
    level: &'static str,
    error_type: String,
    error_message: &'a str,
    finish_reason: Option<&'a str>,
    environment: String,
    release: String,
    requested_model: &'a str,
    model: Option<&'a str>,
    provider_name: Option<&'a str>,
    provider_slug: Option<String>,
    streaming: bool,
    time_to_first_token_ms: Option<f64>,
    prompt_tokens: i64,
    completion_tokens: i64,
    total_tokens: i64,
    cached_tokens: i64,
    cache_write_tokens: i64,
    reasoning_tokens: i64,
    input_cost: Option<f64>,
    output_cost: Option<f64>,
    total_cost: Option<f64>,
    input: String,
    output: String,
    metadata: String,
    model_parameters: String,
    attributes: String,
    resource_attributes: &'a str,
    tags: Vec<String>,
}

/// Tokens and costs stand on the generation alone, so that a sum over all rows counts nothing twice. The time of the trace stands
/// on each of its rows: it is part of the table's key.
fn row<'a>(export: &'a Export<'_>, span: &'a Span<'_>, resource: &'a str) -> Row<'a> {
    let Export { request, trace, account } = *export;
    let is_generation = facts::is_generation(span, request);
    let (usage, cost) = if is_generation { (request.usage, request.cost) } else { Default::default() };
    let tokens = Tokens::of(&usage);
    let both = tokens.input.unwrap_or_default().saturating_add(tokens.output.unwrap_or_default());
    let Cost { total, input, output, .. } = cost;
    let finite = |cost: Option<f64>| cost.filter(|cost| cost.is_finite());
    let root = trace.spans.first().unwrap_or(span);
    let text = |key| facts::text(trace, span, key).unwrap_or_default();
    let content = |key| facts::messages(trace, span, key).map_or_else(String::new, |json| json.get().to_owned());
    Row {
        trace_id: trace.trace_id.to_string(),
        span_id: span.id.to_string(),
        parent_span_id: span.parent.map(|id| id.to_string()),
        request_id: request.id.as_str(),
        span_type: if is_generation { "GENERATION" } else { "SPAN" },
        span_name: span.name.to_string(),
        trace_name: root.name.to_string(),
        user_id: request.context.user.as_deref(),
        session_id: request.context.session_id.as_deref(),
        organization_id: None,
        entity_id: account.to_string(),
        api_key_name: export.api_key(),
        timestamp: time(root.start),
        start_time: time(span.start),
        end_time: time(span.end),
        duration_ms: span.end.seconds_since(span.start) * 1000.0,
        status: if span.error.is_some() { "error" } else { "ok" },
        level: if span.error.is_some() { "ERROR" } else { "DEFAULT" },
        error_type: text("error.type"),
        error_message: span.error.as_deref().unwrap_or_default(),
        finish_reason: request.response.finish_reasons.first().map(|reason| &**reason).filter(|_| is_generation),
        environment: text("deployment.environment.name"),
        release: release(export, span),
        requested_model: &request.request_model,
        model: request.response.model.as_deref(),
        provider_name: request.response.provider.as_deref(),
        provider_slug: request.response.provider.as_deref().map(str::to_ascii_lowercase),
        streaming: request.streaming,
        time_to_first_token_ms: first_token(export, span).filter(|_| is_generation),
        prompt_tokens: tokens.input.unwrap_or_default(),
        completion_tokens: tokens.output.unwrap_or_default(),
        total_tokens: tokens.total.unwrap_or(both),
        cached_tokens: tokens.cache_read.unwrap_or_default(),
        cache_write_tokens: tokens.cache_creation.unwrap_or_default(),
        reasoning_tokens: tokens.reasoning.unwrap_or_default(),
        input_cost: finite(input),
        output_cost: finite(output),
        total_cost: finite(total),
        input: content(INPUT),
        output: content(OUTPUT),
        metadata: to_json(&Metadata(&request.context)),
        model_parameters: if is_generation { to_json(&request.parameters) } else { "{}".to_owned() },
        attributes: to_json(&Attributes { trace, span }),
        resource_attributes: resource,
        tags: facts::tags(&request.context),
    }
}

/// The request's, else the destination's.
fn release(export: &Export<'_>, span: &Span<'_>) -> String {
    let given = export.request.context.release.as_deref().map(str::to_owned);
    given.or_else(|| facts::text(export.trace, span, "service.version")).unwrap_or_default()
}

/// Milliseconds from the generation's start to the first chunk of a streamed answer.
fn first_token(export: &Export<'_>, generation: &Span<'_>) -> Option<f64> {
    let at = export.request.times.first_chunk.filter(|_| export.request.streaming)?;
    Some(at.clamp(generation.start, generation.end).seconds_since(generation.start) * 1000.0)
}

/// The columns of a row, for the test that compares them with those of the table.
#[cfg(test)]
pub(crate) fn columns() -> Vec<String> {
    let row = super::tests::any_row();
    row.as_object().map(|row| row.keys().cloned().collect()).unwrap_or_default()
}
