//! Activity: what a person sees of completed requests (spec 9.1).

mod sessions_and_usage;
mod traces_and_sessions;

use std::time::Duration;

use crate::support::app::{Answer, TestApp};

/// An account with a key, and requests that are counted.
struct Scene {
    app: TestApp,
    cookie: String,
    key: String,
    asked: usize,
}

impl Scene {
    async fn new() -> Self {
        let app = TestApp::start().await;
        let cookie = app.signs_up("ada@example.com").await;
        let key = app.creates_key(&cookie).await;
        Self { app, cookie, key, asked: 0 }
    }

    /// Asks `demo/echo`, with these members beside the question.
    async fn asks(&mut self, members: &str) -> String {
        let body = format!(r#"{{"model":"demo/echo","messages":[{{"role":"user","content":"Hello"}}]{members}}}"#);
        let answer = self.app.asks(&self.key, &body).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        self.asked += 1;
        let answer: serde_json::Value = serde_json::from_str(&answer.text).unwrap();
        answer["id"].as_str().unwrap().to_owned()
    }

    async fn is_counted(&self) {
        let wanted = [self.asked.to_string()];
        for _ in 0..1_200 {
            if self.app.database.reads("SELECT count(*)::text FROM request_facts").await == wanted {
                return;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("{} requests are not counted", self.asked);
    }

    async fn gets(&self, query: &str) -> Answer {
        self.app.gets(&self.cookie, &format!("/activity{query}")).await
    }

    /// The names of the requests that the page lists, in its order.
    async fn lists(&self, query: &str) -> Vec<String> {
        let answer = self.gets(query).await;
        assert_eq!(answer.status, 200, "{query}: {}", answer.text);
        names(&answer.text)
    }
}

fn names(page: &str) -> Vec<String> {
    let list = page.split_once("<h2 id=\"requests\">").map_or("", |(_, list)| list);
    let cells = list.split("class=\"table-name\"><a href=\"").skip(1);
    cells.map(|cell| cell.split_once('>').unwrap().1.split_once('<').unwrap().0.to_owned()).collect()
}

fn named(name: &str, more: &str) -> String {
    format!(r#","trace":{{"generation_name":"{name}"{more}}}"#)
}

/// The address behind a link with this text.
fn link(page: &str, text: &str) -> String {
    let before = page.split_once(&format!(">{text}</a>")).unwrap_or_else(|| panic!("no link {text}: {page}")).0;
    before.rsplit_once("href=\"").unwrap().1.split_once('"').unwrap().0.replace("&#38;", "&").replace("&amp;", "&")
}

#[tokio::test(flavor = "multi_thread")]
async fn activity_lists_what_completed_newest_first_also_while_broadcast_was_off() {
    let mut scene = Scene::new().await;
    let page = scene.gets("").await.text;
    assert!(page.contains("No requests yet") && page.contains("also while Broadcast is off"), "{page}");
    scene.asks(&named("off", "")).await;
    scene.app.switches(&scene.cookie, "true").await;
    let on = scene.asks(&named("on", "")).await;
    scene.is_counted().await;
    let page = scene.gets("").await.text;
    assert_eq!(names(&page), ["on", "off"]);
    assert_eq!(page.matches("Broadcast was off<").count(), 1, "{page}");
    for words in [&format!("href=\"/activity/{on}\""), "demo/echo", ">Today, ", "state-good\">OK", " in<"] {
        assert!(page.contains(words), "{words}: {page}");
    }
    assert!(page.contains("<td data-label=\"Key\">app</td>"), "{page}");
    scene.app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn filters_let_through_what_they_name_and_nothing_of_others() {
    let mut scene = Scene::new().await;
    scene
        .asks(&format!(r#","user":"grace","session_id":"s/1 ü"{}"#, named("one", r#","environment":"production""#)))
        .await;
    scene.asks(&format!(r#","user":"alan"{}"#, named("two", r#","trace_id":"incident-7""#))).await;
    scene.asks(&named("three", "")).await;
    let stranger = scene.app.signs_up("eve@example.com").await;
    let key = scene.app.creates_key(&stranger).await;
    let own = std::mem::replace(&mut scene.key, key);
    let foreign = scene.asks(&format!(r#","user":"grace"{}"#, named("foreign", r#","trace_id":"incident-7""#))).await;
    scene.key = own;
    scene.is_counted().await;
    for (query, found) in [
        ("?user=grace", &["one"][..]),
        ("?session=s%2F1+%C3%BC", &["one"]),
        ("?trace=incident-7", &["two"]),
        ("?environment=production", &["one"]),
        ("?model=demo%2Fecho&range=1h", &["three", "two", "one"]),
        ("?outcome=succeeded", &["three", "two", "one"]),
        ("?outcome=failed", &[]),
        ("?slower=3600", &[]),
        ("?dearer=1000", &[]),
        ("?user=grace&environment=staging", &[]),
        ("?key=0190a4f8-0000-7000-8000-000000000000", &[]),
        ("?key=nonsense", &[]),
        ("?user=eve%00", &[]),
        ("?from=2000-01-01&until=2000-01-02", &[]),
        ("?from=9999-01-01", &[]),
    ] {
        if query == "?from=9999-01-01" {
            assert_eq!(scene.gets(query).await.status, 422, "a time in the far future ends before it begins");
        } else {
            assert_eq!(scene.lists(query).await, found, "{query}");
        }
    }
    let key = scene.app.database.reads("SELECT DISTINCT api_key_id::text FROM request_facts f JOIN accounts a ON a.id = f.account_id JOIN members m ON m.account_id = a.id JOIN users u ON u.id = m.user_id WHERE u.email = 'ada@example.com'").await;
    assert_eq!(scene.lists(&format!("?key={}", key[0])).await, ["three", "two", "one"]);
    let page = scene.gets("?user=grace&range=7d").await.text;
    assert_eq!(link(&page, "Show all"), "/activity?range=7d");
    assert!(page.contains("User: grace"), "{page}");
    assert_eq!(scene.gets(&format!("?find={foreign}")).await.status, 200, "what is another account's is unknown");
    scene.app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn find_leads_to_the_one_request_or_lists_those_that_have_the_id() {
    let mut scene = Scene::new().await;
    let one = scene.asks(r#","user":"grace","session_id":"both","trace":{"trace_id":"t-1"}"#).await;
    scene.asks(r#","user":"alan","session_id":"both""#).await;
    scene.is_counted().await;
    let path = format!("/activity/{one}");
    for (id, leads) in
        [(one.as_str(), path.as_str()), ("grace", &path), ("t-1", &path), ("both", "/activity?session=both")]
    {
        let answer = scene.gets(&format!("?find={id}")).await;
        assert_eq!((answer.status, answer.location.as_str()), (303, leads), "{id}");
    }
    let nothing = scene.gets("?find=%3Cb%3E").await;
    assert!(nothing.status == 200 && nothing.text.contains("Nothing has the id “&#60;b&#62;”"), "{}", nothing.text);
    for odd in ["%00", &"x".repeat(10_000)] {
        assert_eq!(scene.gets(&format!("?find={odd}")).await.status, 200);
    }
    scene.app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn older_pages_follow_each_other_without_a_gap_and_exports_have_all() {
    let mut scene = Scene::new().await;
    scene.app.connects(&scene.cookie).await;
    scene.app.switches(&scene.cookie, "true").await;
    for number in 0..3 {
        let tool = "\n  {\"type\": \"function\", \"function\": {\"name\": \"f\", \"parameters\": {\n \"type\": \"object\"\r\n}}}";
        scene.asks(&format!(r#","tools":[{tool}]{}"#, named(&format!("=n{number}"), ""))).await;
    }
    scene.is_counted().await;
    // Requests that completed in the same microsecond keep an order.
    scene
        .app
        .database
        .runs(
            "INSERT INTO request_facts
             SELECT (f).account_id, (f).recorded_at, (f).xid, (f).position + 1000 * n, (f).completed_at, (f).trace_key, NULL, NULL, 5, NULL,
                    NULL, NULL, NULL, (f).trace_id, NULL, 200, true, 'succeeded', 'gen-copy-' || n, 'copy' || n, 'm', NULL, NULL, NULL, NULL
             FROM (SELECT f FROM request_facts f ORDER BY position LIMIT 1) f, generate_series(1, 117) n",
        )
        .await;
    let (mut all, mut query, mut pages) = (Vec::new(), String::new(), 0);
    loop {
        let page = scene.gets(&query).await.text;
        all.extend(names(&page));
        pages += 1;
        if !page.contains(">Older</a>") {
            break;
        }
        query = link(&page, "Older").replace("/activity", "");
    }
    let mut distinct = all.clone();
    distinct.sort();
    distinct.dedup();
    assert_eq!((pages, all.len(), distinct.len()), (3, 120, 120));
    let csv = scene.app.gets(&scene.cookie, "/activity.csv").await.text;
    assert_eq!(csv.lines().count(), 121);
    assert!(csv.contains("\"'=n2\""), "no cell is a formula: {csv}");
    let lines = scene.app.gets(&scene.cookie, "/activity.jsonl?model=demo%2Fecho").await.text;
    let read: Vec<serde_json::Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(read.len(), 3);
    assert_eq!((&read[0]["name"], &read[0]["key"]), (&"=n2".into(), &"app".into()));
    assert!(!lines.contains("Hello"), "files have no content");
    let exported = "SELECT actor || ' ' || subject FROM audit_log WHERE event = 'content_exported'";
    assert!(scene.app.database.reads(exported).await.is_empty());
    let page = scene.gets("?model=demo%2Fecho").await.text;
    let path = link(&page, "JSON Lines with prompts and completions");
    let lines = scene.app.gets(&scene.cookie, &path).await.text;
    let read: Vec<serde_json::Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(read.len(), 3);
    assert!(read[0]["content"].to_string().contains("Hello"), "{lines}");
    let noted = scene.app.database.reads(exported).await;
    assert!(noted.len() == 1 && noted[0].ends_with(" UTC, by Model"), "{noted:?}");
    scene.app.database.runs("UPDATE accounts SET content_readers = 'nobody'").await;
    assert!(!scene.gets("").await.text.contains("with prompts"));
    let refused = scene.app.gets(&scene.cookie, &path).await;
    assert_eq!(refused.status, 403, "{}", refused.text);
    scene.app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn mistakes_in_an_address_are_explained_at_their_fields() {
    let scene = Scene::new().await;
    let long = format!("?user={}", "x".repeat(10_000));
    for (query, anchor) in [
        ("?from=2026-11-02&until=2026-11-01", "#until"),
        ("?slower=fast", "#slower"),
        ("?dearer=-1", "#dearer"),
        ("?from=soon", "#from"),
        (&long, "#user"),
    ] {
        let answer = scene.gets(query).await;
        assert_eq!(answer.status, 422, "{query}");
        assert!(answer.text.contains(&format!("href=\"{anchor}\"")), "{query}: {}", answer.text);
    }
    for nowhere in ["?before=yesterday", "?before=1-", "?before=99999999999999999999-1"] {
        assert_eq!(scene.gets(nowhere).await.status, 404, "{nowhere}");
    }
    assert_eq!(scene.gets("?before=9000000000000000000-1&range=all").await.status, 404);
    scene.app.stop().await;
}
