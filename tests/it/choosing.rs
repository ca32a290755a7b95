//! Which requests a destination gets: the receiver gets just those, and the delivery log counts the rest by reason (spec 10.1).

use serde_json::{Map, Value, json};
use tracecast::audit::Actor;
use tracecast::broadcast::{self, Saving};
use tracecast::destination::selection::Rules;
use tracecast::id::AccountId;
use tracecast::store::destinations;
use tracecast::token::TokenHash;

use crate::support::app::TestApp;

/// Saves rules for the only destination.
async fn chooses(app: &TestApp, members: Value) -> Result<Saving, broadcast::Error> {
    let mut rules = Rules::default();
    let members: Map<_, _> = members.as_object().unwrap().clone();
    rules.replace(&members).unwrap();
    let state = app.state();
    let owner = "SELECT account_id::text FROM destinations";
    let account: AccountId = app.database.reads(owner).await[0].parse().unwrap();
    let mut tenant = state.store.tenant(account).await.unwrap();
    let destination = destinations::list(&mut tenant).await.unwrap().remove(0);
    drop(tenant);
    let saved = broadcast::choose(&state, &Actor::operator(account), &destination, destination.revision, &rules).await;
    state.store.close().await;
    saved
}

async fn asks(app: &TestApp, key: &str, session: &str, name: &str) {
    let body = json!({
        "model": "demo/echo", "session_id": session, "trace": { "trace_name": name },
        "messages": [{ "role": "user", "content": "Hello" }],
    });
    let answer = app.asks(key, &body.to_string()).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
}

/// How many entries the delivery log says were left out for this reason.
async fn left_out(app: &TestApp, reason: &str) -> String {
    let sum = format!("SELECT coalesce(sum((left_out->>'{reason}')::int), 0)::text FROM deliveries");
    app.database.reads(&sum).await.remove(0)
}

#[tokio::test(flavor = "multi_thread")]
async fn receiver_gets_what_was_chosen_and_the_delivery_log_counts_the_rest_by_reason() {
    let app = TestApp::start().await;
    let cookie = app.signs_up("ada@example.com").await;
    app.connects(&cookie).await;
    app.switches(&cookie, "on").await;
    let (web, ci) = (app.creates_key(&cookie).await, app.creates_key(&cookie).await);
    let rule = json!({ "field": "session_id", "operator": "equals", "value": "wanted" });
    let chosen = json!({
        "excluded_api_key_hashes": [hex(&ci)], "filter_rules": { "groups": [{ "logic": "and", "rules": [rule] }] },
    });
    assert_eq!(chooses(&app, chosen).await.unwrap(), Saving::Saved);

    asks(&app, &web, "wanted", "first").await;
    asks(&app, &web, "another", "of another session").await;
    asks(&app, &ci, "wanted", "with another key").await;
    asks(&app, &web, "wanted", "last").await;
    app.receives("last").await;
    let received = app.receiver.received().traces();
    let names: Vec<_> = ["first", "of another session", "with another key", "last"]
        .into_iter()
        .filter(|name| received.iter().any(|trace| trace.span(name).is_some()))
        .collect();
    assert_eq!(names, ["first", "last"]);
    for _ in 0..600 {
        if app.database.reads("SELECT sum(delivered)::text FROM cursors").await == ["2"] {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    assert_eq!((left_out(&app, "key").await, left_out(&app, "rule").await), ("1".to_owned(), "1".to_owned()));
    let revisions = "SELECT (selection IS NOT NULL)::text FROM destination_revisions ORDER BY revision";
    assert_eq!(app.database.reads(revisions).await, ["false", "true"]);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn key_of_another_account_is_as_unknown_as_one_that_never_was() {
    let app = TestApp::start().await;
    let cookie = app.signs_up("ada@example.com").await;
    app.connects(&cookie).await;
    let own = app.creates_key(&cookie).await;
    let other = app.creates_key(&app.signs_up("eve@example.com").await).await;
    for foreign in [other.as_str(), "tck-inf-that-never-was"] {
        let chosen = chooses(&app, json!({ "api_key_hashes": [hex(&own), hex(foreign)] })).await;
        let Err(broadcast::Error::Misruled(mistakes)) = chosen else { panic!("{foreign} is known") };
        assert_eq!(
            mistakes.to_string(),
            format!("api_key_hashes: There is no API key with the hash {}.", hex(foreign))
        );
    }
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rules_of_a_newer_version_need_attention_until_they_are_chosen_anew() {
    let app = TestApp::start().await;
    let cookie = app.signs_up("ada@example.com").await;
    app.connects(&cookie).await;
    app.switches(&cookie, "on").await;
    let key = app.creates_key(&cookie).await;
    app.database.runs(r#"UPDATE destinations SET selection = '{"version": 99}', revision = revision + 1"#).await;
    asks(&app, &key, "session", "waits").await;
    let mut reason = String::new();
    for _ in 0..600 {
        reason = app.database.reads("SELECT coalesce(reason, '') FROM destinations").await.remove(0);
        if !reason.is_empty() {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    assert!(reason.contains("stored by a newer version of Tracecast"), "{reason}");
    assert_eq!(chooses(&app, json!({ "sampling_rate": 1 })).await.unwrap(), Saving::Saved);
    app.receives("waits").await;
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn form_of_the_rules_works_by_submits_alone_and_names_each_mistake() {
    const STORED: &str =
        "SELECT coalesce(selection #>> '{filter_rules,groups,0,rules,0,value}', 'all') FROM destinations";
    let app = TestApp::start().await;
    let cookie = app.signs_up("ada@example.com").await;
    let destination = app.connects(&cookie).await;
    app.creates_key(&cookie).await;
    let path = format!("{destination}/requests");
    let page = app.gets(&cookie, &format!("{destination}/edit")).await.text;
    assert!(page.contains("Which requests") && page.contains("Keys made later"), "{page}");

    let untouched = [("revision", "1"), ("keys-later", "on"), ("share", "100"), ("do", "add-group")];
    let answer = app.posts_form(&cookie, &path, &untouched).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    assert!(answer.text.contains(r#"name="rule-1-1-value""#), "{}", answer.text);
    assert_eq!(app.database.reads(STORED).await, ["all"]);

    let saves = |revision: &'static str, value: &'static str, share: &'static str| {
        [
            ("revision", revision),
            ("keys-later", "on"),
            ("group-1", "all"),
            ("rule-1-1-field", "total_cost"),
            ("rule-1-1-operator", "gt"),
            ("rule-1-1-value", value),
            ("share", share),
            ("do", "save"),
        ]
    };
    let answer = app.posts_form(&cookie, &path, &saves("1", "much", "0")).await;
    assert_eq!(answer.status, 422, "{}", answer.text);
    for words in [
        "#rule-1-1-value\">Rule 1: Enter a number.",
        "#share\">Enter a share from 0.01 to 100 per cent.",
        r#"value="much""#,
    ] {
        assert!(answer.text.contains(words), "`{words}` is not in {}", answer.text);
    }
    assert_eq!(app.database.reads(STORED).await, ["all"]);

    assert_eq!(app.posts_form(&cookie, &path, &saves("1", "0.05", "25")).await.status, 303);
    assert_eq!(app.database.reads(STORED).await, ["0.05"]);
    let page = app.gets(&cookie, &format!("{destination}/edit")).await.text;
    assert!(page.contains(r#"value="0.05""#) && page.contains(r#"value="25""#), "{page}");
    let answer = app.posts_form(&cookie, &path, &saves("1", "0.07", "25")).await;
    assert_eq!(answer.status, 409, "{}", answer.text);
    assert_eq!(app.database.reads(STORED).await, ["0.05"]);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn dry_run_judges_the_last_requests_and_saves_and_sends_nothing() {
    let app = TestApp::start().await;
    let cookie = app.signs_up("ada@example.com").await;
    let destination = app.connects(&cookie).await;
    // Broadcast is off: the log has them all the same.
    let key = app.creates_key(&cookie).await;
    for session in ["wanted", "another", "wanted"] {
        asks(&app, &key, session, session).await;
    }
    for _ in 0..600 {
        if app.database.reads("SELECT count(*)::text FROM completed_requests").await == ["3"] {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    let before = app.database.reads("SELECT d::text FROM destinations d").await;
    let form = [
        ("revision", "1"),
        ("keys-later", "on"),
        ("group-1", "all"),
        ("rule-1-1-field", "session_id"),
        ("rule-1-1-operator", "equals"),
        ("rule-1-1-value", "wanted"),
        ("share", "100"),
        ("do", "dry-run"),
    ];
    let ticked: Vec<_> = app.database.reads("SELECT 'key-' || id FROM api_keys").await;
    let form: Vec<_> = form.into_iter().chain(ticked.iter().map(|key| (key.as_str(), "on"))).collect();
    let path = format!("{destination}/requests");
    let answer = app.posts_form(&cookie, &path, &form).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    for words in
        ["<strong>2</strong> of 3 would be sent", "<dt>Rule 1</dt><dd>1</dd>", "The saved settings send 3 of the same."]
    {
        assert!(answer.text.contains(words), "`{words}` is not in {}", answer.text);
    }
    let left_out = "SELECT generation_id FROM completed_requests ORDER BY xid, position";
    let ids = app.database.reads(left_out).await;
    let links: Vec<_> = ids.iter().filter(|id| answer.text.contains(&format!("/activity/{id}"))).collect();
    assert_eq!(links.len(), 1, "{}", answer.text);
    assert_eq!(app.gets(&cookie, &format!("/activity/{}", links[0])).await.status, 200);
    assert_eq!(app.database.reads("SELECT d::text FROM destinations d").await, before);
    for _ in 1..10 {
        assert_eq!(app.posts_form(&cookie, &path, &form).await.status, 200);
    }
    assert_eq!(app.posts_form(&cookie, &path, &form).await.status, 429);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn receiver_gets_no_value_that_a_detector_finds_and_no_field_that_is_off() {
    let app = TestApp::start().await;
    let cookie = app.signs_up("ada@example.com").await;
    let destination = app.connects(&cookie).await;
    app.switches(&cookie, "on").await;
    let key = app.creates_key(&cookie).await;
    // The boxes of tools are not ticked.
    let form = [
        ("revision", "1"),
        ("sent-email", "mask"),
        ("sent-token", "keep"),
        ("sent-system-prompt", "on"),
        ("sent-user", "left_out"),
        ("sent-session", "as_is"),
    ];
    let keep = ["sent-phone", "sent-card", "sent-iban", "sent-ip"].map(|name| (name, "keep"));
    let form: Vec<_> = form.into_iter().chain(keep).chain([("sent-metadata", "all")]).collect();
    let answer = app.posts_form(&cookie, &format!("{destination}/sent"), &form).await;
    assert_eq!(answer.status, 303, "{}", answer.text);
    let page = app.gets(&cookie, &format!("{destination}/edit")).await.text;
    assert!(
        page.contains(r#"<option value="mask" selected>"#) && page.contains(r#"<option value="left_out" selected>"#)
    );

    let body = json!({
        "model": "demo/echo", "user": "user_1", "session_id": "session_1",
        "trace": { "trace_name": "redacted", "contact": "ada@b.example" },
        "messages": [{ "role": "user", "content": "Write to ada@b.example" }],
    });
    let answer = app.asks(&key, &body.to_string()).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    let trace = app.receives("redacted").await;
    let root = trace.root().unwrap();
    assert_eq!(root.text("trace.metadata.contact"), Some("[email]"));
    assert_eq!((root.text("user.id"), root.text("session.id")), (None, Some("session_1")));
    assert!(root.text("tracecast.redactions").is_some_and(|counts| counts.starts_with("email ")));
    let everything = format!("{trace:?}");
    assert!(everything.contains("Write to [email]") && !everything.contains("ada@b.example"), "{everything}");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn groups_go_where_they_are_asked_for_and_the_preview_shows_them_before() {
    let app = TestApp::start().await;
    let cookie = app.signs_up("ada@example.com").await;
    let destination = app.connects(&cookie).await;
    app.switches(&cookie, "on").await;
    let key = app.creates_key(&cookie).await;
    let asks = async |name: &str| {
        let body = json!({
            "model": "demo/echo", "trace": { "trace_name": name, "tags": ["billing"] },
            "messages": [{ "role": "user", "content": "Hello" }],
        });
        assert_eq!(app.asks(&key, &body.to_string()).await.status, 200);
        app.receives(name).await
    };
    let before = asks("before").await;
    assert!(!format!("{before:?}").contains("tracecast.region"), "{before:?}");
    let keep = ["email", "phone", "card", "iban", "ip", "token"].map(|name| (format!("sent-{name}"), "keep"));
    let posts = async |button: &str| {
        let rest = [
            ("revision", "1"),
            ("sent-system-prompt", "on"),
            ("sent-tool-definitions", "on"),
            ("sent-tool-content", "on"),
            ("sent-user", "as_is"),
            ("sent-session", "as_is"),
            ("sent-metadata", "all"),
            ("sent-cost", "on"),
            ("sent-identity", "on"),
            ("sent-request-context", "on"),
            ("sent-cost-allocation", "on"),
            ("do", button),
        ];
        let form: Vec<_> = keep.iter().map(|(name, value)| (name.as_str(), *value)).chain(rest).collect();
        app.posts_form(&cookie, &format!("{destination}/sent"), &form).await
    };
    let names = ["tracecast.is_byok", "tracecast.account.id", "tracecast.region", "tracecast.cost_allocation.tags"];
    let preview = posts("preview").await;
    assert_eq!(preview.status, 200, "{}", preview.text);
    for name in names {
        assert!(preview.text.contains(name), "`{name}` is not in {}", preview.text);
    }
    assert_eq!(posts("save").await.status, 303);
    let page = app.gets(&cookie, &format!("{destination}/edit")).await.text;
    assert!(page.contains(r#"name="sent-identity" value="on" checked"#), "{page}");
    // A turn that goes on may send with settings that were the current ones half a second ago.
    let mut trace = asks("after 0").await;
    for number in 1..50 {
        if trace.root().unwrap().text("tracecast.account.id").is_some() {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        trace = asks(&format!("after {number}")).await;
    }
    let root = trace.root().unwrap();
    let ids = app.database.reads("SELECT id::text FROM accounts UNION ALL SELECT id::text FROM users").await;
    assert_eq!(["tracecast.account.id", "tracecast.key.member.id"].map(|name| root.text(name).unwrap()), ids[..]);
    assert_eq!(root.text("tracecast.region"), Some("global"));
    assert!(root.text("tracecast.key.name").is_some() && root.text("tracecast.key.id").is_some());
    let everything = format!("{trace:?}");
    assert!(names.iter().all(|name| everything.contains(name)), "{everything}");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn hashes_stand_for_the_user_and_what_an_own_expression_finds_the_same_in_each_request() {
    let app = TestApp::start().await;
    let cookie = app.signs_up("ada@example.com").await;
    let destination = app.connects(&cookie).await;
    app.switches(&cookie, "on").await;
    let key = app.creates_key(&cookie).await;
    let path = format!("{destination}/sent");
    let off = ["email", "phone", "card", "iban", "ip", "token"].map(|name| (format!("sent-{name}"), "keep"));
    let form = |expression: &'static str, button: &'static str| {
        let rest = [
            ("revision", "1"),
            ("sent-metadata", "all"),
            ("sent-user", "hashed"),
            ("sent-session", "as_is"),
            ("sent-pattern-1", expression),
            ("sent-pattern-1-action", "hash"),
            ("do", button),
        ];
        let off = off.iter().map(|(name, value)| (name.clone(), *value));
        off.chain(rest.map(|(name, value)| (name.to_owned(), value))).collect::<Vec<_>>()
    };
    let posts = async |form: Vec<(String, &'static str)>| {
        let form: Vec<_> = form.iter().map(|(name, value)| (name.as_str(), *value)).collect();
        app.posts_form(&cookie, &path, &form).await
    };
    let answer = posts(form("CUST-[", "add-pattern")).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    assert!(answer.text.contains(r#"value="CUST-[""#) && answer.text.contains("sent-pattern-2"), "{}", answer.text);
    let answer = posts(form("CUST-[", "save")).await;
    assert_eq!(answer.status, 422, "{}", answer.text);
    assert!(answer.text.contains("#sent-pattern-1\">The regular expression is not valid"), "{}", answer.text);
    assert_eq!(posts(form("CUST-[0-9]{6}", "save")).await.status, 303);

    let mut seen = Vec::new();
    for name in ["first", "second"] {
        let body = json!({
            "model": "demo/echo", "user": "user_1", "trace": { "trace_name": name, "contact": "CUST-204418" },
            "messages": [{ "role": "user", "content": "I am CUST-204418" }],
        });
        assert_eq!(app.asks(&key, &body.to_string()).await.status, 200);
        let trace = app.receives(name).await;
        let everything = format!("{trace:?}");
        assert!(!everything.contains("204418") && !everything.contains("user_1"), "{everything}");
        let text = |name| trace.root().unwrap().text(name).unwrap_or_default().to_owned();
        seen.push((text("user.id"), text("trace.metadata.contact"), text("tracecast.redactions")));
        assert!(everything.contains(&format!("I am {}", seen[0].1)), "{everything}");
    }
    assert_eq!(seen[0], seen[1]);
    assert_eq!((seen[0].0.len(), seen[0].1.len()), (12, 12));
    assert!(seen[0].2.starts_with("custom "), "{seen:?}");
    app.stop().await;
}

fn hex(key: &str) -> String {
    TokenHash::of(key).as_bytes().iter().map(|byte| format!("{byte:02x}")).collect()
}
