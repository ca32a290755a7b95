//! Who used what: sums by what requests have in common, for tables of usage.

use super::requests::plan_for_these_values;
use super::rollups::Summed;
use crate::metering::Histogram;
use crate::store::{Result, Tenant};

/// The most groups that are told apart: the dearest.
const MOST_GROUPS: i64 = 1_000;

/// The most requests that are counted by user: the newest. Rollups know no users.
pub const MOST_OF_USERS: i64 = 20_000;

/// By what requests are grouped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dimension {
    Model,
    ApiKey,
    User,
    Environment,
    /// UTC.
    Day,
}

impl Dimension {
    pub const ALL: [Self; 5] = [Self::Model, Self::ApiKey, Self::User, Self::Environment, Self::Day];

    /// As addresses name it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Model => "model",
            Self::ApiKey => "key",
            Self::User => "user",
            Self::Environment => "environment",
            Self::Day => "day",
        }
    }
}

/// Requests that have something in common.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Group {
    /// A model, an id of a key (all zeros: none), a user, an environment, or a day as `2026-11-29`. Empty: none was named.
    pub value: String,
    pub requests: i64,
    pub failed: i64,
    pub refused: i64,
    pub cancelled: i64,
    pub input_tokens: i64,
    pub output_tokens: i64,
    /// Requests whose cost is known.
    pub costed: i64,
    /// USD.
    pub cost: f64,
    /// Milliseconds within which half of the requests were answered. None: not known.
    pub median: Option<f64>,
    /// Milliseconds within which 95 % were answered.
    pub most: Option<f64>,
}

/// Sums by a dimension, the dearest first.
pub async fn sum_by(tenant: &mut Tenant, summed: &Summed, dimension: Dimension) -> Result<Vec<Group>> {
    if dimension == Dimension::User {
        return sum_by_user(tenant, summed).await;
    }
    let account = tenant.account().0;
    let groups = sqlx::query!(
        r#"SELECT CASE $8::text WHEN 'model' THEN model WHEN 'key' THEN api_key_id::text WHEN 'environment' THEN environment
                       ELSE to_char(starts_at AT TIME ZONE 'UTC', 'YYYY-MM-DD') END AS "value!",
                  sum(requests)::bigint AS "requests!", sum(failed)::bigint AS "failed!", sum(refused)::bigint AS "refused!",
                  sum(cancelled)::bigint AS "cancelled!", sum(input_tokens)::bigint AS "input_tokens!",
                  sum(output_tokens)::bigint AS "output_tokens!", sum(costed)::bigint AS "costed!", sum(cost) AS "cost!",
                  string_agg(latencies, '') AS "latencies!"
           FROM usage_rollups
           WHERE account_id = $1 AND grain = $2 AND starts_at >= $3 AND starts_at < $4
             AND ($5::text IS NULL OR model = $5) AND ($6::uuid IS NULL OR api_key_id = $6)
             AND ($7::text IS NULL OR environment = $7)
           GROUP BY 1 ORDER BY sum(cost) DESC, sum(requests) DESC, 1 LIMIT $9"#,
        account,
        summed.grain.name(),
        summed.from,
        summed.until,
        summed.model,
        summed.api_key.map(|key| key.0),
        summed.environment,
        dimension.name(),
        MOST_GROUPS
    );
    let groups = groups.fetch_all(tenant.connection()).await?.into_iter().map(|row| {
        let latencies = Histogram::from_bytes(&row.latencies);
        Group {
            value: row.value,
            requests: row.requests,
            failed: row.failed,
            refused: row.refused,
            cancelled: row.cancelled,
            input_tokens: row.input_tokens,
            output_tokens: row.output_tokens,
            costed: row.costed,
            cost: row.cost,
            median: latencies.quantile(0.5),
            most: latencies.quantile(0.95),
        }
    });
    Ok(groups.collect())
}

/// Sums of the newest requests of a time by user, as far as the log is kept.
async fn sum_by_user(tenant: &mut Tenant, summed: &Summed) -> Result<Vec<Group>> {
    let account = tenant.account().0;
    plan_for_these_values(tenant.connection()).await?;
    let groups = sqlx::query_as!(
        Group,
        r#"SELECT coalesce(f.user_id, '') AS "value!", count(*) AS "requests!",
                  count(*) FILTER (WHERE f.outcome = 'failed') AS "failed!", count(*) FILTER (WHERE f.outcome = 'refused') AS "refused!",
                  count(*) FILTER (WHERE f.outcome = 'cancelled') AS "cancelled!",
                  least(coalesce(sum(f.input_tokens), 0), 9223372036854775807)::bigint AS "input_tokens!",
                  least(coalesce(sum(f.output_tokens), 0), 9223372036854775807)::bigint AS "output_tokens!",
                  count(f.cost) AS "costed!", coalesce(sum(f.cost), 0) AS "cost!",
                  percentile_cont(0.5) WITHIN GROUP (ORDER BY f.latency_ms) AS median,
                  percentile_cont(0.95) WITHIN GROUP (ORDER BY f.latency_ms) AS most
           FROM (SELECT user_id, outcome, input_tokens, output_tokens, cost, latency_ms FROM request_facts
                 WHERE account_id = $1 AND completed_at >= $2 AND completed_at < $3
                   AND ($6::text IS NULL OR model = $6) AND ($7::uuid IS NULL OR api_key_id = $7)
                   AND ($8::text IS NULL OR environment = $8)
                 ORDER BY completed_at DESC, position DESC LIMIT $4) f
           GROUP BY 1 ORDER BY coalesce(sum(f.cost), 0) DESC, count(*) DESC, 1 LIMIT $5"#,
        account,
        summed.from,
        summed.until,
        MOST_OF_USERS,
        MOST_GROUPS,
        summed.model,
        summed.api_key.map(|key| key.0),
        summed.environment
    );
    Ok(groups.fetch_all(tenant.connection()).await?)
}
