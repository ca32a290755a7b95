//! OTLP exports as a foreign exporter would make them, for receivers under test.

use libdeflater::{CompressionLvl, Compressor};
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::common::v1::{AnyValue, InstrumentationScope, KeyValue};
use opentelemetry_proto::tonic::resource::v1::Resource;
use opentelemetry_proto::tonic::trace::v1::span::SpanKind;
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span};
use prost::Message as _;
use tracecast::clock::Clock;

/// The trace of every span made here.
pub(crate) const TRACE_ID: &str = "dbd49206c2c8a478fcf97ce967645760";

const SECOND: u64 = 1_000_000_000;

/// A root span that Sentry keeps: began a minute ago, took a second.
pub(crate) fn span(number: u8, name: &str) -> Span {
    let start = Clock::System.unix_nanos().0 - 60 * SECOND;
    Span {
        trace_id: hex::decode(TRACE_ID).unwrap(),
        span_id: vec![number; 8],
        name: name.to_owned(),
        kind: SpanKind::Server.into(),
        flags: 0x101,
        start_time_unix_nano: start,
        end_time_unix_nano: start + SECOND,
        ..Span::default()
    }
}

/// An attribute that is a string.
pub(crate) fn text(key: &str, value: &str) -> KeyValue {
    attribute(key, Value::StringValue(value.to_owned()))
}

/// An attribute.
pub(crate) fn attribute(key: &str, value: Value) -> KeyValue {
    KeyValue { key: key.to_owned(), value: Some(AnyValue { value: Some(value) }), ..KeyValue::default() }
}

/// An export of these spans.
pub(crate) fn export(spans: Vec<Span>) -> ExportTraceServiceRequest {
    let resource = Resource { attributes: vec![text("service.name", "foreign")], ..Resource::default() };
    let scope = InstrumentationScope { name: "test".to_owned(), version: "1".to_owned(), ..Default::default() };
    let scope_spans = vec![ScopeSpans { scope: Some(scope), spans, ..ScopeSpans::default() }];
    ExportTraceServiceRequest {
        resource_spans: vec![ResourceSpans { resource: Some(resource), scope_spans, ..ResourceSpans::default() }],
    }
}

/// An export of these spans, as protobuf.
pub(crate) fn protobuf(spans: Vec<Span>) -> Vec<u8> {
    export(spans).encode_to_vec()
}

/// As `Content-Encoding: gzip` wants it.
pub(crate) fn gzip(body: &[u8]) -> Vec<u8> {
    let mut compressor = Compressor::new(CompressionLvl::default());
    let mut out = vec![0; compressor.gzip_compress_bound(body.len())];
    let length = compressor.gzip_compress(body, &mut out).unwrap();
    out.truncate(length);
    out
}
