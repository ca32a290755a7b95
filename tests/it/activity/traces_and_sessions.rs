//! Requests that share a trace or a session, on one page.

use serde_json::{Value, json};

use super::{Scene, link, named};
use crate::security::members::joins;

const QUESTION: &str = "Why does the canary sing?";

/// Asks in a session, and gives what was answered.
async fn says(scene: &mut Scene, messages: Value) -> String {
    let body = json!({ "model": "demo/echo", "session_id": "s/1 ü", "user": "grace", "messages": messages });
    let answer = scene.app.asks(&scene.key, &body.to_string()).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    scene.asked += 1;
    let answer: Value = serde_json::from_str(&answer.text).unwrap();
    answer["choices"][0]["message"]["content"].as_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn trace_page_draws_the_requests_that_share_it_and_none_of_others() {
    let mut scene = Scene::new().await;
    let one = scene.asks(&named("Plan", r#","trace_id":"incident-7","parent_span_id":"9f1c0b72a4d6e853""#)).await;
    let two = scene.asks(&named("Act", r#","trace_id":"incident-7""#)).await;
    let other = scene.asks(&named("Else", "")).await;
    let stranger = scene.app.signs_up("eve@example.com").await;
    let key = scene.app.creates_key(&stranger).await;
    scene.key = key;
    let foreign = scene.asks(&named("Foreign", r#","trace_id":"incident-7""#)).await;
    scene.is_counted().await;
    let request = scene.gets(&format!("/{one}")).await.text;
    let path = request.split("href=\"/activity/traces/").nth(1).unwrap().split('"').next().unwrap();
    let page = scene.gets(&format!("/traces/{path}")).await;
    assert_eq!(page.status, 200, "{}", page.text);
    let page = page.text;
    for words in ["<h1>incident-7</h1>", "None failed", path, "<dd>2</dd>", "9f1c0b72a4d6e853", &one, &two] {
        assert!(page.contains(words), "{words}: {page}");
    }
    assert!(!page.contains(&other) && !page.contains(&foreign), "{page}");
    assert!(page.find(&one) < page.find(&two), "the oldest first");
    assert_eq!(scene.gets("/traces/incident-7").await.text, page, "the caller's own name leads there as well");
    let list = link(&page, "Its requests in a list").replace("/activity", "");
    assert_eq!(scene.lists(&list).await, ["Act", "Plan"]);

    let gone = scene.gets("/traces/incident-8").await;
    assert!(gone.status == 404 && gone.text.contains("This trace is not kept"), "{}", gone.text);
    let theirs = scene.app.gets(&stranger, &format!("/activity/traces/{path}")).await.text;
    assert!(theirs.contains(&foreign) && !theirs.contains(&one), "{theirs}");
    scene.app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn session_page_shows_what_each_turn_adds_to_those_who_may_read_it() {
    let mut scene = Scene::new().await;
    let bob = joins(&scene.app, &scene.cookie, "member", "bob@example.com").await;
    says(&mut scene, json!([{ "role": "user", "content": "While Broadcast is off." }])).await;
    scene.app.switches(&scene.cookie, "on").await;
    scene.app.connects(&scene.cookie).await;
    let asked = json!({ "role": "user", "content": QUESTION });
    let answer = says(&mut scene, json!([asked])).await;
    let again = json!([asked, { "role": "assistant", "content": answer }, { "role": "user", "content": "And now?" }]);
    says(&mut scene, again).await;
    scene.is_counted().await;
    let list = scene.gets("").await.text;
    assert_eq!(link(&list, "s/1 ü"), "/activity/sessions/s%2F1%20%C3%BC");

    let page = scene.gets("/sessions/s%2F1%20%C3%BC").await;
    assert_eq!(page.status, 200, "{}", page.text);
    let page = page.text;
    for words in
        ["<h1>s/1 ü</h1>", "Not recorded: Broadcast was off", "2 messages that this request repeats", "And now?"]
    {
        assert!(page.contains(words), "{words}: {page}");
    }
    for words in [">grace<", "key app", "Requests 1 to 3 of 3<", "The session in time", "Broadcast was off<"] {
        assert!(page.contains(words), "{words}: {page}");
    }
    assert_eq!(page.matches(QUESTION).count(), 2, "asked once, and repeated by the echo once: {page}");
    let all = scene.gets("/sessions/s%2F1%20%C3%BC?show=all").await.text;
    assert!(all.matches(QUESTION).count() == 4 && !all.contains("request repeats"), "{all}");

    let reads = "SELECT actor FROM audit_log WHERE event = 'content_read'";
    let before = scene.app.database.reads(reads).await;
    // The hour may have changed between the pages.
    assert!((2..=4).contains(&before.len()), "those of two requests: {before:?}");
    let sealed = scene.app.gets(&bob, "/activity/sessions/s%2F1%20%C3%BC").await.text;
    assert!(sealed.contains("Only admins read conversations here") && !sealed.contains(QUESTION), "{sealed}");
    assert_eq!(sealed.matches("class=\"turn\"").count(), 3, "turns keep their places: {sealed}");
    assert_eq!(scene.app.database.reads(reads).await, before);
    let gone = scene.gets("/sessions/unknown").await;
    assert!(gone.status == 404 && gone.text.contains("This session is not kept"), "{}", gone.text);
    assert_eq!(scene.gets("/sessions/%00").await.text, gone.text);
    scene.app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn long_sessions_have_pages_of_twenty_requests() {
    let mut scene = Scene::new().await;
    says(&mut scene, json!([{ "role": "user", "content": QUESTION }])).await;
    scene.is_counted().await;
    scene
        .app
        .database
        .runs(
            "INSERT INTO request_facts
             SELECT (f).account_id, (f).recorded_at, (f).xid, (f).position + 1000 * n, (f).completed_at + n * interval '1 ms',
                    (f).trace_key, (f).session_key, NULL, 5, NULL, NULL, NULL, 0.25, (f).trace_id, NULL, 502, true, 'failed',
                    'gen-copy-' || n, 'copy' || n, 'm', NULL, NULL, (f).session_id, NULL
             FROM (SELECT f FROM request_facts f) f, generate_series(1, 1005) n",
        )
        .await;
    let page = scene.gets("/sessions/s%2F1%20%C3%BC").await.text;
    assert!(page.contains("Requests 1 to 20 of the newest 1,000; there are older ones"), "{page}");
    assert!(page.contains("1,000 failed") && page.contains("$250.00"), "{page}");
    let next = link(&page, "Show the next 20").replace("/activity", "");
    let page = scene.gets(&next).await.text;
    assert!(page.contains("Requests 21 to 40 of") && page.contains(">21. copy"), "{page}");
    assert_eq!(link(&page, "The first"), "/activity/sessions/s%2F1%20%C3%BC");
    for nowhere in ["?from=1-1", "?from=yesterday"] {
        assert_eq!(scene.gets(&format!("/sessions/s%2F1%20%C3%BC{nowhere}")).await.status, 404, "{nowhere}");
    }
    scene.app.stop().await;
}
