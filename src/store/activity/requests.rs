//! Requests as lists show them: some of many, the newest first.

use chrono::{DateTime, Datelike as _, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::id::{AccountId, ApiKeyId};
use crate::metering::{Lookup, Outcome, key};
use crate::store::log::NamedEntry;
use crate::store::xid::Xid;
use crate::store::{Result, Tenant};

/// How many requests one question walks through at most, where no index serves a filter.
pub const MOST_WALKED: i64 = 20_000;

/// A place in the list: the time at which a request completed, and its position.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    pub completed_at: DateTime<Utc>,
    pub position: i64,
}

impl Place {
    /// Before every request that completed at this time or later.
    pub fn until(time: DateTime<Utc>) -> Self {
        Self { completed_at: time, position: i64::MIN }
    }

    /// As an address names it.
    pub fn name(self) -> String {
        format!("{}-{}", self.completed_at.timestamp_micros(), self.position)
    }

    pub fn parse(name: &str) -> Option<Self> {
        let (micros, position) = name.split_once('-')?;
        let completed_at = DateTime::from_timestamp_micros(micros.parse().ok()?)?;
        // Postgres does not know every year that can be written.
        (0..10_000).contains(&completed_at.year()).then_some(())?;
        Some(Self { completed_at, position: position.parse().ok()? })
    }
}

/// Which requests are asked for. None: whatever it is.
#[derive(Debug, Clone, Default)]
pub struct Wanted {
    /// Its trace id, 32 hexadecimal digits.
    pub trace: Option<String>,
    pub session: Option<String>,
    pub user: Option<String>,
    pub api_key: Option<ApiKeyId>,
    pub outcome: Option<Outcome>,
    /// As it was asked for.
    pub model: Option<String>,
    pub environment: Option<String>,
    /// Milliseconds.
    pub slower_than: Option<i64>,
    /// USD.
    pub dearer_than: Option<f64>,
}

/// A part of the list.
#[derive(Debug, Clone, Copy)]
pub struct Stretch {
    pub from: DateTime<Utc>,
    /// Requests before this place.
    pub before: Place,
    /// The most requests to give.
    pub most: i64,
    /// The most requests to walk through for them.
    pub walked: i64,
}

/// A request in a list.
#[derive(Debug, Clone)]
pub struct ListedRequest {
    pub completed_at: DateTime<Utc>,
    /// With `completed_at` its place in the list, with `xid` that in the log.
    pub position: i64,
    pub xid: Xid,
    pub recorded_at: DateTime<Utc>,
    pub generation_id: String,
    pub outcome: String,
    pub status: i16,
    /// Whether Broadcast was on when it completed.
    pub broadcast: bool,
    pub name: Option<String>,
    pub model: String,
    pub answered_by: Option<String>,
    pub api_key: Option<ApiKeyId>,
    pub user: Option<String>,
    pub session: Option<String>,
    pub environment: Option<String>,
    /// As a UUID, whose digits are those of the trace id.
    pub trace: Uuid,
    pub latency_ms: Option<i64>,
    pub first_token_ms: Option<i64>,
    pub input_tokens: Option<i64>,
    pub output_tokens: Option<i64>,
    pub cost: Option<f64>,
}

impl ListedRequest {
    pub fn place(&self) -> Place {
        Place { completed_at: self.completed_at, position: self.position }
    }

    /// Its entry in the log.
    pub fn entry(&self) -> NamedEntry {
        NamedEntry {
            generation_id: self.generation_id.clone(),
            xid: self.xid,
            position: self.position,
            recorded_at: self.recorded_at,
            completed_at: self.completed_at,
            broadcast: self.broadcast,
        }
    }
}

/// Requests of one stretch, and how far it was walked.
#[derive(Debug)]
pub struct Listed {
    pub requests: Vec<ListedRequest>,
    /// The last request that was looked at, where there may be others behind it and the page is not full.
    pub walked_to: Option<Place>,
}

/// The newest requests of a stretch that are wanted.
///
/// Trace, session, user and key are found by an index. Of what is left, as many requests are looked at as the stretch says.
pub async fn list_requests(tenant: &mut Tenant, wanted: &Wanted, stretch: &Stretch) -> Result<Listed> {
    let account = tenant.account();
    plan_for_these_values(tenant.connection()).await?;
    let keys = Keys::of(account, wanted);
    let requests = sqlx::query_as!(
        ListedRequest,
        r#"SELECT w.completed_at, w.position, w.xid AS "xid: Xid", w.recorded_at, w.generation_id, w.outcome, w.status, w.broadcast, w.name, w.model, w.answered_by,
                  w.api_key_id AS "api_key: ApiKeyId", w.user_id AS "user", w.session_id AS session, w.environment,
                  w.trace_id AS trace, w.latency_ms, w.first_token_ms, w.input_tokens, w.output_tokens, w.cost
           FROM (SELECT f.* FROM request_facts f
                 WHERE f.account_id = $1 AND f.completed_at >= $2 AND (f.completed_at, f.position) < ($3, $4)
                   AND ($5::bigint IS NULL OR f.trace_key = $5) AND ($6::bigint IS NULL OR f.session_key = $6)
                   AND ($7::bigint IS NULL OR f.user_key = $7) AND ($8::uuid IS NULL OR f.api_key_id = $8)
                 ORDER BY f.completed_at DESC, f.position DESC LIMIT $9) w
           WHERE ($10::text IS NULL OR w.outcome = $10) AND ($11::text IS NULL OR w.model = $11)
             AND ($12::text IS NULL OR w.environment = $12) AND ($13::bigint IS NULL OR w.latency_ms > $13)
             AND ($14::float8 IS NULL OR w.cost > $14)
           ORDER BY w.completed_at DESC, w.position DESC LIMIT $15"#,
        account.0,
        stretch.from,
        stretch.before.completed_at,
        stretch.before.position,
        keys.trace,
        keys.session,
        keys.user,
        keys.api_key,
        stretch.walked,
        wanted.outcome.map(Outcome::name),
        wanted.model,
        wanted.environment,
        wanted.slower_than,
        wanted.dearer_than,
        stretch.most
    );
    let requests = requests.fetch_all(tenant.connection()).await?;
    let is_full = i64::try_from(requests.len()).is_ok_and(|found| found >= stretch.most);
    let walked_to = if is_full { None } else { find_last_walked(tenant, &keys, stretch).await? };
    Ok(Listed { requests, walked_to })
}

/// The request at which the walk through a stretch ended, if it did not come to the stretch's end.
pub(super) async fn find_last_walked(tenant: &mut Tenant, keys: &Keys, stretch: &Stretch) -> Result<Option<Place>> {
    let account = tenant.account().0;
    let last = sqlx::query_as!(
        Place,
        "SELECT f.completed_at, f.position FROM request_facts f
         WHERE f.account_id = $1 AND f.completed_at >= $2 AND (f.completed_at, f.position) < ($3, $4)
           AND ($5::bigint IS NULL OR f.trace_key = $5) AND ($6::bigint IS NULL OR f.session_key = $6)
           AND ($7::bigint IS NULL OR f.user_key = $7) AND ($8::uuid IS NULL OR f.api_key_id = $8)
         ORDER BY f.completed_at DESC, f.position DESC LIMIT 1 OFFSET $9",
        account,
        stretch.from,
        stretch.before.completed_at,
        stretch.before.position,
        keys.trace,
        keys.session,
        keys.user,
        keys.api_key,
        stretch.walked - 1
    );
    Ok(last.fetch_optional(tenant.connection()).await?)
}

/// One statement serves every filter, and each wants another index.
pub(super) async fn plan_for_these_values(connection: &mut PgConnection) -> Result<()> {
    sqlx::query_scalar!("SELECT set_config('plan_cache_mode', 'force_custom_plan', true)")
        .fetch_one(connection)
        .await?;
    Ok(())
}

/// What indexes find.
#[derive(Debug)]
pub(super) struct Keys {
    pub(super) trace: Option<i64>,
    pub(super) session: Option<i64>,
    pub(super) user: Option<i64>,
    pub(super) api_key: Option<Uuid>,
}

impl Keys {
    pub(super) fn of(account: AccountId, wanted: &Wanted) -> Self {
        let of = |lookup, identifier: &Option<String>| Some(key(account, lookup, identifier.as_deref()?));
        Self {
            trace: of(Lookup::Trace, &wanted.trace),
            session: of(Lookup::Session, &wanted.session),
            user: of(Lookup::User, &wanted.user),
            api_key: wanted.api_key.map(|key| key.0),
        }
    }
}

/// Whether the account's log holds a request of this name.
pub async fn is_logged(tenant: &mut Tenant, generation_id: &str) -> Result<bool> {
    let account = tenant.account().0;
    let is_logged = sqlx::query_scalar!(
        r#"SELECT EXISTS (SELECT FROM completed_requests WHERE account_id = $1 AND generation_id = $2) AS "logged!""#,
        account,
        generation_id
    );
    Ok(is_logged.fetch_one(tenant.connection()).await?)
}

/// The name of the last request that completed. None: none did, as far as the log is kept.
pub async fn find_newest(tenant: &mut Tenant) -> Result<Option<String>> {
    let account = tenant.account().0;
    let newest = sqlx::query_scalar!(
        "SELECT generation_id FROM request_facts WHERE account_id = $1
         ORDER BY completed_at DESC, position DESC LIMIT 1",
        account
    );
    Ok(newest.fetch_optional(tenant.connection()).await?)
}

/// Models and environments to choose from: those of the last days that were asked for most.
#[derive(Debug, Default)]
pub struct Choices {
    pub models: Vec<String>,
    pub environments: Vec<String>,
}

/// The most choices of each.
const MOST_CHOICES: i64 = 100;

pub async fn list_choices(tenant: &mut Tenant, since: DateTime<Utc>) -> Result<Choices> {
    let account = tenant.account().0;
    let models = sqlx::query_scalar!(
        "SELECT model FROM usage_rollups WHERE account_id = $1 AND grain = 'day' AND starts_at >= $2 AND model <> ''
         GROUP BY model ORDER BY sum(requests) DESC, model LIMIT $3",
        account,
        since,
        MOST_CHOICES
    );
    let environments = sqlx::query_scalar!(
        "SELECT environment FROM usage_rollups WHERE account_id = $1 AND grain = 'day' AND starts_at >= $2 AND environment <> ''
         GROUP BY environment ORDER BY sum(requests) DESC, environment LIMIT $3",
        account,
        since,
        MOST_CHOICES
    );
    let models = models.fetch_all(tenant.connection()).await?;
    Ok(Choices { models, environments: environments.fetch_all(tenant.connection()).await? })
}
