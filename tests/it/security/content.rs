//! Who may read prompts and completions, and the entry that says who did.

use tracecast::audit::{Actor, Who};
use tracecast::auth::content;
use tracecast::id::{AccountId, UserId};
use tracecast::store::members::Role;

use super::members::{joins, user_id};
use super::{PASSWORD, executes, value};
use crate::support::app::TestApp;

const PATH: &str = "/settings/account/content-readers";
/// As if the password had been typed long ago.
const NOT_FRESH: &str = "UPDATE sessions SET confirmed_at = now() - interval '1 hour'";

async fn account(app: &TestApp) -> AccountId {
    AccountId(value(app, "SELECT id FROM accounts").await)
}

/// Whether an admin and a member may read.
async fn readers(app: &TestApp) -> (bool, bool) {
    let mut tenant = app.state().store.tenant(account(app).await).await.unwrap();
    let admin = content::may_read(&mut tenant, Role::Admin).await.unwrap();
    (admin, content::may_read(&mut tenant, Role::Member).await.unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn content_is_read_by_admins_until_one_of_them_says_otherwise() {
    let app = TestApp::start().await;
    let ada = app.signs_up("ada@example.com").await;
    let bob = joins(&app, &ada, "member", "bob@example.com").await;
    assert_eq!(readers(&app).await, (true, false));
    for (name, expected) in [("members", (true, true)), ("nobody", (false, false)), ("admins", (true, false))] {
        assert_eq!(app.posts_form(&ada, PATH, &[("content_readers", name)]).await.status, 303);
        assert_eq!(readers(&app).await, expected, "{name}");
        let page = app.gets(&ada, "/settings/account").await.text;
        assert!(page.contains(&format!("value=\"{name}\" checked")), "{page}");
    }
    assert_eq!(app.posts_form(&bob, PATH, &[("content_readers", "members")]).await.status, 403);
    assert_eq!(app.posts_form(&ada, PATH, &[("content_readers", "everybody")]).await.status, 422);
    assert_eq!(readers(&app).await, (true, false));
    let audit = app.database.reads("SELECT (before->>'content_readers') || (after->>'content_readers') FROM audit_log WHERE event = 'content_readers_changed' ORDER BY id").await;
    assert_eq!(audit, ["adminsmembers", "membersnobody", "nobodyadmins"]);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn content_is_opened_to_more_people_only_with_the_password() {
    let app = TestApp::start().await;
    let ada = app.signs_up("ada@example.com").await;
    executes(&app, NOT_FRESH).await;
    assert_eq!(app.posts_form(&ada, PATH, &[("content_readers", "members")]).await.status, 403);
    assert_eq!(readers(&app).await, (true, false));
    let fewer = app.posts_form(&ada, PATH, &[("content_readers", "nobody")]).await;
    assert_eq!(fewer.status, 303, "{}", fewer.text);
    let form = [("content_readers", "members"), ("password_again", PASSWORD)];
    assert_eq!(app.posts_form(&ada, PATH, &form).await.status, 303);
    assert_eq!(readers(&app).await, (true, true));
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn content_that_is_read_is_in_the_audit_log_once_for_a_person_a_request_and_an_hour() {
    let app = TestApp::start().await;
    let ada = app.signs_up("ada@example.com").await;
    joins(&app, &ada, "admin", "bob@example.com").await;
    let (state, account) = (app.state(), account(&app).await);
    let mut actors = Vec::new();
    for email in ["ada@example.com", "bob@example.com"] {
        let user = UserId(user_id(&app, email).await.parse().unwrap());
        actors.push(Actor { account, who: Who::Person { user, email: email.to_owned() }, client: None });
    }
    let reads = async |actor: &Actor, request: &str| {
        let mut tenant = state.store.tenant(account).await.unwrap();
        content::record_reading(&state, &mut tenant, actor, request).await.unwrap();
        tenant.commit().await.unwrap();
    };
    for actor in &actors {
        for request in ["gen-1", "gen-2", "gen-1"] {
            reads(actor, request).await;
        }
    }
    let read = "SELECT actor || ' ' || subject FROM audit_log WHERE event = 'content_read' ORDER BY 1";
    let expected = ["ada@example.com gen-1", "ada@example.com gen-2", "bob@example.com gen-1", "bob@example.com gen-2"];
    let found = app.database.reads(read).await;
    // The hour may have changed meanwhile.
    assert!(expected.iter().all(|entry| found.iter().any(|it| it == entry)), "{found:?}");
    assert!(found.len() <= 5, "{found:?}");
    app.database
        .runs("ALTER TABLE audit_log DISABLE TRIGGER USER; UPDATE audit_log SET at = at - interval '1 hour'")
        .await;
    reads(&actors[0], "gen-1").await;
    assert_eq!(app.database.reads(read).await.len(), found.len() + 1);
    app.stop().await;
}
