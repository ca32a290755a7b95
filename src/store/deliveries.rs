//! Tables `deliveries` and `dead_letters`: what became of batches, and of requests that a destination refuses.

use std::time::Duration;

use chrono::{DateTime, Utc};
use sqlx::PgConnection;

use super::cursors::Key;
use super::log::Read;
use super::{Result, Tenant};
use crate::id::{DeliveryId, DestinationId};

/// One attempt to hand a batch to a destination.
#[derive(Debug, Clone)]
pub struct Delivery<'a> {
    /// Identifier.
    pub id: DeliveryId,
    /// From the first byte sent to the answer's last.
    pub duration: Duration,
    /// Requests in the batch.
    pub requests: usize,
    /// Bytes before compression.
    pub bytes: usize,
    /// The outcome's name.
    pub outcome: &'a str,
    /// HTTP status, if there was an answer.
    pub status: Option<u16>,
    /// A sentence of the receiver or about the failure.
    pub answer: Option<&'a str>,
}

/// A request put aside for good.
#[derive(Debug, Clone)]
pub struct DeadLetter<'a> {
    /// The request.
    pub entry: &'a Read,
    /// Why.
    pub reason: &'a str,
    /// HTTP status, if there was an answer.
    pub status: Option<u16>,
    /// The receiver's sentence.
    pub answer: Option<&'a str>,
}

pub(super) async fn create(connection: &mut PgConnection, key: Key, delivery: &Delivery<'_>) -> Result<()> {
    sqlx::query!(
        "INSERT INTO deliveries (account_id, destination_id, id, started_at, duration_ms, requests, bytes, outcome, status, answer)
         VALUES ($1, $2, $3, clock_timestamp() - $4::integer * interval '1 millisecond', $4, $5, $6, $7, $8, $9)",
        key.account.0,
        key.destination.0,
        delivery.id.0,
        i32::try_from(delivery.duration.as_millis()).unwrap_or(i32::MAX),
        i32::try_from(delivery.requests).unwrap_or(i32::MAX),
        i32::try_from(delivery.bytes).unwrap_or(i32::MAX),
        delivery.outcome,
        delivery.status.map(u16::cast_signed),
        delivery.answer
    )
    .execute(connection)
    .await?;
    Ok(())
}

pub(super) async fn create_dead_letter(connection: &mut PgConnection, key: Key, letter: &DeadLetter<'_>) -> Result<()> {
    sqlx::query!(
        "INSERT INTO dead_letters
             (account_id, destination_id, xid, position, generation_id, recorded_at, reason, status, answer)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT DO NOTHING",
        key.account.0,
        key.destination.0,
        letter.entry.xid as _,
        letter.entry.position,
        letter.entry.generation_id,
        letter.entry.recorded_at,
        letter.reason,
        letter.status.map(u16::cast_signed),
        letter.answer
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// A row of the delivery log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedDelivery {
    /// When the attempt began.
    pub started_at: DateTime<Utc>,
    /// Milliseconds until the answer.
    pub duration_ms: i32,
    /// Requests in the batch.
    pub requests: i32,
    /// Bytes before compression.
    pub bytes: i32,
    /// The outcome's name.
    pub outcome: String,
    /// HTTP status.
    pub status: Option<i16>,
    /// A sentence.
    pub answer: Option<String>,
}

/// The newest attempts of a destination.
pub async fn list(tenant: &mut Tenant, destination: DestinationId, limit: i64) -> Result<Vec<ListedDelivery>> {
    let account = tenant.account().0;
    let deliveries = sqlx::query_as!(
        ListedDelivery,
        "SELECT started_at, duration_ms, requests, bytes, outcome, status, answer FROM deliveries
         WHERE account_id = $1 AND destination_id = $2 ORDER BY started_at DESC, id DESC LIMIT $3",
        account,
        destination.0,
        limit
    );
    Ok(deliveries.fetch_all(tenant.connection()).await?)
}
