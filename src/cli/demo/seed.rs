//! Fills the demo account. Existing data stays, so that a second start adds nothing.

use std::time::Duration;

use chrono::{TimeDelta, Timelike as _};
use demo_receiver::{Behaviour, Running};

use super::requests;
use crate::audit::Actor;
use crate::broadcast;
use crate::cli::failure::Failure;
use crate::connection_test::Verdict;
use crate::destination::{Connection, Settings, kinds};
use crate::id::{AccountId, ApiKeyId, DestinationId};
use crate::recorder::entry;
use crate::seal::Place;
use crate::state::State;
use crate::store::cursors::{self, Lag};
use crate::store::destinations::{self, TestedValues};
use crate::store::log::{self, Completed, Entry};
use crate::store::{self, Tenant, api_keys, demo};
use crate::token::ApiKeyType;
use crate::{auth, random};

/// The days that requests reach back: as many as they are kept.
const DAYS: u8 = 7;
/// Requests that are recorded only to be refused.
const DEAD_LETTERS: u32 = 3;
/// What the receiver answers to those.
const REFUSAL: Behaviour = Behaviour::Status { code: 400, retry_after: None };
/// The destination that delivers, and has the dead letters.
const HEALTHY: &str = "Sentry";

const PAUSE: Duration = Duration::from_millis(100);
/// How often the database is asked whether the worker is there yet, with a pause between.
const TRIES: u32 = 600;

#[derive(Debug)]
pub(super) struct Seed<'a> {
    state: &'a State,
    account: AccountId,
    receiver: &'a Running,
}

/// A destination to be made.
struct Example {
    name: &'static str,
    kind: &'static str,
    settings: Settings,
    is: Is,
}

/// The state that the example shows. The worker makes it fail or need attention.
#[derive(PartialEq, Eq)]
enum Is {
    On,
    Paused,
    SwitchedOff,
}

#[derive(Debug, thiserror::Error)]
pub(super) enum Error {
    #[error("the demo account cannot be filled: {0}")]
    Store(#[from] store::Error),
    #[error("the demo account cannot be filled: {0}")]
    Key(#[from] auth::Error),
    #[error("the demo account cannot be filled: {0}")]
    Random(#[from] random::Unavailable),
    #[error("the demo receiver did not get within a minute what it was to get")]
    Late,
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Said(error.to_string())
    }
}

impl<'a> Seed<'a> {
    pub(super) fn new(state: &'a State, account: AccountId, receiver: &'a Running) -> Self {
        Self { state, account, receiver }
    }

    /// Makes a key, destinations in every state, and a week of requests, before the worker begins.
    pub(super) async fn fill(&self) -> Result<(), Error> {
        let key = self.key().await?;
        self.create_destinations().await?;
        self.record_a_week(key).await
    }

    /// Lets the receiver refuse some requests, if no destination has dead letters.
    pub(super) async fn add_dead_letters(&self) -> Result<(), Error> {
        if self.dead_letters().await? > 0 {
            return Ok(());
        }
        // No other request may be refused with them.
        self.until(async || Ok(self.is_idle().await?)).await?;
        self.receiver.behave(REFUSAL);
        let refused = self.have_refused().await;
        self.receiver.behave(Behaviour::Normal);
        refused?;
        // The acceptance of this one makes the destination healthy again.
        self.record("accepted", 1).await
    }

    async fn have_refused(&self) -> Result<(), Error> {
        self.record("refused", DEAD_LETTERS).await?;
        self.until(async || Ok(self.dead_letters().await? >= i64::from(DEAD_LETTERS))).await
    }

    /// Requests that complete now.
    async fn record(&self, name: &str, count: u32) -> Result<(), Error> {
        let (key, now) = (self.key().await?, self.state.clock.now());
        let entries: Vec<Entry> = (0..count).map(|number| self.entry((name, number), key, now)).collect();
        log::record(&self.state.store, &entries).await?;
        Ok(())
    }

    async fn key(&self) -> Result<ApiKeyId, Error> {
        let keys = api_keys::list(&mut self.state.store.tenant(self.account).await?).await?;
        if let Some(key) = keys.iter().find(|key| key.key_type == ApiKeyType::Inference) {
            return Ok(key.id);
        }
        let actor = Actor::operator(self.account);
        auth::api_keys::create(self.state, &actor, ApiKeyType::Inference, "Demo application").await?;
        let keys = api_keys::list(&mut self.state.store.tenant(self.account).await?).await?;
        Ok(keys.first().map_or_else(|| ApiKeyId(self.state.random.uuid()), |key| key.id))
    }

    async fn create_destinations(&self) -> Result<(), Error> {
        let mut tenant = self.state.store.tenant(self.account).await?;
        if !destinations::list(&mut tenant).await?.is_empty() {
            return Ok(());
        }
        broadcast::switch(self.state, &Actor::operator(self.account), true).await?;
        for example in self.examples() {
            self.create(&mut tenant, &example).await?;
        }
        demo::predate(&mut tenant, DAYS.into()).await?;
        Ok(tenant.commit().await?)
    }

    fn examples(&self) -> Vec<Example> {
        let sentry =
            |name, dsn: &str, is| Example { name, kind: "sentry", settings: Settings::from_iter([("dsn", dsn)]), is };
        let dsn = self.receiver.dsn();
        let unknown_key = dsn.replacen("://7c1f", "://dead", 1);
        let collector = [("endpoint", "https://collector.example.invalid:4318/v1/traces")];
        vec![
            sentry(HEALTHY, &dsn, Is::On),
            sentry("Sentry with a key that was deleted", &unknown_key, Is::On),
            // No name with this ending exists (RFC 6761).
            Example {
                name: "Collector that is away",
                kind: "otel-collector",
                settings: Settings::from_iter(collector),
                is: Is::On,
            },
            sentry("Sentry, paused for maintenance", &dsn, Is::Paused),
            sentry("Sentry of last year", &dsn, Is::SwitchedOff),
        ]
    }

    async fn create(&self, tenant: &mut Tenant, example: &Example) -> Result<(), Error> {
        let connection = kinds::find(example.kind).and_then(|kind| kind.connect(&example.settings).ok());
        // An example whose settings no longer fit its kind is left out; the test of the seed misses it.
        let Some(connection) = connection else { return Ok(()) };
        let id = DestinationId(self.state.random.uuid());
        let secrets =
            connection.stored().seal(&self.state.keyring, Place::Destination(self.account, id), self.state.random)?;
        let test = serde_json::to_value(self.untested()).unwrap_or_default();
        destinations::create(tenant, id, example.kind, &tested_values(example.name, &connection, &secrets, &test))
            .await?;
        match example.is {
            Is::On => {}
            Is::Paused => {
                destinations::put_enabled(tenant, id, false).await?;
            }
            Is::SwitchedOff => demo::switch_off(tenant, id).await?,
        }
        Ok(())
    }

    /// In place of evidence: the pages show that no test was made.
    fn untested(&self) -> Verdict {
        Verdict {
            passed: true,
            warning: true,
            advice: Some("Made by tracecast demo --seed: no connection was tested.".to_owned()),
            field: None,
            found: None,
            arrival: None,
            not_yet_seconds: None,
            steps: Vec::new(),
            status: None,
            trace_id: None,
            server: None,
            headers: Vec::new(),
            spans: Vec::new(),
            tested_at: self.state.clock.now(),
        }
    }

    /// Records a request for every half an hour, the oldest first. Those with a name that is in the log already are not
    /// recorded again.
    async fn record_a_week(&self, key: ApiKeyId) -> Result<(), Error> {
        let half_hours = u32::from(DAYS) * 48;
        let now = self.state.clock.now();
        let first =
            now.with_minute(now.minute() / 30 * 30).unwrap_or(now) - TimeDelta::days(DAYS.into()) + TimeDelta::hours(1);
        let completed = |number: u32| first + TimeDelta::minutes(30 * i64::from(number));
        let numbers = (0..half_hours).filter(|number| completed(*number) < now);
        let entries: Vec<Entry> = numbers.map(|number| self.entry(("week", number), key, completed(number))).collect();
        demo::create_partitions(&self.state.store, DAYS.into()).await?;
        log::record(&self.state.store, &entries).await?;
        let mut tenant = self.state.store.tenant(self.account).await?;
        demo::record_when_completed(&mut tenant).await?;
        Ok(tenant.commit().await?)
    }

    fn entry(&self, name: (&str, u32), key: ApiKeyId, at: chrono::DateTime<chrono::Utc>) -> Entry {
        let (request, content) = requests::example(name, key, at);
        Entry { maybe_known: true, ..entry::of(self.account, &request, &content, Completed::Dated(at)) }
    }

    /// Whether the healthy destination has received every request.
    async fn is_idle(&self) -> Result<bool, store::Error> {
        let mut tenant = self.state.store.tenant(self.account).await?;
        let destinations = destinations::list(&mut tenant).await?;
        let healthy = destinations.iter().find(|destination| destination.name == HEALTHY);
        let lags = cursors::find_lag(&mut tenant, None).await?;
        let is_idle = |lag: &Lag| lag.waiting + lag.unconfirmed == 0;
        Ok(healthy.is_some_and(|healthy| lags.iter().any(|lag| lag.destination == healthy.id && is_idle(lag))))
    }

    async fn dead_letters(&self) -> Result<i64, store::Error> {
        let mut tenant = self.state.store.tenant(self.account).await?;
        Ok(cursors::find_lag(&mut tenant, None).await?.iter().map(|lag| lag.dead_letters).sum())
    }

    async fn until(&self, is_so: impl AsyncFn() -> Result<bool, Error>) -> Result<(), Error> {
        for _ in 0..TRIES {
            if is_so().await? {
                return Ok(());
            }
            tokio::time::sleep(PAUSE).await;
        }
        Err(Error::Late)
    }
}

fn tested_values<'a>(
    name: &'a str,
    connection: &'a Connection,
    secrets: &'a [u8],
    test: &'a serde_json::Value,
) -> TestedValues<'a> {
    TestedValues {
        name,
        privacy_mode: false,
        settings: &connection.stored().open,
        masked: connection.all_masked(),
        secrets,
        secrets_changed: true,
        target: connection.target(),
        test,
        not_yet: None,
    }
}
