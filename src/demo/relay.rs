//! The checks that Sentry's Relay makes before it answers, in its order. The body is not read for them.

use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};

use super::decode::Format;
use super::decompress::decompress;
use super::refusal::Refusal;
use super::{AcceptedKey, credentials};

/// Unknown keys that are remembered; beyond it the memory starts anew.
const REMEMBERED: usize = 10_000;

/// The part of Relay that decides.
#[derive(Debug)]
pub(super) struct Relay {
    keys: Vec<AcceptedKey>,
    /// Keys that do not exist and were asked for once: Relay accepts while it looks them up.
    looked_up: Mutex<HashSet<(u64, String)>>,
}

/// The parts of a request that are looked at.
#[derive(Debug)]
pub(super) struct Incoming<'a> {
    pub(super) project_id: &'a str,
    pub(super) query: &'a str,
    pub(super) credentials: Option<&'a str>,
    pub(super) content_type: Option<&'a str>,
    pub(super) content_encoding: Option<&'a str>,
    pub(super) body: Result<&'a [u8], Refusal>,
}

/// A request that is answered with 200.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Accepted {
    /// The body, decompressed.
    pub(super) body: Vec<u8>,
    pub(super) format: Format,
    /// The key does not exist: the next request with it is refused, and this one is lost.
    pub(super) unknown_key: bool,
}

impl Relay {
    /// A Relay that knows these keys; none stands for the default key.
    pub(super) fn new(mut keys: Vec<AcceptedKey>) -> Self {
        if keys.is_empty() {
            keys.push(AcceptedKey::default());
        }
        Self { keys, looked_up: Mutex::default() }
    }

    /// The key that its page shows.
    pub(super) fn key(&self) -> AcceptedKey {
        self.keys.first().cloned().unwrap_or_default()
    }

    /// Decides.
    ///
    /// # Errors
    /// The refusal, with its status.
    pub(super) fn accept(&self, incoming: &Incoming<'_>) -> Result<Accepted, Refusal> {
        let project_id = incoming.project_id.parse().map_err(|_| Refusal::BadProjectId)?;
        let public_key = credentials::public_key(incoming.credentials, incoming.query)?;
        let body = decompress(incoming.body?, incoming.content_encoding)?;
        let format = format(incoming.content_type).ok_or(Refusal::ContentType)?;
        let known = self.keys.iter().any(|key| key.project_id == project_id && key.public_key == public_key);
        if !known && !self.is_first(project_id, public_key) {
            return Err(Refusal::UnknownKey);
        }
        Ok(Accepted { body, format, unknown_key: !known })
    }

    fn is_first(&self, project_id: u64, public_key: String) -> bool {
        let mut looked_up = self.looked_up.lock().unwrap_or_else(PoisonError::into_inner);
        if looked_up.len() >= REMEMBERED {
            looked_up.clear();
        }
        looked_up.insert((project_id, public_key))
    }
}

/// The encoding that a content type names; parameters do not matter.
pub(super) fn format(content_type: Option<&str>) -> Option<Format> {
    let essence = content_type?.split(';').next()?.trim();
    if essence.eq_ignore_ascii_case("application/x-protobuf") {
        Some(Format::Protobuf)
    } else if essence.eq_ignore_ascii_case("application/json") {
        Some(Format::Json)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn incoming<'a>(project_id: &'a str, query: &'a str) -> Incoming<'a> {
        let content_type = Some("application/x-protobuf; charset=utf-8");
        Incoming { project_id, query, credentials: None, content_type, content_encoding: None, body: Ok(b"") }
    }

    #[test]
    fn an_unknown_key_is_accepted_once() {
        let relay = Relay::new(Vec::new());
        let unknown = format!("sentry_key={}", "f".repeat(32));
        let known = format!("sentry_key={}", relay.key().public_key);
        let first = relay.accept(&incoming("1", &unknown)).map(|accepted| accepted.unknown_key);
        assert_eq!(first, Ok(true));
        assert_eq!(relay.accept(&incoming("1", &unknown)), Err(Refusal::UnknownKey));
        assert_eq!(relay.accept(&incoming("1", &known)).map(|accepted| accepted.unknown_key), Ok(false));
        assert_eq!(relay.accept(&incoming("2", &known)).map(|accepted| accepted.unknown_key), Ok(true));
        assert_eq!(relay.accept(&incoming("2", &known)), Err(Refusal::UnknownKey));
    }

    #[test]
    fn the_project_is_looked_at_before_the_key_and_the_key_before_the_type() {
        let relay = Relay::new(Vec::new());
        assert_eq!(relay.accept(&incoming("one", "")), Err(Refusal::BadProjectId));
        assert_eq!(relay.accept(&incoming("-1", "")), Err(Refusal::BadProjectId));
        let unauthorised = Incoming { content_type: Some("text/plain"), ..incoming("1", "") };
        assert_eq!(relay.accept(&unauthorised), Err(Refusal::NoCredentials));
        let known = format!("sentry_key={}", relay.key().public_key);
        let text = Incoming { content_type: Some("text/plain"), ..incoming("1", &known) };
        assert_eq!(relay.accept(&text), Err(Refusal::ContentType));
    }
}
