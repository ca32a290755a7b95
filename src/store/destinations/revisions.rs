//! Table `destination_revisions`: a destination's settings at each revision, without secrets, to which attempts refer.

use std::collections::BTreeMap;
use std::time::Duration;

use chrono::{DateTime, Utc};
use serde_json::Value;
use sqlx::types::Json;
use uuid::Uuid;

use crate::id::DestinationId;
use crate::store::interval::interval;
use crate::store::{Result, Store, Tenant};

/// Records the current settings under their revision.
pub(super) async fn record(tenant: &mut Tenant, id: DestinationId) -> Result<()> {
    let account = tenant.account().0;
    let record = sqlx::query!(
        "INSERT INTO destination_revisions (account_id, destination_id, revision, kind, name, privacy_mode, settings, masked, target,
                                            selection, redaction)
         SELECT account_id, id, revision, kind, name, privacy_mode, settings, masked, target, selection, redaction
         FROM destinations
         WHERE account_id = $1 AND id = $2",
        account,
        id.0
    );
    record.execute(tenant.connection()).await?;
    Ok(())
}

/// What a destination's settings were, without secrets.
#[derive(Debug, Clone)]
pub struct Revision {
    pub revision: i32,
    pub created_at: DateTime<Utc>,
    /// A person or key. None: the program itself, or an older version recorded it.
    pub who: Option<String>,
    /// The kind's slug.
    pub kind: String,
    /// None: an older version recorded it.
    pub name: Option<String>,
    pub privacy_mode: bool,
    pub settings: Json<BTreeMap<String, String>>,
    pub masked: Json<BTreeMap<String, String>>,
    pub target: String,
    pub selection: Option<Value>,
    pub redaction: Option<Value>,
}

/// A destination's revisions, the newest first. Those that one change made are one.
pub async fn list_revisions(tenant: &mut Tenant, id: DestinationId, limit: i64) -> Result<Vec<Revision>> {
    let account = tenant.account().0;
    let revisions = sqlx::query_as!(
        Revision,
        r#"SELECT revision, created_at, who, kind, name, privacy_mode, settings AS "settings: Json<BTreeMap<String, String>>",
                  masked AS "masked: Json<BTreeMap<String, String>>", target, selection, redaction
           FROM destination_revisions r
           WHERE account_id = $1 AND destination_id = $2
             AND NOT EXISTS (SELECT FROM destination_revisions n
                             WHERE n.account_id = r.account_id AND n.destination_id = r.destination_id
                               AND n.created_at = r.created_at AND n.revision > r.revision)
           ORDER BY revision DESC LIMIT $3"#,
        account,
        id.0,
        limit
    );
    Ok(revisions.fetch_all(tenant.connection()).await?)
}

/// Notes who made the revisions of this transaction.
pub async fn record_who(tenant: &mut Tenant, id: DestinationId, who: &str) -> Result<()> {
    let account = tenant.account().0;
    let update = sqlx::query!(
        "UPDATE destination_revisions SET who = $3
         WHERE account_id = $1 AND destination_id = $2 AND created_at = now() AND who IS NULL",
        account,
        id.0,
        who
    );
    update.execute(tenant.connection()).await?;
    Ok(())
}

/// A destination's settings as they were, without secrets.
#[derive(Debug, Clone)]
pub struct InForce {
    /// Which of those that were asked for, counted from 0.
    pub number: usize,
    /// Counts up at each change of the destination.
    pub revision: i32,
    /// Values of the form that are no secrets.
    pub settings: BTreeMap<String, String>,
    /// Which requests it got, as rules are stored. None: all.
    pub selection: Option<Value>,
    /// What was sent to it, as a redaction is stored. None: all.
    pub redaction: Option<Value>,
}

/// The settings that were in force at these revisions: of each one the newest that is not newer. Some revisions change none.
pub async fn list_in_force(tenant: &mut Tenant, revisions: &[(DestinationId, i32)]) -> Result<Vec<InForce>> {
    let account = tenant.account().0;
    let destinations: Vec<Uuid> = revisions.iter().map(|(destination, _)| destination.0).collect();
    let numbers: Vec<i32> = revisions.iter().map(|(_, revision)| *revision).collect();
    let rows = sqlx::query!(
        r#"SELECT a.number AS "number!", r.revision, r.settings AS "settings: Json<BTreeMap<String, String>>", r.selection,
                  r.redaction
           FROM unnest($2::uuid[], $3::integer[]) WITH ORDINALITY AS a (destination_id, revision, number)
           CROSS JOIN LATERAL (
               SELECT revision, settings, selection, redaction FROM destination_revisions
               WHERE account_id = $1 AND destination_id = a.destination_id AND revision <= a.revision
               ORDER BY revision DESC LIMIT 1) r"#,
        account,
        &destinations,
        &numbers
    );
    let revisions = rows.fetch_all(tenant.connection()).await?.into_iter().map(|row| InForce {
        number: usize::try_from(row.number - 1).unwrap_or_default(),
        revision: row.revision,
        settings: row.settings.0,
        selection: row.selection,
        redaction: row.redaction,
    });
    Ok(revisions.collect())
}

/// Deletes settings that no attempt refers to any more: those that were replaced before the retention. They are kept for a day
/// longer, because attempts are deleted by the day.
pub async fn delete_superseded(store: &Store, retention: Duration) -> Result<()> {
    let delete = sqlx::query!(
        "DELETE FROM destination_revisions r
         WHERE EXISTS (SELECT FROM destination_revisions n
                       WHERE n.account_id = r.account_id AND n.destination_id = r.destination_id AND n.revision > r.revision
                         AND n.created_at < clock_timestamp() - $1::interval - interval '1 day')",
        interval(retention)
    );
    delete.execute(store.pool()).await?;
    Ok(())
}
