//! The cookie of a session: for this host alone, out of reach of scripts, and over TLS where there is TLS (spec 5.4).

use tracecast::config::Source;

use super::PASSWORD;
use crate::support::app::TestApp;
use crate::support::http::client;

/// The session's cookie as it is set when somebody signs in.
async fn set_cookie(app: &TestApp) -> String {
    let body = url::form_urlencoded::Serializer::new(String::new());
    let body = { body }.extend_pairs([("email", "ada@example.com"), ("password", PASSWORD)]).finish();
    let request = client().post(format!("{}/sign-in", app.url)).header("sec-fetch-site", "same-origin");
    let answer = request.header("content-type", "application/x-www-form-urlencoded").body(body).send().await.unwrap();
    let cookies = answer.headers().get_all("set-cookie").iter().map(|value| value.to_str().unwrap().to_owned());
    { cookies }.find(|cookie| cookie.contains("tc_session=")).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_session_is_kept_from_scripts_other_sites_and_other_hosts() {
    for (public_url, name, is_secure) in
        [("https://traces.example.com", "__Host-tc_session=", true), ("http://localhost:8080", "tc_session=", false)]
    {
        let app = TestApp::start_with(|given| given.with("public-url", public_url, Source::Argument)).await;
        app.signs_up("ada@example.com").await;
        let cookie = set_cookie(&app).await;
        let attributes: Vec<_> = cookie.split("; ").skip(1).collect();
        assert!(cookie.starts_with(name), "{cookie}");
        for attribute in ["HttpOnly", "SameSite=Lax", "Path=/"] {
            assert!(attributes.contains(&attribute), "{attribute}: {cookie}");
        }
        assert_eq!(attributes.contains(&"Secure"), is_secure, "{cookie}");
        assert!(!attributes.iter().any(|attribute| attribute.starts_with("Domain")), "{cookie}");
        app.stop().await;
    }
}
