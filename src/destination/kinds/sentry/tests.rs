//! Reading DSN and endpoint, whether they agree, and that no answer shows the key.

mod edit;

use crate::destination::{FieldErrors, Settings, kinds};
use crate::otlp::answer::Response;

const KEY: &str = "7c1f6e0b2a9d4c35b8e06f1d5a72943e";

fn errors(fields: &[(&str, &str)]) -> FieldErrors {
    let settings: Settings = fields.iter().copied().collect();
    kinds::find("sentry").unwrap().connect(&settings).err().unwrap_or_default()
}

/// What is shown of a destination, and lies in the database unsealed, are its endpoint and the DSN with its key masked.
#[test]
fn a_key_that_stands_anywhere_else_is_refused_before_it_is_shown() {
    let upper = KEY.to_uppercase();
    for dsn in [
        format!("https://{KEY}@sentry.example://{KEY}@sentry.example/1"),
        format!("https://{KEY}@sentry.example/{upper}/1"),
        format!("https://{KEY}@{KEY}.example/1"),
        format!("https://{upper}@{KEY}.example/1"),
    ] {
        let errors = errors(&[("dsn", &dsn)]);
        assert!(errors.on("dsn").is_some_and(|sentence| sentence.contains("twice")), "{dsn}: {errors}");
    }
    let dsn = format!("https://{KEY}@sentry.example/1");
    for endpoint in [
        format!("https://sentry.example/{KEY}/api/1/integration/otlp/v1/traces"),
        format!("https://sentry.example/api/1/integration/otlp/v1/traces?key={upper}"),
    ] {
        let errors = errors(&[("dsn", &dsn), ("otlp_endpoint", &endpoint), ("relay", "on")]);
        assert!(errors.on("otlp_endpoint").is_some_and(|sentence| sentence.contains("key")), "{endpoint}: {errors}");
    }
    let endpoint = format!("https://sentry.example/api/1/integration/otlp/v1/traces?sentry_key={KEY}");
    assert!(errors(&[("dsn", &dsn), ("otlp_endpoint", &endpoint)]).is_empty(), "this one is stripped");
}

/// A request to the wrong path is answered by whatever else lives on the server.
#[test]
fn paths_before_the_project_must_agree_unless_a_relay_stands_between() {
    let dsn = |prefix: &str| format!("https://{KEY}@sentry.example{prefix}/1");
    let endpoint = |prefix: &str| format!("https://sentry.example{prefix}/api/1/integration/otlp/v1/traces");
    for (ours, theirs, words) in [
        ("", "/sentry", "begins with /, the DSN's with /sentry."),
        ("/sentry", "", "begins with /sentry, the DSN's with /."),
        ("/a/api/b", "/a", "begins with /a/api/b, the DSN's with /a."),
    ] {
        let (endpoint, dsn) = (endpoint(ours), dsn(theirs));
        let refused = errors(&[("dsn", &dsn), ("otlp_endpoint", &endpoint)]);
        assert!(refused.on("otlp_endpoint").is_some_and(|sentence| sentence.contains(words)), "{refused}");
        assert!(errors(&[("dsn", &dsn), ("otlp_endpoint", &endpoint), ("relay", "on")]).is_empty());
    }
    for same in ["", "/sentry", "/a/api/b"] {
        assert!(errors(&[("dsn", &dsn(same)), ("otlp_endpoint", &endpoint(same))]).is_empty());
    }
}

/// What passes is stored in canonical form and read again at every turn: it must still be short enough then.
#[test]
fn settings_that_grow_too_long_in_canonical_form_are_refused() {
    let long = "ü".repeat(900);
    let dsn = format!("https://{KEY}@sentry.example/{long}/1");
    assert!(dsn.len() < 2048);
    assert!(errors(&[("dsn", &dsn)]).on("dsn").is_some_and(|sentence| sentence.contains("2,048")));
    let dsn = format!("https://{KEY}@sentry.example/1");
    let endpoint = format!("https://sentry.example/api/1/integration/otlp/v1/traces?x={}", "~".repeat(1900));
    assert!(errors(&[("dsn", &dsn), ("otlp_endpoint", &endpoint)]).on("otlp_endpoint").is_some());
}

/// Words are cut to 200 characters. The cut must not leave half of a secret, however long the words before it.
#[test]
fn answer_shows_no_secret_wherever_it_repeats_it() {
    let settings = [("dsn", format!("https://{KEY}@sentry.example/1"))].into_iter().collect();
    let connection = kinds::find("sentry").unwrap().connect(&settings).unwrap();
    for status in [200, 302, 400, 401, 403, 404, 413, 429, 500, 503, 599] {
        for before in 0..260 {
            let body = format!("{{\"detail\":\"{}sentry_key={KEY}\"}}", "x".repeat(before)).into();
            let headers = [("retry-after", KEY)].into_iter().collect();
            let answer = Response { status, headers, body, ..Response::default() };
            let shown = format!(
                "{:?} {:?} {:?}",
                connection.outcome(&answer),
                connection.words(&answer),
                connection.evidence(&answer)
            );
            assert!(!shown.contains(&KEY[..8]) && !shown.contains(&KEY[24..]), "{status}, {before}: {shown}");
        }
    }
}
