//! A proxy in the environment would look names up by itself, behind the guard's back: it is not asked.

use crate::support::app::read;
use crate::support::database::Database;
use crate::support::http::client;
use crate::support::listener::Listener;
use crate::support::program::{Program, run};

#[tokio::test(flavor = "multi_thread")]
async fn the_proxies_of_the_environment_are_not_asked() {
    let (proxy, receiver) = (Listener::start("127.0.0.1:0"), Listener::start("127.0.0.2:0"));
    let database = Database::new().await;
    let proxy_url = format!("http://{}", proxy.address);
    let keys = "ab".repeat(32);
    let mut environment = vec![
        ("DATABASE_URL", database.url.as_str()),
        ("TRACECAST_KEYS", &keys),
        ("TRACECAST_EGRESS_ALLOW", "127.0.0.2"),
        ("TRACECAST_EGRESS_ALLOW_HTTP", "true"),
    ];
    for name in ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"] {
        environment.push((name, &proxy_url));
    }
    let password = "correct horse battery staple";
    let made = run(
        &["admin", "create-user", "--email", "ada@example.com", "--account", "Acme", "--password", password],
        &environment,
    );
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));

    let program = Program::serve(&environment);
    let post = async |cookie: &str, path: &str, form: &[(&str, &str)]| {
        let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish();
        let request = client().post(format!("{}{path}", program.url())).header("sec-fetch-site", "same-origin");
        let request = request.header("content-type", "application/x-www-form-urlencoded").header("cookie", cookie);
        read(request.body(body).send().await.unwrap()).await
    };
    let cookie = post("", "/sign-in", &[("email", "ada@example.com"), ("password", password)]).await.cookie;
    for scheme in ["http", "https"] {
        let dsn = format!("{scheme}://7c1f6e0b2a9d4c35b8e06f1d5a72943e@{}/1", receiver.address);
        post(&cookie, "/settings/observability/sentry", &[("dsn", &dsn)]).await;
    }
    assert!(receiver.connections() >= 2, "both went straight to the receiver");
    assert_eq!(proxy.connections(), 0, "{}", program.log());
}
