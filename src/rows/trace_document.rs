//! One trace as one JSON document, in the form that OpenRouter writes to S3 (spec 7.8).

use serde::Serialize;
use serde_json::value::RawValue;

use super::facts::{self, Attributes, INPUT, Metadata, OUTPUT, time};
use crate::completed_request::{Cost, Parameters, Usage};
use crate::trace::{Export, Span, Tokens};

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Document<'a> {
    id: String,
    name: String,
    timestamp: String,
    user_id: Option<&'a str>,
    session_id: Option<&'a str>,
    environment: Option<String>,
    release: Option<String>,
    tags: Vec<String>,
    metadata: Metadata<'a>,
    observations: Vec<Observation<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Observation<'a> {
    id: String,
    parent_observation_id: Option<String>,
    #[serde(rename = "type")]
    kind: &'static str,
    name: String,
    start_time: String,
    end_time: String,
    level: &'static str,
    status_message: Option<&'a str>,
    #[serde(flatten)]
    generation: Option<Generation<'a>>,
    metadata: Attributes<'a>,
}

/// What only the generation has.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Generation<'a> {
    model: Option<&'a str>,
    model_parameters: &'a Parameters<'a>,
    usage: Counts,
    cost: Dollars,
    input: Option<Box<RawValue>>,
    output: Option<Box<RawValue>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Counts {
    input: Option<i64>,
    output: Option<i64>,
    total: Option<i64>,
    cache_read: Option<i64>,
    cache_write: Option<i64>,
    reasoning: Option<i64>,
}

#[derive(Serialize)]
struct Dollars {
    input: Option<f64>,
    output: Option<f64>,
    total: Option<f64>,
}

/// The document, in UTF-8.
pub fn encode(export: &Export<'_>) -> Vec<u8> {
    // Texts and finite numbers cannot fail to be written.
    serde_json::to_vec(&document(export)).unwrap_or_default()
}

fn document<'a>(export: &'a Export<'_>) -> Document<'a> {
    let Export { request, trace, .. } = *export;
    let root = trace.spans.first();
    let text = |key| facts::text(trace, root?, key);
    Document {
        id: trace.trace_id.to_string(),
        name: root.map(|root| root.name.to_string()).unwrap_or_default(),
        timestamp: root.map(|root| time(root.start)).unwrap_or_default(),
        user_id: request.context.user.as_deref(),
        session_id: request.context.session_id.as_deref(),
        environment: text("deployment.environment.name"),
        release: request.context.release.as_deref().map(str::to_owned).or_else(|| text("service.version")),
        tags: facts::tags(&request.context),
        metadata: Metadata(&request.context),
        observations: trace.spans.iter().map(|span| observation(export, span)).collect(),
    }
}

fn observation<'a>(export: &'a Export<'_>, span: &'a Span<'_>) -> Observation<'a> {
    let Export { request, trace, .. } = *export;
    let is_generation = facts::is_generation(span, request);
    Observation {
        id: span.id.to_string(),
        parent_observation_id: span.parent.map(|id| id.to_string()),
        kind: if is_generation { "GENERATION" } else { "SPAN" },
        name: span.name.to_string(),
        start_time: time(span.start),
        end_time: time(span.end),
        level: if span.error.is_some() { "ERROR" } else { "DEFAULT" },
        status_message: span.error.as_deref(),
        generation: is_generation.then(|| generation(export, span)),
        metadata: Attributes { trace, span },
    }
}

fn generation<'a>(export: &'a Export<'_>, span: &Span<'_>) -> Generation<'a> {
    let Export { request, trace, .. } = *export;
    let asked = Some(&*request.request_model).filter(|model| !model.is_empty());
    Generation {
        model: request.response.model.as_deref().or(asked),
        model_parameters: &request.parameters,
        usage: counts(&request.usage),
        cost: dollars(request.cost),
        input: facts::json(trace, span, INPUT),
        output: facts::json(trace, span, OUTPUT),
    }
}

fn counts(usage: &Usage) -> Counts {
    let Tokens { input, output, total, cache_read, cache_creation, reasoning } = Tokens::of(usage);
    Counts { input, output, total, cache_read, cache_write: cache_creation, reasoning }
}

fn dollars(cost: Cost) -> Dollars {
    let finite = |cost: Option<f64>| cost.filter(|cost| cost.is_finite());
    Dollars { input: finite(cost.input), output: finite(cost.output), total: finite(cost.total) }
}
