//! Changes of a destination: creating, editing, pausing and deleting it.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::Value;
use sqlx::postgres::PgQueryResult;
use sqlx::types::Json;

use super::revisions;
use crate::id::DestinationId;
use crate::store::interval::interval;
use crate::store::{Result, Tenant, accounts};

/// Values of a destination that passed the connection test.
#[derive(Debug)]
pub struct TestedValues<'a> {
    pub name: &'a str,
    /// Whether content is kept from the destination.
    pub privacy_mode: bool,
    /// Values that are no secrets.
    pub settings: &'a BTreeMap<String, String>,
    /// Masked forms of the secrets.
    pub masked: &'a BTreeMap<&'static str, String>,
    /// Sealed for this row.
    pub secrets: &'a [u8],
    /// Whether the secrets were typed anew, instead of kept.
    pub secrets_changed: bool,
    /// Masked.
    pub target: &'a str,
    /// Evidence of the passed test.
    pub test: &'a Value,
    /// The test passed, but the receiver accepts nothing at the moment. None: it accepts.
    pub not_yet: Option<NotYet<'a>>,
}

/// The answer of a receiver that was reached and accepts nothing at the moment.
#[derive(Debug, Clone, Copy)]
pub struct NotYet<'a> {
    /// A sentence for the page.
    pub reason: &'a str,
    /// The pause that it asked for.
    pub pause: Duration,
}

/// Most destinations of one kind in one account (spec 3.2).
pub const MOST_PER_KIND: i64 = 5;

/// Stores a new destination, whose log begins now. False: the account has the most of this kind already.
pub async fn create(tenant: &mut Tenant, id: DestinationId, kind: &str, values: &TestedValues<'_>) -> Result<bool> {
    let account = tenant.account().0;
    // The count below must hold until the row is inserted.
    accounts::lock(tenant).await?;
    let inserted = sqlx::query!(
        "INSERT INTO destinations (account_id, id, kind, name, privacy_mode, settings, masked, secrets, target, last_test,
                                   health, reason, failures, failing_since, not_before, probes_first)
         SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10,
                CASE WHEN $12::text IS NULL THEN 'healthy' ELSE 'failing' END, $12, ($12::text IS NOT NULL)::integer,
                CASE WHEN $12::text IS NOT NULL THEN clock_timestamp() END, clock_timestamp() + $13::interval, $12::text IS NOT NULL
         WHERE (SELECT count(*) FROM destinations WHERE account_id = $1 AND kind = $3) < $11",
        account,
        id.0,
        kind,
        values.name,
        values.privacy_mode,
        Json(values.settings) as _,
        Json(values.masked) as _,
        values.secrets,
        values.target,
        values.test,
        MOST_PER_KIND,
        values.not_yet.map(|not_yet| not_yet.reason),
        values.not_yet.map(|not_yet| interval(not_yet.pause)) as _
    )
    .execute(tenant.connection())
    .await?;
    if inserted.rows_affected() == 0 {
        return Ok(false);
    }
    sqlx::query!(
        "INSERT INTO cursors (account_id, destination_id, since, xid)
         VALUES ($1, $2, clock_timestamp(), pg_snapshot_xmin(pg_current_snapshot()))",
        account,
        id.0
    )
    .execute(tenant.connection())
    .await?;
    revisions::record(tenant, id).await?;
    Ok(true)
}

/// Replaces a destination's values, if it is still at `revision`. Waiting requests are tried again at once, unless the receiver
/// accepts nothing yet: then they wait for as long as before, and for as long as the receiver asks.
///
/// If the new settings lead elsewhere, unconfirmed requests are sent again there. So are the requests that a worker has on the
/// wire.
pub async fn put(tenant: &mut Tenant, id: DestinationId, revision: i32, values: &TestedValues<'_>) -> Result<bool> {
    let account = tenant.account().0;
    lock_cursors(tenant, id).await?;
    let leads_elsewhere = !leads_there(tenant, id, values).await?;
    let updated = sqlx::query!(
        "UPDATE destinations
         SET name = $4, privacy_mode = $5, settings = $6, masked = $7, secrets = $8, target = $9, last_test = $10,
             secrets_set_at = CASE WHEN $11 THEN now() ELSE secrets_set_at END,
             enabled = enabled OR switched_off_at IS NOT NULL, switched_off_at = NULL,
             health = CASE WHEN $12::text IS NULL THEN 'healthy' ELSE 'failing' END, reason = $12,
             failures = CASE WHEN $12::text IS NULL THEN 0 ELSE greatest(failures, 1) END,
             failing_since = CASE WHEN $12::text IS NOT NULL THEN coalesce(failing_since, clock_timestamp()) END,
             not_before = CASE WHEN $12::text IS NOT NULL THEN greatest(not_before, clock_timestamp() + $13::interval) END,
             probes_first = $12::text IS NOT NULL,
             revision = revision + 1, settings_revision = revision + 1, updated_at = now()
         WHERE account_id = $1 AND id = $2 AND revision = $3",
        account,
        id.0,
        revision,
        values.name,
        values.privacy_mode,
        Json(values.settings) as _,
        Json(values.masked) as _,
        values.secrets,
        values.target,
        values.test,
        values.secrets_changed,
        values.not_yet.map(|not_yet| not_yet.reason),
        values.not_yet.map(|not_yet| interval(not_yet.pause)) as _
    )
    .execute(tenant.connection())
    .await?;
    if updated.rows_affected() == 0 {
        return Ok(false);
    }
    sqlx::query!(
        "UPDATE cursors
         SET server_errors = 0, revision = $3,
             leased_by = CASE WHEN $4 AND unconfirmed > 0 THEN NULL ELSE leased_by END,
             xid = CASE WHEN $4 THEN coalesce(confirmed_xid, xid) ELSE xid END,
             position = CASE WHEN $4 THEN coalesce(confirmed_position, position) ELSE position END,
             confirmed_xid = CASE WHEN $4 THEN NULL ELSE confirmed_xid END,
             confirmed_position = CASE WHEN $4 THEN NULL ELSE confirmed_position END,
             budget_used = CASE WHEN $4 THEN greatest(budget_used - unconfirmed, 0) ELSE budget_used END,
             unconfirmed = CASE WHEN $4 THEN 0 ELSE unconfirmed END,
             accepted_at = CASE WHEN $4 THEN NULL ELSE accepted_at END
         WHERE account_id = $1 AND destination_id = $2",
        account,
        id.0,
        revision + 1,
        leads_elsewhere
    )
    .execute(tenant.connection())
    .await?;
    revisions::record(tenant, id).await?;
    Ok(true)
}

/// Replaces secrets that no key opens any more with `nothing`, and says why the destination needs attention. False: somebody
/// else changed or deleted it meanwhile, and nothing was done.
pub async fn give_up_secrets(
    tenant: &mut Tenant,
    id: DestinationId,
    old: &[u8],
    nothing: &[u8],
    reason: &str,
) -> Result<bool> {
    let account = tenant.account().0;
    lock_cursors(tenant, id).await?;
    let updated = sqlx::query!(
        "UPDATE destinations
         SET secrets = $4, masked = '{}', health = 'needs_attention', reason = $5, failing_since = coalesce(failing_since, now()),
             revision = revision + 1, updated_at = now()
         WHERE account_id = $1 AND id = $2 AND secrets = $3",
        account,
        id.0,
        old,
        nothing,
        reason
    )
    .execute(tenant.connection())
    .await?;
    revised(tenant, id, &updated).await
}

/// Replaces secrets that were made by us, and leaves everything else as it is. False: somebody else changed or deleted the
/// destination meanwhile, and nothing was done.
pub async fn put_secrets(
    tenant: &mut Tenant,
    id: DestinationId,
    old: &[u8],
    new: &[u8],
    masked: &BTreeMap<&'static str, String>,
) -> Result<bool> {
    let account = tenant.account().0;
    let updated = sqlx::query!(
        "UPDATE destinations
         SET secrets = $4, masked = $5, secrets_set_at = now(), revision = revision + 1, updated_at = now()
         WHERE account_id = $1 AND id = $2 AND secrets = $3",
        account,
        id.0,
        old,
        new,
        Json(masked) as _
    )
    .execute(tenant.connection())
    .await?;
    revised(tenant, id, &updated).await
}

/// Values of a destination that need no connection test.
#[derive(Debug)]
pub struct UntestedValues<'a> {
    pub name: &'a str,
    /// Whether content is kept from the destination.
    pub privacy_mode: bool,
    /// All values that are no secrets. They lead where the stored ones lead.
    pub settings: &'a BTreeMap<String, String>,
}

/// Replaces values that need no connection test, if the destination is still at `revision`. Health and back-off stay.
pub async fn put_untested(
    tenant: &mut Tenant,
    id: DestinationId,
    revision: i32,
    values: &UntestedValues<'_>,
) -> Result<bool> {
    let account = tenant.account().0;
    let updated = sqlx::query!(
        "UPDATE destinations SET name = $4, privacy_mode = $5, settings = $6, revision = revision + 1, updated_at = now()
         WHERE account_id = $1 AND id = $2 AND revision = $3",
        account,
        id.0,
        revision,
        values.name,
        values.privacy_mode,
        Json(values.settings) as _
    )
    .execute(tenant.connection())
    .await?;
    revised(tenant, id, &updated).await
}

/// Replaces which requests a destination gets and what of them, if it is still at `revision`. One that needs attention is tried again
/// at once: its choice may have been the reason. Requests before the cursor are not judged again.
pub async fn put_choice(
    tenant: &mut Tenant,
    id: DestinationId,
    revision: i32,
    selection: Option<&Value>,
    redaction: Option<&Value>,
) -> Result<bool> {
    let account = tenant.account().0;
    let updated = sqlx::query!(
        "UPDATE destinations SET selection = $4, redaction = $5,
             not_before = CASE WHEN health = 'needs_attention' THEN NULL ELSE not_before END,
             revision = revision + 1, updated_at = now()
         WHERE account_id = $1 AND id = $2 AND revision = $3",
        account,
        id.0,
        revision,
        selection,
        redaction
    )
    .execute(tenant.connection())
    .await?;
    revised(tenant, id, &updated).await
}

/// Writes down the revision that an update made. False: it found nothing to change.
async fn revised(tenant: &mut Tenant, id: DestinationId, updated: &PgQueryResult) -> Result<bool> {
    if updated.rows_affected() == 0 {
        return Ok(false);
    }
    revisions::record(tenant, id).await?;
    Ok(true)
}

/// Pauses or resumes a destination. False: it does not exist, or the program switched it off; then it needs a passed test.
pub async fn put_enabled(tenant: &mut Tenant, id: DestinationId, enabled: bool) -> Result<bool> {
    let account = tenant.account().0;
    let updated = sqlx::query!(
        "UPDATE destinations SET enabled = $3, revision = revision + 1, updated_at = now()
         WHERE account_id = $1 AND id = $2 AND switched_off_at IS NULL",
        account,
        id.0,
        enabled
    )
    .execute(tenant.connection())
    .await?;
    Ok(updated.rows_affected() > 0)
}

/// Deletes a destination with its secrets and cursors. Its attempts and dead letters are deleted later
/// ([`crate::store::deliveries::delete_orphans`]). Gives whether it existed.
pub async fn delete(tenant: &mut Tenant, id: DestinationId) -> Result<bool> {
    let account = tenant.account().0;
    lock_cursors(tenant, id).await?;
    let deleted = sqlx::query!("DELETE FROM destinations WHERE account_id = $1 AND id = $2", account, id.0)
        .execute(tenant.connection())
        .await?;
    Ok(deleted.rows_affected() > 0)
}

/// Whether a destination leads to the same place as these values. The masked forms tell secrets apart, unless those end alike.
async fn leads_there(tenant: &mut Tenant, id: DestinationId, values: &TestedValues<'_>) -> Result<bool> {
    let account = tenant.account().0;
    let same = sqlx::query_scalar!(
        r#"SELECT EXISTS (SELECT FROM destinations WHERE account_id = $1 AND id = $2 AND settings = $3 AND masked = $4) AS "same!""#,
        account,
        id.0,
        Json(values.settings) as _,
        Json(values.masked) as _
    );
    Ok(same.fetch_one(tenant.connection()).await?)
}

/// Locks the cursors first, as an acknowledgement does, so that the two cannot wait for each other.
async fn lock_cursors(tenant: &mut Tenant, id: DestinationId) -> Result<()> {
    let account = tenant.account().0;
    sqlx::query!(
        "SELECT id FROM cursors WHERE account_id = $1 AND destination_id = $2 ORDER BY id FOR UPDATE",
        account,
        id.0
    )
    .fetch_all(tenant.connection())
    .await?;
    Ok(())
}
