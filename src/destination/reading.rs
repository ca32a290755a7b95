//! What one answer means at one kind, where the general table (spec 4.3) does not know: rows, looked up first.

use std::time::Duration;

use crate::delivery::{Attention, Outcome, Refusal, WaitReason};
use crate::otlp::answer::Response;

/// One answer that a kind knows.
#[derive(Debug, Clone, Copy)]
pub(super) struct Reading {
    pub status: u16,
    /// Words that the body holds, in lower case. Empty: any body.
    pub words: &'static str,
    pub meaning: Meaning,
    /// What it is and what to do, without its full stop.
    pub sentence: &'static str,
    /// The field where it is mended. Empty: none.
    pub field: &'static str,
}

/// What becomes of the batch.
#[derive(Debug, Clone, Copy)]
pub(super) enum Meaning {
    /// As the general table says.
    Usual,
    /// A quota is used up: it waits for this long at least.
    Quota(Duration),
    /// One request of the batch is to blame, or it is too long: it is halved.
    Halve,
    NeedsAttention(Attention),
}

/// How long a receiver is left alone whose quota is used up and who names no time.
pub(super) const AN_HOUR: Duration = Duration::from_hours(1);

impl Reading {
    /// A row that only says in the kind's words what the general table knows.
    pub(super) const fn words(status: u16, field: &'static str, sentence: &'static str) -> Self {
        Self { status, words: "", meaning: Meaning::Usual, sentence, field }
    }

    /// Whether it says that the receiver wants no more requests.
    pub(super) fn is_farewell(&self) -> bool {
        matches!(self.meaning, Meaning::NeedsAttention(Attention::Gone))
    }

    /// The first row that is about `response`.
    pub(super) fn find(rows: &'static [Self], response: &Response) -> Option<&'static Self> {
        let mut rows = rows.iter().filter(|row| row.status == response.status).peekable();
        rows.peek()?;
        let body = String::from_utf8_lossy(&response.body).to_lowercase();
        rows.find(|row| body.contains(row.words))
    }

    /// The meaning of `response`, which has the `usual` one elsewhere.
    pub(super) fn outcome(&self, response: &Response, usual: Outcome) -> Outcome {
        let sentence = response.sentence(self.sentence);
        match self.meaning {
            Meaning::Usual => usual.map_sentence(|_| sentence),
            Meaning::Quota(least) => {
                let asked_for = if let Outcome::Wait { not_before, .. } = usual { not_before } else { None };
                let not_before = asked_for.max(Some(least));
                Outcome::Wait { reason: WaitReason::RateLimited, sentence, not_before }
            }
            Meaning::Halve => Outcome::Refused { reason: Refusal::Invalid, status: response.status, sentence },
            Meaning::NeedsAttention(reason) => {
                Outcome::NeedsAttention { reason, status: Some(response.status), advice: sentence }
            }
        }
    }
}

/// Collectors, and what stands in front of them, answer in many ways: any 2xx but a page for people is an acceptance.
pub(super) fn any_success(response: &Response, outcome: Outcome) -> Outcome {
    let is_odd = matches!(outcome, Outcome::NeedsAttention { reason: Attention::UnexpectedAnswer, .. });
    let is_success = (200..300).contains(&response.status);
    if is_odd && is_success && !response.is_page() { Outcome::Delivered } else { outcome }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::otlp::answer::classify;

    const ROWS: &[Reading] = &[
        Reading { status: 403, words: "suspended", meaning: Meaning::Quota(AN_HOUR), sentence: "Used up", field: "" },
        Reading::words(403, "key", "Another key"),
        Reading { status: 400, words: "too many", meaning: Meaning::Halve, sentence: "Too many", field: "" },
    ];

    fn read(status: u16, body: &'static str) -> Option<Outcome> {
        let response = Response { status, body: body.into(), ..Response::default() };
        Reading::find(ROWS, &response).map(|row| row.outcome(&response, classify(&response)))
    }

    #[test]
    fn first_row_with_the_status_and_the_words_decides() {
        let quota = read(403, r#"{"message":"Ingestion SUSPENDED"}"#).unwrap();
        assert!(matches!(quota, Outcome::Wait { not_before: Some(AN_HOUR), .. }) && quota.is_quota());
        let forbidden = read(403, "no").unwrap();
        assert!(matches!(forbidden, Outcome::NeedsAttention { reason: Attention::Forbidden, .. }));
        assert!(forbidden.sentence().unwrap().starts_with("Another key (HTTP 403"));
        assert!(matches!(read(400, "Too many spans"), Some(Outcome::Refused { reason: Refusal::Invalid, .. })));
        assert_eq!(read(400, "no"), None);
        assert_eq!(read(200, ""), None);
    }
}
