//! The demo receiver answers as Sentry's OTLP endpoint was measured to answer (spec 2.1 and 2.2).

mod answers;
mod behaviour;
mod contrast;
mod forgetting;
mod keeping;
mod losses;
mod pages;
mod scrubbing;

use demo_receiver::{Options, Receiver, Running};
use reqwest::{RequestBuilder, Response};
use tokio_util::task::TaskTracker;

use crate::support::http::client;

/// A receiver on a free port, with a client.
struct Demo {
    running: Running,
    http: reqwest::Client,
}

impl Demo {
    fn start() -> Self {
        Self::start_with(Options::default())
    }

    fn start_with(options: Options) -> Self {
        let running = Receiver::start(options, &TaskTracker::new()).unwrap();
        Self { running, http: client() }
    }

    /// The header that proves the key.
    fn credentials(&self) -> String {
        let dsn = self.running.dsn();
        let key = dsn.strip_prefix("http://").and_then(|rest| rest.split('@').next()).unwrap();
        format!("Sentry sentry_version=7, sentry_key={key}, sentry_client=tracecast/0.1.0")
    }

    /// A protobuf export with valid credentials, ready to be changed.
    fn export(&self, body: Vec<u8>) -> RequestBuilder {
        self.post(&self.running.endpoint(), body).header("x-sentry-auth", self.credentials())
    }

    /// A protobuf export without credentials.
    fn post(&self, url: &str, body: Vec<u8>) -> RequestBuilder {
        self.http.post(url).header("content-type", "application/x-protobuf").body(body)
    }

    /// Sends a valid export and gives its status.
    async fn sends(&self, body: Vec<u8>) -> u16 {
        status(self.export(body)).await
    }

    async fn page(&self, path: &str) -> Response {
        self.http.get(format!("{}{path}", self.running.url())).send().await.unwrap()
    }
}

async fn status(request: RequestBuilder) -> u16 {
    request.send().await.unwrap().status().as_u16()
}
