//! A 2xx answer: `ExportTraceServiceResponse`, as protobuf or as JSON, or nothing. Any other body did not come from a
//! receiver of traces, and delivers nothing (spec 4.3).

use prost::Message;
use serde_json::Value;

use super::response::Response;
use super::sentence::one_line;
use crate::delivery::{Attention, Outcome};

/// The first byte of a response in protobuf that is not empty: the tag of field 1, a message.
const PARTIAL_SUCCESS: u8 = 0x0a;

/// `ExportTraceServiceResponse`, as `opentelemetry/proto/collector/trace/v1/trace_service.proto` has it.
#[derive(Clone, PartialEq, Eq, Message)]
struct ExportResponse {
    #[prost(message, optional, tag = "1")]
    partial_success: Option<PartialSuccess>,
}

/// `ExportTracePartialSuccess`
#[derive(Clone, PartialEq, Eq, Message)]
struct PartialSuccess {
    #[prost(int64, tag = "1")]
    rejected_spans: i64,
    #[prost(string, tag = "2")]
    error_message: String,
}

/// What a body is, by its bytes: content types are wrong too often.
enum Body {
    Otlp(ExportResponse),
    Json(Value),
    Page,
    Unknown,
}

/// Delivered, unless the body says that spans were rejected, or shows that no receiver of traces wrote it.
pub(super) fn outcome(response: &Response) -> Outcome {
    let rejected = match read(&response.body) {
        Body::Page => return no_receiver(response, "A web page"),
        Body::Unknown if !response.is_cut => return no_receiver(response, "Something unknown"),
        // A receiver that begins to answer with 2xx has the traces, even if the rest of its answer breaks off.
        Body::Unknown => None,
        Body::Otlp(otlp) => rejected(otlp),
        Body::Json(json) => rejected_by_json(&json),
    };
    match rejected {
        Some((rejected, message)) if rejected > 0 => Outcome::DeliveredInPart { rejected, message: one_line(&message) },
        _ => Outcome::Delivered,
    }
}

/// The outcome of an answer that no receiver of traces gave. Without it, a web server that answers every request with a
/// page and a 2xx would lose every trace.
fn no_receiver(response: &Response, what: &str) -> Outcome {
    let advice = format!(
        "{what} answers at this address, and no receiver of traces (HTTP {}). A sign-in or a proxy may stand in front of it: \
         let requests pass to the receiver, or enter its own address.",
        response.status
    );
    Outcome::NeedsAttention { reason: Attention::UnexpectedAnswer, status: Some(response.status), advice }
}

fn read(body: &[u8]) -> Body {
    // Protobuf is recognised first: its tag is a line feed, and the length behind it may look like the beginning of a
    // page.
    if body.first() == Some(&PARTIAL_SUCCESS)
        && let Ok(otlp) = ExportResponse::decode(body)
    {
        return Body::Otlp(otlp);
    }
    let text = body.trim_ascii_start();
    match text.first() {
        None => Body::Otlp(ExportResponse::default()),
        Some(b'<') => Body::Page,
        Some(b'{') => serde_json::from_slice(text).map_or(Body::Unknown, Body::Json),
        Some(_) => Body::Unknown,
    }
}

fn rejected(otlp: ExportResponse) -> Option<(u64, String)> {
    let partial = otlp.partial_success?;
    Some((u64::try_from(partial.rejected_spans).ok()?, partial.error_message))
}

/// Protobuf's JSON mapping writes 64-bit numbers as text; both forms are read.
fn rejected_by_json(body: &Value) -> Option<(u64, String)> {
    let partial = body.get("partialSuccess").or_else(|| body.get("partial_success"))?;
    let rejected = partial.get("rejectedSpans").or_else(|| partial.get("rejected_spans"))?;
    let rejected = rejected.as_u64().or_else(|| rejected.as_str()?.parse().ok())?;
    let message = partial.get("errorMessage").or_else(|| partial.get("error_message"));
    Some((rejected, message.and_then(Value::as_str).unwrap_or_default().to_owned()))
}

#[cfg(test)]
mod tests {
    use opentelemetry_proto::tonic::collector::trace::v1::{ExportTracePartialSuccess, ExportTraceServiceResponse};
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_response_is_read_as_opentelemetry_proto_writes_it(
            partial in proptest::option::of(any::<(i64, String)>()),
        ) {
            let ours = partial.clone().map(|(rejected_spans, error_message)| PartialSuccess { rejected_spans, error_message });
            let theirs =
                partial.map(|(rejected_spans, error_message)| ExportTracePartialSuccess { rejected_spans, error_message });
            let bytes = ExportTraceServiceResponse { partial_success: theirs }.encode_to_vec();
            let ours = ExportResponse { partial_success: ours };
            prop_assert_eq!(ours.encode_to_vec(), &*bytes);
            prop_assert_eq!(ExportResponse::decode(&*bytes), Ok(ours));
        }

        #[test]
        fn a_body_that_begins_as_a_response_is_one_where_opentelemetry_proto_says_so(
            bytes in proptest::collection::vec(prop_oneof![0..32_u8, any::<u8>()], 0..12),
        ) {
            let body = [&[PARTIAL_SUCCESS], &*bytes].concat();
            let theirs = ExportTraceServiceResponse::decode(&*body).map(|response| response.encode_to_vec());
            prop_assert_eq!(ExportResponse::decode(&*body).map(|response| response.encode_to_vec()).ok(), theirs.ok());
        }
    }
}
