//! Rows and documents of a trace with everything: content, metadata, tags, a failed attempt, a span of the caller's own.

use serde_json::{Value, json};
use uuid::Uuid;

use super::documents::{Documents, Form};
use super::lines::Lines;
use super::trace_document;
use crate::completed_request::content::Content;
use crate::completed_request::sample::{after, context, request, small_content};
use crate::completed_request::{CompletedRequest, Ending, FailedAttempt, MetadataValue};
use crate::id::{AccountId, ApiKeyId};
use crate::otlp::{Encode as _, Resource};
use crate::trace::{Dialect, Export, Group, TraceSettings, build};

fn full() -> CompletedRequest<'static> {
    let attempt = FailedAttempt {
        begun: after(1),
        ended: after(2),
        provider: Some("openai".into()),
        server: None,
        model: Some("gpt-4o".into()),
        status: Some(503),
        kind: "503".into(),
        message: "overloaded".into(),
    };
    let trace = json!({ "trace_name": "Support Ü", "span_name": "Look up", "tags": ["a", "b"], "team": "red", "n": 3 });
    CompletedRequest {
        context: context("u1", "s1", &trace),
        failed_attempts: vec![attempt],
        streaming: true,
        api_key: Some(ApiKeyId(Uuid::from_u128(7))),
        api_key_name: Some("Checkout service".into()),
        ..request()
    }
}

/// `encode`, of this request with this content.
fn exported<T>(request: &CompletedRequest<'_>, content: Option<&Content>, encode: impl FnOnce(&Export<'_>) -> T) -> T {
    let content = content.map(Content::as_borrowed);
    let settings = TraceSettings {
        dialect: Dialect::Plain,
        environment: Some("production".to_owned()),
        ..TraceSettings::default()
    };
    let trace = build(request, content.as_ref(), &settings);
    encode(&Export { request, trace: &trace, account: AccountId(Uuid::from_u128(9)) })
}

fn lines(request: &CompletedRequest<'_>, content: Option<&Content>) -> Vec<Value> {
    let text = exported(request, content, |export| {
        let mut lines = Lines::default();
        lines.begin(&Resource::new(""));
        lines.push(export);
        String::from_utf8(lines.take().to_vec()).unwrap()
    });
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

pub(super) fn any_row() -> Value {
    lines(&full(), None).swap_remove(0)
}

#[test]
fn row_has_the_groups_that_are_asked_for_among_its_attributes() {
    let account = AccountId(Uuid::from_u128(9));
    let attributes = |is_asked_for| {
        let mut settings =
            TraceSettings { dialect: Dialect::Plain, account: Some(account), ..TraceSettings::default() };
        settings.groups.put(Group::Identity, is_asked_for);
        let request = full();
        let trace = build(&request, None, &settings);
        let mut lines = Lines::default();
        lines.begin(&Resource::new(""));
        lines.push(&Export { request: &request, trace: &trace, account });
        let first: Value = serde_json::from_slice(lines.take().split(|byte| *byte == b'\n').next().unwrap()).unwrap();
        serde_json::from_str::<Value>(first["ATTRIBUTES"].as_str().unwrap()).unwrap()
    };
    assert_eq!(attributes(true)["tracecast.account.id"], account.to_string());
    assert_eq!(attributes(false)["tracecast.account.id"], Value::Null);
}

#[test]
fn row_of_each_span_has_the_traces_time_and_the_generation_alone_counts() {
    let rows = lines(&full(), Some(&small_content()));
    assert_eq!(rows.len(), 4);
    assert!(
        rows.iter().all(|row| row["TIMESTAMP"] == "2026-09-05T08:14:45.000000Z" && row["TRACE_NAME"] == "Support Ü")
    );
    assert!(rows.iter().all(|row| row["API_KEY_NAME"] == "Checkout service" && row["TAGS"] == json!(["a", "b"])));
    let generations: Vec<_> = rows.iter().filter(|row| row["SPAN_TYPE"] == "GENERATION").collect();
    assert_eq!(generations.len(), 1);
    let sum = |column: &str| rows.iter().filter_map(|row| row[column].as_f64()).sum::<f64>();
    assert_eq!((sum("PROMPT_TOKENS"), sum("TOTAL_TOKENS")), (12.0, 17.0));
    assert!((sum("TOTAL_COST") - 0.000_08).abs() < 1e-12);
    let input: Value = serde_json::from_str(generations[0]["INPUT"].as_str().unwrap()).unwrap();
    assert_eq!(input["messages"][0]["parts"][0]["content"], "What is the capital of France?");
    assert!(!generations[0]["ATTRIBUTES"].as_str().unwrap().contains("capital"), "content stands in its columns only");
    let metadata: Value = serde_json::from_str(rows[0]["METADATA"].as_str().unwrap()).unwrap();
    assert_eq!((&metadata["team"], &metadata["n"]), (&json!("red"), &json!(3)));
    assert_eq!(rows[0]["PARENT_SPAN_ID"], Value::Null);
}

#[test]
fn row_of_a_failure_says_so_and_private_rows_repeat_no_content() {
    let ending = Ending::Failed { kind: "429".into(), message: "Refused".into(), detail: Some("a canary".into()) };
    let rows = lines(&CompletedRequest { ending, ..full() }, None);
    assert_eq!((&rows[0]["STATUS"], &rows[0]["LEVEL"]), (&json!("error"), &json!("ERROR")));
    assert_eq!((&rows[0]["ERROR_TYPE"], &rows[0]["ERROR_MESSAGE"]), (&json!("429"), &json!("Refused")));
    assert!(rows.iter().all(|row| row["INPUT"] == "" && row["OUTPUT"] == ""));
    assert!(!json!(rows).to_string().contains("canary"));
}

#[test]
fn rows_are_the_same_when_they_are_made_again() {
    assert_eq!(lines(&full(), Some(&small_content())), lines(&full(), Some(&small_content())));
}

#[test]
fn documents_lie_one_behind_the_other_and_are_taken_back_whole() {
    let (one, other) = (full(), request());
    let mut documents = Documents::new(Form::Otlp);
    documents.begin(&Resource::new(""));
    exported(&one, None, |export| documents.push(export));
    let first = documents.checkpoint();
    exported(&other, None, |export| documents.push(export));
    documents.rewind(first);
    exported(&other, None, |export| documents.push(export));
    assert_eq!(documents.checkpoint().traces, 2);
    let both = documents.take();
    for document in [&both[..first.bytes], &both[first.bytes..]] {
        let document: Value = serde_json::from_slice(document).unwrap();
        assert!(document["resourceSpans"][0]["scopeSpans"][0]["spans"].is_array(), "{document}");
    }
}

#[test]
fn number_that_is_none_is_left_out_of_metadata() {
    let mut request = full();
    request.context.metadata.push(("nan".into(), MetadataValue::Double(f64::NAN)));
    assert!(!lines(&request, None)[0]["METADATA"].as_str().unwrap().contains("nan"));
}

#[test]
fn document_holds_the_trace_as_openrouter_writes_it() {
    let content = small_content();
    let document: Value = serde_json::from_slice(&exported(&full(), Some(&content), trace_document::encode)).unwrap();
    insta::assert_json_snapshot!(document);
}
