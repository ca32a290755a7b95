//! Every route of the pages, for everybody who may come: a route without a row in this table fails the test.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::api_routes;
use super::members::{joins, user_id};
use super::{PASSWORD, signs_in, value};
use crate::support::app::{Answer, TestApp};
use crate::support::http::client;

/// What somebody gets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Gets {
    /// A page, a redirect within, or what their form deserves.
    In,
    /// The way to the sign-in.
    SignIn,
    /// 403.
    No,
    /// 404.
    Nothing,
}
use Gets::{In, No, Nothing, SignIn};

/// In the order in which they are walked: what destroys comes last.
/// Columns: nobody, an admin of another account (with this account's ids), a member, an admin.
const TABLE: &[(&str, &str, [Gets; 4])] = &[
    ("GET", "/", [In, In, In, In]),
    ("GET", "/sign-up", [In, In, In, In]),
    ("POST", "/sign-up", [In, In, In, In]),
    ("GET", "/sign-in", [In, In, In, In]),
    ("POST", "/sign-in", [In, In, In, In]),
    ("GET", "/sign-in/code", [SignIn, SignIn, SignIn, SignIn]),
    ("POST", "/sign-in/code", [SignIn, SignIn, SignIn, SignIn]),
    ("GET", "/password-reset/{token}", [Nothing, Nothing, Nothing, Nothing]),
    ("POST", "/password-reset/{token}", [Nothing, Nothing, Nothing, Nothing]),
    ("GET", "/invitations/{token}", [Nothing, Nothing, Nothing, Nothing]),
    ("POST", "/invitations/{token}", [Nothing, Nothing, Nothing, Nothing]),
    ("GET", "/settings", [In, In, In, In]),
    ("GET", "/activity", [SignIn, In, In, In]),
    ("GET", "/activity.csv", [SignIn, In, In, In]),
    ("GET", "/activity.jsonl", [SignIn, In, In, In]),
    ("GET", "/settings/observability", [SignIn, In, In, In]),
    ("POST", "/settings/observability/broadcast", [SignIn, In, No, In]),
    ("GET", "/settings/observability/new", [SignIn, In, No, In]),
    ("GET", "/settings/observability/{kind}/new", [SignIn, In, No, In]),
    ("POST", "/settings/observability/{kind}", [SignIn, In, No, In]),
    ("GET", "/settings/observability/destinations/{id}/edit", [SignIn, Nothing, In, In]),
    ("POST", "/settings/observability/destinations/{id}", [SignIn, Nothing, No, In]),
    ("POST", "/settings/observability/destinations/{id}/defaults", [SignIn, Nothing, No, In]),
    ("POST", "/settings/observability/destinations/{id}/requests", [SignIn, Nothing, No, In]),
    ("POST", "/settings/observability/destinations/{id}/sent", [SignIn, Nothing, No, In]),
    ("GET", "/settings/observability/destinations/{id}/versions", [SignIn, Nothing, In, In]),
    ("POST", "/settings/observability/destinations/{id}/versions", [SignIn, Nothing, No, Nothing]),
    ("GET", "/settings/observability/destinations/{id}/dead-letters", [SignIn, Nothing, In, In]),
    ("POST", "/settings/observability/destinations/{id}/dead-letters", [SignIn, Nothing, No, In]),
    ("GET", "/settings/observability/destinations/{id}/replay", [SignIn, Nothing, In, In]),
    ("POST", "/settings/observability/destinations/{id}/replay", [SignIn, Nothing, No, In]),
    ("POST", "/settings/observability/destinations/{id}/replays/{replay}", [SignIn, Nothing, No, Nothing]),
    ("POST", "/settings/observability/destinations/{id}/send-trace", [SignIn, Nothing, No, In]),
    ("POST", "/settings/observability/destinations/{id}/signing-secret", [SignIn, Nothing, No, Nothing]),
    ("POST", "/settings/observability/destinations/{id}/pause", [SignIn, Nothing, No, In]),
    ("POST", "/settings/observability/destinations/{id}/resume", [SignIn, Nothing, No, In]),
    ("GET", "/settings/observability/destinations/{id}/delete", [SignIn, Nothing, No, In]),
    ("GET", "/settings/observability/destinations/{id}/deliveries", [SignIn, Nothing, In, In]),
    ("GET", "/settings/observability/destinations/{id}/deliveries/{delivery}", [SignIn, Nothing, Nothing, Nothing]),
    ("GET", "/docs/api", [SignIn, In, In, In]),
    ("GET", "/activity/{id}", [SignIn, Nothing, In, In]),
    ("GET", "/activity/newest", [SignIn, In, In, In]),
    ("GET", "/activity/sessions", [SignIn, In, In, In]),
    ("GET", "/activity/usage", [SignIn, In, In, In]),
    ("GET", "/activity/usage.csv", [SignIn, In, In, In]),
    ("GET", "/activity/traces/{id}", [SignIn, Nothing, In, In]),
    ("GET", "/activity/sessions/{id}", [SignIn, Nothing, In, In]),
    ("GET", "/docs/destinations/{kind}", [SignIn, In, In, In]),
    ("GET", "/settings/keys", [SignIn, In, In, In]),
    ("GET", "/settings/keys/new", [SignIn, In, No, In]),
    ("POST", "/settings/keys", [SignIn, In, No, In]),
    ("GET", "/settings/keys/{id}/revoke", [SignIn, Nothing, No, In]),
    ("GET", "/settings/members", [SignIn, In, In, In]),
    ("POST", "/settings/members/invitations", [SignIn, In, No, In]),
    ("GET", "/settings/members/leave", [SignIn, In, In, In]),
    ("POST", "/settings/members/{id}/role", [SignIn, Nothing, No, In]),
    ("GET", "/settings/members/{id}/remove", [SignIn, Nothing, No, In]),
    ("GET", "/settings/account", [SignIn, In, In, In]),
    ("GET", "/settings/account/you", [SignIn, In, In, In]),
    ("POST", "/settings/account/name", [SignIn, In, No, In]),
    ("POST", "/settings/account/content-readers", [SignIn, In, No, In]),
    ("POST", "/settings/account/privacy", [SignIn, In, No, In]),
    ("POST", "/settings/account/password", [SignIn, In, In, In]),
    ("GET", "/settings/account/second-factor", [SignIn, In, In, In]),
    ("POST", "/settings/account/second-factor", [SignIn, In, In, In]),
    ("POST", "/settings/account/second-factor/new", [SignIn, In, In, In]),
    ("POST", "/settings/account/second-factor/remove", [SignIn, In, In, In]),
    ("POST", "/settings/account/second-factor/recovery-codes", [SignIn, In, In, In]),
    ("POST", "/settings/account/second-factor/required", [SignIn, In, No, In]),
    ("POST", "/settings/account/switch", [SignIn, Nothing, In, In]),
    ("GET", "/settings/account/audit", [SignIn, In, No, In]),
    ("GET", "/settings/account/audit.csv", [SignIn, In, No, In]),
    ("GET", "/settings/account/delete", [SignIn, In, No, In]),
    ("POST", "/settings/account/delete", [SignIn, In, No, In]),
    ("POST", "/settings/account/sessions/{id}/end", [SignIn, Nothing, Nothing, In]),
    ("POST", "/settings/account/sessions/end-others", [SignIn, In, In, In]),
    ("POST", "/settings/observability/destinations/{id}/delete", [SignIn, Nothing, No, In]),
    ("POST", "/settings/keys/{id}/revoke", [SignIn, Nothing, No, In]),
    ("POST", "/settings/members/invitations/{id}/withdraw", [SignIn, Nothing, No, In]),
    ("POST", "/settings/members/{id}/remove", [SignIn, Nothing, No, In]),
    ("POST", "/settings/members/leave", [SignIn, In, In, In]),
    ("POST", "/sign-out", [SignIn, SignIn, SignIn, SignIn]),
];

/// An account with one of everything that has an id, and people who look at it.
struct Scene {
    app: TestApp,
    /// Nobody, an admin of another account, a member, an admin.
    cookies: [String; 4],
    /// Where the first words of a path are these, the id is that.
    ids: BTreeMap<&'static str, String>,
    account: String,
}

impl Scene {
    async fn new() -> Self {
        let app = TestApp::start().await;
        let admin = app.signs_up("ada@example.com").await;
        let foreign = app.signs_up("eve@example.com").await;
        let member = joins(&app, &admin, "member", "bob@example.com").await;
        let third = joins(&app, &admin, "member", "carl@example.com").await;
        let destination = app.connects(&admin).await;
        let key = app.creates_key(&admin).await;
        let request = recorded(&app, &key).await;
        app.invites(&admin, "member").await;
        signs_in(&app, "ada@example.com", PASSWORD).await;
        let carl = user_id(&app, "carl@example.com").await;
        let ada = user_id(&app, "ada@example.com").await;
        let newest = format!("SELECT id::text FROM sessions WHERE user_id = '{ada}' ORDER BY created_at DESC LIMIT 1");
        let ids = BTreeMap::from([
            ("/settings/observability/destinations", destination.rsplit('/').next().unwrap().to_owned()),
            ("/activity", request),
            ("/activity/traces", value(&app, "SELECT replace(trace_id::text, '-', '') FROM request_facts").await),
            ("/activity/sessions", "session_1".to_owned()),
            ("/settings/keys", value(&app, "SELECT id::text FROM api_keys").await),
            (
                "/settings/members/invitations",
                value(&app, "SELECT id::text FROM invitations WHERE accepted_at IS NULL").await,
            ),
            ("/settings/members", carl),
            ("/settings/account/sessions", value(&app, &newest).await),
        ]);
        let account = value(&app, &format!("SELECT account_id::text FROM members WHERE user_id = '{ada}'")).await;
        drop(third);
        Self { app, cookies: [String::new(), foreign, member, admin], ids, account }
    }

    fn path(&self, pattern: &str, id: Option<&str>) -> String {
        let place = pattern.split("/{id}").next().unwrap();
        let id = id.or_else(|| self.ids.get(place).map(String::as_str)).unwrap_or_default();
        pattern.replace("{id}", id).replace("{kind}", "sentry").replace("{token}", &"0".repeat(64))
    }

    async fn asks(&self, who: usize, method: &str, path: &str) -> Answer {
        let cookie = &self.cookies[who];
        if method == "GET" {
            self.app.gets(cookie, path).await
        } else {
            self.app.posts_form(cookie, path, &[("account", &self.account)]).await
        }
    }
}

/// The name of a request that is made with this key, once it is counted.
async fn recorded(app: &TestApp, key: &str) -> String {
    let question =
        r#"{"model": "demo/echo", "session_id": "session_1", "messages": [{"role": "user", "content": "Hello"}]}"#;
    assert_eq!(app.asks(key, question).await.status, 200);
    for _ in 0..600 {
        if let Some(id) = app.database.reads("SELECT generation_id FROM request_facts").await.pop() {
            return id;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    panic!("it is never counted");
}

/// What the source says: each method of each pattern.
fn routes() -> BTreeSet<(String, String)> {
    let source = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("src/pages/routes.rs")).unwrap();
    let one = "/settings/observability/destinations/{id}";
    let mut found = BTreeSet::new();
    for service in source.split("(resource(").skip(1) {
        let (argument, rest) = service.split_once(')').unwrap();
        let quoted = argument.split('"').nth(1).unwrap_or("{one}").replace("{one}", one);
        for (call, method) in
            [(".get(", "GET"), (".post(", "POST"), (".put(", "PUT"), (".delete(", "DELETE"), (".route(", "?")]
        {
            if rest.contains(call) {
                found.insert((method.to_owned(), quoted.clone()));
            }
        }
    }
    found
}

fn got(answer: &Answer) -> Gets {
    match answer.status {
        303 if answer.location.starts_with("/sign-in") && !answer.location.starts_with("/sign-in/") => SignIn,
        403 => No,
        404 => Nothing,
        status if status < 500 => In,
        status => panic!("{status}: {}", answer.text),
    }
}

#[test]
fn every_route_has_its_row() {
    let rows: BTreeSet<_> = TABLE.iter().map(|(method, path, _)| ((*method).to_owned(), (*path).to_owned())).collect();
    assert_eq!(rows.len(), TABLE.len(), "a row stands there twice");
    assert_eq!(routes(), rows);
}

/// What a program asks for in place of a form, or why it cannot.
#[test]
fn every_form_has_its_route_of_the_api_in_the_documentation() {
    let document = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/API.md")).unwrap();
    let (_, table) = document.split_once("## Every form and its route").unwrap();
    let (table, _) = table.split_once("\n## ").unwrap();
    let rows: Vec<_> = table.lines().filter_map(|row| row.trim_matches('|').split_once(" | ")).collect();
    for (_, path, _) in TABLE.iter().filter(|(method, ..)| *method == "POST") {
        let form = format!("`POST {path}`");
        let named = rows.iter().filter(|(forms, _)| forms.contains(&form)).count();
        assert_eq!(named, 1, "{form} stands {named} times in docs/API.md");
    }
    let is_route =
        |words: &&str| api_routes::TABLE.iter().any(|(method, path, _)| *words == format!("{method} {path}"));
    for (forms, route) in rows.into_iter().skip(1) {
        let routes: Vec<_> = route.split('`').skip(1).step_by(2).collect();
        assert!(routes.iter().all(is_route), "{forms} | {route}");
        assert!(!routes.is_empty() || route.contains("page only: "), "{forms} | {route}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn everybody_gets_what_the_table_says_and_foreign_ids_are_as_good_as_none() {
    let scene = Scene::new().await;
    let mut wrong = Vec::new();
    for (method, pattern, expected) in TABLE {
        for (who, expected) in expected.iter().enumerate() {
            let path = scene.path(pattern, None);
            let answer = scene.asks(who, method, &path).await;
            let got = got(&answer);
            if got != *expected {
                wrong.push(format!("{method} {path} for {who}: {got:?} ({}), not {expected:?}", answer.status));
            }
            if who == 1 && pattern.contains("{id}") {
                let unknown = scene.path(pattern, Some("01990000-0000-7000-8000-000000000000"));
                let unknown = scene.asks(who, method, &unknown).await;
                if (unknown.status, &unknown.text) != (answer.status, &answer.text) {
                    wrong.push(format!("{method} {path}: foreign and unknown differ"));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    scene.app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_form_of_another_site_changes_anything() {
    let scene = Scene::new().await;
    let http = client();
    let provenances: [&[(&str, &str)]; 8] = [
        &[("sec-fetch-site", "cross-site")],
        &[("sec-fetch-site", "same-site")],
        &[("sec-fetch-site", "nonsense")],
        &[("sec-fetch-site", "cross-site"), ("origin", &scene.app.url)],
        &[("origin", "https://evil.example")],
        &[("origin", "null")],
        &[("origin", "http://127.0.0.1.evil.example")],
        &[],
    ];
    for (_, pattern, _) in TABLE.iter().filter(|(method, ..)| *method == "POST") {
        let path = scene.path(pattern, None);
        for provenance in provenances {
            let request = http.post(format!("{}{path}", scene.app.url)).header("cookie", &scene.cookies[3]);
            let request = provenance.iter().fold(request, |request, (name, value)| request.header(*name, *value));
            let answer = request.header("content-type", "application/x-www-form-urlencoded").send().await.unwrap();
            assert_eq!(answer.status(), 403, "{path} {provenance:?}");
            assert!(answer.text().await.unwrap().contains("This form came from another site"), "{path} {provenance:?}");
        }
    }
    // All of it was without effect: the admin is still signed in, and everything is still there.
    assert_eq!(scene.app.gets(&scene.cookies[3], "/settings/account").await.status, 200);
    for table in ["destinations", "api_keys WHERE revoked_at IS NULL"] {
        assert_eq!(value::<i64>(&scene.app, &format!("SELECT count(*) FROM {table}")).await, 1, "{table}");
    }
    scene.app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sign_in_is_guarded_however_its_address_is_written() {
    let scene = Scene::new().await;
    let form = "email=ada@example.com&password=correct+horse+battery+staple";
    for path in ["/sign-in", "/%73ign-in", "/sign%2Din", "/%2fsign-in", "/%73ign-up", "/%69nvitations/x"] {
        let request = client().post(format!("{}{path}", scene.app.url)).body(form);
        let answer = request.header("content-type", "application/x-www-form-urlencoded").send().await.unwrap();
        assert!(matches!(answer.status().as_u16(), 403 | 404), "{path}: {}", answer.status());
        assert!(answer.headers().get("set-cookie").is_none(), "{path}");
    }
    scene.app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_changes_by_a_get() {
    let scene = Scene::new().await;
    for (_, pattern, _) in TABLE.iter().filter(|(method, ..)| *method == "POST") {
        let has_page = TABLE.iter().any(|(method, path, _)| *method == "GET" && path == pattern);
        if !has_page {
            let answer = scene.app.gets(&scene.cookies[3], &scene.path(pattern, None)).await;
            assert!(matches!(answer.status, 404 | 405), "{pattern}: {}", answer.status);
        }
    }
    scene.app.stop().await;
}
