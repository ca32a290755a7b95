//! What a destination gets of which requests: rules and redaction, as a person or a program types them.

use serde_json::{Map, Value};
use tracecast::completed_request::TraceContext;
use tracecast::completed_request::content::{Content, ContentRef};
use tracecast::destination::redaction::{Counts, Redaction, Redactor};
use tracecast::destination::selection::{Candidate, Rules};
use tracecast::id::{AccountId, DestinationId};
use tracecast::seal::Keyring;

const NOBODY: &str = "00000000-0000-0000-0000-000000000000";

/// Rules as JSON: those that are taken are the same when they come back from the database, and judge a request the same.
pub fn rules(input: &[u8]) {
    let Ok(members) = serde_json::from_slice::<Map<String, Value>>(input) else { return };
    let mut rules = Rules::default();
    if rules.replace(&members).is_err() {
        return;
    }
    let again = Rules::from_stored(rules.to_stored().as_ref()).expect("what is stored can be read");
    assert_eq!(again.to_json(), rules.to_json());
    let request = super::request(TraceContext::default());
    let destination: DestinationId = NOBODY.parse().expect("an id");
    let judge = |rules: &Rules| format!("{:?}", rules.keep(destination, &Candidate::new(&request, None, None)));
    assert_eq!(judge(&again), judge(&rules));
}

/// Recorded content: redacted, it is valid JSON, and no detector finds anything in it any more.
pub fn redactor(input: &[u8]) {
    let Ok(content) = ContentRef::from_bytes(input) else { return };
    let (Some(once), _) = redacted(&content) else { return };
    let bytes = once.to_bytes();
    assert!(serde_json::from_slice::<Value>(&bytes).is_ok(), "{}", String::from_utf8_lossy(&bytes));
    let (_, left) = redacted(&once.as_borrowed());
    assert!(left.is_empty(), "{left} in {}", String::from_utf8_lossy(&bytes));
}

/// As a destination gets it that masks whatever a detector finds.
fn redacted(content: &ContentRef<'_>) -> (Option<Content>, Counts) {
    let masks = ["email", "phone", "card", "iban", "ip", "token"].map(|name| (name.to_owned(), Value::from("mask")));
    let members = Map::from_iter([("redaction".to_owned(), Value::from_iter(masks))]);
    let mut redaction = Redaction::default();
    redaction.replace(&members).expect("the detectors exist");
    let keyring = Keyring::parse(&"0f".repeat(32)).expect("a key");
    let account: AccountId = NOBODY.parse().expect("an id");
    let redactor = Redactor::new(redaction, keyring.hash_key(account));
    redactor.apply(&mut super::request(TraceContext::default()), Some(content))
}
