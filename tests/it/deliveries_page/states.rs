//! The state of a destination in words, with what the receiver said and what to do.

use serde_json::json;
use wiremock::ResponseTemplate;

use super::{OBSERVABILITY, Scene};
use crate::support::app::TestApp;

/// What a hostile receiver would like to run on our pages.
const CANARY: &str = "<script>alert('canary')</script>";

#[tokio::test(flavor = "multi_thread")]
async fn a_failing_receiver_is_told_with_its_own_words_and_none_of_them_is_markup() {
    let scene = Scene::new().await;
    let page = scene.app.gets(&scene.cookie, &scene.deliveries()).await;
    assert_eq!(page.status, 200);
    assert!(page.text.contains("Nothing was sent. Send a request with an API key"), "{}", page.text);
    scene
        .receiver
        .answers(|_| ResponseTemplate::new(503).set_body_json(json!({ "detail": format!("back at ten {CANARY}") })));
    scene.asks("hello").await;
    for path in [OBSERVABILITY, &scene.deliveries()] {
        let page = scene.reads_until(path, "Failing").await;
        assert!(page.contains("back at ten"), "{page}");
        assert!(page.contains("It is tried again by itself"), "{page}");
        assert!(page.contains("Next attempt <time datetime=\""), "{page}");
        assert!(page.contains("1 request, the oldest for"), "{page}");
        assert!(!page.contains(CANARY) && page.contains("canary"), "{page}");
    }
    let page = scene.reads_until(&scene.deliveries(), "Receiver not available").await;
    assert!(page.contains("HTTP 503") && page.contains("1 request<"), "{page}");

    scene.receiver.answers(|_| ResponseTemplate::new(200));
    let page = scene.reads_until(&scene.deliveries(), "state-good\">Delivered").await;
    assert!(page.contains("Healthy") && page.contains(">Nothing<"), "{page}");
    assert!(scene.reads_until(OBSERVABILITY, "Last delivery").await.contains("Healthy"));
    scene.ends().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_has_to_do_something_reads_what() {
    let scene = Scene::new().await;
    scene.receiver.answers(|_| ResponseTemplate::new(403).set_body_string("event submission rejected: ProjectId"));
    scene.asks("hello").await;
    for path in [OBSERVABILITY, &scene.deliveries()] {
        let page = scene.reads_until(path, "Needs attention").await;
        assert!(page.contains("This key does not exist, is disabled, or belongs to another project."), "{page}");
        assert!(page.contains("event submission rejected: ProjectId"), "{page}");
        assert!(page.contains("when an admin presses Test Connection"), "{page}");
    }
    assert!(scene.reads_until(&scene.deliveries(), "HTTP 403").await.contains("Not allowed"));
    scene.ends().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_is_refused_alone_is_listed_with_the_reason_and_the_others_go_on() {
    let scene = Scene::new().await;
    scene.receiver.answers(|body| {
        let refused = ResponseTemplate::new(400).set_body_string(format!("no thanks {CANARY}"));
        if body.contains("poisonous") { refused } else { ResponseTemplate::new(200) }
    });
    let poisonous = scene.asks("poisonous words").await;
    let harmless = scene.asks("harmless words").await;
    let page = scene.reads_until(&scene.deliveries(), "state-good\">Delivered").await;
    assert!(!page.contains(&harmless), "{page}");
    let page = scene.reads_until(&scene.deliveries(), "Dead letters").await;
    let letters = page.split_once("id=\"dead-letters\"").unwrap().1;
    assert!(letters.contains(&poisonous) && !letters.contains(&harmless), "{letters}");
    assert!(letters.contains("The receiver refuses this request."), "{letters}");
    assert!(letters.contains("HTTP 400") && letters.contains("no thanks"), "{letters}");
    assert!(!page.contains(CANARY), "{page}");
    let page = scene.reads_until(OBSERVABILITY, "Dead letters: 1 request").await;
    assert!(page.contains("Healthy"), "{page}");
    scene.ends().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_lost_is_told_to_the_account_whose_it_was_until_the_retention_forgets_it() {
    let app = TestApp::start().await;
    let cookie = app.signs_up("ada@example.com").await;
    let lose = |ago: &str, requests: i32| {
        format!(
            "INSERT INTO losses (account_id, id, told_at, requests)
             SELECT id, gen_random_uuid(), now() - interval '{ago}', {requests} FROM accounts"
        )
    };
    app.database.runs(&lose("8 days", 5)).await;
    assert!(!app.gets(&cookie, OBSERVABILITY).await.text.contains("could not be recorded"));
    app.database.runs(&lose("1 hour", 1_200)).await;
    app.database.runs(&lose("1 minute", 34)).await;
    let page = app.gets(&cookie, OBSERVABILITY).await.text;
    assert!(page.contains("1,234 requests of the last 7 days could not be recorded."), "{page}");
    let stranger = app.signs_up("eve@example.com").await;
    assert!(!app.gets(&stranger, OBSERVABILITY).await.text.contains("could not be recorded"));
    app.stop().await;
}
