//! OpenAI's `/responses`.

use serde_json::json;

use super::echo::{self, Asking, EchoAnswer};
use super::protocol::{Additions, FailedStream, Protocol, Request};
use super::rewrite;
use crate::completed_request::content::Content;
use crate::completion::Completion;
use crate::json::{self, Members, ObjectWriter};
use crate::openai::{CallerHeaders, Invalid, RequestFacts, fields, responses};
use crate::state::bodies::capacity;

/// Members without which OpenRouter's SDKs refuse a response.
const EXPECTED: [&str; 3] = ["completed_at", "frequency_penalty", "presence_penalty"];

/// `POST /responses`
///
/// The id stays the model server's: `previous_response_id` refers to it.
#[derive(Debug)]
pub struct Responses;

impl Protocol for Responses {
    fn path(&self) -> &'static str {
        "/responses"
    }

    fn read<'a>(&self, body: &'a str, headers: &CallerHeaders) -> Result<Request<'a>, Invalid> {
        let members = fields::members(body, responses::EXAMPLE)?;
        Ok(Request { facts: responses::facts(&members, headers)?, members })
    }

    fn read_refused(&self, body: &[u8], headers: &CallerHeaders) -> RequestFacts {
        responses::facts_of_refused(&Members::of(&json::lossy(body)).unwrap_or_default(), headers)
    }

    fn answer_member(&self) -> &'static str {
        "output"
    }

    fn learn(&self, completion: &mut Completion, _event: &str, answer: &Members<'_>) {
        responses::learn(completion, answer);
    }

    fn rewritten(&self, _event: &str, answer: &Members<'_>, additions: &Additions<'_>) -> Option<String> {
        if answer.contains(self.answer_member()) {
            return response(answer, additions);
        }
        let written = response(&answer.read("response")?, additions)?;
        let mut event = ObjectWriter::with_capacity(capacity(written.len() + 128));
        for (key, value) in answer.iter() {
            event.raw(key, if key == "response" { &written } else { value });
        }
        Some(event.finish())
    }

    fn begins_answer(&self, _event: &str, data: &Members<'_>) -> bool {
        responses::begins_answer(data)
    }

    fn ends_stream(&self, _event: &str, data: &Members<'_>) -> bool {
        responses::ends_stream(data)
    }

    /// The words stand in the event, as the document of the API says, and in its `error`, where OpenAI's SDKs look.
    fn error_event(&self, failed: &FailedStream<'_>) -> String {
        let (code, message) = (&failed.failure.kind, &failed.failure.message);
        let event = json!({
            "type": "error", "sequence_number": 0, "code": code, "message": message, "param": null,
            "error": { "type": "server_error", "code": code, "message": message, "param": null },
        });
        format!("event: error\ndata: {event}\n\n")
    }

    fn echo(&self, body: &Members<'_>, asking: &Asking<'_>) -> EchoAnswer {
        echo::responses::answer(body, asking)
    }

    fn content(&self, request: &str, completion: &Completion) -> Content {
        responses::of_body(request, &completion.choices)
    }
}

/// A response with the cost in its `usage`, and for OpenRouter's clients with the members that they expect. None: nothing is
/// missing.
fn response(response: &Members<'_>, additions: &Additions<'_>) -> Option<String> {
    let usage = additions.cost.zip(response.get("usage")).map(|(cost, usage)| rewrite::with_cost(usage.get(), cost));
    let is_missing = |key: &&&str| additions.provider.is_some() && !response.contains(key);
    let missing: Vec<&&str> = EXPECTED.iter().filter(is_missing).collect();
    if usage.is_none() && missing.is_empty() {
        return None;
    }
    let length: usize = response.iter().map(|(key, value)| key.len() + value.len() + 4).sum();
    let mut writer = ObjectWriter::with_capacity(capacity(length + 128));
    for (key, value) in response.iter() {
        let usage = usage.as_deref().filter(|_| key == "usage");
        writer.raw(key, usage.unwrap_or(value));
    }
    for key in missing {
        writer.raw(key, "null");
    }
    Some(writer.finish())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::completed_request::GenerationId;

    fn rewritten(text: &str, cost: Option<f64>, provider: Option<&str>) -> Option<String> {
        let id = GenerationId::given("gen-1");
        let additions = Additions { id: &id, cost, provider, hides_null_usage: false };
        Responses.rewritten("", &Members::of(text).unwrap(), &additions)
    }

    #[test]
    fn a_response_gets_its_cost_and_keeps_its_id() {
        let text = r#"{"id":"resp_1","output":[ 1 ],"usage":{"input_tokens":1}}"#;
        let expected = r#"{"id":"resp_1","output":[ 1 ],"usage":{"input_tokens":1,"cost":0.5}}"#;
        assert_eq!(rewritten(text, Some(0.5), None).as_deref(), Some(expected));
        assert_eq!(rewritten(text, None, None), None);
    }

    #[test]
    fn members_that_openrouters_clients_expect_are_null_where_missing() {
        let text = r#"{"id":"resp_1","output":[],"completed_at":7}"#;
        let expected =
            r#"{"id":"resp_1","output":[],"completed_at":7,"frequency_penalty":null,"presence_penalty":null}"#;
        assert_eq!(rewritten(text, None, Some("openai")).as_deref(), Some(expected));
    }

    #[test]
    fn of_events_only_the_response_inside_is_written_anew() {
        let event =
            |usage: &str| format!(r#"{{"type":"response.completed","response":{{"id":"r","usage":{usage}}},"x":1}}"#);
        let expected = event(r#"{"n":1,"cost":0.5}"#);
        assert_eq!(rewritten(&event(r#"{"n":1}"#), Some(0.5), None), Some(expected));
        assert_eq!(rewritten(&event("null"), Some(0.5), None), None);
        assert_eq!(rewritten(r#"{"type":"response.output_text.delta","delta":"x"}"#, Some(0.5), Some("p")), None);
    }
}
