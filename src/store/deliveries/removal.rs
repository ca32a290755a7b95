//! Deletes what is left of deleted destinations, in small steps: a transaction that writes holds back all readers of the log.

use crate::id::{AccountId, DestinationId};
use crate::store::cursors::Key;
use crate::store::{Result, Store, Tenant};

/// Rows that one transaction deletes.
const STEP: i64 = 2_000;

/// Deletes the attempts and dead letters of destinations that do not exist any more. The next call finishes what a stop
/// interrupts.
pub async fn delete_orphans(store: &Store) -> Result<()> {
    for key in list_orphans(store).await? {
        loop {
            let mut tenant = store.tenant(key.account).await?;
            let removed = delete_some(&mut tenant, key.destination).await?;
            tenant.commit().await?;
            if removed == 0 {
                break;
            }
        }
    }
    Ok(())
}

async fn delete_some(tenant: &mut Tenant, destination: DestinationId) -> Result<u64> {
    let account = tenant.account().0;
    let attempts = sqlx::query!(
        "DELETE FROM deliveries d
         USING (SELECT started_at, id FROM deliveries WHERE account_id = $1 AND destination_id = $2 LIMIT $3) s
         WHERE d.account_id = $1 AND d.destination_id = $2 AND d.started_at = s.started_at AND d.id = s.id",
        account,
        destination.0,
        STEP
    );
    let attempts = attempts.execute(tenant.connection()).await?.rows_affected();
    let letters = sqlx::query!(
        "DELETE FROM dead_letters d
         USING (SELECT xid, position FROM dead_letters WHERE account_id = $1 AND destination_id = $2 LIMIT $3) s
         WHERE d.account_id = $1 AND d.destination_id = $2 AND d.xid = s.xid AND d.position = s.position",
        account,
        destination.0,
        STEP
    );
    Ok(attempts + letters.execute(tenant.connection()).await?.rows_affected())
}

/// Destinations that do not exist any more, and have attempts or dead letters left.
async fn list_orphans(store: &Store) -> Result<Vec<Key>> {
    // From one destination to the next, without reading the rows between.
    let orphans = sqlx::query_as!(
        Key,
        r#"WITH RECURSIVE attempted AS (
               (SELECT account_id, destination_id FROM deliveries ORDER BY account_id, destination_id LIMIT 1)
               UNION ALL
               SELECT n.account_id, n.destination_id FROM attempted a
               CROSS JOIN LATERAL (SELECT d.account_id, d.destination_id FROM deliveries d
                                   WHERE (d.account_id, d.destination_id) > (a.account_id, a.destination_id)
                                   ORDER BY d.account_id, d.destination_id LIMIT 1) n),
           refused AS (
               (SELECT account_id, destination_id FROM dead_letters ORDER BY account_id, destination_id LIMIT 1)
               UNION ALL
               SELECT n.account_id, n.destination_id FROM refused r
               CROSS JOIN LATERAL (SELECT d.account_id, d.destination_id FROM dead_letters d
                                   WHERE (d.account_id, d.destination_id) > (r.account_id, r.destination_id)
                                   ORDER BY d.account_id, d.destination_id LIMIT 1) n)
           SELECT k.account_id AS "account!: AccountId", k.destination_id AS "destination!: DestinationId"
           FROM (SELECT * FROM attempted UNION SELECT * FROM refused) k
           WHERE NOT EXISTS (SELECT FROM destinations d WHERE d.account_id = k.account_id AND d.id = k.destination_id)"#
    );
    Ok(orphans.fetch_all(store.pool()).await?)
}
