//! Sessions: another token at each sign-in, lists, ends, expiry; and the password asked again (spec 5.4).

use super::members::user_id;
use super::{PASSWORD, executes, signs_in, value};
use crate::support::app::TestApp;

const HOME: &str = "/settings/observability";
const ACCOUNT: &str = "/settings/account/you";
const NEW: &str = "another horse battery staple";

/// As if the password had been typed eleven minutes ago.
const STALE: &str = "UPDATE sessions SET confirmed_at = now() - interval '11 minutes'";

async fn is_signed_in(app: &TestApp, cookie: &str) -> bool {
    app.gets(cookie, HOME).await.status == 200
}

#[tokio::test(flavor = "multi_thread")]
async fn each_sign_in_has_a_token_of_its_own_and_only_its_hash_is_stored() {
    let app = TestApp::start().await;
    let first = app.signs_up("ada@example.com").await;
    let second = signs_in(&app, "ada@example.com", PASSWORD).await.cookie;
    assert_ne!(first, second);
    let token = second.split('=').nth(1).unwrap();
    let hits: i64 = value(&app, &format!("SELECT count(*) FROM sessions WHERE sessions::text LIKE '%{token}%'")).await;
    assert_eq!(hits, 0);
    // A token that the browser brought along is never taken over.
    let planted =
        app.posts_form("tc_session=planted", "/sign-in", &[("email", "ada@example.com"), ("password", PASSWORD)]);
    assert!(!planted.await.cookie.contains("planted"));
    assert!(!is_signed_in(&app, "tc_session=planted").await);
    // The session that this browser had ends, and no other.
    let form = [("email", "ada@example.com"), ("password", PASSWORD)];
    let third = app.posts_form(&second, "/sign-in", &form).await.cookie;
    assert!(!is_signed_in(&app, &second).await, "it would live on, and nobody would find it again");
    assert!(is_signed_in(&app, &third).await && is_signed_in(&app, &first).await);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_password_ends_all_other_sessions_and_gives_this_one_another_token() {
    let app = TestApp::start().await;
    let here = app.signs_up("ada@example.com").await;
    let elsewhere = signs_in(&app, "ada@example.com", PASSWORD).await.cookie;
    let change = |current: &'static str, new: &'static str| {
        let (app, here) = (&app, &here);
        async move {
            let form = [("current_password", current), ("password", new)];
            app.posts_form(here, "/settings/account/password", &form).await
        }
    };
    let refused = change("not the password at all", NEW).await;
    assert_eq!(refused.status, 422);
    assert!(refused.text.contains("This is not your password."));
    for weak in ["short", "password1234", "ada@example.com"] {
        assert_eq!(change(PASSWORD, weak).await.status, 422, "{weak}");
    }
    assert!(is_signed_in(&app, &elsewhere).await);
    let changed = change(PASSWORD, NEW).await;
    assert_eq!(changed.status, 303, "{}", changed.text);
    assert!(!is_signed_in(&app, &elsewhere).await && !is_signed_in(&app, &here).await);
    assert_eq!(signs_in(&app, "ada@example.com", PASSWORD).await.status, 422);
    assert_eq!(signs_in(&app, "ada@example.com", NEW).await.status, 303);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_sees_their_sessions_and_ends_one_or_all_others() {
    let app = TestApp::start().await;
    let here = app.signs_up("ada@example.com").await;
    let others = [signs_in(&app, "ada@example.com", PASSWORD).await, signs_in(&app, "ada@example.com", PASSWORD).await];
    let eve = app.signs_up("eve@example.com").await;
    let page = app.gets(&here, ACCOUNT).await.text;
    assert_eq!(page.matches("/settings/account/sessions/").count(), 3, "two to end, and all others");
    assert!(page.contains("127.0.0.1") && page.contains("This session"));
    let at = page.find("/settings/account/sessions/").unwrap();
    let end = page[at..].split('"').next().unwrap().to_owned();
    assert_eq!(app.posts_form(&eve, &end, &[]).await.status, 404, "nobody else's");
    assert_eq!(app.posts_form(&here, &end, &[]).await.status, 303);
    assert_eq!(app.posts_form(&here, &end, &[]).await.status, 404, "it has ended");
    let mut left = 0;
    for other in &others {
        left += i32::from(is_signed_in(&app, &other.cookie).await);
    }
    assert_eq!(left, 1);
    assert_eq!(app.posts_form(&here, "/settings/account/sessions/end-others", &[]).await.status, 303);
    for other in &others {
        assert!(!is_signed_in(&app, &other.cookie).await);
    }
    assert!(is_signed_in(&app, &here).await && is_signed_in(&app, &eve).await);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sessions_end_without_use_and_in_any_case_after_their_time() {
    let app = TestApp::start().await;
    let cookie = app.signs_up("ada@example.com").await;
    executes(&app, "UPDATE sessions SET last_used_at = now() - interval '7 days' + interval '1 minute'").await;
    assert!(is_signed_in(&app, &cookie).await);
    let moved: bool = value(&app, "SELECT last_used_at > now() - interval '1 hour' FROM sessions").await;
    assert!(moved, "a use counts");
    executes(&app, "UPDATE sessions SET last_used_at = now() - interval '7 days'").await;
    assert!(!is_signed_in(&app, &cookie).await);
    executes(&app, "UPDATE sessions SET last_used_at = now(), expires_at = now()").await;
    assert!(!is_signed_in(&app, &cookie).await);
    let lifetime: bool =
        value(&app, "SELECT bool_and(expires_at <= created_at + interval '30 days') FROM sessions").await;
    assert!(lifetime);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_management_key_and_privacy_off_ask_for_the_password_after_ten_minutes() {
    let app = TestApp::start().await;
    let mut cookie = app.signs_up("ada@example.com").await;
    let key = [("name", "Terraform & Co"), ("type", "management")];
    assert!(app.posts_form(&cookie, "/settings/keys", &key).await.text.contains("tck-mgt-"), "just signed in");
    for (path, form, done) in [
        ("/settings/keys", &key[..], "SELECT count(*) = 2 FROM api_keys WHERE key_type = 'management'"),
        ("/settings/account/privacy", &[("enabled", "false")], "SELECT NOT privacy_mode FROM accounts"),
    ] {
        executes(&app, "UPDATE accounts SET privacy_mode = true").await;
        executes(&app, STALE).await;
        let asked = app.posts_form(&cookie, path, form).await;
        assert_eq!(asked.status, 403, "{path}");
        assert!(asked.text.contains("Enter your password"), "{}", asked.text);
        assert!(!value::<bool>(&app, done).await, "{path}");
        let with = |password: &'static str| [form, &[("password_again", password)]].concat();
        assert_eq!(app.posts_form(&cookie, path, &with("not the password at all")).await.status, 403);
        assert!(!value::<bool>(&app, done).await, "{path}");
        let passed = app.posts_form(&cookie, path, &with(PASSWORD)).await;
        assert!(matches!(passed.status, 200 | 303), "{}", passed.text);
        assert!(value::<bool>(&app, done).await, "{path}");
        assert!(!is_signed_in(&app, &cookie).await, "the session has another token");
        cookie = passed.session;
        assert!(is_signed_in(&app, &cookie).await);
    }
    executes(&app, STALE).await;
    let inference = app.posts_form(&cookie, "/settings/keys", &[("name", "app"), ("type", "inference")]).await;
    assert_eq!(inference.status, 200, "an inference key asks for nothing");
    assert_eq!(app.posts_form(&cookie, "/settings/account/privacy", &[("enabled", "true")]).await.status, 303);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_is_deleted_with_its_name_and_the_password_only_and_takes_everything_along() {
    let app = TestApp::start().await;
    let ada = app.signs_up("ada@example.com").await;
    let eve = app.signs_up("eve@example.com").await;
    let bob = super::members::joins(&app, &ada, "member", "bob@example.com").await;
    let carl = super::members::joins(&app, &ada, "member", "carl@example.com").await;
    executes(
        &app,
        &format!(
            "INSERT INTO members SELECT m.account_id, '{}', 'member' FROM members m WHERE m.user_id = '{}'",
            user_id(&app, "carl@example.com").await,
            user_id(&app, "eve@example.com").await
        ),
    )
    .await;
    let key = app.creates_key(&ada).await;
    app.asks(&key, r#"{"model":"m","messages":[{"role":"user","content":"x"}]}"#).await;
    let path = "/settings/account/delete";
    assert_eq!(app.gets(&bob, path).await.status, 403);
    for (name, password) in [("", PASSWORD), ("acme", PASSWORD), ("Acme", "not the password at all"), ("Acme", "")] {
        let refused = app.posts_form(&ada, path, &[("account_name", name), ("password", password)]).await;
        assert_eq!(refused.status, 422, "{name} {password}");
    }
    assert!(is_signed_in(&app, &ada).await);
    let account: String = value(
        &app,
        &format!("SELECT account_id::text FROM members WHERE user_id = '{}'", user_id(&app, "ada@example.com").await),
    )
    .await;
    let gone = app.posts_form(&ada, path, &[("account_name", "Acme"), ("password", PASSWORD)]).await;
    assert_eq!((gone.status, gone.location.as_str()), (303, "/sign-in"), "{}", gone.text);
    for table in ["accounts", "members", "api_keys", "audit_log", "destinations", "completed_requests"] {
        let column = if table == "accounts" { "id" } else { "account_id" };
        let left: i64 = value(&app, &format!("SELECT count(*) FROM {table} WHERE {column} = '{account}'")).await;
        assert_eq!(left, 0, "{table}");
    }
    assert_eq!(app.asks(&key, "{}").await.status, 401);
    let people: Vec<String> = value(&app, "SELECT array_agg(email ORDER BY email) FROM users").await;
    assert_eq!(people, ["carl@example.com", "eve@example.com"], "who belongs to another account stays");
    assert!(!is_signed_in(&app, &bob).await && is_signed_in(&app, &carl).await && is_signed_in(&app, &eve).await);
    app.stop().await;
}
