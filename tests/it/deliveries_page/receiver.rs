//! A receiver that answers what a test says, by what it is sent.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use libdeflater::Decompressor;
use tracecast::config::{Given, Source};
use wiremock::matchers::any;
use wiremock::{Mock, MockServer, Request, Respond, ResponseTemplate};

type Rule = Box<dyn Fn(&str) -> ResponseTemplate + Send>;

/// Accepts everything until it is told otherwise.
pub(super) struct Receiver {
    server: MockServer,
    rule: Arc<Mutex<Rule>>,
}

struct ByRule(Arc<Mutex<Rule>>);

impl Respond for ByRule {
    fn respond(&self, request: &Request) -> ResponseTemplate {
        let body = decompressed(&request.body);
        self.0.lock().unwrap_or_else(PoisonError::into_inner)(&String::from_utf8_lossy(&body))
    }
}

impl Receiver {
    pub(super) async fn start() -> Self {
        let rule: Rule = Box::new(|_| ResponseTemplate::new(200));
        let (server, rule) = (MockServer::start().await, Arc::new(Mutex::new(rule)));
        Mock::given(any()).respond_with(ByRule(Arc::clone(&rule))).mount(&server).await;
        Self { server, rule }
    }

    pub(super) fn address(&self) -> SocketAddr {
        *self.server.address()
    }

    pub(super) fn dsn(&self) -> String {
        format!("http://0123456789abcdef0123456789abcdef@{}/1", self.address())
    }

    /// From now on answers like this; `rule` sees the protobuf's bytes as text.
    pub(super) fn answers(&self, rule: impl Fn(&str) -> ResponseTemplate + Send + 'static) {
        *self.rule.lock().unwrap() = Box::new(rule);
    }
}

/// Lets the application reach a receiver.
pub(super) fn allow(given: Given, address: SocketAddr) -> Given {
    given.with("egress-allow", address.to_string(), Source::Argument)
}

fn decompressed(body: &[u8]) -> Vec<u8> {
    if !body.starts_with(&[0x1f, 0x8b]) {
        return body.to_vec();
    }
    // The last four bytes of gzip say how long it was.
    let length = body.last_chunk().map_or(0, |bytes| u32::from_le_bytes(*bytes) as usize);
    let mut plain = vec![0; length];
    Decompressor::new().gzip_decompress(body, &mut plain).unwrap();
    plain
}
