//! Invitations: a link makes one person a member, once, and says what to do when it cannot.

use crate::support::app::TestApp;

const PASSWORD: &str = "correct horse battery staple";

/// What everybody reads whose link does not work, whatever the reason.
async fn cannot_be_used(app: &TestApp, invitation: &str) {
    let form = [("email", "eve@example.com"), ("password", PASSWORD)];
    for answer in [app.gets("", invitation).await, app.posts_form("", invitation, &form).await] {
        assert_eq!(answer.status, 404);
        assert!(answer.text.contains("This invitation cannot be used"), "{}", answer.text);
        assert!(answer.text.contains("Ask an admin for a new link"), "{}", answer.text);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invitation_makes_one_person_a_member() {
    let app = TestApp::start().await;
    let admin = app.signs_up("ada@example.com").await;
    let invitation = app.invites(&admin, "member").await;
    let page = app.gets("", &invitation).await;
    assert_eq!(page.status, 200);
    assert!(page.text.contains("Join Acme") && page.text.contains("You are invited as member"), "{}", page.text);

    let member = app.joins(&invitation, "grace@example.com").await;
    let members = app.gets(&member, "/settings/members").await.text;
    assert!(members.contains("ada@example.com") && members.contains("grace@example.com"), "{members}");
    assert!(!members.contains("Create invitation link"), "a member invites nobody");
    cannot_be_used(&app, &invitation).await;

    let admin = app.joins(&app.invites(&admin, "admin").await, "joan@example.com").await;
    assert!(app.gets(&admin, "/settings/members").await.text.contains("Create invitation link"));
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invitation_that_is_wrong_or_has_expired_says_what_to_do() {
    let app = TestApp::start().await;
    let admin = app.signs_up("ada@example.com").await;
    let invitation = app.invites(&admin, "admin").await;
    let cut = &invitation[..invitation.len() - 1];
    for wrong in [cut, "/invitations/nonsense", "/invitations/%00", "/invitations/%F0%9F%98%80"] {
        cannot_be_used(&app, wrong).await;
    }
    app.database.runs("UPDATE invitations SET expires_at = now() - interval '1 second'").await;
    cannot_be_used(&app, &invitation).await;
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mistake_does_not_use_an_invitation_up() {
    let app = TestApp::start().await;
    let admin = app.signs_up("ada@example.com").await;
    let invitation = app.invites(&admin, "member").await;
    for (email, password, words) in [
        ("nobody", PASSWORD, "e-mail address"),
        ("grace@example.com", "short", "12 characters"),
        ("ada@example.com", PASSWORD, "Sign in instead"),
    ] {
        let answer = app.posts_form("", &invitation, &[("email", email), ("password", password)]).await;
        assert_eq!(answer.status, 422, "{}", answer.text);
        assert!(answer.text.contains(words) && answer.text.contains(email), "{}", answer.text);
    }
    app.joins(&invitation, "grace@example.com").await;
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn somebody_who_is_signed_in_joins_with_one_click() {
    let app = TestApp::start().await;
    let invitation = app.invites(&app.signs_up("ada@example.com").await, "member").await;
    let grace = app.signs_up("grace@example.com").await;
    let page = app.gets(&grace, &invitation).await;
    assert!(page.text.contains("You are signed in as grace@example.com"), "{}", page.text);
    let answer = app.posts_form(&grace, &invitation, &[]).await;
    assert_eq!((answer.status, answer.location.as_str()), (303, "/settings/observability"), "{}", answer.text);
    let members = app.gets(&grace, "/settings/members").await.text;
    assert!(members.contains("ada@example.com") && members.contains("grace@example.com"), "{members}");
    app.stop().await;
}
