//! What the operator does for people from the shell: ends sessions, and makes people who choose their own password.

use super::{PASSWORD, signs_in, value};
use crate::support::app::TestApp;
use crate::support::http::client;
use crate::support::program::run;

fn admin(app: &TestApp, arguments: &[&str]) -> (bool, String) {
    let keys = "ab".repeat(32);
    let settings = [("DATABASE_URL", &*app.database.url), ("TRACECAST_KEYS", &*keys), ("TRACECAST_LOG", "off")];
    let output = run(&[&["admin"], arguments].concat(), &settings);
    (output.status.success(), String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn somebody_is_signed_out_everywhere_and_others_are_not() {
    let app = TestApp::start().await;
    let (ada, eve) = (app.signs_up("ada@example.com").await, app.signs_up("eve@example.com").await);
    let elsewhere = signs_in(&app, "ada@example.com", PASSWORD).await.session;
    let (done, said) = admin(&app, &["sign-out", "--email", "ada@example.com"]);
    assert!(done && said.contains("ada@example.com is signed out everywhere."), "{said}");
    for (cookie, status) in [(&ada, 303), (&elsewhere, 303), (&eve, 200)] {
        assert_eq!(app.gets(cookie, "/settings/account").await.status, status);
    }
    let told = "SELECT count(*) FROM audit_log WHERE event = 'sessions_ended' AND actor_kind = 'operator'";
    assert_eq!(value::<i64>(&app, told).await, 1);
    let (done, said) = admin(&app, &["sign-out", "--email", "nobody@example.com"]);
    assert!(!done && said.contains("nobody signs in with `nobody@example.com`"), "{said}");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_made_without_a_password_sets_one_with_a_link() {
    let app = TestApp::start().await;
    let (done, said) = admin(&app, &["create-user", "--email", "bob@example.com", "--account", "Acme"]);
    assert!(done && said.contains("set a password, within a day: "), "{said}");
    let path = &said[said.find("/password-reset/").unwrap()..];
    let path = path.split_whitespace().next().unwrap();
    assert_eq!(app.posts_form("", path, &[("password", PASSWORD)]).await.status, 303);
    assert_eq!(signs_in(&app, "bob@example.com", PASSWORD).await.status, 303);
    let (_, said) =
        admin(&app, &["create-user", "--email", "eve@example.com", "--account", "Eve", "--password", PASSWORD]);
    assert!(said.contains("/sign-in") && !said.contains("/password-reset/"), "{said}");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn signing_out_asks_the_browser_to_forget_what_it_kept() {
    let app = TestApp::start().await;
    let cookie = app.signs_up("ada@example.com").await;
    let request = client().post(format!("{}/sign-out", app.url)).header("cookie", &cookie);
    let answer = request.header("sec-fetch-site", "same-origin").send().await.unwrap();
    assert_eq!(answer.headers()["clear-site-data"], "\"cache\", \"storage\"");
    assert_eq!(app.gets(&cookie, "/settings/account").await.status, 303);
    app.stop().await;
}
