//! Our traces, as whole products show them: Phoenix and MLflow, wherever they run. `tests/receivers/run` installs and starts both
//! and runs these tests; without an address they are skipped.

use std::time::Duration;

use serde_json::{Value, json};
use tracecast::completed_request::CompletedRequest;
use tracecast::completed_request::content::ContentRef;
use tracecast::otlp::{Encode as _, Gzip, Protobuf, Resource};
use tracecast::trace::{Dialect, Extras, Parent, Trace, TraceSettings, build};

use crate::rotel::request;
use crate::sinks::reaching;
use crate::support::app::TestApp;
use crate::support::http::client;

/// Looks that are taken before a product must show what it took.
const LOOKS: u32 = 40;

/// The address of a product that runs; none where the test is to be skipped.
#[expect(clippy::disallowed_methods, reason = "how the run of receivers names their addresses")]
fn address(variable: &str) -> Option<String> {
    let address = std::env::var(variable).ok();
    if address.is_none() {
        eprintln!("SKIPPED: {variable} names no address; see tests/receivers/README.md");
    }
    address
}

/// A name that nobody has used before.
fn fresh_name() -> String {
    format!("tracecast-{}", tracecast::random::Random.uuid().simple())
}

fn content() -> String {
    json!({
        "input": [
            { "role": "user", "parts": [{ "type": "text", "content": "Debug this error…" }] },
            { "role": "assistant", "parts": [
                { "type": "tool_call", "id": "call_1", "name": "logs", "arguments": { "lines": 3 } }] },
            { "role": "tool", "parts": [{ "type": "tool_call_response", "id": "call_1", "response": "deadlock" }] },
        ],
        "system_instructions": [{ "type": "text", "content": "Be brief." }],
        "output": [{ "role": "assistant", "parts": [{ "type": "text", "content": "It is a \"deadlock\"." }] }],
        "tools": [{ "type": "function", "name": "logs", "parameters": { "type": "object" } }],
    })
    .to_string()
}

/// A request of now under a name of its own, in a trace of its own.
fn recorded() -> CompletedRequest<'static> {
    let mut recorded = request();
    recorded.id = tracecast::completed_request::GenerationId::given(fresh_name());
    recorded.context.trace_id = None;
    recorded
}

/// Sends one trace as the exporter does.
async fn send(url: &str, headers: &[(&str, &str)], trace: &Trace<'_>, resource: &[(&'static str, String)]) -> u16 {
    let mut encoder = Protobuf::new(&Resource::new("tracecast-test").with(resource));
    encoder.push(trace);
    let mut body = Vec::new();
    Gzip::new().compress(encoder.finish(), &mut body);
    let mut post =
        client().post(url).header("content-type", "application/x-protobuf").header("content-encoding", "gzip");
    for (name, value) in headers {
        post = post.header(*name, *value);
    }
    post.body(body).send().await.unwrap().status().as_u16()
}

/// What `url` answers once it is `enough`.
async fn shown(url: &str, enough: impl Fn(&Value) -> bool) -> Value {
    let mut last = Value::Null;
    for _ in 0..LOOKS {
        let text = client().get(url).send().await.unwrap().text().await.unwrap();
        last = serde_json::from_str(&text).unwrap_or(Value::String(text));
        if enough(&last) {
            return last;
        }
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
    panic!("{url} does not show what it took: {last:#}");
}

#[tokio::test]
async fn phoenix_shows_messages_tokens_and_kinds() {
    let Some(base) = address("PHOENIX_URL") else { return };
    let (project, recorded, content) = (fresh_name(), recorded(), content());
    let content = ContentRef::from_bytes(content.as_bytes()).unwrap();
    let settings = TraceSettings { dialect: Dialect::OpenInference, ..TraceSettings::default() };
    let trace = build(&recorded, Some(&content), &settings);
    let resource = [("openinference.project.name", project.clone())];
    assert_eq!(send(&format!("{base}/v1/traces"), &[], &trace, &resource).await, 200);

    let spans = format!("{base}/v1/projects/{project}/spans");
    let all = shown(&spans, |spans| spans["data"].as_array().is_some_and(|spans| spans.len() == 4)).await;
    println!("{all:#}");
    let of_kind = |kind: &str| all["data"].as_array().unwrap().iter().filter(|span| span["span_kind"] == kind).count();
    assert_eq!((of_kind("LLM"), of_kind("CHAIN")), (1, 3));
    let generation = all["data"].as_array().unwrap().iter().find(|span| span["span_kind"] == "LLM").unwrap();
    let attributes = &generation["attributes"];
    assert_eq!(attributes["llm.model_name"], "gpt-4o-2024-08-06");
    assert_eq!(attributes["llm.token_count.prompt"], 412);
}

/// An experiment that nobody has used before.
async fn new_experiment(base: &str) -> String {
    let create = client().post(format!("{base}/api/2.0/mlflow/experiments/create"));
    let create = create.header("content-type", "application/json").body(json!({ "name": fresh_name() }).to_string());
    let made: Value = serde_json::from_str(&create.send().await.unwrap().text().await.unwrap()).unwrap();
    made["experiment_id"].as_str().unwrap().to_owned()
}

/// Connects a product by its form, and asks the gateway once within the trace `trace_id`.
async fn goes_through_the_program(kind: &str, base: &str, form: &[(&str, &str)], trace_id: &str) -> TestApp {
    let (app, cookie) = reaching(base.trim_start_matches("http://")).await;
    let form = [form, &[("baseUrl", base)]].concat();
    let stored = app.posts_form(&cookie, &format!("/settings/observability/{kind}"), &form).await;
    assert_eq!(stored.status, 303, "{}", stored.text);
    let asked = json!({
        "model": "openai/gpt-4o", "messages": [{ "role": "user", "content": "Debug this error..." }],
        "trace": { "trace_id": trace_id, "trace_name": "Error Analysis Agent", "generation_name": "Analyze Stack Trace" },
    });
    let key = app.creates_key(&cookie).await;
    assert_eq!(app.asks(&key, &asked.to_string()).await.status, 200);
    app
}

#[tokio::test]
async fn mlflow_shows_a_finished_trace_with_its_cost() {
    let Some(base) = address("MLFLOW_URL") else { return };
    let experiment = new_experiment(&base).await;
    let (recorded, content) = (recorded(), content());
    let content = ContentRef::from_bytes(content.as_bytes()).unwrap();
    let settings = TraceSettings {
        dialect: Dialect::OpenInference,
        extras: Extras::Mlflow,
        parent: Parent::Attribute,
        ..TraceSettings::default()
    };
    let trace = build(&recorded, Some(&content), &settings);
    let headers = [("x-mlflow-experiment-id", experiment.as_str())];
    assert_eq!(send(&format!("{base}/v1/traces"), &headers, &trace, &[]).await, 200);

    let url = format!("{base}/api/3.0/mlflow/traces/tr-{}", trace.trace_id);
    let one = shown(&url, |trace| trace["trace"]["trace_info"]["state"] == "OK").await;
    println!("{one:#}");
    let metadata = &one["trace"]["trace_info"]["trace_metadata"];
    assert!(metadata.to_string().contains("412"), "{metadata:#}");
}

#[tokio::test(flavor = "multi_thread")]
async fn phoenix_shows_a_request_that_went_through_the_program() {
    let Some(base) = address("PHOENIX_URL") else { return };
    let (project, trace_id) = (fresh_name(), tracecast::random::Random.uuid().simple().to_string());
    let app = goes_through_the_program("phoenix", &base, &[("project", &project)], &trace_id).await;
    let url = format!("{base}/v1/projects/{project}/spans");
    let of_kind = |spans: &Value, name: &str, kind: &str| {
        let mut spans = spans["data"].as_array().into_iter().flatten();
        spans.any(|span| span["name"] == name && span["span_kind"] == kind && span["context"]["trace_id"] == trace_id)
    };
    let all = shown(&url, |spans| of_kind(spans, "Analyze Stack Trace", "LLM")).await;
    assert!(of_kind(&all, "Error Analysis Agent", "CHAIN"), "{all:#}");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn mlflow_shows_a_request_that_went_through_the_program() {
    let Some(base) = address("MLFLOW_URL") else { return };
    let (experiment, trace_id) = (new_experiment(&base).await, tracecast::random::Random.uuid().simple().to_string());
    let app = goes_through_the_program("mlflow", &base, &[("experimentId", &experiment)], &trace_id).await;
    let url = format!("{base}/api/3.0/mlflow/traces/tr-{trace_id}");
    let one = shown(&url, |trace| trace["trace"]["trace_info"]["state"] == "OK").await;
    let info = &one["trace"]["trace_info"];
    assert_eq!(info["trace_location"]["mlflow_experiment"]["experiment_id"], experiment.as_str(), "{info:#}");
    assert!(info["request_preview"].as_str().is_some_and(|text| text.contains("Debug this error")), "{info:#}");
    app.stop().await;
}
