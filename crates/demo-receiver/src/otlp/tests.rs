//! The messages are those of `opentelemetry-proto`: what it writes is read here whole, in both formats, and the other way round.

use opentelemetry_proto::tonic::collector::trace::v1::{
    ExportTracePartialSuccess, ExportTraceServiceRequest, ExportTraceServiceResponse,
};
use opentelemetry_proto::tonic::common::v1::any_value::Value as TheirValue;
use opentelemetry_proto::tonic::common::v1::{
    AnyValue as TheirAnyValue, ArrayValue as TheirArray, InstrumentationScope, KeyValue as TheirKeyValue,
    KeyValueList as TheirList,
};
use opentelemetry_proto::tonic::resource::v1::Resource as TheirResource;
use opentelemetry_proto::tonic::trace::v1::{self as theirs, span};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

use super::*;

fn value() -> impl Strategy<Value = TheirAnyValue> {
    let leaf = prop_oneof![
        Just(None),
        ".{0,8}".prop_map(|text| Some(TheirValue::StringValue(text))),
        any::<bool>().prop_map(|yes| Some(TheirValue::BoolValue(yes))),
        any::<i64>().prop_map(|number| Some(TheirValue::IntValue(number))),
        any::<i32>().prop_map(|number| Some(TheirValue::DoubleValue(f64::from(number) / 8.0))),
        vec(any::<u8>(), 0..8).prop_map(|bytes| Some(TheirValue::BytesValue(bytes))),
    ];
    let leaf = leaf.prop_map(|value| TheirAnyValue { value });
    leaf.prop_recursive(3, 16, 4, |inner| {
        let array = vec(inner.clone(), 0..4).prop_map(|values| TheirValue::ArrayValue(TheirArray { values }));
        let list = vec((".{0,4}", option::of(inner)).prop_map(pair), 0..4);
        let list = list.prop_map(|values| TheirValue::KvlistValue(TheirList { values }));
        prop_oneof![array, list].prop_map(|value| TheirAnyValue { value: Some(value) })
    })
}

fn pair((key, value): (String, Option<TheirAnyValue>)) -> TheirKeyValue {
    TheirKeyValue { key, value, ..TheirKeyValue::default() }
}

fn attributes() -> impl Strategy<Value = Vec<TheirKeyValue>> {
    vec((".{0,8}", option::of(value())).prop_map(pair), 0..4)
}

fn identifier() -> impl Strategy<Value = Vec<u8>> {
    vec(any::<u8>(), 0..17)
}

prop_compose! {
    fn status()(message in ".{0,8}", code in 0..4) -> theirs::Status {
        theirs::Status { message, code }
    }
}

prop_compose! {
    fn a_span()(
        (trace_id, span_id, parent_span_id) in (identifier(), identifier(), identifier()),
        (name, trace_state, kind, flags) in (".{0,8}", "[a-z=]{0,8}", 0..7, any::<u32>()),
        (start_time_unix_nano, end_time_unix_nano) in any::<(u64, u64)>(),
        attributes in attributes(),
        events in vec(attributes(), 0..3),
        status in option::of(status()),
    ) -> theirs::Span {
        let event = |attributes| span::Event { name: "event".to_owned(), attributes, ..span::Event::default() };
        let events = events.into_iter().map(event).collect();
        theirs::Span {
            trace_id, span_id, trace_state, parent_span_id, flags, name, kind, start_time_unix_nano, end_time_unix_nano,
            attributes, events, status, ..theirs::Span::default()
        }
    }
}

prop_compose! {
    fn export()(
        resource in option::of(attributes()),
        scope in option::of((".{0,8}", ".{0,8}")),
        spans in vec(a_span(), 0..3),
    ) -> ExportTraceServiceRequest {
        let resource = resource.map(|attributes| TheirResource { attributes, ..TheirResource::default() });
        let scope = scope.map(|(name, version)| InstrumentationScope { name, version, ..InstrumentationScope::default() });
        let of_scope = theirs::ScopeSpans { scope, spans, schema_url: "skipped".to_owned() };
        let of_resource = theirs::ResourceSpans { resource, scope_spans: vec![of_scope], schema_url: "skipped".to_owned() };
        ExportTraceServiceRequest { resource_spans: vec![of_resource] }
    }
}

/// The same without what is not read here.
fn without_skipped(mut export: ExportTraceServiceRequest) -> ExportTraceServiceRequest {
    for of_resource in &mut export.resource_spans {
        of_resource.schema_url.clear();
        for of_scope in &mut of_resource.scope_spans {
            of_scope.schema_url.clear();
            for span in &mut of_scope.spans {
                span.trace_state.clear();
                span.events.fill(span::Event::default());
            }
        }
    }
    export
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_request_in_protobuf_is_read_whole(export in export()) {
        let read = ExportRequest::decode(&*export.encode_to_vec()).unwrap();
        let again = ExportTraceServiceRequest::decode(&*read.encode_to_vec()).unwrap();
        prop_assert_eq!(again, without_skipped(export));
    }

    #[test]
    fn a_request_in_json_is_the_same_as_in_protobuf(export in export()) {
        let json: ExportRequest = serde_json::from_slice(&serde_json::to_vec(&export).unwrap()).unwrap();
        prop_assert_eq!(json, ExportRequest::decode(&*export.encode_to_vec()).unwrap());
    }

    #[test]
    fn a_response_has_the_same_bytes(partial in option::of((any::<i64>(), ".{0,20}"))) {
        let ours = partial.clone().map(|(rejected_spans, error_message)| PartialSuccess { rejected_spans, error_message });
        let ours = ExportResponse { partial_success: ours };
        let theirs = partial
            .map(|(rejected_spans, error_message)| ExportTracePartialSuccess { rejected_spans, error_message });
        let theirs = ExportTraceServiceResponse { partial_success: theirs };
        prop_assert_eq!(ours.encode_to_vec(), theirs.encode_to_vec());
        prop_assert_eq!(serde_json::to_string(&ours).unwrap(), serde_json::to_string(&theirs).unwrap());
    }
}

#[test]
fn a_request_in_json_may_have_numbers_as_text_and_fields_that_nobody_knows() {
    let json = r#"{"resourceSpans": [{"new": 1, "scopeSpans": [{"spans": [{"spanId": "00F067aa0ba902b7",
        "startTimeUnixNano": 5, "endTimeUnixNano": "18446744073709551615", "events": [{"name": "e"}], "attributes": [
        {"key": "a", "value": {"intValue": "-7"}}, {"key": "b", "value": {"intValue": 7}},
        {"key": "c", "value": {"newValue": 7}}, {"key": "d"}]}]}]}]}"#;
    let mut export: ExportRequest = serde_json::from_str(json).unwrap();
    let span = export.resource_spans.remove(0).scope_spans.remove(0).spans.remove(0);
    assert_eq!(span.span_id, [0, 0xf0, 0x67, 0xaa, 0x0b, 0xa9, 2, 0xb7]);
    assert_eq!((span.start_time_unix_nano, span.end_time_unix_nano, span.events.len()), (5, u64::MAX, 1));
    let values: Vec<_> = span.attributes.into_iter().map(|pair| pair.value.and_then(|value| value.value)).collect();
    assert_eq!(values, [Some(Value::Int(-7)), Some(Value::Int(7)), None, None]);
    for wrong in [
        r#"{"resourceSpans": 1}"#,
        r#"{"resourceSpans": [{"scopeSpans": [{"spans": [{"traceId": "xyz"}]}]}]}"#,
        r#"{"resourceSpans": [{"scopeSpans": [{"spans": [{"startTimeUnixNano": "soon"}]}]}]}"#,
        r#"{"resourceSpans": [{"resource": {"attributes": [{"key": "a", "value": {"bytesValue": "?"}}]}}]}"#,
    ] {
        assert!(serde_json::from_str::<ExportRequest>(wrong).is_err(), "{wrong}");
        assert!(serde_json::from_str::<ExportTraceServiceRequest>(wrong).is_err(), "{wrong}");
    }
}
