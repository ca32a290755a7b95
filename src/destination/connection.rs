//! The parsed settings of one destination: all that is needed to send to it, and nothing else.

use std::collections::BTreeMap;

use secrecy::{ExposeSecret, SecretString};

use super::{FieldError, Stored, Wire};
use crate::delivery::{Attention, Outcome, WaitReason};
use crate::otlp::answer::{Evidence, Response};
use crate::trace::TraceSettings;

/// One destination, ready to be sent to. Its Debug form shows no secret.
#[derive(Debug, Clone)]
pub struct Connection {
    /// What a list shows: host and project, no secret.
    pub(super) target: String,
    pub(super) stored: Stored,
    pub(super) masked: BTreeMap<&'static str, String>,
    /// Secrets that a receiver may repeat in its answer, each with what is shown in its place.
    pub(super) redactions: Vec<(SecretString, String)>,
    /// Values that were probably meant for another field. They lead the advice of a failed test.
    pub(super) mix_ups: Vec<FieldError>,
    pub(super) mended: Mended,
    pub(super) traces: TraceSettings,
    pub(super) wire: Wire,
}

/// The fields in which most faults are mended. Empty: none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Mended {
    pub address: &'static str,
    pub credentials: &'static str,
}

impl Connection {
    /// What a list shows: host and project, no secret.
    pub fn target(&self) -> &str {
        &self.target
    }

    pub fn traces(&self) -> &TraceSettings {
        &self.traces
    }

    pub fn wire(&self) -> &Wire {
        &self.wire
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

    /// What a response means. Its sentence shows no secret, even if the receiver repeats one.
    pub fn outcome(&self, response: &Response) -> Outcome {
        self.wire.read(&self.redact_response(response)).map_sentence(|sentence| self.redact(&sentence))
    }

    /// The receiver's own words, without the secrets that they may repeat.
    pub fn words(&self, response: &Response) -> Option<String> {
        self.redact_response(response).words().map(|words| self.redact(&words))
    }

    /// Values that were probably meant for another field.
    pub fn mix_ups(&self) -> &[FieldError] {
        &self.mix_ups
    }

    /// The field in which the cause of `outcome` is mended, which `response` led to where there was one.
    pub fn field_to_mend(&self, outcome: &Outcome, response: Option<&Response>) -> Option<&'static str> {
        if outcome.is_accepted() {
            return None;
        }
        let known = response.and_then(|response| self.wire.field_of(&self.redact_response(response)));
        let field = known.unwrap_or(match outcome {
            Outcome::NeedsAttention { reason: Attention::Unauthorized | Attention::Forbidden, .. } => {
                self.mended.credentials
            }
            Outcome::NeedsAttention { .. }
            | Outcome::Wait {
                reason: WaitReason::Unreachable | WaitReason::TimedOut | WaitReason::Interrupted, ..
            } => self.mended.address,
            _ => "",
        });
        Some(field).filter(|field| !field.is_empty())
    }

    /// Whether the kind has words of its own for a response.
    pub fn knows(&self, response: &Response) -> bool {
        self.wire.field_of(&self.redact_response(response)).is_some()
    }

    /// What is kept of a response, without the secrets that it may repeat.
    pub fn evidence(&self, response: &Response) -> Evidence {
        let mut evidence = Evidence::of(&self.redact_response(response));
        for value in evidence.headers.values_mut() {
            *value = self.redact(value);
        }
        evidence
    }

    /// Masks secrets before words are cut to their length, because half a secret would not be recognised any more.
    fn redact_response(&self, response: &Response) -> Response {
        let mut redacted = response.clone();
        let repeats = |secret: &SecretString| {
            let secret = secret.expose_secret().as_bytes();
            response.body.windows(secret.len().max(1)).any(|window| window == secret)
        };
        if self.redactions.iter().any(|(secret, _)| repeats(secret)) {
            redacted.body = self.redact(&String::from_utf8_lossy(&response.body)).into();
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
