//! The OpenTelemetry SDK for Rust: its batch span processor and OTLP exporter, fed from memory with the spans that the
//! program makes of the same events. No database is read and nothing is made durable.

use std::sync::Mutex;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use async_trait::async_trait;
use bytes::Bytes;
use http::{Request, Response};
use libdeflater::{CompressionLvl, Compressor};
use opentelemetry::trace::{SpanContext, SpanId, SpanKind, Status, TraceFlags, TraceId, TraceState};
use opentelemetry::{InstrumentationScope, KeyValue, StringValue, Value};
use opentelemetry_http::{HttpClient, HttpError};
use opentelemetry_otlp::{SpanExporter, WithExportConfig as _, WithHttpConfig as _};
use opentelemetry_sdk::trace::{
    BatchConfigBuilder, BatchSpanProcessor, SpanData, SpanEvents, SpanLinks, SpanProcessor as _,
};
use tracecast::trace::{self, Attribute, Span, Trace};

use super::Task;
use crate::outcome::Result;
use crate::post::Post;
use crate::{bodies, event};

/// Events of one batch.
const BATCH: usize = 500;

/// The processor, and what it is fed with.
pub(super) struct Sdk {
    processor: BatchSpanProcessor,
    events: Vec<Vec<SpanData>>,
    count: u64,
}

impl Sdk {
    pub(super) fn start(task: &Task) -> Result<Self> {
        let client = Client { post: Mutex::new(Post::to(&task.receiver)?), gzip: task.gzip };
        let exporter = SpanExporter::builder()
            .with_http()
            .with_http_client(client)
            .with_endpoint(format!("{}://{}/v1/traces", task.receiver.scheme(), task.receiver.address))
            .build()?;
        let spans = BATCH * usize::try_from(event::SPANS)?;
        let config = BatchConfigBuilder::default()
            .with_max_export_batch_size(spans)
            .with_max_queue_size(2 * spans)
            .with_scheduled_delay(Duration::from_hours(1))
            .build();
        let processor = BatchSpanProcessor::builder(exporter).with_batch_config(config).build();
        Ok(Self { processor, events: events(), count: task.events })
    }

    /// Hands over the spans and has each batch sent; the processor drops what its queue cannot hold.
    pub(super) fn export(&self) -> Result<()> {
        for number in 0..self.count {
            let index = usize::try_from(number)? % self.events.len();
            for span in &self.events[index] {
                self.processor.on_end(span.clone());
            }
            if usize::try_from(number + 1)?.is_multiple_of(BATCH) {
                self.processor.force_flush()?;
            }
        }
        Ok(self.processor.force_flush()?)
    }
}

/// Sends what the exporter encoded.
#[derive(Debug)]
struct Client {
    post: Mutex<Post>,
    gzip: bool,
}

#[async_trait]
impl HttpClient for Client {
    async fn send_bytes(&self, request: Request<Bytes>) -> std::result::Result<Response<Bytes>, HttpError> {
        let mut post = self.post.lock().map_err(|_| "an earlier request broke off")?;
        let path = request.uri().path();
        let (status, answer) = if self.gzip {
            let body = compressed(request.body())?;
            post.send(path, "content-type: application/x-protobuf\r\ncontent-encoding: gzip\r\n", &body)?
        } else {
            post.send(path, "content-type: application/x-protobuf\r\n", request.body())?
        };
        Ok(Response::builder().status(status).body(Bytes::copy_from_slice(answer))?)
    }
}

fn compressed(body: &[u8]) -> Result<Vec<u8>> {
    let mut compressor = Compressor::new(CompressionLvl::new(1).unwrap_or_default());
    let mut compressed = vec![0; compressor.gzip_compress_bound(body.len())];
    let length = compressor.gzip_compress(body, &mut compressed)?;
    compressed.truncate(length);
    Ok(compressed)
}

/// The same spans as the program's, in the SDK's form.
fn events() -> Vec<Vec<SpanData>> {
    let settings = bodies::settings();
    let scope = InstrumentationScope::builder("tracecast").build();
    (0..crate::backlog::TEMPLATES)
        .map(|number| {
            let (request, content) = event::completed(number);
            let content = content.as_borrowed();
            let trace = trace::build(&request, Some(&content), &settings);
            trace.spans.iter().map(|span| span_data(&trace, span, &scope)).collect()
        })
        .collect()
}

fn span_data(trace: &Trace<'_>, span: &Span<'_>, scope: &InstrumentationScope) -> SpanData {
    let trace_id = TraceId::from_bytes(trace.trace_id.to_bytes());
    let id = SpanId::from_bytes(span.id.to_bytes());
    SpanData {
        span_context: SpanContext::new(trace_id, id, TraceFlags::SAMPLED, false, TraceState::default()),
        parent_span_id: span.parent.map_or(SpanId::INVALID, |id| SpanId::from_bytes(id.to_bytes())),
        parent_span_is_remote: false,
        span_kind: match span.kind {
            trace::SpanKind::Internal => SpanKind::Internal,
            trace::SpanKind::Server => SpanKind::Server,
            trace::SpanKind::Client => SpanKind::Client,
        },
        name: span.name.to_string().into(),
        start_time: time(span.start.0),
        end_time: time(span.end.0),
        attributes: span.attributes.iter().chain(&trace.common).map(attribute).collect(),
        dropped_attributes_count: 0,
        events: SpanEvents::default(),
        links: SpanLinks::default(),
        status: Status::Unset,
        instrumentation_scope: scope.clone(),
    }
}

fn attribute(attribute: &Attribute<'_>) -> KeyValue {
    let value = match &attribute.value {
        trace::Value::Text(text) => Value::from(text.to_string()),
        trace::Value::Bool(value) => Value::from(*value),
        trace::Value::Int(value) => Value::from(*value),
        trace::Value::Double(value) => Value::from(*value),
        trace::Value::Texts(texts) => {
            Value::Array(texts.iter().map(|text| StringValue::from(text.to_string())).collect::<Vec<_>>().into())
        }
    };
    KeyValue::new(attribute.key.to_string(), value)
}

fn time(nanos: u64) -> SystemTime {
    UNIX_EPOCH + Duration::from_nanos(nanos)
}
