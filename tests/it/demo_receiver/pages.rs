//! The receiver's pages: strangers' data does no harm, and strangers' sites turn no switch.

use opentelemetry_proto::tonic::trace::v1::Span;
use scraper::{Html, Selector};

use super::{Demo, status};
use crate::support::export::{TRACE_ID, protobuf, span, text};

const EVIL: &str = "</script><script>alert(1)</script>\"'<img src=x onerror=alert(1)>";

fn select(html: &Html, selector: &str) -> Vec<String> {
    let selector = Selector::parse(selector).unwrap();
    html.select(&selector).map(|element| element.text().collect::<String>().trim().to_owned()).collect()
}

async fn with_a_trace() -> Demo {
    let demo = Demo::start();
    let attributes = vec![
        text("sentry.environment", "production"),
        text("sentry.description", EVIL),
        text(EVIL, EVIL),
        text("gen_ai.input.messages", &format!(r#"[{{"role":"user","parts":[{{"content":"{}"}}]}}]"#, "a".repeat(200))),
    ];
    let root = Span { attributes, ..span(1, EVIL) };
    let child = Span { parent_span_id: vec![1; 8], ..span(2, "Analyze Stack Trace") };
    demo.sends(protobuf(vec![child, root])).await;
    demo
}

#[tokio::test]
async fn pages_show_what_arrived_with_everything_escaped_and_nothing_inline() {
    let demo = with_a_trace().await;
    for path in ["/", "/requests", "/behaviour", &format!("/traces/{TRACE_ID}"), "/traces/unknown"] {
        let answer = demo.page(path).await;
        let policy = answer.headers()["content-security-policy"].to_str().unwrap();
        assert!(policy.starts_with("default-src 'none'; style-src 'self';") && !policy.contains("unsafe"), "{policy}");
        assert_eq!(answer.headers()["x-content-type-options"], "nosniff");
        assert_eq!(answer.headers()["cache-control"], "no-store");
        let text = answer.text().await.unwrap();
        let html = Html::parse_document(&text);
        assert_eq!(html.errors, Vec::<&str>::new(), "{path}");
        for inline in ["script", "style", "img", "[style]", "[onclick]", "[onerror]", "base"] {
            assert_eq!(select(&html, inline), Vec::<String>::new(), "{inline} on {path}");
        }
        assert_eq!(select(&html, "h1").len(), 1, "{path}");
    }
}

#[tokio::test]
async fn the_list_leads_to_the_trace_and_the_trace_shows_a_waterfall() {
    let demo = with_a_trace().await;
    let list = Html::parse_document(&demo.page("/").await.text().await.unwrap());
    assert_eq!(select(&list, "a.card .card-title"), [EVIL]);
    assert_eq!(select(&list, ".values code"), [demo.running.endpoint(), demo.running.dsn()]);
    let link = Selector::parse("a.card").unwrap();
    let href = list.select(&link).next().unwrap().attr("href").unwrap().to_owned();

    let page = Html::parse_document(&demo.page(&href).await.text().await.unwrap());
    assert_eq!(select(&page, "h1"), [EVIL]);
    assert_eq!(select(&page, ".waterfall .description"), [EVIL, "Analyze Stack Trace"], "parents before children");
    let bars = Selector::parse(".waterfall svg[role=img][aria-label]").unwrap();
    assert_eq!(page.select(&bars).count(), 2);
    let folded = select(&page, ".fold pre");
    assert!(folded.iter().any(|text| text.contains("\"role\": \"user\"")), "{folded:?}");
}

#[tokio::test]
async fn an_empty_receiver_tells_the_steps() {
    let options =
        demo_receiver::Options { tracecast_url: Some("http://localhost:8080".to_owned()), ..Default::default() };
    let demo = Demo::start_with(options);
    let page = Html::parse_document(&demo.page("/").await.text().await.unwrap());
    assert_eq!(select(&page, "details[open] .steps > li").len(), 4);
    assert_eq!(select(&page, "a[href='http://localhost:8080/settings/observability']"), ["Tracecast"]);
}

#[tokio::test]
async fn other_sites_and_other_names_are_refused() {
    let demo = Demo::start();
    let url = format!("{}/clear", demo.running.url());
    let post = || demo.http.post(&url);
    assert_eq!(status(post().header("sec-fetch-site", "cross-site")).await, 403);
    assert_eq!(status(post().header("origin", "http://evil.example")).await, 403);
    assert_eq!(status(post().header("origin", demo.running.url())).await, 303);
    assert_eq!(status(post().header("sec-fetch-site", "same-origin")).await, 303);
    let elsewhere = demo.http.get(demo.running.url()).header("host", "evil.example");
    assert_eq!(status(elsewhere).await, 421);
}

#[tokio::test]
async fn everything_can_be_forgotten() {
    let demo = with_a_trace().await;
    assert_eq!(status(demo.http.post(format!("{}/clear", demo.running.url()))).await, 303);
    assert!(demo.running.received().traces().is_empty());
    assert_eq!(demo.running.received().totals().requests, 0);
}

#[tokio::test]
async fn the_json_holds_traces_spans_and_requests() {
    let demo = with_a_trace().await;
    let json: serde_json::Value =
        serde_json::from_slice(&demo.page("/received.json").await.bytes().await.unwrap()).unwrap();
    assert_eq!(json["behaviour"]["mode"], "normal");
    assert_eq!(json["totals"]["spans"], 2);
    assert_eq!(json["traces"][0]["trace_id"], TRACE_ID);
    assert_eq!(json["traces"][0]["summary"]["environment"], "production");
    assert_eq!(json["traces"][0]["spans"][1]["attributes"]["sentry.environment"], "production");
    assert_eq!(json["requests"][0]["status"], 200);
}
