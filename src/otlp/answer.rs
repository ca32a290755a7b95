//! A receiver's answer to an OTLP request, and what it means (spec 4.3 and 2.2).

mod pause;
mod sentence;
mod success;

use std::fmt;

use bytes::Bytes;

pub use self::sentence::{MAX_SENTENCE, one_line};
use crate::clock::UnixNanos;
use crate::delivery::{Attention, Outcome, Refusal, WaitReason};

/// The most of an answer's body that is read, in bytes (spec 5.1).
pub const MAX_BODY: usize = 64 * 1024;

/// What a receiver answered: status, the headers that matter, and the beginning of the body.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// `retry-after`: seconds or an HTTP date.
    pub retry_after: Option<String>,
    /// `x-sentry-rate-limits`, several values joined by commas.
    pub rate_limits: Option<String>,
    /// `server`, for example `sentry-relay/26.9.0`. As the receiver wrote it: escape before showing.
    pub server: Option<String>,
    /// `location` of a redirect. As the receiver wrote it.
    pub location: Option<String>,
    /// At most [`MAX_BODY`] bytes.
    pub body: Bytes,
    /// The body is only its beginning: it was longer, or the connection broke.
    pub is_cut: bool,
    /// When it arrived: what a date in `retry-after` is compared with.
    pub received_at: UnixNanos,
}

impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Answer")
            .field("status", &self.status)
            .field("retry_after", &self.retry_after)
            .field("rate_limits", &self.rate_limits)
            .field("server", &self.server)
            .field("body_bytes", &self.body.len())
            .field("is_cut", &self.is_cut)
            .finish_non_exhaustive()
    }
}

impl Answer {
    /// The receiver's own words: one line of at most [`MAX_SENTENCE`] characters, escaped. None when it said nothing.
    pub fn words(&self) -> Option<String> {
        sentence::words(&self.body)
    }

    /// Where a redirect points: the host only. None when it names none (or is relative).
    pub fn redirect_host(&self) -> Option<String> {
        let url = url::Url::parse(self.location.as_deref()?).ok()?;
        url.host_str().map(one_line)
    }
}

/// What an answer means for the batch and its destination.
pub fn classify(answer: &Answer) -> Outcome {
    match answer.status {
        200..=299 => success::outcome(answer),
        300..=399 => attention(answer, Attention::Redirected, redirect_sentence(answer)),
        400 | 415 | 422 => refused(answer, Refusal::Invalid, "The receiver refused this request"),
        413 => refused(answer, Refusal::TooLarge, "The receiver says that this request is too large"),
        401 => {
            advise(answer, Attention::Unauthorized, "The receiver does not accept these credentials. Enter them again")
        }
        403 => advise(
            answer,
            Attention::Forbidden,
            "The receiver does not let these credentials send traces. Check that they are valid and belong to this project",
        ),
        404 | 410 => advise(
            answer,
            Attention::NotFound,
            "Nothing takes traces at this address. Check the endpoint's path, and that the receiver is recent enough",
        ),
        405 => advise(
            answer,
            Attention::MethodNotAllowed,
            "What answers at this address takes no traces. Check the endpoint's path",
        ),
        408 => wait(answer, WaitReason::Unavailable, "The receiver timed out while it read the request"),
        429 => wait(answer, WaitReason::RateLimited, "The receiver takes no more at the moment: a quota is used up"),
        500 => wait(answer, WaitReason::ServerError, "The receiver failed"),
        501..=599 => wait(answer, WaitReason::Unavailable, "The receiver is not available at the moment"),
        _ => advise(
            answer,
            Attention::UnexpectedAnswer,
            "The receiver gave an answer that no receiver of traces gives. Check the endpoint",
        ),
    }
}

/// `lead` followed by the status and the receiver's words.
fn told(answer: &Answer, lead: &str) -> String {
    match answer.words() {
        Some(words) => format!("{lead} (HTTP {}: {words}).", answer.status),
        None => format!("{lead} (HTTP {}).", answer.status),
    }
}

fn refused(answer: &Answer, reason: Refusal, lead: &str) -> Outcome {
    Outcome::Refused { reason, status: answer.status, sentence: told(answer, lead) }
}

fn wait(answer: &Answer, reason: WaitReason, lead: &str) -> Outcome {
    Outcome::Wait { reason, sentence: told(answer, lead), not_before: pause::asked_for(answer) }
}

fn advise(answer: &Answer, reason: Attention, lead: &str) -> Outcome {
    attention(answer, reason, told(answer, lead))
}

/// A web server that answers everything with its own page would lose every trace with a 2xx.
fn no_receiver(answer: &Answer, what: &str) -> Outcome {
    let advice = format!(
        "{what} answers at this address, and no receiver of traces (HTTP {}). A sign-in or a proxy may stand in front of it: \
         let requests pass to the receiver, or enter its own address.",
        answer.status
    );
    attention(answer, Attention::UnexpectedAnswer, advice)
}

fn attention(answer: &Answer, reason: Attention, advice: String) -> Outcome {
    Outcome::NeedsAttention { reason, status: Some(answer.status), advice }
}

fn redirect_sentence(answer: &Answer) -> String {
    let target = answer.redirect_host().map_or_else(|| "another address".to_owned(), |host| format!("the host {host}"));
    format!(
        "The receiver redirects to {target} (HTTP {}), and redirects are not followed. Enter the address that takes the \
         traces itself.",
        answer.status
    )
}

#[cfg(test)]
mod tests;
