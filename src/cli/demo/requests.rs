//! Requests that look like a week of a small team: several models, users and sessions, tools, failures, and callers who hang up.

use chrono::{DateTime, Utc};
use serde_json::value::RawValue;

use crate::clock::UnixNanos;
use crate::completed_request::content::Content;
use crate::completed_request::{
    CompletedRequest, Cost, CostSource, Ending, FailedAttempt, GenerationId, MetadataValue, Operation, Parameters,
    ResponseFacts, Times, TraceContext, Usage,
};
use crate::completion::Choice;
use crate::id::ApiKeyId;
use crate::openai::content::{ChatParts, of_chat};

/// Model, provider, dollars for a million tokens of prompt and of completion.
const MODELS: [(&str, &str, f64, f64); 4] = [
    ("openai/gpt-4o", "openai", 2.5, 10.0),
    ("openai/gpt-4o-mini", "openai", 0.15, 0.6),
    ("anthropic/claude-sonnet-4", "anthropic", 3.0, 15.0),
    ("mistralai/mistral-small", "mistral_ai", 0.1, 0.3),
];
const USERS: [&str; 5] = ["ada", "grace", "linus", "margaret", "edsger"];
/// Trace, generation, question, answer.
const TALKS: [[&str; 4]; 4] = [
    [
        "Support chat",
        "Answer the customer",
        "Where is my parcel?",
        "It left the depot this morning and arrives tomorrow.",
    ],
    [
        "Error Analysis Agent",
        "Analyze Stack Trace",
        "Debug this error: index out of range",
        "The list is empty: check it first.",
    ],
    [
        "Meeting notes",
        "Summarise",
        "Summarise these notes in two sentences.",
        "Two decisions were taken. The rest waits for Monday.",
    ],
    ["Code review", "Review the change", "Is this loop safe?", "Yes, if nobody else changes the list meanwhile."],
];

/// The request of this name, which completed at `at`. The same name gives the same request.
pub(super) fn example(
    (name, number): (&str, u32),
    api_key: ApiKeyId,
    at: DateTime<Utc>,
) -> (CompletedRequest<'static>, Content) {
    let (model, provider, ..) = pick(&MODELS, number / 2);
    let [trace, generation, question, answer] = pick(&TALKS, number / 3);
    let ending = ending(number);
    let answered = ending == Ending::Completed;
    let request = CompletedRequest {
        id: GenerationId::given(format!("gen-demo-{name}-{number:04}")),
        operation: Operation::Chat,
        route: "/api/v1/chat/completions".into(),
        times: times(number, at, answered),
        status: status(&ending),
        streaming: number.is_multiple_of(3),
        api_key: Some(api_key),
        api_key_name: None,
        api_key_member: None,
        context: TraceContext {
            user: Some(pick(&USERS, number / 5).into()),
            session_id: Some(format!("session-{name}-{}", number / 6).into()),
            trace_name: Some(trace.into()),
            generation_name: Some(generation.into()),
            environment: Some(if number.is_multiple_of(4) { "staging" } else { "production" }.into()),
            metadata: vec![("attempt".into(), MetadataValue::Int(i64::from(number % 3)))],
            ..TraceContext::default()
        },
        request_model: model.into(),
        parameters: Parameters { temperature: Some(0.2), ..Parameters::default() },
        response: ResponseFacts {
            provider: Some(provider.into()),
            routed_to: None,
            model: answered.then(|| model.into()),
            finish_reasons: if answered { vec!["stop".into()] } else { Vec::new() },
            ..ResponseFacts::default()
        },
        usage: if answered { usage(number) } else { Usage::default() },
        cost: if answered { cost(number) } else { Cost::default() },
        failed_attempts: failed_attempts(number, at),
        refused: None,
        ending,
    };
    (request, content(number, question, answered.then_some(answer)))
}

fn pick<T: Copy>(from: &[T], number: u32) -> T {
    from[number as usize % from.len()]
}

fn ending(number: u32) -> Ending<'static> {
    let failed = |kind: &'static str, message: &'static str| Ending::Failed {
        kind: kind.into(),
        message: message.into(),
        detail: None,
    };
    match number {
        _ if number % 17 == 5 => failed("429", "The upstream answered 429."),
        _ if number % 23 == 7 => failed("timeout", "The upstream did not answer in time."),
        _ if number % 29 == 11 => failed("invalid_request", "The request was refused because its body was not valid."),
        _ if number % 31 == 13 => Ending::Cancelled,
        _ => Ending::Completed,
    }
}

fn status(ending: &Ending<'_>) -> u16 {
    match ending {
        Ending::Completed => 200,
        Ending::Cancelled => 499,
        Ending::Failed { kind, .. } => match &**kind {
            "429" => 429,
            "timeout" => 504,
            _ => 400,
        },
    }
}

/// Milliseconds from the request's arrival to its end: most are short, some are long.
fn duration(number: u32) -> u64 {
    let quick = 400 + u64::from(number) * 7_919 % 2_300;
    if number.is_multiple_of(13) { quick * 6 } else { quick }
}

fn before(at: DateTime<Utc>, milliseconds: u64) -> UnixNanos {
    let nanos = at.timestamp_nanos_opt().unwrap_or_default().unsigned_abs();
    UnixNanos(nanos.saturating_sub(milliseconds * 1_000_000))
}

fn times(number: u32, at: DateTime<Utc>, answered: bool) -> Times {
    let took = duration(number);
    Times {
        received: before(at, took),
        answered: before(at, 0),
        upstream_begun: Some(before(at, took - 20)),
        first_chunk: (answered && number.is_multiple_of(3)).then(|| before(at, took * 3 / 4)),
        upstream_ended: answered.then(|| before(at, 5)),
    }
}

fn usage(number: u32) -> Usage {
    let (input, output) = (200 + u64::from(number) * 613 % 4_000, 20 + u64::from(number) * 127 % 700);
    Usage { input: Some(input), output: Some(output), total: Some(input + output), ..Usage::default() }
}

#[expect(clippy::cast_precision_loss, reason = "a few thousand tokens")]
fn cost(number: u32) -> Cost {
    let (_, _, input_price, output_price) = pick(&MODELS, number / 2);
    let usage = usage(number);
    let dollars = |tokens: Option<u64>, price: f64| tokens.unwrap_or_default() as f64 * price / 1e6;
    let (input, output) = (dollars(usage.input, input_price), dollars(usage.output, output_price));
    Cost {
        total: Some(input + output),
        input: Some(input),
        output: Some(output),
        source: Some(CostSource::Upstream),
        ..Cost::default()
    }
}

fn failed_attempts(number: u32, at: DateTime<Utc>) -> Vec<FailedAttempt<'static>> {
    if number % 19 != 3 {
        return Vec::new();
    }
    let took = duration(number);
    vec![FailedAttempt {
        begun: before(at, took - 5),
        ended: before(at, took - 20),
        provider: Some(pick(&MODELS, number / 2).1.into()),
        model: Some(pick(&MODELS, number / 2).0.into()),
        server: None,
        status: Some(503),
        kind: "503".into(),
        message: "The upstream answered 503.".into(),
    }]
}

fn content(number: u32, question: &str, answer: Option<&str>) -> Content {
    let messages = serde_json::json!([
        { "role": "system", "content": "You are a helpful assistant of a small team." },
        { "role": "user", "content": format!("{question} (case {number})") },
    ]);
    let messages = RawValue::from_string(messages.to_string()).ok();
    let choice = answer.map(|answer| Choice { text: answer.into(), ..Choice::default() });
    of_chat(ChatParts { messages: messages.as_deref(), tools: None }, choice.as_slice())
}
