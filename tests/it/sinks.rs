//! Destinations that take no OTLP over protobuf, against real receivers: form, test, save, request, and what the receiver has.

mod bad_answers;
mod clickhouse;
mod s3;
mod webhook;

use std::time::Duration;

use tracecast::config::Source;

use crate::support::app::TestApp;

/// An application that reaches this address, signed in, with Broadcast on; and the cookie.
pub(crate) async fn reaching(address: &str) -> (TestApp, String) {
    let app = TestApp::start_with(|given| {
        let allowed = format!("{},{address}", given.value("egress-allow").unwrap_or_default());
        given.with("egress-allow", allowed, Source::Argument)
    })
    .await;
    let cookie = app.signs_up("ada@example.com").await;
    app.switches(&cookie, "true").await;
    (app, cookie)
}

/// What `look` finds, as soon as it finds something.
async fn eventually<T>(what: &str, mut look: impl AsyncFnMut() -> Option<T>) -> T {
    for _ in 0..600 {
        if let Some(found) = look().await {
            return found;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("{what} never came");
}
