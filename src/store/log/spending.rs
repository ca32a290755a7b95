//! What the requests in the log cost.

use crate::id::ApiKeyId;
use crate::store::{Result, Tenant};

/// USD, as far as costs are known and the log is kept. Days, weeks (from Monday) and months are those of UTC.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Spent {
    pub total: f64,
    pub today: f64,
    pub this_week: f64,
    pub this_month: f64,
}

/// What was spent with one key, or with none.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SpentByKey {
    pub key: Option<ApiKeyId>,
    pub spent: Spent,
}

/// What the account has spent, by key. Reads every entry of the account that is kept.
pub async fn list_spent(tenant: &mut Tenant) -> Result<Vec<SpentByKey>> {
    let account = tenant.account().0;
    let sums = sqlx::query!(
        r#"SELECT api_key_id AS "key: ApiKeyId", coalesce(sum(cost), 0) AS "total!",
                  coalesce(sum(cost) FILTER (WHERE completed_at >= date_trunc('day', now(), 'UTC')), 0) AS "today!",
                  coalesce(sum(cost) FILTER (WHERE completed_at >= date_trunc('week', now(), 'UTC')), 0) AS "this_week!",
                  coalesce(sum(cost) FILTER (WHERE completed_at >= date_trunc('month', now(), 'UTC')), 0) AS "this_month!"
           FROM completed_requests WHERE account_id = $1 AND cost IS NOT NULL GROUP BY api_key_id"#,
        account
    );
    let sums = sums.fetch_all(tenant.connection()).await?.into_iter();
    Ok(sums
        .map(|sum| SpentByKey {
            key: sum.key,
            spent: Spent { total: sum.total, today: sum.today, this_week: sum.this_week, this_month: sum.this_month },
        })
        .collect())
}
