//! The whole application between a name that turns against it and a receiver: test, turn, send.

use std::time::Duration;

use demo_receiver::{Options, Receiver, Running};
use tokio_util::task::TaskTracker;
use tracecast::config::{Given, Source};

use super::asking;
use crate::support::app::TestApp;
use crate::support::listener::{Listener, free_port};
use crate::support::name_server::NameServer;

/// A receiver on an address that the operator allows, beside a listener on the same port of one that is refused.
fn receiver_and_private() -> (Running, Listener) {
    let port = free_port(&["127.0.0.2", "127.0.0.1"]);
    let receiver = Receiver::start(Options::on(([127, 0, 0, 2], port).into()), &TaskTracker::new()).unwrap();
    (receiver, Listener::start(&format!("127.0.0.1:{port}")))
}

async fn application(names: &NameServer) -> TestApp {
    TestApp::start_with_way_out(asking(names), |given| given.with("egress-allow", "127.0.0.2", Source::Argument)).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_that_turns_private_after_its_test_gets_nothing() {
    let (receiver, private) = receiver_and_private();
    let names = NameServer::start(&["127.0.0.2"]);
    let app = application(&names).await;
    let cookie = app.signs_up("eve@example.com").await;
    app.switches(&cookie, "true").await;
    let dsn = receiver.dsn().replace("127.0.0.2", "rebinding.example");
    let answer = app.posts_form(&cookie, "/settings/observability/sentry", &[("dsn", &dsn)]).await;
    assert_eq!(answer.status, 303, "the name is harmless while it is tested: {}", answer.text);
    let sent_by_the_test = receiver.received().totals().requests;

    names.leads_to(&["127.0.0.1"]);
    let key = app.creates_key(&cookie).await;
    let body = r#"{"model":"demo/echo","messages":[{"role":"user","content":"hello"}]}"#;
    assert_eq!(app.asks(&key, body).await.status, 200);
    let reason = reason(&app).await;
    assert!(reason.starts_with("This address cannot be reached from here."), "{reason}");
    assert_eq!(private.connections(), 0, "nothing came to the private address");
    assert_eq!(receiver.received().totals().requests, sent_by_the_test);
    app.stop().await;
    receiver.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_only_the_operators_list_lets_in_is_said_plainly_on_the_pages() {
    let (receiver, _private) = receiver_and_private();
    let names = NameServer::start(&["127.0.0.2"]);
    let app = application(&names).await;
    let cookie = app.signs_up("ada@example.com").await;
    let dsn = receiver.dsn().replace("127.0.0.2", "receiver.example");
    let stored = app.posts_form(&cookie, "/settings/observability/sentry", &[("dsn", &dsn)]).await;
    assert_eq!(stored.status, 303, "{}", stored.text);
    let form = app.gets(&cookie, &stored.location).await.text;
    assert!(form.contains("This address is not on the public internet."), "{form}");
    assert!(form.contains("TRACECAST_EGRESS_ALLOW"), "{form}");
    assert!(!form.contains("127.0.0.2"), "where the name leads inside is nobody's business");
    let page = app.gets(&cookie, "/settings/observability").await.text;
    assert!(page.contains("Not on the public internet") && page.contains("(TRACECAST_EGRESS_ALLOW)"), "{page}");
    assert!(page.contains("(TRACECAST_EGRESS_ALLOW_HTTP)"), "{page}");
    assert!(!page.contains("127.0.0.2"), "where the name leads inside is nobody's business");
    app.stop().await;
    receiver.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_said_where_the_operator_widens_nothing() {
    let narrow = [("bind", "127.0.0.1:0"), ("keys", &*"ab".repeat(32)), ("signup", "open")];
    let narrow =
        narrow.iter().fold(Given::defaults(), |given, (name, value)| given.with(name, *value, Source::Argument));
    let app = TestApp::start_with(|_| narrow).await;
    let cookie = app.signs_up("ada@example.com").await;
    let page = app.gets(&cookie, "/settings/observability").await.text;
    assert!(!page.contains("TRACECAST_EGRESS_ALLOW") && !page.contains("id=\"widened\""), "{page}");
    app.stop().await;
}

/// Why the only destination needs attention, as soon as it does.
async fn reason(app: &TestApp) -> String {
    for _ in 0..600 {
        let query = "SELECT reason FROM destinations WHERE health = 'needs_attention' AND reason IS NOT NULL";
        if let Some(reason) = app.database.reads(query).await.pop() {
            return reason;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("the destination never needed attention");
}
