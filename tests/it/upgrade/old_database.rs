//! A database as a program of schema 50 left it, filled by SQL: the program of today knows nothing of how it came about.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use secrecy::SecretString;
use sqlx::migrate::Migrator;
use sqlx::{AssertSqlSafe, Connection as _, PgConnection};
use tracecast::destination::Stored;
use tracecast::id::{AccountId, DestinationId, UserId};
use tracecast::password;
use tracecast::random::Random;
use tracecast::seal::{Keyring, Place};
use tracecast::store::MIGRATIONS;
use tracecast::token::{ApiKey, ApiKeyType};
use uuid::Uuid;

use crate::delivery::receiver::{KEY, Receiver};
use crate::support::app::SEALING_KEY;
use crate::support::database::Database;

/// The migrations of schema 50. A migration that is added later, whatever its number, is none of them.
const VERSIONS: [i64; 15] = [1, 2, 3, 10, 11, 12, 13, 14, 20, 21, 40, 41, 42, 43, 50];

const PEOPLE: &str = include_str!("schema_50/people.sql");
const COMPLETED_REQUEST: &str = include_str!("schema_50/completed_request.sql");
const DESTINATIONS: &str = include_str!("schema_50/destinations.sql");

/// The number of the last recorded request. Number 0 completed while Broadcast was off.
pub(super) const LAST: usize = 8;

/// The password of everybody.
pub(super) const PASSWORD: &str = "correct horse battery staple";

/// Of Bob's second factor.
pub(super) const SECOND_FACTOR: [u8; 20] = *b"a secret of 20 bytes";

/// A filled database, and what its people hold.
pub(super) struct OldDatabase {
    pub(super) database: Database,
    pub(super) key: String,
    pub(super) revoked_key: String,
    /// The token of Ada's session.
    pub(super) session: String,
}

impl OldDatabase {
    /// Its destinations lead to projects 1 to 5 of `receiver`.
    pub(super) async fn new(receiver: &Receiver) -> Self {
        let database = Database::empty().await;
        let mut owner = PgConnection::connect(&database.url).await.unwrap();
        let migrations = MIGRATIONS.iter().filter(|migration| VERSIONS.contains(&migration.version));
        Migrator::with_migrations(migrations.cloned().collect()).run(&mut owner).await.unwrap();

        let key = || ApiKey::new(ApiKeyType::Inference, Random).unwrap().reveal().to_owned();
        let old = Self { database, key: key(), revoked_key: key(), session: "5e551011".repeat(8) };
        let filled_in = old.filled_in(receiver.address());
        let fill = |sql: &str| filled_in.iter().fold(sql.to_owned(), |sql, (name, value)| sql.replace(name, value));
        run(&mut owner, fill(PEOPLE)).await;
        for number in 0..=LAST {
            run(&mut owner, COMPLETED_REQUEST.replace("{number}", &number.to_string())).await;
        }
        run(&mut owner, fill(DESTINATIONS)).await;
        owner.close().await.unwrap();
        old
    }

    fn filled_in(&self, receiver: SocketAddr) -> Vec<(String, String)> {
        let keyring = Keyring::parse(SEALING_KEY).unwrap();
        let hash = password::hash(&mut password::Memory::default(), &PASSWORD.into(), Random).unwrap();
        let bob = Place::SecondFactor(UserId(id("b1")));
        let mut filled_in = vec![
            ("{receiver}".to_owned(), receiver.to_string()),
            ("{password_hash}".to_owned(), hash),
            ("{second_factor}".to_owned(), hex::encode(keyring.seal(bob, &SECOND_FACTOR, Random).unwrap())),
            ("{session}".to_owned(), self.session.clone()),
            ("{api_key}".to_owned(), self.key.clone()),
            ("{revoked_key}".to_owned(), self.revoked_key.clone()),
        ];
        for project in 1..=5 {
            let place = Place::Destination(AccountId(id("ac01")), DestinationId(destination(project)));
            let dsn = SecretString::from(format!("http://{KEY}@{receiver}/{project}"));
            let stored = Stored { open: BTreeMap::new(), secret: BTreeMap::from([("dsn".to_owned(), dsn)]) };
            let sealed = hex::encode(stored.seal(&keyring, place, Random).unwrap());
            filled_in.push((format!("{{secrets_{project}}}"), sealed));
        }
        filled_in
    }
}

/// The destination that leads to a project.
pub(super) fn destination(project: u64) -> Uuid {
    id(&format!("de0{project}"))
}

/// An identifier of the SQL files, by its ending.
fn id(ending: &str) -> Uuid {
    format!("00000000-0000-4000-8000-{ending:0>12}").parse().unwrap()
}

async fn run(connection: &mut PgConnection, sql: String) {
    sqlx::raw_sql(AssertSqlSafe(sql)).execute(connection).await.unwrap();
}
