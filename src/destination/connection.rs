//! The parsed settings of one destination: all that is needed to send to it, and nothing else.

use std::collections::BTreeMap;

use bytes::Bytes;
use secrecy::{ExposeSecret, SecretString};
use url::Url;

use super::{Header, Request, Stored};
use crate::delivery::Outcome;
use crate::otlp::Compression;
use crate::otlp::answer::{Answer, classify};

/// One destination, ready to be sent to. Its Debug form tells no secret.
#[derive(Debug, Clone)]
pub struct Connection {
    pub(super) kind: &'static str,
    pub(super) endpoint: Url,
    pub(super) target: String,
    pub(super) headers: Vec<Header>,
    pub(super) environment: Option<String>,
    pub(super) release: Option<String>,
    pub(super) stored: Stored,
    pub(super) masked: BTreeMap<&'static str, String>,
    /// Secrets that a receiver may repeat in its answer, each with what is shown in its place.
    pub(super) redactions: Vec<(SecretString, String)>,
    /// Whether the receiver may accept a request before it knows whether it may, and throw it away when it does (spec 2.1).
    pub(super) accepts_unseen: bool,
    /// What an answer means here, where that differs from the general table.
    pub(super) reading: fn(&Answer, Outcome) -> Outcome,
}

impl Connection {
    /// The kind's slug.
    pub fn kind(&self) -> &'static str {
        self.kind
    }

    /// Where requests go.
    pub fn endpoint(&self) -> &Url {
        &self.endpoint
    }

    /// What a list shows: host and project, no secret.
    pub fn target(&self) -> &str {
        &self.target
    }

    /// The headers of every request.
    pub fn headers(&self) -> &[Header] {
        &self.headers
    }

    /// The environment of requests that name none.
    pub fn environment(&self) -> Option<&str> {
        self.environment.as_deref()
    }

    /// The release of requests that name none.
    pub fn release(&self) -> Option<&str> {
        self.release.as_deref()
    }

    /// The settings in canonical form, parted by secrecy.
    pub fn stored(&self) -> &Stored {
        &self.stored
    }

    /// The masked form of a secret field, for pages and the API.
    pub fn masked(&self, field: &str) -> Option<&str> {
        self.masked.get(field).map(String::as_str)
    }

    /// All secret fields in masked form.
    pub fn all_masked(&self) -> &BTreeMap<&'static str, String> {
        &self.masked
    }

    /// Whether what the receiver accepts counts only once it is confirmed (spec 4.3).
    pub fn accepts_unseen(&self) -> bool {
        self.accepts_unseen
    }

    /// The POST that carries `body`: an `ExportTraceServiceRequest` in protobuf, compressed as it says.
    pub fn request(&self, body: impl Into<Bytes>, compression: Compression) -> Request {
        let fits = |header: &&Header| compression == Compression::Gzip || header.name != "content-encoding";
        let headers = self.headers.iter().filter(fits).cloned().collect();
        Request { url: self.endpoint.clone(), headers, body: body.into() }
    }

    /// What the receiver's answer means. Its sentence tells no secret, even if the receiver repeats one.
    pub fn outcome(&self, answer: &Answer) -> Outcome {
        let answer = &self.redact_answer(answer);
        (self.reading)(answer, classify(answer)).map_sentence(|sentence| self.redact(&sentence))
    }

    /// The receiver's own words, without the secrets that they may repeat.
    pub fn words(&self, answer: &Answer) -> Option<String> {
        self.redact_answer(answer).words().map(|words| self.redact(&words))
    }

    /// Before words are cut to their length: half a secret would not be recognised any more.
    fn redact_answer(&self, answer: &Answer) -> Answer {
        let mut redacted = answer.clone();
        let repeats = |secret: &SecretString| {
            let secret = secret.expose_secret().as_bytes();
            answer.body.windows(secret.len().max(1)).any(|window| window == secret)
        };
        if self.redactions.iter().any(|(secret, _)| repeats(secret)) {
            redacted.body = self.redact(&String::from_utf8_lossy(&answer.body)).into();
        }
        redacted
    }

    /// `text` with every secret of this destination masked.
    pub fn redact(&self, text: &str) -> String {
        self.redactions
            .iter()
            .fold(text.to_owned(), |text, (secret, masked)| text.replace(secret.expose_secret(), masked))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::destination::kinds;

    const KEY: &str = "7c1f6e0b2a9d4c35b8e06f1d5a72943e";

    /// However long the words before it: they are cut to 200 characters, which must not cut the secret in two.
    #[test]
    fn no_answer_tells_a_secret_wherever_it_repeats_it() {
        let settings = [("dsn", format!("https://{KEY}@sentry.example/1"))].into_iter().collect();
        let connection = kinds::find("sentry").unwrap().connect(&settings).unwrap();
        for status in [200, 302, 400, 401, 403, 404, 413, 429, 500, 503, 599] {
            for before in 0..260 {
                let body = format!("{{\"detail\":\"{}sentry_key={KEY}\"}}", "x".repeat(before)).into();
                let answer = Answer { status, body, ..Answer::default() };
                let told = format!("{:?} {:?}", connection.outcome(&answer), connection.words(&answer));
                assert!(!told.contains(&KEY[..8]) && !told.contains(&KEY[24..]), "{status}, {before}: {told}");
            }
        }
    }
}
