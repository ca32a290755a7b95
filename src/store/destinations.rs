//! Table `destinations`: an account's configured receivers. A row is written only with the evidence of a passed test.

mod change;
mod health;
mod revisions;

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde_json::Value;
use sqlx::types::Json;

pub use self::change::{
    MOST_PER_KIND, NotYet, TestedValues, UntestedValues, create, delete, give_up_secrets, put, put_choice, put_enabled,
    put_secrets, put_untested,
};
pub use self::health::{HealthChange, SwitchOff, note_failure};
pub use self::revisions::{InForce, Revision, delete_superseded, list_in_force, list_revisions, record_who};
use super::{Result, Tenant};
use crate::delivery::Health;
use crate::destination::config::Known;
use crate::destination::redaction::{Redaction, UnreadableRedaction};
use crate::destination::selection::{Rules, Unreadable};
use crate::id::DestinationId;

/// A stored destination. Its secrets stay sealed.
#[derive(Debug, Clone)]
pub struct Destination {
    pub id: DestinationId,
    /// The kind's slug.
    pub kind: String,
    pub name: String,
    /// False: paused.
    pub enabled: bool,
    /// Whether content is kept from this destination.
    pub privacy_mode: bool,
    /// Values of the form that are no secrets.
    pub settings: Json<BTreeMap<String, String>>,
    /// Masked forms of the secret values.
    pub masked: Json<BTreeMap<String, String>>,
    /// Which requests it gets, as [`Rules`] are stored. None: all.
    pub selection: Option<Value>,
    /// What is sent to it, as a [`Redaction`] is stored. None: all.
    pub redaction: Option<Value>,
    pub secrets: Vec<u8>,
    pub secrets_set_at: DateTime<Utc>,
    /// Masked, for lists.
    pub target: String,
    /// Evidence of the connection test that the stored values passed.
    pub last_test: Value,
    /// Counts up at each change.
    pub revision: i32,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
    /// From the last attempts.
    pub health: Health,
    /// Why it is not healthy: a sentence.
    pub reason: Option<String>,
    /// Since when it is not healthy.
    pub failing_since: Option<DateTime<Utc>>,
    /// No attempt is made before.
    pub not_before: Option<DateTime<Utc>>,
    /// The last accepted batch.
    pub last_success_at: Option<DateTime<Utc>>,
    /// Requests delivered so far.
    pub delivered: i64,
    /// When the program switched it off, because it accepted nothing for days. Only a passed test switches it on again.
    pub switched_off_at: Option<DateTime<Utc>>,
}

impl Destination {
    /// Its values in both halves, secrets masked.
    pub fn known(&self) -> Known<'_> {
        Known { open: &self.settings.0, masked: &self.masked.0 }
    }

    /// Which requests it gets.
    ///
    /// # Errors
    /// When another version stored the rules.
    pub fn rules(&self) -> std::result::Result<Rules, Unreadable> {
        Rules::from_stored(self.selection.as_ref())
    }

    /// What is sent to it.
    ///
    /// # Errors
    /// When another version stored it.
    pub fn sent(&self) -> std::result::Result<Redaction, UnreadableRedaction> {
        Redaction::from_stored(self.redaction.as_ref())
    }
}

/// All destinations of the account, the oldest first.
pub async fn list(tenant: &mut Tenant) -> Result<Vec<Destination>> {
    let account = tenant.account().0;
    let destinations = sqlx::query_as!(
        Destination,
        r#"SELECT d.id AS "id: DestinationId", d.kind, d.name, d.enabled, d.privacy_mode,
                  d.settings AS "settings: Json<BTreeMap<String, String>>",
                  d.masked AS "masked: Json<BTreeMap<String, String>>", d.selection, d.redaction, d.secrets, d.secrets_set_at,
                  d.target, d.last_test, d.revision, d.created_at, d.updated_at, d.health AS "health: Health", d.reason, d.failing_since, d.not_before, c.last_success_at,
                  c.delivered, d.switched_off_at
           FROM destinations d
           JOIN cursors c ON c.account_id = d.account_id AND c.destination_id = d.id AND c.purpose = 'live'
           WHERE d.account_id = $1 ORDER BY d.created_at, d.id"#,
        account
    );
    Ok(destinations.fetch_all(tenant.connection()).await?)
}

pub async fn find(tenant: &mut Tenant, id: DestinationId) -> Result<Option<Destination>> {
    let account = tenant.account().0;
    let destination = sqlx::query_as!(
        Destination,
        r#"SELECT d.id AS "id: DestinationId", d.kind, d.name, d.enabled, d.privacy_mode,
                  d.settings AS "settings: Json<BTreeMap<String, String>>",
                  d.masked AS "masked: Json<BTreeMap<String, String>>", d.selection, d.redaction, d.secrets, d.secrets_set_at,
                  d.target, d.last_test, d.revision, d.created_at, d.updated_at, d.health AS "health: Health", d.reason, d.failing_since, d.not_before, c.last_success_at,
                  c.delivered, d.switched_off_at
           FROM destinations d
           JOIN cursors c ON c.account_id = d.account_id AND c.destination_id = d.id AND c.purpose = 'live'
           WHERE d.account_id = $1 AND d.id = $2"#,
        account,
        id.0
    );
    Ok(destination.fetch_optional(tenant.connection()).await?)
}

/// The destinations of this kind and name that were created within the last minute, the oldest first.
pub async fn list_of_last_minute(tenant: &mut Tenant, kind: &str, name: &str) -> Result<Vec<DestinationId>> {
    let account = tenant.account().0;
    let ids = sqlx::query_scalar!(
        r#"SELECT id AS "id: DestinationId" FROM destinations
           WHERE account_id = $1 AND kind = $2 AND name = $3 AND created_at > now() - interval '1 minute'
           ORDER BY created_at, id"#,
        account,
        kind,
        name
    );
    Ok(ids.fetch_all(tenant.connection()).await?)
}
