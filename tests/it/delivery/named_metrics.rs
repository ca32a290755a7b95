//! The numbers that alert rules, dashboard and the operator's document name, against those that the program serves.

use std::collections::BTreeSet;
use std::path::Path;

use regex::Regex;

use super::metrics::{Numbers, key, told};
use super::stage::Stage;
use crate::support::http::client;
use crate::support::program::Program;

/// The name of a metric, without what Prometheus adds for a histogram's series.
fn metric(name: &str) -> String {
    let ends = ["_bucket", "_count", "_sum"];
    let end = ends.into_iter().find(|end| name.ends_with(&format!("_seconds{end}"))).unwrap_or_default();
    name.strip_suffix(end).unwrap_or(name).to_owned()
}

/// The metrics that a text names. A name with a colon is a recording rule's, and one that ends with an underscore begins others.
fn metrics_in(text: &str) -> BTreeSet<String> {
    let names = Regex::new(
        r"\btracecast_[a-z0-9_]*[a-z0-9](_total|_seconds|_bytes|_bucket|_count|_sum)\b|\btracecast_destinations\b",
    );
    names.unwrap().find_iter(text).map(|name| metric(name.as_str())).collect()
}

fn read(path: &str) -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap()
}

/// What a program serves that has just begun and was asked once.
async fn served() -> BTreeSet<String> {
    let stage = Stage::new().await;
    let tenant = stage.tenant(&[1]).await;
    let mut settings = stage.settings();
    let key = key(&tenant, &settings);
    settings.push(("TRACECAST_BIND", "127.0.0.1:0".to_owned()));
    settings.push(("TRACECAST_METRICS_BIND", "127.0.0.1:0".to_owned()));
    let program = Program::start("serve", &settings);
    let gateway = format!("http://{}/api/v1/chat/completions", told(&program, "listening").await);
    let metrics = format!("http://{}/metrics", told(&program, "serving metrics").await);
    let body = r#"{"model":"demo/echo","messages":[{"role":"user","content":"hello"}]}"#;
    let request = client().post(&gateway).bearer_auth(&key).header("content-type", "application/json").body(body);
    assert_eq!(request.send().await.unwrap().status(), 200);
    let is_so = |numbers: &Numbers| {
        numbers.get("tracecast_accepted_after_seconds_count") == Some(1.0)
            && numbers.get("tracecast_gateway_added_seconds_count") == Some(1.0)
            && numbers.get("tracecast_oldest_waiting_seconds{health=\"healthy\"}").is_some()
    };
    let numbers = super::metrics::read_until(&metrics, is_so).await;
    numbers.names().map(|name| metric(&name)).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn metrics_that_operators_are_given_exist_and_all_of_them_are_documented() {
    let served = served().await;
    for path in ["contrib/prometheus/rules.yml", "contrib/prometheus/rules.test.yml", "contrib/grafana/tracecast.json"]
    {
        let named = metrics_in(&read(path));
        assert!(named.len() > 5, "{path} names metrics: {named:?}");
        let unknown: Vec<_> = named.difference(&served).collect();
        assert!(unknown.is_empty(), "{path} names what the program does not serve: {unknown:?}\nserved: {served:?}");
    }
    let documented = metrics_in(&read("docs/OPERATIONS.md"));
    assert_eq!(documented, served, "docs/OPERATIONS.md has a row for each metric, and none for others");
}
