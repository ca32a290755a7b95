//! The edge: other names, broken bodies, slow clients, errors in their dress (spec 5.4, 5.5).

use std::time::Duration;

use actix_web::middleware::from_fn;
use actix_web::web;
use futures_util::future::join_all;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use tracecast::config::Source;

use super::executes;
use crate::support::app::TestApp;
use crate::support::handlers;
use crate::support::http::client;

/// What the server says to these bytes until it closes, or is silent for `patience`.
pub(super) async fn says(app: &TestApp, bytes: &[u8], patience: Duration) -> String {
    let mut stream = TcpStream::connect(app.url.trim_start_matches("http://")).await.unwrap();
    // A server that has closed already has said what it had to say.
    let _ = stream.write_all(bytes).await;
    let mut heard = Vec::new();
    let mut buffer = [0; 4_096];
    while let Ok(Ok(length)) = tokio::time::timeout(patience, stream.read(&mut buffer)).await {
        if length == 0 {
            break;
        }
        heard.extend_from_slice(&buffer[..length]);
    }
    String::from_utf8_lossy(&heard).into_owned()
}

fn dressed(response: &reqwest::Response, what: &str) {
    for (name, part) in [
        ("content-security-policy", "default-src 'none'"),
        ("x-content-type-options", "nosniff"),
        ("referrer-policy", "same-origin"),
        ("cross-origin-opener-policy", "same-origin"),
        ("cross-origin-resource-policy", "same-origin"),
        ("permissions-policy", "camera=()"),
        ("cache-control", "no-store"),
    ] {
        let value = response.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
        assert!(value.contains(part), "{what}: {name}: {value}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_error_wears_the_headers_and_is_a_page() {
    let app = TestApp::start().await;
    let cookie = app.signs_up("ada@example.com").await;
    executes(&app, "ALTER TABLE api_keys RENAME TO gone").await;
    let flood = format!("name={}", "x".repeat(100_000));
    let post = |path: &str| client().post(format!("{}{path}", app.url)).header("cookie", &cookie);
    let ours = |path: &str| post(path).header("sec-fetch-site", "same-origin");
    let get = |path: &str| client().get(format!("{}{path}", app.url)).header("cookie", &cookie);
    let form = "application/x-www-form-urlencoded";
    for (request, status) in [
        (get("/settings/account"), 200),
        (get("/nothing/here"), 404),
        (get("/settings/account/name"), 405),
        (get("/settings/keys"), 500),
        (get("/settings/keys").header("host", "evil.example"), 421),
        (post("/sign-out"), 403),
        (ours("/settings/account/name").header("content-type", form).body(flood), 413),
        (ours("/settings/account/name").header("content-type", "application/json").body("{}"), 415),
    ] {
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), status);
        dressed(&response, &status.to_string());
        let page = response.text().await.unwrap();
        assert!(page.contains("<h1>") && page.ends_with("</html>") | page.ends_with("</html>\n"), "{status}: {page}");
        assert!(!page.contains("relation") && !page.contains("api_keys"), "what is wrong inside stays inside: {page}");
    }
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn only_our_own_names_are_answered() {
    let app = TestApp::start().await;
    let asked = |host: &str| {
        let request = client().get(format!("{}/sign-up", app.url)).header("host", host.to_owned());
        async { request.send().await.unwrap().status().as_u16() }
    };
    for ours in ["localhost", "127.0.0.1:8080", "[::1]"] {
        assert_eq!(asked(ours).await, 200, "{ours}");
    }
    for other in ["evil.example", "localhost.evil.example", "127.0.0.1.nip.io", "tracecast.internal:8080"] {
        assert_eq!(asked(other).await, 421, "{other}");
    }
    app.stop().await;
}

async fn panics() -> &'static str {
    panic!("on purpose")
}

#[actix_web::test]
async fn a_panic_becomes_a_page_and_the_next_request_is_answered() {
    let server = crate::gateway::server::Server::start().await;
    let (url, handle) = handlers::serve(server.state.clone(), |config| {
        let pages = web::scope("").wrap(from_fn(tracecast::pages::edge::edge));
        config.service(pages.route("/panics", web::get().to(panics)));
    });
    for _ in 0..3 {
        let response = client().get(format!("{url}/panics")).send().await.unwrap();
        assert_eq!(response.status(), 500);
        dressed(&response, "a panic");
        let page = response.text().await.unwrap();
        assert!(page.contains("Something went wrong on our side") && !page.contains("on purpose"), "{page}");
    }
    handle.stop(true).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_malformed_form_is_a_fault_of_ours() {
    let app = TestApp::start().await;
    let cookie = app.signs_up("ada@example.com").await;
    let bodies: [&[u8]; 9] = [
        b"",
        b"&&&===",
        b"%",
        b"%zz=%",
        b"name=%00",
        b"name=%ff%fe",
        b"\xff\xfe\x00",
        b"name[]=1&name[a][b]=2",
        b"name=a&name=b&name=%F0%9F%92%A9",
    ];
    for path in [
        "/sign-in",
        "/sign-up",
        "/settings/account/name",
        "/settings/account/password",
        "/settings/keys",
        "/settings/observability/sentry",
        "/settings/account/switch",
        "/settings/account/second-factor",
        "/sign-in/code",
        "/settings/members/invitations",
        "/settings/account/delete",
    ] {
        for body in bodies {
            let request = client().post(format!("{}{path}", app.url)).header("cookie", &cookie);
            let request = request.header("sec-fetch-site", "same-origin").body(body.to_vec());
            let answer = request.header("content-type", "application/x-www-form-urlencoded").send().await.unwrap();
            assert!(answer.status().as_u16() < 500, "{path} {body:?}: {}", answer.status());
        }
    }
    for path in [
        "/%00",
        "/%ff",
        "/settings/keys/%00/revoke",
        "/invitations/%F0%9F%92%A9",
        "/settings/account/audit?before=%00",
        "/sign-in?next=%00",
        "/settings/observability/%2e%2e/new",
        "//evil.example",
        "/settings/..%2f..%2fetc/passwd",
    ] {
        let answer = app.gets(&cookie, path).await;
        assert!(answer.status < 500, "{path}: {}", answer.status);
        assert!(!answer.location.starts_with("//"), "{path}: {}", answer.location);
    }
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn slow_sender_is_cut_off() {
    let app = TestApp::start().await;
    let cookie = app.signs_up("ada@example.com").await;
    let key = app.creates_key(&cookie).await;
    let form = format!(
        "POST /settings/account/name HTTP/1.1\r\nHost: localhost\r\nCookie: {cookie}\r\nSec-Fetch-Site: same-origin\r\n\
         Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 100\r\n\r\nname=slow"
    );
    let json = format!(
        "POST /api/v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {key}\r\n\
         Content-Type: application/json\r\nContent-Length: 100\r\n\r\n{{\"model\":"
    );
    let head = "GET /sign-in HTTP/1.1\r\nHost: loc";
    let patience = Duration::from_mins(2);
    let (form, json, head) = tokio::join!(
        says(&app, form.as_bytes(), patience),
        says(&app, json.as_bytes(), patience),
        says(&app, head.as_bytes(), patience),
    );
    assert!(form.starts_with("HTTP/1.1 408") && form.contains("took too long to arrive"), "{form}");
    assert!(json.starts_with("HTTP/1.1 408") && json.contains("\"code\":408"), "{json}");
    assert!(head.is_empty() || head.starts_with("HTTP/1.1 408"), "{head}");
    assert_eq!(app.gets(&cookie, "/settings/account").await.status, 200);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn floods_of_signed_out_forms_and_of_keys_are_answered_with_429() {
    let app = TestApp::start_with(|given| super::behind_a_proxy(given).with("key-rate", "5", Source::Argument)).await;
    let cookie = app.signs_up("ada@example.com").await;
    let key = app.creates_key(&cookie).await;
    let http = client();
    let form = |path: &'static str, address: &'static str| {
        let request = http.post(format!("{}{path}", app.url)).header("sec-fetch-site", "same-origin");
        let request = request.header("x-forwarded-for", address);
        async { request.send().await.unwrap().status().as_u16() }
    };
    let unknown = "/invitations/0000000000000000000000000000000000000000000000000000000000000000";
    let forms = join_all((0..60).map(|number| form(if number % 2 == 0 { "/sign-up" } else { unknown }, "203.0.113.7")));
    assert!(forms.await.contains(&429));
    assert_eq!(form("/sign-up", "203.0.113.8").await, 422);

    let ask = |key: String, address: &'static str| {
        let request = http.post(format!("{}/api/v1/chat/completions", app.url)).header("x-forwarded-for", address);
        async move {
            let answer =
                request.bearer_auth(key).header("content-type", "application/json").body("{}").send().await.unwrap();
            (answer.status().as_u16(), answer.headers().contains_key("retry-after"))
        }
    };
    let guesses = join_all((0..200).map(|number| ask(format!("tck-inf-{number}"), "203.0.113.7"))).await;
    assert!(guesses.contains(&(401, false)) && guesses.contains(&(429, true)), "{guesses:?}");
    assert_eq!(ask(key.clone(), "203.0.113.7").await.0, 400, "a valid key goes on from there");
    let flood = join_all((0..200).map(|_| ask(key.clone(), "203.0.113.9"))).await;
    assert!(flood.contains(&(429, true)) && flood.contains(&(400, false)), "{flood:?}");
    app.stop().await;
}
