//! A message: its id, and the signature under its body.

use sha2::{Digest as _, Sha256};

use super::Secrets;
use crate::destination::sign::Sign;
use crate::destination::{Header, Occasion, Parcel, Request};
use crate::signature::standard_webhooks::Message;

/// Marks a body that carries nothing, as OpenRouter marks it.
const TEST: (&str, &str) = ("x-test-connection", "true");

#[derive(Debug)]
pub(super) struct SignedMessage {
    pub(super) secrets: Secrets,
}

impl Sign for SignedMessage {
    fn sign(&self, request: &mut Request, parcel: &Parcel, occasion: Occasion) {
        if parcel.carried.is_empty() {
            request.set(Header::open(TEST.0, TEST.1));
        }
        let id = id(parcel, occasion);
        let timestamp = occasion.at.as_seconds();
        let body = request.body.clone();
        let message = Message { id: &id, timestamp, body: &body };
        for (name, value) in message.headers(&self.secrets.at(timestamp)).into_iter().flatten() {
            request.set(Header::open(name, value));
        }
    }
}

/// The same for the same requests to the same destination. Tests carry none and are told apart by their time.
fn id(parcel: &Parcel, occasion: Occasion) -> String {
    let mut digest = Sha256::new();
    digest.update(occasion.destination.to_string());
    for carried in &parcel.carried {
        digest.update([0]);
        digest.update(&carried.generation);
    }
    if parcel.carried.is_empty() {
        digest.update(occasion.at.0.to_be_bytes());
    }
    format!("msg_{}", hex::encode(&digest.finalize()[..16]))
}
