//! Members: who may look, who may change, and who is out.

use crate::support::app::TestApp;

/// The path of the member with this address, without what is done to them.
async fn path_of(app: &TestApp, email: &str) -> String {
    let id = app.database.reads(&format!("SELECT id::text FROM users WHERE email = '{email}'")).await;
    format!("/settings/members/{}", id[0])
}

#[tokio::test(flavor = "multi_thread")]
async fn a_member_sees_the_settings_and_changes_none() {
    let app = TestApp::start().await;
    let admin = app.signs_up("ada@example.com").await;
    let member = app.joins(&app.invites(&admin, "member").await, "grace@example.com").await;
    let before = app.database.reads("SELECT a::text FROM accounts a").await;
    for section in ["observability", "keys", "members", "account"] {
        assert_eq!(app.gets(&member, &format!("/settings/{section}")).await.status, 200, "{section}");
    }
    assert_eq!(app.gets(&member, "/settings/observability/sentry/new").await.status, 403);
    for path in [
        "/settings/observability/broadcast",
        "/settings/observability/sentry",
        "/settings/keys",
        "/settings/members/invitations",
        "/settings/account/name",
        "/settings/account/privacy",
        &format!("{}/remove", path_of(&app, "ada@example.com").await),
    ] {
        let form = [("enabled", "true"), ("name", "Mine"), ("type", "inference"), ("role", "admin")];
        let answer = app.posts_form(&member, path, &form).await;
        assert_eq!(answer.status, 403, "{path}");
        assert!(answer.text.contains("Ask an admin of your account"), "{path}: {}", answer.text);
    }
    assert_eq!(app.database.reads("SELECT a::text FROM accounts a").await, before);
    assert_eq!(app.database.reads("SELECT name FROM api_keys").await, Vec::<String>::new());
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_removed_is_out_at_once() {
    let app = TestApp::start().await;
    let admin = app.signs_up("ada@example.com").await;
    let member = app.joins(&app.invites(&admin, "member").await, "grace@example.com").await;
    let path = format!("{}/remove", path_of(&app, "grace@example.com").await);
    let question = app.gets(&admin, &path).await;
    assert!(question.text.contains("Remove grace@example.com?"), "{}", question.text);
    assert_eq!(app.gets(&member, "/settings/keys").await.status, 200, "asking removes nobody");
    assert_eq!(app.posts_form(&admin, &path, &[]).await.status, 303);
    let answer = app.gets(&member, "/settings/keys").await;
    assert_eq!((answer.status, answer.location.as_str()), (303, "/sign-in?next=%2Fsettings%2Fkeys"));
    assert!(!app.gets(&admin, "/settings/members").await.text.contains("grace@example.com"));
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_last_admin_stays_and_strangers_remove_nobody() {
    let app = TestApp::start().await;
    let admin = app.signs_up("ada@example.com").await;
    let stranger = app.signs_up("eve@example.com").await;
    let path = format!("{}/remove", path_of(&app, "ada@example.com").await);
    assert_eq!(app.gets(&stranger, &path).await.status, 404);
    assert_eq!(app.posts_form(&stranger, &path, &[]).await.status, 404);
    let refused = app.posts_form(&admin, &path, &[]).await;
    assert_eq!(refused.status, 409);
    assert!(refused.text.contains("Make another member an admin first."), "{}", refused.text);
    assert_eq!(app.gets(&admin, "/settings/members").await.status, 200);
    assert_eq!(app.gets(&admin, "/settings/members/nonsense/remove").await.status, 404);
    app.stop().await;
}
