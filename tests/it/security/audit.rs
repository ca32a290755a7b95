//! The audit log: complete, append-only, for admins, and harmless in a spreadsheet (spec 5.5).

use std::collections::HashSet;

use sqlx::AssertSqlSafe;

use super::members::{joins, user_id};
use super::{PASSWORD, database, executes, signs_in, value};
use crate::support::app::TestApp;

const PAGE: &str = "/settings/account/audit";

/// The events of Ada's account, oldest first.
async fn events(app: &TestApp) -> Vec<String> {
    let account =
        format!("(SELECT account_id FROM members WHERE user_id = '{}')", user_id(app, "ada@example.com").await);
    value(app, &format!("SELECT array_agg(event ORDER BY id) FROM audit_log WHERE account_id = {account}")).await
}

/// Everything about destinations, from the first to the last.
async fn works_on_a_destination(app: &TestApp, ada: &str) {
    let (dsn, endpoint) = (app.receiver.dsn(), app.receiver.endpoint());
    let form = [("dsn", dsn.as_str()), ("otlp_endpoint", endpoint.as_str())];
    let path = app.posts_form(ada, "/settings/observability/sentry", &form).await.location;
    let one = path.trim_end_matches("/edit");
    let edited = [&form[..], &[("revision", "1"), ("environment", "staging")]].concat();
    assert_eq!(app.posts_form(ada, one, &edited).await.status, 303);
    let renamed = [("revision", "2"), ("name", "Production"), ("environment", "staging")];
    assert_eq!(app.posts_form(ada, &format!("{one}/defaults"), &renamed).await.status, 303);
    for act in ["pause", "resume", "delete"] {
        assert_eq!(app.posts_form(ada, &format!("{one}/{act}"), &[]).await.status, 303);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_change_is_written_down_and_no_secret_with_it() {
    let app = TestApp::start().await;
    let ada = app.signs_up("ada@example.com").await;
    signs_in(&app, "ada@example.com", "not the password at all").await;
    app.posts_form(&ada, "/settings/account/name", &[("name", "Engines")]).await;
    for enabled in ["true", "true", "false"] {
        app.posts_form(&ada, "/settings/observability/broadcast", &[("enabled", enabled)]).await;
    }
    for enabled in ["true", "false"] {
        app.posts_form(&ada, "/settings/account/privacy", &[("enabled", enabled)]).await;
    }
    works_on_a_destination(&app, &ada).await;
    let key = app.creates_key(&ada).await;
    let id: String = value(&app, "SELECT id::text FROM api_keys").await;
    app.posts_form(&ada, &format!("/settings/keys/{id}/revoke"), &[]).await;
    let bob = joins(&app, &ada, "member", "bob@example.com").await;
    let role = format!("/settings/members/{}/role", user_id(&app, "bob@example.com").await);
    app.posts_form(&ada, &role, &[("role", "admin")]).await;
    app.posts_form(&bob, "/settings/members/leave", &[]).await;
    let form = [("current_password", PASSWORD), ("password", "another horse battery staple")];
    let ada = app.posts_form(&ada, "/settings/account/password", &form).await.session;
    app.posts_form(&ada, "/sign-out", &[]).await;
    let expected = "account_created signed_in sign_in_failed account_renamed broadcast_switched broadcast_switched \
                    privacy_switched privacy_switched destination_created destination_edited destination_renamed \
                    destination_paused destination_resumed destination_deleted key_created key_revoked \
                    member_invited member_joined signed_in role_changed member_left password_changed signed_in \
                    signed_out";
    assert_eq!(events(&app).await.join(" "), expected);
    let whole: String = value(&app, "SELECT string_agg(audit_log::text, ' ') FROM audit_log").await;
    let dsn = app.receiver.dsn();
    for secret in [key.as_str(), dsn.split(['/', '@']).nth(2).unwrap(), PASSWORD, "another horse"] {
        assert!(!whole.contains(secret), "{secret}");
    }
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_entry_tells_who_where_from_what_to_what() {
    let app = TestApp::start().await;
    let ada = app.signs_up("ada@example.com").await;
    works_on_a_destination(&app, &ada).await;
    for (event, before, after) in [
        ("destination_renamed", r#"{"name": "Sentry"}"#, r#"{"name": "Production"}"#),
        ("destination_edited", r#"{"settings": {"environment": ""}}"#, r#"{"settings": {"environment": "staging"}}"#),
    ] {
        let told = format!(
            "SELECT actor = 'ada@example.com' AND address = '127.0.0.1' AND actor_kind = 'person' AND after @> '{after}'
                 AND NOT before @> '{after}' AND (before @> '{before}' OR before -> 'settings' IS NOT NULL)
             FROM audit_log WHERE event = '{event}'"
        );
        assert!(value::<bool>(&app, &told).await, "{event}");
    }
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_is_for_admins_filters_by_kind_and_person_and_has_pages() {
    let app = TestApp::start().await;
    let ada = app.signs_up("ada@example.com").await;
    let bob = joins(&app, &ada, "member", "bob@example.com").await;
    let eve = app.signs_up("eve@example.com").await;
    assert_eq!(app.gets(&bob, PAGE).await.status, 403);
    assert_eq!(app.gets(&bob, &format!("{PAGE}.csv")).await.status, 403);
    let everything = app.gets(&ada, PAGE).await.text;
    assert!(everything.contains("Member joined") && everything.contains("<h3>Signed in</h3>"));
    assert!(!everything.contains("eve@example.com"));
    assert!(!app.gets(&eve, PAGE).await.text.contains("ada@example.com"));
    let joined = app.gets(&ada, &format!("{PAGE}?event=member_joined")).await.text;
    assert!(joined.contains("<h3>Member joined</h3>") && !joined.contains("<h3>Signed in</h3>"));
    let by_bob = app.gets(&ada, &format!("{PAGE}?person=bob@example.com")).await.text;
    assert!(by_bob.contains("<h3>Signed in</h3>") && !by_bob.contains("<h3>Account created</h3>"));
    for odd in ["?event=nonsense&before=nonsense", "?person=%00", "?person=%ff", "?before=&event"] {
        assert_eq!(app.gets(&ada, &format!("{PAGE}{odd}")).await.status, 200, "{odd}");
    }
    for number in 0..60 {
        app.posts_form(&ada, "/settings/account/name", &[("name", &format!("Name {number}"))]).await;
    }
    let first = app.gets(&ada, PAGE).await.text;
    assert_eq!(first.matches("<li class=\"row\">").count(), 50);
    let at = first.find("/settings/account/audit?before=").unwrap();
    let older = app.gets(&ada, first[at..].split('"').next().unwrap()).await.text;
    assert!(
        older.contains("<h3>Account created</h3>") && older.contains(">Newest</a>") && !older.contains(">Older</a>")
    );
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_export_holds_no_formula() {
    let app = TestApp::start().await;
    let ada = app.signs_up("ada@example.com").await;
    for name in ["=HYPERLINK(\"http://evil.example\")", "+1+1", "@SUM(A1)", "plain, \"quoted\"", "x;=1+1"] {
        app.posts_form(&ada, "/settings/keys", &[("name", name), ("type", "inference")]).await;
    }
    let file = app.gets(&ada, &format!("{PAGE}.csv?event=key_created")).await.text;
    assert!(file.starts_with("time,event,actor kind,actor,address,subject,before,after\r\n"));
    assert_eq!(file.matches("\r\n").count(), 6);
    for cell in [
        "\"'=HYPERLINK(\"\"http://evil.example\"\")\"",
        "\"'+1+1\"",
        "\"'@SUM(A1)\"",
        "\"plain, \"\"quoted\"\"\"",
        "\"x;'=1+1\"",
    ] {
        assert!(file.contains(cell), "{cell} in {file}");
    }
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_export_holds_every_entry_once_however_many_there_are() {
    let app = TestApp::start().await;
    let ada = app.signs_up("ada@example.com").await;
    let insert = "INSERT INTO audit_log (account_id, id, event, actor_kind, actor, subject)
                  SELECT account_id, gen_random_uuid(), 'key_created', 'person', actor, 'key ' || number
                  FROM audit_log, generate_series(1, 12000) number WHERE event = 'account_created'";
    executes(&app, insert).await;
    let file = app.gets(&ada, &format!("{PAGE}.csv?event=key_created")).await.text;
    let subjects: HashSet<_> = file.lines().filter_map(|line| line.split("\"key ").nth(1)).collect();
    assert_eq!((subjects.len(), file.lines().count()), (12_000, 12_001));
    // As many as are read at a time, and none.
    executes(&app, &insert.replace("key_created", "key_revoked").replace("12000", "1000")).await;
    assert_eq!(app.gets(&ada, &format!("{PAGE}.csv?event=key_revoked")).await.text.lines().count(), 1_001);
    assert_eq!(app.gets(&ada, &format!("{PAGE}.csv?event=member_left")).await.text.lines().count(), 1);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn entries_can_neither_be_changed_nor_removed() {
    let app = TestApp::start().await;
    app.signs_up("ada@example.com").await;
    for statement in ["UPDATE audit_log SET actor = 'nobody'", "DELETE FROM audit_log", "TRUNCATE audit_log"] {
        let refused = sqlx::raw_sql(AssertSqlSafe(statement)).execute(&mut database(&app).await).await;
        assert!(refused.unwrap_err().to_string().contains("append-only"), "{statement}");
    }
    executes(&app, "SELECT 1").await;
    assert_eq!(events(&app).await, ["account_created", "signed_in"]);
    app.stop().await;
}
