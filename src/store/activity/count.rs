//! One step of a meter: facts, rollups and the meter's place, all of it or nothing.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::unmetered::Unmetered;
use crate::id::{AccountId, ApiKeyId};
use crate::metering::{Dimensions, Fact, Histogram, Lookup, RollupKey, Sums, key};
use crate::store::log::Position;
use crate::store::xid::Xid;
use crate::store::{Result, Store};

/// An entry of the log, and what is kept of it.
#[derive(Debug)]
pub struct Counted {
    pub entry: Unmetered,
    pub fact: Fact,
}

/// Counts the entries, of which the last is where the meter then stands, if it still stands at `after`. False: another worker was
/// faster, and nothing was counted.
///
/// What is added to rollups is added here and not by Postgres, which cannot sum histograms. No one else changes the account's rollups
/// between their reading and their writing: whoever does moves the meter too.
///
/// The commit is not waited for. A crash of Postgres that loses it loses all of it, and the entries are counted again.
pub async fn count(
    store: &Store,
    account: AccountId,
    after: Position,
    entries: &[Counted],
    added: BTreeMap<RollupKey, Sums>,
) -> Result<bool> {
    let Some(last) = entries.last() else { return Ok(false) };
    let rollups = RollupColumns::of(add_stored(store, account, added).await?);
    let facts = FactColumns::of(account, entries);
    write(store, account, (after, last.entry.place()), &facts, &rollups).await
}

/// These sums together with what is stored under their keys.
async fn add_stored(
    store: &Store,
    account: AccountId,
    mut sums: BTreeMap<RollupKey, Sums>,
) -> Result<BTreeMap<RollupKey, Sums>> {
    let keys = RollupColumns::of_keys(sums.keys());
    let stored = sqlx::query!(
        r#"SELECT k.number AS "number!", r.requests, r.failed, r.refused, r.cancelled, r.input_tokens, r.output_tokens, r.costed,
                  r.cost, r.latencies, r.first_tokens
           FROM unnest($2::text[], $3::timestamptz[], $4::text[], $5::uuid[], $6::text[]) WITH ORDINALITY
                    AS k (grain, starts_at, model, api_key_id, environment, number)
           JOIN usage_rollups r
             ON r.account_id = $1 AND r.grain = k.grain AND r.starts_at = k.starts_at AND r.model = k.model
            AND r.api_key_id = k.api_key_id AND r.environment = k.environment"#,
        account.0,
        &keys.grain as _,
        &keys.starts_at,
        &keys.model as _,
        &keys.api_key,
        &keys.environment as _
    );
    let stored = stored.fetch_all(store.pool()).await?;
    let mut in_order: Vec<&mut Sums> = sums.values_mut().collect();
    for row in stored {
        let number = usize::try_from(row.number).unwrap_or_default();
        let Some(sum) = number.checked_sub(1).and_then(|place| in_order.get_mut(place)) else { continue };
        sum.add_all(&Sums {
            requests: unsigned(row.requests),
            failed: unsigned(row.failed),
            refused: unsigned(row.refused),
            cancelled: unsigned(row.cancelled),
            input_tokens: unsigned(row.input_tokens),
            output_tokens: unsigned(row.output_tokens),
            costed: unsigned(row.costed),
            cost: row.cost,
            latencies: Histogram::from_bytes(&row.latencies),
            first_tokens: Histogram::from_bytes(&row.first_tokens),
        });
    }
    Ok(sums)
}

#[expect(clippy::too_many_lines, reason = "one statement, so that all of it happens or nothing, in one round trip")]
async fn write(
    store: &Store,
    account: AccountId,
    (after, until): (Position, Position),
    facts: &FactColumns<'_>,
    rollups: &RollupColumns,
) -> Result<bool> {
    let moved = sqlx::query_scalar!(
        r#"WITH lazily AS MATERIALIZED (SELECT set_config('synchronous_commit', 'off', true)),
           moved AS (
               INSERT INTO meters (account_id, xid, position)
               SELECT a.id, $2, $3 FROM accounts a, lazily WHERE a.id = $1
               ON CONFLICT (account_id) DO UPDATE SET xid = excluded.xid, position = excluded.position
               WHERE (meters.xid, meters.position) = ($4, $5)
               RETURNING account_id),
           facts AS (
               INSERT INTO request_facts
                   (account_id, recorded_at, xid, position, completed_at, trace_key, session_key, user_key, latency_ms, first_token_ms,
                    input_tokens, output_tokens, cost, trace_id, api_key_id, status, broadcast, outcome, generation_id, name, model,
                    answered_by, environment, session_id, user_id)
               SELECT m.account_id, f.*
               FROM moved m,
                    unnest($6::timestamptz[], $7::xid8[], $8::bigint[], $9::timestamptz[], $10::bigint[], $11::bigint[],
                           $12::bigint[], $13::bigint[], $14::bigint[], $15::bigint[], $16::bigint[], $17::float8[], $18::uuid[],
                           $19::uuid[], $20::smallint[], $21::boolean[], $22::text[], $23::text[], $24::text[], $25::text[],
                           $26::text[], $27::text[], $28::text[], $29::text[]) AS f),
           rollups AS (
               INSERT INTO usage_rollups AS r
                   (account_id, grain, starts_at, model, api_key_id, environment, requests, failed, refused, cancelled,
                    input_tokens, output_tokens, costed, cost, latencies, first_tokens)
               SELECT m.account_id, s.*
               FROM moved m,
                    unnest($30::text[], $31::timestamptz[], $32::text[], $33::uuid[], $34::text[], $35::bigint[], $36::bigint[],
                           $37::bigint[], $38::bigint[], $39::bigint[], $40::bigint[], $41::bigint[], $42::float8[], $43::bytea[],
                           $44::bytea[]) AS s
               ON CONFLICT (account_id, grain, starts_at, model, api_key_id, environment) DO UPDATE
               SET requests = excluded.requests, failed = excluded.failed, refused = excluded.refused,
                   cancelled = excluded.cancelled, input_tokens = excluded.input_tokens, output_tokens = excluded.output_tokens,
                   costed = excluded.costed, cost = excluded.cost, latencies = excluded.latencies,
                   first_tokens = excluded.first_tokens)
           SELECT count(*) AS "moved!" FROM moved"#,
        account.0,
        until.xid as _,
        until.position,
        after.xid as _,
        after.position,
        &facts.recorded_at,
        &facts.xid as _,
        &facts.position,
        &facts.completed_at,
        &facts.trace_key,
        &facts.session_key as _,
        &facts.user_key as _,
        &facts.latency as _,
        &facts.first_token as _,
        &facts.input_tokens as _,
        &facts.output_tokens as _,
        &facts.cost as _,
        &facts.trace,
        &facts.api_key as _,
        &facts.status,
        &facts.broadcast,
        &facts.outcome as _,
        &facts.generation_id as _,
        &facts.name as _,
        &facts.model as _,
        &facts.answered_by as _,
        &facts.environment as _,
        &facts.session as _,
        &facts.user as _,
        &rollups.grain as _,
        &rollups.starts_at,
        &rollups.model as _,
        &rollups.api_key,
        &rollups.environment as _,
        &rollups.requests,
        &rollups.failed,
        &rollups.refused,
        &rollups.cancelled,
        &rollups.input_tokens,
        &rollups.output_tokens,
        &rollups.costed,
        &rollups.cost,
        &rollups.latencies,
        &rollups.first_tokens
    );
    Ok(moved.fetch_one(store.pool()).await? > 0)
}

/// Facts as one array for each column, for UNNEST.
#[derive(Default)]
struct FactColumns<'a> {
    recorded_at: Vec<DateTime<Utc>>,
    xid: Vec<Xid>,
    position: Vec<i64>,
    completed_at: Vec<DateTime<Utc>>,
    trace_key: Vec<i64>,
    session_key: Vec<Option<i64>>,
    user_key: Vec<Option<i64>>,
    latency: Vec<Option<i64>>,
    first_token: Vec<Option<i64>>,
    input_tokens: Vec<Option<i64>>,
    output_tokens: Vec<Option<i64>>,
    cost: Vec<Option<f64>>,
    trace: Vec<Uuid>,
    api_key: Vec<Option<Uuid>>,
    status: Vec<i16>,
    broadcast: Vec<bool>,
    outcome: Vec<&'static str>,
    generation_id: Vec<&'a str>,
    name: Vec<Option<&'a str>>,
    model: Vec<&'a str>,
    answered_by: Vec<Option<&'a str>>,
    environment: Vec<Option<&'a str>>,
    session: Vec<Option<&'a str>>,
    user: Vec<Option<&'a str>>,
}

impl<'a> FactColumns<'a> {
    fn of(account: AccountId, entries: &'a [Counted]) -> Self {
        let mut columns = Self::default();
        for counted in entries {
            columns.push(account, counted);
        }
        columns
    }

    fn push(&mut self, account: AccountId, Counted { entry, fact }: &'a Counted) {
        let keyed = |lookup, text: &Option<String>| Some(key(account, lookup, text.as_deref()?));
        let milliseconds = |time: Option<std::time::Duration>| i64::try_from(time?.as_millis()).ok();
        self.recorded_at.push(entry.recorded_at);
        self.xid.push(entry.place().xid);
        self.position.push(entry.place().position);
        self.completed_at.push(entry.completed_at);
        self.trace_key.push(key(account, Lookup::Trace, &fact.trace.to_string()));
        self.session_key.push(keyed(Lookup::Session, &fact.session));
        self.user_key.push(keyed(Lookup::User, &fact.user));
        self.latency.push(milliseconds(fact.latency));
        self.first_token.push(milliseconds(fact.first_token));
        self.input_tokens.push(fact.input_tokens.map(signed));
        self.output_tokens.push(fact.output_tokens.map(signed));
        self.cost.push(fact.cost);
        self.trace.push(Uuid::from_bytes(fact.trace.to_bytes()));
        self.api_key.push(entry.api_key.map(|key| key.0));
        self.status.push(fact.status);
        self.broadcast.push(entry.broadcast);
        self.outcome.push(fact.outcome.name());
        self.generation_id.push(&entry.generation_id);
        self.name.push(fact.name.as_deref());
        self.model.push(&fact.model);
        self.answered_by.push(fact.answered_by.as_deref());
        self.environment.push(fact.environment.as_deref());
        self.session.push(fact.session.as_deref());
        self.user.push(fact.user.as_deref());
    }
}

/// Rollups as one array for each column, for UNNEST.
#[derive(Default)]
struct RollupColumns {
    grain: Vec<&'static str>,
    starts_at: Vec<DateTime<Utc>>,
    model: Vec<String>,
    /// All zeros for none.
    api_key: Vec<Uuid>,
    environment: Vec<String>,
    requests: Vec<i64>,
    failed: Vec<i64>,
    refused: Vec<i64>,
    cancelled: Vec<i64>,
    input_tokens: Vec<i64>,
    output_tokens: Vec<i64>,
    costed: Vec<i64>,
    cost: Vec<f64>,
    latencies: Vec<Vec<u8>>,
    first_tokens: Vec<Vec<u8>>,
}

impl RollupColumns {
    fn of(rollups: BTreeMap<RollupKey, Sums>) -> Self {
        let mut columns = Self::of_keys(rollups.keys());
        for sums in rollups.into_values() {
            columns.requests.push(signed(sums.requests));
            columns.failed.push(signed(sums.failed));
            columns.refused.push(signed(sums.refused));
            columns.cancelled.push(signed(sums.cancelled));
            columns.input_tokens.push(signed(sums.input_tokens));
            columns.output_tokens.push(signed(sums.output_tokens));
            columns.costed.push(signed(sums.costed));
            columns.cost.push(sums.cost);
            columns.latencies.push(sums.latencies.to_bytes());
            columns.first_tokens.push(sums.first_tokens.to_bytes());
        }
        columns
    }

    fn of_keys<'a>(keys: impl Iterator<Item = &'a RollupKey>) -> Self {
        let mut columns = Self::default();
        for RollupKey { grain, starts_at, dimensions: Dimensions { model, api_key, environment } } in keys {
            columns.grain.push(grain.name());
            columns.starts_at.push(*starts_at);
            columns.model.push(model.clone());
            columns.api_key.push(api_key.unwrap_or(ApiKeyId(Uuid::nil())).0);
            columns.environment.push(environment.clone());
        }
        columns
    }
}

fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

fn unsigned(number: i64) -> u64 {
    u64::try_from(number).unwrap_or_default()
}
