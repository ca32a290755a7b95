//! What a receiver's response to an OTLP request means (spec 4.3). A meaning that only one kind of receiver has stands
//! with the kind.

mod evidence;
mod pause;
mod response;
mod sentence;
mod success;

pub use self::evidence::Evidence;
pub(crate) use self::pause::seconds;
pub use self::response::{Headers, MAX_BODY, Response};
pub use self::sentence::{MAX_SENTENCE, one_line};
use crate::delivery::{Attention, Outcome, Refusal, WaitReason};

/// What a response means for the batch and its destination.
pub fn classify(response: &Response) -> Outcome {
    match response.status {
        200..=299 => success::outcome(response),
        300..=399 => attention(response, Attention::Redirected, redirect_sentence(response)),
        400 | 415 | 422 => refused(response, Refusal::Invalid, "The receiver refused this request"),
        413 => refused(response, Refusal::TooLarge, "The receiver says that this request is too large"),
        401 => advise(
            response,
            Attention::Unauthorized,
            "The receiver does not accept these credentials. Enter them again",
        ),
        403 => advise(
            response,
            Attention::Forbidden,
            "The receiver does not let these credentials send traces. Check that they are valid and belong to this project",
        ),
        404 | 410 => advise(
            response,
            Attention::NotFound,
            "Nothing takes traces at this address. Check the endpoint's path, and that the receiver is recent enough",
        ),
        405 => advise(
            response,
            Attention::MethodNotAllowed,
            "What answers at this address takes no traces. Check the endpoint's path",
        ),
        408 => wait(response, WaitReason::Unavailable, "The receiver timed out while it read the request"),
        429 => wait(response, WaitReason::RateLimited, "The receiver takes no more at the moment: a quota is used up"),
        500 => wait(response, WaitReason::ServerError, "The receiver failed"),
        501..=599 => wait(response, WaitReason::Unavailable, "The receiver is not available at the moment"),
        _ => advise(
            response,
            Attention::UnexpectedAnswer,
            "The receiver gave an answer that no receiver of traces gives. Check the endpoint",
        ),
    }
}

fn refused(response: &Response, reason: Refusal, lead: &str) -> Outcome {
    Outcome::Refused { reason, status: response.status, sentence: response.sentence(lead) }
}

fn wait(response: &Response, reason: WaitReason, lead: &str) -> Outcome {
    Outcome::Wait { reason, sentence: response.sentence(lead), not_before: pause::asked_for(response) }
}

fn advise(response: &Response, reason: Attention, lead: &str) -> Outcome {
    attention(response, reason, response.sentence(lead))
}

fn attention(response: &Response, reason: Attention, advice: String) -> Outcome {
    Outcome::NeedsAttention { reason, status: Some(response.status), advice }
}

fn redirect_sentence(response: &Response) -> String {
    let target =
        response.redirect_host().map_or_else(|| "another address".to_owned(), |host| format!("the host {host}"));
    format!(
        "The receiver redirects to {target} (HTTP {}), and redirects are not followed. Enter the address that takes the \
         traces itself.",
        response.status
    )
}

#[cfg(test)]
mod tests;
