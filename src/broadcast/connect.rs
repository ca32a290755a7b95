//! Creates and edits destinations. This is the only way into the database for their settings, and it requires a passed test.

use std::time::{Duration, Instant};

use serde_json::Value;

use super::audited::{record, recorded_values};
use super::choose::{self, Chosen};
use super::error::Error;
use super::pausing;
use super::twin::{self, Wanted};
use crate::audit::{Actor, Change, Event};
use crate::auth;
use crate::connection_test::{self, Verdict};
use crate::destination::{Connection, FieldErrors, Kind, Settings, Stored};
use crate::id::{AccountId, DestinationId};
use crate::seal::Place;
use crate::state::State;
use crate::store::destinations::{self, Destination, NotYet, TestedValues};

#[derive(Debug)]
pub struct Typed<'a> {
    pub name: &'a str,
    /// Whether content is kept from it.
    pub privacy_mode: bool,
    /// None: a new one is on, another stays as it was.
    pub enabled: Option<bool>,
    /// The kind's fields.
    pub settings: Settings,
    pub chosen: Chosen<'a>,
    /// Whether a new destination may be the repetition of a request whose answer was lost: then an identical one of the last minute
    /// takes its place.
    pub may_repeat: bool,
}

/// The result of submitting a set of values.
#[derive(Debug)]
pub enum Connecting {
    /// The test passed and exactly these values are stored.
    Stored(DestinationId, Box<Verdict>),
    /// An identical destination was created less than a minute ago. It was not made again.
    Repeated(DestinationId),
    /// The test failed; nothing was saved.
    Failed(Box<Verdict>),
    /// Somebody else changed the destination meanwhile; nothing was saved.
    Conflict,
    /// There is no such destination (any more). Nothing was saved.
    Gone,
    /// The account has the most destinations of this kind already; nothing was saved.
    TooMany,
}

/// Tests a new destination and stores it if the test passes.
///
/// # Errors
/// Sentences at fields, or another test is running.
pub async fn connect(state: &State, actor: &Actor, kind: &Kind, typed: &Typed<'_>) -> Result<Connecting, Error> {
    let connection = both(parse_name(typed.name), kind.create(&typed.settings));
    let (name, connection) = connection?;
    let account = actor.account;
    let (privacy_mode, enabled) = (typed.privacy_mode, typed.enabled.unwrap_or(true));
    let wanted = Wanted { kind, name: &name, privacy_mode, enabled, chosen: typed.chosen, connection: &connection };
    if typed.may_repeat
        && let Some(twin) = twin::find(state, &mut state.store.tenant(account).await?, &wanted, None).await?
    {
        return Ok(Connecting::Repeated(twin));
    }
    let verdict = test(state, account, kind, &connection).await?;
    if !verdict.passed {
        return Ok(Connecting::Failed(Box::new(verdict)));
    }
    let id = DestinationId(state.random.uuid());
    let place = Place::Destination(account, id);
    let secrets = connection.stored().seal(&state.keyring, place, state.random)?;
    let passed = Passed::new(&verdict, typed.privacy_mode, &connection, secrets);

    let mut tenant = state.store.tenant(account).await?;
    if !destinations::create(&mut tenant, id, kind.manifest.slug, &passed.values(&name, true)).await? {
        return Ok(Connecting::TooMany);
    }
    if let Some(created) = destinations::find(&mut tenant, id).await?.filter(|_| !typed.chosen.is_nothing()) {
        choose::put(&mut tenant, &created, 1, typed.chosen).await?;
    }
    // Whoever created the same at the same time has committed by now: creating locks the account.
    if typed.may_repeat
        && let Some(twin) = twin::find(state, &mut tenant, &wanted, Some(id)).await?
    {
        return Ok(Connecting::Repeated(twin));
    }
    if let Some(created) = destinations::find(&mut tenant, id).await? {
        let change = Change::new(Event::DestinationCreated, name.as_str()).to(recorded_values(&created));
        record(state, &mut tenant, actor, id, change).await?;
        pausing::put(state, &mut tenant, actor, &created, typed.enabled).await?;
    }
    tenant.commit().await?;
    Ok(Connecting::Stored(id, Box::new(verdict)))
}

/// Tests the settings of a destination that is not stored, and stores nothing.
///
/// # Errors
/// Sentences at fields, or another test is running.
pub async fn try_out(state: &State, account: AccountId, kind: &Kind, settings: &Settings) -> Result<Verdict, Error> {
    test(state, account, kind, &kind.create(settings)?).await
}

/// Tests changed values of a destination and stores them if the test passes and nobody else changed it since `revision`.
///
/// # Errors
/// Sentences at fields, or another test is running.
pub async fn reconnect(
    state: &State,
    actor: &Actor,
    kind: &Kind,
    destination: &Destination,
    revision: i32,
    typed: &Typed<'_>,
) -> Result<Connecting, Error> {
    if destination.revision != revision {
        return Ok(Connecting::Conflict);
    }
    let account = actor.account;
    let id = destination.id;
    let place = Place::Destination(account, id);
    let open = destination.settings.0.clone();
    let old = Stored::open(open.clone(), &destination.secrets, &state.keyring, place).unwrap_or_else(|error| {
        // Treated as missing: the secret has to be typed again.
        tracing::error!(%error, destination = %id, "a destination's secrets do not open");
        Stored { open, ..Stored::default() }
    });
    let (name, connection) = both(parse_name(typed.name), kind.edit(&typed.settings, &old))?;
    let verdict = test(state, account, kind, &connection).await?;
    if !verdict.passed {
        return Ok(Connecting::Failed(Box::new(verdict)));
    }
    let secrets = connection.stored().seal(&state.keyring, place, state.random)?;
    let passed = Passed::new(&verdict, typed.privacy_mode, &connection, secrets);
    let retyped = kind.manifest.secrets().any(|field| !typed.settings.get(field.name).is_empty());

    let mut tenant = state.store.tenant(account).await?;
    if !destinations::put(&mut tenant, id, revision, &passed.values(&name, retyped)).await? {
        let gone = destinations::find(&mut tenant, id).await?.is_none();
        return Ok(if gone { Connecting::Gone } else { Connecting::Conflict });
    }
    choose::put(&mut tenant, destination, revision + 1, typed.chosen).await?;
    if let Some(edited) = destinations::find(&mut tenant, id).await? {
        let change =
            Change::new(Event::DestinationEdited, name).between(recorded_values(destination), recorded_values(&edited));
        record(state, &mut tenant, actor, id, change).await?;
        pausing::put(state, &mut tenant, actor, &edited, typed.enabled).await?;
    }
    tenant.commit().await?;
    Ok(Connecting::Stored(id, Box::new(verdict)))
}

pub(super) fn parse_name(text: &str) -> Result<String, FieldErrors> {
    auth::parse_name(text).map_err(|sentence| FieldErrors::one("name", sentence))
}

async fn test(state: &State, account: AccountId, kind: &Kind, connection: &Connection) -> Result<Verdict, Error> {
    let _permit = state.testing.begin(account, Instant::now())?;
    Ok(connection_test::run(state, kind, connection).await)
}

/// Settings whose test passed.
struct Passed<'a> {
    verdict: &'a Verdict,
    evidence: Value,
    privacy_mode: bool,
    connection: &'a Connection,
    /// Sealed for the destination's row.
    secrets: Vec<u8>,
}

impl<'a> Passed<'a> {
    fn new(verdict: &'a Verdict, privacy_mode: bool, connection: &'a Connection, secrets: Vec<u8>) -> Self {
        let evidence = serde_json::to_value(verdict).unwrap_or_default();
        Self { verdict, evidence, privacy_mode, connection, secrets }
    }

    /// The row's values. `secrets_changed`: they were typed anew, instead of kept.
    fn values<'b>(&'b self, name: &'b str, secrets_changed: bool) -> TestedValues<'b> {
        let not_yet = self.verdict.not_yet_seconds.map(|seconds| NotYet {
            reason: self.verdict.advice.as_deref().unwrap_or_default(),
            pause: Duration::from_secs(seconds),
        });
        TestedValues {
            name,
            privacy_mode: self.privacy_mode,
            settings: &self.connection.stored().open,
            masked: self.connection.all_masked(),
            secrets: &self.secrets,
            secrets_changed,
            target: self.connection.target(),
            test: &self.evidence,
            not_yet,
        }
    }
}

/// Both results, or the mistakes of both.
pub(super) fn both<A, B>(first: Result<A, FieldErrors>, second: Result<B, FieldErrors>) -> Result<(A, B), FieldErrors> {
    match (first, second) {
        (Ok(first), Ok(second)) => Ok((first, second)),
        (Err(errors), Ok(_)) | (Ok(_), Err(errors)) => Err(errors),
        (Err(mut errors), Err(others)) => {
            errors.add_all(others);
            Err(errors)
        }
    }
}
