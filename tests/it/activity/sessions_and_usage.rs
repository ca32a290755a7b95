//! Sessions in a list, and what requests cost.

use super::{Scene, link, named};
use crate::support::app::Answer;

fn rows(answer: &Answer) -> Vec<String> {
    assert_eq!(answer.status, 200, "{}", answer.text);
    let list = answer.text.split_once("<tbody>").map_or("", |(_, list)| list);
    // The numbers behind a chart have a table of their own, before this one.
    let list = list.rsplit_once("<tbody>").map_or(list, |(_, list)| list);
    let cells = list.split("class=\"table-name\">").skip(1);
    let text = |cell: &str| cell.trim_start_matches(|c| c != '>').to_owned();
    let names = cells.map(|cell| {
        let cell = cell.split("</th>").next().unwrap();
        let cell = if cell.starts_with("<a") { text(cell) } else { format!(">{cell}") };
        cell[1..].split('<').next().unwrap().to_owned()
    });
    names.collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn sessions_are_listed_by_their_last_request_and_found_by_session_or_user() {
    let mut scene = Scene::new().await;
    let page = scene.gets("/sessions").await.text;
    assert!(page.contains("No sessions yet"), "{page}");
    for (session, user) in [("a/1", "grace"), ("b", "alan"), ("a/1", "grace")] {
        scene.asks(&format!(r#","session_id":"{session}","user":"{user}"{}"#, named("Plan", ""))).await;
    }
    scene.asks("").await;
    let stranger = scene.app.signs_up("eve@example.com").await;
    let own = scene.key.clone();
    scene.key = scene.app.creates_key(&stranger).await;
    scene.asks(r#","session_id":"foreign","user":"grace""#).await;
    scene.key = own;
    scene.is_counted().await;
    for (query, found) in [
        ("", &["a/1", "b"][..]),
        ("?find=b", &["b"]),
        ("?find=grace", &["a/1"]),
        ("?find=foreign", &[]),
        ("?outcome=failed", &[]),
        ("?range=1h", &["a/1", "b"]),
        ("?from=2000-01-01&until=2000-01-02", &[]),
    ] {
        let page = scene.gets(&format!("/sessions{query}")).await;
        assert_eq!(rows(&page), found, "{query}");
        assert_eq!(page.text.contains("No session matches"), found.is_empty(), "{query}");
    }
    let page = scene.gets("/sessions").await.text;
    assert_eq!(link(&page, "a/1"), "/activity/sessions/a%2F1");
    assert!(page.contains("data-label=\"Requests\">2<") && page.contains(">Plan<"), "{page}");
    let mistake = scene.gets("/sessions?from=2026-11-02&until=2026-11-01").await;
    assert_eq!(mistake.status, 422, "{}", mistake.text);
    assert_eq!(scene.gets("/sessions?before=yesterday").await.status, 404);
    assert_eq!(scene.gets(&format!("/sessions?find={}", "x".repeat(10_000))).await.status, 200);
    scene.app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_of_sessions_follow_each_other_and_show_each_session_once() {
    let mut scene = Scene::new().await;
    scene.asks(r#","session_id":"s","user":"grace""#).await;
    scene.is_counted().await;
    // Each session has three requests, a minute apart, among those of the others.
    scene
        .app
        .database
        .runs(
            "INSERT INTO request_facts
             SELECT (f).account_id, (f).recorded_at, (f).xid, (f).position + 1000 * n,
                    (f).completed_at - interval '1 s' * (n % 120) - interval '1 minute' * (n / 120), (f).trace_key, n % 120, NULL, 5, NULL,
                    9223372036854775807, 1, 0.25, (f).trace_id, NULL, 200, true, CASE n WHEN 7 THEN 'failed' ELSE 'succeeded' END,
                    'gen-copy-' || n, 'copy', 'm', NULL, NULL, 's' || n % 120, NULL
             FROM (SELECT f FROM request_facts f) f, generate_series(0, 359) n",
        )
        .await;
    let (mut all, mut query, mut pages) = (Vec::new(), "/sessions".to_owned(), 0);
    loop {
        let page = scene.gets(&query).await;
        all.extend(rows(&page));
        pages += 1;
        if !page.text.contains(">Older</a>") {
            break;
        }
        query = link(&page.text, "Older").replace("/activity", "");
    }
    let mut distinct = all.clone();
    distinct.sort();
    distinct.dedup();
    assert_eq!((pages, all.len(), distinct.len()), (3, 121, 121));
    assert_eq!(rows(&scene.gets("/sessions?outcome=failed").await), ["s7"]);
    let makes_dearest = "UPDATE request_facts SET cost = 9 WHERE session_id = 's5'";
    let joins = "UPDATE request_facts SET session_key = 11, session_id = 's11' WHERE session_id = 's12'";
    scene.app.database.runs(makes_dearest).await;
    scene.app.database.runs(joins).await;
    for (order, first) in [("cost", ["s5", "s11"]), ("requests", ["s11", "s0"])] {
        let page = scene.gets(&format!("/sessions?order={order}")).await;
        let found = rows(&page);
        assert_eq!((found.len(), &found[..2]), (50, &first.map(str::to_owned)[..]), "{order}");
        assert!(!page.text.contains(">Older</a>"), "there are no further pages of {order}");
        assert_eq!(rows(&scene.gets(&format!("/sessions?order={order}&outcome=failed")).await), ["s7"], "{order}");
    }
    scene.app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn usage_is_summed_by_what_requests_have_in_common_and_outlives_the_log() {
    let mut scene = Scene::new().await;
    assert!(scene.gets("/usage").await.text.contains("Nothing in this time"));
    scene.asks(&format!(r#","user":"grace"{}"#, named("one", r#","environment":"=production""#))).await;
    scene.asks(r#","user":"alan""#).await;
    scene.asks(r#","user":"alan""#).await;
    let stranger = scene.app.signs_up("eve@example.com").await;
    let own = scene.key.clone();
    scene.key = scene.app.creates_key(&stranger).await;
    scene.asks(r#","user":"eve""#).await;
    scene.key = own;
    scene.is_counted().await;
    for (query, found) in [
        ("", &["demo/echo", "All"][..]),
        ("?by=key", &["app", "All"]),
        ("?by=user&sort=requests", &["alan", "grace", "All"]),
        ("?by=environment&sort=requests", &["No environment named", "=production", "All"]),
        ("?by=environment&environment=%3Dproduction", &["=production", "All"]),
        ("?range=12m", &["demo/echo", "All"]),
    ] {
        assert_eq!(rows(&scene.gets(&format!("/usage{query}")).await), found, "{query}");
    }
    let page = scene.gets("/usage?by=day&range=7d").await;
    // The three may lie on both sides of midnight.
    assert!((2..=3).contains(&rows(&page).len()), "{}", page.text);
    let page = scene.gets("/usage").await.text;
    assert_eq!(link(&page, "demo/echo"), "/activity?range=24h&model=demo%2Fecho");
    assert!(page.contains("data-label=\"Requests\">3<") && page.contains("The numbers behind the charts"), "{page}");
    assert_eq!(scene.gets("/usage?from=2026-11-02&until=2026-11-01").await.status, 422);

    let csv = scene.gets("/usage.csv?by=environment&sort=requests").await.text;
    let lines: Vec<_> = csv.lines().collect();
    assert!(lines[0].starts_with("\"Environment\",requests,failed,") && lines.len() == 3, "{csv}");
    assert!(lines[1].starts_with("\"\",2,0,0,0,") && lines[2].starts_with("\"'=production\",1,0,"), "{csv}");
    scene.app.database.runs("UPDATE api_keys SET revoked_at = now()").await;
    assert_eq!(rows(&scene.gets("/usage?by=key").await), ["app (revoked)", "All"]);
    scene.app.database.runs("UPDATE usage_rollups SET starts_at = starts_at - interval '60 days'").await;
    let page = scene.gets("/usage?range=12m").await;
    assert_eq!(rows(&page), ["demo/echo", "All"]);
    assert!(page.text.contains("names are no links") && !page.text.contains("model=demo"), "{}", page.text);
    assert!(scene.gets("/usage").await.text.contains("Nothing in this time"));
    scene.app.stop().await;
}
