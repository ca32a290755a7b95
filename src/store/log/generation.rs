//! One entry of the log, by the name of its request.

use chrono::{DateTime, Duration, Utc};

use crate::completed_request::{FORMAT, GenerationId};
use crate::store::{Result, Tenant};

/// How many of the account's entries are looked through. There is no index by name: an entry lies within moments of the time that its
/// name holds.
const LOOKED_THROUGH: i64 = 100_000;

/// How far the clocks of the gateway and of the database may differ.
const CLOCKS: Duration = Duration::minutes(1);

/// The longest from the beginning of a request to its commit.
const LONGEST: Duration = Duration::days(1);

/// What was recorded of a request.
#[derive(Debug, Clone)]
pub struct Recorded {
    pub payload: Vec<u8>,
    /// Prompt and completion. None: not asked for, or never recorded.
    pub content: Option<Vec<u8>>,
}

/// A request that began at `begun`. None: it is not in the log (any more), or a newer version wrote it.
pub async fn find_recorded(
    tenant: &mut Tenant,
    id: &GenerationId,
    begun: DateTime<Utc>,
    with_content: bool,
) -> Result<Option<Recorded>> {
    let account = tenant.account().0;
    let recorded = sqlx::query_as!(
        Recorded,
        "SELECT r.payload, CASE WHEN $7 THEN r.content END AS content
         FROM (SELECT generation_id, format, payload, content FROM completed_requests
               WHERE account_id = $1 AND recorded_at >= $2 AND recorded_at < $3
               ORDER BY recorded_at, position LIMIT $4) r
         WHERE r.generation_id = $5 AND r.format <= $6 LIMIT 1",
        account,
        begun - CLOCKS,
        begun + LONGEST,
        LOOKED_THROUGH,
        id.as_str(),
        FORMAT,
        with_content
    );
    Ok(recorded.fetch_optional(tenant.connection()).await?)
}
