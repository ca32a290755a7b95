//! The delivery log page by page, and what waits.

use std::collections::BTreeSet;

use super::{OBSERVABILITY, Scene};

#[tokio::test(flavor = "multi_thread")]
async fn older_attempts_follow_page_by_page_each_once_also_those_of_the_same_instant() {
    let scene = Scene::new().await;
    scene
        .app
        .database
        .runs(
            "INSERT INTO deliveries (account_id, destination_id, id, started_at, duration_ms, requests, bytes, outcome, answer)
             SELECT account_id, id, gen_random_uuid(), now() - (n / 40) * interval '1 second', 5, 1, 100, 'timed_out', 'attempt-' || n
             FROM destinations, generate_series(1000, 1119) n",
        )
        .await;
    assert_pages(&scene, "attempts", "attempt-").await;
    scene.ends().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn older_dead_letters_follow_page_by_page_each_once_also_those_of_the_same_commit() {
    let scene = Scene::new().await;
    scene
        .app
        .database
        .runs(
            "INSERT INTO dead_letters (account_id, destination_id, xid, position, generation_id, recorded_at, reason)
             SELECT account_id, id, (n / 40)::text::xid8, 60 - n % 120, 'letter-' || n, now(), 'refused'
             FROM destinations, generate_series(1000, 1119) n",
        )
        .await;
    assert_pages(&scene, "dead-letters", "letter-").await;
    scene.ends().await;
}

/// Follows the links to older rows of a list, each of which is told by a number of four digits behind `mark`.
async fn assert_pages(scene: &Scene, list: &str, mark: &str) {
    let (mut path, mut sizes, mut seen) = (scene.deliveries(), Vec::new(), BTreeSet::new());
    loop {
        let page = scene.app.gets(&scene.cookie, &path).await;
        assert_eq!(page.status, 200, "{}", page.text);
        let list = page.text.split_once(&format!("id=\"{list}\"")).unwrap().1.split("</section>").next().unwrap();
        let shown: Vec<String> = list.split(mark).skip(1).map(|rest| rest[..4].to_owned()).collect();
        assert_eq!(list.contains(">Newest</a>"), !seen.is_empty());
        sizes.push(shown.len());
        seen.extend(shown);
        let Some((before, _)) = list.split_once("\">Older</a>") else { break };
        before.rsplit('"').next().unwrap().clone_into(&mut path);
    }
    assert_eq!(sizes, [50, 50, 20]);
    assert_eq!(seen.len(), 120);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_waits_is_counted_up_to_ten_thousand() {
    let scene = Scene::new().await;
    let paused = scene.app.posts_form(&scene.cookie, &format!("{}/pause", scene.destination), &[]).await;
    assert_eq!(paused.status, 303);
    for words in ["one", "two"] {
        scene.asks(words).await;
    }
    for path in [OBSERVABILITY, &scene.deliveries()] {
        let page = scene.reads_until(path, "2 requests, the oldest for").await;
        assert!(page.contains("Paused") && page.contains("Requests wait until an admin resumes it."), "{page}");
    }
    scene
        .app
        .database
        .runs(
            "INSERT INTO completed_requests (account_id, completed_at, generation_id, model, status, broadcast, format, payload)
             SELECT account_id, completed_at, 'gen-copy-' || n, model, status, broadcast, format, payload
             FROM (SELECT * FROM completed_requests LIMIT 1) r, generate_series(1, 10000) n",
        )
        .await;
    scene.app.database.runs("UPDATE cursors SET expired = 1234").await;
    for path in [OBSERVABILITY, &scene.deliveries()] {
        let page = scene.reads_until(path, "10,000+ requests, the oldest for").await;
        assert!(page.contains("1,234 requests"), "{page}");
    }
    scene.ends().await;
}
