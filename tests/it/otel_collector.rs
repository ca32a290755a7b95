//! The kind `otel-collector` against a foreign collector: form, test, save, request, trace.

use tracecast::config::Source;

use crate::five_steps::request;
use crate::support::app::TestApp;
use crate::support::rotel::Rotel;

const COLLECTOR: &str = "/settings/observability/otel-collector";

#[tokio::test(flavor = "multi_thread")]
async fn a_collector_that_was_set_up_in_the_form_gets_the_trace_of_a_request() {
    let Some(rotel) = Rotel::start() else { return };
    let address = rotel.endpoint().replace("http://", "").replace("/v1/traces", "");
    let app = TestApp::start_with(|given| {
        let allowed = format!("{},{address}", given.value("egress-allow").unwrap_or_default());
        given.with("egress-allow", allowed, Source::Argument)
    })
    .await;
    let cookie = app.signs_up("ada@example.com").await;
    app.switches(&cookie, "true").await;

    let form = app.gets(&cookie, &format!("{COLLECTOR}/new")).await;
    assert!(form.text.contains("Traces address") && form.text.contains("Headers"), "{}", form.text);
    let without_path = rotel.endpoint().replace("/v1/traces", "");
    let refused = app.posts_form(&cookie, COLLECTOR, &[("endpoint", &without_path)]).await;
    assert!(refused.status == 422 && refused.text.contains("Did you mean"), "{}", refused.text);
    let nobody = rotel.endpoint().replace("/v1/traces", "/elsewhere");
    let refused = app.posts_form(&cookie, COLLECTOR, &[("endpoint", &nobody)]).await;
    assert!(refused.status == 422 && refused.text.contains("Nothing was saved"), "{}", refused.text);

    let headers = r#"{"X-Team": "a canary that nobody sees again"}"#;
    let stored = app
        .posts_form(&cookie, COLLECTOR, &[("name", "Rotel"), ("endpoint", &rotel.endpoint()), ("headers", headers)])
        .await;
    assert_eq!(stored.status, 303, "{}", stored.text);
    let page = app.gets(&cookie, &stored.location).await;
    assert!(page.text.contains("The connection works") && !page.text.contains("canary"), "{}", page.text);

    let key = app.creates_key(&cookie).await;
    assert_eq!(app.asks(&key, &request()).await.status, 200);
    // The spans of the connection test, then those of the request.
    let spans = rotel.spans(4).await;
    let root = spans.iter().find(|span| span.name == "Error Analysis Agent").expect("the root span");
    let generation = spans.iter().find(|span| span.name == "Analyze Stack Trace").expect("the generation");
    assert_eq!(root.trace_id, "f6e81927bbb98a995017478a1591fc04");
    assert_eq!(generation.trace_id, root.trace_id);
    assert!(!generation.attributes.keys().any(|key| key.starts_with("sentry.")), "{:?}", generation.attributes);
    let list = app.gets(&cookie, "/settings/observability").await;
    assert!(list.text.contains("Rotel") && list.text.contains("Healthy"), "{}", list.text);
    app.stop().await;
}
