//! Table `losses`: completed requests that could not be recorded (spec 4.1, 4.2).

use std::time::Duration;

use uuid::Uuid;

use super::interval::interval;
use super::{Result, Store, Tenant};
use crate::id::AccountId;

/// The id by which a loss is written down once only, whose it is, and how many requests.
pub type Loss = (Uuid, AccountId, u64);

/// Notes that so many requests of each account were lost.
pub async fn record(store: &Store, losses: &[Loss]) -> Result<()> {
    let ids: Vec<Uuid> = losses.iter().map(|(id, ..)| *id).collect();
    let accounts: Vec<Uuid> = losses.iter().map(|(_, account, _)| account.0).collect();
    let requests: Vec<i64> = losses.iter().map(|(.., lost)| i64::try_from(*lost).unwrap_or(i64::MAX)).collect();
    sqlx::query!(
        "INSERT INTO losses (account_id, id, requests)
         SELECT l.account_id, l.id, l.requests
         FROM unnest($1::uuid[], $2::uuid[], $3::bigint[]) AS l (id, account_id, requests)
         JOIN accounts a ON a.id = l.account_id
         ON CONFLICT DO NOTHING",
        &ids,
        &accounts,
        &requests
    )
    .execute(store.pool())
    .await?;
    Ok(())
}

/// How many requests of the account could not be recorded within this time.
pub async fn count(tenant: &mut Tenant, within: Duration) -> Result<i64> {
    let account = tenant.account().0;
    let count = sqlx::query_scalar!(
        r#"SELECT coalesce(sum(requests), 0)::bigint AS "count!" FROM losses
           WHERE account_id = $1 AND told_at > clock_timestamp() - $2::interval"#,
        account,
        interval(within)
    );
    Ok(count.fetch_one(tenant.connection()).await?)
}

/// Forgets what lies before the retention.
pub async fn delete_expired(store: &Store, retention: Duration) -> Result<()> {
    sqlx::query!("DELETE FROM losses WHERE told_at < clock_timestamp() - $1::interval", interval(retention))
        .execute(store.pool())
        .await?;
    Ok(())
}
