//! Dead letters: picked, sent again, dropped.

use super::Scene;
use crate::api::caller::Caller;

/// A scene whose destination refused these requests for good.
async fn refused(requests: usize) -> (Scene, Vec<String>) {
    let scene = Scene::new().await;
    let mut ids = Vec::new();
    for number in 0..requests {
        ids.push(scene.asks(&format!("Number {number}")).await);
    }
    let recorded = format!("SELECT (count(*) = {requests})::text FROM completed_requests");
    for attempt in 0.. {
        if scene.app.database.reads(&recorded).await == ["true"] {
            break;
        }
        assert!(attempt < 3_000, "the requests are never recorded");
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    scene
        .app
        .database
        .runs(
            "INSERT INTO dead_letters (account_id, destination_id, xid, position, generation_id, recorded_at, reason, status, answer)
             SELECT r.account_id, d.id, r.xid, r.position, r.generation_id, r.recorded_at, 'refused', 400, 'too <large>'
             FROM completed_requests r, destinations d",
        )
        .await;
    (scene, ids)
}

#[tokio::test(flavor = "multi_thread")]
async fn dead_letters_are_picked_replayed_and_dropped_with_an_entry_in_the_audit_log() {
    let (scene, ids) = refused(2).await;
    let path = format!("{}/dead-letters", scene.destination);
    let page = scene.app.gets(&scene.cookie, &path).await.text;
    for id in &ids {
        assert!(
            page.contains(&format!("href=\"/activity/{id}\"")) && page.contains(&format!("value=\"{id}\"")),
            "{page}"
        );
    }
    assert!(page.contains("too &#60;large&#62;"), "{page}");
    let nothing = scene.app.posts_form(&scene.cookie, &path, &[("do", "drop")]).await;
    assert!(nothing.status == 422 && nothing.text.contains("Pick at least one dead letter."), "{}", nothing.text);
    let picked = [("pick", ids[0].as_str()), ("pick", ids[1].as_str()), ("do", "replay")];
    let replay = scene.app.posts_form(&scene.cookie, &path, &picked).await;
    assert_eq!(replay.status, 303);
    let form = scene.app.gets(&scene.cookie, &replay.location).await.text;
    assert!(ids.iter().all(|id| form.contains(id)), "{}: {form}", replay.location);

    let pick = ("pick", ids[0].as_str());
    let asked = scene.app.posts_form(&scene.cookie, &path, &[pick, ("do", "drop")]).await;
    assert!(asked.status == 200 && asked.text.contains("Drop 1 dead letter?"), "{}", asked.text);
    let dropped = scene.app.posts_form(&scene.cookie, &path, &[pick, ("do", "dropped")]).await;
    assert_eq!((dropped.status, dropped.location.as_str()), (303, path.as_str()));
    let page = scene.app.gets(&scene.cookie, &path).await.text;
    assert!(!page.contains(&ids[0]) && page.contains(&ids[1]), "{page}");
    let receipt = scene.reads_until(&format!("/activity/{}", ids[0]), "Dead letter").await;
    assert!(receipt.contains("It was dropped at "), "{receipt}");
    let log = scene.app.gets(&scene.cookie, "/settings/account/audit?event=dead_letters_dropped").await.text;
    assert!(log.contains("Dead letters dropped") && log.contains("ada@example.com"), "{log}");
    scene.ends().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn dead_letter_is_dropped_by_a_program_once() {
    let (scene, ids) = refused(1).await;
    let caller = Caller::of_person(&scene.app, "ada@example.com").await;
    let path = format!("{}/dead-letters/{}", scene.destination.trim_start_matches("/settings"), ids[0]);
    caller.deletes(&path).await.json();
    caller.deletes(&path).await.error(404);
    caller.deletes(&path.replace("gen-", "%00")).await.error(404);
    scene.ends().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn attempts_are_narrowed_to_those_that_failed() {
    let scene = Scene::new().await;
    scene
        .app
        .database
        .runs(
            "INSERT INTO deliveries (account_id, destination_id, id, started_at, duration_ms, requests, bytes, outcome, answer)
             SELECT account_id, id, gen_random_uuid(), now() - n * interval '1 second', 5, 1, 100,
                    CASE n % 3 WHEN 0 THEN 'timed_out' ELSE 'delivered' END, 'attempt-' || n
             FROM destinations, generate_series(100, 399) n",
        )
        .await;
    let page = scene.app.gets(&scene.cookie, &format!("{}?show=failed", scene.deliveries())).await.text;
    let list = page.split_once("id=\"attempts\"").unwrap().1;
    assert!(list.contains("attempt-102") && !list.contains("attempt-101"), "{list}");
    let older = list.split_once("\">Older</a>").unwrap().0.rsplit('"').next().unwrap().replace("&#38;", "&");
    let page = scene.app.gets(&scene.cookie, &older).await.text;
    assert!(page.contains("attempt-252") && !page.contains("attempt-251"), "{older}: {page}");
    let page = scene.app.gets(&scene.cookie, &format!("{}?show=dead-letters", scene.deliveries())).await.text;
    assert!(page.contains("None of the 20,000 attempts that were looked at."), "{page}");
    assert_eq!(scene.app.gets(&scene.cookie, &format!("{}?show=all", scene.deliveries())).await.status, 404);
    scene.ends().await;
}
