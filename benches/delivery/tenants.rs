//! Accounts with one destination each, made through the program's own library, so that the worker accepts them.

use secrecy::SecretString;
use serde_json::json;
use sqlx::PgConnection;
use tracecast::app::App;
use tracecast::audit::{Actor, Who};
use tracecast::auth::sign_up;
use tracecast::broadcast;
use tracecast::config::{Config, Given, Source};
use tracecast::destination::kinds;
use tracecast::id::{AccountId, DestinationId};
use tracecast::seal::Place;
use tracecast::state::State;
use tracecast::store::destinations::{self, TestedValues};
use tracecast::store::log::CHANNEL;

use crate::outcome::Result;
use crate::receiver::Endpoint;

/// The sealing key of the benchmark's destinations: it guards nothing.
pub(crate) const KEY: &str = "abababababababababababababababababababababababababababababababab";

/// Where a destination's requests go on a receiver.
pub(crate) const PATH: &str = "/api/1/integration/otlp/v1/traces";

/// An account whose destination is paused until it is told to go.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Tenant {
    pub(crate) account: AccountId,
    pub(crate) destination: DestinationId,
}

/// The program's own view of the database, migrated.
pub(crate) async fn state(database_url: &str) -> Result<State> {
    let given = Given::defaults().with("keys", KEY, Source::Argument);
    let mut config = Config::parse(&given).map_err(|mistakes| format!("{mistakes:?}"))?;
    config.database_url = Some(SecretString::from(database_url));
    Ok(App::build(config).await?.state("bench", 8)?)
}

impl Tenant {
    /// An account with Broadcast on and a Sentry destination at `receiver`.
    pub(crate) async fn create(state: &State, name: &str, receiver: &Endpoint) -> Result<Self> {
        Self::of_kind(state, name, "sentry", receiver).await
    }

    /// The same with a destination of another kind.
    pub(crate) async fn of_kind(state: &State, name: &str, kind: &str, receiver: &Endpoint) -> Result<Self> {
        let email = format!("{name}@bench.example");
        let account =
            sign_up::create(state, &email, name, SecretString::from("nobody signs in to a benchmark")).await?;
        let tenant = Self { account, destination: DestinationId(state.random.uuid()) };
        broadcast::switch(state, &tenant.operator(), true).await?;
        tenant.connect(state, kind, receiver).await?;
        Ok(tenant)
    }

    /// One more destination for the account, paused as well.
    pub(crate) async fn add(self, state: &State, kind: &str, receiver: &Endpoint) -> Result<()> {
        let another = Self { destination: DestinationId(state.random.uuid()), ..self };
        another.connect(state, kind, receiver).await
    }

    /// The operator of the server, at work in this account.
    pub(crate) fn operator(self) -> Actor {
        Actor { account: self.account, who: Who::Operator, client: None }
    }

    /// What [`broadcast::connect`] stores after a passed test.
    async fn connect(self, state: &State, kind: &str, receiver: &Endpoint) -> Result<()> {
        let fields = fields(kind, receiver)?;
        let kind = kinds::find(kind).ok_or_else(|| format!("there is no {kind}"))?;
        let connection =
            kind.connect(&fields.into_iter().chain([("environment", "production".to_owned())]).collect())?;
        let place = Place::Destination(self.account, self.destination);
        let secrets = connection.stored().seal(&state.keyring, place, state.random)?;
        let values = TestedValues {
            name: kind.manifest.label,
            privacy_mode: false,
            settings: &connection.stored().open,
            masked: connection.all_masked(),
            secrets: &secrets,
            secrets_changed: true,
            target: connection.target(),
            test: &json!({}),
            not_yet: None,
        };
        let mut tenant = state.store.tenant(self.account).await?;
        destinations::create(&mut tenant, self.destination, kind.manifest.slug, &values).await?;
        destinations::put_enabled(&mut tenant, self.destination, false).await?;
        tenant.commit().await?;
        Ok(())
    }

    /// Pauses the account's destinations and gives each a new cursor, which stands at the beginning of the log.
    pub(crate) async fn rewind(self, admin: &mut PgConnection) -> Result<()> {
        let account = self.account.0;
        for statement in [
            "UPDATE destinations SET enabled = false WHERE account_id = $1",
            "DELETE FROM cursors WHERE account_id = $1",
            "INSERT INTO cursors (account_id, destination_id, since, xid)
             SELECT account_id, id, 'epoch', '0' FROM destinations WHERE account_id = $1",
            "DELETE FROM deliveries WHERE account_id = $1",
        ] {
            sqlx::query(statement).bind(account).execute(&mut *admin).await?;
        }
        Ok(())
    }
}

/// What connects a destination of a kind to `receiver`. A kind that is to be measured has a line here.
fn fields(kind: &str, receiver: &Endpoint) -> Result<Vec<(&'static str, String)>> {
    let (scheme, address) = (receiver.scheme(), receiver.address);
    let base = format!("{scheme}://{address}");
    Ok(match kind {
        "sentry" => vec![("dsn", format!("{scheme}://{}@{address}/1", "0123456789abcdef".repeat(2)))],
        "otel-collector" => vec![("endpoint", format!("{base}/v1/traces"))],
        "phoenix" => vec![("baseUrl", base)],
        "langfuse" => {
            vec![("publicKey", "pk-lf-bench".to_owned()), ("secretKey", "sk-lf-bench".to_owned()), ("baseUrl", base)]
        }
        "webhook" => vec![("url", base), ("method", "POST".to_owned())],
        "clickhouse" => named([("host", &base), ("database", "bench"), ("username", "bench"), ("password", "bench")]),
        "s3" => named([
            ("bucketName", "bench"),
            ("accessKeyId", "AKIABENCH"),
            ("secretAccessKey", "bench"),
            ("endpoint", &base),
        ]),
        _ => return Err(format!("nobody knows how to connect a {kind}").into()),
    })
}

fn named<const N: usize>(fields: [(&'static str, &str); N]) -> Vec<(&'static str, String)> {
    fields.map(|(name, value)| (name, value.to_owned())).into()
}

/// Pauses all destinations, so that no worker of a later row takes up what an earlier one left.
pub(crate) async fn rest(admin: &mut PgConnection) -> Result<()> {
    sqlx::query("UPDATE destinations SET enabled = false WHERE enabled").execute(admin).await?;
    Ok(())
}

/// Resumes the destinations, and wakes the worker as a commit does.
pub(crate) async fn go(admin: &mut PgConnection, tenants: &[Tenant]) -> Result<()> {
    resume(admin, tenants).await?;
    wake(admin, tenants).await
}

/// Resumes the destinations.
pub(crate) async fn resume(admin: &mut PgConnection, tenants: &[Tenant]) -> Result<()> {
    let accounts: Vec<_> = tenants.iter().map(|tenant| tenant.account.0).collect();
    sqlx::query("UPDATE destinations SET enabled = true WHERE account_id = ANY ($1)")
        .bind(&accounts)
        .execute(admin)
        .await?;
    Ok(())
}

/// Wakes the worker as a commit does.
async fn wake(admin: &mut PgConnection, tenants: &[Tenant]) -> Result<()> {
    let accounts: Vec<_> = tenants.iter().map(|tenant| tenant.account.0).collect();
    let names: Vec<_> = accounts.iter().map(ToString::to_string).collect();
    sqlx::query("SELECT pg_notify($1, $2)").bind(CHANNEL).bind(names.join(",")).execute(admin).await?;
    Ok(())
}
