//! A 2xx answer: `ExportTraceServiceResponse`, as protobuf or as JSON.

use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceResponse;
use prost::Message;
use serde_json::Value;

use super::sentence::one_line;
use crate::delivery::Outcome;

/// Delivered, unless the body says that spans were rejected. A body that cannot be read changes nothing: any 2xx is
/// an acceptance.
pub(super) fn outcome(body: &[u8]) -> Outcome {
    match partial_success(body) {
        Some((rejected, message)) if rejected > 0 => Outcome::DeliveredInPart { rejected, message: one_line(&message) },
        _ => Outcome::Delivered,
    }
}

fn partial_success(body: &[u8]) -> Option<(u64, String)> {
    if body.first() == Some(&b'{') {
        return from_json(&serde_json::from_slice(body).ok()?);
    }
    let partial = ExportTraceServiceResponse::decode(body).ok()?.partial_success?;
    Some((u64::try_from(partial.rejected_spans).ok()?, partial.error_message))
}

/// Protobuf's JSON mapping writes 64-bit numbers as text; both forms are read.
fn from_json(body: &Value) -> Option<(u64, String)> {
    let partial = body.get("partialSuccess").or_else(|| body.get("partial_success"))?;
    let rejected = partial.get("rejectedSpans").or_else(|| partial.get("rejected_spans"))?;
    let rejected = rejected.as_u64().or_else(|| rejected.as_str()?.parse().ok())?;
    let message = partial.get("errorMessage").or_else(|| partial.get("error_message"));
    Some((rejected, message.and_then(Value::as_str).unwrap_or_default().to_owned()))
}
