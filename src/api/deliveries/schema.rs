//! Attempts and dead letters as they are answered.

use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::api::timestamp::timestamp;
use crate::store::deliveries::{LeftOut, ListedDeadLetter, ListedDelivery};

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = DeliveryList)]
pub(in crate::api) struct AttemptList {
    pub(super) data: Vec<Attempt>,
    /// Where older ones begin. Null: there are none.
    pub(super) next: Option<String>,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Delivery)]
pub(in crate::api) struct Attempt {
    id: String,
    #[schema(format = "date-time")]
    started_at: String,
    /// Milliseconds until the end of the answer.
    duration_ms: i32,
    /// Requests in the batch.
    requests: i32,
    /// Before compression.
    bytes: i32,
    /// For example `delivered`.
    outcome: String,
    /// The receiver's HTTP status, if it answered.
    status: Option<i16>,
    /// A sentence of the receiver or about the failure.
    answer: Option<String>,
    /// How many requests were not sent, by reason.
    #[schema(value_type = Object)]
    left_out: Value,
}

impl From<ListedDelivery> for Attempt {
    fn from(row: ListedDelivery) -> Self {
        let counts = LeftOut { budget_from: None, ..row.left_out.0 };
        let left_out = serde_json::to_value(counts).unwrap_or_default();
        let ListedDelivery { id, started_at, duration_ms, requests, bytes, outcome, status, answer, .. } = row;
        let (id, started_at) = (id.to_string(), timestamp(started_at));
        Self { id, started_at, duration_ms, requests, bytes, outcome, status, answer, left_out }
    }
}

#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct DeadLetterList {
    pub(super) data: Vec<DeadLetter>,
    /// Where older ones begin. Null: there are none.
    pub(super) next: Option<String>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct DeadLetter {
    /// The request's name, `gen-…`.
    generation_id: String,
    #[schema(format = "date-time")]
    recorded_at: String,
    /// When it was given up.
    #[schema(format = "date-time")]
    created_at: String,
    /// `refused`, `fails_receiver` or `unbuildable`.
    reason: &'static str,
    /// The receiver's HTTP status, if it answered.
    status: Option<i16>,
    /// The receiver's sentence.
    answer: Option<String>,
}

impl From<ListedDeadLetter> for DeadLetter {
    fn from(letter: ListedDeadLetter) -> Self {
        Self {
            generation_id: letter.generation_id,
            recorded_at: timestamp(letter.recorded_at),
            created_at: timestamp(letter.created_at),
            reason: letter.reason.name(),
            status: letter.status,
            answer: letter.answer,
        }
    }
}
