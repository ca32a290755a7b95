//! Removes what was counted: rollups after their time, and all of a deleted account, in small steps.

use std::time::Duration;

use crate::id::AccountId;
use crate::metering::Grain;
use crate::store::interval::interval;
use crate::store::{Result, Store};

/// Rows that one transaction deletes.
const STEP: i64 = 2_000;

/// Deletes rollups of times that lie before what is kept of their grain. Facts go with the log's partitions.
pub async fn delete_expired_rollups(store: &Store, log: Duration) -> Result<()> {
    for grain in Grain::ALL {
        loop {
            let step = sqlx::query!(
                "DELETE FROM usage_rollups r
                 USING (SELECT e.* FROM accounts a
                        CROSS JOIN LATERAL (
                            SELECT o.account_id, o.starts_at, o.model, o.api_key_id, o.environment FROM usage_rollups o
                            WHERE o.account_id = a.id AND o.grain = $1 AND o.starts_at < clock_timestamp() - $2::interval
                            ORDER BY o.starts_at LIMIT $3) e
                        LIMIT $3) e
                 WHERE r.account_id = e.account_id AND r.grain = $1 AND r.starts_at = e.starts_at AND r.model = e.model
                   AND r.api_key_id = e.api_key_id AND r.environment = e.environment",
                grain.name(),
                interval(grain.kept(log)),
                STEP
            );
            if step.execute(store.pool()).await?.rows_affected() < STEP.unsigned_abs() {
                break;
            }
        }
    }
    Ok(())
}

/// Deletes all that was counted of an account that does not exist any more.
pub async fn delete_of(store: &Store, account: AccountId) -> Result<()> {
    loop {
        let mut tenant = store.tenant(account).await?;
        let facts = sqlx::query!(
            "DELETE FROM request_facts f
             USING (SELECT recorded_at, completed_at, position FROM request_facts
                    WHERE account_id = $1 ORDER BY completed_at LIMIT $2) s
             WHERE f.account_id = $1 AND f.recorded_at = s.recorded_at AND f.completed_at = s.completed_at AND f.position = s.position",
            account.0,
            STEP
        );
        let facts = facts.execute(tenant.connection()).await?.rows_affected();
        let rollups = sqlx::query!(
            "DELETE FROM usage_rollups r
             USING (SELECT grain, starts_at, model, api_key_id, environment FROM usage_rollups WHERE account_id = $1 LIMIT $2) s
             WHERE r.account_id = $1 AND r.grain = s.grain AND r.starts_at = s.starts_at AND r.model = s.model
               AND r.api_key_id = s.api_key_id AND r.environment = s.environment",
            account.0,
            STEP
        );
        let rollups = rollups.execute(tenant.connection()).await?.rows_affected();
        tenant.commit().await?;
        if facts.max(rollups) < STEP.unsigned_abs() {
            return Ok(());
        }
    }
}

/// Accounts that do not exist any more, of which something is counted. What is counted outlives the log.
pub async fn list_orphans(store: &Store) -> Result<Vec<AccountId>> {
    // From one account to the next, without reading the rollups between.
    let orphans = sqlx::query_scalar!(
        r#"WITH RECURSIVE counted AS (
               (SELECT account_id FROM usage_rollups ORDER BY account_id LIMIT 1)
               UNION ALL
               SELECT (SELECT r.account_id FROM usage_rollups r WHERE r.account_id > c.account_id ORDER BY r.account_id LIMIT 1)
               FROM counted c WHERE c.account_id IS NOT NULL)
           SELECT c.account_id AS "account!: AccountId" FROM counted c
           WHERE c.account_id IS NOT NULL AND NOT EXISTS (SELECT FROM accounts a WHERE a.id = c.account_id)"#
    );
    Ok(orphans.fetch_all(store.pool()).await?)
}
