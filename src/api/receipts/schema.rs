//! Receipts as they are answered.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::api::timestamp::timestamp;
use crate::broadcast::receipts::{Reason, Receipt as Computed};
use crate::destination::selection;
use crate::id::DestinationId;
use crate::store::log::NamedEntry;

#[derive(Deserialize, ToSchema)]
#[schema(example = json!({ "ids": ["gen-1795962714-hFm6Av9rEF3NMfxjJXWk"] }))]
#[expect(dead_code, reason = "read by the derive of the OpenAPI document only")]
pub(in crate::api) struct AskReceipts {
    /// The `id`s of answers.
    #[schema(max_items = 1000)]
    ids: Vec<String>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct ReceiptsAnswer {
    pub(super) data: ReceiptsOfRequest,
}

#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct ReceiptsList {
    pub(super) data: Vec<ReceiptsOfRequest>,
    /// The ids that are not in the log of this account, not yet or not any more.
    pub(super) missing: Vec<String>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct ReceiptsOfRequest {
    pub(super) generation_id: String,
    #[schema(format = "date-time")]
    completed_at: String,
    /// Whether Broadcast was on when it completed.
    broadcast: bool,
    receipts: Vec<Receipt>,
}

/// Members that do not belong to the state are null.
#[derive(Debug, Default, Serialize, ToSchema)]
pub(in crate::api) struct Receipt {
    #[schema(format = "uuid")]
    destination_id: String,
    /// The destination's.
    name: String,
    /// `delivered`, `delivered_in_part`, `waiting`, `left_out`, `dead_letter`, `expired` or `unknown`.
    state: &'static str,
    /// Of what was left out: `broadcast_off`, `before_destination`, `too_old`, `key_excluded`, `key_not_included`, `rule`, `sampled` or `budget`. Of
    /// dead letters: `refused`, `fails_receiver` or `unbuildable`.
    reason: Option<&'static str>,
    /// The filter rule that left it out, or the first and the last of those of which none holds.
    rules: Option<[usize; 2]>,
    /// When it was accepted, became a dead letter, or expired.
    #[schema(format = "date-time")]
    at: Option<String>,
    /// From its completion until it was accepted.
    delay_ms: Option<i64>,
    /// The attempt that was accepted, counted from 1. Of a dead letter: how many there were, as far as it is known.
    attempt: Option<i64>,
    /// Requests in the same batch, itself among them.
    requests: Option<i32>,
    /// False: the receiver accepts before it knows, and nothing has shown yet that it kept the request.
    confirmed: Option<bool>,
    /// The receiver's HTTP status.
    status: Option<i16>,
    /// The receiver's sentence.
    answer: Option<String>,
    /// Since when it waits, or waited.
    #[schema(format = "date-time")]
    since: Option<String>,
    /// When the log lets go of it, delivered or not.
    #[schema(format = "date-time")]
    expires_at: Option<String>,
    /// The budget of the day is used up: it is not sent before.
    #[schema(format = "date-time")]
    held_until: Option<String>,
}

impl ReceiptsOfRequest {
    pub(super) fn of(entry: &NamedEntry, receipts: Vec<Receipt>) -> Self {
        Self {
            generation_id: entry.generation_id.clone(),
            completed_at: timestamp(entry.completed_at),
            broadcast: entry.broadcast,
            receipts,
        }
    }
}

impl Receipt {
    pub(super) fn of(
        entry: &NamedEntry,
        destination: DestinationId,
        names: &BTreeMap<DestinationId, String>,
        computed: &Computed,
    ) -> Self {
        let receipt = Self {
            destination_id: destination.to_string(),
            name: names.get(&destination).cloned().unwrap_or_default(),
            state: computed.name(),
            ..Self::default()
        };
        match computed {
            Computed::Delivered { attempt, is_confirmed } => Self {
                at: Some(timestamp(attempt.ended_at())),
                delay_ms: Some((attempt.ended_at() - entry.completed_at).num_milliseconds().max(0)),
                attempt: Some(attempt.number.into()),
                requests: Some(attempt.requests),
                confirmed: Some(*is_confirmed),
                status: attempt.status,
                answer: attempt.answer.clone(),
                ..receipt
            },
            Computed::Waiting { since, expires, held_until } => Self {
                since: Some(timestamp(*since)),
                expires_at: Some(timestamp(*expires)),
                held_until: held_until.map(timestamp),
                ..receipt
            },
            Computed::Expired { since, at } => {
                Self { since: Some(timestamp(*since)), at: Some(timestamp(*at)), ..receipt }
            }
            Computed::LeftOut { reason, .. } => Self { reason: Some(name(*reason)), rules: rules(*reason), ..receipt },
            Computed::DeadLetter(letter) => Self {
                at: Some(timestamp(letter.created_at)),
                attempt: Some(letter.attempts).filter(|attempts| *attempts > 0),
                reason: Some(letter.reason.name()),
                status: letter.status,
                answer: letter.answer.clone(),
                ..receipt
            },
            Computed::Unknown => receipt,
        }
    }
}

fn name(reason: Reason) -> &'static str {
    match reason {
        Reason::BroadcastOff => "broadcast_off",
        Reason::BeforeDestination { .. } => "before_destination",
        Reason::TooOld { .. } => "too_old",
        Reason::Rules(selection::LeftOut::KeyExcluded) => "key_excluded",
        Reason::Rules(selection::LeftOut::KeyNotIncluded) => "key_not_included",
        Reason::Rules(selection::LeftOut::Rules { .. }) => "rule",
        Reason::Rules(selection::LeftOut::Sampled) => "sampled",
        Reason::Rules(selection::LeftOut::Budget) => "budget",
    }
}

fn rules(reason: Reason) -> Option<[usize; 2]> {
    match reason {
        Reason::Rules(selection::LeftOut::Rules { first, last, .. }) => Some([first, last]),
        _ => None,
    }
}
