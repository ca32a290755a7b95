//! Table `sign_in_throttle`: attempts are counted before they are checked, so that many at once gain nothing.

use std::time::Duration;

use super::{Result, Store};

/// The key of a count: the SHA-256 of a typed name or of an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Subject(pub [u8; 32]);

/// How long to wait before the next attempt is checked. None: not at all.
pub type Wait = Option<Duration>;

/// Counts an attempt for a name. The fifth in a row closes the name for a second, each further one for twice as long, up to a
/// quarter of an hour (spec 5.4). After a day without an attempt the count begins anew.
pub async fn begin_for_name(store: &Store, subject: Subject) -> Result<Wait> {
    let counted = sqlx::query_scalar!(
        "INSERT INTO sign_in_throttle AS t (subject, attempts, since, last_at, open_at)
         VALUES ($1, 1, clock_timestamp(), clock_timestamp(), clock_timestamp())
         ON CONFLICT (subject) DO UPDATE SET
             attempts = CASE WHEN t.last_at < excluded.last_at - interval '1 day' THEN 1 ELSE t.attempts + 1 END,
             last_at = excluded.last_at,
             open_at = excluded.last_at + CASE
                 WHEN t.last_at < excluded.last_at - interval '1 day' OR t.attempts < 4 THEN interval '0'
                 ELSE least(interval '15 minutes', interval '1 second' * power(2, least(t.attempts - 4, 10))) END
         WHERE t.open_at <= excluded.last_at
         RETURNING attempts",
        &subject.0
    );
    if counted.fetch_optional(store.pool()).await?.is_some() { Ok(None) } else { remaining(store, subject).await }
}

/// Counts an attempt from an address: `most` within a minute (spec 5.4).
pub async fn begin_for_address(store: &Store, subject: Subject, most: i32) -> Result<Wait> {
    let counted = sqlx::query_scalar!(
        "INSERT INTO sign_in_throttle AS t (subject, attempts, since, last_at, open_at)
         VALUES ($1, 1, clock_timestamp(), clock_timestamp(), clock_timestamp())
         ON CONFLICT (subject) DO UPDATE SET
             attempts = CASE WHEN t.since <= excluded.since - interval '1 minute' THEN 1 ELSE t.attempts + 1 END,
             since = CASE WHEN t.since <= excluded.since - interval '1 minute' THEN excluded.since ELSE t.since END,
             last_at = excluded.last_at,
             open_at = CASE
                 WHEN t.since > excluded.since - interval '1 minute' AND t.attempts + 1 >= $2 THEN t.since + interval '1 minute'
                 ELSE excluded.open_at END
         WHERE t.open_at <= excluded.last_at
         RETURNING attempts",
        &subject.0,
        most
    );
    if counted.fetch_optional(store.pool()).await?.is_some() { Ok(None) } else { remaining(store, subject).await }
}

/// Forgets the attempts of a name after the right password. Deletes counts older than a day as well.
pub async fn forget(store: &Store, subject: Subject) -> Result<()> {
    sqlx::query!(
        "DELETE FROM sign_in_throttle WHERE subject = $1 OR last_at < clock_timestamp() - interval '1 day'",
        &subject.0
    )
    .execute(store.pool())
    .await?;
    Ok(())
}

async fn remaining(store: &Store, subject: Subject) -> Result<Wait> {
    let seconds = sqlx::query_scalar!(
        r#"SELECT extract(epoch FROM open_at - clock_timestamp())::float8 AS "seconds!"
           FROM sign_in_throttle WHERE subject = $1"#,
        &subject.0
    );
    let seconds = seconds.fetch_optional(store.pool()).await?.unwrap_or_default();
    Ok(Some(Duration::try_from_secs_f64(seconds).unwrap_or_default().max(Duration::from_secs(1))))
}
