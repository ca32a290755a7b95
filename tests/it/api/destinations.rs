//! Destinations by the API: created, read, changed, deleted, and never stored untested.

use reqwest::Method;
use serde_json::{Value, json};
use tracecast::config::Source;
use wiremock::matchers::header;
use wiremock::{Mock, MockServer, ResponseTemplate};

use super::caller::Caller;
use crate::support::app::{TestApp, read};

const DESTINATIONS: &str = "/observability/destinations";

/// Members without which OpenRouter's SDKs take a destination for one of an unknown type.
const READ: [&str; 17] = [
    "id",
    "workspace_id",
    "name",
    "enabled",
    "privacy_mode",
    "broadcast_generation_cost",
    "broadcast_generation_identity",
    "broadcast_generation_request_context",
    "broadcast_generation_cost_allocation",
    "sampling_rate",
    "api_key_hashes",
    "filter_rules",
    "regions",
    "created_at",
    "updated_at",
    "type",
    "config",
];

fn sentry(app: &TestApp, name: &str) -> Value {
    let config = json!({ "dsn": app.receiver.dsn(), "otlpEndpoint": app.receiver.endpoint() });
    json!({ "type": "sentry", "name": name, "config": config })
}

fn path(destination: &Value) -> String {
    format!("{DESTINATIONS}/{}", destination["id"].as_str().unwrap())
}

/// A collector that takes only what carries this header.
async fn collector(authorization: &str) -> MockServer {
    let server = MockServer::start().await;
    let taken = Mock::given(header("authorization", authorization)).respond_with(ResponseTemplate::new(200));
    taken.mount(&server).await;
    Mock::given(wiremock::matchers::any())
        .respond_with(ResponseTemplate::new(401))
        .with_priority(9)
        .mount(&server)
        .await;
    server
}

async fn before(collector: &MockServer) -> TestApp {
    let address = collector.address().to_string();
    TestApp::start_with(|given| {
        let allowed = format!("{},{address}", given.value("egress-allow").unwrap_or_default());
        given.with("egress-allow", allowed, Source::Argument)
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn destination_is_created_read_changed_and_deleted() {
    let app = TestApp::start().await;
    let caller = Caller::of(&app, "ada@example.com").await;
    let created = caller.posts(DESTINATIONS, &sentry(&app, "Production")).await.data(201);
    assert!(READ.iter().all(|member| created.get(member).is_some()), "{created}");
    assert_eq!((&created["type"], &created["name"]), (&json!("sentry"), &json!("Production")));
    assert_eq!(created["workspace_id"], caller.account.to_string());
    assert_eq!((&created["enabled"], &created["privacy_mode"]), (&json!(true), &json!(false)));
    assert_eq!((&created["sampling_rate"], &created["regions"]), (&json!(1.0), &json!(["global"])));
    assert_eq!(created["config"]["otlpEndpoint"], app.receiver.endpoint());
    let dsn = created["config"]["dsn"].as_str().unwrap();
    assert!(dsn.starts_with("http://") && dsn.contains("...") && dsn != app.receiver.dsn(), "{dsn}");
    assert_eq!(created["last_test"]["passed"], true);
    let at = created["created_at"].as_str().unwrap();
    assert!(at.len() == 24 && at.ends_with('Z'), "{at}");

    let path = path(&created);
    assert_eq!(caller.gets(&path).await.data(200), created);
    let list = caller.gets(DESTINATIONS).await.json();
    assert_eq!((&list["data"], &list["total_count"]), (&json!([created]), &json!(1)));
    let requests = app.receiver.received().totals().requests;
    let wanted =
        json!({ "name": "Renamed", "enabled": false, "privacy_mode": true, "config": { "environment": "staging" } });
    let changed = caller.patches(&path, &wanted).await.data(200);
    assert_eq!((&changed["name"], &changed["enabled"]), (&json!("Renamed"), &json!(false)));
    assert_eq!((&changed["privacy_mode"], &changed["config"]["environment"]), (&json!(true), &json!("staging")));
    assert_eq!(app.receiver.received().totals().requests, requests, "nothing of it has to be tested");
    let resumed = caller.patches(&path, &json!({ "enabled": true })).await.data(200);
    assert_eq!((&resumed["enabled"], &resumed["config"]), (&json!(true), &changed["config"]));
    let audit =
        app.database.reads("SELECT event || ' by ' || actor_kind || ' ' || actor FROM audit_log ORDER BY id").await;
    for event in ["destination_created", "destination_edited", "destination_paused", "destination_resumed"] {
        assert!(audit.contains(&format!("{event} by key Terraform")), "{event}: {audit:?}");
    }
    assert_eq!(caller.deletes(&path).await.json(), json!({ "deleted": true }));
    caller.gets(&path).await.error(404);
    assert_eq!(caller.gets(DESTINATIONS).await.json(), json!({ "data": [], "total_count": 0 }));
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn failed_test_is_answered_with_its_steps_and_stores_nothing() {
    let app = TestApp::start().await;
    let caller = Caller::of(&app, "ada@example.com").await;
    let mut body = sentry(&app, "Production");
    body["config"]["dsn"] = app.receiver.dsn().replace("7c1f", "aaaa").into();
    let (sentence, metadata) = caller.posts(DESTINATIONS, &body).await.error(400);
    assert!(sentence.contains("This key does not exist") && sentence.contains("Nothing was saved"), "{sentence}");
    let steps: Vec<_> = metadata["test"]["steps"].as_array().unwrap().iter().map(|step| &step["name"]).collect();
    assert!(steps.contains(&&json!("fields")) && steps.contains(&&json!("send_again")), "{steps:?}");
    assert_eq!((&metadata["field"], &metadata["test"]["passed"]), (&json!("config.dsn"), &json!(false)));
    body["test"] = false.into();
    caller.posts(DESTINATIONS, &body).await.error(400);
    assert_eq!(app.database.reads("SELECT id::text FROM destinations").await, Vec::<String>::new());

    let stored = caller.posts(DESTINATIONS, &sentry(&app, "Production")).await.data(201);
    caller.patches(&path(&stored), &json!({ "name": "Other", "config": body["config"] })).await.error(400);
    assert_eq!(caller.gets(&path(&stored)).await.data(200), stored);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn identical_create_within_a_minute_is_the_same_destination_and_the_sixth_of_a_kind_a_conflict() {
    let app = TestApp::start().await;
    let caller = Caller::of(&app, "ada@example.com").await;
    let first = caller.posts(DESTINATIONS, &sentry(&app, "Production")).await.data(201);
    assert_eq!(caller.posts(DESTINATIONS, &sentry(&app, "Production")).await.data(201), first);
    let mut other = sentry(&app, "Production");
    other["privacy_mode"] = true.into();
    let second = caller.posts(DESTINATIONS, &other).await.data(201);
    assert_ne!(second["id"], first["id"]);
    app.database.runs("UPDATE destinations SET created_at = created_at - interval '61 seconds'").await;
    let third = caller.posts(DESTINATIONS, &sentry(&app, "Production")).await.data(201);
    assert!(third["id"] != first["id"] && third["id"] != second["id"]);
    for name in ["Fourth", "Fifth"] {
        caller.posts(DESTINATIONS, &sentry(&app, name)).await.data(201);
    }
    let (sentence, _) = caller.posts(DESTINATIONS, &sentry(&app, "Sixth")).await.error(409);
    assert!(sentence.contains("five destinations of this kind"), "{sentence}");
    let page = caller.gets(&format!("{DESTINATIONS}?offset=3&limit=1")).await.json();
    assert_eq!((&page["total_count"], &page["data"][0]["name"]), (&json!(5), &json!("Fourth")));
    assert_eq!(page["data"].as_array().unwrap().len(), 1);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn masked_values_mean_unchanged_and_do_not_follow_to_another_server() {
    let collector = collector("Bearer 0123456789abcdef").await;
    let app = before(&collector).await;
    let caller = Caller::of(&app, "ada@example.com").await;
    let endpoint = format!("{}/v1/traces", collector.uri());
    let config =
        json!({ "endpoint": endpoint, "headers": { "Authorization": "Bearer 0123456789abcdef", "X-Team": "core" } });
    let body = json!({ "type": "otel-collector", "name": "Collector", "config": config });
    let created = caller.posts(DESTINATIONS, &body).await.data(201);
    assert_eq!(created["config"]["headers"], json!({ "authorization": "****...cdef", "x-team": "****" }));
    let path = path(&created);

    // The whole configuration, as it was read, changes nothing and is not tested.
    let asked = collector.received_requests().await.unwrap().len();
    let same = caller.patches(&path, &json!({ "config": created["config"] })).await.data(200);
    assert_eq!((&same["config"], &same["revision"]), (&created["config"], &created["revision"]));
    assert_eq!(collector.received_requests().await.unwrap().len(), asked);
    // One header is changed and another stays. The test needs the one that stays.
    let headers = json!({ "authorization": "****...cdef", "x-team": "another team of people" });
    let changed = caller.patches(&path, &json!({ "config": { "headers": headers } })).await.data(200);
    assert_eq!(changed["config"]["headers"], json!({ "authorization": "****...cdef", "x-team": "****...ople" }));
    assert!(collector.received_requests().await.unwrap().len() > asked);
    for mask in ["****...zzzz", "****...ople", "Bear...zzzz", "****"] {
        let headers = json!({ "authorization": mask, "x-team": "****...ople" });
        let (sentence, metadata) = caller.patches(&path, &json!({ "config": { "headers": headers } })).await.error(400);
        assert!(sentence.contains("masked") && metadata["field"] == "config.headers", "{mask}: {sentence} {metadata}");
    }
    // What an older version showed, and OpenRouter shows, stands for the secret, too.
    let headers = json!({ "authorization": "Bear...cdef", "x-team": "****...ople" });
    let same = caller.patches(&path, &json!({ "config": { "headers": headers } })).await.data(200);
    assert_eq!(same["config"], changed["config"]);
    let elsewhere = endpoint.replace("127.0.0.1", "localhost");
    let refused = caller.patches(&path, &json!({ "config": { "endpoint": elsewhere } })).await;
    let (sentence, metadata) = refused.error(400);
    assert!(sentence.contains("The endpoint is on another server now"), "{sentence}");
    assert_eq!(metadata["field"], "config.headers");
    // A mask is no secret of a new destination.
    let copied = json!({ "type": "otel-collector", "name": "Copy", "config": created["config"] });
    let (sentence, metadata) = caller.posts(DESTINATIONS, &copied).await.error(400);
    assert!(sentence.contains("masked") && metadata["field"] == "config.headers", "{sentence} {metadata}");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn preset_is_a_collector_with_its_name_and_its_address() {
    let tempo = MockServer::start().await;
    Mock::given(wiremock::matchers::any()).respond_with(ResponseTemplate::new(200)).mount(&tempo).await;
    let app = before(&tempo).await;
    let caller = Caller::of(&app, "ada@example.com").await;
    let config = json!({ "preset": "tempo", "endpoint": tempo.uri(), "tenant": "core" });
    let body = json!({ "type": "otel-collector", "name": "Tempo", "config": config });
    let created = caller.posts(DESTINATIONS, &body).await.data(201);
    assert_eq!(created["type"], "otel-collector");
    for (field, value) in [("preset", "tempo"), ("tenant", "core")] {
        assert_eq!(created["config"][field], value);
    }
    assert!(created["config"]["endpoint"].as_str().unwrap().starts_with(&tempo.uri()), "{created}");
    assert_eq!(app.database.reads("SELECT kind FROM destinations").await, ["tempo"]);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn webhook_gets_a_signing_secret_that_is_shown_once() {
    let hook = MockServer::start().await;
    Mock::given(wiremock::matchers::any()).respond_with(ResponseTemplate::new(200)).mount(&hook).await;
    let app = before(&hook).await;
    let caller = Caller::of(&app, "ada@example.com").await;
    let config = json!({ "url": format!("{}/traces", hook.uri()), "method": "PUT" });
    let body = json!({ "type": "webhook", "name": "Hook", "config": config });
    let created = caller.posts(DESTINATIONS, &body).await.data(201);
    assert_eq!((&created["config"]["method"], created["config"].get("secret")), (&json!("PUT"), None));
    let made = caller.posts(&format!("{}/signing-secret", path(&created)), &json!({})).await.data(201);
    let secret = made["secret"].as_str().unwrap();
    assert!(secret.starts_with("whsec_") && made["older_until"].is_null(), "{made}");
    let stored = caller.gets(&path(&created)).await.data(200);
    assert!(stored["config"]["secret"].is_string() && !stored.to_string().contains(secret), "{stored}");
    let next = caller.posts(&format!("{}/signing-secret", path(&created)), &json!({})).await.data(201);
    assert!(next["older_until"].is_string() && next["secret"] != secret, "{next}");
    let changed = caller.patches(&path(&created), &json!({ "config": { "method": "POST" } })).await.data(200);
    assert_eq!(changed["config"]["method"], "POST");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn choice_of_what_is_sent_is_stored_with_the_destination_and_cleared_by_null() {
    let app = TestApp::start().await;
    let caller = Caller::of(&app, "ada@example.com").await;
    let patterns = json!([{ "pattern": "CUST-[0-9]{6}", "action": "hash" }]);
    let chosen = json!({ "redaction": { "email": "hash", "patterns": patterns }, "fields": { "user": "hashed" } });
    let mut body = sentry(&app, "Production");
    body.as_object_mut().unwrap().extend(chosen.as_object().unwrap().clone());
    let created = caller.posts(DESTINATIONS, &body).await.data(201);
    assert_eq!((&created["redaction"]["email"], &created["redaction"]["patterns"]), (&json!("hash"), &patterns));
    assert_eq!((&created["fields"]["user"], &created["fields"]["session"]), (&json!("hashed"), &json!("as_is")));
    assert_eq!(caller.posts(DESTINATIONS, &body).await.data(201), created, "the same once more");
    let path = path(&created);
    assert_eq!(caller.patches(&path, &chosen).await.data(200), created, "nothing was changed");

    let kept = caller.patches(&path, &json!({ "redaction": null, "sampling_rate": 0.5 })).await.data(200);
    assert_eq!((&kept["redaction"]["email"], &kept["redaction"]["patterns"]), (&Value::Null, &json!([])));
    assert_eq!((&kept["fields"], &kept["sampling_rate"]), (&created["fields"], &json!(0.5)));
    let cleared = caller.patches(&path, &json!({ "fields": null })).await.data(200);
    assert_eq!((&cleared["fields"]["user"], &cleared["sampling_rate"]), (&json!("as_is"), &json!(0.5)));
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn choice_of_requests_is_stored_with_the_destination_and_cleared_by_null() {
    let app = TestApp::start().await;
    let caller = Caller::of(&app, "ada@example.com").await;
    let stranger = Caller::of(&app, "eve@example.com").await;
    let key = caller.posts("/keys", &json!({ "name": "app" })).await.data(201)["hash"].clone();
    let rule = json!({ "field": "model", "operator": "equals", "value": "openai/gpt-4o" });
    let chosen = json!({
        "sampling_rate": 0.25,
        "api_key_hashes": [key],
        "filter_rules": { "groups": [{ "logic": "and", "rules": [rule] }] },
        "daily_budget": { "requests": 5_000, "beyond": "hold" },
    });
    let mut body = sentry(&app, "Production");
    body.as_object_mut().unwrap().extend(chosen.as_object().unwrap().clone());
    let created = caller.posts(DESTINATIONS, &body).await.data(201);
    assert_eq!((&created["sampling_rate"], &created["api_key_hashes"]), (&json!(0.25), &json!([key])));
    assert_eq!(created["filter_rules"]["groups"][0]["rules"][0], rule);
    assert_eq!(created["daily_budget"], chosen["daily_budget"]);
    assert_eq!(caller.posts(DESTINATIONS, &body).await.data(201), created, "the same once more");
    let path = path(&created);
    assert_eq!(caller.patches(&path, &chosen).await.data(200), created, "nothing was changed");

    let tried = caller.posts(&format!("{path}/dry-run"), &json!({ "sampling_rate": 1 })).await.data(200);
    assert_eq!((&tried["judged"], &tried["is_whole"]), (&json!(0), &json!(true)));
    assert_eq!(tried["proposed"], json!({ "sent": 0, "always": 0, "left_out": [] }));
    assert_eq!(tried["bytes"], Value::Null);
    caller.posts(&format!("{path}/dry-run"), &json!({ "sampling_rate": 2 })).await.error(400);

    let requests = app.receiver.received().totals().requests;
    let all = json!({ "api_key_hashes": null, "filter_rules": null, "sampling_rate": 1, "daily_budget": null });
    let cleared = caller.patches(&path, &all).await.data(200);
    assert_eq!((&cleared["api_key_hashes"], &cleared["filter_rules"]), (&Value::Null, &Value::Null));
    assert_eq!(cleared["daily_budget"], Value::Null);
    assert_eq!((&cleared["sampling_rate"], &cleared["config"]), (&json!(1.0), &created["config"]));
    assert_eq!(app.receiver.received().totals().requests, requests, "it needs no test");
    let foreign = stranger.posts("/keys", &json!({ "name": "app" })).await.data(201)["hash"].clone();
    let (_, metadata) = caller.patches(&path, &json!({ "api_key_hashes": [foreign] })).await.error(400);
    assert_eq!(metadata["field"], "api_key_hashes");
    assert_eq!(caller.gets(&path).await.data(200), cleared);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn change_that_builds_on_an_older_revision_is_refused() {
    let app = TestApp::start().await;
    let caller = Caller::of(&app, "ada@example.com").await;
    let created = caller.posts(DESTINATIONS, &sentry(&app, "Production")).await.data(201);
    let path = path(&created);
    let etag = caller.request(Method::GET, &path).send().await.unwrap().headers()["etag"].clone();
    let change =
        |name: &str| caller.request(Method::PATCH, &path).header("if-match", &etag).json(&json!({ "name": name }));
    assert_eq!(read(change("First").send().await.unwrap()).await.data(200)["name"], "First");
    read(change("Second").send().await.unwrap()).await.error(412);
    let mistaken = caller.request(Method::PATCH, &path).header("if-match", &etag).json(&json!({ "sampling_rate": {} }));
    read(mistaken.send().await.unwrap()).await.error(400);
    read(caller.request(Method::DELETE, &path).header("if-match", &etag).send().await.unwrap()).await.error(412);
    assert_eq!(caller.gets(&path).await.data(200)["name"], "First");
    assert_eq!(caller.patches(&path, &json!({ "name": "Third" })).await.data(200)["name"], "Third");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn destination_of_another_account_is_as_unknown_as_none() {
    let app = TestApp::start().await;
    let caller = Caller::of(&app, "ada@example.com").await;
    let stranger = Caller::of(&app, "eve@example.com").await;
    let created = caller.posts(DESTINATIONS, &sentry(&app, "Production")).await.data(201);
    let unknown = format!("{DESTINATIONS}/0190a0b0-0000-7000-8000-000000000000");
    for id in [path(&created), unknown, format!("{DESTINATIONS}/nonsense")] {
        let answers = [
            stranger.gets(&id).await,
            stranger.patches(&id, &json!({ "name": "Mine" })).await,
            stranger.deletes(&id).await,
        ];
        for answer in answers {
            answer.error(404);
            assert_eq!(answer.text, stranger.gets(&format!("{DESTINATIONS}/x")).await.text);
        }
    }
    let foreign = format!("{DESTINATIONS}?workspace_id={}", caller.account);
    assert_eq!(stranger.gets(&foreign).await.json(), json!({ "data": [], "total_count": 0 }));
    assert_eq!(caller.gets(&path(&created)).await.data(200), created);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn mistakes_are_answered_with_the_field_and_a_sentence() {
    let app = TestApp::start().await;
    let caller = Caller::of(&app, "ada@example.com").await;
    let with = |field: &str, value: Value| {
        let mut body = sentry(&app, "Production");
        body.as_object_mut().unwrap().insert(field.to_owned(), value);
        body
    };
    for (body, field) in [
        (json!({}), "config"),
        (json!({ "config": {} }), "type"),
        (with("type", json!("nonsense")), "type"),
        (with("type", json!(["sentry"])), "type"),
        (with("name", Value::Null), "name"),
        (with("name", json!("a\u{0}b")), "name"),
        (with("name", json!("x".repeat(101))), "name"),
        (with("enabled", json!("true")), "enabled"),
        (with("privacy_mode", json!(1)), "privacy_mode"),
        (with("config", json!([])), "config"),
        (with("config", json!({ "dsn": "nonsense" })), "config.dsn"),
        (with("config", json!({ "dsn": 1 })), "config.dsn"),
        (with("config", json!({ "dsn": app.receiver.dsn(), "relay": "on" })), "config.relay"),
        (json!({ "type": "otel-collector", "name": "x", "config": { "preset": 1 } }), "config.preset"),
        (
            json!({ "type": "otel-collector", "name": "x", "config": { "endpoint": "https://x.example/v1/traces", "headers": [] } }),
            "config.headers",
        ),
        (with("sampling_rate", json!(0)), "sampling_rate"),
        (with("sampling_rate", json!("1")), "sampling_rate"),
        (with("api_key_hashes", json!([])), "api_key_hashes"),
        (with("filter_rules", json!("nonsense")), "filter_rules"),
        (with("daily_budget", json!({ "requests": 0 })), "daily_budget.requests"),
        (with("daily_budget", json!({ "requests": 5, "beyond": "drop" })), "daily_budget.beyond"),
        (with("redaction", json!({ "patterns": [{ "pattern": "(", "action": "mask" }] })), "redaction.patterns[0]"),
        (with("fields", json!({ "user": "hash" })), "fields.user"),
        (with("regions", json!([])), "regions"),
        (with("regions", json!(["eu"])), "regions"),
        (with("broadcast_generation_cost", json!("yes")), "broadcast_generation_cost"),
        (with("workspace_id", json!("0190a0b0-0000-7000-8000-000000000000")), "workspace_id"),
    ] {
        let (sentence, metadata) = caller.posts(DESTINATIONS, &body).await.error(400);
        assert_eq!(metadata["field"], field, "{body}: {sentence}");
        assert!(sentence.ends_with('.') || sentence.ends_with('?'), "{sentence}");
    }
    for query in ["limit=0", "limit=101", "limit=x", "offset=-1", "offset=99999999999999999999999"] {
        caller.gets(&format!("{DESTINATIONS}?{query}")).await.error(400);
    }
    assert_eq!(app.database.reads("SELECT id::text FROM destinations").await, Vec::<String>::new());
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn bodies_that_are_no_json_object_are_refused_before_their_fields_are_read() {
    let app = TestApp::start().await;
    let caller = Caller::of(&app, "ada@example.com").await;
    let deep = format!("{}{}", "[".repeat(10_000), "]".repeat(10_000));
    for (body, status) in [
        ("", 400),
        ("[]", 400),
        ("{", 400),
        (r#"{"name":"x","name":"y"}"#, 400),
        (r#"{"sampling_rate":1e400}"#, 400),
        (deep.as_str(), 400),
        (&"x".repeat(300 * 1024), 413),
    ] {
        let request = caller.request(Method::POST, DESTINATIONS).header("content-type", "application/json");
        read(request.body(body.to_owned()).send().await.unwrap()).await.error(status);
    }
    let form = caller.request(Method::POST, DESTINATIONS).header("content-type", "text/plain").body("{}");
    read(form.send().await.unwrap()).await.error(415);
    assert_eq!(app.database.reads("SELECT id::text FROM destinations").await, Vec::<String>::new());
    app.stop().await;
}
