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
    assert_pages(&scene, "dead-letters", "<code>letter-").await;
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

#[tokio::test(flavor = "multi_thread")]
async fn observability_counts_the_last_day_of_each_destination_by_the_hour() {
    let scene = Scene::new().await;
    let page = scene.app.gets(&scene.cookie, OBSERVABILITY).await.text;
    assert!(page.contains("nothing sent in 24 hours"), "{page}");
    let attempt = |requests: u32, outcome: &str| {
        format!(
            "INSERT INTO deliveries (account_id, destination_id, id, started_at, duration_ms, requests, bytes, outcome)
             SELECT account_id, id, gen_random_uuid(), now() - interval '1 second', 5, {requests}, 100, '{outcome}'
             FROM destinations"
        )
    };
    for (requests, outcome) in [(1_200, "delivered"), (34, "delivered_in_part"), (9, "timed_out"), (5, "left_out")] {
        scene.app.database.runs(&attempt(requests, outcome)).await;
    }
    let page = scene.app.gets(&scene.cookie, OBSERVABILITY).await.text;
    assert!(page.contains("the last 24 hours: 1,234 delivered, 1 failed attempt\""), "{page}");
    assert!(page.contains("<span>1,234 in 24 hours</span>"), "{page}");
    scene.ends().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn deliveries_tell_the_last_day_by_its_requests_and_by_what_they_waited() {
    let scene = Scene::new().await;
    let page = scene.app.gets(&scene.cookie, &scene.deliveries()).await.text;
    assert!(!page.contains("in 24 hours"), "{page}");
    // Of 100 requests one waited for a minute, four for 20 seconds, 40 for 3 and the rest for half a second.
    for (hours_ago, requests, outcome, delay_ms) in [
        (0, 55, "delivered", "500"),
        (0, 40, "delivered_in_part", "3000"),
        (2, 4, "delivered", "20000"),
        (23, 1, "delivered", "60000"),
        (23, 7, "timed_out", "NULL"),
        (25, 1_000, "delivered", "9000000"),
        (0, 1_000, "left_out", "NULL"),
    ] {
        let row = format!(
            "INSERT INTO deliveries (account_id, destination_id, id, started_at, duration_ms, requests, bytes, outcome, oldest_delay_ms)
             SELECT account_id, id, gen_random_uuid(), now() - interval '{hours_ago} hours 1 minute', 5, {requests}, 100,
                    '{outcome}', {delay_ms} FROM destinations"
        );
        scene.app.database.runs(&row).await;
    }
    let page = scene.app.gets(&scene.cookie, &scene.deliveries()).await.text;
    for figure in [
        "<dt>Half within</dt><dd>500 ms",
        "<dt>95 % within</dt><dd>3.00 s",
        "<dt>Fresh</dt><dd>95 %",
        "<dt>Delivered</dt><dd>100<small>in 24 hours; 7 in failed attempts",
    ] {
        assert!(page.contains(figure), "{figure}: {page}");
    }
    let numbers = page.split_once("<tbody>").unwrap().1.split_once("</tbody>").unwrap().0;
    let rows: Vec<_> = numbers.split("<tr>").skip(1).map(|row| row.matches("<td class=\"number\"").count()).collect();
    assert_eq!(rows, [4, 4, 4], "{numbers}");
    let newest = numbers.split("<tr>").nth(1).unwrap();
    assert!(
        newest.contains(">95</td>") && newest.contains(">500 ms</td>") && newest.contains(">3.00 s</td>"),
        "{newest}"
    );
    scene.ends().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn observability_offers_a_filter_by_state_to_whoever_has_more_than_twenty_destinations() {
    let scene = Scene::new().await;
    let more = "WITH more AS (
                  INSERT INTO destinations (account_id, id, kind, name, enabled, settings, masked, secrets, target, last_test)
                  SELECT account_id, gen_random_uuid(), kind, 'Copy ' || n, n <> 7, settings, masked, secrets, target, last_test
                  FROM destinations, generate_series(1, 20) n RETURNING account_id, id)
                INSERT INTO cursors (account_id, destination_id, since, xid)
                SELECT account_id, id, clock_timestamp(), pg_snapshot_xmin(pg_current_snapshot()) FROM more";
    scene.app.database.runs(more).await;
    let page = scene.app.gets(&scene.cookie, OBSERVABILITY).await.text;
    for choice in [">All 21</a>", ">Healthy 20</a>", ">Paused 1</a>"] {
        assert!(page.contains(choice), "{choice} is not in {page}");
    }
    let paused = scene.app.gets(&scene.cookie, &format!("{OBSERVABILITY}?state=paused")).await.text;
    assert!(paused.contains("Copy 7<") && !paused.contains("Copy 8<"), "{paused}");
    assert!(paused.contains("?state=paused\" aria-current=\"true\""), "{paused}");
    let unknown = scene.app.gets(&scene.cookie, &format!("{OBSERVABILITY}?state=%00")).await;
    assert!(unknown.status == 200 && unknown.text.contains("Copy 8<"), "{}", unknown.text);
    scene.ends().await;
}
