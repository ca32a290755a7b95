//! A vendor's server as one fake describes it, with its bad days. What it shows is what it has not forgotten.

use std::collections::VecDeque;
use std::io::Read as _;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use flate2::read::GzDecoder;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, Span};
use prost::Message as _;
use wiremock::{Mock, MockServer, Request, Respond, ResponseTemplate};

use super::fakes::{Fake, Question};
use super::forgetting::Delivered;

/// A status and a body.
type Answer = (u16, &'static str);

/// A fake's server, and what it has.
pub(super) struct Vendor {
    pub(super) fake: &'static Fake,
    pub(super) server: MockServer,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    shown: Vec<ResourceSpans>,
    /// Spans that were taken with a 200.
    taken: usize,
    /// Answers to the next requests that carry traces, in place of its own.
    bad_days: VecDeque<Answer>,
    /// Traces of one request at most.
    most: Option<usize>,
    refused: usize,
}

impl Vendor {
    pub(super) async fn start(fake: &'static Fake) -> Self {
        let (server, state) = (MockServer::start().await, Arc::default());
        let responder = Responder { fake, state: Arc::clone(&state) };
        Mock::given(wiremock::matchers::any()).respond_with(responder).mount(&server).await;
        Self { fake, server, state }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    /// From now on the next requests with traces are answered with these.
    pub(super) fn has_bad_days(&self, answers: &[Answer]) {
        self.state().bad_days.extend(answers);
    }

    /// From now on a request holds at most so many traces.
    pub(super) fn takes_at_most(&self, traces: usize) {
        self.state().most = Some(traces);
    }

    /// Requests that were refused on bad days.
    pub(super) fn refused(&self) -> usize {
        self.state().refused
    }

    /// How many spans it took, and how many of them it shows.
    pub(super) fn taken_and_shown(&self) -> (usize, usize) {
        let state = self.state();
        (state.taken, state.shown.iter().flat_map(spans).count())
    }

    /// Spans of this name that it shows, with their resources.
    pub(super) fn shown(&self, name: &str) -> Vec<ResourceSpans> {
        let of_name = |shown: &&ResourceSpans| spans(shown).any(|span| span.name == name);
        self.state().shown.iter().filter(of_name).cloned().collect()
    }

    /// The same, as soon as there are `count`.
    pub(super) async fn shows(&self, name: &str, count: usize) -> Vec<ResourceSpans> {
        for _ in 0..600 {
            let shown = self.shown(name);
            if shown.len() >= count {
                return shown;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        let state = self.state();
        let names: Vec<_> = state.shown.iter().flat_map(spans).map(|span| &span.name).collect();
        panic!("{}: no {count} spans `{name}` among {names:?} of {} taken", self.fake.kind, state.taken);
    }
}

fn spans(of_resource: &ResourceSpans) -> impl Iterator<Item = &Span> {
    of_resource.scope_spans.iter().flat_map(|scope| &scope.spans)
}

/// Answers. What the vendor does not know is a 404.
struct Responder {
    fake: &'static Fake,
    state: Arc<Mutex<State>>,
}

impl Respond for Responder {
    fn respond(&self, request: &Request) -> ResponseTemplate {
        let path = request
            .url
            .query()
            .map_or_else(|| request.url.path().to_owned(), |query| format!("{}?{query}", request.url.path()));
        let method = request.method.as_str();
        if let Some(question) = self.fake.check.as_ref().filter(|question| question.path == path) {
            return if method == question.method { self.answer(question, request) } else { ResponseTemplate::new(405) };
        }
        if path != self.fake.path {
            return ResponseTemplate::new(404);
        }
        if method == "POST" { self.take(request) } else { ResponseTemplate::new(405) }
    }
}

impl Responder {
    fn answer(&self, question: &Question, request: &Request) -> ResponseTemplate {
        let body = String::from_utf8_lossy(&request.body);
        if !has(request, question.headers) || !body.contains(question.body) {
            return json(self.fake.refusal);
        }
        json((200, question.answer))
    }

    fn take(&self, request: &Request) -> ResponseTemplate {
        if !has(request, self.fake.headers) {
            return json(self.fake.refusal);
        }
        if !has(request, &[("content-type", "application/x-protobuf"), ("content-encoding", "gzip")]) {
            return json((415, ""));
        }
        let mut body = Vec::new();
        GzDecoder::new(request.body.as_slice()).read_to_end(&mut body).unwrap();
        let export = ExportTraceServiceRequest::decode(body.as_slice()).unwrap();
        if export.resource_spans.is_empty() {
            return json((if self.fake.refuses_empty { 400 } else { 200 }, "{}"));
        }
        let mut state = self.state.lock().unwrap();
        let of_day = state.bad_days.pop_front();
        let too_many =
            state.most.filter(|most| traces(&export) > *most).map(|_| (400, r#"{"error":"too many spans"}"#));
        if let Some(refusal) = of_day.or(too_many) {
            state.refused += 1;
            return json(refusal);
        }
        state.keep(self.fake, export);
        json((200, "{}"))
    }
}

impl State {
    /// Keeps each trace for itself, without what the vendor forgets of it.
    fn keep(&mut self, fake: &Fake, export: ExportTraceServiceRequest) {
        for mut of_resource in export.resource_spans {
            let all: Vec<Span> = spans(&of_resource).cloned().collect();
            self.taken += all.len();
            let attributes = of_resource.resource.take().unwrap_or_default();
            for scope in &mut of_resource.scope_spans {
                scope
                    .spans
                    .retain(|span| !(fake.forgets)(&Delivered { resource: &attributes.attributes, all: &all, span }));
            }
            of_resource.resource = Some(attributes);
            for trace in traces_of(&of_resource) {
                self.shown.push(trace);
            }
        }
    }
}

/// The same spans, a resource for each trace.
fn traces_of(of_resource: &ResourceSpans) -> Vec<ResourceSpans> {
    let mut ids: Vec<_> = spans(of_resource).map(|span| span.trace_id.clone()).collect();
    ids.dedup();
    let of_trace = |id: &Vec<u8>| {
        let mut trace = of_resource.clone();
        trace.scope_spans.iter_mut().for_each(|scope| scope.spans.retain(|span| span.trace_id == *id));
        trace
    };
    ids.iter().map(of_trace).collect()
}

fn traces(export: &ExportTraceServiceRequest) -> usize {
    export.resource_spans.iter().map(|of_resource| traces_of(of_resource).len()).sum()
}

fn json((status, body): Answer) -> ResponseTemplate {
    ResponseTemplate::new(status).set_body_raw(body, "application/json")
}

fn has(request: &Request, headers: &[(&str, &str)]) -> bool {
    headers.iter().all(|(name, value)| {
        let mut values = request.headers.get_all(*name).iter();
        values.next().is_some_and(|found| found == value) && values.next().is_none()
    })
}
