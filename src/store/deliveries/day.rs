//! One destination's last 24 hours: what was sent, and how long requests had to wait for it.

use super::HOURS;
use crate::id::DestinationId;
use crate::store::{Result, Tenant};

/// Most attempts that are read. Beyond them the older hours stay uncounted.
const MOST: i64 = 100_000;

/// Within how many milliseconds of its end a request should have been accepted.
pub const GOAL_MS: i64 = 10_000;

/// One hour of a destination. Delays are those of the oldest request of each batch, counted for all requests in it: no
/// request waited longer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HourOfDay {
    /// 0: the last 60 minutes. Always below [`HOURS`].
    pub hours_ago: i32,
    /// Requests that were accepted.
    pub delivered: i64,
    /// Requests in attempts that were not.
    pub in_failed: i64,
    /// Accepted requests whose delay is known.
    pub timed: i64,
    /// Those of them that were accepted within [`GOAL_MS`].
    pub in_time: i64,
    /// Half of them were accepted within so many milliseconds.
    pub half_ms: Option<i64>,
    /// 95 % of them were.
    pub most_ms: Option<i64>,
    /// The shortest delay of this hour within which half of the day's were accepted. The smallest of all hours is the day's.
    pub half_of_day_ms: Option<i64>,
    /// The same of 95 %.
    pub most_of_day_ms: Option<i64>,
}

/// The hours in which anything was sent, the newest first.
pub async fn count_day(tenant: &mut Tenant, destination: DestinationId) -> Result<Vec<HourOfDay>> {
    let account = tenant.account().0;
    let last = i32::try_from(HOURS - 1).unwrap_or_default();
    let hours = sqlx::query_as!(
        HourOfDay,
        r#"WITH recent AS (
             SELECT greatest(least(floor(extract(epoch FROM now() - started_at) / 3600)::integer, $4), 0) AS hours_ago, requests,
                    outcome IN ('delivered', 'delivered_in_part') AS accepted,
                    CASE WHEN outcome IN ('delivered', 'delivered_in_part') THEN oldest_delay_ms END AS delay
             FROM deliveries
             WHERE account_id = $1 AND destination_id = $2 AND started_at > now() - interval '24 hours' AND outcome <> 'left_out'
             ORDER BY started_at DESC, id DESC LIMIT $3
           ), ranked AS (
             SELECT *, sum(requests) FILTER (WHERE delay IS NOT NULL) OVER (PARTITION BY hours_ago ORDER BY delay) AS up_to,
                    sum(requests) FILTER (WHERE delay IS NOT NULL) OVER (PARTITION BY hours_ago) AS whole,
                    sum(requests) FILTER (WHERE delay IS NOT NULL) OVER (ORDER BY delay) AS up_to_of_day,
                    sum(requests) FILTER (WHERE delay IS NOT NULL) OVER () AS whole_day
             FROM recent
           )
           SELECT hours_ago AS "hours_ago!",
                  coalesce(sum(requests) FILTER (WHERE accepted), 0) AS "delivered!",
                  coalesce(sum(requests) FILTER (WHERE NOT accepted), 0) AS "in_failed!",
                  coalesce(sum(requests) FILTER (WHERE delay IS NOT NULL), 0) AS "timed!",
                  coalesce(sum(requests) FILTER (WHERE delay <= $5), 0) AS "in_time!",
                  min(delay) FILTER (WHERE up_to * 2 >= whole) AS half_ms,
                  min(delay) FILTER (WHERE up_to * 20 >= whole * 19) AS most_ms,
                  min(delay) FILTER (WHERE up_to_of_day * 2 >= whole_day) AS half_of_day_ms,
                  min(delay) FILTER (WHERE up_to_of_day * 20 >= whole_day * 19) AS most_of_day_ms
           FROM ranked GROUP BY hours_ago ORDER BY hours_ago"#,
        account,
        destination.0,
        MOST,
        last,
        GOAL_MS
    );
    Ok(hours.fetch_all(tenant.connection()).await?)
}
