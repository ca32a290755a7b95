//! Standard Webhooks (<https://www.standardwebhooks.com>): three headers from which a receiver sees who sent a body, and when.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use secrecy::{ExposeSecret as _, SecretSlice, SecretString};

use super::hmac_sha256;
use crate::random::{Random, Unavailable};

/// How a secret begins as people copy it.
const PREFIX: &str = "whsec_";

/// Bytes of a secret of ours.
const BYTES: usize = 32;

/// Bytes of a secret, by the specification.
const LEAST: usize = 24;
const MOST: usize = 64;

/// The key that sender and receiver share.
#[derive(Clone)]
pub struct Secret(SecretSlice<u8>);

impl Secret {
    /// A new one.
    ///
    /// # Errors
    /// When there is no randomness.
    pub fn new(random: Random) -> Result<Self, Unavailable> {
        Ok(Self(random.bytes::<BYTES>()?.to_vec().into()))
    }

    /// Reads `whsec_` and base64.
    pub fn parse(text: &str) -> Option<Self> {
        let bytes = STANDARD.decode(text.strip_prefix(PREFIX)?).ok()?;
        (LEAST..=MOST).contains(&bytes.len()).then(|| Self(bytes.into()))
    }

    /// As people copy it: `whsec_` and base64.
    pub fn to_text(&self) -> SecretString {
        format!("{PREFIX}{}", STANDARD.encode(self.0.expose_secret())).into()
    }

    /// `v1,` and base64 of HMAC-SHA256 over `{id}.{timestamp}.{body}`.
    fn sign(&self, message: &Message<'_>) -> String {
        let timestamp = message.timestamp.to_string();
        let parts = [message.id.as_bytes(), b".", timestamp.as_bytes(), b".", message.body];
        format!("v1,{}", STANDARD.encode(hmac_sha256(self.0.expose_secret(), &parts)))
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret")
    }
}

/// What is signed.
#[derive(Debug, Clone, Copy)]
pub struct Message<'a> {
    /// The same each time that the same message is sent, so that a receiver can pass over the second one.
    pub id: &'a str,
    /// Unix seconds of this attempt.
    pub timestamp: u64,
    /// The very bytes that are sent.
    pub body: &'a [u8],
}

impl Message<'_> {
    /// Names and values of the headers. While a secret is replaced there are two, and a receiver that knows either is satisfied.
    /// None where there is no secret.
    pub fn headers(&self, secrets: &[Secret]) -> Option<[(&'static str, String); 3]> {
        if secrets.is_empty() {
            return None;
        }
        let signatures: Vec<_> = secrets.iter().map(|secret| secret.sign(self)).collect();
        Some([
            ("webhook-id", self.id.to_owned()),
            ("webhook-timestamp", self.timestamp.to_string()),
            ("webhook-signature", signatures.join(" ")),
        ])
    }
}

#[cfg(test)]
mod tests {
    use standardwebhooks::Webhook;

    use super::*;
    use crate::clock::Clock;

    /// The example of the specification's own libraries.
    #[test]
    fn signature_is_the_published_one() {
        let secret = Secret::parse("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
        let body = br#"{"test": 2432232314}"#;
        let message = Message { id: "msg_p5jXN8AQM9LWM0D4loKWxJek", timestamp: 1_614_265_330, body };
        assert_eq!(secret.sign(&message), "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }

    #[test]
    fn foreign_receiver_verifies_a_message_by_either_secret_and_no_other() {
        let secrets = [Secret::new(Random).unwrap(), Secret::new(Random).unwrap()];
        // The receiver refuses times that are five minutes off.
        let timestamp = Clock::System.unix_nanos().as_seconds();
        let message = Message { id: "msg_1", timestamp, body: "{\"ü\":1}".as_bytes() };
        let verifies = |secret: &Secret, body: &[u8]| {
            let headers: http::HeaderMap = message.headers(&secrets).unwrap().into_iter().map(header).collect();
            Webhook::new(secret.to_text().expose_secret()).unwrap().verify(body, &headers).is_ok()
        };
        assert!(secrets.iter().all(|secret| verifies(secret, message.body)));
        assert!(!verifies(&secrets[0], b"{\"u\":1}") && !verifies(&Secret::new(Random).unwrap(), message.body));
    }

    fn header((name, value): (&'static str, String)) -> (http::HeaderName, http::HeaderValue) {
        (name.parse().unwrap(), value.parse().unwrap())
    }

    #[test]
    fn secret_comes_back_from_its_text_and_is_never_printed() {
        let secret = Secret::new(Random).unwrap();
        let text = secret.to_text();
        let again = Secret::parse(text.expose_secret()).unwrap();
        assert_eq!(again.to_text().expose_secret(), text.expose_secret());
        assert_eq!(format!("{secret:?}"), "Secret");
        for wrong in ["", "whsec_", "whsec_AAAA", "whsec_!", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"] {
            assert!(Secret::parse(wrong).is_none(), "{wrong}");
        }
    }

    #[test]
    fn message_without_a_secret_has_no_headers() {
        assert!(Message { id: "msg_1", timestamp: 1, body: b"" }.headers(&[]).is_none());
    }
}
