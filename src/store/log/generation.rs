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

/// What was recorded of a request that began at `begun`, without its content. None: it is not in the log (any more), or a newer version
/// wrote it.
pub async fn find_payload(tenant: &mut Tenant, id: &GenerationId, begun: DateTime<Utc>) -> Result<Option<Vec<u8>>> {
    let account = tenant.account().0;
    let payload = sqlx::query_scalar!(
        "SELECT r.payload
         FROM (SELECT generation_id, format, payload FROM completed_requests
               WHERE account_id = $1 AND recorded_at >= $2 AND recorded_at < $3
               ORDER BY recorded_at, position LIMIT $4) r
         WHERE r.generation_id = $5 AND r.format <= $6 LIMIT 1",
        account,
        begun - CLOCKS,
        begun + LONGEST,
        LOOKED_THROUGH,
        id.as_str(),
        FORMAT
    );
    Ok(payload.fetch_optional(tenant.connection()).await?)
}
