//! Attempts of the last 24 hours, counted by the hour for the charts of a list.

use crate::id::DestinationId;
use crate::store::{Result, Tenant};

/// Hours that are counted.
pub const HOURS: usize = 24;

/// Most attempts that are read for one destination, and for all of an account. Beyond them the older hours stay uncounted.
const MOST_OF_ONE: i64 = 20_000;
const MOST_OF_ALL: i64 = 200_000;

/// What was sent to one destination within one hour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hour {
    pub destination: DestinationId,
    /// 0: the last 60 minutes.
    pub hours_ago: i32,
    /// Requests that were accepted.
    pub delivered: i64,
    /// Attempts that were not.
    pub failed: i64,
    /// Whether older attempts of the destination were left uncounted.
    pub is_cut: bool,
}

/// The hours in which anything was sent, for all destinations of the account.
pub async fn count_by_hour(tenant: &mut Tenant) -> Result<Vec<Hour>> {
    let account = tenant.account().0;
    let hours = sqlx::query_as!(
        Hour,
        r#"WITH most AS (
             SELECT least($2, $3 / greatest(count(*), 1)) AS attempts FROM destinations WHERE account_id = $1
           ), hours AS (
             SELECT d.id, a.hours_ago, a.delivered, a.failed, sum(a.attempts) OVER (PARTITION BY d.id) AS attempts
             FROM destinations d CROSS JOIN most
             CROSS JOIN LATERAL (
               SELECT least(floor(extract(epoch FROM now() - started_at) / 3600), 23)::integer AS hours_ago,
                      coalesce(sum(requests) FILTER (WHERE outcome IN ('delivered', 'delivered_in_part')), 0) AS delivered,
                      count(*) FILTER (WHERE outcome NOT IN ('delivered', 'delivered_in_part', 'left_out')) AS failed,
                      count(*) AS attempts
               FROM (SELECT started_at, requests, outcome FROM deliveries
                     WHERE account_id = $1 AND destination_id = d.id AND started_at > now() - interval '24 hours'
                     ORDER BY started_at DESC, id DESC LIMIT most.attempts) recent
               GROUP BY 1
             ) a
             WHERE d.account_id = $1
           )
           SELECT id AS "destination!: DestinationId", greatest(hours_ago, 0) AS "hours_ago!", delivered AS "delivered!",
                  failed AS "failed!", hours.attempts >= most.attempts AS "is_cut!"
           FROM hours CROSS JOIN most"#,
        account,
        MOST_OF_ONE,
        MOST_OF_ALL
    );
    Ok(hours.fetch_all(tenant.connection()).await?)
}
