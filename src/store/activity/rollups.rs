//! Sums over requests from rollups, for charts.

use chrono::{DateTime, Utc};

use crate::id::ApiKeyId;
use crate::metering::{Grain, Histogram, Sums};
use crate::store::{Result, Tenant};

/// Which rollups are summed. None: whatever it is.
#[derive(Debug, Clone)]
pub struct Summed {
    pub grain: Grain,
    pub from: DateTime<Utc>,
    /// Times before it.
    pub until: DateTime<Utc>,
    pub model: Option<String>,
    pub api_key: Option<ApiKeyId>,
    pub environment: Option<String>,
}

/// The sums of each time that is so many seconds long, counted from the first. Times without requests are left out.
pub async fn sum_by_time(tenant: &mut Tenant, summed: &Summed, seconds: i64) -> Result<Vec<(DateTime<Utc>, Sums)>> {
    let account = tenant.account().0;
    let times = sqlx::query!(
        r#"SELECT date_bin($8::bigint * interval '1 second', starts_at, $3) AS "starts_at!", sum(requests)::bigint AS "requests!",
                  sum(failed)::bigint AS "failed!", sum(refused)::bigint AS "refused!", sum(cancelled)::bigint AS "cancelled!",
                  sum(input_tokens)::bigint AS "input_tokens!", sum(output_tokens)::bigint AS "output_tokens!",
                  sum(costed)::bigint AS "costed!", sum(cost) AS "cost!", string_agg(latencies, '') AS "latencies!",
                  string_agg(first_tokens, '') AS "first_tokens!"
           FROM usage_rollups
           WHERE account_id = $1 AND grain = $2 AND starts_at >= $3 AND starts_at < $4
             AND ($5::text IS NULL OR model = $5) AND ($6::uuid IS NULL OR api_key_id = $6)
             AND ($7::text IS NULL OR environment = $7)
           GROUP BY 1 ORDER BY 1"#,
        account,
        summed.grain.name(),
        summed.from,
        summed.until,
        summed.model,
        summed.api_key.map(|key| key.0),
        summed.environment,
        seconds
    );
    let times = times.fetch_all(tenant.connection()).await?.into_iter();
    Ok(times
        .map(|row| {
            let sums = Sums {
                requests: row.requests.unsigned_abs(),
                failed: row.failed.unsigned_abs(),
                refused: row.refused.unsigned_abs(),
                cancelled: row.cancelled.unsigned_abs(),
                input_tokens: row.input_tokens.unsigned_abs(),
                output_tokens: row.output_tokens.unsigned_abs(),
                costed: row.costed.unsigned_abs(),
                cost: row.cost,
                latencies: Histogram::from_bytes(&row.latencies),
                first_tokens: Histogram::from_bytes(&row.first_tokens),
            };
            (row.starts_at, sums)
        })
        .collect())
}

/// The tokens of one model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModelTokens {
    /// Empty: none was named.
    pub model: String,
    pub input: i64,
    pub output: i64,
}

/// The most models that are told apart.
const MOST_MODELS: i64 = 1_000;

/// Tokens by model, the most first.
pub async fn sum_tokens(tenant: &mut Tenant, summed: &Summed) -> Result<Vec<ModelTokens>> {
    let account = tenant.account().0;
    let models = sqlx::query_as!(
        ModelTokens,
        r#"SELECT model, sum(input_tokens)::bigint AS "input!", sum(output_tokens)::bigint AS "output!"
           FROM usage_rollups
           WHERE account_id = $1 AND grain = $2 AND starts_at >= $3 AND starts_at < $4
             AND ($5::text IS NULL OR model = $5) AND ($6::uuid IS NULL OR api_key_id = $6)
             AND ($7::text IS NULL OR environment = $7)
           GROUP BY model HAVING sum(input_tokens) + sum(output_tokens) > 0
           ORDER BY sum(input_tokens) + sum(output_tokens) DESC, model LIMIT $8"#,
        account,
        summed.grain.name(),
        summed.from,
        summed.until,
        summed.model,
        summed.api_key.map(|key| key.0),
        summed.environment,
        MOST_MODELS
    );
    Ok(models.fetch_all(tenant.connection()).await?)
}
