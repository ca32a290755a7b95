//! What the database has to be: reached, new enough, written to, migrated, locked, ahead of the calendar, and opened by our keys.

use chrono::TimeDelta;

use super::finding::Finding;
use crate::app::database::Database;
use crate::app::{StartError, keyring};
use crate::clock::Clock;
use crate::config::Config;
use crate::seal::Keyring;
use crate::store::roles::{self, Role, Roles, Unsafe};
use crate::store::sealed::{Batches, COLUMNS, SealedBlob};
use crate::store::server::{Server, Writes};
use crate::store::{self, Schema, Store, partitions};

/// The oldest version of Postgres that is supported, as programs compare it.
const OLDEST: i32 = 140_000;

/// Clocks may differ by this much before a person notices.
const CLOSE: TimeDelta = TimeDelta::seconds(1);
/// Codes of a second factor and the times that pages show are wrong beyond this.
const APART: TimeDelta = TimeDelta::seconds(30);

pub(super) async fn examine(config: &Config) -> Vec<Finding> {
    let database = match Database::open(config).await {
        Ok(database) => database,
        Err(error) => return vec![Finding::error("database", error)],
    };
    let findings = match database.examine(Clock::System).await {
        Ok(server) => of_server(config, &database, &server).await,
        Err(error @ StartError::SharedSessions) => vec![Finding::error("pooler", error)],
        Err(error) => vec![Finding::error("database", error)],
    };
    database.close().await;
    findings
}

async fn of_server(config: &Config, database: &Database, server: &Server) -> Vec<Finding> {
    let mut findings =
        vec![reached(server), Finding::ok("pooler", "sessions are their own"), version(server), clock(server)];
    match server.writes {
        Writes::Taken => {}
        Writes::Standby => findings.push(Finding::error("primary", StartError::Standby)),
        Writes::ReadOnly => findings.push(Finding::error("primary", StartError::ReadOnly)),
    }
    if server.writes == Writes::Taken {
        let store = database.store(Role::Owner, "tracecast doctor", 2);
        findings
            .extend(of_contents(config, &store).await.unwrap_or_else(|error| vec![Finding::error("contents", error)]));
        store.close().await;
    }
    findings
}

fn reached(server: &Server) -> Finding {
    let commits = if server.is_synchronous { "commits wait for a standby" } else { "commits wait for no standby" };
    Finding::ok("database", format!("reached as {}, {} MiB, {commits}", server.user, server.bytes >> 20))
}

fn version(server: &Server) -> Finding {
    let found = format!("Postgres {}", server.version);
    if server.number < OLDEST {
        return Finding::failed("version", found, "Upgrade it: 14 is the oldest version that is supported.");
    }
    Finding::ok("version", found)
}

fn clock(server: &Server) -> Finding {
    let found = format!("the database's is {:+.3} s from ours", server.ahead.as_seconds_f64());
    let advice = "Let both machines follow the same time server (chrony, systemd-timesyncd).";
    match server.ahead.abs() {
        apart if apart > APART => Finding::failed("clock", found, advice),
        apart if apart > CLOSE => Finding::warning("clock", found, advice),
        _ => Finding::ok("clock", found),
    }
}

/// What lies in the database. Without our schema there is nothing more to look at.
async fn of_contents(config: &Config, store: &Store) -> store::Result<Vec<Finding>> {
    let mut findings = security(store).await?;
    match store.schema().await {
        Ok(Schema::Current) => findings.push(Finding::ok("schema", "up to date")),
        Ok(Schema::Older) => {
            findings.push(Finding::failed("schema", "of an older version", "Run tracecast migrate."));
            return Ok(findings);
        }
        Ok(Schema::Newer { found, known }) => {
            findings.push(Finding::error("schema", store::Error::SchemaIsNewer { found, known }));
            return Ok(findings);
        }
        Err(error) if error.is_unavailable() => return Err(error),
        Err(_) => {
            findings.push(Finding::failed("schema", "there is none", "Run tracecast migrate, or start the program."));
            return Ok(findings);
        }
    }
    findings.push(partitions_ahead(store).await?);
    findings.push(keys(config, store).await?);
    Ok(findings)
}

async fn security(store: &Store) -> store::Result<Vec<Finding>> {
    let found = roles::find_unsafe(store).await?;
    if let Some(found @ Unsafe::Role { .. }) = found {
        return Ok(vec![Finding::error("roles", found)]);
    }
    let roles = match roles::find(store).await? {
        Roles::Separate => Finding::ok("roles", "pages and worker have roles of their own"),
        Roles::OwnerOnly => Finding::warning(
            "roles",
            "the owner works for pages and worker as well",
            "For a lock more, let an administrator run what tracecast migrate --print-roles prints; then restart.",
        ),
    };
    let security = match found {
        Some(found) => Finding::error("row-level security", found),
        None => Finding::ok("row-level security", "keeps accounts apart in every table"),
    };
    Ok(vec![roles, security])
}

async fn partitions_ahead(store: &Store) -> store::Result<Finding> {
    Ok(if partitions::are_missing(store).await? {
        Finding::failed(
            "partitions",
            "today's or tomorrow's are missing, and without them nothing is recorded",
            "Start a worker, which creates them within 15 s, or run tracecast migrate. If one runs, its log says why it cannot.",
        )
    } else {
        Finding::ok("partitions", "today's and tomorrow's exist")
    })
}

/// Opens every secret that is stored.
async fn keys(config: &Config, store: &Store) -> store::Result<Finding> {
    let keyring = match keyring::find(config) {
        Ok(keyring) => keyring,
        Err(error) => return Ok(Finding::error("keys", error)),
    };
    let (mut opened, mut closed) = (0_u64, 0_u64);
    for column in COLUMNS {
        let mut batches = Batches::of_all_keys(store, *column);
        loop {
            let batch = batches.next().await?;
            if batch.is_empty() {
                break;
            }
            for sealed in &batch {
                *if opens(keyring.as_ref(), sealed) { &mut opened } else { &mut closed } += 1;
            }
        }
    }
    let all = opened + closed;
    Ok(match (&keyring, closed) {
        (None, 0) => Finding::ok("keys", "there is none yet: the first start makes one in the data folder"),
        (Some(_), 0) => Finding::ok("keys", format!("open all of {all} stored secrets")),
        (_, closed) => Finding::failed(
            "keys",
            format!("{closed} of {all} stored secrets do not open"),
            "Add the key that sealed them after the first one, in TRACECAST_KEYS or in the file of keys (tracecast key list names it). If it \
             is lost for good: tracecast key forget.",
        ),
    })
}

fn opens(keyring: Option<&Keyring>, sealed: &SealedBlob) -> bool {
    keyring.is_some_and(|keyring| keyring.open(sealed.place, &sealed.blob).is_ok())
}
