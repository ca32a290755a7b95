//! Every kind against a strict fake of its vendor: form, failed test with a wrong key, test, save, request, a bad day, and the trace
//! that the vendor shows.

mod ages;
mod bad_days;
mod fakes;
mod forgetting;
mod hosted;
mod vendor;

use serde_json::{Map, json};
use tracecast::config::Source;

use self::fakes::{ALL, Fake};
use self::forgetting::text;
use self::hosted::Hosts;
use self::vendor::Vendor;
use crate::support::app::{Answer, TestApp};

/// The names of the trace and of its generation.
const TRACE: &str = "Error Analysis Agent";
const GENERATION: &str = "Analyze Stack Trace";

/// A request within a trace of the caller's application, larger than some vendors take: a text of 20,000 characters, and more
/// metadata than a span of 64 attributes holds.
fn request(number: usize) -> String {
    let metadata: Map<_, _> = (0..70).map(|number| (format!("key_{number}"), json!(number))).collect();
    let mut trace = json!({
        "trace_id": format!("incident_investigation_{number}"), "trace_name": TRACE, "generation_name": GENERATION,
        "parent_span_id": "00f067aa0ba902b7", "environment": "production", "release": "v2.1.0",
    });
    trace.as_object_mut().unwrap().extend(metadata);
    let content = "Debug this error… ".repeat(1200);
    let messages = json!([{ "role": "user", "content": content }]);
    json!({ "model": "openai/gpt-4o", "messages": messages, "user": "ada", "session_id": "s1", "trace": trace })
        .to_string()
}

fn fake(kind: &str) -> &'static Fake {
    ALL.iter().find(|fake| fake.kind == kind).unwrap()
}

async fn app(hosts: &Hosts) -> TestApp {
    TestApp::start_with_way_out(hosts.way_out(), |given| given.with("egress-allow", "127.0.0.0/8", Source::Argument))
        .await
}

/// A person who connects a vendor.
struct Person<'a> {
    app: &'a TestApp,
    vendor: &'a Vendor,
    cookie: String,
}

impl<'a> Person<'a> {
    async fn new(app: &'a TestApp, vendor: &'a Vendor, name: &str) -> Self {
        let cookie = app.signs_up(&format!("{name}@example.com")).await;
        app.switches(&cookie, "true").await;
        Self { app, vendor, cookie }
    }

    /// Fills in the form of the kind; `more` comes behind what the fake says.
    async fn fills_in(&self, secret: Option<(&str, &str)>, more: &[(&str, &str)]) -> Answer {
        let (fake, base) = (self.vendor.fake, self.vendor.server.uri());
        let fields: Vec<_> = fake.form.iter().map(|(name, value)| (*name, value.replace("{base}", &base))).collect();
        let mut form: Vec<_> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
        form.extend(secret.iter().chain(more));
        self.app.posts_form(&self.cookie, &format!("/settings/observability/{}", fake.kind), &form).await
    }

    /// Connects it; gives the destination's path.
    async fn connects(&self, more: &[(&str, &str)]) -> String {
        let stored = self.fills_in(self.vendor.fake.secret, more).await;
        assert_eq!(stored.status, 303, "{}: {}", self.vendor.fake.kind, stored.text);
        stored.location.trim_end_matches("/edit").to_owned()
    }

    /// Whether the page lists a destination.
    async fn has_a_destination(&self) -> bool {
        let page = self.app.gets(&self.cookie, "/settings/observability").await;
        assert_eq!(page.status, 200);
        page.text.contains("/settings/observability/destinations/")
    }

    async fn asks(&self, times: usize) {
        let key = self.app.creates_key(&self.cookie).await;
        for number in 0..times {
            let answer = self.app.asks(&key, &request(number)).await;
            assert_eq!(answer.status, 200, "{}", answer.text);
        }
    }
}

/// A key that nobody gave out.
fn wrong(right: &str) -> String {
    right.replace("right", "wrong").replace("sk-lf-2", "sk-lf-3").replace("ZWxhc3RpYw==", "d3Jvbmc=")
}

async fn walks(app: &TestApp, vendor: &Vendor) {
    let fake: &Fake = vendor.fake;
    let kind = fake.kind;
    let person = Person::new(app, vendor, kind).await;
    if let Some((field, right)) = fake.secret {
        let refused = person.fills_in(Some((field, &wrong(right))), &[]).await;
        assert_eq!(refused.status, 422, "{kind}");
        let shown = refused.text.replace("&#39;", "'");
        assert!(shown.contains(fake.sentence) && shown.contains("Nothing was saved"), "{kind}: {shown}");
        assert!(!person.has_a_destination().await, "{kind}: it was saved");
        assert_eq!(vendor.taken_and_shown(), (0, 0), "{kind}: it got a trace");
    }
    let destination = person.connects(&[]).await;
    assert!(person.has_a_destination().await, "{kind}");
    let page = app.gets(&person.cookie, &format!("{destination}/edit")).await;
    let shown = fake.check.as_ref().map_or("", |question| question.shown);
    assert!(page.text.contains(shown), "{kind}: {}", page.text);

    vendor.has_bad_days(&[(503, "busy"), (500, ""), (429, "slow down")]);
    person.asks(1).await;
    let traces = vendor.shows(TRACE, 1).await;
    assert_eq!((traces.len(), vendor.refused()), (1, 3), "{kind}");
    assert_eq!(vendor.shown(GENERATION).len(), 1, "{kind}");
    let (taken, shown) = vendor.taken_and_shown();
    assert_eq!(taken, shown, "{kind} took {taken} spans, and shows {shown}");
    let resource = traces[0].resource.as_ref().unwrap();
    for (name, value) in fake.resource {
        assert_eq!(text(&resource.attributes, name), Some(*value), "{kind}: {name} of {resource:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_kind_refuses_a_wrong_key_and_shows_a_whole_trace_with_the_right_one() {
    let hosts = Hosts::new();
    let app = app(&hosts).await;
    for (number, fake) in (1..).zip(ALL) {
        let vendor = Vendor::start(fake).await;
        if fake.is_hosted() {
            let Some(_listening) = hosts.lead_to(number, *vendor.server.address()).await else { continue };
            walks(&app, &vendor).await;
        } else {
            walks(&app, &vendor).await;
        }
    }
    app.stop().await;
}
