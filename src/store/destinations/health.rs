//! A destination's health and back-off, as the attempts of all its cursors leave them.

use std::time::Duration;

use sqlx::PgConnection;

use crate::delivery::Health;
use crate::store::Result;
use crate::store::cursors::Key;
use crate::store::interval::interval;

/// Least attempts before a destination is switched off (spec 4.3).
const LEAST_ATTEMPTS: i32 = 10;

/// How an attempt changes a destination's health.
#[derive(Debug, Clone, Copy)]
pub enum HealthChange<'a> {
    /// The destination works. Back-off is cleared.
    Healthy,
    /// The destination is tried again after the pause at the earliest.
    Waiting {
        /// Failing, or in need of attention.
        health: Health,
        /// A sentence of the receiver or about the failure.
        reason: &'a str,
        /// Counted from now.
        pause: Duration,
        switch_off: SwitchOff,
    },
    Unchanged,
}

/// When a failing destination is switched off: after so many attempts in a row, and so long without one success.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SwitchOff {
    attempts: i32,
    after: Duration,
}

impl SwitchOff {
    /// By this failure: the receiver wants no more requests.
    pub const AT_ONCE: Self = Self { attempts: 1, after: Duration::ZERO };

    /// After so long without one success.
    pub fn after(after: Duration) -> Self {
        Self { attempts: LEAST_ATTEMPTS, after }
    }
}

/// Records a failure of the destination's settings of this revision; what older ones cause is ignored. Any other change is recorded
/// with the cursor that it moves. `probes_first`: the next requests carry nothing, to see whether the receiver accepts any. Gives
/// whether the destination was switched off.
pub async fn note_failure(
    connection: &mut PgConnection,
    destination: Key,
    revision: i32,
    change: HealthChange<'_>,
    probes_first: bool,
) -> Result<bool> {
    let HealthChange::Waiting { health, reason, pause, switch_off } = change else { return Ok(false) };
    let noted = sqlx::query_scalar!(
        r#"WITH before AS (
               SELECT account_id, id,
                      enabled AND failures + 1 >= $8
                      AND coalesce(failing_since, now()) <= clock_timestamp() - $9::interval AS gives_up
               FROM destinations WHERE account_id = $1 AND id = $2 AND settings_revision <= $7 FOR NO KEY UPDATE)
           UPDATE destinations d
           SET health = $3, reason = $4, failures = failures + 1, failing_since = coalesce(failing_since, clock_timestamp()),
               not_before = now() + $5::interval, probes_first = $6,
               enabled = enabled AND NOT b.gives_up,
               switched_off_at = CASE WHEN b.gives_up THEN clock_timestamp() ELSE switched_off_at END,
               revision = revision + b.gives_up::integer,
               updated_at = CASE WHEN b.gives_up THEN clock_timestamp() ELSE updated_at END
           FROM before b WHERE d.account_id = b.account_id AND d.id = b.id
           RETURNING b.gives_up AS "gives_up!""#,
        destination.account.0,
        destination.destination.0,
        health.name(),
        reason,
        interval(pause) as _,
        probes_first,
        revision,
        switch_off.attempts,
        interval(switch_off.after)
    );
    Ok(noted.fetch_optional(connection).await?.unwrap_or_default())
}
