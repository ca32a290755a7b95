//! What the receiver shows differently, on the page of each delivery.

use std::time::Duration;

use serde_json::json;

use super::Scene;

#[tokio::test(flavor = "multi_thread")]
async fn delivery_says_of_each_request_what_the_receiver_shows_differently_to_nobody_else() {
    let scene = Scene::new().await;
    let plain = scene.asks("hello").await;
    let older = newest_path(&scene, "").await;
    let page = scene.app.gets(&scene.cookie, &older).await.text;
    assert!(page.contains(&plain) && page.contains("Nothing differs"), "{page}");

    let body = json!({
        "model": "demo/echo", "messages": [{ "role": "user", "content": "hello" }], "user": "auth0|5f7c8ec7",
        "trace": { "environment": "eu/prod", "author": "<b>ada</b>", "parent_span_id": "none" },
    });
    assert_eq!(scene.app.asks(&scene.key, &body.to_string()).await.status, 200);
    let newest = newest_path(&scene, &older).await;
    let page = scene.app.gets(&scene.cookie, &newest).await.text;
    for words in [
        "replaces the user: all such users become one",
        "The environment is shown as eu-prod",
        "replaces the value of trace.metadata.author",
        "parent_span_id is not 16 hexadecimal digits",
    ] {
        assert!(page.contains(words), "{words}: {page}");
    }
    assert!(!page.contains(&plain) && !page.contains("<b>ada"), "{page}");

    let stranger = scene.app.signs_up("eve@example.com").await;
    assert_eq!(scene.app.gets(&stranger, &newest).await.status, 404);
    let other = newest.replace(&newest[newest.len() - 4..], "0000");
    assert_eq!(scene.app.gets(&scene.cookie, &other).await.status, 404);
    scene.ends().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn delivery_names_the_rule_that_leaves_a_request_out() {
    let scene = Scene::new().await;
    scene
        .app
        .database
        .runs(
            r#"UPDATE destinations SET selection = '{"version":1,"filter_rules":{"enabled":true,"groups":[{"logic":"and",
               "rules":[{"field":"environment","operator":"equals","value":"production"}]}]}}'"#,
        )
        .await;
    let request = scene.asks("hello").await;
    let page = scene.reads_until(&scene.deliveries(), "1 request left out: a filter rule does not hold").await;
    assert!(page.contains("Left out"), "{page}");
    let page = scene.app.gets(&scene.cookie, &newest_path(&scene, "").await).await.text;
    assert!(page.contains(&request) && page.contains("Left out: Rule 1."), "{page}");
    scene.ends().await;
}

/// The page of the newest delivery, as soon as that is not this one.
async fn newest_path(scene: &Scene, older: &str) -> String {
    for _ in 0..600 {
        let page = scene.app.gets(&scene.cookie, &scene.deliveries()).await.text;
        let first = page.split_once("\">Its requests").and_then(|(before, _)| before.rsplit('"').next());
        if let Some(path) = first.filter(|path| *path != older) {
            return path.to_owned();
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("no delivery came behind `{older}`")
}
