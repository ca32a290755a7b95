//! Tables `deliveries` and `dead_letters`: attempts to deliver, and requests that a destination refuses.

mod carried;
mod day;
mod dead_letters;
mod hours;
mod places;
mod removal;

use std::time::Duration;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize, Serializer};
use sha2::{Digest as _, Sha256};
use sqlx::types::Json;
use uuid::{Builder, Uuid};

pub use self::carried::{CarriedRequest, Range, find, list_carried};
pub use self::day::{GOAL_MS, HourOfDay, count_day};
pub use self::dead_letters::{
    DeadLetter, ListedDeadLetter, delete_expired_dead_letters, drop_dead_letters, list_dead_letters,
};
pub(super) use self::dead_letters::{dead_letter, remove_accepted};
pub use self::hours::{HOURS, Hour, count_by_hour};
pub use self::removal::delete_orphans;
use super::log::Position;
use super::xid::Xid;
use super::{Result, Tenant};
use crate::destination::selection;
use crate::id::{DeliveryId, DestinationId};
use crate::otlp::answer::Evidence;

/// The outcome's name of entries that were not sent.
const LEFT_OUT: &str = "left_out";

/// One attempt to hand a batch to a destination, or entries that were left out. Serialised as the row that it becomes.
#[derive(Debug, Clone, Serialize)]
pub struct Delivery {
    pub id: DeliveryId,
    /// From looking up the name to the last byte of the answer.
    #[serde(rename = "duration_ms", serialize_with = "milliseconds")]
    pub duration: Duration,
    /// Requests in the batch.
    pub requests: usize,
    /// Bytes before compression.
    pub bytes: usize,
    /// The outcome's name.
    pub outcome: &'static str,
    pub status: Option<u16>,
    /// A sentence of the receiver or about the failure.
    pub answer: Option<String>,
    /// The entries. None: a probe, which carries nothing.
    #[serde(flatten)]
    pub covered: Option<Covered>,
    /// What is kept of the answer.
    #[serde(flatten)]
    pub evidence: Evidence,
}

impl Delivery {
    /// Entries of which nothing is sent.
    pub fn left_out(id: DeliveryId, covered: Covered) -> Self {
        let (duration, evidence) = (Duration::ZERO, Evidence::default());
        let covered = Some(covered);
        Self { id, duration, requests: 0, bytes: 0, outcome: LEFT_OUT, status: None, answer: None, covered, evidence }
    }

    /// Whether a request was made.
    pub fn was_sent(&self) -> bool {
        self.outcome != LEFT_OUT
    }
}

/// The range of the log that an attempt covers.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Covered {
    /// The same for every attempt with the same entries, so that a receiver can tell that it knows them.
    batch_id: Uuid,
    /// With `after_position` the place behind which the entries lie.
    after_xid: Xid,
    /// With `after_xid` a place.
    after_position: i64,
    /// With `last_position` the place of the last entry.
    last_xid: Xid,
    /// With `last_xid` a place.
    last_position: i64,
    /// Completion of the earliest request, if the attempt was accepted.
    pub oldest: Option<DateTime<Utc>>,
    /// Completion of the latest request, if the attempt was accepted.
    pub newest: Option<DateTime<Utc>>,
    /// Entries that were not sent. None: all were.
    left_out: Option<LeftOut>,
}

impl Covered {
    /// The entries behind `after` up to `until`, less those that were left out.
    pub fn new(destination: DestinationId, (after, until): (Position, Position), left_out: LeftOut) -> Self {
        let mut hash = Sha256::new_with_prefix(destination.0);
        for place in [after, until] {
            hash.update(place.xid.0.to_be_bytes());
            hash.update(place.position.to_be_bytes());
        }
        let hash = hash.finalize();
        Self {
            batch_id: Builder::from_custom_bytes(hash.first_chunk().copied().unwrap_or_default()).into_uuid(),
            after_xid: after.xid,
            after_position: after.position,
            last_xid: until.xid,
            last_position: until.position,
            oldest: None,
            newest: None,
            left_out: left_out.is_any().then_some(left_out),
        }
    }
}

/// No more than Postgres' `integer` holds.
fn milliseconds<S: Serializer>(duration: &Duration, serializer: S) -> std::result::Result<S::Ok, S::Error> {
    serializer.serialize_i32(i32::try_from(duration.as_millis()).unwrap_or(i32::MAX))
}

/// Entries that were not sent, counted by reason.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct LeftOut {
    /// Entries that completed before the destination existed.
    pub before_destination: usize,
    /// Entries that completed longer ago than the receiver accepts.
    pub too_old: usize,
    /// Entries whose API key is excluded, or not among those that are included.
    pub key: usize,
    /// Entries for which a filter rule does not hold.
    pub rule: usize,
    /// Entries whose session or trace is not among those that are kept.
    pub sampling: usize,
    /// Entries beyond the budget of the day.
    pub budget: usize,
    /// The first of those: what the rules keep of the entries before it was sent. None: none were beyond it, or an older version
    /// counted them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub budget_from: Option<Position>,
    /// Entries of a replay that were delivered before.
    pub delivered: usize,
}

impl LeftOut {
    pub fn is_any(self) -> bool {
        self != Self::default()
    }

    /// Counts the entry at this place, which the destination's rules leave out.
    pub fn count(&mut self, reason: selection::LeftOut, place: Position) {
        if reason == selection::LeftOut::Budget {
            self.budget_from.get_or_insert(place);
        }
        *match reason {
            selection::LeftOut::KeyExcluded | selection::LeftOut::KeyNotIncluded => &mut self.key,
            selection::LeftOut::Rules { .. } => &mut self.rule,
            selection::LeftOut::Sampled => &mut self.sampling,
            selection::LeftOut::Budget => &mut self.budget,
        } += 1;
    }
}

/// A row of the delivery log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedDelivery {
    pub id: DeliveryId,
    pub started_at: DateTime<Utc>,
    /// Milliseconds until the end of the answer.
    pub duration_ms: i32,
    /// Requests in the batch.
    pub requests: i32,
    /// Bytes before compression.
    pub bytes: i32,
    /// The outcome's name.
    pub outcome: String,
    pub status: Option<i16>,
    /// A sentence of the receiver or about the failure.
    pub answer: Option<String>,
    pub left_out: Json<LeftOut>,
}

impl ListedDelivery {
    pub fn place(&self) -> Before {
        Before { started_at: self.started_at, id: self.id }
    }
}

/// The attempt after which a listing goes on to older ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Before {
    pub started_at: DateTime<Utc>,
    /// Tells apart attempts that began at the same time.
    pub id: DeliveryId,
}

/// Which attempts are asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Which {
    All,
    /// Those that were not accepted.
    Failed,
    /// Those of requests that became dead letters.
    WithDeadLetters,
}

/// How many attempts are looked at for those that are asked for.
const MOST_WALKED: i64 = 20_000;

/// A destination's attempts, the newest first.
pub async fn list(
    tenant: &mut Tenant,
    destination: DestinationId,
    which: Which,
    before: Option<Before>,
    limit: i64,
) -> Result<Vec<ListedDelivery>> {
    let account = tenant.account().0;
    let deliveries = sqlx::query_as!(
        ListedDelivery,
        r#"SELECT d.id AS "id: DeliveryId", d.started_at, d.duration_ms, d.requests, d.bytes, d.outcome, d.status, d.answer,
                  coalesce(d.left_out, '{}') AS "left_out!: Json<LeftOut>"
           FROM (SELECT * FROM deliveries
                 WHERE account_id = $1 AND destination_id = $2
                   AND (started_at, id) < (coalesce($3, 'infinity'::timestamptz), coalesce($4, 'ffffffff-ffff-ffff-ffff-ffffffffffff'::uuid))
                 ORDER BY started_at DESC, id DESC LIMIT $6) d
           WHERE (NOT $7 OR d.outcome NOT IN ('delivered', 'delivered_in_part', 'left_out'))
             AND (NOT $8 OR EXISTS (SELECT FROM dead_letters l
                                    WHERE l.account_id = $1 AND l.destination_id = $2
                                      AND (l.xid, l.position) > (d.after_xid, d.after_position)
                                      AND (l.xid, l.position) <= (d.last_xid, d.last_position)))
           ORDER BY d.started_at DESC, d.id DESC LIMIT $5"#,
        account,
        destination.0,
        before.map(|before| before.started_at) as Option<DateTime<Utc>>,
        before.map(|before| before.id.0) as Option<Uuid>,
        limit,
        if which == Which::All { limit } else { MOST_WALKED },
        which == Which::Failed,
        which == Which::WithDeadLetters
    );
    Ok(deliveries.fetch_all(tenant.connection()).await?)
}

/// The attempt at which a listing of some ended because so many were looked at. None: it came to the end.
pub async fn find_last_walked(
    tenant: &mut Tenant,
    destination: DestinationId,
    before: Option<Before>,
) -> Result<Option<Before>> {
    let account = tenant.account().0;
    let last = sqlx::query_as!(
        Before,
        r#"SELECT started_at, id AS "id: DeliveryId" FROM deliveries
           WHERE account_id = $1 AND destination_id = $2
             AND (started_at, id) < (coalesce($3, 'infinity'::timestamptz), coalesce($4, 'ffffffff-ffff-ffff-ffff-ffffffffffff'::uuid))
           ORDER BY started_at DESC, id DESC LIMIT 1 OFFSET $5"#,
        account,
        destination.0,
        before.map(|before| before.started_at) as Option<DateTime<Utc>>,
        before.map(|before| before.id.0) as Option<Uuid>,
        MOST_WALKED - 1
    );
    Ok(last.fetch_optional(tenant.connection()).await?)
}
