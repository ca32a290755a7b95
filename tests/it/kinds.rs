//! Every kind against a strict fake of its vendor: form, failed test with a wrong key, test, save, request, trace.

mod fakes;

use std::collections::BTreeMap;
use std::io::Read as _;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use flate2::read::GzDecoder;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use prost::Message as _;
use tracecast::config::Source;
use wiremock::{Mock, MockServer, Request, Respond, ResponseTemplate};

use self::fakes::{ALL, Fake, Question};
use crate::five_steps::request;
use crate::support::app::TestApp;

/// A vendor's server. What it does not know is a 404.
struct Vendor {
    fake: &'static Fake,
    kept: Arc<Mutex<Vec<ExportTraceServiceRequest>>>,
}

impl Respond for Vendor {
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

impl Vendor {
    fn answer(&self, question: &Question, request: &Request) -> ResponseTemplate {
        let body = String::from_utf8_lossy(&request.body);
        if !has(request, question.headers) || !body.contains(question.body) {
            return self.refuse();
        }
        ResponseTemplate::new(200).set_body_raw(question.answer, "application/json")
    }

    fn take(&self, request: &Request) -> ResponseTemplate {
        if !has(request, self.fake.headers) {
            return self.refuse();
        }
        if !has(request, &[("content-type", "application/x-protobuf"), ("content-encoding", "gzip")]) {
            return ResponseTemplate::new(415);
        }
        let mut body = Vec::new();
        GzDecoder::new(request.body.as_slice()).read_to_end(&mut body).unwrap();
        let export = ExportTraceServiceRequest::decode(body.as_slice()).unwrap();
        if export.resource_spans.is_empty() && self.fake.refuses_empty {
            return ResponseTemplate::new(400);
        }
        self.kept.lock().unwrap().push(export);
        ResponseTemplate::new(200).set_body_raw("{}", "application/json")
    }

    fn refuse(&self) -> ResponseTemplate {
        let (status, body) = self.fake.refusal;
        ResponseTemplate::new(status).set_body_raw(body, "application/json")
    }
}

fn has(request: &Request, headers: &[(&str, &str)]) -> bool {
    headers.iter().all(|(name, value)| {
        let mut values = request.headers.get_all(*name).iter();
        values.next().is_some_and(|found| found == value) && values.next().is_none()
    })
}

/// The resource of the export with a span of this name, as soon as it has arrived.
async fn receives(kept: &Mutex<Vec<ExportTraceServiceRequest>>, span: &str, kind: &str) -> BTreeMap<String, String> {
    for _ in 0..600 {
        for export in kept.lock().unwrap().iter() {
            for spans in &export.resource_spans {
                let mut all = spans.scope_spans.iter().flat_map(|scope| &scope.spans);
                if all.any(|found| found.name == span) {
                    let attributes = spans.resource.iter().flat_map(|resource| &resource.attributes);
                    return attributes
                        .filter_map(|pair| Some((pair.key.clone(), text(pair.value.as_ref()?.value.as_ref()?)?)))
                        .collect();
                }
            }
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("{kind}: no trace with a span `{span}` arrived");
}

fn text(value: &Value) -> Option<String> {
    if let Value::StringValue(text) = value { Some(text.clone()) } else { None }
}

fn form<'a>(fake: &Fake, base: &str, secret: Option<(&'a str, &'a str)>) -> Vec<(&'a str, String)> {
    let fields = fake.form.iter().map(|(name, value)| (*name, value.replace("{base}", base)));
    fields.chain(secret.map(|(name, value)| (name, value.to_owned()))).collect()
}

async fn walks(app: &TestApp, fake: &'static Fake) {
    let kind = fake.kind;
    let kept = Arc::default();
    let server = MockServer::start().await;
    Mock::given(wiremock::matchers::any()).respond_with(Vendor { fake, kept: Arc::clone(&kept) }).mount(&server).await;
    let cookie = app.signs_up(&format!("{kind}@example.com")).await;
    app.switches(&cookie, "true").await;
    let path = format!("/settings/observability/{kind}");
    let posts = async |secret: Option<(&str, &str)>| {
        let form = form(fake, &server.uri(), secret);
        let form: Vec<_> = form.iter().map(|(name, value)| (*name, value.as_str())).collect();
        app.posts_form(&cookie, &path, &form).await
    };

    let wrong = fake.secret.map(|(field, right)| {
        let wrong = right.replace("right", "wrong").replace("sk-lf-2", "sk-lf-3").replace("ZWxhc3RpYw==", "d3Jvbmc=");
        (field, wrong)
    });
    if let Some((field, wrong)) = &wrong {
        let refused = posts(Some((*field, wrong.as_str()))).await;
        assert_eq!(refused.status, 422, "{kind}");
        let shown = refused.text.replace("&#39;", "'");
        assert!(shown.contains(fake.sentence) && shown.contains("Nothing was saved"), "{kind}: {shown}");
        assert!(kept.lock().unwrap().iter().all(|export| export.resource_spans.is_empty()), "{kind}: it got a trace");
    }
    let stored = posts(fake.secret).await;
    assert_eq!(stored.status, 303, "{kind}: {}", stored.text);
    let page = app.gets(&cookie, &stored.location).await;
    let shown = fake.check.as_ref().map_or("", |question| question.shown);
    assert!(page.text.contains(shown), "{kind}: {}", page.text);

    let key = app.creates_key(&cookie).await;
    assert_eq!(app.asks(&key, &request()).await.status, 200);
    let resource = receives(&kept, "Error Analysis Agent", kind).await;
    for (name, value) in fake.resource {
        assert_eq!(resource.get(*name).map(String::as_str), Some(*value), "{kind}: {name} of {resource:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_kind_refuses_a_wrong_key_and_delivers_with_the_right_one() {
    let app = TestApp::start_with(|given| given.with("egress-allow", "127.0.0.0/8", Source::Argument)).await;
    for fake in ALL {
        walks(&app, fake).await;
    }
    app.stop().await;
}
