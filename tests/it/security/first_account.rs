//! Who creates the first account becomes its admin: somebody at this machine, or whoever knows the code from the log (spec 6.1).

use tracecast::config::Source;

use super::PASSWORD;
use crate::support::app::{Answer, TestApp, read};
use crate::support::database::Database;
use crate::support::http::client;
use crate::support::http_proxy::{Habits, before};
use crate::support::program::Program;

const ASKED: &str = "name=\"code\"";

async fn opens_the_form(url: &str) -> Answer {
    read(client().get(format!("{url}/sign-up")).send().await.unwrap()).await
}

async fn signs_up(url: &str, code: &str) -> Answer {
    let form = [("account_name", "Acme"), ("email", "ada@example.com"), ("password", PASSWORD), ("code", code)];
    let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish();
    let request = client().post(format!("{url}/sign-up")).header("sec-fetch-site", "same-origin");
    read(request.header("content-type", "application/x-www-form-urlencoded").body(body).send().await.unwrap()).await
}

/// An application that answers to another name, too, with nobody in it.
async fn new_application() -> TestApp {
    TestApp::start_with(|given| given.with("allowed-hosts", "traces.internal", Source::Argument)).await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_account_needs_no_code_from_this_machine() {
    let app = new_application().await;
    let by_name = app.url.replace("127.0.0.1", "localhost");
    for url in [&app.url, &by_name] {
        let form = opens_the_form(url).await;
        assert!(form.status == 200 && !form.text.contains(ASKED), "{url}: {}", form.text);
    }
    assert_eq!(signs_up(&app.url, "").await.status, 303);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_account_needs_the_code_through_a_proxy_on_this_machine() {
    let app = new_application().await;
    for habits in [
        Habits { adds: &["X-Forwarded-For: 203.0.113.7", "X-Forwarded-Proto: https"], host: "127.0.0.1:8080" },
        Habits { adds: &["Forwarded: for=203.0.113.7"], host: "localhost" },
        Habits { adds: &["X-Real-IP: 203.0.113.7"], host: "localhost" },
        Habits { adds: &["Via: 1.1 proxy"], host: "localhost:8080" },
        Habits { adds: &[], host: "traces.internal" },
        Habits { adds: &[], host: "192.168.0.9:8080" },
    ] {
        let proxy = before(&app.url, habits);
        let form = opens_the_form(&proxy).await;
        assert!(form.status == 200 && form.text.contains(ASKED), "{habits:?}: {}", form.text);
        assert!(form.text.contains("to its log"), "the form says where the code is");
        for wrong in ["", "000000000000"] {
            let refused = signs_up(&proxy, wrong).await;
            assert_eq!(refused.status, 422, "{habits:?}: {}", refused.text);
            assert!(refused.text.contains("This is not the code"), "{}", refused.text);
        }
    }
    assert_eq!(app.database.reads("SELECT email FROM users").await, Vec::<String>::new());
    let proxy = before(&app.url, Habits { adds: &["X-Forwarded-For: 203.0.113.7"], host: "traces.internal" });
    assert_eq!(signs_up(&proxy, &app.setup_code()).await.status, 303);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_log_tells_the_code_of_a_program_that_listens_on_loopback() {
    let database = Database::new().await;
    let program = Program::serve(&[("DATABASE_URL", &database.url)]);
    let log = program.log();
    let line = log.lines().find(|line| line.contains("setup code")).unwrap();
    let line: serde_json::Value = serde_json::from_str(line).unwrap();
    let proxy = before(&program.url(), Habits { adds: &["Via: 1.1 proxy"], host: "localhost" });
    assert_eq!(signs_up(&proxy, "").await.status, 422);
    assert_eq!(signs_up(&proxy, line["fields"]["code"].as_str().unwrap()).await.status, 303);
}

/// nginx tells its own name for the server and no other, unless it is told to; then only the address that people type shows that
/// there is a proxy.
#[tokio::test(flavor = "multi_thread")]
async fn the_first_account_needs_the_code_where_people_type_another_address() {
    let https =
        |given: tracecast::config::Given| given.with("public-url", "https://traces.example.com", Source::Argument);
    let app = TestApp::start_with(https).await;
    let proxy = before(&app.url, Habits { adds: &[], host: "127.0.0.1:8080" });
    assert!(opens_the_form(&proxy).await.text.contains(ASKED));
    assert_eq!(signs_up(&proxy, "").await.status, 422);
    assert_eq!(signs_up(&proxy, &app.setup_code()).await.status, 303);
    app.stop().await;
}
