//! The request behind the test trace: named so that anybody who finds it knows what it is.

use crate::clock::UnixNanos;
use crate::completed_request::{
    CompletedRequest, Cost, Ending, GenerationId, Operation, Parameters, ResponseFacts, Times, TraceContext, Usage,
};
use crate::json::Text;

const NAME: &str = "Tracecast connection test";

pub(super) fn test_request(id: GenerationId, now: UnixNanos) -> CompletedRequest<'static> {
    let begun = UnixNanos(now.0.saturating_sub(1_000_000));
    CompletedRequest {
        id,
        operation: Operation::Chat,
        route: Text::from("/settings/observability"),
        times: Times {
            received: begun,
            answered: now,
            upstream_begun: Some(begun),
            first_chunk: None,
            upstream_ended: Some(now),
        },
        status: 200,
        ending: Ending::Completed,
        streaming: false,
        api_key: None,
        context: TraceContext {
            trace_name: Some(Text::from(NAME)),
            generation_name: Some(Text::from(NAME)),
            environment: Some(Text::from("tracecast-test")),
            ..TraceContext::default()
        },
        request_model: Text::from("tracecast/connection-test"),
        parameters: Parameters::default(),
        response: ResponseFacts::default(),
        usage: Usage::default(),
        cost: Cost::default(),
        failed_attempts: Vec::new(),
        refused: None,
    }
}
