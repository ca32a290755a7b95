//! Deletes the log of a deleted account, in small steps: a transaction that writes holds back all readers of the log.

use crate::id::AccountId;
use crate::store::{Result, Store};

/// Entries that one transaction deletes.
const STEP: i64 = 2_000;

/// Deletes the whole log of an account. The account must not exist any more, so that nothing is appended meanwhile.
pub async fn delete_of(store: &Store, account: AccountId) -> Result<()> {
    loop {
        let mut tenant = store.tenant(account).await?;
        let step = sqlx::query!(
            "DELETE FROM completed_requests r
             USING (SELECT recorded_at, position FROM completed_requests WHERE account_id = $1 LIMIT $2) s
             WHERE r.account_id = $1 AND r.recorded_at = s.recorded_at AND r.position = s.position",
            account.0,
            STEP
        );
        let removed = step.execute(tenant.connection()).await?.rows_affected();
        tenant.commit().await?;
        if removed < STEP.unsigned_abs() {
            return Ok(());
        }
    }
}

/// Accounts that do not exist any more, and have entries in the log: their deletion was interrupted.
pub async fn list_orphans(store: &Store) -> Result<Vec<AccountId>> {
    // From one account to the next, without reading the entries between.
    let orphans = sqlx::query_scalar!(
        r#"WITH RECURSIVE logged AS (
               (SELECT account_id FROM completed_requests ORDER BY account_id LIMIT 1)
               UNION ALL
               SELECT (SELECT r.account_id FROM completed_requests r WHERE r.account_id > l.account_id
                       ORDER BY r.account_id LIMIT 1)
               FROM logged l WHERE l.account_id IS NOT NULL)
           SELECT l.account_id AS "account!: AccountId" FROM logged l
           WHERE l.account_id IS NOT NULL AND NOT EXISTS (SELECT FROM accounts a WHERE a.id = l.account_id)"#
    );
    Ok(orphans.fetch_all(store.pool()).await?)
}
