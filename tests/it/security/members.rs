//! Members: invited, promoted, demoted, removed; and the last admin stays (issue: tenants and roles).

use futures_util::future::join_all;

use super::{PASSWORD, executes, signs_in, value};
use crate::support::app::TestApp;

const HOME: &str = "/settings/observability";

/// A new person who joins by an invitation; gives the cookie.
pub(crate) async fn joins(app: &TestApp, cookie: &str, role: &str, email: &str) -> String {
    app.joins(&app.invites(cookie, role).await, email).await
}

pub(super) async fn user_id(app: &TestApp, email: &str) -> String {
    value(app, &format!("SELECT id::text FROM users WHERE email = '{email}'")).await
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invitation_works_once_and_until_it_is_withdrawn() {
    let app = TestApp::start().await;
    let ada = app.signs_up("ada@example.com").await;
    let link = app.invites(&ada, "member").await;
    let joined = app.posts_form("", &link, &[("email", "bob@example.com"), ("password", PASSWORD)]).await;
    assert_eq!(joined.status, 303);
    let again = app.posts_form("", &link, &[("email", "eve@example.com"), ("password", PASSWORD)]).await;
    assert_eq!(again.status, 404);

    let other = app.invites(&ada, "admin").await;
    let id: String = value(&app, "SELECT id::text FROM invitations WHERE accepted_at IS NULL").await;
    let path = format!("/settings/members/invitations/{id}/withdraw");
    assert_eq!(app.posts_form(&joined.cookie, &path, &[]).await.status, 403);
    assert_eq!(app.posts_form(&ada, &path, &[]).await.status, 303);
    assert_eq!(app.gets("", &other).await.status, 404);

    let expired = app.invites(&ada, "admin").await;
    executes(&app, "UPDATE invitations SET expires_at = now() - interval '1 second' WHERE accepted_at IS NULL").await;
    assert_eq!(app.gets("", &expired).await.status, 404);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn somebody_who_is_signed_in_joins_and_switches_between_their_accounts() {
    let app = TestApp::start().await;
    let (ada, bob) = (app.signs_up("ada@example.com").await, app.signs_up("bob@example.com").await);
    executes(&app, "UPDATE accounts SET name = 'Bobs' WHERE id = (SELECT account_id FROM members m JOIN users u ON u.id = m.user_id WHERE u.email = 'bob@example.com')").await;
    let link = app.invites(&ada, "member").await;
    assert!(app.gets(&bob, &link).await.text.contains("You are signed in as bob@example.com"));
    assert_eq!(app.posts_form(&bob, &link, &[]).await.location, HOME);
    let page = app.gets(&bob, HOME).await.text;
    assert!(page.contains("</span>Acme</summary>") && page.contains("Switch to </span>Bobs"), "{page}");

    let own: String = value(&app, "SELECT id::text FROM accounts WHERE name = 'Bobs'").await;
    assert_eq!(app.posts_form(&bob, "/settings/account/switch", &[("account", &own)]).await.status, 303);
    assert!(app.gets(&bob, HOME).await.text.contains("</span>Bobs</summary>"));
    // Ada belongs to one account only, and cannot look at another.
    assert_eq!(app.posts_form(&ada, "/settings/account/switch", &[("account", &own)]).await.status, 404);
    assert!(app.gets(&ada, HOME).await.text.contains(">Acme</span>"));
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_was_removed_goes_on_in_another_account_and_can_be_invited_again() {
    let app = TestApp::start().await;
    let ada = app.signs_up("ada@example.com").await;
    let bob = joins(&app, &ada, "member", "bob@example.com").await;
    let remove = format!("/settings/members/{}/remove", user_id(&app, "bob@example.com").await);
    assert_eq!(app.posts_form(&ada, &remove, &[]).await.status, 303);
    assert_eq!(app.gets(&bob, HOME).await.status, 303, "signed out of their only account");
    let refused = signs_in(&app, "bob@example.com", PASSWORD).await;
    assert!(refused.text.contains("not a member of any account any more"));

    let link = app.invites(&ada, "admin").await;
    let form = [("email", "bob@example.com"), ("password", PASSWORD), ("next", link.as_str())];
    let back = app.posts_form("", "/sign-in", &form).await;
    assert_eq!(back.status, 303, "{}", back.text);
    assert_eq!(app.gets(&back.cookie, HOME).await.status, 200);

    // With a second account, the session survives the removal from the first.
    let eve = app.signs_up("eve@example.com").await;
    app.posts_form(&back.cookie, &app.invites(&eve, "member").await, &[]).await;
    assert_eq!(app.posts_form(&eve, &remove, &[]).await.status, 303);
    assert!(app.gets(&back.cookie, HOME).await.text.contains(">Acme</span>"));
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn roles_change_and_the_last_admin_can_neither_leave_nor_be_demoted_nor_removed() {
    let app = TestApp::start().await;
    let ada = app.signs_up("ada@example.com").await;
    let bob = joins(&app, &ada, "member", "bob@example.com").await;
    let (ada_id, bob_id) = (user_id(&app, "ada@example.com").await, user_id(&app, "bob@example.com").await);
    let role = |id: &str| format!("/settings/members/{id}/role");
    assert_eq!(app.posts_form(&bob, &role(&bob_id), &[("role", "admin")]).await.status, 403);
    for (path, form) in [
        (role(&ada_id), &[("role", "member")][..]),
        (format!("/settings/members/{ada_id}/remove"), &[]),
        ("/settings/members/leave".to_owned(), &[]),
    ] {
        let answer = app.posts_form(&ada, &path, form).await;
        assert_eq!(answer.status, 409, "{path}");
        assert!(answer.text.contains("Make another member an admin first."), "{}", answer.text);
    }
    assert_eq!(app.posts_form(&ada, &role(&bob_id), &[("role", "admin")]).await.status, 303);
    assert_eq!(app.posts_form(&bob, &role(&ada_id), &[("role", "member")]).await.status, 303);
    assert_eq!(app.gets(&ada, &format!("/settings/members/{bob_id}/remove")).await.status, 403);
    assert_eq!(app.posts_form(&ada, "/settings/members/leave", &[]).await.status, 303);
    assert_eq!(app.gets(&ada, HOME).await.status, 303);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_admins_who_demote_remove_or_leave_at_once_never_leave_an_account_without_one() {
    let app = TestApp::start().await;
    for round in 0..6 {
        let (one, other) = (format!("one{round}@example.com"), format!("other{round}@example.com"));
        let (first, first_id) = (app.signs_up(&one).await, user_id(&app, &one).await);
        let second = joins(&app, &first, "admin", &other).await;
        let second_id = user_id(&app, &other).await;
        let acts = match round % 3 {
            0 => [format!("/settings/members/{second_id}/role"), format!("/settings/members/{first_id}/role")],
            1 => [format!("/settings/members/{second_id}/remove"), format!("/settings/members/{first_id}/remove")],
            _ => ["/settings/members/leave".to_owned(), "/settings/members/leave".to_owned()],
        };
        let both = acts
            .iter()
            .zip([&first, &second])
            .map(|(path, cookie)| app.posts_form(cookie, path, &[("role", "member")]));
        let statuses: Vec<_> = join_all(both).await.into_iter().map(|answer| answer.status).collect();
        assert!(statuses.contains(&303), "{statuses:?}");
        let left: i64 = value(&app, "SELECT count(*) FROM accounts a WHERE NOT EXISTS (SELECT FROM members m WHERE m.account_id = a.id AND m.role = 'admin')").await;
        assert_eq!(left, 0, "round {round}: {statuses:?}");
    }
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_switches_accounts_is_not_signed_out_meanwhile() {
    let app = TestApp::start().await;
    let (ada, bob) = (app.signs_up("ada@example.com").await, app.signs_up("bob@example.com").await);
    let bobs =
        "SELECT account_id::text FROM members m JOIN users u ON u.id = m.user_id WHERE u.email = 'bob@example.com'";
    let own: String = value(&app, bobs).await;
    app.posts_form(&bob, &app.invites(&ada, "member").await, &[]).await;
    let other: String = value(&app, &format!("SELECT id::text FROM accounts WHERE id <> '{own}'")).await;
    let accounts = [own, other];
    let switches = async {
        for number in 0..40 {
            let form = [("account", accounts[number % 2].as_str())];
            assert_eq!(app.posts_form(&bob, "/settings/account/switch", &form).await.location, HOME);
        }
    };
    let looks = join_all((0..4).map(|_| async {
        for _ in 0..40 {
            assert_eq!(app.gets(&bob, "/settings/members").await.status, 200);
        }
    }));
    futures_util::join!(switches, looks);
    app.stop().await;
}
