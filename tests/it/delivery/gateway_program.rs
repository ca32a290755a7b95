//! The program with its gateway in a process of its own, asked as an application asks it.

use serde_json::{Value, json};

use super::metrics::told;
use crate::support::http::client;
use crate::support::program::Program;

/// How somebody asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Asked {
    Whole,
    Streamed,
    /// Without messages, which is refused and recorded.
    Wrongly,
}

/// Somebody who asks, on kept connections.
#[derive(Clone)]
pub(crate) struct Caller {
    client: reqwest::Client,
    url: String,
    key: String,
}

impl Caller {
    /// Sends a request. Gives the answer as it begins, None if nobody answers.
    pub(crate) async fn sends(&self, asked: Asked) -> Option<reqwest::Response> {
        let mut body = json!({ "model": "demo/echo", "stream": asked == Asked::Streamed });
        if asked != Asked::Wrongly {
            body["messages"] = json!([{ "role": "user", "content": "Hello" }]);
        }
        let request = self.client.post(format!("{}/api/v1/chat/completions", self.url)).bearer_auth(&self.key);
        let request = request.header("content-type", "application/json").body(body.to_string());
        let answer = request.send().await.ok()?;
        assert_eq!(answer.status(), if asked == Asked::Wrongly { 400 } else { 200 });
        Some(answer)
    }

    /// Asks and reads the answer. Gives the request's name if the answer was there to its end, however the connection ended.
    pub(crate) async fn asks(&self, asked: Asked) -> Option<String> {
        let mut answer = self.sends(asked).await?;
        let name = answer.headers()["x-generation-id"].to_str().unwrap().to_owned();
        let mut body = Vec::new();
        while let Ok(Some(piece)) = answer.chunk().await {
            body.extend_from_slice(&piece);
        }
        let has_ended = match asked {
            Asked::Streamed => body.ends_with(b"data: [DONE]\n\n"),
            _ => serde_json::from_slice::<Value>(&body).is_ok(),
        };
        has_ended.then_some(name)
    }
}

/// A program that listens.
pub(crate) struct GatewayProgram {
    pub(crate) program: Program,
    url: String,
    key: String,
}

impl GatewayProgram {
    /// `serve` or `web` with these settings, asked with this key.
    pub(crate) async fn start(command: &str, settings: &[(&'static str, String)], key: &str) -> Self {
        let mut settings = settings.to_vec();
        settings.push(("TRACECAST_BIND", "127.0.0.1:0".to_owned()));
        settings.push(("TRACECAST_ECHO_DELAY", "0ms".to_owned()));
        let program = Program::start(command, &settings);
        let url = format!("http://{}", told(&program, "listening").await);
        Self { program, url, key: key.to_owned() }
    }

    /// Asks with this prompt. Gives the request's name.
    pub(crate) async fn asks(&self, prompt: &str) -> String {
        let body = json!({ "model": "demo/echo", "messages": [{ "role": "user", "content": prompt }] });
        let request = client().post(format!("{}/api/v1/chat/completions", self.url)).bearer_auth(&self.key);
        let answer = request.header("content-type", "application/json").body(body.to_string()).send().await.unwrap();
        assert_eq!(answer.status(), 200, "{}", self.program.log());
        let name = answer.headers()["x-generation-id"].to_str().unwrap().to_owned();
        answer.bytes().await.unwrap();
        name
    }

    /// Somebody who asks it, also when it is gone.
    pub(crate) fn caller(&self) -> Caller {
        Caller { client: client(), url: self.url.clone(), key: self.key.clone() }
    }

    /// Status and text of a page.
    pub(crate) async fn gets(&self, cookie: &str, path: &str) -> (u16, String) {
        let answer = client().get(format!("{}{path}", self.url)).header("cookie", cookie).send().await.unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap())
    }

    /// Sends a form. Gives the cookie.
    pub(crate) async fn posts(&self, path: &str, form: &[(&str, &str)]) -> String {
        let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish();
        let request = client().post(format!("{}{path}", self.url)).header("sec-fetch-site", "same-origin");
        let request = request.header("content-type", "application/x-www-form-urlencoded").body(body);
        let answer = request.send().await.unwrap();
        assert_eq!(answer.status(), 303, "{}", self.program.log());
        answer.headers()["set-cookie"].to_str().unwrap().split(';').next().unwrap().to_owned()
    }
}
