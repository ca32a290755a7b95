//! The operator's Postgres, or the embedded one.

mod address;

use std::fmt;
use std::sync::Arc;

use embedded_postgres::{EmbeddedPostgres, Options};
use secrecy::ExposeSecret as _;
use sqlx::postgres::PgConnectOptions;

use super::launch::launch_options;
use super::start_error::StartError;
use crate::clock::Clock;
use crate::config::Config;
use crate::store::roles::{self, Role, Roles};
use crate::store::server::{self, Reached, Server, Writes};
use crate::store::{Hosts, PLANNED_ONCE, Setting, Store};

pub(super) struct Database {
    /// The server that was the primary at the start.
    options: PgConnectOptions,
    /// None: the address names one host.
    hosts: Option<Arc<Hosts>>,
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
    /// Finds the operator's database, or starts the embedded one.
    pub(super) async fn open(config: &Config) -> Result<Self, StartError> {
        if let Some(url) = &config.database_url {
            let servers = address::parse(url.expose_secret())?;
            return Self::among(servers).await;
        }
        let options =
            Options { bin_dir: config.pg_bin.clone(), search_path: config.search_path.clone(), ..launch_options() };
        let embedded = EmbeddedPostgres::start(&config.data_dir, options).await?;
        let options = address::parse(&embedded.url())?.remove(0);
        Ok(Self { options, hosts: None, roles: Roles::OwnerOnly, embedded: Some(embedded) })
    }

    /// On the one of these servers that takes writes.
    async fn among(mut servers: Vec<PgConnectOptions>) -> Result<Self, StartError> {
        let (options, hosts) = if servers.len() > 1 {
            let hosts = Hosts::new(servers);
            let primary = hosts.find_primary().await.ok_or(StartError::NoPrimary)?;
            (primary, Some(Arc::new(hosts)))
        } else {
            (servers.remove(0), None)
        };
        Ok(Self { options, hosts, roles: Roles::OwnerOnly, embedded: None })
    }

    /// What the server says of itself.
    pub(super) async fn examine(&self, clock: Clock) -> Result<Server, StartError> {
        match server::examine(&self.options, clock).await? {
            Reached::Server(server) => Ok(server),
            Reached::SharedSessions => Err(StartError::SharedSessions),
        }
    }

    /// Brings the schema up to date, creates the roles, and proves that row-level security holds them. Gives connections of the
    /// owner, to be closed after use.
    pub(super) async fn prepare(&mut self) -> Result<Store, StartError> {
        match self.examine(Clock::System).await?.writes {
            Writes::Taken => {}
            Writes::Standby => return Err(StartError::Standby),
            Writes::ReadOnly => return Err(StartError::ReadOnly),
        }
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
        let rights: &[Setting] = match (role, self.roles) {
            (Role::Web, Roles::Separate) => &[("role", roles::WEB), ("statement_timeout", "5s")],
            (Role::Web, Roles::OwnerOnly) => &[("statement_timeout", "5s")],
            (Role::Worker, Roles::Separate) => &[("role", roles::WORKER)],
            (Role::Worker, Roles::OwnerOnly) | (Role::Owner, _) => &[("app.upkeep", "on")],
        };
        let plans: &[Setting] = if role == Role::Worker { &PLANNED_ONCE } else { &[] };
        let store = Store::open_with(&[rights, plans].concat(), self.options.clone(), application, connections);
        if let Some(hosts) = &self.hosts {
            hosts.lead(&store);
        }
        store
    }

    /// What leads the connections to another primary, where several hosts are named.
    pub(super) fn hosts(&self) -> Option<Arc<Hosts>> {
        self.hosts.clone()
    }

    pub(super) async fn close(self) {
        if let Some(embedded) = self.embedded {
            embedded.stop().await;
        }
    }
}

/// The name of the user who signs in to the database.
pub(super) fn user(config: &Config) -> Result<String, StartError> {
    let Some(url) = &config.database_url else { return Ok(roles::OWNER.to_owned()) };
    Ok(address::parse(url.expose_secret())?.remove(0).get_username().to_owned())
}
