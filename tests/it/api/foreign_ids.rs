//! Every operation that names a thing, with the names of another account's things: one without a row in the table fails the test.

use reqwest::Method;
use serde_json::{Value, json};

use super::caller::Caller;
use crate::support::app::{TestApp, read};

/// What an account has, and what nobody has.
struct Things {
    /// Where the operations on such things begin.
    path: &'static str,
    foreign: String,
    unknown: &'static str,
}

const UNKNOWN: &str = "0190a0b0-0000-7000-8000-000000000000";
const UNKNOWN_GENERATION: &str = "gen-1764512345-AAAAAAAAAAAAAAAAAAAA";
const UNKNOWN_HASH: &str = "00000000000000000000000000000000000000000000000000000000000000aa";

async fn things(app: &TestApp, owner: &Caller) -> Vec<Things> {
    let config = json!({ "dsn": app.receiver.dsn(), "otlpEndpoint": app.receiver.endpoint() });
    let destination = json!({ "type": "sentry", "name": "Production", "config": config });
    owner.posts("/observability/destinations", &destination).await.data(201);
    owner.posts("/invitations", &json!({ "role": "member" })).await.data(201);
    let key = owner.posts("/keys", &json!({ "name": "app" })).await.json()["key"].as_str().unwrap().to_owned();
    let question = json!({ "model": "demo/echo", "messages": [{ "role": "user", "content": "Hello" }] });
    let asked = app.asks(&key, &question.to_string()).await.json()["id"].as_str().unwrap().to_owned();
    recorded(app).await;
    let mut things = vec![Things { path: "/observability/receipts", foreign: asked, unknown: UNKNOWN_GENERATION }];
    for (path, member, unknown) in [
        ("/observability/destinations", "id", UNKNOWN),
        ("/keys", "hash", UNKNOWN_HASH),
        ("/members", "id", UNKNOWN),
        ("/invitations", "id", UNKNOWN),
        ("/workspaces", "id", UNKNOWN),
    ] {
        let foreign = owner.gets(path).await.json()["data"][0][member].as_str().unwrap().to_owned();
        things.push(Things { path, foreign, unknown });
    }
    things
}

/// A request is in the log a moment after its answer.
async fn recorded(app: &TestApp) {
    while app.database.reads("SELECT count(*)::text FROM completed_requests").await != ["1"] {
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
}

/// The operations with a name in their path, but those on models, which belong to nobody.
fn operations(document: &Value) -> Vec<(Method, String)> {
    let of_path = |(path, methods): (&String, &Value)| {
        let methods: Vec<_> = methods.as_object().unwrap().keys().map(|method| method.to_uppercase()).collect();
        methods.into_iter().map(|method| (method.parse().unwrap(), path.clone())).collect::<Vec<_>>()
    };
    let all = document["paths"].as_object().unwrap().iter().flat_map(of_path);
    all.filter(|(_, path)| path.contains('{') && !path.starts_with("/models/")).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn operation_with_the_name_of_a_foreign_thing_is_answered_as_with_one_of_nothing() {
    let app = TestApp::start().await;
    let owner = Caller::of(&app, "ada@example.com").await;
    let stranger = Caller::of(&app, "eve@example.com").await;
    let things = things(&app, &owner).await;
    let rows = "SELECT md5(string_agg(t::text, '' ORDER BY t::text)) FROM
                    (SELECT d::text FROM destinations d UNION ALL SELECT m::text FROM members m
                     UNION ALL SELECT i::text FROM invitations i UNION ALL SELECT name || broadcast_enabled FROM accounts
                     UNION ALL SELECT name || coalesce(disabled_at, revoked_at)::text FROM api_keys) t";
    let before = app.database.reads(rows).await;
    // Good for every operation that takes one.
    let body =
        json!({ "role": "member", "name": "Mine", "disabled": true, "is_observability_broadcast_enabled": true });
    let operations = operations(&stranger.gets("/openapi.json").await.json());
    assert!(operations.len() > 15, "{operations:?}");
    for (method, path) in operations {
        let thing = things.iter().find(|things| path.starts_with(things.path));
        let thing = thing.unwrap_or_else(|| panic!("{path} has no row in the table"));
        let (begin, end) = (path.find('{').unwrap(), path.find('}').unwrap() + 1);
        let mut answers = Vec::new();
        for name in [&thing.foreign, thing.unknown] {
            let path = format!("{}{name}{}", &path[..begin], &path[end..]);
            answers.push(read(stranger.request(method.clone(), &path).json(&body).send().await.unwrap()).await);
        }
        answers[0].error(404);
        assert_eq!(answers[0].text, answers[1].text, "{method} {path}");
    }
    assert_eq!(app.database.reads(rows).await, before);
    app.stop().await;
}
