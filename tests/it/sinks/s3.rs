//! The kind `s3` against moto, which verifies signatures and rights.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{eventually, reaching};
use crate::five_steps::request;
use crate::support::foreign_receiver::{ForeignReceiver, Script};

const STORE: Script = Script { name: "store.py", packages: &["moto[s3,iam,server]==5.2.5"], is_large: false };

const S3: &str = "/settings/observability/s3";

#[tokio::test(flavor = "multi_thread")]
async fn s3_gets_an_object_for_each_request_and_refuses_wrong_keys() {
    let Some(mut store) = ForeignReceiver::start(STORE) else { return };
    let (app, cookie) = reaching(store.address()).await;
    let (endpoint, id, secret) =
        (store.told["endpoint"].clone(), store.told["id"].clone(), store.told["secret"].clone());
    let form = |id: &str, secret: &str, bucket: &str| {
        let values = [
            ("name", "Store"),
            ("bucketName", bucket),
            ("accessKeyId", id),
            ("secretAccessKey", secret),
            ("endpoint", &endpoint),
            ("pathTemplate", "{prefix}/{apiKeyName}/{year}"),
        ];
        values.map(|(name, value)| (name, value.to_owned()))
    };
    let submit = async |values: [(&str, String); 6]| {
        let values = values.each_ref().map(|(name, value)| (*name, value.as_str()));
        app.posts_form(&cookie, S3, &values).await
    };

    for (values, words) in [
        (form(&id, "another secret access key", "my-traces"), "does not belong to this access key id"),
        (form("AKIAIOSFODNN7EXAMPLE", &secret, "my-traces"), "does not know this access key id"),
        (form(&id, &secret, "your-traces"), "no bucket of this name"),
        (form(&id, &secret, "my/traces"), "Bucket must be 3 to 63"),
    ] {
        let refused = submit(values).await;
        assert!(refused.status == 422 && refused.text.contains(words), "{words}: {}", refused.text);
    }
    let stored = submit(form(&id, &secret, "my-traces")).await;
    assert_eq!(stored.status, 303, "{}", stored.text);
    let objects: BTreeMap<String, String> = store.asks("");
    assert_eq!(objects.len(), 1, "{objects:?}");
    assert!(objects.keys().all(|name| name.ends_with("/tracecast-connection-test.json")), "{objects:?}");

    let key = app.creates_key(&cookie).await;
    for _ in 0..3 {
        assert_eq!(app.asks(&key, &request()).await.status, 200);
    }
    let objects = eventually("three objects", async || {
        let objects: BTreeMap<String, String> = store.asks("");
        (objects.len() == 4).then_some(objects)
    })
    .await;
    let (name, body) = objects.iter().find(|(name, _)| !name.ends_with("connection-test.json")).unwrap();
    let parts: Vec<_> = name.split('/').collect();
    assert!(parts[0] == "openrouter-traces" && parts[1] == "app" && parts[2].starts_with("20"), "{name}");
    let document: Value = serde_json::from_str(body).unwrap();
    assert!(name.contains(document["id"].as_str().unwrap()), "{name}");
    assert_eq!(document["name"], "Error Analysis Agent");
    let generation = document["observations"].as_array().unwrap().iter().find(|it| it["type"] == "GENERATION").unwrap();
    assert_eq!(generation["name"], "Analyze Stack Trace");
    assert!(generation["usage"]["total"].as_u64().is_some_and(|total| total > 0), "{generation}");
    assert!(generation["input"][0]["parts"].is_array(), "{generation}");
    app.stop().await;
}
