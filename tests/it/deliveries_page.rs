//! What a person sees of delivery: states in words, the delivery log, dead letters, what waits, what was lost.

mod access;
mod dead_letters;
mod listing;
mod notes;
mod receiver;
mod states;
mod switched_off;

use std::time::Duration;

use serde_json::json;

use self::receiver::Receiver;
use crate::support::app::TestApp;

const OBSERVABILITY: &str = "/settings/observability";

/// An application with a receiver that does as it is told, a person, their destination, and a key.
struct Scene {
    app: TestApp,
    receiver: Receiver,
    cookie: String,
    destination: String,
    key: String,
}

impl Scene {
    async fn new() -> Self {
        let receiver = Receiver::start().await;
        let allowed = receiver.address();
        let app = TestApp::start_with(|given| receiver::allow(given, allowed)).await;
        let cookie = app.signs_up("ada@example.com").await;
        app.switches(&cookie, "true").await;
        let form = [("dsn", receiver.dsn()), ("relay", "on".to_owned())];
        let form: Vec<_> = form.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let answer = app.posts_form(&cookie, "/settings/observability/sentry", &form).await;
        assert_eq!(answer.status, 303, "{}", answer.text);
        let destination = answer.location.trim_end_matches("/edit").to_owned();
        let key = app.creates_key(&cookie).await;
        Self { app, receiver, cookie, destination, key }
    }

    /// Asks the gateway; gives the request's id.
    async fn asks(&self, words: &str) -> String {
        let body = json!({ "model": "demo/echo", "messages": [{ "role": "user", "content": words }] });
        let answer = self.app.asks(&self.key, &body.to_string()).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        let answer: serde_json::Value = serde_json::from_str(&answer.text).unwrap();
        answer["id"].as_str().unwrap().to_owned()
    }

    fn deliveries(&self) -> String {
        format!("{}/deliveries", self.destination)
    }

    async fn reads_until(&self, path: &str, words: &str) -> String {
        reads_until(&self.app, &self.cookie, path, words).await
    }

    async fn ends(self) {
        self.app.stop().await;
    }
}

/// The page, as soon as it says `words`.
async fn reads_until(app: &TestApp, cookie: &str, path: &str, words: &str) -> String {
    let mut page = String::new();
    for _ in 0..600 {
        page = app.gets(cookie, path).await.text;
        if page.contains(words) {
            return page;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let main = page.split_once("<main").map_or(page.as_str(), |(_, main)| main);
    panic!("{path} never said `{words}`:\n{main}");
}
