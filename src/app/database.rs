//! The operator's Postgres, or the embedded one.

use std::fmt;
use std::str::FromStr as _;

use embedded_postgres::{EmbeddedPostgres, Options};
use secrecy::ExposeSecret as _;
use sqlx::postgres::PgConnectOptions;
use url::Url;

use super::launch::launch_options;
use super::start_error::StartError;
use crate::config::Config;
use crate::store::roles::{self, Role, Roles};
use crate::store::{PLANNED_ONCE, Store};

pub(super) struct Database {
    options: PgConnectOptions,
    roles: Roles,
    embedded: Option<EmbeddedPostgres>,
}

// The address may hold a password, and its own Debug form shows it.
impl fmt::Debug for Database {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Database").field("roles", &self.roles).finish_non_exhaustive()
    }
}

impl Database {
    pub(super) async fn open(config: &Config) -> Result<Self, StartError> {
        if let Some(url) = &config.database_url {
            return Ok(Self { options: parse(url.expose_secret())?, roles: Roles::OwnerOnly, embedded: None });
        }
        let options =
            Options { bin_dir: config.pg_bin.clone(), search_path: config.search_path.clone(), ..launch_options() };
        let embedded = EmbeddedPostgres::start(&config.data_dir, options).await?;
        Ok(Self { options: parse(&embedded.url())?, roles: Roles::OwnerOnly, embedded: Some(embedded) })
    }

    /// Brings the schema up to date, creates the roles, and proves that row-level security holds them. Gives connections of the
    /// owner, to be closed after use.
    pub(super) async fn prepare(&mut self) -> Result<Store, StartError> {
        let owner = self.store(Role::Owner, "tracecast migrate", 2);
        if let Some(found @ roles::Unsafe::Role { .. }) = roles::find_unsafe(&owner).await? {
            return Err(found.into());
        }
        owner.migrate().await?;
        self.roles = roles::ensure(&owner).await?;
        if let Some(found) = roles::find_unsafe(&owner).await? {
            return Err(found.into());
        }
        if self.roles == Roles::OwnerOnly {
            tracing::warn!(
                "pages and worker share the owner's role, because it may not make others; accounts are kept apart all the \
                 same. For a lock more: tracecast migrate --print-roles"
            );
        }
        Ok(owner)
    }

    /// Connections with the rights of `role`.
    pub(super) fn store(&self, role: Role, application: &str, connections: u32) -> Store {
        let options = match role {
            Role::Worker => self.options.clone().options(PLANNED_ONCE),
            Role::Owner | Role::Web => self.options.clone(),
        };
        let options = match (role, self.roles) {
            (Role::Web, Roles::Separate) => options.options([("role", roles::WEB), ("statement_timeout", "5s")]),
            (Role::Web, Roles::OwnerOnly) => options.options([("statement_timeout", "5s")]),
            (Role::Worker, Roles::Separate) => options.options([("role", roles::WORKER)]),
            (Role::Worker, Roles::OwnerOnly) | (Role::Owner, _) => options.options([("app.upkeep", "on")]),
        };
        Store::open(options, application, connections)
    }

    pub(super) async fn close(self) {
        if let Some(embedded) = self.embedded {
            embedded.stop().await;
        }
    }
}

/// The parameters of an address that sqlx knows. It logs name *and value* of any other, and the value may be a secret
/// (`sslpassword`).
const PARAMETERS: [&str; 17] = [
    "sslmode",
    "ssl-mode",
    "sslrootcert",
    "ssl-root-cert",
    "ssl-ca",
    "sslcert",
    "ssl-cert",
    "sslkey",
    "ssl-key",
    "statement-cache-capacity",
    "host",
    "hostaddr",
    "port",
    "dbname",
    "user",
    "password",
    "application_name",
];

fn is_known(parameter: &str) -> bool {
    PARAMETERS.contains(&parameter) || parameter == "options" || parameter.starts_with("options[")
}

/// Reads the address of the database. No error quotes it.
fn parse(text: &str) -> Result<PgConnectOptions, StartError> {
    let mut url: Url = text.parse().map_err(|error: url::ParseError| StartError::DatabaseUrl(error.to_string()))?;
    let parameters: Vec<(String, String)> = url.query_pairs().into_owned().collect();
    let (known, unknown): (Vec<_>, Vec<_>) = parameters.into_iter().partition(|(name, _)| is_known(name));
    // The end of the password would be taken for the name of a database or of a parameter, and printed as such.
    if url.fragment().is_some() || url.path().contains('@') || unknown.iter().any(|(name, _)| name.contains('@')) {
        return Err(StartError::DatabaseUrl(ESCAPES.to_owned()));
    }
    for (parameter, _) in &unknown {
        tracing::warn!(%parameter, "a parameter of DATABASE_URL is not known and not used");
    }
    if !unknown.is_empty() {
        url.query_pairs_mut().clear().extend_pairs(known);
    }
    PgConnectOptions::from_str(url.as_str()).map_err(|error| StartError::DatabaseUrl(error.to_string()))
}

const ESCAPES: &str =
    "in a user's name or password write `@` as %40, `/` as %2F, `?` as %3F, `#` as %23 and `%` as %25";

/// The name of the user who signs in to the database.
pub(super) fn user(config: &Config) -> Result<String, StartError> {
    let Some(url) = &config.database_url else { return Ok(roles::OWNER.to_owned()) };
    Ok(parse(url.expose_secret())?.get_username().to_owned())
}
